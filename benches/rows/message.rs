//! A message as it is kept, for benches that show it.

use autio::db::messages::{Message, Role, Status};

/// One that is finished, without anything that only some have.
pub fn finished(id: String, role: Role, text: String) -> Message {
    Message {
        id,
        user_id: "u".into(),
        conversation_id: "c".into(),
        parent_id: None,
        role,
        text,
        timestamp: autio::db::now(),
        status: Status::Done,
        error: None,
        model: None,
        cars: None,
        needs: None,
        catalogue: None,
        prompt_tokens: None,
        completion_tokens: None,
        attempts: 1,
        lease_owner: None,
        lease_until: None,
        unverified: Some("[]".into()),
        reserved_tokens: None,
        handed_back: 0,
        compared: Some("[]".into()),
        asked_model: None,
        request_id: None,
        traceparent: None,
    }
}
