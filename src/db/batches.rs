//! The tables of batches: what programs asked many times at once, and the pace at which it is answered.

use std::collections::HashSet;

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text};

use super::Conn;
use super::messages::{Message, Status, is_unfinished};
use super::schema::{batch_items as items, batch_pace, batches, conversations, messages, users};
use crate::error::Error;

/// A row of `batches`.
#[derive(Clone, Debug, Queryable, Insertable)]
#[diesel(table_name = batches)]
pub struct Batch {
    pub id: String,
    pub user_id: String,
    pub size: i32,
    /// How many haven't been asked yet.
    pub waiting: i32,
    /// Set aside for each that waits, on the day on which the batch was stored, if it is prepaid.
    pub reserved_tokens: i64,
    pub created_at: NaiveDateTime,
    /// When it had its last turn.
    pub served_at: NaiveDateTime,
    pub stopped_at: Option<NaiveDateTime>,
    /// As for the replies that come of it, see [`Message`].
    pub request_id: Option<String>,
    pub traceparent: Option<String>,
    /// Passed over until then for want of a budget; None once something of it is asked again.
    pub waits_until: Option<NaiveDateTime>,
    /// It was counted as a whole when it was stored, by the version before; what is stored now is counted when it is asked.
    pub is_prepaid: bool,
}

/// A row of `batch_items`.
#[derive(Clone, Debug, Queryable, Insertable)]
#[diesel(table_name = items)]
pub struct Item {
    pub batch_id: String,
    /// From 0.
    pub position: i32,
    pub user_id: String,
    /// The caller's own name for it.
    pub item_id: Option<String>,
    /// The prompt, until it is asked; then it is in the message.
    pub text: String,
    pub asked_at: Option<NaiveDateTime>,
    /// The reply; None while it waits, and after its conversation is gone.
    pub message_id: Option<String>,
}

/// Stores a batch with all its items.
pub fn insert(conn: &mut Conn, batch: &Batch, all: &[Item]) -> Result<(), Error> {
    diesel::insert_into(batches::table)
        .values(batch)
        .execute(conn)?;
    match conn {
        // Written apart: many rows at once have no common type. PostgreSQL takes them in one statement.
        Conn::Sqlite(conn) => diesel::insert_into(items::table)
            .values(all)
            .execute(conn)?,
        Conn::Postgres(conn) => diesel::insert_into(items::table)
            .values(all)
            .execute(conn)?,
    };
    Ok(())
}

/// One batch of that user.
pub fn get(conn: &mut Conn, user_id: &str, id: &str) -> Result<Batch, Error> {
    let query = batches::table
        .filter(batches::id.eq(id))
        .filter(batches::user_id.eq(user_id));
    Ok(query.first(conn)?)
}

/// The user's batches, newest first, older than `before`, at most `limit`.
pub fn list(
    conn: &mut Conn,
    user_id: &str,
    before: Option<&str>,
    limit: i64,
) -> Result<Vec<Batch>, Error> {
    let mut query = batches::table
        .filter(batches::user_id.eq(user_id))
        .order(batches::id.desc())
        .limit(limit)
        .into_boxed();
    if let Some(before) = before {
        query = query.filter(batches::id.lt(before));
    }
    Ok(query.load(conn)?)
}

/// So many items of a batch stand at the same place.
#[derive(Clone, Debug, QueryableByName)]
pub struct Counted {
    #[diesel(sql_type = Text)]
    pub batch_id: String,
    #[diesel(sql_type = Bool)]
    pub was_asked: bool,
    /// The reply's; None where there is no reply, or none any more.
    #[diesel(sql_type = Nullable<Text>)]
    pub status: Option<String>,
    #[diesel(sql_type = BigInt)]
    pub count: i64,
}

/// Where the items of the user's batches stand, from one batch to another: keys are in the order of time.
pub fn count(
    conn: &mut Conn,
    user_id: &str,
    first: &str,
    last: &str,
) -> Result<Vec<Counted>, Error> {
    // Binds are in the order in which they come first, the only one that both databases agree on.
    let rows = diesel::sql_query(
        "SELECT batch_items.batch_id AS batch_id, batch_items.asked_at IS NOT NULL AS was_asked,
                messages.status AS status, COUNT(*) AS count
         FROM batch_items LEFT JOIN messages ON messages.id = batch_items.message_id
             AND NOT EXISTS (SELECT 1 FROM conversations WHERE conversations.id = messages.conversation_id
                             AND conversations.deleted_at IS NOT NULL)
         WHERE batch_items.user_id = $1 AND batch_items.batch_id >= $2 AND batch_items.batch_id <= $3
         GROUP BY batch_items.batch_id, batch_items.asked_at IS NOT NULL, messages.status",
    )
    .bind::<Text, _>(user_id)
    .bind::<Text, _>(first)
    .bind::<Text, _>(last);
    Ok(rows.load(conn)?)
}

