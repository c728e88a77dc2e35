//! What happened to an account, for whose it is.

use actix_web::web;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use super::CurrentUser;
use super::settings::{Answer, When, go_to};
use crate::db::account_events::{self, Actor, Event, EventKind};
use crate::error::Error;
use crate::state::App;
use crate::web::format::Format;
use crate::web::page::{MOST, read_id, read_limit, take_off};
use crate::web::view::Show;

/// How many the settings page shows.
pub const RECENT: i64 = 10;

/// Where to go on.
#[derive(Debug, Deserialize, IntoParams)]
pub struct Wish {
    /// Where to go on: `next` of the answer before.
    cursor: Option<String>,
    /// How many are wanted at most, 100 unless told otherwise.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100)]
    limit: Option<String>,
}

/// `GET /auth/events`: the newest first.
#[utoipa::path(
    get,
    path = "/auth/events",
    operation_id = "list_events",
    tag = "Account",
    summary = "What happened to my account, the newest first",
    params(Wish),
    responses((status = 200, description = "A hundred at most", body = Happened)),
)]
pub async fn list(
    app: web::Data<App>,
    format: Format,
    current: CurrentUser,
    wish: web::Query<Wish>,
) -> Result<Show<Answer>, Error> {
    let wish = wish.into_inner();
    let limit = read_limit(wish.limit.as_deref())?.unwrap_or(MOST);
    let most = i64::try_from(limit).map_err(Error::internal)? + 1;
    let before = read_id(wish.cursor.as_deref())?;
    let user_id = current.user.id;
    let mut events = app
        .db
        .read(move |conn| account_events::list(conn, &user_id, before.as_deref(), most))
        .await?;
    let next = take_off(&mut events, limit, |last| last.id.clone());
    let json = json!(Happened {
        events: events.iter().map(Happening::from).collect(),
        next,
    });
    Ok(go_to(format, "/auth/me#activity".into(), json))
}

/// What happened to one's account.
#[derive(Serialize, ToSchema)]
pub struct Happened<'a> {
    events: Vec<Happening<'a>>,
    /// The cursor of the next page, if there is one.
    next: Option<String>,
}

/// An event as programs get it.
#[derive(Serialize, ToSchema)]
pub struct Happening<'a> {
    #[schema(format = Uuid)]
    id: &'a str,
    kind: EventKind,
    actor: Actor,
    /// The client's address.
    client: Option<&'a str>,
    /// The session that it was done with.
    #[schema(format = Uuid)]
    session_id: Option<&'a str>,
    /// The session, token or invitation that it was done to.
    #[schema(format = Uuid)]
    subject_id: Option<&'a str>,
    created_at: DateTime<Utc>,
}

impl<'a> From<&'a Event> for Happening<'a> {
    fn from(event: &'a Event) -> Self {
        Self {
            id: &event.id,
            kind: event.kind,
            actor: event.actor,
            client: event.client.as_deref(),
            session_id: event.session_id.as_deref(),
            subject_id: event.subject_id.as_deref(),
            created_at: event.created_at.and_utc(),
        }
    }
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
