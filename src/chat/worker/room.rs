//! Room for so many replies at once in one process, and what begins as it is stored because there is room for it.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, broadcast};

use crate::config::Batches;
use crate::db;
use crate::db::messages::Message;
use crate::queue::{Job, Lane, Sweep, Taken};
use crate::state::App;

/// How many replies one process makes at once where the built-in advisor makes them or a broker hands them out; those of
/// batches are counted apart.
pub const AT_ONCE: u16 = 256;
/// And where a model does the work, and all that they do here is wait: each takes some tens of KiB and two descriptors.
const AT_ONCE_BY_MODEL: usize = 6_000;

/// What a batch asks for takes nothing from what people wait for.
pub struct Room {
    interactive: Arc<Semaphore>,
    batch: Arc<Semaphore>,
}

impl Room {
    pub fn new(sweep: Sweep, batches: Batches, has_model: bool) -> Self {
        let most = sweep.at_once.unwrap_or(match has_model {
            true => AT_ONCE_BY_MODEL,
            false => AT_ONCE.into(),
        });
        let batch = batches.at_once as usize;
        Self {
            interactive: Arc::new(Semaphore::new(most)),
            batch: Arc::new(Semaphore::new(match sweep.at_once {
                Some(most) => batch.min(most),
                None => batch,
            })),
        }
    }

    /// Waits for room, where the reply doesn't bring its own. A batch doesn't wait: None leaves its reply to the sweep.
    pub(super) async fn of(&self, job: &mut Job) -> Option<OwnedSemaphorePermit> {
        if let Some(taken) = &mut job.taken {
            return taken.permit.take();
        }
        match job.lane {
            Lane::Interactive => self.interactive.clone().acquire_owned().await.ok(),
            Lane::Batch => self.batch.clone().try_acquire_owned().ok(),
        }
    }

    /// For how many more there is room.
    pub(super) fn free(&self) -> usize {
        self.interactive.available_permits() + self.batch.available_permits()
    }
}

/// A reply that may be taken in the transaction that stores it.
pub struct Beginning {
    /// The name under which its lease is to be held, and the model that is to be asked.
    pub owner: String,
    pub model: String,
    stops: broadcast::Receiver<String>,
    permit: OwnedSemaphorePermit,
}

impl Beginning {
    /// None where replies are made elsewhere, or there is no room: then it waits its turn.
    pub fn here(app: &App) -> Option<Self> {
        if !app.queue.is_local() {
            return None;
        }
        let permit = app.room.interactive.clone().try_acquire_owned().ok()?;
        Some(Self {
            owner: db::new_id(),
            model: app.advisor.model().to_owned(),
            stops: app.stops.listen(),
            permit,
        })
    }

    /// It was stored and taken: this is the row.
    pub fn with(self, reply: Message) -> Taken {
        Taken {
            owner: self.owner,
            reply,
            stops: self.stops,
            permit: Some(self.permit),
        }
    }
}
