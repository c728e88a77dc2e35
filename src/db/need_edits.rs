//! The `need_edits` table: changes of a conversation's needs that weren't read from a message.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::Conn;
use super::prepared::Prepare;
use super::schema::need_edits::{self, dsl};
use crate::error::Error;

/// A row of `need_edits`.
#[derive(Clone, Debug, Insertable)]
#[diesel(table_name = need_edits)]
pub struct NewEdit {
    pub id: String,
    pub user_id: String,
    pub conversation_id: String,
    /// The message that it follows.
    pub message_id: String,
    pub need_id: String,
    /// The need in its place, as JSON; `None` drops it.
    pub need: Option<String>,
    pub created_at: NaiveDateTime,
}

/// Stores a change.
pub fn insert(conn: &mut Conn, edit: &NewEdit) -> Result<(), Error> {
    diesel::insert_into(need_edits::table)
        .values(edit)
        .returning(dsl::id)
        .prepared()
        .execute(conn)?;
    Ok(())
}

/// A change as it is read again.
#[derive(Clone, Debug, Queryable)]
pub struct NeedEdit {
    pub message_id: String,
    pub need_id: String,
    pub need: Option<String>,
}

/// The changes in a conversation of that user, in the order they were made.
pub fn of_conversation(
    conn: &mut Conn,
    user_id: &str,
    conversation_id: &str,
) -> Result<Vec<NeedEdit>, Error> {
    let query = need_edits::table
        .filter(dsl::conversation_id.eq(conversation_id))
        .filter(dsl::user_id.eq(user_id))
        .order(dsl::id)
        .select((dsl::message_id, dsl::need_id, dsl::need));
    Ok(query.load(conn)?)
}
