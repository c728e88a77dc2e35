//! The feed of a reply while it is made: what has been written so far, and word of more.
//!
//! A reader holds an offset into the text instead of a buffer, so a slow one costs nothing and
//! catches up in one step, and one that comes late begins with all that was written.
//!
//! With Redis every process also tells the others of the replies that it makes, and listens for those that somebody here
//! reads, on one connection for all readers. Without, or while it is away, readers follow the row.

mod publish;
mod relay;
mod stops;
mod word;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{mpsc, watch};

pub use self::relay::Relay;
pub use self::stops::Stops;
use self::word::{Heard, Word};
use crate::cars::Car;
use crate::db::messages::Message;
use crate::redis::Redis;

/// A reply as far as it has come.
#[derive(Debug, Default)]
pub struct Progress {
    /// Counts the attempts, 0 before the first: each begins the text anew.
    pub attempt: i32,
    pub source: Source,
    pub text: String,
    /// None until the advisor has chosen.
    pub cars: Option<Vec<Car>>,
    /// The row as it was when it ended, if it ended here: who has read so far need not ask for it.
    pub ended: Option<Arc<Message>>,
}

/// Who tells a feed of more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Source {
    /// Nobody yet, or nobody any more: the row may have more.
    #[default]
    Nobody,
    /// The worker in this process.
    Here,
    /// Another instance, through Redis; it lets hear from itself every second.
    Elsewhere,
}

/// Feeds by reply id, chosen once at start.
#[derive(Clone)]
pub struct Feed(Arc<Parts>);

struct Parts {
    feeds: Mutex<HashMap<String, Entry>>,
    backend: Backend,
}

enum Backend {
    Local,
    /// With what is to be listened for.
    Redis(Redis, mpsc::UnboundedSender<String>),
}

#[derive(Default)]
struct Entry {
    sender: watch::Sender<Progress>,
    /// The relay listens for it.
    is_followed: bool,
}

/// One reader's end. Changes stop when the reply is finished; the row then has the last word.
pub type Reader = watch::Receiver<Progress>;

impl Feed {
    /// Feeds of this process alone.
    pub fn local() -> Self {
        Self::new(Backend::Local)
    }

    /// Feeds that instances share, and what brings them here as long as it runs.
    pub fn redis(redis: Redis, stops: Stops) -> (Self, Relay) {
        let (wishes, wished) = mpsc::unbounded_channel();
        let feed = Self::new(Backend::Redis(redis.clone(), wishes));
        let relay = Relay::new(feed.clone(), redis, stops, wished);
        (feed, relay)
    }

    fn new(backend: Backend) -> Self {
        Self(Arc::new(Parts {
            feeds: Mutex::default(),
            backend,
        }))
    }

    /// Opens the feed of a reply, so that readers who come before the worker find it.
    pub fn open(&self, reply_id: &str) {
        self.with(|feeds| {
            feeds.entry(reply_id.to_owned()).or_default();
        });
    }

    /// Begins an attempt that is made in this process.
    pub fn begin(&self, reply_id: &str, attempt: i32) {
        let reader = self.with(|feeds| {
            let entry = feeds.entry(reply_id.to_owned()).or_default();
            entry.is_followed = false;
            entry.sender.send_modify(|progress| {
                *progress = Progress {
                    attempt,
                    source: Source::Here,
                    ..Progress::default()
                };
            });
            entry.sender.subscribe()
        });
        if let Backend::Redis(redis, _) = &self.0.backend {
            tokio::spawn(publish::publish(redis.clone(), reply_id.to_owned(), reader));
        }
    }

    /// Changes what has been written, and tells the readers.
    pub fn update(&self, reply_id: &str, change: impl FnOnce(&mut Progress)) {
        self.with(|feeds| {
            if let Some(entry) = feeds.get(reply_id) {
                entry.sender.send_modify(change);
            }
        });
    }

    /// What the row holds of a reply that isn't made here, for the readers of its feed.
    pub fn catch_up(&self, reply_id: &str, attempt: i32, text: String) {
        self.update(reply_id, |progress| {
            let known = (progress.attempt, progress.text.len());
            if progress.source == Source::Here || (attempt, text.len()) <= known {
                return;
            }
            if attempt != progress.attempt {
                progress.cars = None;
            }
            progress.attempt = attempt;
            progress.text = text;
            // Whoever was to tell of it didn't.
            progress.source = Source::Nobody;
        });
    }

    /// A reader of the reply, if it is being made here, or was announced here.
    pub fn reader(&self, reply_id: &str) -> Option<Reader> {
        self.with(|feeds| Some(feeds.get(reply_id)?.sender.subscribe()))
    }

    /// A reader of a reply that isn't finished, wherever it is made; None where only the row tells of it.
    pub fn follow(&self, reply_id: &str) -> Option<Reader> {
        let Backend::Redis(redis, wishes) = &self.0.backend else {
            return self.reader(reply_id);
        };
        self.with(|feeds| {
            if let Some(entry) = feeds.get(reply_id)
                && (entry.is_followed || entry.sender.borrow().source == Source::Here)
            {
                return Some(entry.sender.subscribe());
            }
            if redis.is_up() {
                let entry = feeds.entry(reply_id.to_owned()).or_default();
                entry.is_followed = true;
                // Nobody takes it once the relay has ended, and the server with it.
                wishes.send(reply_id.to_owned()).ok();
            }
            Some(feeds.get(reply_id)?.sender.subscribe())
        })
    }

