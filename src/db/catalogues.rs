//! The `catalogues` table: the catalogue that was imported last, for every instance to take up.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::Conn;
use super::schema::catalogues::{self, dsl};
use crate::cars::{Catalogue, table};
use crate::error::Error;

/// A row of `catalogues`.
#[derive(Clone, Debug, Queryable, Insertable)]
#[diesel(table_name = catalogues)]
pub struct Stored {
    pub id: String,
    pub version: String,
    /// The compact table, in base64: one text type serves both databases.
    pub content: String,
    pub created_at: NaiveDateTime,
}

impl Stored {
    /// A new row with that catalogue.
    ///
    /// # Errors
    /// When the table can't be written, which is a fault of ours.
    pub fn of(catalogue: &Catalogue) -> Result<Self, Error> {
        let mut bytes = Vec::new();
        table::write(catalogue, &mut bytes).map_err(Error::internal)?;
        Ok(Self {
            id: super::new_id(),
            version: catalogue.version.clone(),
            content: BASE64_STANDARD.encode(bytes),
            created_at: super::now(),
        })
    }

    /// The catalogue in it.
    ///
    /// # Errors
    /// When it was stored by a version of Autio that keeps its tables otherwise, or is damaged.
    pub fn read(&self) -> Result<Catalogue, Error> {
        let bytes = BASE64_STANDARD.decode(&self.content);
        table::read(&*bytes.map_err(Error::internal)?).map_err(Error::internal)
    }
}

/// Puts a catalogue in the place of the one before.
pub fn replace(conn: &mut Conn, stored: &Stored) -> Result<(), Error> {
    clear(conn)?;
    diesel::insert_into(catalogues::table)
        .values(stored)
        .execute(conn)?;
    Ok(())
}

/// Goes back to the built-in catalogue. False if it was in use already.
pub fn clear(conn: &mut Conn) -> Result<bool, Error> {
    Ok(diesel::delete(catalogues::table).execute(conn)? > 0)
}

/// The id of the stored catalogue, if there is one: what instances look at every few seconds.
pub fn current(conn: &mut Conn) -> Result<Option<String>, Error> {
    let query = catalogues::table
        .order(dsl::id.desc())
        .select(dsl::id)
        .limit(1);
    Ok(query.first(conn).optional()?)
}

/// A stored catalogue, unless another has taken its place.
pub fn get(conn: &mut Conn, id: &str) -> Result<Option<Stored>, Error> {
    let query = catalogues::table.filter(dsl::id.eq(id));
    Ok(query.first(conn).optional()?)
}
