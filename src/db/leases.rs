//! The lease on a reply, in its row of `messages`: taken, kept while there is work, and gone with the end of it.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::Conn;
use super::messages::{Message, NewMessage, Outcome, Status, is_unfinished};
use super::prepared::Prepare;
use super::schema::conversations;
use super::schema::messages::{self, dsl};
use crate::error::Error;

/// How long a worker that says nothing keeps its reply.
pub const LEASE: chrono::Duration = chrono::Duration::seconds(15);

/// A reply whose lease was taken.
#[derive(Clone, Debug)]
pub struct Claim {
    pub reply: Message,
    /// Another worker had it, and its lease ran out.
    pub has_expired: bool,
}

/// Takes the lease on a reply that nobody works at, under that name, to ask that model; None if somebody does.
pub fn claim(
    conn: &mut Conn,
    id: &str,
    owner: &str,
    model: &str,
    now: NaiveDateTime,
) -> Result<Option<Claim>, Error> {
    let taken = (
        dsl::status.eq(Status::Running.as_str()),
        dsl::lease_owner.eq(owner),
        dsl::lease_until.eq(now + LEASE),
        dsl::attempts.eq(dsl::attempts + 1),
        dsl::asked_model.eq(model),
    );
    let its = messages::table.filter(dsl::id.eq(id));
    // Most are pending. What is handed back between the two is found by the next sweep.
    let pending = its.filter(dsl::status.eq(Status::Pending.as_str()));
    let claim = diesel::update(pending)
        .set(taken)
        .returning(messages::all_columns)
        .prepared();
    if let Some(reply) = claim.get_result(conn).optional()? {
        return Ok(Some(Claim {
            reply,
            has_expired: false,
        }));
    }
    let expired = its
        .filter(dsl::status.eq(Status::Running.as_str()))
        .filter(dsl::lease_until.lt(now).assume_not_null());
    let claim = diesel::update(expired)
        .set(taken)
        .returning(messages::all_columns)
        .prepared();
    let reply = claim.get_result(conn).optional()?;
    Ok(reply.map(|reply| Claim {
        reply,
        has_expired: true,
    }))
}

/// A lease that is to be taken as its reply is stored.
#[derive(Clone, Debug)]
pub struct NewLease {
    /// The name under which it is held.
    pub owner: String,
    /// The model that is to be asked.
    pub model: String,
}

/// Stores a reply whose lease is taken with it, as [`claim`] would do.
pub fn insert(conn: &mut Conn, reply: NewMessage, lease: &NewLease) -> Result<Message, Error> {
    let reply = NewMessage {
        status: Status::Running.as_str(),
        ..reply
    };
    let lease = (
        dsl::lease_owner.eq(&lease.owner),
        dsl::lease_until.eq(reply.timestamp + LEASE),
        dsl::attempts.eq(1),
        dsl::asked_model.eq(&lease.model),
    );
    let row = diesel::insert_into(messages::table)
        .values((&reply, lease))
        .returning(messages::all_columns)
        .prepared();
    Ok(row.get_result(conn)?)
}

/// Keeps the text so far and renews the lease. False if the lease is gone: stopped, or taken over.
pub fn checkpoint(
    conn: &mut Conn,
    id: &str,
    owner: &str,
    text: &str,
    until: NaiveDateTime,
) -> Result<bool, Error> {
    let held = messages::table
        .filter(dsl::id.eq(id))
        .filter(dsl::lease_owner.eq(owner))
        .filter(dsl::status.eq(Status::Running.as_str()));
    let kept = diesel::update(held)
        .set((dsl::text.eq(text), dsl::lease_until.eq(until)))
        .returning(dsl::id)
        .prepared()
        .execute(conn)?;
    Ok(kept == 1)
}

/// Ends a reply, and returns its row. None if the lease is gone, and then nothing is changed. The budgets are settled apart.
pub fn finish(
    conn: &mut Conn,
    id: &str,
    owner: &str,
    outcome: &Outcome,
) -> Result<Option<Message>, Error> {
    let held = messages::table
        .filter(dsl::id.eq(id))
        .filter(dsl::lease_owner.eq(owner))
        .filter(dsl::status.eq(Status::Running.as_str()));
    let ended = diesel::update(held)
        .set((
            outcome,
            dsl::lease_owner.eq(None::<String>),
            dsl::lease_until.eq(None::<NaiveDateTime>),
        ))
        .returning(messages::all_columns)
        .prepared();
    Ok(ended.get_result(conn).optional()?)
}

