//! What a car costs to own, as arithmetic that anyone can check: energy, dollars a year, and dollars over the years.
//!
//! Fuel and the price of the car, and nothing else: no insurance, repairs, taxes, charging equipment or resale, for which
//! no source is at hand. A figure that can't be worked out is `None`, with the reason beside it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Basis, Catalogue, PriceKind, Row};
use crate::error::FieldError;

mod breakeven;
mod given;
mod used;

pub use breakeven::{BreakEven, Outcome, break_even};
pub use given::{amount, plain};
pub use used::{EnergyKind, KWH_PER_GALLON_EQUIVALENT, Used};

/// Where the prices come from that nobody has changed.
pub const DEFAULT_PRICES: &str =
    "the prices that EPA's own yearly fuel costs of 29 October 2025 rest on";

/// How and at what prices somebody drives.
///
/// The defaults are EPA's: 15,000 miles a year, 55 % of them in the city, and the prices that its `fuelCost08` of
/// 29 October 2025 is made of, which reproduce it for every car (`docs/cost.md`). EPA gives none for hydrogen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Assumptions {
    pub miles_per_year: u32,
    /// Of the miles, 0 to 100.
    pub city_percent: u8,
    pub years: u8,
    /// US dollars a gallon.
    pub regular_usd: f64,
    pub midgrade_usd: f64,
    pub premium_usd: f64,
    pub diesel_usd: f64,
    /// US dollars a kWh.
    pub electricity_usd: f64,
    /// US dollars for the energy of a gallon of gasoline.
    pub natural_gas_usd: f64,
    /// US dollars a kilogram.
    pub hydrogen_usd: Option<f64>,
}

impl Default for Assumptions {
    fn default() -> Self {
        Self {
            miles_per_year: 15_000,
            city_percent: 55,
            years: 5,
            regular_usd: 3.02,
            midgrade_usd: 3.62,
            premium_usd: 3.98,
            diesel_usd: 3.61,
            electricity_usd: 0.15,
            natural_gas_usd: 3.10,
            hydrogen_usd: None,
        }
    }
}

impl Assumptions {
    /// US dollars for one unit of it; `None` where no price is known.
    pub fn price_of(&self, kind: EnergyKind) -> Option<f64> {
        match kind {
            EnergyKind::Regular => Some(self.regular_usd),
            EnergyKind::Midgrade => Some(self.midgrade_usd),
            EnergyKind::Premium => Some(self.premium_usd),
            EnergyKind::Diesel => Some(self.diesel_usd),
            EnergyKind::Electricity => Some(self.electricity_usd),
            EnergyKind::NaturalGas => Some(self.natural_gas_usd),
            EnergyKind::Hydrogen => self.hydrogen_usd,
        }
    }

    /// What is wrong with them, each by its field; nothing when they can be used.
    pub fn wrong(&self) -> Vec<FieldError> {
        let mut wrong = Vec::new();
        let mut check = |field: &str, fine: bool, detail: String| {
            if !fine {
                wrong.push(FieldError {
                    field: field.to_owned(),
                    detail,
                });
            }
        };
        let miles = (1..=200_000).contains(&self.miles_per_year);
        check(
            "miles_per_year",
            miles,
            "Miles a year must be 1 to 200,000.".into(),
        );
        let city = self.city_percent <= 100;
        check(
            "city_percent",
            city,
            "The share of city miles must be 0 to 100 percent.".into(),
        );
        let years = (1..=30).contains(&self.years);
        check("years", years, "Years must be 1 to 30.".into());
        for kind in EnergyKind::ALL {
            let price = self.price_of(*kind).unwrap_or(0.0);
            // Not a number is in no range.
            let fine = (0.0..=100.0).contains(&price);
            let detail = format!(
                "The price of {} must be 0 to 100 dollars a {}.",
                kind.label(),
                kind.unit()
            );
            check(&format!("{}_usd", kind.as_str()), fine, detail);
        }
        wrong
    }
}

