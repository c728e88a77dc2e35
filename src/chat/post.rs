//! `POST /chat/`: a message comes in, and its reply goes out in the form that the caller asked for.

use std::time::Duration;

use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::http::header::HeaderMap;
use actix_web::{Either, HttpRequest, HttpResponse, web};
use serde_json::{Value, json};
use tokio::time::Instant;
use utoipa::IntoParams;

use super::answers;
use super::branch::Branch;
use super::conversations::{self as pages, ChatView, Draft};
use super::idempotency::{Key, KeyHeader};
use super::store::{self, NewTurn, Posted};
use super::stream::{self, Encoder};
use super::views::{self, MessageView};
use crate::auth::{self, CurrentUser};
use crate::db;
use crate::db::messages::{self, Message, Status};
use crate::error::Error;
use crate::state::App;
use crate::web::format::{self, Format};
use crate::web::input::{CHAT_LIMIT, Input};
use crate::web::quota::Quota;
use crate::web::view::{Html, Shell, Show, View};

/// How long a caller who wants the whole reply is kept waiting before it gets the address instead.
const PATIENCE: Duration = Duration::from_secs(180);
/// How often the row is looked at when the reply is made elsewhere.
const POLL: Duration = Duration::from_millis(500);
/// And when it was announced here, or is followed there.
const LOOK: Duration = Duration::from_secs(2);
/// How long one that was announced here may take before it is asked for elsewhere.
const BRIEF: Duration = Duration::from_millis(50);

/// How the caller would have it.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(
    dead_code,
    reason = "the headers are read where they are needed; this says which there are"
)]
pub struct Wishes {
    /// `respond-async` (RFC 7240) gets 202 and the address of the reply at once.
    #[param(rename = "Prefer", example = "respond-async")]
    prefer: Option<String>,
}

/// A rendered reply, or a stream.
pub type Answer = Either<Show<Reply>, HttpResponse>;

/// `POST /chat/`.
#[utoipa::path(
    post,
    path = "/chat",
    operation_id = "say",
    tag = "Chat",
    summary = "Say something, and get the answer",
    description = "Whole, as a stream with `Accept: text/event-stream`, or later with `Prefer: respond-async`. \
        Once it is acknowledged the message is never lost.",
    params(KeyHeader, Wishes),
    request_body = NewTurn,
    responses(
        (status = 200, description = "The answer, whole or as a stream", content(
            (answers::Reply = "application/json"),
            (String = "text/event-stream", example = json!(stream::EXAMPLE)),
        ), headers(("Location" = Option<String>, description = "Of the reply, with a stream or `Prefer: respond-async`"))),
        (status = 202, description = "The reply is still to come: with `Prefer: respond-async`, or where it takes very long",
            body = answers::Reply, headers(("Location" = String, description = "Of the reply"))),
        (status = 404, description = "There is no such conversation, or message to replace"),
        (status = 409, description = "The conversation is still being answered"),
        (status = 429),
        (status = 502, description = "The reply failed for good. The message is stored; retry by its `message_id`"),
    ),
)]
pub async fn post(
    app: web::Data<App>,
    session: Session,
    current: Result<CurrentUser, Error>,
    req: HttpRequest,
    format: Format,
    quota: Quota,
    body: Result<Input<NewTurn, CHAT_LIMIT>, Error>,
) -> Result<Either<Answer, Show<ChatView>>, Error> {
    let user_id = match (current, &body) {
        (Ok(current), _) => current.user.id,
        // The session has ended while somebody wrote: the words wait where a visitor's do.
        (Err(error @ Error::Unauthenticated), Ok(body)) if format == Format::Page => {
            auth::keep_draft(&session, &body.value.message)?;
            return Err(error);
        }
        (Err(error), _) => return Err(error),
    };
    let body = body?;
    let draft = Draft {
        text: body.value.message.clone(),
        conversation_id: body.value.conversation_id.clone(),
        replaces: body.value.replaces.clone().filter(|id| !id.is_empty()),
    };
    let key = Key::of(req.headers(), &body.value)?;
    match store::message(&app, &quota, &user_id, body.value, key).await {
        Ok(posted) => respond(&app, &req, format, user_id, posted)
            .await
            .map(Either::Left),
        // Nobody should have to write it again.
        Err(
            error @ (Error::Invalid(_)
            | Error::State(_)
            | Error::Unavailable
            | Error::Unsure
            | Error::Ending
            | Error::TooMany { .. }),
        ) if format == Format::Page || (format == Format::Fragment && draft.replaces.is_some()) => {
            let page = pages::again(&app, user_id, draft, error).await?;
            Ok(Either::Right(page))
        }
        Err(error) => Err(error),
    }
}

