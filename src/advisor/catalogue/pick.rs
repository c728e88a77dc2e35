//! Picks the few cars to show.

use std::collections::HashMap;

use crate::advisor::needs::{Field, Need};
use crate::cars::search::{Bearing, Ranked, dominates};
use crate::cars::{Filter, Fuel, Row};

/// The most cars that are shown at once.
const MOST_CARS: usize = 5;
/// The most cars that are shown without a price or a towing limit that is asked for, beside those that are known to fit.
const MOST_OPEN: usize = 2;

/// What is shown of all that was found.
pub struct Picked {
    /// The rows, the best first; those that are known to fit before the others.
    pub rows: Vec<Row>,
    /// How many of the rows are known to fit.
    pub known: usize,
    /// What would be shown too, but that another car leaves no reason to take it: the row, and that other car.
    pub left_out: Vec<(Row, Row)>,
    /// What the shopper named and is shown, with a car that leaves no reason to take it.
    pub beaten: Vec<(Row, Row)>,
}

/// The rows of what these needs found that are shown. `docs/advice.md` has the rules:
///
/// - While no fuel is named, two of each kind go before a third of one: otherwise electric cars, whose energy use is the
///   lowest, would be all there is.
/// - A car that another dominates is left out while others are there, unless the shopper named it.
/// - Of cars without a price or a towing limit that is asked for, few are shown, and only those for which something
///   published speaks.
pub fn shown(ranked: &Ranked, filter: &Filter, needs: &[Need]) -> Picked {
    let mut picked = Picked {
        rows: Vec::new(),
        known: 0,
        left_out: Vec::new(),
        beaten: Vec::new(),
    };
    if needs.is_empty() {
        return picked;
    }
    let asks = |fields: &[Field]| needs.iter().any(|need| fields.contains(&need.field));
    let is_mixed = !asks(&[Field::Fuel, Field::Model]);
    let is_named = asks(&[Field::Model]);
    let known = &ranked.rows[..ranked.known];
    // Who dominates a car stands before it.
    let better = |at: usize| {
        known[..at]
            .iter()
            .find(|one| dominates(filter, one, &known[at]))
    };

    let plain = places(known, is_mixed, |_| false);
    let chosen = match is_named {
        true => plain.clone(),
        false => places(known, is_mixed, |at| better(at).is_some()),
    };
    for at in plain.iter().filter(|at| !chosen.contains(at)) {
        picked
            .left_out
            .extend(better(*at).map(|other| (known[*at], *other)));
    }
    if is_named {
        let beaten = chosen
            .iter()
            .filter_map(|at| Some((known[*at], *better(*at)?)));
        picked.beaten.extend(beaten);
    }
    picked.known = chosen.len();
    picked.rows.extend(chosen.iter().map(|at| known[*at]));
    picked.rows.extend(open(ranked, is_mixed, picked.known));
    picked
}

/// Those that may fit, as far as something published speaks for them.
fn open(ranked: &Ranked, is_mixed: bool, known: usize) -> Vec<Row> {
    let rows = &ranked.rows[ranked.known..];
    let of = |bearing: Bearing| ranked.bearings.iter().filter(|is| **is == bearing).count();
    let likely = of(Bearing::Likely);
    let (rows, most) = match (known, likely) {
        (0, 0) => (&rows[..of(Bearing::Possible)], MOST_OPEN),
        (0, _) => (&rows[..likely], MOST_CARS),
        _ => (
            &rows[..likely],
            MOST_OPEN.min(MOST_CARS.saturating_sub(known)),
        ),
    };
    let mut places = places(rows, is_mixed, |_| false);
    places.truncate(most);
    places.into_iter().map(|at| rows[at]).collect()
}

/// The places of the few that are shown of some rows, in order: first those that aren't dominated, then those that aren't
/// a third of their kind of fuel.
fn places(rows: &[Row], is_mixed: bool, is_dominated: impl Fn(usize) -> bool) -> Vec<usize> {
    let mut counts: HashMap<Fuel, usize> = HashMap::new();
    let mut free = Vec::new();
    let mut places: Vec<(bool, bool, usize)> = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        if free.len() == MOST_CARS {
            break;
        }
        let count = counts.entry(row.facts.fuel).or_default();
        let is_third = is_mixed && *count >= 2;
        let is_dominated = is_dominated(at);
        *count += usize::from(!is_dominated);
        if !is_third && !is_dominated {
            free.push(at);
        }
        places.push((is_dominated, is_third, at));
    }
    places.sort_unstable();
    places.truncate(MOST_CARS);
    places.sort_unstable_by_key(|(.., at)| *at);
    places.into_iter().map(|(.., at)| at).collect()
}
