//! What both ends have in common: the connection, the queues, receipts, and the pause before another try.

use std::time::Duration;

use lapin::options::{BasicAckOptions, BasicNackOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable, ShortString};
use lapin::uri::AMQPUri;
use lapin::{Acker, Channel, Connection, ConnectionProperties};

use super::Lane;
use crate::config::Amqp;

/// How long a connection may take to come about. A try that is given up leaves a thread behind until the broker closes its
/// end, so this is long; nobody waits for it.
const CONNECT: Duration = Duration::from_secs(60);
/// How long a look at the queues may take.
const LOOK: Duration = Duration::from_secs(10);
/// How long a receipt may take to be sent. One that isn't is delivered again, and the row knows.
const RECEIPT: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// An id that was delivered so often without a receipt is a dead letter.
const DELIVERIES: i64 = 20;
/// Dead letters are kept for an operator to look at: so many, and so long, in milliseconds.
const DEAD: i64 = 10_000;
const DEAD_KEPT: i64 = 7 * 24 * 3_600 * 1_000;

/// A broker, and our queues there.
pub(super) struct Broker {
    uri: AMQPUri,
    prefix: String,
    role: &'static str,
}

impl Broker {
    pub(super) fn new(config: &Amqp, role: &'static str) -> Self {
        Self {
            uri: config.uri(),
            prefix: config.prefix.clone(),
            role,
        }
    }

    pub(super) fn queue(&self, lane: Lane) -> ShortString {
        let ending = match lane {
            Lane::Interactive => "replies",
            Lane::Batch => "batch",
        };
        format!("{}.{ending}", self.prefix).into()
    }

    fn dead(&self) -> String {
        format!("{}.dead", self.prefix)
    }

    /// A connection with a channel, and the queues in place.
    pub(super) async fn connect(&self) -> Result<(Connection, Channel), Failure> {
        let name = format!("autio {} {}", self.role, std::process::id());
        let properties = ConnectionProperties::default().with_connection_name(name.into());
        let connect = async {
            let connection = Connection::connect_uri(self.uri.clone(), properties).await?;
            let channel = connection.create_channel().await?;
            self.declare(&channel).await?;
            Ok::<_, lapin::Error>((connection, channel))
        };
        match tokio::time::timeout(CONNECT, connect).await {
            Ok(Ok(connected)) => Ok(connected),
            Ok(Err(error)) => Err(Failure(error.to_string())),
            Err(_) => Err(Failure("it doesn't answer".into())),
        }
    }

    /// The queues as they are, without making them.
    pub(super) async fn look(&self) -> Result<Vec<Seen>, Failure> {
        let properties = ConnectionProperties::default();
        let look = async {
            let connection = Connection::connect_uri(self.uri.clone(), properties).await?;
            let mut seen = Vec::new();
            for lane in [Lane::Interactive, Lane::Batch] {
                // The broker closes the channel on which one asks for what isn't there.
                let channel = connection.create_channel().await?;
                let options = QueueDeclareOptions {
                    passive: true,
                    ..QueueDeclareOptions::durable()
                };
                let name = self.queue(lane);
                let queue = channel.queue_declare(name.clone(), options, FieldTable::default());
                let queue = queue.await.ok();
                seen.push(Seen {
                    lane,
                    name: name.to_string(),
                    standing: queue.map(|queue| (queue.message_count(), queue.consumer_count())),
                });
            }
            Ok::<_, lapin::Error>(seen)
        };
        match tokio::time::timeout(LOOK, look).await {
            Ok(seen) => Ok(seen?),
            Err(_) => Err(Failure("it doesn't answer".into())),
        }
    }

    /// Quorum queues: on the disk, on several brokers where there are several, and they count how often they deliver. They
    /// know no priorities, so there are two, of which each worker takes a share of its own.
    async fn declare(&self, channel: &Channel) -> Result<(), lapin::Error> {
        let text = |text: &str| AMQPValue::LongString(text.into());
        let mut dead = FieldTable::default();
        dead.insert("x-max-length".into(), AMQPValue::LongLongInt(DEAD));
        dead.insert("x-message-ttl".into(), AMQPValue::LongLongInt(DEAD_KEPT));
        let durable = QueueDeclareOptions::durable;
        channel
            .queue_declare(self.dead().into(), durable(), dead)
            .await?;
        for lane in [Lane::Interactive, Lane::Batch] {
            let mut with = FieldTable::default();
            with.insert("x-queue-type".into(), text("quorum"));
            with.insert(
                "x-delivery-limit".into(),
                AMQPValue::LongLongInt(DELIVERIES),
            );
            with.insert("x-dead-letter-exchange".into(), text(""));
            with.insert("x-dead-letter-routing-key".into(), text(&self.dead()));
            channel
                .queue_declare(self.queue(lane), durable(), with)
                .await?;
        }
        Ok(())
    }
}

/// A queue as the broker has it.
#[derive(Clone, Debug)]
pub struct Seen {
    pub lane: Lane,
    pub name: String,
    /// How many ids wait there, and how many workers take from it; `None` where there is no such queue.
    pub standing: Option<(u32, u32)>,
}

/// Why there is no broker, in words for the operator.
pub(super) struct Failure(pub(super) String);

impl From<lapin::Error> for Failure {
    fn from(error: lapin::Error) -> Self {
        Self(error.to_string())
    }
}

/// What is owed to whoever delivered a job.
pub(super) enum Receipt {
    None,
    Amqp(Acker),
}

impl Receipt {
    pub(super) async fn ack(self) {
        if let Receipt::Amqp(acker) = self {
            let sent = acker.ack(BasicAckOptions::default());
            // If it isn't sent, it is delivered again, and its row is found to be finished.
            tokio::time::timeout(RECEIPT, sent).await.ok();
        }
    }

    pub(super) async fn requeue(self) {
        if let Receipt::Amqp(acker) = self {
            let options = BasicNackOptions {
                requeue: true,
                ..BasicNackOptions::default()
            };
            // If it isn't sent, the end of the connection does the same.
            tokio::time::timeout(RECEIPT, acker.nack(options))
                .await
                .ok();
        }
    }

    /// Nobody can read it.
    pub(super) async fn bury(self) {
        if let Receipt::Amqp(acker) = self {
            let sent = acker.nack(BasicNackOptions::default());
            tokio::time::timeout(RECEIPT, sent).await.ok();
        }
    }
}

/// The pause before another try: half a second, twice as long each time up to a limit, and not the same for all.
#[derive(Default)]
pub(super) struct Backoff {
    failures: u32,
}

impl Backoff {
    pub(super) fn reset(&mut self) {
        self.failures = 0;
    }

    pub(super) async fn wait(&mut self) {
        let longest = Duration::from_millis(500 << self.failures.min(5)).min(LONGEST_PAUSE);
        self.failures += 1;
        let mut byte = [128];
        // Without randomness there is no jitter, which is no reason to fail.
        getrandom::fill(&mut byte).ok();
        let share = 0.5 + f64::from(byte[0]) / 510.0;
        tokio::time::sleep(longest.mul_f64(share)).await;
    }
}
