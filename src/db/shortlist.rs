//! The `shortlist` table: the cars that people keep, each as it was when they kept it.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::Conn;
use super::schema::shortlist::{self, dsl};
use crate::error::Error;

/// A row of `shortlist`.
#[derive(Clone, Debug, Queryable, Insertable)]
#[diesel(table_name = shortlist)]
pub struct Kept {
    pub user_id: String,
    pub car_id: String,
    /// The car as JSON.
    pub car: String,
    pub created_at: NaiveDateTime,
}

/// The cars that a user keeps, the newest first.
pub fn list(conn: &mut Conn, user_id: &str) -> Result<Vec<Kept>, Error> {
    let query = shortlist::table
        .filter(dsl::user_id.eq(user_id))
        .order((dsl::created_at.desc(), dsl::car_id.desc()));
    Ok(query.load(conn)?)
}

/// The ids of the cars that a user keeps.
pub fn ids(conn: &mut Conn, user_id: &str) -> Result<Vec<String>, Error> {
    let query = shortlist::table.filter(dsl::user_id.eq(user_id));
    Ok(query.select(dsl::car_id).load(conn)?)
}

/// Keeps a car. True if it wasn't kept before: what is kept already stays as it was.
pub fn insert(conn: &mut Conn, kept: &Kept) -> Result<bool, Error> {
    let insert = diesel::insert_into(shortlist::table).values(kept);
    // Written apart: the two have no common type for "on conflict". Of two who press at once, one keeps it.
    let inserted = match conn {
        Conn::Sqlite(conn) => insert.on_conflict_do_nothing().execute(conn)?,
        Conn::Postgres(conn) => insert.on_conflict_do_nothing().execute(conn)?,
    };
    Ok(inserted == 1)
}

/// Takes a car off. False if it wasn't there.
pub fn delete(conn: &mut Conn, user_id: &str, car_id: &str) -> Result<bool, Error> {
    let query = shortlist::table
        .filter(dsl::user_id.eq(user_id))
        .filter(dsl::car_id.eq(car_id));
    Ok(diesel::delete(query).execute(conn)? > 0)
}
