//! `POST /chat/batches`: stored all or nothing, once however often it is sent.

use std::collections::HashSet;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::answers;
use super::views::One;
use crate::auth::CurrentUser;
use crate::chat::idempotency::{Key, KeyHeader};
use crate::chat::store;
use crate::config::{BATCH, Limits};
use crate::db::batches::{self, Batch, Item};
use crate::db::messages::Origin;
use crate::db::{self, Conn, users};
use crate::error::{Error, FieldError};
use crate::limit::{Action, Caller};
use crate::state::App;
use crate::web::format::Format;
use crate::web::input::{BATCH_LIMIT, Input, is_storable};
use crate::web::quota::Quota;
use crate::web::view::Show;

/// How many prompts a batch can have.
const MOST: usize = BATCH as usize;
/// The longest name of one, in characters.
const LONGEST_NAME: usize = 128;
/// When one may ask again whether there is room, in seconds.
const SOONEST: u64 = 60;
const LATEST: u64 = 86_400;
/// How many mistakes are told at once.
const MISTAKES: usize = 20;

/// What a program asks.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({ "requests": [{ "id": "ann", "message": "A hybrid SUV" }] }))]
pub struct NewBatch {
    #[serde(default)]
    #[schema(required, min_items = 1, max_items = 1000)]
    requests: Vec<NewItem>,
}

/// One prompt, with the caller's own name for it.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[schema(as = NewBatchItem)]
struct NewItem {
    /// No other in the batch has it.
    #[schema(min_length = 1, max_length = 128)]
    id: Option<String>,
    #[serde(default)]
    #[schema(required, min_length = 1, max_length = 8000)]
    message: String,
}

/// `POST /chat/batches`.
#[utoipa::path(
    post,
    path = "/chat/batches",
    operation_id = "send_batch",
    tag = "Batches",
    summary = "Ask up to 1,000 things at once",
    description = "Stored as a whole or not at all. Each is answered in a conversation of its own, at the pace that the \
        operator set and behind what people ask, and counts against the day's budgets when it is begun: where too little is \
        left, the batch waits and goes on by itself. The conversations stay out of the list until somebody goes on with one. \
        Two requests of a batch can't have the same `id`.",
    params(KeyHeader),
    request_body = NewBatch,
    responses(
        (status = 201, description = "It is stored", body = answers::Batch,
            headers(("Location" = String, description = "Of the batch"))),
        (status = 404, description = "The batch that was sent with this `Idempotency-Key` is deleted"),
        (status = 429, description = "Over a limit, or more of your prompts would wait than may"),
    ),
)]
pub async fn submit(
    app: web::Data<App>,
    format: Format,
    current: CurrentUser,
    req: HttpRequest,
    quota: Quota,
    body: Input<NewBatch, BATCH_LIMIT>,
) -> Result<Show<One>, Error> {
    let requests = body.value.requests;
    let sent = serde_json::to_value(&requests).map_err(Error::internal)?;
    let key = Key::of_batch(req.headers(), &sent)?;
    let batch = new_batch(&current.user.id, requests.len(), quota.origin());
    let items = check(&batch, requests)?;
    let id = store(&app, &quota, batch, items, key).await?;
    app.turns.notify_one();
    let address = format!("/chat/batches/{id}");
    let one = One::read(&app, format, current.user.id, id, -1).await?;
    Show::with_status(one, StatusCode::CREATED).header("location", &address)
}

fn new_batch(user_id: &str, size: usize, origin: Origin) -> Batch {
    let size = i32::try_from(size).unwrap_or(i32::MAX);
    let now = db::now();
    Batch {
        id: db::new_id(),
        user_id: user_id.to_owned(),
        size,
        waiting: size,
        reserved_tokens: 0,
        created_at: now,
        served_at: now,
        stopped_at: None,
        request_id: origin.request_id,
        traceparent: origin.traceparent,
        waits_until: None,
        is_prepaid: false,
    }
}

