//! The `conversations` table.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::Conn;
use super::messages::Status;
use super::prepared::Prepare;
use super::schema::conversations::{self, dsl};
use super::schema::messages;
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
    /// The title is the person's own, or made of the first needs, and stays.
    pub is_titled: bool,
    /// Out of sight since then: every query but [`all`], [`get_deleted`] and [`restore`] passes it over.
    pub deleted_at: Option<NaiveDateTime>,
    /// The batch that asked, until the person goes on with it.
    pub batch_id: Option<String>,
}

/// Stores a conversation.
pub fn insert(conn: &mut Conn, conversation: &Conversation) -> Result<(), Error> {
    diesel::insert_into(conversations::table)
        .values(conversation)
        .returning(dsl::id)
        .prepared()
        .execute(conn)?;
    Ok(())
}

/// One conversation of that user.
pub fn get(conn: &mut Conn, user_id: &str, id: &str) -> Result<Conversation, Error> {
    let query = conversations::table
        .filter(dsl::id.eq(id))
        .filter(dsl::user_id.eq(user_id))
        .filter(dsl::deleted_at.is_null());
    Ok(query.first(conn)?)
}

/// All that there are of that user, newest first: those of batches, and deleted ones until they are gone for good.
pub fn all(conn: &mut Conn, user_id: &str) -> Result<Vec<Conversation>, Error> {
    let query = conversations::table
        .filter(dsl::user_id.eq(user_id))
        .order((dsl::updated_at.desc(), dsl::id.desc()));
    Ok(query.load(conn)?)
}

/// The user's conversations but those of batches, newest first, at most `limit`, after the one given by `(updated_at, id)`.
pub fn list(
    conn: &mut Conn,
    user_id: &str,
    after: Option<(NaiveDateTime, String)>,
    limit: i64,
) -> Result<Vec<Conversation>, Error> {
    let mut query = conversations::table
        .filter(dsl::user_id.eq(user_id))
        .filter(dsl::deleted_at.is_null())
        .filter(dsl::batch_id.is_null())
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
        .filter(dsl::user_id.eq(user_id))
        .filter(dsl::deleted_at.is_null());
    diesel::update(of_user)
        .set((dsl::head_id.eq(head_id), dsl::updated_at.eq(now)))
        .returning(dsl::id)
        .prepared()
        .execute(conn)?;
    Ok(())
}

/// Shows the path that ends with `head_id`, and leaves the conversation where it is in the list. Its row is held until
/// the transaction ends.
pub fn show(conn: &mut Conn, user_id: &str, id: &str, head_id: &str) -> Result<(), Error> {
    let of_user = conversations::table
        .filter(dsl::id.eq(id))
        .filter(dsl::user_id.eq(user_id))
        .filter(dsl::deleted_at.is_null());
    match diesel::update(of_user)
        .set(dsl::head_id.eq(head_id))
        .execute(conn)?
    {
        0 => Err(Error::NotFound),
        _ => Ok(()),
    }
}

/// Moves the conversation to the top of the list, where one of a batch comes in, and holds its row until the transaction ends.
pub fn touch(conn: &mut Conn, user_id: &str, id: &str, now: NaiveDateTime) -> Result<(), Error> {
    let of_user = conversations::table
        .filter(dsl::id.eq(id))
        .filter(dsl::user_id.eq(user_id))
        .filter(dsl::deleted_at.is_null());
    match diesel::update(of_user)
        .set((dsl::updated_at.eq(now), dsl::batch_id.eq(None::<String>)))
        .returning(dsl::id)
        .prepared()
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
        .filter(dsl::user_id.eq(user_id))
        .filter(dsl::deleted_at.is_null());
    match diesel::update(of_user)
        .set((dsl::title.eq(title), dsl::is_titled.eq(true)))
        .execute(conn)?
    {
        0 => Err(Error::NotFound),
        _ => Ok(()),
    }
}

/// Names the conversation that a reply belongs to after its first needs, unless it has a title that stays.
///
/// For the worker that holds the reply, so it goes by the reply's id alone.
pub fn title_once(conn: &mut Conn, reply_id: &str, title: &str) -> Result<(), Error> {
    let of_reply = messages::table
        .filter(messages::id.eq(reply_id))
        .select(messages::conversation_id);
    let untitled = conversations::table
        .filter(dsl::id.eq_any(of_reply))
        .filter(dsl::is_titled.eq(false));
    diesel::update(untitled)
        .set((dsl::title.eq(title), dsl::is_titled.eq(true)))
        .returning(dsl::id)
        .prepared()
        .execute(conn)?;
    Ok(())
}

