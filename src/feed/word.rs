//! What one instance tells the others of a reply that it makes. Each word says where it belongs, so that one that comes
//! twice, late or not at all does no harm.

use serde::{Deserialize, Serialize};

use super::{Progress, Source};
use crate::cars::Car;

/// A part of a reply. Without anything in it: somebody is still at work.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Word {
    pub attempt: i32,
    /// Where in the attempt's text this begins, in bytes.
    #[serde(default)]
    pub from: usize,
    #[serde(default)]
    pub text: String,
    #[serde(default)]
    pub cars: Option<Vec<Car>>,
    /// The row has the last word.
    #[serde(default)]
    pub is_end: bool,
}

/// What became of a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// Nobody wants it, or it is of an attempt that is over.
    Nothing,
    All,
    /// What comes before it is missing.
    Gap,
}

impl Word {
    /// How far a text is with it.
    pub fn end(&self) -> usize {
        self.from + self.text.len()
    }

    pub fn apply(self, progress: &mut Progress, is_live: bool) -> Heard {
        if self.attempt < progress.attempt {
            return Heard::Nothing;
        }
        if self.attempt > progress.attempt {
            *progress = Progress {
                attempt: self.attempt,
                ..Progress::default()
            };
        }
        let known = progress.text.len();
        let Some(known_of_it) = known.checked_sub(self.from) else {
            return Heard::Gap;
        };
        // None where nothing is new, or where it can't be the same text: the row has the last word anyway.
        if let Some(new) = self.text.get(known_of_it..) {
            progress.text.push_str(new);
        }
        progress.cars = self.cars.or(progress.cars.take());
        if is_live {
            progress.source = Source::Elsewhere;
        }
        Heard::All
    }
}

/// The channel on which a reply is told of, and the stream that keeps what was told.
pub(super) fn key(reply_id: &str) -> String {
    format!("{PREFIX}{reply_id}")
}

/// The reply of a channel.
pub(super) fn reply_of(key: &str) -> Option<&str> {
    key.strip_prefix(PREFIX)
}

/// The stream's only field.
pub(super) const FIELD: &str = "word";
const PREFIX: &str = "autio:feed:";
