//! The `sessions` table: one row for each browser login, API login or named token.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::Conn;
use super::schema::{sessions, users};
use super::users::{self as accounts, User};
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
    /// What the person calls it; named tokens have one.
    pub name: Option<String>,
    pub created_at: NaiveDateTime,
    pub expires_at: NaiveDateTime,
}

/// A session that lives, for whose it is.
#[derive(Clone, Debug, Queryable)]
pub struct Session {
    pub id: String,
    #[diesel(deserialize_as = String)]
    pub kind: Kind,
    pub name: Option<String>,
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

/// The user of a session that is neither revoked nor expired, if their account is on; and how the session began.
pub fn live_user(
    conn: &mut Conn,
    id: &str,
    user_id: &str,
    now: NaiveDateTime,
) -> Result<Option<(User, Kind)>, Error> {
    let query = sessions::table
        .inner_join(users::table)
        .filter(sessions::id.eq(id))
        .filter(sessions::user_id.eq(user_id))
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::expires_at.gt(now))
        .filter(users::is_active.eq(true))
        .select((accounts::COLUMNS, sessions::kind));
    let Some((user, kind)) = query.first::<(User, String)>(conn).optional()? else {
        return Ok(None);
    };
    Ok(Some((user, Kind::try_from(kind).map_err(Error::internal)?)))
}

/// The sessions of a user that live, the newest first: logins and named tokens.
pub fn live(conn: &mut Conn, user_id: &str, now: NaiveDateTime) -> Result<Vec<Session>, Error> {
    let query = sessions::table
        .filter(sessions::user_id.eq(user_id))
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::expires_at.gt(now))
        .order(sessions::id.desc())
        .select((
            sessions::id,
            sessions::kind,
            sessions::name,
            sessions::created_at,
            sessions::expires_at,
        ));
    Ok(query.load(conn)?)
}

/// Ends a session of that user at once. False if there is none of that id that hasn't ended.
pub fn revoke(conn: &mut Conn, id: &str, user_id: &str, now: NaiveDateTime) -> Result<bool, Error> {
    let of_user = sessions::table
        .filter(sessions::id.eq(id))
        .filter(sessions::user_id.eq(user_id))
        .filter(sessions::revoked_at.is_null());
    let revoked = diesel::update(of_user)
        .set(sessions::revoked_at.eq(now))
        .execute(conn)?;
    Ok(revoked == 1)
}

/// Ends all sessions of that user of these kinds, but not the one of that id.
pub fn revoke_others(
    conn: &mut Conn,
    id: &str,
    user_id: &str,
    kinds: &[Kind],
    now: NaiveDateTime,
) -> Result<(), Error> {
    let kinds: Vec<&str> = kinds.iter().map(|kind| kind.as_str()).collect();
    let others = sessions::table
        .filter(sessions::id.ne(id))
        .filter(sessions::user_id.eq(user_id))
        .filter(sessions::kind.eq_any(kinds))
        .filter(sessions::revoked_at.is_null());
    diesel::update(others)
        .set(sessions::revoked_at.eq(now))
        .execute(conn)?;
    Ok(())
}

/// Ends all sessions of that user: logins and named tokens.
pub fn revoke_all(conn: &mut Conn, user_id: &str, now: NaiveDateTime) -> Result<(), Error> {
    let all = sessions::table
        .filter(sessions::user_id.eq(user_id))
        .filter(sessions::revoked_at.is_null());
    diesel::update(all)
        .set(sessions::revoked_at.eq(now))
        .execute(conn)?;
    Ok(())
}