/// What a stopped reply leaves behind.
#[derive(Clone, Debug, AsChangeset)]
#[diesel(table_name = messages)]
pub struct Part {
    pub text: String,
    pub model: Option<String>,
    pub needs: Option<String>,
}

impl Part {
    /// Of a reply that was stopped in the moment in which it ended.
    pub fn of(outcome: &Outcome) -> Self {
        Self {
            text: outcome.text.clone(),
            model: outcome.model.clone(),
            needs: outcome.needs.clone(),
        }
    }
}

/// Keeps the part that came of a reply that was stopped while `owner` held it, and returns its row. None if it wasn't, and
/// then nothing is changed.
pub fn keep_part(
    conn: &mut Conn,
    id: &str,
    owner: &str,
    part: &Part,
) -> Result<Option<Message>, Error> {
    let stopped = messages::table
        .filter(dsl::id.eq(id))
        .filter(dsl::lease_owner.eq(owner))
        .filter(dsl::status.eq(Status::Stopped.as_str()));
    let kept = diesel::update(stopped)
        .set((part, dsl::lease_owner.eq(None::<String>)))
        .returning(messages::all_columns)
        .prepared();
    Ok(kept.get_result(conn).optional()?)
}

/// Stops a reply that isn't finished, and says where it stood: pending or running. None if it was finished.
pub fn stop(conn: &mut Conn, user_id: &str, id: &str) -> Result<Option<Status>, Error> {
    // One after the other, since a worker that begins or hands back in between turns the one into the other.
    for status in [Status::Pending, Status::Running, Status::Pending] {
        let unfinished = messages::table
            .filter(dsl::id.eq(id))
            .filter(dsl::user_id.eq(user_id))
            .filter(dsl::status.eq(status.as_str()));
        let stopped = diesel::update(unfinished)
            .set((
                dsl::status.eq(Status::Stopped.as_str()),
                // Who was asked is whose the part is that came, should nobody be left to say so.
                dsl::model.eq(dsl::asked_model),
            ))
            .execute(conn)?;
        if stopped == 1 {
            return Ok(Some(status));
        }
    }
    Ok(None)
}

/// Of the leases that `owners` hold, those whose reply was stopped. Ids of replies.
///
/// Like [`unclaimed`] it is on everybody's rows, for the workers alone.
pub fn stopped_of(conn: &mut Conn, owners: &[String]) -> Result<Vec<String>, Error> {
    let query = messages::table
        .filter(dsl::lease_owner.eq_any(owners))
        .filter(dsl::status.eq(Status::Stopped.as_str()))
        .select(dsl::id);
    Ok(query.load(conn)?)
}

/// Hands back whatever `owners` still hold, for another worker to begin anew.
pub fn release(conn: &mut Conn, owners: &[String]) -> Result<(), Error> {
    let held = messages::table
        .filter(dsl::lease_owner.eq_any(owners))
        .filter(dsl::status.eq(Status::Running.as_str()));
    diesel::update(held)
        .set((
            dsl::status.eq(Status::Pending.as_str()),
            dsl::handed_back.eq(dsl::handed_back + 1),
            dsl::lease_owner.eq(None::<String>),
            dsl::lease_until.eq(None::<NaiveDateTime>),
        ))
        .execute(conn)?;
    Ok(())
}

/// A reply that nobody works at.
#[derive(Clone, Debug, Queryable)]
pub struct Unclaimed {
    pub id: String,
    /// None where a person waits for it.
    pub batch_id: Option<String>,
}

/// Replies that nobody works at: pending and stored until `stored_before`, or with a lease that ran out. Oldest first.
///
/// It isn't on one person's rows: it yields ids for the workers and nothing else.
pub fn unclaimed(
    conn: &mut Conn,
    now: NaiveDateTime,
    stored_before: NaiveDateTime,
    limit: i64,
) -> Result<Vec<Unclaimed>, Error> {
    let pending = dsl::status
        .eq(Status::Pending.as_str())
        .and(dsl::timestamp.le(stored_before));
    let expired = dsl::status
        .eq(Status::Running.as_str())
        .and(dsl::lease_until.lt(now).assume_not_null());
    let query = messages::table
        .inner_join(conversations::table)
        .filter(is_unfinished())
        .filter(pending.or(expired))
        .order(dsl::id)
        .limit(limit)
        .select((dsl::id, conversations::batch_id));
    Ok(query.load(conn)?)
}
