//! Cars as Autio knows them: what is published about each, and where it comes from.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

mod basis;
mod catalogue;
pub mod check;
pub mod compare;
pub mod cost;
pub mod energy;
pub mod epa;
pub mod join;
mod kinds;
pub mod search;
pub mod table;
pub mod units;
pub mod words;

pub use basis::{Basis, UNLIKE, alike};
pub use catalogue::names;
pub use catalogue::{Amount, Builder, Catalogue, Entry, Facts, Joined, Origin, Row};
pub use energy::{Cycles, Energy};
pub use kinds::{Body, Drive, Fuel, Grade, PriceKind, Transmission, UnknownWord};
pub use search::{Filter, Found, search};

/// One car of the catalogue, as pages, programs and stored replies have it. What isn't known is `None`, never 0.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Car {
    /// Readable and lasting, ending in EPA's number of the vehicle: `2024-toyota-rav4-hybrid-awd-47116`.
    pub id: String,
    /// Model year, which may start in the calendar year before it.
    pub year: u16,
    pub make: String,
    /// EPA's own name of the model.
    pub model: String,
    /// What tells it from others of that name: `2.5 L, 4 cyl, CVT`.
    pub variant: String,
    pub body: Option<Body>,
    pub fuel: Fuel,
    pub drive: Option<Drive>,
    pub transmission: Option<Transmission>,
    pub seats: Option<Seats>,
    pub horsepower: Option<u16>,
    /// The heaviest trailer, in pounds.
    pub towing_lb: Option<u32>,
    /// Miles per US gallon of the (first) liquid or gaseous fuel. `None` for electric and hydrogen cars.
    pub mpg: Option<Economy>,
    /// Miles per 33.7 kWh, the energy of a gallon of gasoline, on electricity (plug-ins too) or on hydrogen.
    pub mpge: Option<Economy>,
    /// Miles on electricity alone.
    pub electric_range_mi: Option<u16>,
    /// Miles on everything aboard. EPA gives it for electric, plug-in and hydrogen cars only.
    pub range_mi: Option<u16>,
    /// Grams of CO2 a mile from the tailpipe; see [`epa`] for plug-ins.
    pub co2_g_per_mi: Option<u16>,
    /// EPA's estimate in US dollars a year; see [`epa`] for what it assumes.
    pub fuel_cost_usd_per_year: Option<u16>,
    pub price: Option<Price>,
    pub safety: Option<Safety>,
    /// Where each figure is from, by the name of its field.
    pub sources: BTreeMap<String, String>,
    /// Why it was chosen for this shopper, in short reasons with figures; empty outside of advice.
    #[serde(default)]
    pub why: Vec<String>,
}

impl Car {
    /// `2024 Toyota RAV4 Hybrid AWD`
    pub fn title(&self) -> String {
        format!("{} {} {}", self.year, self.make, self.model)
    }
}

/// EPA's label figures for one fuel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Economy {
    pub city: u16,
    pub highway: u16,
    /// 55 % city and 45 % highway, as EPA weighs them.
    pub combined: u16,
}

/// The fewest and the most seats that the model is sold with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Seats {
    pub min: u8,
    pub max: u8,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Price {
    pub usd: u32,
    pub kind: PriceKind,
    pub year: u16,
    pub source: String,
}

/// NHTSA's overall stars, 1 to 5.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Safety {
    pub stars: u8,
    pub source: String,
}
