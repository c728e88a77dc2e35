//! The feed of a reply while it is made: what has been written so far, and word of more.
//!
//! A reader holds an offset into the text instead of a buffer, so a slow one costs nothing and
//! catches up in one step, and one that comes late begins with all that was written.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

use crate::cars::Car;

/// A reply as far as it has come.
#[derive(Debug, Default)]
pub struct Progress {
    /// Counts the attempts, 0 before the first: each begins the text anew.
    pub attempt: i32,
    pub text: String,
    /// None until the advisor has chosen.
    pub cars: Option<Vec<Car>>,
}

/// Feeds by reply id, chosen once at start.
#[derive(Clone, Default)]
pub struct Feed(Arc<Mutex<HashMap<String, watch::Sender<Progress>>>>);

/// One reader's end. Changes stop when the reply is finished; the row then has the last word.
pub type Reader = watch::Receiver<Progress>;

impl Feed {
    /// Opens the feed of a reply, so that readers who come before the worker find it.
    pub fn open(&self, reply_id: &str) {
        self.with(|feeds| {
            feeds
                .entry(reply_id.to_owned())
                .or_insert_with(|| watch::Sender::new(Progress::default()));
        });
    }

    /// Changes what has been written, and tells the readers.
    pub fn update(&self, reply_id: &str, change: impl FnOnce(&mut Progress)) {
        self.with(|feeds| {
            if let Some(sender) = feeds.get(reply_id) {
                sender.send_modify(change);
            }
        });
    }

    /// A reader of the reply, if it is being made here.
    pub fn reader(&self, reply_id: &str) -> Option<Reader> {
        self.with(|feeds| feeds.get(reply_id).map(watch::Sender::subscribe))
    }

    /// Ends the feed of a reply that nobody in this process has begun: somebody else has it.
    pub fn abandon(&self, reply_id: &str) {
        self.with(|feeds| {
            if feeds
                .get(reply_id)
                .is_some_and(|sender| sender.borrow().attempt == 0)
            {
                feeds.remove(reply_id);
            }
        });
    }

    /// Ends the feed: its readers go to the row.
    pub fn close(&self, reply_id: &str) {
        self.with(|feeds| feeds.remove(reply_id));
    }

    fn with<T>(&self, run: impl FnOnce(&mut HashMap<String, watch::Sender<Progress>>) -> T) -> T {
        // Whoever panicked left the map whole: every change to it is a single call.
        run(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_late_and_slow_reader_catches_up_in_one_step() {
        let feed = Feed::default();
        feed.open("r");
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
}
