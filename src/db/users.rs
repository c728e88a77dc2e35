//! The `users` table.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::Conn;
use super::schema::users;
use crate::error::Error;

/// A row of `users`.
#[derive(Clone, Debug, Queryable, Insertable)]
#[diesel(table_name = users)]
pub struct User {
    pub id: String,
    /// Lower case, without spaces around it.
    pub email: String,
    /// Argon2id in PHC string form.
    pub hashed_pw: String,
    pub is_active: bool,
    /// One of the names of `advisor::Knowledge`.
    pub knowledge: String,
    pub created_at: NaiveDateTime,
}

/// Stores a new account, or says that the email is taken.
pub fn insert(conn: &mut Conn, user: &User) -> Result<(), Error> {
    match diesel::insert_into(users::table).values(user).execute(conn) {
        Ok(_) => Ok(()),
        // Two keys are unique, and a UUID doesn't come twice.
        Err(error) if crate::error::is_unique_violation(&error) => Err(Error::Conflict(
            "There is already an account with that email.".into(),
            crate::error::FieldError {
                field: "email".into(),
                detail: "There is already an account with that email. Log in instead.".into(),
            },
        )),
        Err(error) => Err(error.into()),
    }
}

/// The account with that email (given in lower case), if there is one.
pub fn by_email(conn: &mut Conn, email: &str) -> Result<Option<User>, Error> {
    let query = users::table.filter(users::email.eq(email));
    Ok(query.first(conn).optional()?)
}

/// One account.
pub fn get(conn: &mut Conn, id: &str) -> Result<User, Error> {
    Ok(users::table.filter(users::id.eq(id)).first(conn)?)
}

/// Keeps how much the person knows about cars.
pub fn set_knowledge(conn: &mut Conn, id: &str, knowledge: &str) -> Result<(), Error> {
    diesel::update(users::table.filter(users::id.eq(id)))
        .set(users::knowledge.eq(knowledge))
        .execute(conn)?;
    Ok(())
}

/// Turns an account on or off.
pub fn set_active(conn: &mut Conn, id: &str, is_active: bool) -> Result<(), Error> {
    diesel::update(users::table.filter(users::id.eq(id)))
        .set(users::is_active.eq(is_active))
        .execute(conn)?;
    Ok(())
}

/// Removes an account, and with it every row that belongs to it.
pub fn delete(conn: &mut Conn, id: &str) -> Result<(), Error> {
    diesel::delete(users::table.filter(users::id.eq(id))).execute(conn)?;
    Ok(())
}
