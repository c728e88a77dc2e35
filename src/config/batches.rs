//! How fast batches are drained.

use std::time::Duration;

use super::limits::Unit;
use super::{ConfigError, Printed, bad};

/// The most that can be set, for either.
const MOST: u32 = 10_000;

/// The pace of all batches together, over all processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batches {
    /// So many are begun in that time, one by one.
    count: u32,
    unit: Unit,
    /// So many are made at once.
    pub at_once: u32,
}

impl Batches {
    pub(super) fn read(set: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let rate = set("AUTIO_BATCH_RATE").unwrap_or_else(|| "60/min".into());
        let at_once = set("AUTIO_BATCH_AT_ONCE").unwrap_or_else(|| "4".into());
        let number = |text: &str| text.trim().parse().ok().filter(|n| (1..=MOST).contains(n));
        let pace = rate
            .split_once('/')
            .and_then(|(count, unit)| Some((number(count)?, Unit::parse(unit.trim())?)));
        let (count, unit) = pace.ok_or_else(|| {
            bad(
                "AUTIO_BATCH_RATE",
                format!("must be a rate such as 60/min (1 to {MOST}, per s, min, h or day), not {rate:?}"),
            )
        })?;
        let at_once = number(&at_once).ok_or_else(|| {
            bad(
                "AUTIO_BATCH_AT_ONCE",
                format!("must be a whole number from 1 to {MOST}, not {at_once:?}"),
            )
        })?;
        Ok(Self {
            count,
            unit,
            at_once,
        })
    }

    /// The time between two.
    pub fn interval(&self) -> Duration {
        self.unit.length() / self.count
    }
}

impl Batches {
    /// As `autio config` prints it.
    pub(super) fn printed(&self) -> [Printed; 2] {
        [
            (
                "AUTIO_BATCH_RATE",
                format!("{}/{}", self.count, self.unit.as_str()),
            ),
            ("AUTIO_BATCH_AT_ONCE", self.at_once.to_string()),
        ]
    }
}
