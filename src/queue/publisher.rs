//! The sending end at RabbitMQ: a task that publishes what it is handed, so that nobody waits for a broker.

use std::time::Duration;

use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::{BasicProperties, Channel, Confirmation, Connection};
use tokio::sync::{mpsc, watch};
use tokio::time::MissedTickBehavior;

use super::broker::{Backoff, Broker, Failure};
use super::{CAPACITY, Lane};
use crate::config::Amqp;

/// How long a broker may take to confirm before replies are left to the sweep.
const CONFIRM: Duration = Duration::from_secs(2);
/// How often it is looked whether a connection on which nothing happens is still there.
const LOOK: Duration = Duration::from_secs(1);
/// How many are published before their confirms are waited for.
const CHUNK: usize = 256;
/// Kept on disk.
const PERSISTENT: u8 = 2;

/// Hands ids to the task. Cheap to clone.
#[derive(Clone)]
pub struct Publisher {
    sender: mpsc::Sender<(String, Lane)>,
    trouble: watch::Receiver<Option<String>>,
}

impl Publisher {
    /// Starts the task, which ends with the last publisher.
    pub(super) fn start(config: &Amqp) -> Self {
        let (sender, ids) = mpsc::channel(CAPACITY);
        let (told, trouble) = watch::channel(Some("it is being connected to".into()));
        let task = Task {
            broker: Broker::new(config, "sends"),
            ids,
            trouble: told,
            backoff: Backoff::default(),
        };
        tokio::spawn(task.run());
        Self { sender, trouble }
    }

    /// False if the broker can't be reached, or falls behind.
    pub(super) fn push(&self, id: String, lane: Lane) -> bool {
        self.trouble.borrow().is_none() && self.sender.try_send((id, lane)).is_ok()
    }

    /// What is wrong with the broker, if anything, in words for the operator.
    pub(super) fn trouble(&self) -> Option<String> {
        self.trouble.borrow().clone()
    }
}

/// How what was sent was confirmed.
enum Confirmed {
    InTime,
    /// The broker hung, and goes on.
    Late,
}

struct Task {
    broker: Broker,
    ids: mpsc::Receiver<(String, Lane)>,
    trouble: watch::Sender<Option<String>>,
    backoff: Backoff,
}

impl Task {
    async fn run(mut self) {
        while !self.ids.is_closed() {
            let ended = match self.broker.connect().await {
                Ok((connection, channel)) => self.serve(&connection, &channel).await,
                Err(failure) => Err(failure),
            };
            match ended {
                Ok(()) => return,
                Err(failure) => self.go_down(failure),
            }
            self.backoff.wait().await;
        }
    }

    /// Publishes until there is nobody any more who has something.
    async fn serve(&mut self, connection: &Connection, channel: &Channel) -> Result<(), Failure> {
        channel
            .confirm_select(ConfirmSelectOptions::default())
            .await?;
        self.come_up();
        let mut look = tokio::time::interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let mut some = Vec::new();
            tokio::select! {
                count = self.ids.recv_many(&mut some, CHUNK) => if count == 0 {
                    return Ok(());
                },
                _ = look.tick() => match connection.status().connected() {
                    true => continue,
                    false => return Err(Failure("the connection was lost".into())),
                },
            }
            match self.publish(channel, some).await? {
                Confirmed::InTime => self.backoff.reset(),
                Confirmed::Late => self.come_up(),
            }
        }
    }

    async fn publish(
        &self,
        channel: &Channel,
        ids: Vec<(String, Lane)>,
    ) -> Result<Confirmed, Failure> {
        let published = publish(&self.broker, channel, ids);
        tokio::pin!(published);
        if let Ok(result) = tokio::time::timeout(CONFIRM, &mut published).await {
            return result.map(|()| Confirmed::InTime);
        }
        tell(
            &self.trouble,
            Failure("it doesn't confirm what is sent".into()),
        );
        // It comes back to itself, or the heartbeat ends the connection.
        published.await.map(|()| Confirmed::Late)
    }

    fn come_up(&mut self) {
        self.forget();
        self.trouble.send_replace(None);
        tracing::info!("RabbitMQ is connected");
    }

    fn go_down(&mut self, failure: Failure) {
        tell(&self.trouble, failure);
        self.forget();
    }

    /// What came meanwhile is the sweep's: sent late, it would only be found to be made.
    fn forget(&mut self) {
        while self.ids.try_recv().is_ok() {}
    }
}

/// Says it in the log only when it begins, or changes.
fn tell(trouble: &watch::Sender<Option<String>>, failure: Failure) {
    let Failure(cause) = failure;
    if trouble.borrow().as_ref() != Some(&cause) {
        tracing::warn!(%cause, "RabbitMQ can't be used; replies are found by the sweep meanwhile");
    }
    trouble.send_replace(Some(cause));
}

async fn publish(
    broker: &Broker,
    channel: &Channel,
    ids: Vec<(String, Lane)>,
) -> Result<(), Failure> {
    let options = BasicPublishOptions {
        // Comes back if somebody has deleted the queue.
        mandatory: true,
        ..BasicPublishOptions::default()
    };
    let properties = BasicProperties::default().with_delivery_mode(PERSISTENT);
    let mut confirms = Vec::with_capacity(ids.len());
    for (id, lane) in ids {
        let sent = channel.basic_publish(
            "".into(),
            broker.queue(lane),
            options,
            id.as_bytes(),
            properties.clone(),
        );
        confirms.push(sent.await?);
    }
    for confirm in confirms {
        if confirm.await? != Confirmation::Ack(None) {
            return Err(Failure("it didn't take what was sent".into()));
        }
    }
    Ok(())
}
