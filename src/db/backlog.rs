//! What waits to be answered, over everybody's rows: numbers for the operator and nothing else.

use std::time::Duration;

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text, Timestamp};

use super::messages::Status;
use super::{Conn, now};
use crate::error::Error;

/// What is not finished.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Replies that nobody has begun.
    pub pending: i64,
    /// Replies that somebody has a lease on.
    pub running: i64,
    /// How long the oldest of the pending ones has been stored.
    pub oldest_pending: Duration,
    /// Requests of batches that haven't been asked yet.
    pub batched: i64,
}

/// Counts them.
pub fn read(conn: &mut Conn) -> Result<Backlog, Error> {
    // With the values in the text, so that the indexes for exactly this are found, however long the tables are.
    let unfinished: Vec<Unfinished> = diesel::sql_query(
        "SELECT status, COUNT(*) AS count, MIN(timestamp) AS oldest FROM messages
         WHERE status IN ('pending', 'running') GROUP BY status",
    )
    .load(conn)?;
    let waiting: Waiting = diesel::sql_query(
        "SELECT COALESCE(SUM(waiting), 0) AS count FROM batches WHERE waiting > 0",
    )
    .get_result(conn)?;
    let mut backlog = Backlog {
        batched: waiting.count,
        ..Backlog::default()
    };
    for of in unfinished {
        if of.status == Status::Pending.as_str() {
            backlog.pending = of.count;
            let waited = of.oldest.map(|oldest| (now() - oldest).to_std());
            backlog.oldest_pending = waited.and_then(Result::ok).unwrap_or_default();
        } else {
            backlog.running = of.count;
        }
    }
    Ok(backlog)
}

#[derive(QueryableByName)]
struct Unfinished {
    #[diesel(sql_type = Text)]
    status: String,
    #[diesel(sql_type = BigInt)]
    count: i64,
    #[diesel(sql_type = Nullable<Timestamp>)]
    oldest: Option<NaiveDateTime>,
}

#[derive(QueryableByName)]
struct Waiting {
    #[diesel(sql_type = BigInt)]
    count: i64,
}