/// The items as they are kept.
///
/// # Errors
/// [`Error::Invalid`] with the first mistakes, each under the name of its field.
fn check(batch: &Batch, requests: Vec<NewItem>) -> Result<Vec<Item>, Error> {
    if !(1..=MOST).contains(&requests.len()) {
        let detail = format!("Send 1 to {MOST} requests in a batch, each with a message.");
        return Err(Error::field("requests", detail));
    }
    let mut mistakes = Vec::new();
    let mut names = HashSet::new();
    let mut items = Vec::with_capacity(requests.len());
    for (position, request) in requests.into_iter().enumerate() {
        let mut wrong = |field: &str, detail: String| {
            mistakes.push(FieldError {
                field: format!("requests[{position}].{field}"),
                detail,
            });
        };
        if let Some(name) = &request.id {
            let is_fine = (1..=LONGEST_NAME).contains(&name.chars().count()) && is_storable(name);
            if !is_fine {
                wrong(
                    "id",
                    format!("An id has 1 to {LONGEST_NAME} characters, and no NUL."),
                );
            } else if !names.insert(name.clone()) {
                wrong(
                    "id",
                    "There is another request with that id in the batch.".into(),
                );
            }
        }
        let text = store::check_text(&request.message).unwrap_or_else(|error| {
            wrong("message", error.to_string());
            String::new()
        });
        items.push(Item {
            batch_id: batch.id.clone(),
            position: i32::try_from(position).unwrap_or(i32::MAX),
            user_id: batch.user_id.clone(),
            item_id: request.id,
            text,
            asked_at: None,
            message_id: None,
        });
    }
    mistakes.truncate(MISTAKES);
    match mistakes.is_empty() {
        true => Ok(items),
        false => Err(Error::Invalid(mistakes)),
    }
}

/// Stores it, unless something was stored under the same key before; the id of the one or the other. A batch counts
/// against the person's rate as one message, and against their day's budgets as each of it is asked.
async fn store(
    app: &App,
    quota: &Quota,
    batch: Batch,
    items: Vec<Item>,
    key: Option<Key>,
) -> Result<String, Error> {
    let user_id = batch.user_id.clone();
    let refused = store::admit(app, quota, &user_id, key.is_some()).await?;
    let has_taken = refused.is_none();
    let (limits, interval) = (app.config.limits, app.config.batches.interval());
    let stored = app
        .db
        .write(move |conn| {
            let before = key.map(|key| key.claim(conn, &batch.user_id, &batch.id));
            match (before.transpose()?.flatten(), refused) {
                (Some(before), _) => {
                    // One that was deleted is not found.
                    batches::get(conn, &batch.user_id, &before)?;
                    Ok((before, true))
                }
                (None, Some(error)) => Err(error),
                (None, None) => {
                    check_room(conn, &limits, interval, &batch)?;
                    batches::insert(conn, &batch, &items)?;
                    Ok((batch.id, false))
                }
            }
        })
        .await;
    let (id, is_repeat) = store::note_refusal(app, has_taken, stored)?;
    if is_repeat && has_taken {
        quota
            .give_back(Action::Chat, Caller::Account(&user_id))
            .await;
    }
    Ok(id)
}

/// Whether one more batch of that size may wait, beside what waits of the person's others.
///
/// # Errors
/// [`Error::TooMany`] until enough of those are asked, which takes as long as the pace of all batches lets it, at least.
fn check_room(
    conn: &mut Conn,
    limits: &Limits,
    interval: Duration,
    batch: &Batch,
) -> Result<(), Error> {
    let Some(most) = limits.waiting else {
        return Ok(());
    };
    // So that of two at once the second sees the first.
    users::queue(conn, &batch.user_id)?;
    let waiting = batches::waiting_of(conn, &batch.user_id)?;
    let over = waiting + i64::from(batch.size) - most;
    if over <= 0 {
        return Ok(());
    }
    let seconds = interval.as_secs_f64() * over as f64;
    Err(Error::TooMany {
        limit: "waiting",
        detail: format!(
            "{waiting} prompts of your batches wait to be asked, and at most {most} may wait at a time, so nothing was stored. \
             Wait until {over} of them are asked, stop a batch, or send a smaller one."
        ),
        retry_after: (seconds as u64).clamp(SOONEST, LATEST),
    })
}
