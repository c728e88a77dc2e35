//! What programs get of batches.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::views::{Answered, Standing};
use crate::chat::answers::Reply;
use crate::db::messages::Status;

/// Many prompts that were sent at once.
#[derive(Serialize, ToSchema)]
pub struct Batch<'a> {
    #[schema(format = Uuid)]
    id: &'a str,
    /// `running` until nothing more will come, then `done`, or `stopped`.
    status: &'static str,
    created_at: DateTime<Utc>,
    stopped_at: Option<DateTime<Utc>>,
    counts: Counts,
    /// Too little is left of a budget of this day, yours or the service's: it goes on by itself when there is enough again,
    /// which is mostly when a new day begins, at midnight UTC.
    waits_for_budget: bool,
    /// The address of the results.
    results: String,
}

/// How many of a batch's prompts stand where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = BatchCounts)]
pub struct Counts {
    pub total: i64,
    /// Nobody has begun to answer.
    pub waiting: i64,
    pub running: i64,
    pub done: i64,
    pub failed: i64,
    pub stopped: i64,
    /// The conversation was deleted since.
    pub deleted: i64,
}

impl<'a> From<&'a Standing> for Batch<'a> {
    fn from(standing: &'a Standing) -> Self {
        let batch = &standing.batch;
        Self {
            id: &batch.id,
            status: standing.status(),
            created_at: batch.created_at.and_utc(),
            stopped_at: batch.stopped_at.map(|at| at.and_utc()),
            counts: standing.counts,
            waits_for_budget: standing.waits_for_budget(),
            results: format!("/chat/batches/{}/results", batch.id),
        }
    }
}

/// Batches, the newest first.
#[derive(Serialize, ToSchema)]
pub struct Batches<'a> {
    pub batches: Vec<Batch<'a>>,
    /// The cursor of the next page, if there is one.
    pub next: Option<&'a str>,
}

/// What became of one prompt of a batch.
#[derive(Serialize, ToSchema)]
pub struct BatchResult<'a> {
    /// Its place in the batch, from 0.
    index: i32,
    /// Your name for it.
    id: Option<&'a str>,
    /// `waiting`, `running`, `done`, `failed`, `stopped`, or `deleted` where its conversation was deleted since.
    status: &'static str,
    /// Why the reply failed.
    error: Option<&'a str>,
    /// As `POST /chat` answers it; null until it is asked, and where it never was.
    answer: Option<Reply<'a>>,
}

impl<'a> From<&'a Answered> for BatchResult<'a> {
    fn from(answered: &'a Answered) -> Self {
        let reply = answered.reply.as_ref();
        let failed = reply.filter(|reply| reply.status == Status::Failed);
        Self {
            index: answered.item.position,
            id: answered.item.item_id.as_deref(),
            status: answered.status,
            error: failed.and_then(|reply| reply.error.as_deref()),
            answer: reply.map(Reply::from),
        }
    }
}

/// Some of a batch's results, in the order of the requests.
#[derive(Serialize, ToSchema)]
pub struct BatchResults<'a> {
    pub results: Vec<BatchResult<'a>>,
    /// The cursor of the next page, if there is one.
    pub next: Option<&'a str>,
}
