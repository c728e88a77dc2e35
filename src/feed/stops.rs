//! Word that a reply was stopped, for whoever makes it. The row says so too: who hears nothing finds out a little later.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, broadcast};

use crate::redis::Redis;

/// The channel on which instances tell each other.
pub(super) const CHANNEL: &str = "autio:stops";

/// How often the table is asked which of the running replies were stopped through another instance.
const LOOK: Duration = Duration::from_millis(250);
/// And while instances tell each other.
const LOOK_TOLD: Duration = Duration::from_millis(750);

/// Tells of stops. Cheap to clone.
#[derive(Clone)]
pub struct Stops {
    here: broadcast::Sender<String>,
    redis: Option<Redis>,
    look: Arc<Notify>,
}

impl Stops {
    /// In this process, and in others if there is Redis.
    pub fn new(redis: Option<Redis>) -> Self {
        Self {
            here: broadcast::Sender::new(256),
            redis,
            look: Arc::default(),
        }
    }

    /// Tells of a reply whose row was stopped just now, whoever makes it.
    pub fn tell(&self, reply_id: &str) {
        self.wake(reply_id);
        if let Some(redis) = self.redis.clone() {
            let reply_id = reply_id.to_owned();
            tokio::spawn(async move {
                let mut publish = redis::cmd("PUBLISH");
                publish.arg(CHANNEL).arg(reply_id);
                let told = redis
                    .run(|mut connection| async move { publish.exec_async(&mut connection).await });
                // Else the others see it in the table.
                told.await.ok();
            });
        }
    }

    /// Tells in this process alone. Nobody listens where nobody makes it.
    pub fn wake(&self, reply_id: &str) {
        self.here.send(reply_id.to_owned()).ok();
    }

    /// The ids of replies that were stopped.
    pub fn listen(&self) -> broadcast::Receiver<String> {
        self.here.subscribe()
    }

    /// Another instance has told of a stop. It is believed once the table says so.
    pub(super) fn suspect(&self) {
        self.look.notify_one();
    }

    /// Waits until it is time to ask the table.
    pub async fn due(&self) {
        let is_told = self.redis.as_ref().is_some_and(Redis::is_up);
        let pause = if is_told { LOOK_TOLD } else { LOOK };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = self.look.notified() => {}
        }
    }
}
