//! Asks what batches have waiting, one prompt after the other, at one pace for all processes together.

use std::time::Duration;

use chrono::{NaiveDateTime, TimeDelta};
use diesel::Connection;
use tokio::time::MissedTickBehavior;

use crate::chat::store;
use crate::chat::title;
use crate::config::{Batches, Limits};
use crate::db::batches::{self, Batch};
use crate::db::conversations::{self, Conversation};
use crate::db::messages::Origin;
use crate::db::{self, Conn, budgets, users};
use crate::error::Error;
use crate::queue::Lane;
use crate::state::App;

/// How often it is looked whether something may be asked, if nothing calls for it before.
const TICK: Duration = Duration::from_millis(500);
/// How many are asked before it is looked anew whether the process ends.
const AT_ONCE: usize = 50;
/// How long a batch is passed over at most when a budget didn't suffice.
const UNTIL_ANOTHER_TRY: Duration = Duration::from_secs(60);

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
    for _ in 0..AT_ONCE {
        let at_once = app.config.batches.at_once;
        // A read first: mostly there is nothing to do, and a write costs a sync.
        let is_due = app.db.read(move |conn| {
            let now = db::now();
            Ok(batches::next(conn, now)?.is_some()
                && batches::next_at(conn)? <= now
                && batches::in_flight(conn)? < at_once.into())
        });
        if !is_due.await? {
            return Ok(());
        }
        let order = Order::of(app);
        // A transaction for each: it holds the rows of one person, and the service's last.
        let asked = app
            .db
            .write(move |conn| ask_if_due(conn, &order, db::now()));
        if let Some(reply_id) = asked.await? {
            app.queue.push(reply_id, Lane::Batch);
        }
    }
    Ok(())
}

/// How a prompt is asked.
struct Order {
    limits: Limits,
    pace: Batches,
    /// Whether a model answers, which takes tokens.
    has_model: bool,
}

impl Order {
    fn of(app: &App) -> Self {
        Self {
            limits: app.config.limits,
            pace: app.config.batches,
            has_model: app.advisor.is_model(),
        }
    }
}

/// Asks one item of the batch whose turn it is, if one may be asked now and the budgets suffice. Returns the id of the reply.
fn ask_if_due(conn: &mut Conn, order: &Order, now: NaiveDateTime) -> Result<Option<String>, Error> {
    let first = first_due(batches::hold_pace(conn)?, now);
    if first > now || batches::in_flight(conn)? >= order.pace.at_once.into() {
        return Ok(None);
    }
    let Some(batch) = batches::next(conn, now)? else {
        return Ok(None);
    };
    // Before the batch, as everybody does who holds both.
    users::share(conn, &batch.user_id)?;
    let user_id = batch.user_id.clone();
    // Within a savepoint, so that nothing is left of what a budget refuses.
    match conn.transaction(|conn| ask(conn, order, batch, now)) {
        Ok(Some(reply_id)) => {
            let interval = TimeDelta::from_std(order.pace.interval()).map_err(Error::internal)?;
            batches::set_pace(conn, first + interval)?;
            Ok(Some(reply_id))
        }
        Err(Error::TooMany { retry_after, .. }) => {
            // Some may be given back before the new day begins.
            let wait = Duration::from_secs(retry_after).min(UNTIL_ANOTHER_TRY);
            batches::pass_over(conn, &user_id, now + wait)?;
            Ok(None)
        }
        other => other,
    }
}

/// The time from which the pace counts on. What nobody wanted isn't saved up for longer than a tick.
fn first_due(next_at: NaiveDateTime, now: NaiveDateTime) -> NaiveDateTime {
    next_at.max(now - TICK)
}

/// Stores the next item of a batch as the person's message with a pending reply; None if nothing waits. Returns the id of
/// the reply.
///
/// # Errors
/// [`Error::TooMany`] when a budget doesn't suffice.
fn ask(
    conn: &mut Conn,
    order: &Order,
    batch: Batch,
    now: NaiveDateTime,
) -> Result<Option<String>, Error> {
    // Stopped, or deleted, in this moment.
    let Some(mut item) = batches::take(conn, &batch.id, now)? else {
        return Ok(None);
    };
    let limits = &order.limits;
    let tokens = match batch.is_prepaid {
        true => {
            budgets::carry_over(conn, limits, &batch, now)?;
            batch.reserved_tokens
        }
        false => budgets::reserve_batched(conn, limits, &batch.user_id, order.has_model, now)?,
    };
    let text = std::mem::take(&mut item.text);
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
        lease: None,
    };
    store::insert(conn, &conversation, turn)?;
    batches::asked(conn, &item, &reply_id, now)?;
    if !batch.is_prepaid {
        budgets::reserve_service_batched(conn, limits, tokens, now)?;
    }
    Ok(Some(reply_id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pace_is_kept_and_nothing_is_saved_up() {
        let now: NaiveDateTime = "2026-11-25T12:00:00".parse().unwrap();
        let ago = |ms| now - TimeDelta::milliseconds(ms);
        // So many of that interval, in milliseconds, are asked one after the other.
        let count = |next_at, interval| {
            let mut next_at = next_at;
            let mut count = 0;
            while first_due(next_at, now) <= now {
                next_at = first_due(next_at, now) + TimeDelta::milliseconds(interval);
                count += 1;
            }
            count
        };
        // Nothing was asked for a day: one at once, and the next a second later.
        assert_eq!(count(ago(86_400_000), 1_000), 1);
        assert_eq!(count(ago(0), 1_000), 1);
        assert_eq!(count(ago(-1), 1_000), 0);
        // Ten a second: those of the last tick, and no more.
        assert_eq!(count(ago(300), 100), 4);
        assert_eq!(count(ago(60_000), 100), 6);
    }
}
