//! The `budgets` table: what a day took so far, of one person and of the whole service.
//!
//! A reply reserves in the transaction that stores it. What stands against the budgets for it is kept in its own row
//! (`messages.reserved_tokens`), and settling only ever sets that to another value and moves the budgets by the
//! difference: the sums agree at every moment, whoever dies, and however often and by whomever a reply is ended.

use chrono::{Days, NaiveDate, NaiveDateTime, NaiveTime};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Date, Nullable, Text};

use super::Conn;
use super::batches::Batch;
use super::messages::{Message, is_unfinished};
use super::prepared::Prepare;
use super::schema::budgets::{self, dsl};
use super::schema::{conversations, messages};
use crate::config::{Limits, RESERVED_TOKENS};
use crate::error::Error;

/// The scope of the row for the whole service.
pub const SERVICE: &str = "service";
/// When one may look again whether a reply of one's own has ended, in seconds.
const SOON: u64 = 5;

/// A row of `budgets`.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct Budget {
    /// A person's id, or [`SERVICE`].
    pub scope: String,
    pub user_id: Option<String>,
    /// UTC; a row from an earlier day counts as empty.
    pub day: NaiveDate,
    /// Stored, without those that nobody got an answer to.
    pub messages: i64,
    /// Reserved or used.
    pub tokens: i64,
}

/// The row of that scope, if there is one yet.
pub fn get(conn: &mut Conn, scope: &str) -> Result<Option<Budget>, Error> {
    let row = budgets::table.filter(dsl::scope.eq(scope));
    Ok(row.first(conn).optional()?)
}

/// Counts one more message of that person, and reserves tokens for its reply if a model is to make it.
///
/// Call it before the reply is stored and within the same transaction: it holds the person's row, so that of two
/// messages at once the second sees the first. Returns what the reply's `reserved_tokens` begins with.
///
/// # Errors
/// [`Error::TooMany`] when the day's messages are used up, or too many replies are unfinished.
pub fn reserve(
    conn: &mut Conn,
    limits: &Limits,
    user_id: &str,
    has_model: bool,
    now: NaiveDateTime,
) -> Result<Option<i64>, Error> {
    if !limits.count_replies() {
        return Ok(Some(0));
    }
    let wanted = for_each_reply(limits, has_model);
    let used = add(conn, user_id, Some(user_id), now.date(), 1, wanted)?;
    if limits.messages.is_some_and(|most| used.messages > most) {
        return Err(used_up(now, used.messages - 1));
    }
    if let Some(most) = limits.in_flight
        && unfinished(conn, user_id)? >= most
    {
        return Err(Error::TooMany {
            limit: "in_flight",
            detail: format!(
                "Autio is still making {most} of your answers. Wait for one of them or stop it, then send this again."
            ),
            retry_after: SOON,
        });
    }
    if wanted > 0 && limits.tokens.is_some_and(|most| used.tokens > most) {
        move_by(conn, user_id, now.date(), 0, -wanted)?;
        return Ok(None);
    }
    Ok(Some(wanted))
}

/// Reserves for the whole service what [`reserve`] took for the person; when the service's day is used up, both are given
/// back, and the reply gets no tokens. Returns what it has then.
///
/// One row for everybody: call it last in the transaction, so that on PostgreSQL others wait for it only as long as a
/// commit takes.
pub fn reserve_service(
    conn: &mut Conn,
    limits: &Limits,
    user_id: &str,
    reply_id: &str,
    now: NaiveDateTime,
    reserved: Option<i64>,
) -> Result<Option<i64>, Error> {
    let (Some(wanted @ 1..), Some(most)) = (reserved, limits.service_tokens) else {
        return Ok(reserved);
    };
    let used = add(conn, SERVICE, None, now.date(), 0, wanted)?;
    if used.tokens > most {
        move_by(conn, SERVICE, now.date(), 0, -wanted)?;
        move_by(conn, user_id, now.date(), 0, -wanted)?;
        let reply = messages::table
            .filter(messages::id.eq(reply_id))
            .filter(messages::user_id.eq(user_id));
        diesel::update(reply)
            .set(messages::reserved_tokens.eq(None::<i64>))
            .execute(conn)?;
        return Ok(None);
    }
    Ok(reserved)
}

