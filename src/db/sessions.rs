//! The `sessions` table: one row for each browser login, API login or named token.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::Conn;
use super::schema::{sessions, users};
use super::users::User;
use crate::error::Error;

text_enum! {
    /// How a session began.
    Kind {
        Browser = "browser",
        Api = "api",
        Token = "token",
    }
}

/// A new row of `sessions`; its id is the token's `jti`.
#[derive(Clone, Debug, Insertable)]
#[diesel(table_name = sessions)]
pub struct NewSession {
    pub id: String,
    pub user_id: String,
    pub kind: &'static str,
    pub created_at: NaiveDateTime,
    pub expires_at: NaiveDateTime,
}

/// Stores a session.
pub fn insert(conn: &mut Conn, session: &NewSession) -> Result<(), Error> {
    diesel::insert_into(sessions::table)
        .values(session)
        .execute(conn)?;
    Ok(())
}

/// The user of a session that is neither revoked nor expired, if their account is on.
pub fn live_user(
    conn: &mut Conn,
    id: &str,
    user_id: &str,
    now: NaiveDateTime,
) -> Result<Option<User>, Error> {
    let query = sessions::table
        .inner_join(users::table)
        .filter(sessions::id.eq(id))
        .filter(sessions::user_id.eq(user_id))
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::expires_at.gt(now))
        .filter(users::is_active.eq(true))
        .select(users::all_columns);
    Ok(query.first(conn).optional()?)
}

/// Ends a session of that user at once.
pub fn revoke(conn: &mut Conn, id: &str, user_id: &str, now: NaiveDateTime) -> Result<(), Error> {
    let of_user = sessions::table
        .filter(sessions::id.eq(id))
        .filter(sessions::user_id.eq(user_id));
    diesel::update(of_user)
        .set(sessions::revoked_at.eq(now))
        .execute(conn)?;
    Ok(())
}
