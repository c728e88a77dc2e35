//! The receiving end at RabbitMQ: a task that hands over what is delivered, and connects again when it has to.

use std::time::Duration;

use futures_util::StreamExt;
use lapin::message::Delivery;
use lapin::options::{BasicCancelOptions, BasicConsumeOptions, BasicQosOptions};
use lapin::types::FieldTable;
use lapin::{Channel, Connection};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::broker::{Backoff, Broker, Failure, Receipt};
use super::{Job, Lane};
use crate::config::Amqp;

/// How long the end of a connection may take. What isn't given back by then the broker takes back by itself.
const GOODBYE: Duration = Duration::from_secs(1);

/// Takes from the queues of both lanes, a share of each at once.
pub struct Consumer {
    jobs: mpsc::Receiver<Job>,
    /// Ends with the connection that receipts still go over.
    task: JoinHandle<Option<Connection>>,
}

/// How many of each lane are under way at once.
struct Share {
    interactive: u16,
    batch: u16,
}

impl Consumer {
    pub(super) fn start(config: &Amqp, interactive: u16, batch: u16) -> Self {
        // What waits here waits for the worker, in sight of nobody else: as little as can be.
        let (sender, jobs) = mpsc::channel(1);
        let broker = Broker::new(config, "works");
        let share = Share { interactive, batch };
        Self {
            jobs,
            task: tokio::spawn(run(broker, share, sender)),
        }
    }

    pub(super) async fn next(&mut self) -> Option<Job> {
        self.jobs.recv().await
    }

    /// Takes no more; what was delivered and not begun goes back.
    pub(super) async fn refuse_more(&mut self) {
        self.jobs.close();
        while let Some(job) = self.jobs.recv().await {
            job.hand_back().await;
        }
    }

    /// Ends the connection once the last receipts are sent.
    pub(super) async fn close(self) {
        let goodbye = async {
            if let Ok(Some(connection)) = self.task.await {
                connection.close(200, "done".into()).await.ok();
            }
        };
        tokio::time::timeout(GOODBYE, goodbye).await.ok();
    }
}

/// Consumes until nobody takes any more, and returns the connection if there is one then.
async fn run(broker: Broker, share: Share, sender: mpsc::Sender<Job>) -> Option<Connection> {
    let mut backoff = Backoff::default();
    let mut last = None;
    loop {
        let connected = tokio::select! {
            connected = broker.connect() => connected,
            () = sender.closed() => return None,
        };
        let failure = match connected {
            Ok((connection, channel)) => {
                let began = tokio::time::Instant::now();
                match consume(&broker, &share, &connection, channel, &sender).await {
                    Ok(()) => return Some(connection),
                    Err(failure) => {
                        // One that is cut off at once is no success.
                        if began.elapsed() > GOODBYE {
                            backoff.reset();
                        }
                        last = None;
                        failure
                    }
                }
            }
            Err(failure) => failure,
        };
        let Failure(cause) = failure;
        if last.as_ref() != Some(&cause) {
            tracing::warn!(%cause, "RabbitMQ delivers nothing; replies are found by the sweep meanwhile");
        }
        last = Some(cause);
        tokio::select! {
            () = backoff.wait() => {}
            () = sender.closed() => return None,
        }
    }
}

async fn consume(
    broker: &Broker,
    share: &Share,
    connection: &Connection,
    channel: Channel,
    sender: &mpsc::Sender<Job>,
) -> Result<(), Failure> {
    let other = connection.create_channel().await?;
    let mut interactive = subscribe(broker, &channel, Lane::Interactive, share.interactive).await?;
    let mut batch = subscribe(broker, &other, Lane::Batch, share.batch).await?;
    tracing::info!("taking replies to make from RabbitMQ");
    loop {
        let (lane, delivery) = tokio::select! {
            biased;
            () = sender.closed() => break,
            delivery = interactive.next() => (Lane::Interactive, delivery),
            delivery = batch.next() => (Lane::Batch, delivery),
        };
        let delivery = delivery.ok_or_else(|| Failure("it ended the delivery".into()))??;
        let Some(job) = read(lane, delivery).await else {
            continue;
        };
        if let Err(unsent) = sender.send(job).await {
            unsent.0.hand_back().await;
            break;
        }
    }
    let goodbye = async {
        for (channel, consumer) in [(&channel, &mut interactive), (&other, &mut batch)] {
            let cancel = channel.basic_cancel(consumer.tag(), BasicCancelOptions::default());
            cancel.await?;
            while let Some(delivery) = consumer.next().await {
                Receipt::Amqp(delivery?.acker).requeue().await;
            }
        }
        Ok::<_, lapin::Error>(())
    };
    // Else they go back when the connection ends.
    tokio::time::timeout(GOODBYE, goodbye).await.ok();
    Ok(())
}

async fn subscribe(
    broker: &Broker,
    channel: &Channel,
    lane: Lane,
    share: u16,
) -> Result<lapin::Consumer, Failure> {
    channel.basic_qos(share, BasicQosOptions::default()).await?;
    let options = BasicConsumeOptions::default();
    let consumer = channel.basic_consume(
        broker.queue(lane),
        "".into(),
        options,
        FieldTable::default(),
    );
    Ok(consumer.await?)
}

/// The job that a message names. What can't be one becomes a dead letter.
async fn read(lane: Lane, delivery: Delivery) -> Option<Job> {
    let id = std::str::from_utf8(&delivery.data).ok();
    let id = id.and_then(|text| uuid::Uuid::try_parse(text).ok());
    let receipt = Receipt::Amqp(delivery.acker);
    match id {
        Some(id) => Some(Job {
            id: id.to_string(),
            lane,
            receipt,
        }),
        None => {
            tracing::warn!("there was a message in the queue that names no reply");
            receipt.bury().await;
            None
        }
    }
}
