//! Finds the cars that meet every limit, one for each model and kind of fuel, and says what nearly would.

use std::cmp::Reverse;

use serde::{Deserialize, Serialize};

use super::{Body, Car, Catalogue, Drive, Fuel, Row, Transmission};

mod bearing;
mod change;
mod dominance;
pub mod facets;
mod limit;
mod names;
mod sort;
mod test;
mod versions;

use bearing::Bearings;
pub use bearing::{Bearing, last_price, last_towing};
pub use change::{Change, Loosening, changes};
pub use dominance::dominates;
pub use limit::Limit;
pub use names::{letters, named};
pub use sort::Sort;
use test::{Fit, Test};
pub use versions::versions;

/// When no year and no model is named, this many of the newest model years are searched: who names none nearly always
/// wants a car that is new or nearly so.
pub const RECENT_YEARS: u16 = 3;

/// What a car must be. An empty list and `None` set no limit; a car must meet all the limits that are set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Filter {
    pub bodies: Vec<Body>,
    pub bodies_not: Vec<Body>,
    pub fuels: Vec<Fuel>,
    pub fuels_not: Vec<Fuel>,
    /// Exactly as EPA labels them: who wants all four wheels driven asks for `awd` and `4wd`.
    pub drives: Vec<Drive>,
    /// Names of makes, in whatever case.
    pub makes: Vec<String>,
    pub makes_not: Vec<String>,
    /// Names of models, with or without the make: one of them must be in the car's name, with hyphens, spaces and case
    /// left aside (`cr-v`, `CRV`, `honda cr v`), but as whole words (`3` is not in `CX-30`).
    pub models: Vec<String>,
    /// Names of models that aren't wanted, compared in the same way.
    pub models_not: Vec<String>,
    pub transmissions: Vec<Transmission>,
    pub transmissions_not: Vec<Transmission>,
    /// Miles per gallon, city and highway combined; MPGe for cars that can be charged or run on hydrogen.
    pub mpg_min: Option<u16>,
    /// Miles on electricity alone. Cars that can't be charged never meet it.
    pub electric_range_min: Option<u16>,
    /// Miles on everything aboard. EPA gives it for electric, plug-in and hydrogen cars only.
    pub range_min: Option<u16>,
    pub year_min: Option<u16>,
    pub year_max: Option<u16>,
    /// US dollars. A car whose price isn't known comes after all whose price is, see [`Bearing`].
    pub budget_max: Option<u32>,
    pub budget_min: Option<u32>,
    /// The most seats that it is sold with must be as many.
    pub seats_min: Option<u8>,
    /// NHTSA's overall stars. A car that isn't rated doesn't meet it.
    pub stars_min: Option<u8>,
    pub horsepower_min: Option<u16>,
    /// Pounds. A car whose towing limit isn't known comes after all whose limit is.
    pub towing_min: Option<u32>,
    pub sort: Sort,
}

/// What a search found.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// The first of them, the best first.
    pub cars: Vec<Car>,
    /// How many are known to fit: models, each counted once for each kind of fuel.
    pub total: usize,
    /// How many follow those in the list, because the price or the towing limit that is asked for isn't known of them.
    pub open: Vec<(Limit, usize)>,
    /// How many rows of the catalogue that is: years, engines and trims.
    pub versions: usize,
    /// Models that meet all the limits that can be checked but lack the figure for one, by that limit.
    pub unknown: Vec<(Limit, usize)>,
    /// The model years that were searched.
    pub years: (u16, u16),
    /// When nothing fits: what would if as few limits as can be gave way, the smallest change first.
    pub changes: Vec<Change>,
}

/// Searches the whole catalogue. Each base model comes once for each kind of fuel, in its newest year that fits and
/// the version of that year which the sort puts first.
pub fn search(catalogue: &Catalogue, filter: &Filter, limit: usize) -> Found {
    let ranked = rank(catalogue, filter);
    Found {
        cars: ranked
            .rows
            .iter()
            .take(limit)
            .map(|row| catalogue.car(row))
            .collect(),
        total: ranked.known,
        open: ranked.open,
        versions: ranked.versions,
        unknown: ranked.unknown,
        years: ranked.years,
        changes: if ranked.known == 0 {
            change::changes(catalogue, filter)
        } else {
            Vec::new()
        },
    }
}

