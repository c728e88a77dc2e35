//! Tells other instances of a reply that is made here: one more reader of its feed, which writes to Redis what it reads.

use std::time::Duration;

use super::word::{FIELD, Word, key};
use super::{Progress, Reader};
use crate::redis::{Away, Redis};

/// At most so often is something told; what comes meanwhile goes along.
const FRAME: Duration = Duration::from_millis(40);
/// So often at least, so that readers elsewhere know that somebody is at work.
const BEAT: Duration = Duration::from_secs(1);
/// The longest reply at that pace has fewer parts.
const MOST: usize = 4_096;
/// How long what was told is kept after the last word, and after the end: who comes later finds the row, in milliseconds.
const KEPT: usize = 60_000;
const KEPT_ENDED: usize = 5_000;

/// Tells until the feed ends. What Redis doesn't take is told again with the next.
pub(super) async fn publish(redis: Redis, reply_id: String, mut reader: Reader) {
    let key = key(&reply_id);
    let mut told = Told::default();
    let mut is_over = false;
    loop {
        let mut word = told.next(&reader.borrow_and_update());
        word.is_end = is_over;
        match tell(&redis, &key, &word).await {
            Ok(()) => told.add(&word),
            // It may come back empty, and then needs the whole.
            Err(Away) => told = Told::default(),
        }
        if is_over {
            return;
        }
        tokio::time::sleep(FRAME).await;
        let more = tokio::time::timeout(BEAT, reader.changed()).await;
        is_over = matches!(more, Ok(Err(_)));
    }
}

async fn tell(redis: &Redis, key: &str, word: &Word) -> Result<(), Away> {
    // It consists of nothing that can't be JSON.
    let Ok(json) = serde_json::to_string(word) else {
        return Ok(());
    };
    let mut pipe = redis::pipe();
    if !word.text.is_empty() || word.cars.is_some() {
        let add = pipe.cmd("XADD").arg(key).arg("MAXLEN").arg("~").arg(MOST);
        add.arg("*").arg(FIELD).arg(&json).ignore();
    }
    let kept = if word.is_end { KEPT_ENDED } else { KEPT };
    pipe.cmd("PEXPIRE").arg(key).arg(kept).ignore();
    pipe.cmd("PUBLISH").arg(key).arg(&json).ignore();
    redis
        .run(|mut connection| async move { pipe.exec_async(&mut connection).await })
        .await
}

/// How much the others know.
#[derive(Default)]
struct Told {
    attempt: i32,
    text: usize,
    has_cars: bool,
}

impl Told {
    /// What they don't know yet.
    fn next(&self, progress: &Progress) -> Word {
        let (from, has_cars) = match self.attempt == progress.attempt {
            true => (self.text, self.has_cars),
            false => (0, false),
        };
        Word {
            attempt: progress.attempt,
            from,
            text: progress.text.get(from..).unwrap_or_default().to_owned(),
            cars: progress.cars.clone().filter(|_| !has_cars),
            is_end: false,
        }
    }

    fn add(&mut self, word: &Word) {
        *self = Self {
            has_cars: word.cars.is_some() || (self.has_cars && self.attempt == word.attempt),
            attempt: word.attempt,
            text: word.end(),
        };
    }
}
