//! What programs get of conversations, messages and needs.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::views::{Suggestions, read_json};
use crate::advisor::audit::Unverified;
use crate::advisor::needs::Need;
use crate::cars::Car;
use crate::db::conversations;
use crate::db::messages::{self, Role, Status};

/// One message of a person or an advisor.
#[derive(Serialize, ToSchema)]
pub struct Message<'a> {
    #[schema(format = Uuid)]
    id: &'a str,
    #[schema(format = Uuid)]
    conversation_id: &'a str,
    /// The message that it answers.
    #[schema(format = Uuid)]
    parent_id: Option<&'a str>,
    role: Role,
    /// Markdown where an advisor wrote it.
    text: &'a str,
    timestamp: DateTime<Utc>,
    status: Status,
    /// Who answered: a model's name, or `catalogue` for the built-in advisor.
    model: Option<&'a str>,
    /// Why the reply failed.
    error: Option<&'a str>,
    /// Why somebody else answered than the model that is set up.
    notice: Option<&'a str>,
    /// As they were when the reply was given.
    #[schema(value_type = Vec<Car>)]
    cars: Vec<Value>,
    /// The version of the catalogue that the reply was made from.
    catalogue: Option<&'a str>,
    /// What in the text nothing bears out; null where nothing was checked.
    #[schema(value_type = Option<Vec<Unverified>>)]
    unverified: Option<Vec<Value>>,
    /// The messages that answer the same one, oldest first, itself among them.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schema(required = false)]
    siblings: &'a [String],
}

impl<'a> Message<'a> {
    /// A message with its siblings, where they are asked for.
    pub fn new(row: &'a messages::Message, siblings: &'a [String]) -> Self {
        let failure = row.error.as_deref();
        Self {
            id: &row.id,
            conversation_id: &row.conversation_id,
            parent_id: row.parent_id.as_deref(),
            role: row.role,
            text: &row.text,
            timestamp: row.timestamp.and_utc(),
            status: row.status,
            model: row.model.as_deref(),
            error: failure.filter(|_| row.status == Status::Failed),
            notice: notice(row),
            cars: read_json(row.cars.as_deref()),
            catalogue: row.catalogue.as_deref(),
            unverified: unverified(row),
            siblings,
        }
    }
}

/// A reply, whole: the answer to a message, and the `done` of a stream.
#[derive(Serialize, ToSchema)]
pub struct Reply<'a> {
    /// Markdown. What came so far while `status` is `pending` or `running`.
    reply: &'a str,
    #[schema(format = Uuid)]
    conversation_id: &'a str,
    #[schema(format = Uuid)]
    message_id: &'a str,
    status: Status,
    #[schema(value_type = Vec<Car>)]
    cars: Vec<Value>,
    /// As they were understood.
    #[schema(value_type = Vec<Need>)]
    needs: Vec<Value>,
    /// What in the reply nothing bears out; null where nothing was checked.
    #[schema(value_type = Option<Vec<Unverified>>)]
    unverified: Option<Vec<Value>>,
    /// Who answered: a model's name, or `catalogue` for the built-in advisor.
    model: Option<&'a str>,
    /// Why somebody else answered than the model that is set up.
    notice: Option<&'a str>,
    /// What may be said next: short answers to the built-in advisor's question, or where nothing fits what would help.
    suggestions: Vec<String>,
    usage: Option<Usage>,
}

/// What the model's server counted.
#[derive(Serialize, ToSchema)]
pub struct Usage {
    prompt_tokens: i64,
    completion_tokens: i64,
}

impl<'a> From<&'a messages::Message> for Reply<'a> {
    fn from(row: &'a messages::Message) -> Self {
        let usage = row.prompt_tokens.zip(row.completion_tokens);
        Self {
            reply: &row.text,
            conversation_id: &row.conversation_id,
            message_id: &row.id,
            status: row.status,
            cars: read_json(row.cars.as_deref()),
            needs: read_json(row.needs.as_deref()),
            unverified: unverified(row),
            model: row.model.as_deref(),
            notice: notice(row),
            suggestions: Suggestions::of(row).map_or_else(Vec::new, |found| found.answers),
            usage: usage.map(|(prompt_tokens, completion_tokens)| Usage {
                prompt_tokens,
                completion_tokens,
            }),
        }
    }
}

/// Why somebody else answered than the model that is set up.
fn notice(row: &messages::Message) -> Option<&str> {
    let sentence = row.error.as_deref();
    sentence.filter(|_| row.status == Status::Done)
}

fn unverified(row: &messages::Message) -> Option<Vec<Value>> {
    let stored = row.unverified.as_deref();
    stored.map(|stored| read_json(Some(stored)))
}

/// One conversation with the messages of the branch that it shows, oldest first.
#[derive(Serialize, ToSchema)]
pub struct Conversation<'a> {
    #[schema(format = Uuid)]
    pub id: &'a str,
    pub title: &'a str,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub messages: Vec<Message<'a>>,
    /// The cursor of the messages after these, if there are any.
    pub next: Option<String>,
    pub needs: &'a [Need],
}

/// A conversation in the list.
#[derive(Serialize, ToSchema)]
pub struct ConversationBrief<'a> {
    #[schema(format = Uuid)]
    pub id: &'a str,
    pub title: &'a str,
    pub updated_at: DateTime<Utc>,
}

impl<'a> From<&'a conversations::Conversation> for ConversationBrief<'a> {
    fn from(row: &'a conversations::Conversation) -> Self {
        Self {
            id: &row.id,
            title: &row.title,
            updated_at: row.updated_at.and_utc(),
        }
    }
}

/// Conversations, the one with the newest message first.
#[derive(Serialize, ToSchema)]
pub struct Conversations<'a> {
    pub conversations: Vec<ConversationBrief<'a>>,
    /// The cursor of the next page, if there is one.
    pub next: Option<&'a str>,
}

/// The needs of a conversation.
#[derive(Serialize, ToSchema)]
pub struct Needs<'a> {
    #[schema(format = Uuid)]
    pub conversation_id: &'a str,
    pub needs: &'a [Need],
}

/// Messages that hold all the words, the newest first.
#[derive(Serialize, ToSchema)]
pub struct Results<'a> {
    pub results: Vec<Hit<'a>>,
    /// The cursor of the next page, if there is one.
    pub next: Option<&'a str>,
}

/// A message that was found.
#[derive(Serialize, ToSchema)]
pub struct Hit<'a> {
    #[schema(format = Uuid)]
    pub id: &'a str,
    #[schema(format = Uuid)]
    pub conversation_id: &'a str,
    /// The conversation's.
    pub title: &'a str,
    pub role: Role,
    pub timestamp: DateTime<Utc>,
    /// The words around the first hit.
    pub context: String,
}

/// The text that is new: the data of `delta` in a stream.
#[derive(Serialize, ToSchema)]
pub struct Delta<'a> {
    pub text: &'a str,
}

/// The cars now: the data of `cars` in a stream.
#[derive(Serialize, ToSchema)]
pub struct Shown<'a> {
    pub cars: &'a [Car],
}
