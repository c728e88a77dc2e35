//! Stores what a person says together with the reply that is to be made, once, however often it is sent, and hands it to a
//! worker.

use chrono::NaiveDateTime;
use serde::Deserialize;
use tokio::sync::{OwnedSemaphorePermit, broadcast};
use tracing::Instrument;
use utoipa::ToSchema;

use super::idempotency::Key;
use super::title;
use super::worker;
use crate::config::Limits;
use crate::db::conversations::{self, Conversation};
use crate::db::messages::{self, Message, NewMessage, Origin, Role, Status};
use crate::db::users::User;
use crate::db::{self, Conn, Kept, budgets, leases, users};
use crate::error::Error;
use crate::limit::{Action, Caller};
use crate::queue::Lane;
use crate::room::Begun;
use crate::state::App;
use crate::web::input::{is_storable, parse_id};
use crate::web::quota::Quota;

/// The longest message, in characters.
pub const LONGEST: usize = 8_000;

/// What a person says.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({ "message": "I need a family SUV under $35,000 with all-wheel drive" }))]
pub struct NewTurn {
    #[serde(default)]
    #[schema(required, min_length = 1, max_length = 8000)]
    pub message: String,
    /// Where it goes on; a new conversation begins without.
    #[schema(format = Uuid)]
    pub conversation_id: Option<String>,
    /// A message of one's own that this one takes the place of: a branch begins there.
    #[schema(format = Uuid)]
    pub replaces: Option<String>,
    /// The same for a form that is sent twice; programs have `Idempotency-Key`.
    #[schema(ignore)]
    pub form_key: Option<String>,
}

/// What was stored, before anybody answers.
#[derive(Clone, Debug)]
pub struct Posted {
    pub conversation: Conversation,
    /// None where an answer is asked for anew.
    pub message: Option<Message>,
    pub reply: Message,
    /// The same, where its lease was taken in that transaction.
    pub(super) taken: Option<Message>,
    pub is_new: bool,
    /// The message whose place it takes: a branch begins there.
    pub replaces: Option<String>,
    /// It was stored when the same request came before.
    pub is_repeat: bool,
}

/// Stores the message and its pending reply in one transaction, which also takes the lease where the reply can be begun in
/// this process at once. From here on neither is lost.
///
/// # Errors
/// [`Error::Invalid`] for a text that can't be kept, [`Error::NotFound`] where it doesn't belong anywhere,
/// [`Error::State`] while the conversation is being answered, [`Error::TooMany`] over a limit.
pub async fn message(
    app: &App,
    quota: &Quota,
    user_id: &str,
    turn: NewTurn,
    key: Option<Key>,
) -> Result<Posted, Error> {
    let text = check_text(&turn.message)?;
    let blank = |id: Option<String>| id.filter(|id| !id.is_empty());
    let conversation_id = blank(turn.conversation_id)
        .map(|id| parse_id(&id))
        .transpose()?;
    let replaces = blank(turn.replaces).map(|id| parse_id(&id)).transpose()?;
    let replaced = replaces.clone();
    let posted = once(app, quota, user_id, key, move |conn, owner, order| {
        match (replaced, conversation_id) {
            (Some(id), conversation_id) => {
                let old = messages::get(conn, owner, &id)?;
                let elsewhere = conversation_id.is_some_and(|id| id != old.conversation_id);
                if old.role != Role::User || elsewhere {
                    return Err(Error::NotFound);
                }
                let conversation = lock(conn, owner, &old.conversation_id)?;
                append(conn, order, conversation, Some(text), old.parent_id)
            }
            (None, Some(id)) => {
                let conversation = lock(conn, owner, &id)?;
                let parent = conversation.head_id.clone();
                append(conn, order, conversation, Some(text), parent)
            }
            (None, None) => {
                let now = db::now();
                let conversation = Conversation {
                    id: db::new_id(),
                    user_id: owner.to_owned(),
                    title: title::from_words(&text),
                    head_id: Some(order.reply.clone()),
                    created_at: now,
                    updated_at: now,
                    is_titled: false,
                    deleted_at: None,
                    batch_id: None,
                };
                conversations::insert(conn, &conversation)?;
                append(conn, order, conversation, Some(text), None)
            }
        }
    })
    .await?;
    Ok(Posted {
        is_new: posted.is_new && replaces.is_none(),
        replaces,
        ..posted
    })
}

/// Stores another reply to the message that `reply_id` answers. The earlier one stays, as a sibling.
///
/// # Errors
/// As for [`message`].
pub async fn retry(
    app: &App,
    quota: &Quota,
    user_id: &str,
    reply_id: String,
    key: Option<Key>,
) -> Result<Posted, Error> {
    let asked_again = reply_id.clone();
    let posted = once(app, quota, user_id, key, move |conn, owner, order| {
        let old = messages::get(conn, owner, &asked_again)?;
        if old.role != Role::Assistant {
            return Err(Error::State("Only an answer can be asked for again."));
        }
        let conversation = lock(conn, owner, &old.conversation_id)?;
        append(conn, order, conversation, None, old.parent_id)
    })
    .await?;
    Ok(Posted {
        message: None,
        is_new: false,
        replaces: Some(reply_id),
        ..posted
    })
}

