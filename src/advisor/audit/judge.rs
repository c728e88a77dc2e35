//! Whether a figure is borne out: by the car that it is said of, by what was looked up, or by the shopper's own words.

use super::evidence::Evidence;
use super::figures::{Bound, Figure, Span};
use super::mention::Mention;
use super::sentence::Sentence;
use super::unit::{self, Unit};
use crate::cars::{Catalogue, Row};

/// How far a figure that is called rounded may be off, of the true one.
const ROUNDING: f64 = 0.025;

/// What figures are held against.
pub struct Judge<'a> {
    catalogue: &'a Catalogue,
    evidence: &'a Evidence,
    /// The cars that tools returned.
    returned: Vec<&'a Row>,
}

impl<'a> Judge<'a> {
    pub fn new(catalogue: &'a Catalogue, evidence: &'a Evidence) -> Self {
        let rows = catalogue.rows().iter();
        let returned = rows.filter(|row| evidence.numbers.contains(&row.facts.number));
        Self {
            catalogue,
            evidence,
            returned: returned.collect(),
        }
    }

    /// The versions of a car that count: those that a tool returned for this reply, or else all of its year.
    pub fn versions<'r>(&self, mention: &'r Mention) -> Vec<&'r Row> {
        let looked_up: Vec<&Row> = mention
            .rows
            .iter()
            .filter(|row| self.evidence.numbers.contains(&row.facts.number))
            .collect();
        match looked_up.is_empty() || mention.is_aside {
            true => mention.rows.iter().collect(),
            false => looked_up,
        }
    }

    /// Whether one version of the car has the figure.
    pub fn bears(&self, mention: &Mention, figure: &Figure) -> bool {
        let versions = self.versions(mention);
        versions.iter().any(|row| {
            let values = self.values(row, figure);
            values.iter().any(|value| fits(*value, figure))
        })
    }

    /// Whether anything is known of the car under that unit.
    pub fn knows(&self, mention: &Mention, figure: &Figure) -> bool {
        let versions = self.versions(mention);
        versions
            .iter()
            .any(|row| !self.values(row, figure).is_empty())
    }

    /// Whether any car that was returned has it, or a tool's result says it of no car.
    pub fn looked_up(&self, figure: &Figure) -> bool {
        // Not as a bound: under $9,000 are a price of fuel and much else.
        let exactly = Figure {
            bound: None,
            ..figure.clone()
        };
        let results = self.evidence.figures.iter();
        results
            .filter(|(unit, ..)| same_unit(*unit, figure.unit))
            .any(|(_, value, car)| car.is_none() && fits(*value, &exactly))
            || self.returned.iter().any(|row| {
                let values = self.values(row, figure);
                values.iter().any(|value| fits(*value, figure))
            })
    }

    /// Whether it is the difference or the sum of what two cars have, or what lies between one and the shopper's own.
    pub fn combines(&self, mentions: &[&Mention], figure: &Figure) -> bool {
        if !figure.is_difference && !figure.is_sum {
            return false;
        }
        let plain = Figure {
            is_difference: false,
            part: None,
            ..figure.clone()
        };
        let mut sides: Vec<Vec<f64>> = mentions
            .iter()
            .map(|mention| {
                let versions = self.versions(mention);
                let values = versions.iter().flat_map(|row| self.values(row, &plain));
                values.collect()
            })
            .collect();
        if mentions.len() < 2 {
            sides.extend(self.returned.iter().map(|row| self.values(row, &plain)));
            let results = self.evidence.figures.iter();
            sides.extend(
                results
                    .filter(|(unit, _, car)| *unit == figure.unit && car.is_none())
                    .map(|(_, value, _)| vec![*value]),
            );
        }
        let said = self
            .evidence
            .said
            .iter()
            .filter(|(unit, _)| *unit == figure.unit);
        let said: Vec<f64> = said.map(|(_, value)| *value).collect();
        let made = |a: f64, b: f64| {
            figure.is_difference && fits((a - b).abs(), &plain)
                || figure.is_sum && fits(a + b, &plain)
        };
        let own = said
            .iter()
            .any(|own| sides.iter().flatten().any(|value| made(*value, *own)));
        own || sides.iter().enumerate().any(|(at, side)| {
            let others = sides[at + 1..].iter().flatten();
            others
                .into_iter()
                .any(|b| side.iter().any(|a| made(*a, *b)))
        })
    }

    /// Whether a tool took it for granted, and the sentence says so: the miles of a year, a price of fuel, the share of
    /// the city.
    pub fn is_assumed(&self, figure: &Figure, sentence: &Sentence<'_>) -> bool {
        let speaks_of_it = match figure.unit {
            Unit::Miles => sentence.is_followed(figure, &["year", "yearly", "annually"]),
            Unit::Percent => sentence.has(&["city", "highway", "town"]),
            Unit::Rate => true,
            _ => false,
        };
        let assumed = self.evidence.assumed.iter();
        speaks_of_it
            && assumed
                .filter(|(unit, _)| same_unit(*unit, figure.unit))
                .any(|(_, value)| (value - figure.value).abs() < 0.005)
    }

    /// Whether the shopper said it.
    pub fn is_said(&self, figure: &Figure) -> bool {
        let said = self.evidence.said.iter();
        said.filter(|(unit, _)| same_unit(*unit, figure.unit))
            .any(|(_, value)| (value - figure.value).abs() < 0.005)
    }

    /// Whether it is what EPA and NHTSA count by: 33.7 kWh to the gallon, 15,000 miles a year, 55 % city, 5 stars.
    pub fn is_convention(&self, figure: &Figure, sentence: &Sentence<'_>) -> bool {
        let is = |value: f64| (figure.value - value).abs() < 0.001;
        match figure.unit {
            Unit::Kwh => is(33.7),
            Unit::Miles => is(15_000.0) && sentence.text.contains("year"),
            Unit::Percent => {
                (is(55.0) && sentence.text.contains("city"))
                    || (is(45.0) && sentence.text.contains("highway"))
            }
            Unit::Stars => is(5.0) && sentence.is_scale(figure),
            _ => false,
        }
    }

    /// What a car has under the figure's unit, and what tools worked out for it.
    fn values(&self, row: &Row, figure: &Figure) -> Vec<f64> {
        let variant = self.catalogue.entry(row).variant;
        let mut values = unit::values(row, variant, figure.unit, figure.part);
        // A year's fuel is no price, unless nothing says that a price is meant.
        let is_price = !figure.is_fuel && (figure.is_price || figure.bound.is_some());
        if figure.unit == Unit::Usd {
            let cost = row.facts.fuel_cost_usd_per_year.map(f64::from);
            let price = row.facts.joined.price.map(|price| f64::from(price.usd));
            values = match figure.span {
                Span::Once if is_price => price.into_iter().collect(),
                Span::Once => price.into_iter().chain(cost).collect(),
                Span::Month => cost.map(|cost| cost / 12.0).into_iter().collect(),
                Span::Years(years) => cost.map(|cost| cost * years).into_iter().collect(),
            };
        }
        let results = self.evidence.figures.iter();
        let own = results.filter(|(unit, _, car)| {
            *car == Some(row.facts.number) && *unit == figure.unit && figure.part.is_none()
        });
        // A result's figures of this car are already in it, save those that were worked out.
        let is_cost = figure.unit == Unit::Usd && !(is_price && figure.bound.is_some());
        let worked_out = own.filter(|_| is_cost || figure.unit == Unit::Kwh);
        values.extend(worked_out.map(|(_, value, _)| match figure.span {
            Span::Month => value / 12.0,
            _ => *value,
        }));
        values
    }
}

fn same_unit(one: Unit, other: Unit) -> bool {
    one == other || (one == Unit::Usd && other == Unit::Rate)
}

/// Whether a true value makes the figure true, with what is said around it.
pub fn fits(value: f64, figure: &Figure) -> bool {
    let stated = figure.value;
    let counts = matches!(
        figure.unit,
        Unit::Seats | Unit::Stars | Unit::Rows | Unit::Cylinders | Unit::Gears
    );
    let near =
        !counts && (value - stated).abs() <= (value * ROUNDING).max(1.0_f64.min(value * 0.05));
    match (figure.bound, figure.is_rounded) {
        (Some(Bound::Least), false) => value >= stated,
        (Some(Bound::Most), false) => value <= stated,
        (Some(Bound::Least), true) => value >= stated && near,
        (Some(Bound::Most), true) => value <= stated && near,
        (None, true) => near,
        // Cents are rounded to the dollar, and shares to the percent.
        (None, false) if value.fract() != 0.0 && stated.fract() == 0.0 => {
            (value - stated).abs() <= 0.5
        }
        (None, false) => (value - stated).abs() < 0.005,
    }
}