/// Answers as the caller asked: the whole reply, a stream, an address, a fragment or a page.
pub async fn respond(
    app: &App,
    req: &HttpRequest,
    format: Format,
    user_id: String,
    posted: Posted,
) -> Result<Answer, Error> {
    if format.is_html() {
        let branch = match &posted.replaces {
            Some(_) => {
                let branch = Branch::read(app, user_id, posted.conversation.id.clone());
                Some(branch.await.map_err(Error::after_a_change)?)
            }
            None => None,
        };
        return show_html(posted, branch).map(Either::Left);
    }
    let address = format!("/chat/messages/{}", posted.reply.id);
    if format::accepts_events(req.headers()) {
        let mut response = stream::respond(app.clone(), user_id, posted.reply.id, Encoder::json());
        let value = address.parse().map_err(Error::internal)?;
        response
            .headers_mut()
            .insert(actix_web::http::header::LOCATION, value);
        return Ok(Either::Right(response));
    }
    let is_async = prefers_async(req.headers());
    let row = match is_async {
        true => posted.reply,
        false => wait(app, posted.reply).await?,
    };
    if row.status == Status::Failed {
        return Err(Error::ReplyFailed {
            conversation_id: row.conversation_id,
            message_id: row.id,
            detail: row.error.unwrap_or_default(),
        });
    }
    let status = match row.status.is_final() {
        true => StatusCode::OK,
        false => StatusCode::ACCEPTED,
    };
    let show = Show::with_status(Reply::Json(Box::new(row)), status);
    // Who asked for the address gets it, also of a reply that is there already.
    Ok(Either::Left(
        match is_async || status == StatusCode::ACCEPTED {
            true => show.header("location", &address)?,
            false => show,
        },
    ))
}

fn show_html(posted: Posted, branch: Option<Branch>) -> Result<Show<Reply>, Error> {
    // So that a reload finds the conversation.
    let place = posted
        .is_new
        .then(|| format!("/chat/{}", posted.conversation.id));
    // The question goes to the top of the screen, and its answer grows below without a jump.
    let way = match &posted.replaces {
        Some(_) => "outerHTML",
        None => "beforeend",
    };
    let question = posted.reply.parent_id.as_ref();
    let swap = question.map(|id| format!("{way} show:top showTarget:#m-{id}"));
    let mut show = Show::new(Reply::Html(Box::new(posted), branch.map(Box::new)));
    if let Some(place) = place {
        show = show.header("hx-push-url", &place)?;
    }
    if let Some(swap) = swap {
        show = show.header("hx-reswap", &swap)?;
    }
    Ok(show)
}

/// RFC 7240: the caller would rather have the address than wait.
fn prefers_async(headers: &HeaderMap) -> bool {
    headers
        .get_all("prefer")
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|wish| wish.split(';').next())
        .any(|wish| wish.trim().eq_ignore_ascii_case("respond-async"))
}

/// Waits until the reply is finished, or for as long as anybody can be kept waiting. A database that is away meanwhile is
/// waited for too: the message is kept, and nobody may be told otherwise.
async fn wait(app: &App, stored: Message) -> Result<Message, Error> {
    let reply_id = stored.id.as_str();
    let deadline = Instant::now() + PATIENCE;
    let mut closing = app.closing.subscribe();
    let mut reader = app.feed.reader(reply_id);
    // Not for long at first, where it may be followed elsewhere.
    let mut patience = if app.feed.is_shared() { BRIEF } else { LOOK };
    loop {
        if let Some(reader) = &mut reader {
            let closed = async { while reader.changed().await.is_ok() {} };
            // However this ends, the row says how it stands. It may be made elsewhere, though it was announced here.
            tokio::select! {
                _ = tokio::time::timeout(patience, closed) => {}
                _ = closing.wait_for(|closing| *closing) => {}
            }
            if let Some(row) = &reader.borrow().ended {
                return Ok(row.as_ref().clone());
            }
        }
        let (user, id) = (stored.user_id.clone(), stored.id.clone());
        let row = app.db.read(move |conn| messages::get(conn, &user, &id));
        let row = match row.await {
            Err(Error::Unavailable) => None,
            row => Some(row?),
        };
        let is_over = *closing.borrow() || Instant::now() >= deadline;
        match row {
            Some(row) if row.is_settled(db::now()) || is_over => return Ok(row),
            None if is_over => return Ok(stored),
            _ => {}
        }
        reader = app.feed.follow(reply_id);
        patience = LOOK;
        if reader.is_none() {
            tokio::time::sleep(POLL).await;
        }
    }
}

/// The answer to a post, before rendering.
pub enum Reply {
    Json(Box<Message>),
    /// With the branch that was begun, if it was one.
    Html(Box<Posted>, Option<Box<Branch>>),
}

impl View for Reply {
    fn json(&self) -> Value {
        match self {
            Reply::Json(row) => json!(answers::Reply::from(&**row)),
            Reply::Html(posted, _) => json!({ "message_id": posted.reply.id }),
        }
    }

    fn page(&self, _: &Shell) -> askama::Result<Html> {
        let id = match self {
            Reply::Json(row) => &row.conversation_id,
            Reply::Html(posted, _) => &posted.conversation.id,
        };
        Ok(Html::GoTo(format!("/chat/{id}")))
    }

    fn fragment(&self, shell: &Shell) -> askama::Result<Html> {
        match self {
            Reply::Json(_) => self.page(shell),
            Reply::Html(posted, branch) => {
                let view = |message| match branch {
                    Some(branch) => branch.open.show(message),
                    None => MessageView::of(message, None),
                };
                let (said, reply) = (posted.message.as_ref().map(view), view(&posted.reply));
                let later = posted
                    .replaces
                    .iter()
                    .map(|id| format!("#m-{id} ~ .message"));
                let fork = branch.iter().zip(later).next();
                let fork = fork.map(|(branch, later)| branch.fork(later));
                views::posted(&posted.conversation, posted.is_new, said, reply, fork)
            }
        }
    }
}
