//! One conversation as it is open: the path that is shown, what lies beside it, and the needs at its end.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::answers;
use super::needs::{Chips, Ledger};
use super::path::{self, Branches, Versions};
use super::views::{MessageView, Suggestions};
use crate::cars::Catalogue;
use crate::db::conversations::{self, Conversation};
use crate::db::messages::{self, Message};
use crate::db::{need_edits, shortlist};
use crate::error::Error;
use crate::state::App;

/// One conversation, the path that is shown, and the needs at its end.
pub struct Open {
    pub conversation: Conversation,
    pub messages: Vec<Message>,
    pub branches: Branches,
    pub ledger: Ledger,
    /// The ids of the cars that the person keeps.
    kept: HashSet<String>,
}

impl Open {
    /// The conversation for a program, whole.
    pub fn json(&self) -> Value {
        self.part_json(&self.messages, None)
    }

    /// The conversation with some of its messages, and the cursor of those after them.
    pub fn part_json(&self, messages: &[Message], next: Option<String>) -> Value {
        let message = |message| answers::Message::new(message, self.branches.siblings(message));
        json!(answers::Conversation {
            id: &self.conversation.id,
            title: &self.conversation.title,
            created_at: self.conversation.created_at.and_utc(),
            updated_at: self.conversation.updated_at.and_utc(),
            messages: messages.iter().map(message).collect(),
            next,
            needs: &self.ledger.needs,
        })
    }

    /// Where one of its messages stands among its siblings.
    pub fn versions(&self, message: &Message) -> Option<Versions> {
        Versions::of(&message.id, self.branches.siblings(message))
    }

    /// One of its messages as people see it.
    pub fn show(&self, message: &Message) -> MessageView {
        let mut view = MessageView::of(message, self.versions(message));
        view.mark_kept(&self.kept);
        if self
            .messages
            .last()
            .is_some_and(|last| last.id == message.id)
        {
            view.suggestions = Suggestions::of(message);
        }
        view
    }

    /// Its needs as people see them.
    pub fn chips(&self, catalogue: &Catalogue) -> Chips {
        Chips::of(&self.conversation.id, &self.ledger, None, catalogue)
    }
}

/// A conversation of that user with the path that is shown.
pub async fn read_open(app: &App, user_id: String, id: String) -> Result<Open, Error> {
    app.db
        .read(move |conn| {
            let conversation = conversations::get(conn, &user_id, &id)?;
            let all = messages::of_conversation(conn, &user_id, &id)?;
            let links = all
                .iter()
                .map(|message| (message.id.clone(), message.parent_id.clone()));
            let branches = Branches::of(links);
            let messages = match &conversation.head_id {
                Some(head) => path::to_head(all, head),
                None => Vec::new(),
            };
            let edits = need_edits::of_conversation(conn, &user_id, &id)?;
            Ok(Open {
                kept: shortlist::ids(conn, &user_id)?.into_iter().collect(),
                ledger: Ledger::of(&messages, edits)?,
                conversation,
                messages,
                branches,
            })
        })
        .await
}
