//! `App`: what every handler and worker has.

use std::sync::Arc;

use tokio::sync::{Mutex, Notify, Semaphore, watch};

use crate::advisor::Advisor;
use crate::cars::Catalogue;
use crate::config::Config;
use crate::db::Db;
use crate::error::Error;
use crate::feed::{Feed, Stops};
use crate::hashing::Hashing;
use crate::limit::Limiter;
use crate::metrics::Metrics;
use crate::queue::Queue;
use crate::redis::Redis;
use crate::room::Room;

/// Everything that is set up once at start. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// The parts of [`App`].
pub struct Parts {
    pub config: Config,
    pub db: Db,
    /// Changes while the server runs; see [`App::catalogue`].
    pub in_use: watch::Sender<InUse>,
    pub advisor: Advisor,
    pub queue: Queue,
    /// For replies that are made here.
    pub room: Room,
    pub feed: Feed,
    pub limiter: Limiter,
    pub metrics: Metrics,
    /// Who asks how the database is: one at a time, so that one connection is the most that it takes while it hangs.
    pub probing: Arc<Mutex<()>>,
    /// What instances share, if they do.
    pub redis: Option<Redis>,
    /// As many password hashes at once as this has turns: each takes 19 MiB and a core.
    pub hashing: Arc<Hashing>,
    /// As many replies read their conversation at once as this has permits: when hundreds are taken up together after a
    /// restart, people's own requests still find a connection.
    pub beginnings: Semaphore,
    /// Wakes the workers of stopped replies.
    pub stops: Stops,
    /// Wakes who asks what batches have waiting.
    pub turns: Notify,
    /// True from SIGTERM on: no new work.
    pub draining: watch::Sender<bool>,
    /// True once nothing runs any more and the port is about to close: open streams send their readers elsewhere.
    pub closing: watch::Sender<bool>,
}

/// The catalogue that answers are made from now.
#[derive(Clone, Debug)]
pub struct InUse {
    /// Its row in the database; `None` for the built-in one.
    pub id: Option<String>,
    pub catalogue: Arc<Catalogue>,
}

impl App {
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// The catalogue in use. Who needs it twice for one answer takes it once: an import can put another in its place.
    pub fn catalogue(&self) -> Arc<Catalogue> {
        self.in_use.borrow().catalogue.clone()
    }

    /// Before a new reply is taken on. Where workers make them it is never too late: this process only writes down and tells.
    ///
    /// # Errors
    /// [`Error::Ending`] once a process that makes its replies itself was asked to end.
    pub fn refuse_what_is_too_late(&self) -> Result<(), Error> {
        match self.queue.is_local() {
            true => self.refuse_when_draining(),
            false => Ok(()),
        }
    }

    /// Whether the process goes on.
    ///
    /// # Errors
    /// [`Error::Ending`] once the process was asked to end: another instance, or the next process, has time for it.
    pub fn refuse_when_draining(&self) -> Result<(), Error> {
        match *self.draining.borrow() {
            true => Err(Error::Ending),
            false => Ok(()),
        }
    }
}

impl std::ops::Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
