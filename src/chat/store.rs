//! Stores what a person says together with the reply that is to be made.

use chrono::NaiveDateTime;
use serde::Deserialize;
use utoipa::ToSchema;

mod once;

use self::once::{Order, once};
pub(super) use self::once::{admit, note_refusal};
use super::idempotency::Key;
use super::title;
use crate::db::conversations::{self, Conversation};
use crate::db::leases::{self, NewLease};
use crate::db::messages::{self, Message, NewMessage, Origin, Role, Status};
use crate::db::{self, Conn, budgets};
use crate::error::Error;
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
    /// Taken with it, where it can begin at once.
    pub lease: Option<NewLease>,
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
        Some(lease) => leases::insert(conn, reply, &lease)?,
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
