//! What instances share: one connection to Redis for each process, which nobody waits for while it fails.

use std::sync::Arc;
use std::time::Duration;

use redis::aio::{MultiplexedConnection, PubSub};
use redis::{AsyncConnectionConfig, Client, RedisResult};
use tokio::sync::watch;

use crate::config::RedisUrl;

/// How long anybody waits for Redis, once: then it counts as away.
const PATIENCE: Duration = Duration::from_millis(400);
/// How often it is asked whether it still takes what is written, so that mostly no request finds out.
const LOOK: Duration = Duration::from_secs(1);
/// How often it is asked whether it can be used again.
const PAUSE: Duration = Duration::from_millis(500);

/// Redis can't be used now. What it was to do is done without it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Away;

/// Access to Redis. Cheap to clone.
#[derive(Clone)]
pub struct Redis(Arc<Parts>);

struct Parts {
    client: Client,
    link: watch::Sender<Link>,
}

#[derive(Default)]
struct Link {
    /// None while Redis is away.
    connection: Option<MultiplexedConnection>,
    /// Tells one connection from the next.
    number: u64,
    /// Why there is none.
    trouble: Option<String>,
}

impl Redis {
    /// Tries once to connect. Who can't be reached now may be later: see [`Redis::tend`].
    pub async fn open(url: &RedisUrl) -> Self {
        let redis = Self(Arc::new(Parts {
            client: url.client.clone(),
            link: watch::Sender::default(),
        }));
        redis.connect().await;
        redis
    }

    /// Asks Redis something. While it is away that fails at once.
    ///
    /// # Errors
    /// [`Away`], also when the answer is an error or doesn't come in time; what was asked may have been done all the same.
    pub async fn run<T, F>(&self, ask: impl FnOnce(MultiplexedConnection) -> F) -> Result<T, Away>
    where
        F: Future<Output = RedisResult<T>>,
    {
        let (connection, number) = {
            let link = self.0.link.borrow();
            (link.connection.clone().ok_or(Away)?, link.number)
        };
        in_time(ask(connection)).await.map_err(|trouble| {
            self.lose(number, trouble);
            Away
        })
    }

    /// A connection of its own, to listen on.
    ///
    /// # Errors
    /// [`Away`] when there is none in time.
    pub async fn listen(&self) -> Result<PubSub, Away> {
        in_time(self.0.client.get_async_pubsub())
            .await
            .map_err(|_| Away)
    }

    /// Whether it can be used.
    pub fn is_up(&self) -> bool {
        self.0.link.borrow().connection.is_some()
    }

    /// Waits until it can be used. The number tells this time from the next.
    pub async fn up(&self) -> u64 {
        let mut link = self.0.link.subscribe();
        // The sender is ours.
        let up = link.wait_for(|link| link.connection.is_some()).await;
        up.map_or(0, |link| link.number)
    }

    /// Returns when it can't be used any more, as it could from [`Redis::up`] on.
    pub async fn gone(&self, number: u64) {
        let mut link = self.0.link.subscribe();
        let is_gone = |link: &Link| link.connection.is_none() || link.number != number;
        link.wait_for(is_gone).await.ok();
    }

    /// Why it can't be used, for the operator.
    pub fn trouble(&self) -> Option<String> {
        self.0.link.borrow().trouble.clone()
    }

    /// Finds out that Redis is away before requests do, and connects again when it is back; for as long as it is polled.
    pub async fn tend(self) {
        let mut link = self.0.link.subscribe();
        loop {
            let is_up = link.borrow_and_update().connection.is_some();
            if is_up {
                tokio::select! {
                    () = tokio::time::sleep(LOOK) => {}
                    _ = link.changed() => continue,
                }
                self.run(probe).await.ok();
            } else if !self.connect().await {
                tokio::time::sleep(PAUSE).await;
            }
        }
    }

    async fn connect(&self) -> bool {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(PATIENCE))
            // Ours is the shorter one.
            .set_response_timeout(Some(2 * PATIENCE));
        let client = &self.0.client;
        let connecting = async {
            let connection = client
                .get_multiplexed_async_connection_with_config(&config)
                .await?;
            probe(connection.clone()).await?;
            Ok(connection)
        };
        match in_time(connecting).await {
            Ok(connection) => {
                let had_trouble = self.trouble().is_some();
                self.0.link.send_modify(|link| {
                    *link = Link {
                        connection: Some(connection),
                        number: link.number + 1,
                        trouble: None,
                    };
                });
                if had_trouble {
                    tracing::info!("Redis can be used again");
                }
                true
            }
            Err(trouble) => {
                let number = self.0.link.borrow().number;
                self.lose(number, trouble);
                false
            }
        }
    }

    /// From here on nobody waits for that connection.
    fn lose(&self, number: u64, trouble: String) {
        self.0.link.send_if_modified(|link| {
            if link.number != number {
                return false;
            }
            if link.trouble.is_none() {
                tracing::warn!(
                    trouble,
                    "Redis can't be used: each instance counts limits by itself, and readers follow the database"
                );
            }
            link.trouble = Some(trouble);
            link.connection.take().is_some()
        });
    }
}

/// Whether Redis takes what is written: one that is full, or a replica, answers and is of no use.
async fn probe(mut connection: MultiplexedConnection) -> RedisResult<()> {
    let mut set = redis::cmd("SET");
    set.arg("autio:probe").arg(1).arg("PX").arg(5_000);
    set.exec_async(&mut connection).await
}

async fn in_time<T>(asked: impl Future<Output = RedisResult<T>>) -> Result<T, String> {
    match tokio::time::timeout(PATIENCE, asked).await {
        Ok(answer) => answer.map_err(|error| error.to_string()),
        Err(_) => Err("it doesn't answer".to_owned()),
    }
}