/// Runs `store` in a transaction, unless something was stored under the same key before: then that is found.
async fn once<F>(
    app: &App,
    quota: &Quota,
    user_id: &str,
    key: Option<Key>,
    store: F,
) -> Result<Posted, Error>
where
    F: FnOnce(&mut Conn, &str, Order) -> Result<Posted, Error> + Send + 'static,
{
    let refused = admit(app, quota, user_id, key.is_some()).await?;
    let has_taken = refused.is_none();
    let beginning = Beginning::here(app);
    let owner = beginning.as_ref().map(|beginning| beginning.owner.clone());
    let order = Order::of(app, quota.origin(), owner);
    let owner = user_id.to_owned();
    let query = move |conn: &mut Conn| {
        let before = key.map(|key| key.take(conn, &owner, &order.reply));
        match (before.transpose()?.flatten(), refused) {
            (Some(posted), _) => Ok((posted, None)),
            (None, Some(error)) => Err(error),
            (None, None) => match users::standing(conn, &owner)? {
                Some(user) if user.is_active => Ok((store(conn, &owner, order)?, Some(user))),
                // Turned off or deleted while this was under way: what runs for it was stopped already.
                _ => Err(Error::Unauthenticated),
            },
        }
    };
    // A task of its own: a caller who goes away in the middle must not leave a lease that nobody works under.
    let stored = tokio::spawn({
        let app = app.clone();
        async move {
            let ((mut posted, user), kept) = app.db.write_ahead(query).await?;
            match user {
                Some(user) => hand_over(&app, &mut posted, user, beginning, kept).await?,
                None => kept.wait().await?,
            }
            Ok(posted)
        }
        .instrument(tracing::debug_span!("store"))
    });
    let stored = stored.await.map_err(Error::internal)?;
    let posted = note_refusal(app, has_taken, stored)?;
    if posted.is_repeat && has_taken {
        // What was stored before takes nothing of the limit.
        let caller = Caller::Account(user_id);
        quota.give_back(Action::Chat, caller).await;
    }
    Ok(posted)
}

/// Hands a reply that is being stored to a worker, and returns once it is on disk. One that was taken is begun at once, one
/// that waits its turn when it can be found.
async fn hand_over(
    app: &App,
    posted: &mut Posted,
    user: User,
    beginning: Option<Beginning>,
    kept: Kept,
) -> Result<(), Error> {
    match posted.taken.take().zip(beginning) {
        Some((reply, beginning)) => {
            app.room.begin(Begun {
                owner: beginning.owner,
                said: posted.message.clone(),
                kept: kept.clone(),
                stops: beginning.stops,
                permit: beginning.permit,
                reply,
                user,
            });
            announce(app, &posted.reply.id).await;
            kept.wait().await
        }
        None => {
            kept.wait().await?;
            announce(app, &posted.reply.id).await;
            Ok(())
        }
    }
}

/// Puts a reply on the queue, with a feed for those who want to watch where it is made here.
async fn announce(app: &App, reply_id: &str) {
    let is_local = app.queue.is_local();
    if is_local {
        app.feed.open(reply_id);
    }
    if !app.queue.push(reply_id.to_owned(), Lane::Interactive) && is_local {
        app.feed.abandon(reply_id);
        // For the sweep, or the next process.
        let begun = app.room.take(reply_id);
        worker::release(app, begun.map(|begun| begun.owner).into_iter().collect()).await;
    }
}

/// Whether one more reply may be asked for: not while the server ends, and not faster than the person's limit. What was
/// stored before under the same key is found all the same.
pub(super) async fn admit(
    app: &App,
    quota: &Quota,
    user_id: &str,
    has_key: bool,
) -> Result<Option<Error>, Error> {
    let admitted = match app.refuse_what_is_too_late() {
        Ok(()) => quota.take(Action::Chat, Caller::Account(user_id)).await,
        Err(error) => Err(error),
    };
    match admitted {
        Err(error) if !has_key => Err(error),
        admitted => Ok(admitted.err()),
    }
}

