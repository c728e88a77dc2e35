//! The `messages` table: what people and advisors said, and the replies that are still to be made.

use std::collections::HashMap;

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::Conn;
use super::prepared::Prepare;
use super::schema::conversations;
use super::schema::messages::{self, dsl};
use crate::error::Error;

text_enum! {
    /// Who said it.
    Role {
        User = "user",
        Assistant = "assistant",
    }
}

text_enum! {
    /// Where a message stands. A person's is `done` from the start.
    Status {
        /// Nobody has begun to answer. The row is the job.
        Pending = "pending",
        /// A worker holds the lease.
        Running = "running",
        Done = "done",
        /// The person stopped it; the part that came is kept.
        Stopped = "stopped",
        /// Given up, with a sentence in `error`.
        Failed = "failed",
    }
}

diesel::postfix_operator!(IsUnfinished, " IN ('pending', 'running')");

/// Replies that aren't finished. With the values in the text, so that the indexes for exactly this are found: values that
/// are bound could be any.
pub(super) fn is_unfinished() -> IsUnfinished<dsl::status> {
    IsUnfinished::new(dsl::status)
}

impl Status {
    /// Whether nothing more will come.
    pub fn is_final(self) -> bool {
        !matches!(self, Status::Pending | Status::Running)
    }
}

/// A row of `messages`.
#[derive(Clone, Debug, Queryable)]
pub struct Message {
    pub id: String,
    pub user_id: String,
    pub conversation_id: String,
    /// The message that this one answers; siblings share it.
    pub parent_id: Option<String>,
    #[diesel(deserialize_as = String)]
    pub role: Role,
    pub text: String,
    pub timestamp: NaiveDateTime,
    #[diesel(deserialize_as = String)]
    pub status: Status,
    pub error: Option<String>,
    pub model: Option<String>,
    /// JSON: the cars that the reply showed.
    pub cars: Option<String>,
    /// JSON: the needs as they were understood when the reply was made.
    pub needs: Option<String>,
    /// The version of the catalogue that the reply was made from.
    pub catalogue: Option<String>,
    pub prompt_tokens: Option<i64>,
    pub completion_tokens: Option<i64>,
    /// Only grows: each attempt begins the text anew, under a number of its own.
    pub attempts: i32,
    pub lease_owner: Option<String>,
    pub lease_until: Option<NaiveDateTime>,
    /// JSON: what in the text nothing bears out; `None` where nothing was checked.
    pub unverified: Option<String>,
    /// What stands against the day's tokens for this reply; `None` where none were left, and the catalogue advisor answers.
    /// See [`super::budgets`].
    pub reserved_tokens: Option<i64>,
    /// How many attempts a process that ended handed back; they don't count as tries.
    pub handed_back: i32,
    /// JSON: the ids of those of `cars` that it sets side by side.
    pub compared: Option<String>,
    /// The model that is asked, since a worker has begun.
    pub asked_model: Option<String>,
    /// Of a reply, the id of the request that asked for it: the log of whoever makes it has it too.
    pub request_id: Option<String>,
    /// And where that request was traced, as W3C's `traceparent`.
    pub traceparent: Option<String>,
}

impl Message {
    /// How often it was really tried.
    pub fn tries(&self) -> i32 {
        self.attempts - self.handed_back
    }

    /// Whether nothing more will come, not even the part that the worker of a stopped reply has yet to keep.
    pub fn is_settled(&self, now: NaiveDateTime) -> bool {
        let is_being_kept = self.status == Status::Stopped
            && self.lease_owner.is_some()
            && self.lease_until.is_some_and(|until| until > now);
        self.status.is_final() && !is_being_kept
    }
}

/// Which request asked for a reply.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    pub request_id: Option<String>,
    pub traceparent: Option<String>,
}

/// A new row: a person's message, or a reply that is still to be made.
#[derive(Clone, Debug, Insertable)]
#[diesel(table_name = messages)]
pub struct NewMessage {
    pub id: String,
    pub user_id: String,
    pub conversation_id: String,
    pub parent_id: Option<String>,
    pub role: &'static str,
    pub text: String,
    pub timestamp: NaiveDateTime,
    pub status: &'static str,
    pub reserved_tokens: Option<i64>,
    pub request_id: Option<String>,
    pub traceparent: Option<String>,
}

