//! Asks what batches have waiting, one prompt after the other, at one pace for all processes together.

use std::time::Duration;

use chrono::{NaiveDateTime, TimeDelta};
use tokio::time::MissedTickBehavior;

use crate::chat::store;
use crate::chat::title;
use crate::config::{Batches, Limits};
use crate::db::batches;
use crate::db::conversations::{self, Conversation};
use crate::db::messages::Origin;
use crate::db::{self, Conn, budgets, users};
use crate::error::Error;
use crate::queue::Lane;
use crate::state::App;

/// How often it is looked whether something may be asked, if nothing calls for it before.
const TICK: Duration = Duration::from_millis(500);
/// How many are asked in one transaction.
const AT_ONCE: i64 = 50;

/// Asks until the process ends.
pub async fn keep(app: App) {
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            // A batch came in, or one of its replies has ended.
            () = app.turns.notified() => {}
        }
        if *app.draining.borrow() {
            return;
        }
        if let Err(error) = go_on(&app).await {
            tracing::warn!(cause = error.causes(), "a batch could not go on");
        }
    }
}

async fn go_on(app: &App) -> Result<(), Error> {
    let (limits, pace) = (app.config.limits, app.config.batches);
    // A read first: mostly there is nothing to do, and a write costs a sync.
    let is_due = app.db.read(move |conn| {
        Ok(batches::next(conn)?.is_some()
            && batches::next_at(conn)? <= db::now()
            && batches::in_flight(conn)? < pace.at_once.into())
    });
    if !is_due.await? {
        return Ok(());
    }
    let asked = app
        .db
        .write(move |conn| ask_what_is_due(conn, &limits, &pace, db::now()))
        .await?;
    for reply_id in asked {
        app.queue.push(reply_id, Lane::Batch);
    }
    Ok(())
}

/// Stores what may be asked now, as the person's messages with pending replies. Returns the ids of the replies.
fn ask_what_is_due(
    conn: &mut Conn,
    limits: &Limits,
    pace: &Batches,
    now: NaiveDateTime,
) -> Result<Vec<String>, Error> {
    let next_at = batches::hold_pace(conn)?;
    let (first, due) = due(next_at, now, pace.interval());
    let free = i64::from(pace.at_once) - batches::in_flight(conn)?;
    let mut asked = Vec::new();
    for _ in 0..due.min(free).min(AT_ONCE) {
        match ask_next(conn, limits, now)? {
            Some(reply_id) => asked.push(reply_id),
            None => break,
        }
    }
    if let Ok(count @ 1..) = i32::try_from(asked.len()) {
        let interval = TimeDelta::from_std(pace.interval()).map_err(Error::internal)?;
        batches::set_pace(conn, first + interval * count)?;
    }
    Ok(asked)
}

/// The time from which is counted, and how many are due since then. What nobody wanted isn't saved up for longer than a tick.
fn due(next_at: NaiveDateTime, now: NaiveDateTime, interval: Duration) -> (NaiveDateTime, i64) {
    let first = next_at.max(now - TICK);
    let Ok(since) = (now - first).to_std() else {
        return (first, 0);
    };
    let more = since.as_nanos() / interval.as_nanos().max(1);
    (
        first,
        i64::try_from(more).unwrap_or(AT_ONCE).saturating_add(1),
    )
}

/// Asks one item of the batch whose turn it is; None if nothing waits. Returns the id of the reply.
fn ask_next(conn: &mut Conn, limits: &Limits, now: NaiveDateTime) -> Result<Option<String>, Error> {
    let Some(batch) = batches::next(conn)? else {
        return Ok(None);
    };
    // Before the batch, as everybody does who holds both.
    users::share(conn, &batch.user_id)?;
    // Stopped, or deleted, in this moment.
    let Some(mut item) = batches::take(conn, &batch.id, now)? else {
        return Ok(None);
    };
    let text = std::mem::take(&mut item.text);
    let tokens = batch.reserved_tokens;
    budgets::carry_over(conn, limits, &batch, now)?;
    let (said_id, reply_id) = (db::new_id(), db::new_id());
    let conversation = Conversation {
        id: db::new_id(),
        user_id: batch.user_id,
        title: title::from_words(&text),
        head_id: Some(reply_id.clone()),
        created_at: now,
        updated_at: now,
        is_titled: false,
        deleted_at: None,
        batch_id: Some(batch.id),
    };
    conversations::insert(conn, &conversation)?;
    let turn = store::Turn {
        said: Some((said_id, text)),
        reply_id: reply_id.clone(),
        parent_id: None,
        reserved_tokens: Some(tokens),
        now,
        origin: Origin {
            request_id: batch.request_id,
            traceparent: batch.traceparent,
        },
    };
    store::insert(conn, &conversation, turn)?;
    batches::asked(conn, &item, &reply_id, now)?;
    Ok(Some(reply_id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pace_is_kept_and_nothing_is_saved_up() {
        let now: NaiveDateTime = "2026-11-25T12:00:00".parse().unwrap();
        let second = Duration::from_secs(1);
        let ago = |ms| now - TimeDelta::milliseconds(ms);
        // Nothing was asked for a day: one at once, and the next a second later.
        assert_eq!(due(ago(86_400_000), now, second), (ago(500), 1));
        assert_eq!(due(ago(0), now, second), (now, 1));
        assert_eq!(due(ago(-1), now, second).1, 0);
        // Ten a second: those of the last tick, and no more.
        assert_eq!(due(ago(300), now, second / 10), (ago(300), 4));
        assert_eq!(due(ago(60_000), now, second / 10), (ago(500), 6));
    }
}
