//! Checks by brute force that what is offered when nothing fits is the least that would help, sharing no code with the
//! search: it reads cars and filters as their JSON. `docs/advice.md` says what the least is.

use serde_json::Value;

use crate::cars::search::Change;
use crate::cars::{Catalogue, Filter, search};

mod request;
mod wish;

pub use request::Requests;
use wish::{Figures, Wish, wishes};

/// The most limits that may be changed together.
const MOST_LIMITS: usize = 3;

/// The most changes that an answer offers: their counts of models are checked too.
const MOST_OFFERS: usize = 3;

/// How the offers for requests that nothing fits stood up.
#[derive(Debug, Default)]
pub struct Counts {
    /// How many requests were checked.
    pub checked: usize,
    /// For how many of them exactly the smallest changes were offered.
    pub minimal: usize,
    /// What was wrong with the others.
    pub wrong: Vec<String>,
}

/// The cars of a catalogue, read from their JSON.
pub struct Cars {
    cars: Vec<Figures>,
    newest: u64,
}

/// The least that a set of limits has to give way.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Least {
    size: u64,
    limits: Vec<String>,
}

/// Makes up requests, the same for the same seed, until so many fit nothing, and checks what the search offers for each.
pub fn check(catalogue: &Catalogue, seed: u64, many: usize) -> Counts {
    let cars = Cars::of(catalogue);
    let mut counts = Counts::default();
    for filter in Requests::of(catalogue, seed) {
        if counts.checked == many {
            break;
        }
        let Some(complaints) = cars.complaints(catalogue, &filter) else {
            continue;
        };
        counts.checked += 1;
        if complaints.is_empty() {
            counts.minimal += 1;
        }
        counts.wrong.extend(complaints);
    }
    counts
}

impl Cars {
    pub fn of(catalogue: &Catalogue) -> Self {
        let cars: Vec<Figures> = catalogue
            .iter()
            .map(|car| Figures::of(&serde_json::to_value(car).expect("a car is plain data")))
            .collect();
        Cars {
            newest: cars.iter().map(|car| car.year).max().unwrap_or(0),
            cars,
        }
    }

    /// What is wrong with the changes that the search offers; `None` when something fits as it is.
    pub fn complaints(&self, catalogue: &Catalogue, filter: &Filter) -> Option<Vec<String>> {
        let json = serde_json::to_value(filter).expect("a filter is plain data");
        let wishes = wishes(&json, self.newest);
        if self.cars.iter().any(|car| car.meets_all(&wishes)) {
            return None;
        }
        let found = search(catalogue, filter, 0);
        let mut wrong = Vec::new();
        if found.total > 0 {
            wrong.push(format!("{} are found where none fits", found.total));
        }
        let expected = self.least(&wishes);
        let offered: Vec<Least> = found
            .changes
            .iter()
            .map(|change| least(change, &wishes))
            .collect();
        let mut sorted: Vec<&Least> = offered.iter().collect();
        sorted.sort();
        if !sorted.iter().copied().eq(&expected) {
            wrong.push(format!("expected {expected:?}, offered {offered:?}"));
        }
        if !offered.is_sorted_by_key(|least| least.size) {
            wrong.push("the smallest isn't offered first".to_owned());
        }
        for change in found.changes.iter().take(MOST_OFFERS) {
            let total = search(catalogue, &change.filter, 0).total;
            if total == 0 || total != change.total {
                wrong.push(format!("{change:?} gives {total}"));
            }
        }
        let with_filter = |complaint: String| format!("{complaint}, for {json}");
        Some(wrong.into_iter().map(with_filter).collect())
    }

    /// For each set of the fewest wishes that is enough, the least that it has to give way, in order.
    fn least(&self, wishes: &[Wish]) -> Vec<Least> {
        let losses = self.cars.iter().map(|car| car.losses(wishes));
        let losses: Vec<_> = losses.filter(|lost| lost.len() <= MOST_LIMITS).collect();
        for count in 1..=MOST_LIMITS {
            let mut least: Vec<Least> = sets(wishes.len(), count)
                .filter_map(|set| {
                    let enough = losses
                        .iter()
                        .filter(|losses| losses.iter().all(|(at, _)| set.contains(at)));
                    let sizes = enough.filter_map(|losses| {
                        losses.iter().map(|(_, lost)| *lost).sum::<Option<u64>>()
                    });
                    Some(Least {
                        size: sizes.min()?,
                        limits: named(set.iter().map(|at| wishes[*at].limit().to_owned())),
                    })
                })
                .collect();
            if !least.is_empty() {
                least.sort();
                return least;
            }
        }
        Vec::new()
    }
}

/// An offered change as the oracle counts it, from what it says it was and would be.
fn least(change: &Change, wishes: &[Wish]) -> Least {
    let parts = change
        .parts
        .iter()
        .map(|part| serde_json::to_value(part).expect("plain data"));
    let mut size = 0;
    let mut limits = Vec::new();
    for part in parts {
        let limit = part["limit"].as_str().unwrap_or_default().to_owned();
        // A limit that nobody set, or a number that it never was, has no size that could be right.
        let wish = wishes.iter().find(|wish| wish.limit() == limit);
        size += wish.map_or(u64::MAX / 8, |wish| match part["to"].as_u64() {
            Some(to) if part["from"].as_u64() == wish.number() => wish.gives_way(to),
            None if part["from"] == Value::Null && wish.number().is_none() => wish.dropped(),
            _ => u64::MAX / 8,
        });
        limits.push(limit);
    }
    let limits = named(limits.into_iter());
    Least { size, limits }
}

fn named(limits: impl Iterator<Item = String>) -> Vec<String> {
    let mut limits: Vec<String> = limits.collect();
    limits.sort();
    limits
}

/// Every set of so many of the first numbers.
fn sets(of: usize, count: usize) -> Box<dyn Iterator<Item = Vec<usize>>> {
    if count == 0 {
        return Box::new(std::iter::once(Vec::new()));
    }
    Box::new((0..of).flat_map(move |last| {
        sets(last, count - 1).map(move |mut set| {
            set.push(last);
            set
        })
    }))
}

#[cfg(test)]
mod tests;
