//! `App`: what every handler and worker has.

use std::sync::Arc;

use tokio::sync::{Semaphore, broadcast, watch};

use crate::advisor::Advisor;
use crate::cars::Catalogue;
use crate::config::Config;
use crate::db::Db;
use crate::feed::Feed;
use crate::queue::Queue;

/// Everything that is set up once at start. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// The parts of [`App`].
pub struct Parts {
    pub config: Config,
    pub db: Db,
    pub catalogue: Arc<Catalogue>,
    pub advisor: Advisor,
    pub queue: Queue,
    pub feed: Feed,
    /// As many password hashes at once as this has permits: each takes 19 MiB and a core.
    pub hashing: Arc<Semaphore>,
    /// Wakes the workers of stopped replies.
    pub stops: broadcast::Sender<String>,
    /// True from SIGTERM on: no new work.
    pub draining: watch::Sender<bool>,
}

impl App {
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }
}

impl std::ops::Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
