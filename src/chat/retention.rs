//! Conversations that are kept for so many days only: who runs the site says how many.

use std::time::Duration;

use chrono::{Days, NaiveDateTime};

use crate::db::{self, batches, conversations};
use crate::error::Error;
use crate::state::App;

/// How many conversations are removed in one transaction, and the pause before the next: everybody else comes in between.
const BITE: i64 = 20;
const PAUSE: Duration = Duration::from_millis(20);

/// Removes what the settings no longer keep, if they say so.
///
/// # Errors
/// When the database can't do it now.
pub async fn tidy_up(app: &App) -> Result<(), Error> {
    match app.config.retention_days {
        Some(days) => remove_old(app, db::now() - Days::new(days.into())).await,
        None => Ok(()),
    }
}

/// Removes for good all conversations whose last message is from before `before`, with those of batches, and the batches that
/// have none left. What is still being answered stays. Several instances may do it at once: what one has removed the others
/// don't find.
///
/// # Errors
/// When the database can't do it now.
pub async fn remove_old(app: &App, before: NaiveDateTime) -> Result<(), Error> {
    loop {
        // A read first: mostly there is nothing to do, and a write costs a sync.
        let found = app
            .db
            .read(move |conn| conversations::old(conn, before, BITE))
            .await?;
        if found.is_empty() {
            break;
        }
        let count = app
            .db
            .write(move |conn| conversations::remove_old(conn, &found, before))
            .await?;
        tracing::info!(count, "removed conversations that are too old to be kept");
        tokio::time::sleep(PAUSE).await;
    }
    loop {
        let found = app
            .db
            .read(move |conn| batches::empty(conn, before, BITE))
            .await?;
        if found.is_empty() {
            return Ok(());
        }
        app.db
            .write(move |conn| batches::remove_empty(conn, &found))
            .await?;
        tokio::time::sleep(PAUSE).await;
    }
}