    /// Whether [`Feed::follow`] may find more than [`Feed::reader`].
    pub fn is_shared(&self) -> bool {
        matches!(self.0.backend, Backend::Redis(..))
    }

    /// Ends the feed of a reply that nobody in this process has begun: somebody else has it.
    pub fn abandon(&self, reply_id: &str) {
        self.with(|feeds| {
            let is_here = |entry: &Entry| entry.sender.borrow().source == Source::Here;
            if feeds.get(reply_id).is_some_and(|entry| !is_here(entry)) {
                feeds.remove(reply_id);
            }
        });
    }

    /// Ends the feed with the row that is kept now.
    pub fn end(&self, row: Message) {
        let entry = self.with(|feeds| feeds.remove(&row.id));
        if let Some(entry) = entry {
            let row = Some(Arc::new(row));
            entry.sender.send_modify(|progress| progress.ended = row);
        }
    }

    /// Ends the feed: its readers go to the row.
    pub fn close(&self, reply_id: &str) {
        self.with(|feeds| feeds.remove(reply_id));
    }

    /// How many feeds there are, and how many readers they have together.
    pub fn load(&self) -> (usize, usize) {
        self.with(|feeds| {
            let readers = feeds.values().map(|entry| entry.sender.receiver_count());
            (feeds.len(), readers.sum())
        })
    }

    /// Another instance's word on a reply that is followed here. Live ones also say that somebody is at work.
    fn hear(&self, reply_id: &str, word: Word, is_live: bool) -> Heard {
        let is_end = word.is_end && is_live;
        let mut heard = Heard::Nothing;
        self.update(reply_id, |progress| {
            if progress.source != Source::Here {
                heard = word.apply(progress, is_live);
            }
        });
        if is_end && heard != Heard::Nothing {
            self.abandon(reply_id);
        }
        heard
    }

    /// All that was told of a reply so far, in one step: a reader sees how far it has come, and none of the attempts that
    /// are over.
    fn hear_history(&self, reply_id: &str, words: Vec<Word>) {
        self.update(reply_id, |progress| {
            if progress.source != Source::Here {
                for word in words {
                    word.apply(progress, false);
                }
            }
        });
    }

    /// What is followed. Where nobody reads any more that ends here.
    fn followed(&self) -> Vec<String> {
        self.with(|feeds| {
            feeds.retain(|_, entry| !entry.is_followed || entry.sender.receiver_count() > 0);
            let followed = feeds.iter().filter(|(_, entry)| entry.is_followed);
            followed.map(|(id, _)| id.clone()).collect()
        })
    }

    /// Ends what is followed: its readers go to the row until Redis is back.
    fn stop_following(&self) {
        self.with(|feeds| feeds.retain(|_, entry| !entry.is_followed));
    }

    fn with<T>(&self, run: impl FnOnce(&mut HashMap<String, Entry>) -> T) -> T {
        // Whoever panicked left the map whole: every change to it is a single call.
        run(&mut self.0.feeds.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_late_and_slow_reader_catches_up_in_one_step() {
        let feed = Feed::local();
        feed.begin("r", 1);
        feed.update("r", |p| p.text.push_str("Two "));
        let mut reader = feed.reader("r").unwrap();
        assert_eq!(reader.borrow_and_update().text, "Two ");
        for _ in 0..1000 {
            feed.update("r", |p| p.text.push('x'));
        }
        reader.changed().await.unwrap();
        assert_eq!(reader.borrow_and_update().text.len(), 1004);
        feed.close("r");
        assert!(reader.changed().await.is_err() && feed.reader("r").is_none());
    }

    #[test]
    fn the_row_helps_out_only_where_it_has_more() {
        let feed = Feed::local();
        feed.open("r");
        let reader = feed.reader("r").unwrap();
        let say = |from, text: &str| Word {
            attempt: 1,
            from,
            text: text.into(),
            ..Word::default()
        };
        assert_eq!(feed.hear("r", say(0, "One two"), true), Heard::All);
        // Said before, in part or in whole; and a part that is missing.
        assert_eq!(feed.hear("r", say(4, "two three"), true), Heard::All);
        assert_eq!(feed.hear("r", say(0, "One"), true), Heard::All);
        assert_eq!(feed.hear("r", say(20, "five"), true), Heard::Gap);
        feed.catch_up("r", 1, "One".into());
        assert_eq!(reader.borrow().text, "One two three");
        assert_eq!(reader.borrow().source, Source::Elsewhere);
        feed.catch_up("r", 2, "Anew".into());
        assert_eq!(
            (reader.borrow().attempt, &*reader.borrow().text),
            (2, "Anew")
        );
        // What was told before is one step, whatever there was in it.
        let late = Feed::local();
        late.open("r");
        let mut reader_of_late = late.reader("r").unwrap();
        let of = |attempt, word: Word| Word { attempt, ..word };
        let told = vec![say(0, "Dead"), of(2, say(0, "Li")), of(2, say(2, "ving"))];
        late.hear_history("r", told);
        assert!(reader_of_late.has_changed().unwrap());
        let seen = reader_of_late.borrow_and_update();
        assert_eq!((seen.attempt, &*seen.text), (2, "Living"));
        // One that was thought dead goes on.
        assert_eq!(feed.hear("r", say(13, " four"), true), Heard::Nothing);
        assert_eq!(reader.borrow().source, Source::Nobody);
    }
}
