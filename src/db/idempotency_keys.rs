//! The `idempotency_keys` table: what each key that a caller sent with a message led to.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::Conn;
use super::schema::idempotency_keys::{self, dsl};
use crate::error::Error;

/// A row of `idempotency_keys`.
#[derive(Clone, Debug, Queryable, Insertable)]
#[diesel(table_name = idempotency_keys)]
pub struct Used {
    pub user_id: String,
    pub key: String,
    /// SHA-256 of what was sent, in hex.
    pub body_hash: String,
    /// The reply or the batch that was stored.
    pub message_id: String,
    pub created_at: NaiveDateTime,
}

/// Takes the key for that user; the row that has it already if there is one.
///
/// Of several transactions that take the same key at once, one goes on and the others wait for it and find its row.
pub fn take(conn: &mut Conn, new: &Used) -> Result<Option<Used>, Error> {
    let taken = match conn {
        // Written apart: the two have no common type for "on conflict".
        Conn::Sqlite(conn) => diesel::insert_into(idempotency_keys::table)
            .values(new)
            .on_conflict_do_nothing()
            .execute(conn)?,
        Conn::Postgres(conn) => diesel::insert_into(idempotency_keys::table)
            .values(new)
            .on_conflict_do_nothing()
            .execute(conn)?,
    };
    if taken == 1 {
        return Ok(None);
    }
    let of_user = idempotency_keys::table
        .filter(dsl::user_id.eq(&new.user_id))
        .filter(dsl::key.eq(&new.key));
    Ok(Some(of_user.first(conn)?))
}

/// Forgets the user's keys that are older than that.
pub fn forget(conn: &mut Conn, user_id: &str, before: NaiveDateTime) -> Result<(), Error> {
    let old = idempotency_keys::table
        .filter(dsl::user_id.eq(user_id))
        .filter(dsl::created_at.lt(before));
    diesel::delete(old).execute(conn)?;
    Ok(())
}
