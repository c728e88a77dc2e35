//! One message: read it, stop it, ask for another answer.

use std::time::Duration;

use actix_web::{HttpRequest, web};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::answers;
use super::idempotency::{Key, KeyHeader};
use super::path::Versions;
use super::post::{self, Answer, Wishes};
use super::spending;
use super::store;
use super::stream;
use super::views::{self, MessageView};
use crate::auth::CurrentUser;
use crate::db;
use crate::db::messages::{self, Message, Role, Status};
use crate::error::Error;
use crate::state::App;
use crate::web::format::Format;
use crate::web::input::{CHAT_LIMIT, Input, parse_id};
use crate::web::quota::Quota;
use crate::web::view::{Html, Shell, Show, View};

/// How long a stop waits for the worker, wherever it is, to keep the part that came.
const STOP: Duration = Duration::from_secs(1);
/// How often it looks.
const LOOK: Duration = Duration::from_millis(40);

/// `GET /chat/messages/{id}`.
#[utoipa::path(
    get,
    path = "/chat/messages/{id}",
    operation_id = "message",
    tag = "Chat",
    summary = "One message",
    responses((status = 200, description = "The message", body = answers::Message), (status = 304), (status = 404)),
)]
pub async fn get(
    app: web::Data<App>,
    current: CurrentUser,
    format: Format,
    id: web::Path<String>,
) -> Result<Show<One>, Error> {
    let id = parse_id(&id)?;
    Show::new(One::read(&app, current.user.id, id).await?).tagged_for_programs(format)
}

/// `POST /chat/messages/{id}/stop`. A reply that is finished stays as it is.
#[utoipa::path(
    post,
    path = "/chat/messages/{id}/stop",
    operation_id = "stop",
    tag = "Chat",
    summary = "Stop a running reply, and keep the part that came",
    responses(
        (status = 200, description = "The reply; one that is finished stays as it is", body = answers::Message),
        (status = 404),
        (status = 409, description = "It is a person's message"),
    ),
)]
pub async fn stop(
    app: web::Data<App>,
    current: CurrentUser,
    id: web::Path<String>,
) -> Result<Show<One>, Error> {
    let id = parse_id(&id)?;
    let (user_id, reply_id) = (current.user.id.clone(), id.clone());
    let before = app
        .db
        .write(move |conn| {
            let before = messages::get(conn, &user_id, &reply_id)?;
            if before.role != Role::Assistant {
                return Err(Error::State("Only an answer can be stopped."));
            }
            spending::stop(conn, &before)
        })
        .await?;
    halt(&app, &id, before);
    let deadline = Instant::now() + STOP;
    loop {
        let one = One::read(&app, current.user.id.clone(), id.clone()).await;
        let one = one.map_err(Error::after_a_change)?;
        if one.message.is_settled(db::now()) || Instant::now() >= deadline {
            return Ok(Show::new(one));
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Ends the work on a reply whose row was just stopped, and that stood as `before` until then.
fn halt(app: &App, id: &str, before: Option<Status>) {
    match before {
        // Nobody has begun, so nobody else ends its feed.
        Some(Status::Pending) => app.feed.close(id),
        Some(Status::Running) => app.stops.tell(id),
        // It was finished.
        Some(_) | None => {}
    }
}

/// Ends the work on replies whose rows were just stopped, each with how it stood until then.
pub fn halt_all(app: &App, stopped: &[(String, Option<Status>)]) {
    for (id, before) in stopped {
        halt(app, id, *before);
    }
}

/// What a form that asks for another answer carries.
#[derive(Debug, Deserialize)]
pub struct Retry {
    form_key: Option<String>,
}

/// `POST /chat/messages/{id}/retry`: another answer to the same message, beside the first. Programs need no body.
#[utoipa::path(
    post,
    path = "/chat/messages/{id}/retry",
    operation_id = "retry",
    tag = "Chat",
    summary = "Ask for another answer, beside the first",
    description = "Needs no body. Like `POST /chat` in all else.",
    params(KeyHeader, Wishes),
    responses(
        (status = 200, description = "The answer, whole or as a stream", content(
            (answers::Reply = "application/json"),
            (String = "text/event-stream", example = json!(stream::EXAMPLE)),
        ), headers(("Location" = Option<String>, description = "Of the reply, with a stream"))),
        (status = 202, description = "The reply is still to come", body = answers::Reply,
            headers(("Location" = String, description = "Of the reply"))),
        (status = 404),
        (status = 409, description = "It is no answer, or the conversation is still being answered"),
        (status = 422, description = "`Idempotency-Key` was used for something else"),
        (status = 429),
        (status = 502, description = "The reply failed for good; it can be retried by its `message_id`"),
    ),
)]
pub async fn retry(
    app: web::Data<App>,
    current: CurrentUser,
    req: HttpRequest,
    format: Format,
    quota: Quota,
    id: web::Path<String>,
    body: Option<Input<Retry, CHAT_LIMIT>>,
) -> Result<Answer, Error> {
    let id = parse_id(&id)?;
    let user_id = current.user.id;
    let form_key = body.and_then(|body| body.value.form_key);
    let key = Key::of_retry(req.headers(), form_key.as_deref(), &id)?;
    let posted = store::retry(&app, &quota, &user_id, id, key).await?;
    post::respond(&app, &req, format, user_id, posted).await
}

/// One message and its siblings.
pub struct One {
    message: Message,
    siblings: Vec<String>,
}

impl One {
    async fn read(app: &App, user_id: String, id: String) -> Result<Self, Error> {
        app.db
            .read(move |conn| {
                let message = messages::get(conn, &user_id, &id)?;
                let siblings = messages::siblings(conn, &message)?;
                Ok(Self { message, siblings })
            })
            .await
    }
}

impl View for One {
    fn json(&self) -> Value {
        json!(answers::Message::new(&self.message, &self.siblings))
    }

    fn page(&self, _: &Shell) -> askama::Result<Html> {
        let Message {
            conversation_id,
            id,
            ..
        } = &self.message;
        Ok(Html::GoTo(format!(
            "/chat/{conversation_id}?at={id}#m-{id}"
        )))
    }

    fn fragment(&self, _: &Shell) -> askama::Result<Html> {
        let versions = Versions::of(&self.message.id, &self.siblings);
        views::message(MessageView::of(&self.message, versions))
    }
}
