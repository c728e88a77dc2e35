//! The `invitations` table: links that let somebody sign up once, of whose secrets it has hashes only.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::Conn;
use super::schema::invitations::{self, dsl};
use crate::error::Error;

/// A row of `invitations`.
#[derive(Clone, Debug, Queryable, Insertable)]
#[diesel(table_name = invitations)]
pub struct Invitation {
    pub id: String,
    /// SHA-256 of the secret in the link, in hex.
    pub secret_hash: String,
    /// The only email that can sign up with it, in lower case; `None` for any.
    pub email: Option<String>,
    pub created_at: NaiveDateTime,
    pub expires_at: NaiveDateTime,
    pub revoked_at: Option<NaiveDateTime>,
    pub used_at: Option<NaiveDateTime>,
    /// The account that was made with it.
    pub user_id: Option<String>,
}

impl Invitation {
    /// What can be done with it, in one word.
    pub fn state(&self, now: NaiveDateTime) -> &'static str {
        if self.used_at.is_some() {
            "used"
        } else if self.revoked_at.is_some() {
            "revoked"
        } else if self.expires_at <= now {
            "expired"
        } else {
            "open"
        }
    }
}

/// Those that somebody can still sign up with.
macro_rules! open {
    ($now:expr) => {
        invitations::table
            .filter(dsl::used_at.is_null())
            .filter(dsl::revoked_at.is_null())
            .filter(dsl::expires_at.gt($now))
    };
}

/// Stores an invitation.
pub fn insert(conn: &mut Conn, invitation: &Invitation) -> Result<(), Error> {
    diesel::insert_into(invitations::table)
        .values(invitation)
        .execute(conn)?;
    Ok(())
}

/// The one with that hash that somebody can still sign up with, if there is one.
pub fn open(
    conn: &mut Conn,
    secret_hash: &str,
    now: NaiveDateTime,
) -> Result<Option<Invitation>, Error> {
    let query = open!(now).filter(dsl::secret_hash.eq(secret_hash));
    Ok(query.first(conn).optional()?)
}

/// Uses it up for that account. False if it can't be used any more: of many at once one gets it.
pub fn take(conn: &mut Conn, id: &str, user_id: &str, now: NaiveDateTime) -> Result<bool, Error> {
    let taken = diesel::update(open!(now).filter(dsl::id.eq(id)))
        .set((dsl::used_at.eq(now), dsl::user_id.eq(user_id)))
        .execute(conn)?;
    Ok(taken == 1)
}

/// Ends one before it is used. False if there is none of that id that somebody could still use.
pub fn revoke(conn: &mut Conn, id: &str, now: NaiveDateTime) -> Result<bool, Error> {
    let revoked = diesel::update(open!(now).filter(dsl::id.eq(id)))
        .set(dsl::revoked_at.eq(now))
        .execute(conn)?;
    Ok(revoked == 1)
}

/// Invitations in the order in which they were made, at most `limit`, after the one with that id; all, or those that
/// somebody can still use.
pub fn page(
    conn: &mut Conn,
    after: Option<&str>,
    only_open: Option<NaiveDateTime>,
    limit: i64,
) -> Result<Vec<Invitation>, Error> {
    let mut query = match only_open {
        Some(now) => open!(now).into_boxed(),
        None => invitations::table.into_boxed(),
    };
    query = query.order(dsl::id).limit(limit);
    if let Some(after) = after {
        query = query.filter(dsl::id.gt(after.to_owned()));
    }
    Ok(query.load(conn)?)
}

/// Forgets those that were for that email and that nobody used.
pub fn forget_email(conn: &mut Conn, email: &str) -> Result<(), Error> {
    let unused = invitations::table
        .filter(dsl::email.eq(email))
        .filter(dsl::used_at.is_null());
    diesel::delete(unused).execute(conn)?;
    Ok(())
}

/// Forgets those that nobody used, with the emails in them, and that nobody could have used since then.
pub fn forget_unused(conn: &mut Conn, before: NaiveDateTime) -> Result<(), Error> {
    let unused = invitations::table
        .filter(dsl::used_at.is_null())
        .filter(dsl::expires_at.lt(before));
    diesel::delete(unused).execute(conn)?;
    Ok(())
}
