//! The worker of one process: takes replies off the queue, makes them side by side, and hands back what it can't finish.

mod finish;
mod make;
mod read;

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use self::make::make;
use super::batches::pace;
use crate::config::Batches;
use crate::db;
use crate::db::leases;
use crate::metrics::Lease;
use crate::queue::{Job, Jobs, Lane, Sweep};
use crate::room::Room;
use crate::state::App;

/// How many replies one process makes at once where the built-in advisor makes them or a broker hands them out; those of
/// batches are counted apart.
pub const AT_ONCE: u16 = 256;
/// And where a model does the work, and all that they do here is wait: each takes some tens of KiB and two descriptors.
const AT_ONCE_BY_MODEL: usize = 6_000;
/// How often the table is searched for what no queue delivered.
const SWEEP: Duration = Duration::from_secs(3);
const SWEEP_LIMIT: usize = 500;
/// How long running replies may go on after SIGTERM.
const DRAIN: Duration = Duration::from_secs(25);

/// The room in a process that looks for its work like this.
pub fn room(sweep: Sweep, batches: Batches, has_model: bool) -> Room {
    let most = sweep.at_once.unwrap_or(match has_model {
        true => AT_ONCE_BY_MODEL,
        false => AT_ONCE.into(),
    });
    let batch = batches.at_once as usize;
    Room::new(most, sweep.at_once.map_or(batch, |most| batch.min(most)))
}

/// Makes replies until `draining` turns true; then finishes what runs, or hands it back.
pub async fn run(app: App, mut jobs: Jobs, mut draining: watch::Receiver<bool>) {
    let mine = Mine::default();
    let sweep = jobs.sweep();
    let mut running = JoinSet::new();
    let mut sweeps = tokio::time::interval(SWEEP);
    sweeps.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // They end with this function, so not before the last reply.
    let mut watching = JoinSet::new();
    watching.spawn(watch_for_stops(app.clone(), mine.clone()));
    watching.spawn(pace::keep(app.clone()));
    loop {
        let found = tokio::select! {
            () = told(&mut draining) => break,
            _ = sweeps.tick() => unclaimed(&app, sweep).await,
            job = jobs.next() => match job {
                Some(job) => vec![job],
                None => break,
            },
            // Nothing to do with the result: `make` has told the row and the log.
            Some(_) = running.join_next() => continue,
        };
        for job in found {
            // What was begun already has its room.
            let begun = app.room.take(&job.id);
            let permit = match begun {
                Some(_) => None,
                None => tokio::select! {
                    () = told(&mut draining) => {
                        job.hand_back().await;
                        continue;
                    }
                    permit = app.room.wait(job.lane) => permit,
                },
            };
            let has_room = begun.is_some() || permit.is_some();
            let owner = begun.as_ref().map(|begun| begun.owner.clone());
            // The sweep also finds what is being made here by a worker that can't renew its lease.
            let hold = has_room.then(|| mine.take(&job.id, owner)).flatten();
            let Some(hold) = hold else {
                running.spawn(job.done());
                continue;
            };
            let app = app.clone();
            running.spawn(async move {
                if let Err(error) = make(&app, &hold.owner, &job.id, begun).await {
                    tracing::error!(cause = error.causes(), reply_id = %job.id, "a reply could not be begun; the sweep will try again");
                }
                drop((hold, permit));
                if job.lane == Lane::Batch {
                    app.turns.notify_one();
                }
                job.done().await;
            });
        }
    }
    jobs.refuse_more().await;
    let left = app.room.take_all();
    release(&app, left.into_iter().map(|begun| begun.owner).collect()).await;
    finish_or_release(&app, &mine, running).await;
    jobs.close().await;
}

/// Waits for what runs, and hands back what takes too long.
async fn finish_or_release(app: &App, mine: &Mine, mut running: JoinSet<()>) {
    let all = async { while running.join_next().await.is_some() {} };
    if tokio::time::timeout(DRAIN, all).await.is_ok() {
        return;
    }
    let owners = mine.owners();
    running.shutdown().await;
    tracing::warn!("replies were still running; they are handed back");
    release(app, owners).await;
}

/// Hands back what they hold.
pub async fn release(app: &App, owners: Vec<String>) {
    if owners.is_empty() {
        return;
    }
    app.metrics.replies.lease(Lease::HandedBack, owners.len());
    let released = app
        .db
        .write(move |conn| leases::release(conn, &owners))
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
    /// Under the name that holds its lease already, if there is one. None when it is being worked at already.
    fn take(&self, id: &str, owner: Option<String>) -> Option<Hold> {
        let mut held = self.lock();
        if held.contains_key(id) {
            return None;
        }
        let owner = owner.unwrap_or_else(db::new_id);
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

async fn unclaimed(app: &App, sweep: Sweep) -> Vec<Job> {
    let free = app.room.free(Lane::Interactive) + app.room.free(Lane::Batch);
    let Ok(limit) = i64::try_from(SWEEP_LIMIT.min(2 * free)) else {
        return Vec::new();
    };
    let found = app
        .db
        .read(move |conn| {
            let now = db::now();
            leases::unclaimed(conn, now, now - sweep.overdue, limit)
        })
        .await;
    let mut found = found.unwrap_or_else(|error| {
        tracing::warn!(
            cause = error.causes(),
            "the sweep could not look for unfinished replies"
        );
        Vec::new()
    });
    if !sweep.overdue.is_zero() {
        // Many processes find the same: each begins somewhere else, so that few claims are in vain.
        let order = RandomState::new();
        found.sort_by_key(|one| order.hash_one(&one.id));
    }
    let job = |one: leases::Unclaimed| match one.batch_id {
        None => Job::found(one.id, Lane::Interactive),
        Some(_) => Job::found(one.id, Lane::Batch),
    };
    found.into_iter().map(job).collect()
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
            .read(move |conn| leases::stopped_of(conn, &owners))
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
        let first = mine.take("r", None).unwrap();
        assert!(mine.take("r", Some("another".into())).is_none());
        assert_eq!(mine.owners(), std::slice::from_ref(&first.owner));
        let name = first.owner.clone();
        drop(first);
        assert_ne!(mine.take("r", None).unwrap().owner, name);
    }
}
