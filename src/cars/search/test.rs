//! Tells whether a row meets a filter: yes, no, or not known.

use std::collections::HashSet;

use super::{Filter, Limit, RECENT_YEARS, letters};
use crate::cars::{Catalogue, Row};

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fit {
    Yes,
    No,
    /// Every limit that can be checked is met, but the figure for this one is missing.
    Unknown(Limit),
    /// The same, for a figure that so few cars have that those without it are listed after the others.
    Open(Limit),
}

/// A filter made ready for a catalogue.
pub struct Test<'a> {
    filter: &'a Filter,
    pub years: (u16, u16),
    /// Whether the first of the years is the default, and goes back if no model is named any more.
    pub recent: bool,
    /// The first year that is searched once no model is named, where that isn't the same.
    pub unnamed_from: u16,
    /// What is asked: the years first, which rule out the most, then every limit that is set; a number where it is one.
    pub limits: Vec<(Limit, u32)>,
    /// By the places of names: whether a make is wanted, or unwanted.
    makes: Vec<u32>,
    makes_not: Vec<u32>,
    /// The groups of names that a wanted, or an unwanted, model is in.
    names: HashSet<(u32, u32, u32)>,
    names_not: HashSet<(u32, u32, u32)>,
}

impl<'a> Test<'a> {
    pub fn new(catalogue: &Catalogue, filter: &'a Filter) -> Self {
        let (oldest, newest) = catalogue.years();
        let undated = filter.year_min.is_none() && filter.year_max.is_none();
        let recent = undated && filter.models.is_empty();
        let newest_few = newest.saturating_sub(RECENT_YEARS - 1);
        let first = match filter.year_min {
            Some(year) => year,
            None if recent => newest_few,
            None => oldest,
        };
        let years = (first, filter.year_max.unwrap_or(newest));
        let mut limits = vec![
            (Limit::YearMin, first.into()),
            (Limit::YearMax, years.1.into()),
        ];
        limits.extend(
            filter
                .limits()
                .map(|(limit, number)| (limit, number.unwrap_or(0))),
        );
        let makes = |names: &[String]| match names {
            [] => Vec::new(),
            names => {
                let wanted: Vec<String> = names.iter().map(|name| letters(name)).collect();
                catalogue.make_places(|make| wanted.contains(&letters(make)))
            }
        };
        let models = |names: &[String]| match names {
            [] => HashSet::new(),
            names => catalogue.name_places(names),
        };
        Test {
            filter,
            years,
            recent,
            unnamed_from: if undated { newest_few } else { 0 },
            limits,
            makes: makes(&filter.makes),
            makes_not: makes(&filter.makes_not),
            names: models(&filter.models),
            names_not: models(&filter.models_not),
        }
    }

    pub fn fit(&self, row: &Row) -> Fit {
        let (mut unknown, mut open) = (None, None);
        for &(limit, number) in &self.limits {
            match self.meets(row, limit, number) {
                Some(true) => {}
                Some(false) => return Fit::No,
                None if limit.is_open() => open = open.or(Some(limit)),
                None => unknown = unknown.or(Some(limit)),
            }
        }
        match (unknown, open) {
            (Some(limit), _) => Fit::Unknown(limit),
            (None, Some(limit)) => Fit::Open(limit),
            (None, None) => Fit::Yes,
        }
    }

    /// Whether one limit, which is set, is met; `None` where the row lacks the figure for it.
    pub fn meets(&self, row: &Row, limit: Limit, number: u32) -> Option<bool> {
        let (filter, facts) = (self.filter, &row.facts);
        match limit {
            Limit::Body => facts.body.map(|body| filter.bodies.contains(&body)),
            Limit::BodyNot => facts.body.map(|body| !filter.bodies_not.contains(&body)),
            Limit::Fuel => Some(filter.fuels.contains(&facts.fuel)),
            Limit::FuelNot => Some(!filter.fuels_not.contains(&facts.fuel)),
            Limit::Drive => facts.drive.map(|drive| filter.drives.contains(&drive)),
            Limit::Make => Some(self.makes.contains(&row.make)),
            Limit::MakeNot => Some(!self.makes_not.contains(&row.make)),
            Limit::Model => Some(self.names.contains(&row.names())),
            Limit::ModelNot => Some(!self.names_not.contains(&row.names())),
            Limit::Transmission => facts
                .transmission
                .map(|gears| filter.transmissions.contains(&gears)),
            Limit::TransmissionNot => facts
                .transmission
                .map(|gears| !filter.transmissions_not.contains(&gears)),
            _ if limit.is_most() => limit.figure(row).map(|figure| figure <= number),
            _ => limit.figure(row).map(|figure| figure >= number),
        }
    }
}
