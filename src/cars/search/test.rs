//! Tells whether a row meets a filter: yes, no, or not known.

use std::cmp::Reverse;

use super::{Filter, RECENT_YEARS, economy};
use crate::cars::{Catalogue, Fuel, Row};

/// A limit that a filter can set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    Body,
    BodyNot,
    Fuel,
    FuelNot,
    Drive,
    Make,
    MakeNot,
    Model,
    ModelNot,
    Transmission,
    TransmissionNot,
    Mpg,
    ElectricRange,
    Range,
    YearMin,
    YearMax,
    BudgetMax,
    BudgetMin,
    Seats,
    Stars,
    Horsepower,
    Towing,
}

impl Limit {
    /// What people call what it limits.
    pub fn label(self) -> &'static str {
        match self {
            Limit::Body | Limit::BodyNot => "body style",
            Limit::Fuel | Limit::FuelNot => "fuel",
            Limit::Drive => "drive",
            Limit::Make | Limit::MakeNot => "make",
            Limit::Model | Limit::ModelNot => "model",
            Limit::Transmission | Limit::TransmissionNot => "transmission",
            Limit::Mpg => "economy",
            Limit::ElectricRange => "electric range",
            Limit::Range => "range",
            Limit::YearMin | Limit::YearMax => "model year",
            Limit::BudgetMax | Limit::BudgetMin => "price",
            Limit::Seats => "number of seats",
            Limit::Stars => "safety rating",
            Limit::Horsepower => "power",
            Limit::Towing => "towing limit",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fit {
    Yes,
    No,
    /// Every limit that can be checked is met, but the figure for this one is missing.
    Unknown(Limit),
    /// The same, for a figure that so few cars have that those without it are listed after the others.
    Open(Limit),
}

impl Limit {
    /// Whether a car without the figure is listed all the same, after those that have it.
    fn is_open(self) -> bool {
        matches!(self, Limit::BudgetMax | Limit::BudgetMin | Limit::Towing)
    }
}

/// A filter made ready for a catalogue.
pub struct Test<'a> {
    filter: &'a Filter,
    pub years: (u16, u16),
    /// By the places of names: whether a make is wanted, or unwanted.
    makes: Option<Vec<u32>>,
    makes_not: Vec<u32>,
    /// The groups of names that a wanted model is in.
    names: Option<std::collections::HashSet<(u32, u32, u32)>>,
    /// The groups of names that an unwanted model is in.
    names_not: std::collections::HashSet<(u32, u32, u32)>,
}

impl<'a> Test<'a> {
    pub fn new(catalogue: &Catalogue, filter: &'a Filter) -> Self {
        let (oldest, newest) = catalogue.years();
        let recent =
            filter.year_min.is_none() && filter.year_max.is_none() && filter.models.is_empty();
        let first = match filter.year_min {
            Some(year) => year,
            None if recent => newest.saturating_sub(RECENT_YEARS - 1),
            None => oldest,
        };
        let makes = |names: &[String]| {
            let wanted: Vec<String> = names.iter().map(|name| letters(name)).collect();
            catalogue.make_places(|make| wanted.contains(&letters(make)))
        };
        Test {
            filter,
            years: (first, filter.year_max.unwrap_or(newest)),
            makes: (!filter.makes.is_empty()).then(|| makes(&filter.makes)),
            makes_not: if filter.makes_not.is_empty() {
                Vec::new()
            } else {
                makes(&filter.makes_not)
            },
            names: (!filter.models.is_empty()).then(|| catalogue.name_places(&filter.models)),
            names_not: if filter.models_not.is_empty() {
                std::collections::HashSet::new()
            } else {
                catalogue.name_places(&filter.models_not)
            },
        }
    }

