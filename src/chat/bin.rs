//! Deleted conversations: out of sight at once, back for ten minutes, and then gone for good.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::web;
use chrono::NaiveDateTime;
use serde_json::Value;
use tokio::time::MissedTickBehavior;

use super::answers;
use super::branch::Changed;
use super::messages::halt_all;
use super::retention;
use super::spending;
use crate::auth::CurrentUser;
use crate::db::{self, conversations};
use crate::error::Error;
use crate::state::App;
use crate::web::input::parse_id;
use crate::web::view::{Html, Shell, Show, View};

/// How long a deletion can be taken back.
const KEPT: chrono::Duration = chrono::Duration::minutes(10);
/// How often the bin is looked at, and how many conversations are removed in one transaction.
const LOOK: Duration = Duration::from_secs(30);
const BITE: i64 = 20;

/// Deleted since then can be taken back.
pub fn since() -> NaiveDateTime {
    db::now() - KEPT
}

/// `DELETE /chat/{conversation}`, and `POST /chat/{conversation}/delete` for forms. Replies that run in it are stopped.
#[utoipa::path(
    delete,
    path = "/chat/{id}",
    operation_id = "delete_conversation",
    tag = "Chat",
    summary = "Delete a conversation, which stops what is being answered in it",
    description = "It can be taken back for ten minutes.",
    responses((status = 204, description = "It is out of sight"), (status = 404)),
)]
pub async fn delete(
    app: web::Data<App>,
    current: CurrentUser,
    id: web::Path<String>,
) -> Result<Show<Deleted>, Error> {
    let id = parse_id(&id)?;
    let (user_id, deleted) = (current.user.id, id.clone());
    let stopped = app
        .db
        .write(move |conn| {
            conversations::delete(conn, &user_id, &deleted, db::now())?;
            spending::stop_all(conn, &user_id, &deleted)
        })
        .await?;
    halt_all(&app, &stopped);
    Ok(Show::with_status(Deleted { id }, StatusCode::NO_CONTENT))
}

/// `POST /chat/{conversation}/restore`.
#[utoipa::path(
    post,
    path = "/chat/{id}/restore",
    operation_id = "restore_conversation",
    tag = "Chat",
    summary = "Take a deletion back",
    responses((status = 200, description = "The conversation", body = answers::Conversation), (status = 404)),
)]
pub async fn restore(
    app: web::Data<App>,
    current: CurrentUser,
    id: web::Path<String>,
) -> Result<Show<Changed>, Error> {
    let id = parse_id(&id)?;
    let (user_id, restored) = (current.user.id.clone(), id.clone());
    app.db
        .write(move |conn| conversations::restore(conn, &user_id, &restored, since()))
        .await?;
    let changed = Changed::read(&app, current.user.id, id).await;
    Ok(Show::new(changed.map_err(Error::after_a_change)?))
}

/// The answer to a deletion.
pub struct Deleted {
    id: String,
}

impl View for Deleted {
    fn json(&self) -> Value {
        Value::Null
    }

    /// Where it can be taken back.
    fn page(&self, _: &Shell) -> askama::Result<Html> {
        Ok(Html::GoTo(format!("/chat/?deleted={}", self.id)))
    }
}

/// Empties the bin, and removes what is too old to be kept, as long as the server runs.
pub async fn keep_empty(app: App) {
    let mut ticks = tokio::time::interval(LOOK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = empty(&app, since()).await {
            tracing::warn!(
                cause = error.causes(),
                "deleted conversations could not be removed"
            );
        }
        if let Err(error) = retention::tidy_up(&app).await {
            tracing::warn!(
                cause = error.causes(),
                "old conversations could not be removed"
            );
        }
    }
}

/// Removes for good what was deleted before `before`; some at a time, so that nobody waits long for the writer.
///
/// # Errors
/// When the database can't do it now.
pub async fn empty(app: &App, before: NaiveDateTime) -> Result<(), Error> {
    loop {
        // A read first: mostly there is nothing to do, and a write costs a sync.
        let found = app
            .db
            .read(move |conn| conversations::old_deleted(conn, before, BITE))
            .await?;
        if found.is_empty() {
            return Ok(());
        }
        app.db
            .write(move |conn| conversations::purge(conn, &found, before))
            .await?;
    }
}