/// The items after that position with their replies, in order, at most `limit`. What was deleted has none, also while its
/// deletion can still be taken back.
pub fn page(
    conn: &mut Conn,
    user_id: &str,
    batch_id: &str,
    after: i32,
    limit: i64,
) -> Result<Vec<(Item, Option<Message>)>, Error> {
    let query = items::table
        .left_join(messages::table)
        .filter(items::batch_id.eq(batch_id))
        .filter(items::user_id.eq(user_id))
        .filter(items::position.gt(after))
        .order(items::position)
        .limit(limit);
    let mut page: Vec<(Item, Option<Message>)> = query.load(conn)?;
    let ids = page.iter().flat_map(|(_, reply)| reply);
    let ids: Vec<String> = ids.map(|reply| reply.conversation_id.clone()).collect();
    let deleted: HashSet<String> = conversations::table
        .filter(conversations::user_id.eq(user_id))
        .filter(conversations::id.eq_any(ids))
        .filter(conversations::deleted_at.is_not_null())
        .select(conversations::id)
        .load(conn)?
        .into_iter()
        .collect();
    for (_, reply) in &mut page {
        if reply
            .as_ref()
            .is_some_and(|reply| deleted.contains(&reply.conversation_id))
        {
            *reply = None;
        }
    }
    Ok(page)
}

/// The ids of the user's batches in which something waits.
pub fn open_of(conn: &mut Conn, user_id: &str) -> Result<Vec<String>, Error> {
    let query = batches::table
        .filter(batches::user_id.eq(user_id))
        .filter(batches::waiting.gt(0))
        .select(batches::id);
    Ok(query.load(conn)?)
}

/// How many prompts of the user's batches wait to be asked.
pub fn waiting_of(conn: &mut Conn, user_id: &str) -> Result<i64, Error> {
    let query = batches::table
        .filter(batches::user_id.eq(user_id))
        .filter(batches::waiting.gt(0))
        .select(diesel::dsl::sum(batches::waiting));
    Ok(query.first::<Option<i64>>(conn)?.unwrap_or(0))
}

/// All items of that user's batches, the text of those that were never asked with them.
pub fn items_of(conn: &mut Conn, user_id: &str) -> Result<Vec<Item>, Error> {
    let query = items::table
        .filter(items::user_id.eq(user_id))
        .order((items::batch_id, items::position));
    Ok(query.load(conn)?)
}

/// The ids of a batch's replies that aren't finished.
pub fn unfinished(conn: &mut Conn, user_id: &str, id: &str) -> Result<Vec<Message>, Error> {
    let is_open = messages::status
        .eq(Status::Pending.as_str())
        .or(messages::status.eq(Status::Running.as_str()));
    let query = items::table
        .inner_join(messages::table)
        .filter(items::batch_id.eq(id))
        .filter(items::user_id.eq(user_id))
        .filter(is_open)
        .select(messages::all_columns);
    Ok(query.load(conn)?)
}

/// One batch of that user, held until the transaction ends: nothing of it is asked in the meantime.
pub fn hold(conn: &mut Conn, user_id: &str, id: &str) -> Result<Batch, Error> {
    let of_user = batches::table
        .filter(batches::id.eq(id))
        .filter(batches::user_id.eq(user_id));
    diesel::update(of_user)
        .set(batches::id.eq(id))
        .execute(conn)?;
    get(conn, user_id, id)
}

/// Lets nothing more of a batch be asked.
pub fn stop(conn: &mut Conn, user_id: &str, id: &str, now: NaiveDateTime) -> Result<(), Error> {
    let of_user = batches::table
        .filter(batches::id.eq(id))
        .filter(batches::user_id.eq(user_id));
    diesel::update(of_user)
        .set((batches::waiting.eq(0), batches::stopped_at.eq(now)))
        .execute(conn)?;
    Ok(())
}

/// Removes a batch. Its conversations are a matter of their own.
pub fn delete(conn: &mut Conn, user_id: &str, id: &str) -> Result<(), Error> {
    let of_user = batches::table
        .filter(batches::id.eq(id))
        .filter(batches::user_id.eq(user_id));
    match diesel::delete(of_user).execute(conn)? {
        0 => Err(Error::NotFound),
        _ => Ok(()),
    }
}

