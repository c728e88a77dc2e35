//! What happened to an account, for whose it is.

use actix_web::web;
use serde::Deserialize;
use serde_json::{Value, json};

use super::CurrentUser;
use super::settings::{Answer, When, go_to};
use crate::db::account_events::{self, Actor, Event, EventKind};
use crate::error::Error;
use crate::state::App;
use crate::web::format::Format;
use crate::web::input::parse_id;
use crate::web::view::Show;

/// How many the settings page shows.
pub const RECENT: i64 = 10;
/// How many programs get at once.
const PAGE: usize = 100;

/// Where to go on.
#[derive(Debug, Deserialize)]
pub struct Wish {
    cursor: Option<String>,
}

/// `GET /auth/events`: the newest first.
pub async fn list(
    app: web::Data<App>,
    format: Format,
    current: CurrentUser,
    wish: web::Query<Wish>,
) -> Result<Show<Answer>, Error> {
    let cursor = wish.into_inner().cursor.map(|id| parse_id(&id));
    let before = cursor
        .transpose()
        .map_err(|_| Error::field("cursor", "Give the cursor as `next` had it."))?;
    let user_id = current.user.id;
    let mut events = app
        .db
        .read(move |conn| account_events::list(conn, &user_id, before.as_deref(), PAGE as i64 + 1))
        .await?;
    let has_more = events.len() > PAGE;
    events.truncate(PAGE);
    let next = events.last().filter(|_| has_more).map(|last| &last.id);
    let json = json!({
        "events": events.iter().map(event_json).collect::<Vec<_>>(),
        "next": next,
    });
    Ok(go_to(format, "/auth/me#activity".into(), json))
}

/// An event as programs get it.
pub fn event_json(event: &Event) -> Value {
    json!({
        "id": event.id,
        "kind": event.kind,
        "actor": event.actor,
        "client": event.client,
        "session_id": event.session_id,
        "subject_id": event.subject_id,
        "created_at": event.created_at.and_utc(),
    })
}

/// An event as the page lists it.
pub struct EventView<'a> {
    pub what: &'static str,
    pub at: When,
    pub client: Option<&'a str>,
    /// It was done with the session that asks.
    pub is_this: bool,
    pub is_operators: bool,
}

impl<'a> EventView<'a> {
    pub fn of(event: &'a Event, this: &str) -> Self {
        Self {
            what: in_words(event.kind),
            at: When(event.created_at),
            client: event.client.as_deref(),
            is_this: event.session_id.as_deref() == Some(this),
            is_operators: event.actor == Actor::Operator,
        }
    }
}

fn in_words(kind: EventKind) -> &'static str {
    match kind {
        EventKind::Signup => "Account made",
        EventKind::Login => "Logged in",
        EventKind::LoginFailed => "Somebody failed to log in",
        EventKind::Logout => "Logged out",
        EventKind::PasswordChanged => "Password changed",
        EventKind::EmailChanged => "Email changed",
        EventKind::TokenMade => "Token made",
        EventKind::TokenRevoked => "Token revoked",
        EventKind::SessionRevoked => "Session ended",
        EventKind::SessionsRevoked => "Other sessions ended",
        EventKind::AccountDeactivated => "Account turned off",
        EventKind::AccountActivated => "Account turned on",
        EventKind::AccountDeleted => "Account deleted",
        EventKind::PasswordReset => "Password reset, and all sessions and tokens ended",
        EventKind::InvitationMade => "Invitation made",
        EventKind::InvitationRevoked => "Invitation revoked",
        EventKind::InvitationUsed => "Invitation used",
    }
}
