//! When nothing fits: the fewest limits, loosened the least, that give cars.

use std::collections::HashSet;

use super::test::Test;
use super::{Filter, Limit};
use crate::cars::{Catalogue, Row};

/// More limits than these are never changed at once: that would be another request.
pub const MOST_LIMITS: usize = 3;

/// Some limits changed, the others kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// What is changed, in the order of the limits.
    pub parts: Vec<Loosening>,
    /// How much that gives way, in millionths: the sum of its parts' sizes.
    pub size: u32,
    /// How many models that gives.
    pub total: usize,
    /// The filter with the change made.
    pub filter: Filter,
}

/// One limit that gives way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Loosening {
    pub limit: Limit,
    /// What a number was, and what it would have to be; `None` where the limit is dropped.
    pub from: Option<u32>,
    pub to: Option<u32>,
}

/// What a row breaks: so many limits, and what each would have to be for the row.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Breach {
    size: u32,
    count: usize,
    limits: [Option<Limit>; MOST_LIMITS],
    from: [u32; MOST_LIMITS],
    to: [u32; MOST_LIMITS],
}

/// The smallest changes that give cars which are known to fit, the smallest first: for each set of limits of the
/// smallest number that is enough (one, two or three), the least loosening. `docs/advice.md` has the exact definition.
///
/// Each row breaks a set of limits and needs each of them brought to its own figure, so one pass over the rows finds all
/// sets and the least loosening of each. Nothing may fit as it is.
pub fn changes(catalogue: &Catalogue, filter: &Filter) -> Vec<Change> {
    let test = Test::new(catalogue, filter);
    let mut fewest = MOST_LIMITS;
    let mut near: Vec<(Breach, &Row)> = Vec::new();
    for row in catalogue.rows() {
        let Some(breach) = breach(&test, row, fewest) else {
            continue;
        };
        if breach.count < fewest {
            fewest = breach.count;
            near.clear();
        }
        near.push((breach, row));
    }
    let mut least: Vec<Breach> = Vec::new();
    for (breach, _) in &near {
        match least.iter_mut().find(|least| least.limits == breach.limits) {
            Some(least) => *least = (*least).min(*breach),
            None => least.push(*breach),
        }
    }
    least.sort_unstable();
    let changes = least.into_iter().map(|least| Change {
        parts: least.parts().collect(),
        size: least.size,
        total: near
            .iter()
            .filter(|(breach, _)| breach.is_within(&least))
            .map(|(_, row)| row.group)
            .collect::<HashSet<_>>()
            .len(),
        filter: least.parts().fold(filter.clone(), |filter, part| {
            filter.with(part.limit, part.to)
        }),
    });
    changes.collect()
}

/// What a row breaks, if that is no more than `most` limits and each can give way: a figure that isn't known can't be
/// brought within a number.
fn breach(test: &Test, row: &Row, most: usize) -> Option<Breach> {
    let mut breach = Breach {
        size: 0,
        count: 0,
        limits: [None; MOST_LIMITS],
        from: [0; MOST_LIMITS],
        to: [0; MOST_LIMITS],
    };
    for &(limit, number) in &test.limits {
        if test.meets(row, limit, number) == Some(true) {
            continue;
        }
        let at = breach.count;
        if at == most {
            return None;
        }
        let (size, to) = match dropped(limit) {
            Some(size) => (size, 0),
            None => {
                let figure = limit.figure(row)?;
                (gives_way(limit, number, figure, test.recent), figure)
            }
        };
        // Without a named model the newest years alone are searched, unless others are asked for.
        if limit == Limit::Model && row.facts.year < test.unnamed_from {
            return None;
        }
        breach.size += size;
        breach.limits[at] = Some(limit);
        breach.from[at] = number;
        breach.to[at] = to;
        breach.count += 1;
    }
    Some(breach)
}

impl Breach {
    fn parts(&self) -> impl Iterator<Item = Loosening> {
        let Breach {
            limits, from, to, ..
        } = *self;
        (0..self.count).filter_map(move |at| {
            let limit = limits[at]?;
            let is_number = dropped(limit).is_none();
            Some(Loosening {
                limit,
                from: is_number.then_some(from[at]),
                to: is_number.then_some(to[at]),
            })
        })
    }

    /// Whether what makes the other row fit makes this one fit too.
    fn is_within(&self, other: &Breach) -> bool {
        self.limits == other.limits
            && (0..self.count).all(|at| match self.limits[at] {
                Some(limit) if limit.is_most() => self.to[at] <= other.to[at],
                _ => self.to[at] >= other.to[at] || dropped_at(self.limits[at]),
            })
    }
}

fn dropped_at(limit: Option<Limit>) -> bool {
    limit.is_some_and(|limit| dropped(limit).is_some())
}

/// How much it is to drop a limit that isn't a number, in millionths: how much of a wish it takes back, and an exclusion
/// last.
fn dropped(limit: Limit) -> Option<u32> {
    Some(match limit {
        Limit::Transmission => 300_000,
        Limit::Drive => 400_000,
        Limit::Make => 500_000,
        Limit::Body => 600_000,
        Limit::Fuel => 650_000,
        Limit::Model => 700_000,
        Limit::ModelNot => 750_000,
        Limit::TransmissionNot => 800_000,
        Limit::BodyNot => 850_000,
        Limit::FuelNot => 900_000,
        Limit::MakeNot => 950_000,
        _ => return None,
    })
}

/// How much it is to bring a number to a figure, in millionths, rounded down: the share that it gives way, and years by
/// how many.
fn gives_way(limit: Limit, number: u32, figure: u32, recent: bool) -> u32 {
    let gap = u64::from(number.abs_diff(figure));
    let size = match limit {
        // Nobody asked for the newest years where none is named, so going back from them takes less.
        Limit::YearMin if recent => 40_000 * gap,
        Limit::YearMin | Limit::YearMax => 80_000 * gap,
        _ => gap * 1_000_000 / u64::from(number.max(1)),
    };
    u32::try_from(size)
        .unwrap_or(u32::MAX / 4)
        .min(u32::MAX / 4)
}
