//! Brings the words of other instances to the feeds that somebody here reads: one connection that listens, for all readers.

use std::collections::HashSet;
use std::time::Duration;

use futures_util::StreamExt;
use redis::aio::{PubSub, PubSubSink};
use redis::streams::StreamRangeReply;
use redis::{Msg, RedisResult};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use super::word::{FIELD, Heard, Word, key, reply_of};
use super::{Feed, Stops, stops};
use crate::redis::{Away, Redis};

/// How often the connection is tried, and cleared of what nobody reads any more.
const TIDY: Duration = Duration::from_secs(2);
/// How long the connection may take to answer.
const PATIENCE: Duration = Duration::from_secs(1);

/// Listens as long as it runs.
pub struct Relay {
    feed: Feed,
    redis: Redis,
    stops: Stops,
    /// Replies that somebody here wants to read.
    wished: mpsc::UnboundedReceiver<String>,
}

impl Relay {
    pub(super) fn new(
        feed: Feed,
        redis: Redis,
        stops: Stops,
        wished: mpsc::UnboundedReceiver<String>,
    ) -> Self {
        Self {
            feed,
            redis,
            stops,
            wished,
        }
    }

    /// Listens, and begins again whenever Redis was away.
    pub async fn run(mut self) {
        loop {
            let number = self.redis.up().await;
            if let Ok(pubsub) = self.redis.listen().await {
                self.listen(pubsub, number).await.ok();
            }
            self.feed.stop_following();
            // Where Redis can be used and yet not listened to.
            tokio::time::sleep(PATIENCE).await;
        }
    }

    async fn listen(&mut self, pubsub: PubSub, number: u64) -> Result<(), Away> {
        let (sink, mut messages) = pubsub.split();
        let mut ears = Ears {
            sink,
            replies: HashSet::new(),
        };
        ears.open(stops::CHANNEL).await?;
        let redis = self.redis.clone();
        let gone = redis.gone(number);
        tokio::pin!(gone);
        let mut tidy = tokio::time::interval(TIDY);
        tidy.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // What was told before somebody listened, read for one reply at a time.
        let mut histories: JoinSet<String> = JoinSet::new();
        let mut reading = HashSet::new();
        loop {
            let missing = tokio::select! {
                () = &mut gone => return Err(Away),
                wish = self.wished.recv() => {
                    let Some(id) = wish else { return Ok(()) };
                    ears.follow(&id).await?;
                    Some(id)
                }
                message = messages.next() => self.hear(&message.ok_or(Away)?),
                Some(read) = histories.join_next() => {
                    if let Ok(id) = read {
                        reading.remove(&id);
                    }
                    None
                }
                _ = tidy.tick() => {
                    ears.tidy(self.feed.followed()).await?;
                    None
                }
            };
            if let Some(id) = missing
                && reading.insert(id.clone())
            {
                histories.spawn(read_history(self.feed.clone(), self.redis.clone(), id));
            }
        }
    }

    /// The reply whose earlier words are missing, if so.
    fn hear(&self, message: &Msg) -> Option<String> {
        let channel = message.get_channel_name();
        if channel == stops::CHANNEL {
            self.stops.suspect();
            return None;
        }
        let id = reply_of(channel)?;
        let word = serde_json::from_slice(message.get_payload_bytes()).ok()?;
        let heard = self.feed.hear(id, word, true);
        (heard == Heard::Gap).then(|| id.to_owned())
    }
}

/// What is listened to.
struct Ears {
    sink: PubSubSink,
    replies: HashSet<String>,
}

impl Ears {
    async fn follow(&mut self, reply_id: &str) -> Result<(), Away> {
        if self.replies.insert(reply_id.to_owned()) {
            self.open(&key(reply_id)).await?;
        }
        Ok(())
    }

    async fn open(&mut self, channel: &str) -> Result<(), Away> {
        in_time(self.sink.subscribe(channel)).await
    }

    /// Listens to these replies and no others; also tells whether the connection still works.
    async fn tidy(&mut self, wanted: Vec<String>) -> Result<(), Away> {
        let wanted: HashSet<String> = wanted.into_iter().collect();
        let unwanted: Vec<String> = self.replies.difference(&wanted).map(|id| key(id)).collect();
        if !unwanted.is_empty() {
            in_time(self.sink.unsubscribe(unwanted)).await?;
        }
        for id in wanted.difference(&self.replies.clone()) {
            self.follow(id).await?;
        }
        self.replies = wanted;
        in_time(self.sink.ping::<redis::Value>()).await
    }
}

/// Everything that was told of a reply so far. Returns its id.
async fn read_history(feed: Feed, redis: Redis, reply_id: String) -> String {
    let key = key(&reply_id);
    let told: Result<StreamRangeReply, Away> = redis
        .run(|mut connection| async move {
            let mut range = redis::cmd("XRANGE");
            range.arg(key).arg("-").arg("+");
            range.query_async(&mut connection).await
        })
        .await;
    // While Redis is away the row tells.
    let entries = told.map(|told| told.ids).unwrap_or_default();
    let words = entries.iter().filter_map(|entry| {
        let json: String = entry.get(FIELD)?;
        serde_json::from_str::<Word>(&json).ok()
    });
    feed.hear_history(&reply_id, words.collect());
    reply_id
}

async fn in_time<T>(asked: impl Future<Output = RedisResult<T>>) -> Result<(), Away> {
    match tokio::time::timeout(PATIENCE, asked).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(Away),
    }
}