/// What a finished reply leaves behind.
#[derive(Clone, Debug, AsChangeset)]
#[diesel(table_name = messages)]
pub struct Outcome {
    pub text: String,
    pub status: &'static str,
    pub error: Option<String>,
    pub model: Option<String>,
    pub cars: Option<String>,
    pub needs: Option<String>,
    pub catalogue: Option<String>,
    pub prompt_tokens: Option<i64>,
    pub completion_tokens: Option<i64>,
    pub unverified: Option<String>,
    pub compared: Option<String>,
}

/// Stores a message, and returns its row.
pub fn insert(conn: &mut Conn, message: &NewMessage) -> Result<Message, Error> {
    let row = diesel::insert_into(messages::table)
        .values(message)
        .returning(messages::all_columns)
        .prepared();
    Ok(row.get_result(conn)?)
}

/// One message of that user; none of a conversation that they deleted.
pub fn get(conn: &mut Conn, user_id: &str, id: &str) -> Result<Message, Error> {
    let its = conversations::table
        .filter(conversations::id.eq(dsl::conversation_id))
        .filter(conversations::user_id.eq(user_id))
        .filter(conversations::deleted_at.is_null());
    let query = messages::table
        .filter(dsl::id.eq(id))
        .filter(dsl::user_id.eq(user_id))
        .filter(diesel::dsl::exists(its));
    Ok(query.first(conn)?)
}

/// Every message of a conversation, all branches, in the order they were made.
pub fn of_conversation(
    conn: &mut Conn,
    user_id: &str,
    conversation_id: &str,
) -> Result<Vec<Message>, Error> {
    let query = messages::table
        .filter(dsl::conversation_id.eq(conversation_id))
        .filter(dsl::user_id.eq(user_id))
        .order(dsl::id);
    Ok(query.load(conn)?)
}

/// The next messages of a conversation after the one of that id, all branches, at most `limit`.
pub fn page(
    conn: &mut Conn,
    user_id: &str,
    conversation_id: &str,
    after: &str,
    limit: i64,
) -> Result<Vec<Message>, Error> {
    let query = messages::table
        .filter(dsl::conversation_id.eq(conversation_id))
        .filter(dsl::user_id.eq(user_id))
        .filter(dsl::id.gt(after))
        .order(dsl::id)
        .limit(limit);
    Ok(query.load(conn)?)
}

/// The replies to that user that aren't finished.
pub fn unfinished_of(conn: &mut Conn, user_id: &str) -> Result<Vec<Message>, Error> {
    let pending = dsl::status.eq(Status::Pending.as_str());
    let query = messages::table
        .filter(dsl::user_id.eq(user_id))
        .filter(pending.or(dsl::status.eq(Status::Running.as_str())))
        .order(dsl::id);
    Ok(query.load(conn)?)
}

/// Each message's id and the one that it answers, in all branches of those conversations, oldest first.
pub fn links(
    conn: &mut Conn,
    user_id: &str,
    conversations: &[&str],
) -> Result<Vec<(String, Option<String>)>, Error> {
    let query = messages::table
        .filter(dsl::conversation_id.eq_any(conversations))
        .filter(dsl::user_id.eq(user_id))
        .order(dsl::id)
        .select((dsl::id, dsl::parent_id));
    Ok(query.load(conn)?)
}

/// The ids of the messages that answer the same one, oldest first, itself among them.
pub fn siblings(conn: &mut Conn, message: &Message) -> Result<Vec<String>, Error> {
    let mut query = messages::table
        .filter(dsl::conversation_id.eq(message.conversation_id.clone()))
        .filter(dsl::user_id.eq(message.user_id.clone()))
        .order(dsl::id)
        .select(dsl::id)
        .into_boxed();
    query = match message.parent_id.clone() {
        Some(parent) => query.filter(dsl::parent_id.eq(parent)),
        None => query.filter(dsl::parent_id.is_null()),
    };
    Ok(query.load(conn)?)
}

/// From the first message to `head`, following who answers whom. Messages on other branches stay out.
pub fn to_head(messages: Vec<Message>, head: &str) -> Vec<Message> {
    let mut by_id: HashMap<String, Message> = messages
        .into_iter()
        .map(|message| (message.id.clone(), message))
        .collect();
    let mut path = Vec::new();
    let mut next = Some(head.to_owned());
    // Taken out as they are found, so that even a circle would end.
    while let Some(message) = next.and_then(|id| by_id.remove(&id)) {
        next = message.parent_id.clone();
        path.push(message);
    }
    path.reverse();
    path
}