/// Counts one more prompt of a batch, and reserves tokens for its reply: as [`reserve`], but a batch leaves a part of each
/// budget to what people ask, and never goes on without its tokens. Returns what the reply's `reserved_tokens` begins with.
///
/// # Errors
/// [`Error::TooMany`] when too little is left of the person's day. Roll back to where you were before.
pub fn reserve_batched(
    conn: &mut Conn,
    limits: &Limits,
    user_id: &str,
    has_model: bool,
    now: NaiveDateTime,
) -> Result<i64, Error> {
    if !limits.count_replies() {
        return Ok(0);
    }
    let wanted = for_each_reply(limits, has_model);
    let used = add(conn, user_id, Some(user_id), now.date(), 1, wanted)?;
    leave_some(limits.messages, used.messages, 1, now)?;
    leave_some(limits.tokens, used.tokens, wanted, now)?;
    Ok(wanted)
}

/// Reserves for the whole service what [`reserve_batched`] took for the person. Call it last, as [`reserve_service`].
///
/// # Errors
/// [`Error::TooMany`] when too little is left of the service's day. Roll back to before the person's part.
pub fn reserve_service_batched(
    conn: &mut Conn,
    limits: &Limits,
    wanted: i64,
    now: NaiveDateTime,
) -> Result<(), Error> {
    if wanted == 0 || limits.service_tokens.is_none() {
        return Ok(());
    }
    let used = add(conn, SERVICE, None, now.date(), 0, wanted)?;
    leave_some(limits.service_tokens, used.tokens, wanted, now)
}

/// Whether batches leave a fifth of a budget that stands at `used` after they took `wanted`. Of a budget that is too small
/// to be parted they may take what one prompt wants.
fn leave_some(most: Option<i64>, used: i64, wanted: i64, now: NaiveDateTime) -> Result<(), Error> {
    let fits = |most: i64| used <= (most * 4 / 5).max(wanted);
    if wanted == 0 || most.is_none_or(fits) {
        return Ok(());
    }
    let (seconds, wait) = until_midnight(now);
    Err(Error::TooMany {
        limit: "batch",
        detail: format!(
            "What batches may take of this day's budget is used up. A new day begins in {wait}, at midnight UTC."
        ),
        retry_after: seconds,
    })
}

/// What is set aside for one reply, in tokens.
fn for_each_reply(limits: &Limits, has_model: bool) -> i64 {
    match has_model && (limits.tokens.is_some() || limits.service_tokens.is_some()) {
        true => RESERVED_TOKENS,
        false => 0,
    }
}

/// Counts a message of a prepaid batch, and the tokens set aside for its reply, on the day on which it is asked, if that
/// isn't the day on which the batch was stored. It was promised then, so it is never refused.
pub fn carry_over(
    conn: &mut Conn,
    limits: &Limits,
    batch: &Batch,
    now: NaiveDateTime,
) -> Result<(), Error> {
    if batch.created_at.date() == now.date() || !limits.count_replies() {
        return Ok(());
    }
    let (user_id, tokens) = (batch.user_id.as_str(), batch.reserved_tokens);
    add(conn, user_id, Some(user_id), now.date(), 1, tokens)?;
    if tokens > 0 {
        add(conn, SERVICE, None, now.date(), 0, tokens)?;
    }
    Ok(())
}

/// Gives back what is set aside for all that waits in a prepaid batch: it is never asked.
pub fn give_back(conn: &mut Conn, batch: &Batch) -> Result<(), Error> {
    let (day, count) = (batch.created_at.date(), i64::from(batch.waiting));
    let tokens = count * batch.reserved_tokens;
    if count > 0 {
        move_by(conn, &batch.user_id, day, -count, -tokens)?;
    }
    if tokens > 0 {
        move_by(conn, SERVICE, day, 0, -tokens)?;
    }
    Ok(())
}

/// What a reply took, once it has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spent {
    /// So many tokens, as the model's server counted or as estimated.
    Tokens(i64),
    /// An estimate, which is never taken for more than what is set aside for a reply.
    About(i64),
    /// Nobody got anything, so nothing is counted: neither tokens nor the message.
    Nothing,
}