/// What one car costs under some assumptions.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Cost {
    /// The car's id.
    pub car: String,
    /// `2024 Toyota RAV4 Hybrid AWD`
    pub title: String,
    /// What tells it from others of that title.
    pub variant: String,
    /// What it uses in a year; empty when that can't be worked out.
    pub energy: Vec<Used>,
    /// All its energy, US dollars a year, to the cent.
    pub fuel_usd_per_year: Option<f64>,
    pub price: Option<Paid>,
    /// The price and the fuel of all years, US dollars, to the cent.
    pub total_usd: Option<f64>,
    pub assumptions: Assumptions,
    /// What can't be worked out, and why.
    pub unknown: Vec<FieldError>,
    /// What the figures take for granted, in sentences.
    pub notes: Vec<String>,
}

/// What the car itself costs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Paid {
    pub usd: u32,
    pub kind: PaidKind,
    /// The model year whose price it was; `None` for the person's own.
    pub year: Option<u16>,
    pub source: String,
}

/// Whose price it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PaidKind {
    Msrp,
    Estimate,
    Operator,
    /// What the person says that they would pay.
    Own,
}

impl Paid {
    /// What it is the price of; `None` for the person's own.
    pub fn basis(&self) -> Option<Basis> {
        let kind = match self.kind {
            PaidKind::Msrp => PriceKind::Msrp,
            PaidKind::Estimate => PriceKind::Estimate,
            PaidKind::Operator => PriceKind::Operator,
            PaidKind::Own => return None,
        };
        Some(Basis::of(kind, &self.source))
    }
}

/// Works out what a car of the catalogue costs. The assumptions must have nothing [wrong](Assumptions::wrong).
pub fn cost(catalogue: &Catalogue, row: &Row, assumptions: &Assumptions) -> Cost {
    let car = catalogue.car(row);
    let mut cost = Cost {
        title: car.title(),
        car: car.id,
        variant: car.variant,
        energy: Vec::new(),
        fuel_usd_per_year: None,
        price: car.price.map(|price| Paid {
            usd: price.usd,
            kind: match price.kind {
                PriceKind::Msrp => PaidKind::Msrp,
                PriceKind::Estimate => PaidKind::Estimate,
                PriceKind::Operator => PaidKind::Operator,
            },
            year: Some(price.year),
            source: price.source,
        }),
        total_usd: None,
        assumptions: assumptions.clone(),
        unknown: Vec::new(),
        notes: used::notes(row),
    };
    match used::energy(row, assumptions) {
        Ok(energy) => {
            let dollars: Option<f64> = energy.iter().map(|used| used.usd_per_year).sum();
            cost.fuel_usd_per_year = dollars.map(cents);
            cost.energy = energy;
            if dollars.is_none() {
                cost.say_unknown(
                    "fuel_usd_per_year",
                    "There is no price for hydrogen: EPA gives none. Enter one to get the fuel cost.",
                );
            }
        }
        Err(why) => cost.say_unknown("fuel_usd_per_year", why),
    }
    cost.add_up();
    cost
}

impl Cost {
    /// The same at a price that the person names, in US dollars.
    #[must_use]
    pub fn at_price(mut self, usd: u32) -> Self {
        self.price = Some(Paid {
            usd,
            kind: PaidKind::Own,
            year: None,
            source: "your own figure".to_owned(),
        });
        self.add_up();
        self
    }

    /// The price with its fuel after so many years, US dollars.
    pub fn after(&self, years: f64) -> Option<f64> {
        let price = f64::from(self.price.as_ref()?.usd);
        Some(price + years * self.fuel_usd_per_year?)
    }

    fn add_up(&mut self) {
        self.unknown
            .retain(|unknown| unknown.field == "fuel_usd_per_year");
        if self.price.is_none() {
            self.say_unknown(
                "price",
                "No price of this car is published in Autio's sources.",
            );
        }
        self.total_usd = self.after(self.assumptions.years.into()).map(cents);
        if self.total_usd.is_none() {
            let lacks = match (&self.price, self.fuel_usd_per_year) {
                (None, None) => "neither its price nor its fuel cost is known",
                (None, Some(_)) => "its price isn't known",
                _ => "its fuel cost isn't known",
            };
            self.say_unknown("total_usd", format!("There is no total, because {lacks}."));
        }
    }

    fn say_unknown(&mut self, field: &str, detail: impl Into<String>) {
        self.unknown.push(FieldError {
            field: field.to_owned(),
            detail: detail.into(),
        });
    }
}

fn cents(usd: f64) -> f64 {
    (usd * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests;
