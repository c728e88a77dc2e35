//! Room for so many replies at once in this process, and what is known of those that were begun as they were stored.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, broadcast};

use crate::db::Kept;
use crate::db::messages::Message;
use crate::db::users::User;
use crate::queue::Lane;

/// What a batch asks for takes nothing from what people wait for.
pub struct Room {
    interactive: Arc<Semaphore>,
    batch: Arc<Semaphore>,
    begun: Mutex<HashMap<String, Begun>>,
}

/// A reply whose lease was taken in the transaction that stored it, since there was room for it here, with what that
/// transaction knew: nothing has to be written or read again before its first word. The queue carries its id alone.
pub struct Begun {
    /// The name under which the lease is held.
    pub owner: String,
    pub reply: Message,
    pub asked: Asked,
    /// Tells when all that is on disk. Until then nobody may hear of what comes of it.
    pub kept: Kept,
    /// Heard since before there was a lease, so that no stop is missed.
    pub stops: broadcast::Receiver<String>,
    /// The room that it takes.
    pub permit: OwnedSemaphorePermit,
}

/// What is to be answered.
pub struct Asked {
    /// The message, if that is as new as the reply.
    pub said: Option<Message>,
    /// Who asks.
    pub user: User,
}

impl Room {
    /// For so many of each lane.
    pub fn new(interactive: usize, batch: usize) -> Self {
        Self {
            interactive: Arc::new(Semaphore::new(interactive)),
            batch: Arc::new(Semaphore::new(batch)),
            begun: Mutex::default(),
        }
    }

    /// Waits for room. A batch doesn't wait: None leaves its reply to the sweep.
    pub async fn wait(&self, lane: Lane) -> Option<OwnedSemaphorePermit> {
        match lane {
            Lane::Interactive => self.interactive.clone().acquire_owned().await.ok(),
            Lane::Batch => self.batch.clone().try_acquire_owned().ok(),
        }
    }

    /// Room for what a person is just asking for, if there is some.
    pub fn now(&self) -> Option<OwnedSemaphorePermit> {
        self.interactive.clone().try_acquire_owned().ok()
    }

    /// For how many more of a lane there is room.
    pub fn free(&self, lane: Lane) -> usize {
        match lane {
            Lane::Interactive => self.interactive.available_permits(),
            Lane::Batch => self.batch.available_permits(),
        }
    }

    /// Keeps what is known of a reply until a worker takes it up.
    pub fn begin(&self, begun: Begun) {
        self.lock().insert(begun.reply.id.clone(), begun);
    }

    /// What is known of that reply, if it was begun here.
    pub fn take(&self, reply_id: &str) -> Option<Begun> {
        self.lock().remove(reply_id)
    }

    /// All that was begun here and that no worker has taken up.
    pub fn take_all(&self) -> Vec<Begun> {
        self.lock().drain().map(|(_, begun)| begun).collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Begun>> {
        // Whoever panicked left the map whole: every change to it is a single call.
        self.begun.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
