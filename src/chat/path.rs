//! The one path through a conversation's branches that is shown and that advisors read.

use std::collections::HashMap;

use crate::db::messages::Message;

/// From the first message to `head`, following who answers whom. Messages on other branches stay out.
pub fn to_head(messages: Vec<Message>, head: &str) -> Vec<Message> {
    let mut by_id: HashMap<String, Message> = messages
        .into_iter()
        .map(|message| (message.id.clone(), message))
        .collect();
    let mut path = Vec::new();
    let mut next = Some(head.to_owned());
    // Taken out as they are found, so that even a circle would end.
    while let Some(message) = next.and_then(|id| by_id.remove(&id)) {
        next = message.parent_id.clone();
        path.push(message);
    }
    path.reverse();
    path
}
