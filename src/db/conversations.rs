//! The `conversations` table.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::Conn;
use super::schema::conversations::{self, dsl};
use crate::error::Error;

/// A row of `conversations`.
#[derive(Clone, Debug, Queryable, Insertable)]
pub struct Conversation {
    pub id: String,
    pub user_id: String,
    pub title: String,
    /// The last message of the path that is shown.
    pub head_id: Option<String>,
    pub created_at: NaiveDateTime,
    pub updated_at: NaiveDateTime,
}

/// Stores a conversation.
pub fn insert(conn: &mut Conn, conversation: &Conversation) -> Result<(), Error> {
    diesel::insert_into(conversations::table)
        .values(conversation)
        .execute(conn)?;
    Ok(())
}

/// One conversation of that user.
pub fn get(conn: &mut Conn, user_id: &str, id: &str) -> Result<Conversation, Error> {
    let query = conversations::table
        .filter(dsl::id.eq(id))
        .filter(dsl::user_id.eq(user_id));
    Ok(query.first(conn)?)
}

/// The user's conversations, newest first, at most `limit`, after the one given by `(updated_at, id)`.
pub fn list(
    conn: &mut Conn,
    user_id: &str,
    after: Option<(NaiveDateTime, String)>,
    limit: i64,
) -> Result<Vec<Conversation>, Error> {
    let mut query = conversations::table
        .filter(dsl::user_id.eq(user_id))
        .order((dsl::updated_at.desc(), dsl::id.desc()))
        .limit(limit)
        .into_boxed();
    if let Some((updated_at, id)) = after {
        let older = dsl::updated_at.lt(updated_at);
        let tied = dsl::updated_at.eq(updated_at).and(dsl::id.lt(id));
        query = query.filter(older.or(tied));
    }
    Ok(query.load(conn)?)
}

/// Shows the path that ends with `head_id`, and moves the conversation to the top of the list.
pub fn set_head(
    conn: &mut Conn,
    user_id: &str,
    id: &str,
    head_id: &str,
    now: NaiveDateTime,
) -> Result<(), Error> {
    let of_user = conversations::table
        .filter(dsl::id.eq(id))
        .filter(dsl::user_id.eq(user_id));
    diesel::update(of_user)
        .set((dsl::head_id.eq(head_id), dsl::updated_at.eq(now)))
        .execute(conn)?;
    Ok(())
}

/// Shows the path that ends with `head_id`, and leaves the conversation where it is in the list. Its row is held until
/// the transaction ends.
pub fn show(conn: &mut Conn, user_id: &str, id: &str, head_id: &str) -> Result<(), Error> {
    let of_user = conversations::table
        .filter(dsl::id.eq(id))
        .filter(dsl::user_id.eq(user_id));
    match diesel::update(of_user)
        .set(dsl::head_id.eq(head_id))
        .execute(conn)?
    {
        0 => Err(Error::NotFound),
        _ => Ok(()),
    }
}

/// Moves the conversation to the top of the list, and holds its row until the transaction ends.
pub fn touch(conn: &mut Conn, user_id: &str, id: &str, now: NaiveDateTime) -> Result<(), Error> {
    let of_user = conversations::table
        .filter(dsl::id.eq(id))
        .filter(dsl::user_id.eq(user_id));
    match diesel::update(of_user)
        .set(dsl::updated_at.eq(now))
        .execute(conn)?
    {
        0 => Err(Error::NotFound),
        _ => Ok(()),
    }
}

/// Gives a conversation another title.
pub fn rename(conn: &mut Conn, user_id: &str, id: &str, title: &str) -> Result<(), Error> {
    let of_user = conversations::table
        .filter(dsl::id.eq(id))
        .filter(dsl::user_id.eq(user_id));
    match diesel::update(of_user)
        .set(dsl::title.eq(title))
        .execute(conn)?
    {
        0 => Err(Error::NotFound),
        _ => Ok(()),
    }
}

/// Removes a conversation and its messages.
pub fn delete(conn: &mut Conn, user_id: &str, id: &str) -> Result<(), Error> {
    let of_user = conversations::table
        .filter(dsl::id.eq(id))
        .filter(dsl::user_id.eq(user_id));
    match diesel::delete(of_user).execute(conn)? {
        0 => Err(Error::NotFound),
        _ => Ok(()),
    }
}