/// Counts a budget that was used up. Where nothing was taken it was another limit, which is counted already.
pub(super) fn note_refusal<T>(
    app: &App,
    has_taken: bool,
    stored: Result<T, Error>,
) -> Result<T, Error> {
    if let Err(Error::TooMany { limit, .. }) = &stored
        && has_taken
    {
        app.metrics.limit_hit(limit);
    }
    stored
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

/// What a reply needs that is to be begun in the transaction that stores it.
struct Beginning {
    /// The name under which its lease is to be held.
    owner: String,
    stops: broadcast::Receiver<String>,
    permit: OwnedSemaphorePermit,
}

impl Beginning {
    /// None where replies are made elsewhere, or there is no room: then it waits its turn.
    fn here(app: &App) -> Option<Self> {
        let permit = app.queue.is_local().then(|| app.room.now()).flatten()?;
        Some(Self {
            owner: db::new_id(),
            stops: app.stops.listen(),
            permit,
        })
    }
}

/// A message and a reply to be stored.
struct Order {
    /// Their keys, in the order in which they are read.
    said: String,
    reply: String,
    limits: Limits,
    /// Whether a model answers, which takes tokens.
    has_model: bool,
    origin: Origin,
    /// Under which name its lease is taken, to ask which model, where it can begin at once.
    lease: Option<(String, String)>,
}

impl Order {
    fn of(app: &App, origin: Origin, owner: Option<String>) -> Self {
        Self {
            origin,
            said: db::new_id(),
            reply: db::new_id(),
            limits: app.config.limits,
            has_model: app.advisor.is_model(),
            lease: owner.map(|owner| (owner, app.advisor.model().to_owned())),
        }
    }
}

/// Stores a person's message, if there is one, and the reply that is to be made.
fn append(
    conn: &mut Conn,
    order: Order,
    mut conversation: Conversation,
    text: Option<String>,
    parent_id: Option<String>,
) -> Result<Posted, Error> {
    let Order {
        said: said_id,
        reply: reply_id,
        limits,
        has_model,
        origin,
        lease,
    } = order;
    let now = db::now();
    let is_new = conversation.head_id.as_ref() == Some(&reply_id);
    let user_id = conversation.user_id.clone();
    let reserved = budgets::reserve(conn, &limits, &user_id, has_model, now)?;
    let said_id = text.is_some().then_some(said_id);
    let turn = Turn {
        said: said_id.zip(text),
        reply_id: reply_id.clone(),
        parent_id,
        reserved_tokens: reserved,
        now,
        origin,
        lease,
    };
    let (said, mut reply) = insert(conn, &conversation, turn)?;
    if !is_new {
        conversations::set_head(conn, &user_id, &conversation.id, &reply_id, now)?;
    }
    reply.reserved_tokens =
        budgets::reserve_service(conn, &limits, &user_id, &reply_id, now, reserved)?;
    conversation.head_id = Some(reply_id);
    // To whoever asks it is still to come, whether somebody has begun or not.
    let pending = Message {
        status: Status::Pending,
        ..reply.clone()
    };
    Ok(Posted {
        conversation,
        message: said,
        taken: (reply.status == Status::Running).then_some(reply),
        reply: pending,
        is_new,
        replaces: None,
        is_repeat: false,
    })
}

/// What a person says, with a key for it, and the reply to it.
pub struct Turn {
    /// None where an answer is asked for anew.
    pub said: Option<(String, String)>,
    pub reply_id: String,
    /// What they say it to.
    pub parent_id: Option<String>,
    pub reserved_tokens: Option<i64>,
    pub now: NaiveDateTime,
    /// Which request asked for the reply.
    pub origin: Origin,
    /// Under which name its lease is taken at once, to ask which model.
    pub lease: Option<(String, String)>,
}

/// Stores the rows of a turn in a conversation, and nothing around them: what was said, if anything, and the reply.
pub fn insert(
    conn: &mut Conn,
    conversation: &Conversation,
    turn: Turn,
) -> Result<(Option<Message>, Message), Error> {
    let message = |id, parent_id, role: Role, status: Status, text| NewMessage {
        id,
        user_id: conversation.user_id.clone(),
        conversation_id: conversation.id.clone(),
        parent_id,
        role: role.as_str(),
        text,
        timestamp: turn.now,
        status: status.as_str(),
        reserved_tokens: turn.reserved_tokens.filter(|_| role == Role::Assistant),
        request_id: None,
        traceparent: None,
    };
    let (said, answers) = match turn.said {
        Some((id, text)) => {
            let said = message(id.clone(), turn.parent_id, Role::User, Status::Done, text);
            (Some(messages::insert(conn, &said)?), Some(id))
        }
        None => (None, turn.parent_id),
    };
    let status = Status::Pending;
    let reply = message(
        turn.reply_id,
        answers,
        Role::Assistant,
        status,
        String::new(),
    );
    let reply = NewMessage {
        request_id: turn.origin.request_id,
        traceparent: turn.origin.traceparent,
        ..reply
    };
    let reply = match turn.lease {
        Some((owner, model)) => leases::insert(conn, reply, &owner, &model)?,
        None => messages::insert(conn, &reply)?,
    };
    Ok((said, reply))
}

pub(super) fn check_text(text: &str) -> Result<String, Error> {
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
