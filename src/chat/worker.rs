//! The worker of one process: takes replies off the queue, makes them side by side, and hands back what it can't finish.

mod finish;
mod make;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use self::make::make;
use crate::db;
use crate::db::messages;
use crate::queue::Jobs;
use crate::state::App;

/// How many replies one process makes at once.
const AT_ONCE: usize = 256;
/// How often the table is searched for what no queue delivered.
const SWEEP: Duration = Duration::from_secs(3);
const SWEEP_LIMIT: i64 = 500;
/// How long running replies may go on after SIGTERM.
const DRAIN: Duration = Duration::from_secs(25);

/// Makes replies until `draining` turns true; then finishes what runs, or hands it back.
pub async fn run(app: App, mut jobs: Jobs, mut draining: watch::Receiver<bool>) {
    let mine = Mine::default();
    let slots = Arc::new(Semaphore::new(AT_ONCE));
    let mut running = JoinSet::new();
    let mut sweep = tokio::time::interval(SWEEP);
    sweep.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // Ends with this function, so not before the last reply.
    let mut watching = JoinSet::new();
    watching.spawn(watch_for_stops(app.clone(), mine.clone()));
    loop {
        let ids = tokio::select! {
            () = told(&mut draining) => break,
            _ = sweep.tick() => unclaimed(&app).await,
            id = jobs.next() => match id {
                Some(id) => vec![id],
                None => break,
            },
            // Nothing to do with the result: `make` has told the row and the log.
            Some(_) = running.join_next() => continue,
        };
        for id in ids {
            let permit = tokio::select! {
                () = told(&mut draining) => break,
                permit = slots.clone().acquire_owned() => permit,
            };
            // The sweep also finds what is being made here by a worker that can't renew its lease.
            let Some(hold) = mine.take(&id) else { continue };
            let app = app.clone();
            running.spawn(async move {
                let _permit = permit;
                if let Err(error) = make(&app, &hold.owner, &id).await {
                    tracing::error!(cause = error.causes(), reply = %id, "a reply could not be made; the sweep will try again");
                }
            });
        }
    }
    let all = async { while running.join_next().await.is_some() {} };
    if tokio::time::timeout(DRAIN, all).await.is_ok() {
        return;
    }
    let owners = mine.owners();
    running.shutdown().await;
    tracing::warn!("replies were still running; they are handed back");
    let released = app
        .db
        .write(move |conn| messages::release(conn, &owners))
        .await;
    if let Err(error) = released {
        tracing::warn!(
            cause = error.causes(),
            "leases could not be handed back; they run out by themselves"
        );
    }
}

/// The replies that this process works at, each with the name under which it holds the lease. A name
/// of its own for each attempt: an earlier one that was thought dead can't write into a later one.
#[derive(Clone, Default)]
struct Mine(Arc<Mutex<HashMap<String, String>>>);

/// Keeps a reply among [`Mine`] until it is dropped.
struct Hold {
    mine: Mine,
    id: String,
    owner: String,
}

impl Mine {
    /// None when it is being worked at already.
    fn take(&self, id: &str) -> Option<Hold> {
        let mut held = self.lock();
        if held.contains_key(id) {
            return None;
        }
        let owner = db::new_id();
        held.insert(id.to_owned(), owner.clone());
        Some(Hold {
            mine: self.clone(),
            id: id.to_owned(),
            owner,
        })
    }

    fn owners(&self) -> Vec<String> {
        self.lock().values().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, String>> {
        // Whoever panicked left the map whole: every change to it is a single call.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.mine.lock().remove(&self.id);
    }
}

/// Returns once there is to be no new work. A sender that is gone is as good as being told.
async fn told(draining: &mut watch::Receiver<bool>) {
    draining.wait_for(|draining| *draining).await.ok();
}

async fn unclaimed(app: &App) -> Vec<String> {
    let found = app
        .db
        .read(|conn| messages::unclaimed(conn, db::now(), SWEEP_LIMIT))
        .await;
    found.unwrap_or_else(|error| {
        tracing::warn!(
            cause = error.causes(),
            "the sweep could not look for unfinished replies"
        );
        Vec::new()
    })
}

/// Wakes the workers of replies that were stopped through another instance: one read for all of them.
async fn watch_for_stops(app: App, mine: Mine) {
    loop {
        app.stops.due().await;
        let owners = mine.owners();
        if owners.is_empty() {
            continue;
        }
        let stopped = app
            .db
            .read(move |conn| messages::stopped_of(conn, &owners))
            .await;
        // A failure is reported by the checkpoints, which find out as well.
        for id in stopped.unwrap_or_default() {
            app.stops.wake(&id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_is_worked_at_once_at_a_time_and_each_time_under_another_name() {
        let mine = Mine::default();
        let first = mine.take("r").unwrap();
        assert!(mine.take("r").is_none());
        assert_eq!(mine.owners(), std::slice::from_ref(&first.owner));
        let name = first.owner.clone();
        drop(first);
        assert_ne!(mine.take("r").unwrap().owner, name);
    }
}
