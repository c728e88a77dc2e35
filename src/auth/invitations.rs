//! Who may sign up: everybody, nobody, or whoever has an invitation, which lets one account in.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use crate::config::Signup;
use crate::db::account_events::{self, By, EventKind};
use crate::db::invitations::{self, Invitation};
use crate::db::{self, Conn};
use crate::error::Error;
use crate::state::App;

/// What is said of every invitation that can't be used, also of one that never was.
const SPENT: Error = Error::Forbidden(
    "That invitation has been used, has expired or was taken back. Ask whoever sent it for a new one.",
);

/// A new secret for an invitation's link: 256 random bits.
///
/// # Errors
/// When the system has no randomness to give.
pub fn new_secret() -> Result<SecretString, Error> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(Error::internal)?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(bytes).into())
}

/// What is kept of a secret. It has 256 random bits, so that nobody finds it from a plain hash.
pub fn hash(secret: &SecretString) -> String {
    let hash = Sha256::digest(secret.expose_secret());
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether somebody may sign up: `None` if everybody may, or else the invitation that they do it with.
///
/// # Errors
/// [`Error::Forbidden`] when they may not.
pub async fn admit(app: &App, secret: Option<&SecretString>) -> Result<Option<Invitation>, Error> {
    let Some(refusal) = app.config.signup.refusal() else {
        return Ok(None);
    };
    let secret = secret.filter(|secret| !secret.expose_secret().trim().is_empty());
    match secret {
        Some(secret) if app.config.signup == Signup::Invitation => {
            let hash = hash(secret);
            let found = app
                .db
                .read(move |conn| invitations::open(conn, &hash, db::now()))
                .await?;
            found.map(Some).ok_or(SPENT)
        }
        _ => Err(Error::Forbidden(refusal)),
    }
}

/// Whether the invitation is for that email (in lower case).
///
/// # Errors
/// [`Error::Invalid`] on the field `email`, without the email that it is for.
pub fn check_email(invitation: &Invitation, email: &str) -> Result<(), Error> {
    match &invitation.email {
        Some(wanted) if wanted != email => Err(Error::field(
            "email",
            "This invitation is for another email. Use the one that it was sent to.",
        )),
        _ => Ok(()),
    }
}

/// Uses an invitation up for an account that is stored in the same transaction.
///
/// # Errors
/// [`Error::Forbidden`] when somebody else was quicker.
pub fn take(conn: &mut Conn, id: &str, user_id: &str, by: &By) -> Result<(), Error> {
    if !invitations::take(conn, id, user_id, db::now())? {
        return Err(SPENT);
    }
    let kind = EventKind::InvitationUsed;
    account_events::record(conn, Some(user_id), kind, by, Some(id))
}
