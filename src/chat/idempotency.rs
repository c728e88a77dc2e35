//! The same request again gets the same reply: keys of programs, and of forms that are sent twice.

use actix_web::http::header::HeaderMap;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use utoipa::IntoParams;

use super::store::{NewTurn, Posted};
use crate::db::idempotency_keys::{self, Used};
use crate::db::{self, Conn, conversations, messages};
use crate::error::Error;

/// How long a key is remembered.
const KEPT: chrono::Duration = chrono::Duration::hours(24);
const LONGEST: usize = 255;

/// A key, and what was sent with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    key: String,
    body_hash: String,
}

/// How it is sent.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(
    dead_code,
    reason = "it is read by hand, for the errors' sake; this says that there is one"
)]
pub struct KeyHeader {
    /// Sent again with the same body, the same key gets the same outcome, for 24 hours. Blanks behind it don't count.
    #[param(
        rename = "Idempotency-Key",
        min_length = 1,
        max_length = 255,
        pattern = "^[!-~]([ -~]*[!-~])?[ \\t]*$"
    )]
    idempotency_key: Option<String>,
}

impl Key {
    /// The caller's `Idempotency-Key`, or the one that the form carries; None where there is neither.
    ///
    /// # Errors
    /// When the header can't be a key.
    pub fn of(headers: &HeaderMap, turn: &NewTurn) -> Result<Option<Self>, Error> {
        let sent = json!([turn.message, turn.conversation_id, turn.replaces]);
        Self::read(headers, turn.form_key.as_deref(), hash(&sent))
    }

    /// The same for another answer in place of `reply_id`.
    ///
    /// # Errors
    /// When the header can't be a key.
    pub fn of_retry(
        headers: &HeaderMap,
        form_key: Option<&str>,
        reply_id: &str,
    ) -> Result<Option<Self>, Error> {
        Self::read(headers, form_key, hash(&json!(["retry", reply_id])))
    }

    /// The same for a batch, of which `sent` is what it asks.
    ///
    /// # Errors
    /// When the header can't be a key.
    pub fn of_batch(headers: &HeaderMap, sent: &Value) -> Result<Option<Self>, Error> {
        Self::read(headers, None, hash(&json!(["batch", sent])))
    }

    fn read(
        headers: &HeaderMap,
        form_key: Option<&str>,
        body_hash: String,
    ) -> Result<Option<Self>, Error> {
        if let Some(value) = headers.get("idempotency-key") {
            let key = value.to_str().unwrap_or_default().trim();
            let is_one = headers.get_all("idempotency-key").count() == 1;
            let is_visible = !key.is_empty() && key.bytes().all(|byte| matches!(byte, b' '..=b'~'));
            if !is_visible || key.len() > LONGEST || !is_one {
                return Err(Error::field(
                    "Idempotency-Key",
                    format!(
                        "Give one key of 1 to {LONGEST} visible ASCII characters, such as a UUID."
                    ),
                ));
            }
            let key = format!("sent:{key}");
            return Ok(Some(Self { key, body_hash }));
        }
        let form = form_key.filter(|key| !key.is_empty());
        // Whoever goes back in the browser and writes something else in the same form says something new.
        Ok(form.map(|key| Self {
            key: format!(
                "form:{}:{body_hash}",
                key.chars().take(64).collect::<String>()
            ),
            body_hash,
        }))
    }

    /// Takes the key for `reply_id`, in the transaction that stores it; what was stored under it before, if anything.
    ///
    /// # Errors
    /// [`Error::Invalid`] when something else was sent with the same key.
    pub fn take(
        &self,
        conn: &mut Conn,
        user_id: &str,
        reply_id: &str,
    ) -> Result<Option<Posted>, Error> {
        match self.claim(conn, user_id, reply_id)? {
            None => Ok(None),
            Some(before) => find(conn, user_id, &before).map(Some),
        }
    }

    /// Takes the key for what is about to be stored under that id; the id of what was stored under it before, if anything.
    ///
    /// # Errors
    /// [`Error::Invalid`] when something else was sent with the same key.
    pub fn claim(
        &self,
        conn: &mut Conn,
        user_id: &str,
        new_id: &str,
    ) -> Result<Option<String>, Error> {
        let now = db::now();
        idempotency_keys::forget(conn, user_id, now - KEPT)?;
        let new = Used {
            user_id: user_id.to_owned(),
            key: self.key.clone(),
            body_hash: self.body_hash.clone(),
            message_id: new_id.to_owned(),
            created_at: now,
        };
        let Some(used) = idempotency_keys::take(conn, &new)? else {
            return Ok(None);
        };
        if used.body_hash != self.body_hash {
            return Err(Error::field(
                "Idempotency-Key",
                "This key was used for another message. Send each new message with a key of its own.",
            ));
        }
        Ok(Some(used.message_id))
    }
}

/// What was stored before, with that reply.
fn find(conn: &mut Conn, user_id: &str, reply_id: &str) -> Result<Posted, Error> {
    let reply = messages::get(conn, user_id, reply_id)?;
    let said = reply.parent_id.as_deref();
    let said = said
        .map(|id| messages::get(conn, user_id, id))
        .transpose()?;
    Ok(Posted {
        conversation: conversations::get(conn, user_id, &reply.conversation_id)?,
        // The page that it came from knows nothing of the conversation yet.
        is_new: said.as_ref().is_some_and(|said| said.parent_id.is_none()),
        message: said,
        reply,
        taken: None,
        replaces: None,
        is_repeat: true,
    })
}

/// What was sent, without the key.
fn hash(sent: &Value) -> String {
    let digest = Sha256::digest(sent.to_string());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
