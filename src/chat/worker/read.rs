//! What a reply is made from: the conversation up to the message that it answers, and who asks.

use std::collections::HashMap;

use crate::advisor::needs::Edit;
use crate::advisor::{self, Knowledge, Request, Role as Speaker, Turn};
use crate::chat::{needs, path};
use crate::db::messages::{self, Message, Role};
use crate::db::users::User;
use crate::db::{Kept, need_edits, users};
use crate::error::Error;
use crate::room::Asked;
use crate::state::App;

/// Messages, what was changed in the needs after each, and who asks.
type Path = (Vec<Message>, HashMap<String, Vec<Edit>>, User);

/// What the advisor is asked; what isn't known yet is read. None where the lease, and what was stored with it, was never kept.
pub(super) async fn read_request(
    app: &App,
    reply: &Message,
    asked: Option<Asked>,
    kept: &Kept,
) -> Result<Option<Request>, Error> {
    let has_tokens = reply.reserved_tokens.is_some();
    let (messages, mut edits, user) = match asked {
        Some(Asked {
            said: Some(said),
            user,
        }) if said.parent_id.is_none() => (vec![said], HashMap::new(), user),
        asked => {
            // What was said before may have ended in the same commit.
            if kept.clone().wait().await.is_err() {
                return Ok(None);
            }
            read_path(app, reply.clone(), asked.map(|asked| asked.user)).await?
        }
    };
    let turns = messages
        .into_iter()
        .filter(|message| !message.text.is_empty())
        .map(|message| Turn {
            role: match message.role {
                Role::User => Speaker::User,
                Role::Assistant => Speaker::Assistant,
            },
            text: message.text,
            edits: edits.remove(&message.id).unwrap_or_default(),
            message_id: message.id,
        })
        .collect();
    Ok(Some(Request {
        catalogue: app.catalogue(),
        turns,
        knowledge: Knowledge::parse(&user.knowledge).unwrap_or(Knowledge::Casual),
        usual: user.preferences.assumptions(),
        has_tokens,
    }))
}

/// The way to that reply, as it is on disk.
async fn read_path(app: &App, reply: Message, user: Option<User>) -> Result<Path, Error> {
    // It is never closed.
    let _turn = app.beginnings.acquire().await;
    let read = app.db.read(move |conn| {
        let user = match user {
            Some(user) => user,
            None => users::get(conn, &reply.user_id)?,
        };
        let all = messages::of_conversation(conn, &reply.user_id, &reply.conversation_id)?;
        let edits = need_edits::of_conversation(conn, &reply.user_id, &reply.conversation_id)?;
        let path = match &reply.parent_id {
            Some(parent) => path::to_head(all, parent),
            None => Vec::new(),
        };
        Ok((path, needs::by_message(edits)?, user))
    });
    read.await
}

/// What was understood, whether or not an answer came of it: the chips follow the person's words.
pub(super) async fn read_needs(request: &Request) -> Result<Option<String>, Error> {
    let request = request.clone();
    let read = move || advisor::needs::read(&request.turns, &request.catalogue);
    let needs = tokio::task::spawn_blocking(read).await;
    let needs = needs.map_err(Error::internal)?;
    serde_json::to_string(&needs)
        .map(Some)
        .map_err(Error::internal)
}
