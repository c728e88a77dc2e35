//! `POST /chat/`: a message comes in, and its reply goes out in the form that the caller asked for.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::HeaderMap;
use actix_web::{Either, HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::branch::Branch;
use super::conversations::{self as pages, ChatView, Draft};
use super::idempotency::Key;
use super::stream::{self, Encoder};
use super::title;
use super::views::{self, MessageView};
use crate::advisor::Advisor;
use crate::auth::CurrentUser;
use crate::config::Limits;
use crate::db::conversations::{self, Conversation};
use crate::db::messages::{self, Message, NewMessage, Role, Status};
use crate::db::{self, Conn, budgets};
use crate::error::Error;
use crate::limit::{Action, Caller};
use crate::state::App;
use crate::web::format::{self, Format};
use crate::web::input::{CHAT_LIMIT, Input, is_storable, parse_id};
use crate::web::view::{Html, Shell, Show, View};

/// The longest message, in characters.
pub const LONGEST: usize = 8_000;
/// How long a caller who wants the whole reply is kept waiting before it gets the address instead.
const PATIENCE: Duration = Duration::from_secs(180);
/// How often the row is looked at when the reply is made elsewhere.
const POLL: Duration = Duration::from_millis(500);
/// And when it was announced here.
const LOOK: Duration = Duration::from_secs(2);

/// What a person says.
#[derive(Debug, Deserialize)]
pub struct NewTurn {
    #[serde(default)]
    pub message: String,
    pub conversation_id: Option<String>,
    /// A message of one's own that this one takes the place of: a branch begins there.
    pub replaces: Option<String>,
    /// The same for a form that is sent twice; programs have `Idempotency-Key`.
    pub form_key: Option<String>,
}

/// What was stored, before anybody answers.
#[derive(Clone, Debug)]
pub struct Posted {
    pub conversation: Conversation,
    /// None where an answer is asked for anew.
    pub message: Option<Message>,
    pub reply: Message,
    pub is_new: bool,
    /// The message whose place it takes: a branch begins there.
    pub replaces: Option<String>,
    /// It was stored when the same request came before.
    pub is_repeat: bool,
}

/// A rendered reply, or a stream.
pub type Answer = Either<Show<Reply>, HttpResponse>;

/// `POST /chat/`.
pub async fn post(
    app: web::Data<App>,
    current: CurrentUser,
    req: HttpRequest,
    format: Format,
    body: Input<NewTurn, CHAT_LIMIT>,
) -> Result<Either<Answer, Show<ChatView>>, Error> {
    let user_id = current.user.id;
    let draft = Draft {
        text: body.value.message.clone(),
        conversation_id: body.value.conversation_id.clone(),
        replaces: body.value.replaces.clone().filter(|id| !id.is_empty()),
    };
    let key = Key::of(req.headers(), &body.value)?;
    match store(&app, &user_id, body.value, key).await {
        Ok(posted) => {
            if !posted.is_repeat {
                announce(&app, &posted.reply.id);
            }
            respond(&app, &req, format, user_id, posted)
                .await
                .map(Either::Left)
        }
        // Nobody should have to write it again.
        Err(
            error @ (Error::Invalid(_)
            | Error::State(_)
            | Error::Unavailable
            | Error::Ending
            | Error::TooMany { .. }),
        ) if format == Format::Page || (format == Format::Fragment && draft.replaces.is_some()) => {
            let page = pages::again(&app, user_id, draft, error).await?;
            Ok(Either::Right(page))
        }
        Err(error) => Err(error),
    }
}

/// Puts a stored reply on the queue, with a feed for those who want to watch.
pub fn announce(app: &App, reply_id: &str) {
    app.feed.open(reply_id);
    if !app.queue.push(reply_id.to_owned()) {
        app.feed.abandon(reply_id);
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
            Some(_) => Some(Branch::read(app, user_id, posted.conversation.id.clone()).await?),
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
    let row = match prefers_async(req.headers()) {
        true => posted.reply,
        false => wait(app, &user_id, &posted.reply.id).await?,
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
    Ok(Either::Left(match status {
        StatusCode::ACCEPTED => show.header("location", &address)?,
        _ => show,
    }))
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

/// Whether one more reply may be asked for: not while the server ends, and not faster than the person's limit. What was
/// stored before under the same key is found all the same.
async fn admit(app: &App, user_id: &str, has_key: bool) -> Result<Option<Error>, Error> {
    let admitted = match app.refuse_when_draining() {
        Ok(()) => {
            app.limiter
                .take(Action::Chat, Caller::Account(user_id))
                .await
        }
        Err(error) => Err(error),
    };
    match admitted {
        Err(error) if !has_key => Err(error),
        admitted => Ok(admitted.err()),
    }
}

/// Stores the message and its pending reply in one transaction. From here on neither is lost.
async fn store(app: &App, user_id: &str, turn: NewTurn, key: Option<Key>) -> Result<Posted, Error> {
    let text = check_text(&turn.message)?;
    let blank = |id: Option<String>| id.filter(|id| !id.is_empty());
    let conversation_id = blank(turn.conversation_id)
        .map(|id| parse_id(&id))
        .transpose()?;
    let replaces = blank(turn.replaces).map(|id| parse_id(&id)).transpose()?;
    let refused = admit(app, user_id, key.is_some()).await?;
    let has_taken = refused.is_none();
    let owner = user_id.to_owned();
    let terms = Terms::of(app);
    let posted = app
        .db
        .write(move |conn| {
            let ids = Ids::new();
            let before = key.map(|key| key.take(conn, &owner, &ids.reply));
            if let Some(posted) = before.transpose()?.flatten() {
                return Ok(Posted {
                    is_new: posted.is_new && replaces.is_none(),
                    replaces,
                    ..posted
                });
            }
            if let Some(error) = refused {
                return Err(error);
            }
            match (replaces, conversation_id) {
                (Some(id), conversation_id) => {
                    let old = messages::get(conn, &owner, &id)?;
                    let elsewhere = conversation_id.is_some_and(|id| id != old.conversation_id);
                    if old.role != Role::User || elsewhere {
                        return Err(Error::NotFound);
                    }
                    let conversation = lock(conn, &owner, &old.conversation_id)?;
                    let posted = append(conn, terms, conversation, Some(text), old.parent_id, ids)?;
                    Ok(Posted {
                        replaces: Some(id),
                        ..posted
                    })
                }
                (None, Some(id)) => {
                    let conversation = lock(conn, &owner, &id)?;
                    let parent = conversation.head_id.clone();
                    append(conn, terms, conversation, Some(text), parent, ids)
                }
                (None, None) => {
                    let now = db::now();
                    let conversation = Conversation {
                        id: db::new_id(),
                        user_id: owner,
                        title: title::from_words(&text),
                        head_id: None,
                        created_at: now,
                        updated_at: now,
                        is_titled: false,
                        deleted_at: None,
                    };
                    conversations::insert(conn, &conversation)?;
                    append(conn, terms, conversation, Some(text), None, ids)
                }
            }
        })
        .await?;
    if posted.is_repeat && has_taken {
        give_back(app, user_id).await;
    }
    Ok(posted)
}

/// What was stored before takes nothing of the limit.
async fn give_back(app: &App, user_id: &str) {
    app.limiter
        .give_back(Action::Chat, Caller::Account(user_id))
        .await;
}

/// Stores another reply to the message that `reply_id` answers. The earlier one stays, as a sibling.
pub async fn store_retry(
    app: &App,
    user_id: &str,
    reply_id: String,
    key: Option<Key>,
) -> Result<Posted, Error> {
    let refused = admit(app, user_id, key.is_some()).await?;
    let has_taken = refused.is_none();
    let owner = user_id.to_owned();
    let terms = Terms::of(app);
    let posted = app
        .db
        .write(move |conn| {
            let ids = Ids::new();
            let before = key.map(|key| key.take(conn, &owner, &ids.reply));
            if let Some(posted) = before.transpose()?.flatten() {
                return Ok(Posted {
                    message: None,
                    is_new: false,
                    replaces: Some(reply_id),
                    ..posted
                });
            }
            if let Some(error) = refused {
                return Err(error);
            }
            let old = messages::get(conn, &owner, &reply_id)?;
            if old.role != Role::Assistant {
                return Err(Error::State("Only an answer can be asked for again."));
            }
            let conversation = lock(conn, &owner, &old.conversation_id)?;
            let posted = append(conn, terms, conversation, None, old.parent_id, ids)?;
            Ok(Posted {
                replaces: Some(reply_id),
                ..posted
            })
        })
        .await?;
    if posted.is_repeat && has_taken {
        give_back(app, user_id).await;
    }
    Ok(posted)
}

/// The conversation, held until the transaction ends, so that of two messages at once the second
/// sees the first. It must not be waiting for an answer.
fn lock(conn: &mut Conn, user_id: &str, id: &str) -> Result<Conversation, Error> {
    conversations::touch(conn, user_id, id, db::now())?;
    let conversation = conversations::get(conn, user_id, id)?;
    if let Some(head) = &conversation.head_id
        && !messages::get(conn, user_id, head)?.status.is_final()
    {
        return Err(Error::State(
            "Autio is still answering in this conversation. Wait for it, or stop it first.",
        ));
    }
    Ok(conversation)
}

/// The keys of a message and its reply, in the order in which they are read.
struct Ids {
    said: String,
    reply: String,
}

impl Ids {
    fn new() -> Self {
        Self {
            said: db::new_id(),
            reply: db::new_id(),
        }
    }
}

/// What a new reply may take.
#[derive(Clone, Copy)]
struct Terms {
    limits: Limits,
    /// Whether a model answers, which takes tokens.
    has_model: bool,
}

impl Terms {
    fn of(app: &App) -> Self {
        Self {
            limits: app.config.limits,
            has_model: matches!(app.advisor, Advisor::Model(_)),
        }
    }
}

/// Stores a person's message, if there is one, and the reply that is to be made.
fn append(
    conn: &mut Conn,
    terms: Terms,
    mut conversation: Conversation,
    text: Option<String>,
    parent_id: Option<String>,
    ids: Ids,
) -> Result<Posted, Error> {
    let now = db::now();
    let is_new = conversation.head_id.is_none();
    let user_id = conversation.user_id.clone();
    let reserved = budgets::reserve(conn, &terms.limits, &user_id, terms.has_model, now)?;
    let message = |id, parent_id, role: Role, status: Status, text| NewMessage {
        id,
        user_id: user_id.clone(),
        conversation_id: conversation.id.clone(),
        parent_id,
        role: role.as_str(),
        text,
        timestamp: now,
        status: status.as_str(),
        reserved_tokens: reserved.filter(|_| role == Role::Assistant),
    };
    let said =
        text.map(|text| message(ids.said, parent_id.clone(), Role::User, Status::Done, text));
    let answers = said.as_ref().map(|said| said.id.clone()).or(parent_id);
    let reply = message(
        ids.reply,
        answers,
        Role::Assistant,
        Status::Pending,
        String::new(),
    );
    for row in said.iter().chain([&reply]) {
        messages::insert(conn, row)?;
    }
    conversations::set_head(conn, &user_id, &conversation.id, &reply.id, now)?;
    budgets::reserve_service(conn, &terms.limits, &user_id, &reply.id, now, reserved)?;
    conversation.head_id = Some(reply.id.clone());
    let said = said
        .map(|said| messages::get(conn, &user_id, &said.id))
        .transpose()?;
    let reply = messages::get(conn, &user_id, &reply.id)?;
    Ok(Posted {
        conversation,
        message: said,
        reply,
        is_new,
        replaces: None,
        is_repeat: false,
    })
}

fn check_text(text: &str) -> Result<String, Error> {
    let text = text.trim().replace("\r\n", "\n");
    if text.is_empty() {
        return Err(Error::field("message", "Write a message first."));
    }
    if text.chars().count() > LONGEST {
        return Err(Error::field(
            "message",
            format!("That message is too long: at most {LONGEST} characters."),
        ));
    }
    if !is_storable(&text) {
        return Err(Error::field(
            "message",
            "That message has a character that can't be kept (NUL). Remove it and send again.",
        ));
    }
    Ok(text)
}

/// RFC 7240: the caller would rather have the address than wait.
fn prefers_async(headers: &HeaderMap) -> bool {
    headers
        .get_all("prefer")
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|wish| wish.trim().eq_ignore_ascii_case("respond-async"))
}

/// Waits until the reply is finished, or for as long as anybody can be kept waiting.
pub async fn wait(app: &App, user_id: &str, reply_id: &str) -> Result<Message, Error> {
    let deadline = Instant::now() + PATIENCE;
    let mut closing = app.closing.subscribe();
    loop {
        if let Some(mut reader) = app.feed.reader(reply_id) {
            let closed = async { while reader.changed().await.is_ok() {} };
            // However this ends, the row says how it stands. It may be made elsewhere, though it was announced here.
            tokio::select! {
                _ = tokio::time::timeout(LOOK, closed) => {}
                _ = closing.wait_for(|closing| *closing) => {}
            }
        }
        let (user, id) = (user_id.to_owned(), reply_id.to_owned());
        let row = app
            .db
            .read(move |conn| messages::get(conn, &user, &id))
            .await?;
        let is_over = *closing.borrow() || Instant::now() >= deadline;
        if row.is_settled(db::now()) || is_over {
            return Ok(row);
        }
        if app.feed.reader(reply_id).is_none() {
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
            Reply::Json(row) => views::reply_json(row),
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
