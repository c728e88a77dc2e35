//! The queue of replies to make. It carries ids only: the table stays the truth, and a sweep finds
//! what no queue delivered.

use tokio::sync::mpsc;

/// How many ids the queue in the process holds. More stay in the table until the sweep finds them.
const CAPACITY: usize = 10_000;

/// The sending end, chosen once at start.
#[derive(Clone)]
pub enum Queue {
    /// In this process.
    Local(mpsc::Sender<String>),
}

/// The receiving end, for the worker.
pub enum Jobs {
    /// In this process.
    Local(mpsc::Receiver<String>),
}

impl Queue {
    /// A queue in this process.
    pub fn local() -> (Self, Jobs) {
        let (sender, receiver) = mpsc::channel(CAPACITY);
        (Queue::Local(sender), Jobs::Local(receiver))
    }

    /// Announces a reply to make. False if that can't be done now: the sweep of some process does it within seconds.
    pub fn push(&self, reply_id: String) -> bool {
        match self {
            Queue::Local(sender) => sender
                .try_send(reply_id)
                .inspect_err(|error| {
                    tracing::warn!(%error, "the queue took no reply; the sweep will");
                })
                .is_ok(),
        }
    }
}

impl Jobs {
    /// The next reply to make; None when the queue has ended.
    pub async fn next(&mut self) -> Option<String> {
        match self {
            Jobs::Local(receiver) => receiver.recv().await,
        }
    }
}