/// Settles the budgets with what a reply took. Call it in the transaction that ends the reply, last, with its row as that
/// transaction found it.
///
/// The day is the one on which it was stored; once that day's row is gone there is nothing left to settle.
pub fn settle(conn: &mut Conn, reply: &Message, spent: Spent) -> Result<(), Error> {
    let day = reply.timestamp.date();
    let reserved = reply.reserved_tokens.unwrap_or(0);
    let tokens = match spent {
        // Nothing was reserved, so nothing is counted.
        _ if reserved == 0 => 0,
        Spent::Tokens(tokens) => tokens.max(0),
        Spent::About(tokens) => tokens.clamp(0, RESERVED_TOKENS),
        Spent::Nothing => 0,
    };
    let messages = -i64::from(spent == Spent::Nothing);
    let mut more = tokens - reserved;
    if more != 0 {
        // Held against the value that was read: of two at once one finds it changed.
        let unchanged = messages::table
            .filter(messages::id.eq(&reply.id))
            .filter(messages::reserved_tokens.eq(reserved));
        let changed = diesel::update(unchanged)
            .set(messages::reserved_tokens.eq(tokens))
            .returning(messages::id)
            .prepared()
            .execute(conn)?;
        if changed == 0 {
            more = 0;
        }
    }
    if more != 0 || messages != 0 {
        move_by(conn, &reply.user_id, day, messages, more)?;
    }
    if more != 0 {
        move_by(conn, SERVICE, day, 0, more)?;
    }
    Ok(())
}

/// Adds to a scope's day, making or renewing its row, and returns the row.
fn add(
    conn: &mut Conn,
    scope: &str,
    user_id: Option<&str>,
    day: NaiveDate,
    messages: i64,
    tokens: i64,
) -> Result<Used, Error> {
    // The CASE compares with the row as it was: the first of a new day begins anew. An instance whose clock is behind counts
    // into the newer day. Binds are in the order in which they come first, the only one that both databases agree on.
    let row = diesel::sql_query(
        "INSERT INTO budgets (scope, user_id, day, messages, tokens) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (scope) DO UPDATE SET
             messages = excluded.messages + CASE WHEN excluded.day > budgets.day THEN 0 ELSE budgets.messages END,
             tokens = excluded.tokens + CASE WHEN excluded.day > budgets.day THEN 0 ELSE budgets.tokens END,
             day = CASE WHEN excluded.day > budgets.day THEN excluded.day ELSE budgets.day END
         RETURNING messages, tokens",
    )
    .bind::<Text, _>(scope)
    .bind::<Nullable<Text>, _>(user_id)
    .bind::<Date, _>(day)
    .bind::<BigInt, _>(messages)
    .bind::<BigInt, _>(tokens)
    .prepared();
    Ok(row.get_result(conn)?)
}

/// Moves a scope's day by so much, and never below nothing; a day that has gone stays gone.
fn move_by(
    conn: &mut Conn,
    scope: &str,
    day: NaiveDate,
    messages: i64,
    tokens: i64,
) -> Result<(), Error> {
    diesel::sql_query(
        "UPDATE budgets SET
             messages = CASE WHEN messages + $1 > 0 THEN messages + $1 ELSE 0 END,
             tokens = CASE WHEN tokens + $2 > 0 THEN tokens + $2 ELSE 0 END
         WHERE scope = $3 AND day = $4
         RETURNING messages, tokens",
    )
    .bind::<BigInt, _>(messages)
    .bind::<BigInt, _>(tokens)
    .bind::<Text, _>(scope)
    .bind::<Date, _>(day)
    .prepared()
    .load::<Used>(conn)?;
    Ok(())
}

/// How many replies to that person are unfinished, without those that batches asked for.
fn unfinished(conn: &mut Conn, user_id: &str) -> Result<i64, Error> {
    let query = messages::table
        .inner_join(conversations::table)
        .filter(messages::user_id.eq(user_id))
        .filter(is_unfinished())
        .filter(conversations::batch_id.is_null())
        .count();
    Ok(query.get_result(conn)?)
}

/// The time until a new day begins, in seconds and in words.
fn until_midnight(now: NaiveDateTime) -> (u64, String) {
    let midnight = now.date() + Days::new(1);
    let left = midnight.and_time(NaiveTime::MIN) - now;
    // Never too early by a fraction of a second.
    let seconds = u64::try_from(left.num_seconds()).unwrap_or(0) + 1;
    (seconds, crate::error::in_words(seconds))
}

fn used_up(now: NaiveDateTime, messages: i64) -> Error {
    let (seconds, wait) = until_midnight(now);
    Error::TooMany {
        limit: "messages",
        detail: format!(
            "You have sent {messages} messages today, which is all that a day allows, so this one was not sent. A new day begins in {wait}, at midnight UTC."
        ),
        retry_after: seconds,
    }
}

#[derive(QueryableByName)]
struct Used {
    #[diesel(sql_type = BigInt)]
    messages: i64,
    #[diesel(sql_type = BigInt)]
    tokens: i64,
}
