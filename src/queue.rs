//! The queue of replies to make. It carries ids only: the table stays the truth, and a sweep finds
//! what no queue delivered.

mod broker;
mod consumer;
mod publisher;

use std::time::Duration;

use tokio::sync::mpsc;

use self::broker::{Broker, Receipt};
use self::consumer::Consumer;
use self::publisher::Publisher;
use crate::config::Amqp;

pub use self::broker::Seen;

/// How our queues at the broker stand, without making them.
///
/// # Errors
/// In words for the operator, when the broker can't be used.
pub async fn look(config: &Amqp) -> Result<Vec<Seen>, String> {
    let broker = Broker::new(config, "looks");
    broker.look().await.map_err(|failure| failure.0)
}

/// How many ids a queue in the process holds. More stay in the table until the sweep finds them.
const CAPACITY: usize = 10_000;

/// In which of two queues a reply waits: what a batch asks for never stands before what a person waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    Interactive,
    Batch,
}

/// The sending end, chosen once at start.
#[derive(Clone)]
pub enum Queue {
    /// In this process.
    Local(mpsc::Sender<Job>),
    /// RabbitMQ.
    Amqp(Publisher),
}

/// The receiving end, for the worker.
pub enum Jobs {
    /// In this process.
    Local(mpsc::Receiver<Job>),
    /// RabbitMQ.
    Amqp(Consumer),
    /// Other processes take from the queue; this one makes only what they leave lying.
    Elsewhere,
}

/// A reply to make.
pub struct Job {
    pub id: String,
    pub lane: Lane,
    receipt: Receipt,
}

/// How a process looks for what no queue delivered.
#[derive(Clone, Copy, Debug)]
pub struct Sweep {
    /// Replies are left to the queue for so long.
    pub overdue: Duration,
    /// The most that this process works at. None where it is there for that.
    pub at_once: Option<usize>,
}

impl Queue {
    /// A queue in this process.
    pub fn local() -> (Self, Jobs) {
        let (sender, receiver) = mpsc::channel(CAPACITY);
        (Queue::Local(sender), Jobs::Local(receiver))
    }

    /// RabbitMQ's, which is connected to from now on, and again whenever it goes.
    pub fn amqp(config: &Amqp) -> Self {
        Queue::Amqp(Publisher::start(config))
    }

    /// Announces a reply to make; never waits. False if that can't be done now: the sweep of some process does it within
    /// seconds.
    pub fn push(&self, id: String, lane: Lane) -> bool {
        match self {
            Queue::Local(sender) => sender
                .try_send(Job::found(id, lane))
                .inspect_err(|error| {
                    tracing::warn!(%error, "the queue took no reply; the sweep will");
                })
                .is_ok(),
            Queue::Amqp(publisher) => publisher.push(id, lane),
        }
    }

    /// Whether what is announced here is taken up in this process.
    pub fn is_local(&self) -> bool {
        matches!(self, Queue::Local(_))
    }

    /// Whether there is a broker, and if so what is wrong with it, if anything.
    pub fn broker(&self) -> Option<Option<String>> {
        match self {
            Queue::Local(_) => None,
            Queue::Amqp(publisher) => Some(publisher.trouble()),
        }
    }
}

impl Jobs {
    /// RabbitMQ's, at most so many of each lane at once.
    pub fn amqp(config: &Amqp, interactive: u16, batch: u16) -> Self {
        Jobs::Amqp(Consumer::start(config, interactive, batch))
    }

    /// The next reply to make; None when the queue has ended.
    pub async fn next(&mut self) -> Option<Job> {
        match self {
            Jobs::Local(receiver) => receiver.recv().await,
            Jobs::Amqp(consumer) => consumer.next().await,
            Jobs::Elsewhere => std::future::pending().await,
        }
    }

    /// How this process looks for what the queue doesn't deliver.
    pub fn sweep(&self) -> Sweep {
        match self {
            Jobs::Local(_) => Sweep {
                overdue: Duration::ZERO,
                at_once: None,
            },
            Jobs::Amqp(_) => Sweep {
                overdue: Duration::from_secs(3),
                at_once: None,
            },
            // When there is no worker, or all of them have more than they can do: slowly is better than not at all.
            Jobs::Elsewhere => Sweep {
                overdue: Duration::from_secs(10),
                at_once: Some(8),
            },
        }
    }

    /// Takes no more; what was delivered and not begun goes back.
    pub async fn refuse_more(&mut self) {
        match self {
            Jobs::Local(receiver) => receiver.close(),
            Jobs::Amqp(consumer) => consumer.refuse_more().await,
            Jobs::Elsewhere => {}
        }
    }

    /// Ends the connection, if there is one; call it when no job is under way any more.
    pub async fn close(self) {
        if let Jobs::Amqp(consumer) = self {
            consumer.close().await;
        }
    }
}

impl Job {
    /// One that is known from the table, or from a queue in this process: nobody waits for a receipt.
    pub fn found(id: String, lane: Lane) -> Self {
        Self {
            id,
            lane,
            receipt: Receipt::None,
        }
    }

    /// Its row says from here on what becomes of it.
    pub async fn done(self) {
        self.receipt.ack().await;
    }

    /// It wasn't begun, or was handed back: for another worker, at once.
    pub async fn hand_back(self) {
        self.receipt.requeue().await;
    }
}