/// Takes a conversation out of sight, and holds its row until the transaction ends.
pub fn delete(conn: &mut Conn, user_id: &str, id: &str, now: NaiveDateTime) -> Result<(), Error> {
    let of_user = conversations::table
        .filter(dsl::id.eq(id))
        .filter(dsl::user_id.eq(user_id))
        .filter(dsl::deleted_at.is_null());
    match diesel::update(of_user)
        .set(dsl::deleted_at.eq(now))
        .execute(conn)?
    {
        0 => Err(Error::NotFound),
        _ => Ok(()),
    }
}

/// Takes the conversations of a batch out of sight.
pub fn delete_of_batch(
    conn: &mut Conn,
    user_id: &str,
    batch_id: &str,
    now: NaiveDateTime,
) -> Result<(), Error> {
    let of_batch = conversations::table
        .filter(dsl::batch_id.eq(batch_id))
        .filter(dsl::user_id.eq(user_id))
        .filter(dsl::deleted_at.is_null());
    diesel::update(of_batch)
        .set(dsl::deleted_at.eq(now))
        .execute(conn)?;
    Ok(())
}

/// One conversation of that user that was deleted after `since`.
pub fn get_deleted(
    conn: &mut Conn,
    user_id: &str,
    id: &str,
    since: NaiveDateTime,
) -> Result<Conversation, Error> {
    let query = conversations::table
        .filter(dsl::id.eq(id))
        .filter(dsl::user_id.eq(user_id))
        .filter(dsl::deleted_at.gt(since));
    Ok(query.first(conn)?)
}

/// Brings a conversation that was deleted after `since` back into sight.
pub fn restore(
    conn: &mut Conn,
    user_id: &str,
    id: &str,
    since: NaiveDateTime,
) -> Result<(), Error> {
    let deleted = conversations::table
        .filter(dsl::id.eq(id))
        .filter(dsl::user_id.eq(user_id))
        .filter(dsl::deleted_at.gt(since));
    match diesel::update(deleted)
        .set(dsl::deleted_at.eq(None::<NaiveDateTime>))
        .execute(conn)?
    {
        0 => Err(Error::NotFound),
        _ => Ok(()),
    }
}

/// The ids of at most `limit` conversations that were deleted before `before`.
///
/// Like [`purge`] not on one person's rows: the program tidies up for everybody.
pub fn old_deleted(
    conn: &mut Conn,
    before: NaiveDateTime,
    limit: i64,
) -> Result<Vec<String>, Error> {
    let query = conversations::table
        .filter(dsl::deleted_at.lt(before))
        .order(dsl::deleted_at)
        .limit(limit)
        .select(dsl::id);
    Ok(query.load(conn)?)
}

/// Removes those for good, messages and all. One that was taken back in the meantime stays.
pub fn purge(conn: &mut Conn, ids: &[String], before: NaiveDateTime) -> Result<(), Error> {
    let gone = conversations::table
        .filter(dsl::id.eq_any(ids))
        .filter(dsl::deleted_at.lt(before));
    diesel::delete(gone).execute(conn)?;
    Ok(())
}

/// What keeps a conversation from being old: its messages since `before`, and those that are still to be answered.
macro_rules! recent {
    ($before:expr) => {
        messages::table
            .filter(messages::conversation_id.eq(dsl::id))
            .filter(
                messages::timestamp
                    .ge($before)
                    .or(messages::status.eq(Status::Pending.as_str()))
                    .or(messages::status.eq(Status::Running.as_str())),
            )
    };
}

/// The ids of at most `limit` conversations in which nothing was said since `before`, and nothing is being answered.
///
/// Like [`remove_old`] not on one person's rows.
pub fn old(conn: &mut Conn, before: NaiveDateTime, limit: i64) -> Result<Vec<String>, Error> {
    let query = conversations::table
        .filter(dsl::updated_at.lt(before))
        .filter(diesel::dsl::not(diesel::dsl::exists(recent!(before))))
        .order(dsl::updated_at)
        .limit(limit)
        .select(dsl::id);
    Ok(query.load(conn)?)
}

/// Removes those for good, messages and all, and says how many. One in which something was said in the meantime stays.
pub fn remove_old(conn: &mut Conn, ids: &[String], before: NaiveDateTime) -> Result<usize, Error> {
    let gone = conversations::table
        .filter(dsl::id.eq_any(ids))
        .filter(dsl::updated_at.lt(before))
        .filter(diesel::dsl::not(diesel::dsl::exists(recent!(before))));
    Ok(diesel::delete(gone).execute(conn)?)
}
