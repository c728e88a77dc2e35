//! Finds the cars that meet every limit, one for each model and kind of fuel, and says what nearly would.

use std::cmp::Reverse;

use serde::{Deserialize, Serialize};

use super::{Body, Car, Catalogue, Drive, Fuel, Row, Transmission};

mod change;
pub mod facets;
mod test;
mod versions;

pub use change::Change;
use test::{Fit, Test};
pub use test::{Limit, letters, named};
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
    /// US dollars. A car whose price isn't known comes after all whose price is.
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

/// What comes first. Ties go by CO2, then by a scramble of EPA's number, so that no make has a lead by its name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// The highest miles per gallon, or MPGe for cars that can be charged or run on hydrogen.
    #[default]
    Economy,
    /// The longest range on everything aboard.
    Range,
    /// The longest range on electricity.
    ElectricRange,
    /// The least CO2 from the tailpipe.
    Co2,
    /// The lowest yearly fuel cost.
    FuelCost,
    /// The newest model year, then economy.
    Newest,
    /// The lowest price.
    Price,
    /// The most horsepower.
    Power,
    /// The most of NHTSA's overall stars; cars that aren't rated come last.
    Safety,
    /// The most seats that it is sold with.
    Seats,
    /// The highest towing limit.
    Towing,
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
    /// When nothing fits: what would, the smallest change first.
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
    /// come last.
    pub rows: Vec<Row>,
    /// How many of the rows, from the first, are known to fit.
    pub known: usize,
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
                missing[group] = missing[group].or(Some(limit));
                continue;
            }
            Fit::Open(limit) => Some(limit),
            Fit::Yes => {
                versions += 1;
                None
            }
        };
        let key = |open: Option<Limit>, row: &Row| {
            (
                open.is_some(),
                Reverse(row.facts.year),
                filter.sort.key(row),
            )
        };
        if best[group].is_none_or(|(other, known)| key(open, row) < key(other, known)) {
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
    found.sort_by_cached_key(|(open, row)| (open.is_some(), filter.sort.key(row)));
    Ranked {
        known: found.iter().filter(|(open, _)| open.is_none()).count(),
        open: count(found.iter().filter_map(|(open, _)| *open)),
        rows: found.into_iter().map(|(_, row)| row).collect(),
        versions,
        unknown,
        years: test.years,
    }
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

impl Sort {
    /// Less is better; what isn't known comes last.
    fn key(self, row: &Row) -> (i32, i32, i32, u32) {
        let facts = &row.facts;
        let low = |figure: Option<u16>| figure.map_or(i32::MAX, i32::from);
        let high = |figure: Option<u16>| figure.map_or(i32::MAX, |figure| -i32::from(figure));
        let economy = high(economy(row));
        let first = match self {
            Sort::Economy => economy,
            Sort::Range => high(facts.range_mi),
            Sort::ElectricRange => high(facts.electric_range_mi),
            Sort::Co2 => low(facts.co2_g_per_mi),
            Sort::FuelCost => low(facts.fuel_cost_usd_per_year),
            Sort::Newest => high(Some(facts.year)),
            Sort::Price => facts
                .joined
                .price
                .map_or(i32::MAX, |price| price.usd.cast_signed()),
            Sort::Power => high(facts.joined.horsepower),
            Sort::Safety => high(facts.joined.stars.map(u16::from)),
            Sort::Seats => high(facts.joined.seats.map(|seats| seats.max.into())),
            Sort::Towing => high(facts.joined.towing_lb),
        };
        let second = if self == Sort::Newest || self == Sort::Co2 {
            economy
        } else {
            low(facts.co2_g_per_mi)
        };
        (first, second, economy, scramble(facts.number))
    }
}

/// A fixed shuffle of EPA's numbers, which otherwise follow the makers' filings (the mixing step of MurmurHash3).
fn scramble(number: u32) -> u32 {
    let mut bits = number;
    bits = (bits ^ (bits >> 16)).wrapping_mul(0x85eb_ca6b);
    bits = (bits ^ (bits >> 13)).wrapping_mul(0xc2b2_ae35);
    bits ^ (bits >> 16)
}

#[cfg(test)]
mod tests;