/// All that fits, as rows: what a search found before cars are made of it.
pub struct Ranked {
    /// One for each model and kind of fuel, the best first; those whose price or towing limit is asked for but not known
    /// come last, the likelier first.
    pub rows: Vec<Row>,
    /// How many of the rows, from the first, are known to fit.
    pub known: usize,
    /// How likely each of the others is to fit.
    pub bearings: Vec<Bearing>,
    /// Why the others aren't.
    pub open: Vec<(Limit, usize)>,
    pub versions: usize,
    pub unknown: Vec<(Limit, usize)>,
    pub years: (u16, u16),
}

/// Finds and orders without making cars.
pub fn rank(catalogue: &Catalogue, filter: &Filter) -> Ranked {
    let test = Test::new(catalogue, filter);
    let mut best: Vec<Option<(Option<Limit>, &Row)>> = vec![None; catalogue.groups()];
    let mut missing: Vec<Option<Limit>> = vec![None; catalogue.groups()];
    let mut versions = 0;
    for row in catalogue.rows() {
        let group = row.group as usize;
        let open = match test.fit(row) {
            Fit::No => continue,
            Fit::Unknown(limit) => {
                // Whichever row comes first.
                missing[group] = missing[group].into_iter().chain([limit]).min();
                continue;
            }
            Fit::Open(limit) => Some(limit),
            Fit::Yes => {
                versions += 1;
                None
            }
        };
        let first = |open: Option<Limit>, row: &Row| (open.is_some(), Reverse(row.facts.year));
        let is_better = best[group].is_none_or(|(other, known)| {
            // Most are told apart by their years alone.
            let order = first(open, row).cmp(&first(other, known));
            order
                .then_with(|| filter.key(row).cmp(&filter.key(known)))
                .is_lt()
        });
        if is_better {
            best[group] = Some((open, row));
        }
    }
    let lacking = best.iter().zip(missing);
    let unknown = count(lacking.filter_map(|(best, missing)| missing.filter(|_| best.is_none())));
    let mut found: Vec<(Option<Limit>, Row)> = best
        .into_iter()
        .flatten()
        .map(|(open, row)| (open, *row))
        .collect();
    let bearings = found
        .iter()
        .any(|(open, _)| open.is_some())
        .then(|| Bearings::new(catalogue, filter));
    let bearing = |open: &Option<Limit>, row: &Row| {
        let bearings = bearings.as_ref().filter(|_| open.is_some());
        bearings.map(|bearings| bearings.of(row))
    };
    found.sort_by_cached_key(|(open, row)| (bearing(open, row), filter.key(row)));
    let bearings = found.iter().filter_map(|(open, row)| bearing(open, row));
    Ranked {
        bearings: bearings.collect(),
        known: found.iter().filter(|(open, _)| open.is_none()).count(),
        open: count(found.iter().filter_map(|(open, _)| *open)),
        rows: found.into_iter().map(|(_, row)| row).collect(),
        versions,
        unknown,
        years: test.years,
    }
}

/// Every row that a search takes in: those that fit, and those whose price or towing limit isn't known.
pub fn fitting(catalogue: &Catalogue, filter: &Filter) -> Vec<Row> {
    let test = Test::new(catalogue, filter);
    let rows = catalogue.rows().iter();
    rows.filter(|row| matches!(test.fit(row), Fit::Yes | Fit::Open(_)))
        .copied()
        .collect()
}

/// How often each comes, the most frequent first.
fn count(limits: impl Iterator<Item = Limit>) -> Vec<(Limit, usize)> {
    let mut counts: Vec<(Limit, usize)> = Vec::new();
    for limit in limits {
        match counts.iter_mut().find(|(known, _)| *known == limit) {
            Some((_, count)) => *count += 1,
            None => counts.push((limit, 1)),
        }
    }
    counts.sort_by_key(|(limit, count)| (Reverse(*count), *limit));
    counts
}

/// Miles per gallon, combined: MPGe for cars that can be charged or run on hydrogen.
pub fn economy(row: &Row) -> Option<u16> {
    let figures = match row.facts.fuel {
        Fuel::Electric | Fuel::PlugInHybrid | Fuel::Hydrogen => row.facts.mpge,
        _ => row.facts.mpg,
    };
    figures.map(|figures| figures.combined)
}

#[cfg(test)]
mod fairness;
#[cfg(test)]
pub(crate) mod random;
#[cfg(test)]
mod tests;
