//! What else is published about a car whose price or towing limit isn't: the same model in other years, and its make.

use std::collections::HashMap;
use std::hash::Hash;

use super::{Filter, Limit};
use crate::cars::{Catalogue, Fuel, Row};

/// How likely a figure that isn't known is to be within what is asked. No figure is made up: this is what is published
/// about others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Bearing {
    /// In the newest year in which the figure of the same model and fuel is known, no more than [`REACH`] years before,
    /// one of its versions was within it.
    Likely,
    /// The same, but longer before; or the model has no such figure in any year, and of a price at least half of those
    /// known of its make and fuel are within it.
    Possible,
    /// That newest year's are all outside it, or those of the model with any other fuel; or the model has no price in any
    /// year, and most of its make's with that fuel are outside it, or none is known.
    Unlikely,
}

/// Within so many model years a figure of the same model speaks for a car: the reach of an estimated price, see
/// `docs/catalogue.md`.
const REACH: u16 = 4;

/// What is known of other cars, for the limits of a filter that a car may lack the figure for.
pub(super) struct Bearings<'a> {
    filter: &'a Filter,
    /// By model and fuel: the newest year with a figure, and whether one of that year's is within the limits.
    prices: HashMap<u32, (u16, bool)>,
    towing: HashMap<u32, (u16, bool)>,
    /// By make and base model, whatever the fuel.
    models: HashMap<(u32, u32), (u16, bool)>,
    /// By make and fuel: how many of its prices are within the limits, and how many are known.
    makes: HashMap<(u32, Fuel), (usize, usize)>,
}

impl<'a> Bearings<'a> {
    pub fn new(catalogue: &Catalogue, filter: &'a Filter) -> Self {
        let mut bearings = Bearings {
            filter,
            prices: HashMap::new(),
            towing: HashMap::new(),
            models: HashMap::new(),
            makes: HashMap::new(),
        };
        let is_priced = filter.budget_max.is_some() || filter.budget_min.is_some();
        for row in catalogue.rows() {
            let joined = &row.facts.joined;
            let year = row.facts.year;
            if let Some(price) = joined.price.filter(|_| is_priced) {
                let is_within = filter.budget_max.is_none_or(|most| price.usd <= most)
                    && filter.budget_min.is_none_or(|least| price.usd >= least);
                note(&mut bearings.prices, row.group, year, is_within);
                note(&mut bearings.models, model(row), year, is_within);
                let make = bearings
                    .makes
                    .entry((row.make, row.facts.fuel))
                    .or_default();
                make.0 += usize::from(is_within);
                make.1 += 1;
            }
            if let (Some(pounds), Some(least)) = (joined.towing_lb, filter.towing_min) {
                note(
                    &mut bearings.towing,
                    row.group,
                    year,
                    u32::from(pounds) >= least,
                );
            }
        }
        bearings
    }

    /// Of a row that lacks at least one of the figures; where it lacks several, the less likely.
    pub fn of(&self, row: &Row) -> Bearing {
        let asked = |limit: Limit, is_asked: bool| is_asked && limit.figure(row).is_none();
        let budget = self.filter.budget_max.is_some() || self.filter.budget_min.is_some();
        let price = asked(Limit::BudgetMax, budget).then(|| self.price(row));
        let towing = asked(Limit::Towing, self.filter.towing_min.is_some())
            .then(|| likely(&self.towing, row).unwrap_or(Bearing::Possible));
        price.max(towing).unwrap_or(Bearing::Possible)
    }

    fn price(&self, row: &Row) -> Bearing {
        if let Some(bearing) = likely(&self.prices, row) {
            return bearing;
        }
        let other_fuels = self.models.get(&model(row));
        let is_outside = other_fuels.is_some_and(|(_, is_within)| !is_within);
        match self.makes.get(&(row.make, row.facts.fuel)) {
            Some((within, known)) if within * 2 >= *known && !is_outside => Bearing::Possible,
            _ => Bearing::Unlikely,
        }
    }
}

fn model(row: &Row) -> (u32, u32) {
    let (make, base, _) = row.names();
    (make, base)
}

fn note<K: Eq + Hash>(newest: &mut HashMap<K, (u16, bool)>, of: K, year: u16, is_within: bool) {
    let known = newest.entry(of).or_insert((year, false));
    if year > known.0 {
        *known = (year, is_within);
    } else if year == known.0 {
        known.1 |= is_within;
    }
}

fn likely(newest: &HashMap<u32, (u16, bool)>, row: &Row) -> Option<Bearing> {
    newest
        .get(&row.group)
        .map(|(year, is_within)| match is_within {
            true if row.facts.year.abs_diff(*year) <= REACH => Bearing::Likely,
            true => Bearing::Possible,
            false => Bearing::Unlikely,
        })
}

/// The newest year in which a price of the same model and fuel is known, with the lowest of that year.
pub fn last_price(catalogue: &Catalogue, of: &Row) -> Option<(u16, u32)> {
    newest(
        catalogue,
        of,
        |row| Some(row.facts.joined.price?.usd),
        u32::min,
    )
}

/// The newest year in which a towing limit of the same model and fuel is known, with the highest of that year, in pounds.
pub fn last_towing(catalogue: &Catalogue, of: &Row) -> Option<(u16, u32)> {
    let pounds = |row: &Row| row.facts.joined.towing_lb.map(u32::from);
    newest(catalogue, of, pounds, u32::max)
}

fn newest(
    catalogue: &Catalogue,
    of: &Row,
    figure: impl Fn(&Row) -> Option<u32>,
    better: fn(u32, u32) -> u32,
) -> Option<(u16, u32)> {
    let same = catalogue.rows().iter().filter(|row| row.group == of.group);
    let known = same.filter_map(|row| Some((row.facts.year, figure(row)?)));
    known.reduce(|best, other| match other.0.cmp(&best.0) {
        std::cmp::Ordering::Less => best,
        std::cmp::Ordering::Equal => (best.0, better(best.1, other.1)),
        std::cmp::Ordering::Greater => other,
    })
}