    pub fn fit(&self, row: &Row) -> Fit {
        let (filter, facts) = (self.filter, &row.facts);
        let mut unknown = None;
        let mut no = facts.year < self.years.0 || facts.year > self.years.1;
        no = no
            || self
                .makes
                .as_ref()
                .is_some_and(|makes| !makes.contains(&row.make));
        no = no || self.makes_not.contains(&row.make);
        no = no
            || self
                .names
                .as_ref()
                .is_some_and(|names| !names.contains(&row.names()));
        no = no || (!self.names_not.is_empty() && self.names_not.contains(&row.names()));
        no = no || outside(&filter.fuels, Some(facts.fuel), Limit::Fuel, &mut unknown);
        no = no
            || inside(
                &filter.fuels_not,
                Some(facts.fuel),
                Limit::FuelNot,
                &mut unknown,
            );
        no = no || outside(&filter.drives, facts.drive, Limit::Drive, &mut unknown);
        no = no || outside(&filter.bodies, facts.body, Limit::Body, &mut unknown);
        no = no || inside(&filter.bodies_not, facts.body, Limit::BodyNot, &mut unknown);
        no = no
            || outside(
                &filter.transmissions,
                facts.transmission,
                Limit::Transmission,
                &mut unknown,
            );
        no = no
            || inside(
                &filter.transmissions_not,
                facts.transmission,
                Limit::TransmissionNot,
                &mut unknown,
            );
        no = no || below(filter.mpg_min, economy(row), Limit::Mpg, &mut unknown);
        no = no || below(filter.range_min, facts.range_mi, Limit::Range, &mut unknown);
        // A car that can't be charged has no electric range: that is known, and not enough.
        let charged = matches!(facts.fuel, Fuel::Electric | Fuel::PlugInHybrid);
        let electric = if charged {
            facts.electric_range_mi
        } else {
            Some(0)
        };
        no = no
            || below(
                filter.electric_range_min,
                electric,
                Limit::ElectricRange,
                &mut unknown,
            );
        let joined = &facts.joined;
        let seats = joined.seats.map(|seats| seats.max);
        no = no || below(filter.seats_min, seats, Limit::Seats, &mut unknown);
        no = no || below(filter.stars_min, joined.stars, Limit::Stars, &mut unknown);
        let power = joined.horsepower;
        no = no
            || below(
                filter.horsepower_min,
                power,
                Limit::Horsepower,
                &mut unknown,
            );
        let mut open = None;
        let usd = joined.price.map(|price| price.usd);
        no = no || below(filter.budget_min, usd, Limit::BudgetMin, &mut open);
        // No more than the most is as good as no less, the other way round.
        let most = filter.budget_max.map(Reverse);
        no = no || below(most, usd.map(Reverse), Limit::BudgetMax, &mut open);
        let pounds = joined.towing_lb.map(u32::from);
        no = no || below(filter.towing_min, pounds, Limit::Towing, &mut open);
        match unknown.or(open) {
            _ if no => Fit::No,
            Some(limit) if limit.is_open() => Fit::Open(limit),
            Some(limit) => Fit::Unknown(limit),
            None => Fit::Yes,
        }
    }
}

fn outside<T: PartialEq>(
    wanted: &[T],
    value: Option<T>,
    limit: Limit,
    unknown: &mut Option<Limit>,
) -> bool {
    match value {
        _ if wanted.is_empty() => false,
        Some(value) => !wanted.contains(&value),
        None => {
            *unknown = unknown.or(Some(limit));
            false
        }
    }
}

fn inside<T: PartialEq>(
    unwanted: &[T],
    value: Option<T>,
    limit: Limit,
    unknown: &mut Option<Limit>,
) -> bool {
    // An unknown value may be the unwanted one.
    let known = value.is_some();
    !unwanted.is_empty() && !outside(unwanted, value, limit, unknown) && known
}

fn below<T: Copy + PartialOrd, U: Copy + Into<T>>(
    least: Option<T>,
    value: Option<U>,
    limit: Limit,
    unknown: &mut Option<Limit>,
) -> bool {
    match (least, value) {
        (None, _) => false,
        (Some(least), Some(value)) => value.into() < least,
        (Some(_), None) => {
            *unknown = unknown.or(Some(limit));
            false
        }
    }
}

/// The letters and digits of a name, in lower case: what is compared.
pub fn letters(name: &str) -> String {
    name.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// Whether a model, given by its [`letters`], is in a make's and a model's name as whole words.
pub fn named(wanted: &str, make: &str, model: &str) -> bool {
    let wanted = wanted.as_bytes();
    let (make, model) = (make.as_bytes(), model.as_bytes());
    // The two names with a space between them, without making a string of every name in the catalogue.
    let len = make.len() + 1 + model.len();
    let byte = |at: usize| match at.checked_sub(make.len()) {
        None => make[at],
        Some(0) => b' ',
        Some(past) => model[past - 1],
    };
    let is_letter = |at: usize| byte(at).is_ascii_alphanumeric() || !byte(at).is_ascii();
    let fits = |from: usize| {
        let mut at = from;
        for wanted in wanted {
            while at < len && !is_letter(at) {
                at += 1;
            }
            if at >= len || byte(at).to_ascii_lowercase() != *wanted {
                return false;
            }
            at += 1;
        }
        at >= len || !is_letter(at)
    };
    let starts = |at: usize| is_letter(at) && (at == 0 || !is_letter(at - 1));
    !wanted.is_empty() && (0..len).any(|from| starts(from) && fits(from))
}