/// Passes over what waits in the user's batches until then: what they ask is more than is left of a budget.
pub fn pass_over(conn: &mut Conn, user_id: &str, until: NaiveDateTime) -> Result<(), Error> {
    let of_user = batches::table
        .filter(batches::user_id.eq(user_id))
        .filter(batches::waiting.gt(0))
        .filter(batches::is_prepaid.eq(false));
    diesel::update(of_user)
        .set(batches::waits_until.eq(until))
        .execute(conn)?;
    Ok(())
}

/// The batch whose turn it is: of those in which something waits and that aren't passed over, the one that had none for the
/// longest time.
///
/// Like all that follows not on one person's rows: the program goes on with everybody's.
pub fn next(conn: &mut Conn, now: NaiveDateTime) -> Result<Option<Batch>, Error> {
    let is_due = batches::waits_until
        .is_null()
        .or(batches::waits_until.le(now));
    let query = batches::table
        .inner_join(users::table)
        .filter(batches::waiting.gt(0))
        .filter(is_due)
        // Not for somebody whose account is turned off.
        .filter(users::is_active)
        .order((batches::served_at, batches::id))
        .select(batches::all_columns);
    Ok(query.first(conn).optional()?)
}

/// Takes the next item out of a batch, to be asked in this transaction; None if nothing waits any more.
pub fn take(conn: &mut Conn, batch_id: &str, now: NaiveDateTime) -> Result<Option<Item>, Error> {
    let open = batches::table
        .filter(batches::id.eq(batch_id))
        .filter(batches::waiting.gt(0));
    let taken = diesel::update(open)
        .set((
            batches::waiting.eq(batches::waiting - 1),
            batches::served_at.eq(now),
            batches::waits_until.eq(None::<NaiveDateTime>),
        ))
        .execute(conn)?;
    if taken == 0 {
        return Ok(None);
    }
    let query = items::table
        .filter(items::batch_id.eq(batch_id))
        .filter(items::asked_at.is_null())
        .order(items::position);
    Ok(Some(query.first(conn)?))
}

/// Notes that an item was asked, and where its reply is.
pub fn asked(
    conn: &mut Conn,
    item: &Item,
    message_id: &str,
    now: NaiveDateTime,
) -> Result<(), Error> {
    let this = items::table
        .filter(items::batch_id.eq(&item.batch_id))
        .filter(items::position.eq(item.position));
    diesel::update(this)
        .set((
            items::asked_at.eq(now),
            items::message_id.eq(message_id),
            items::text.eq(""),
        ))
        .execute(conn)?;
    Ok(())
}

/// When the next item of any batch may be asked.
pub fn next_at(conn: &mut Conn) -> Result<NaiveDateTime, Error> {
    Ok(batch_pace::table.select(batch_pace::next_at).first(conn)?)
}

/// The same, held until the transaction ends: one process at a time goes on.
pub fn hold_pace(conn: &mut Conn) -> Result<NaiveDateTime, Error> {
    diesel::update(batch_pace::table)
        .set(batch_pace::id.eq(batch_pace::id))
        .execute(conn)?;
    next_at(conn)
}

/// Sets when that is.
pub fn set_pace(conn: &mut Conn, next_at: NaiveDateTime) -> Result<(), Error> {
    diesel::update(batch_pace::table)
        .set(batch_pace::next_at.eq(next_at))
        .execute(conn)?;
    Ok(())
}

/// How many replies that batches asked for are unfinished.
pub fn in_flight(conn: &mut Conn) -> Result<i64, Error> {
    let query = messages::table
        .inner_join(conversations::table)
        .filter(is_unfinished())
        .filter(conversations::batch_id.is_not_null())
        .count();
    Ok(query.get_result(conn)?)
}

/// The ids of at most `limit` batches from before `before` in which nothing waits, and of whose replies none is left.
pub fn empty(conn: &mut Conn, before: NaiveDateTime, limit: i64) -> Result<Vec<String>, Error> {
    let replies = items::table
        .filter(items::batch_id.eq(batches::id))
        .filter(items::message_id.is_not_null());
    let query = batches::table
        .filter(batches::created_at.lt(before))
        .filter(batches::waiting.eq(0))
        .filter(diesel::dsl::not(diesel::dsl::exists(replies)))
        .limit(limit)
        .select(batches::id);
    Ok(query.load(conn)?)
}

/// Removes those. What is empty stays so.
pub fn remove_empty(conn: &mut Conn, ids: &[String]) -> Result<(), Error> {
    diesel::delete(batches::table.filter(batches::id.eq_any(ids))).execute(conn)?;
    Ok(())
}
