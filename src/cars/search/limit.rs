//! The limits that a filter can set, in the order in which they are named.

use utoipa::ToSchema;

use super::{Filter, economy};
use crate::cars::{Fuel, Row};

/// A limit that a filter can set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, ToSchema)]
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

/// All but the two of model years, whose bounds depend on the catalogue.
const UNDATED: [Limit; 20] = [
    Limit::Body,
    Limit::BodyNot,
    Limit::Fuel,
    Limit::FuelNot,
    Limit::Drive,
    Limit::Make,
    Limit::MakeNot,
    Limit::Model,
    Limit::ModelNot,
    Limit::Transmission,
    Limit::TransmissionNot,
    Limit::Mpg,
    Limit::ElectricRange,
    Limit::Range,
    Limit::BudgetMax,
    Limit::BudgetMin,
    Limit::Seats,
    Limit::Stars,
    Limit::Horsepower,
    Limit::Towing,
];

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

    /// Whether a car without the figure is listed all the same, after those that have it.
    pub(super) fn is_open(self) -> bool {
        matches!(self, Limit::BudgetMax | Limit::BudgetMin | Limit::Towing)
    }

    /// Whether it is a number that a figure must not pass; of the other numbers it must not fall short.
    pub(super) fn is_most(self) -> bool {
        matches!(self, Limit::BudgetMax | Limit::YearMax)
    }

    /// The figure of a row that a limit on a number is held against; `None` where it isn't known, and for limits that
    /// aren't numbers.
    pub(super) fn figure(self, row: &Row) -> Option<u32> {
        let facts = &row.facts;
        match self {
            Limit::Mpg => economy(row).map(u32::from),
            Limit::Range => facts.range_mi.map(u32::from),
            // A car that can't be charged has no electric range: that is known, and not enough.
            Limit::ElectricRange => match facts.fuel {
                Fuel::Electric | Fuel::PlugInHybrid => facts.electric_range_mi.map(u32::from),
                _ => Some(0),
            },
            Limit::YearMin | Limit::YearMax => Some(facts.year.into()),
            Limit::BudgetMax | Limit::BudgetMin => facts.joined.price.map(|price| price.usd),
            Limit::Seats => facts.joined.seats.map(|seats| seats.max.into()),
            Limit::Stars => facts.joined.stars.map(u32::from),
            Limit::Horsepower => facts.joined.horsepower.map(u32::from),
            Limit::Towing => facts.joined.towing_lb.map(u32::from),
            _ => None,
        }
    }
}

impl Filter {
    /// The limits that are set, apart from model years, in their order; with the number, where one is a number.
    pub(super) fn limits(&self) -> impl Iterator<Item = (Limit, Option<u32>)> + '_ {
        UNDATED.into_iter().filter_map(|limit| {
            let number = match limit {
                Limit::Mpg => self.mpg_min.map(u32::from),
                Limit::ElectricRange => self.electric_range_min.map(u32::from),
                Limit::Range => self.range_min.map(u32::from),
                Limit::BudgetMax => self.budget_max,
                Limit::BudgetMin => self.budget_min,
                Limit::Seats => self.seats_min.map(u32::from),
                Limit::Stars => self.stars_min.map(u32::from),
                Limit::Horsepower => self.horsepower_min.map(u32::from),
                Limit::Towing => self.towing_min,
                _ => None,
            };
            let is_set = match limit {
                Limit::Body => !self.bodies.is_empty(),
                Limit::BodyNot => !self.bodies_not.is_empty(),
                Limit::Fuel => !self.fuels.is_empty(),
                Limit::FuelNot => !self.fuels_not.is_empty(),
                Limit::Drive => !self.drives.is_empty(),
                Limit::Make => !self.makes.is_empty(),
                Limit::MakeNot => !self.makes_not.is_empty(),
                Limit::Model => !self.models.is_empty(),
                Limit::ModelNot => !self.models_not.is_empty(),
                Limit::Transmission => !self.transmissions.is_empty(),
                Limit::TransmissionNot => !self.transmissions_not.is_empty(),
                _ => number.is_some(),
            };
            is_set.then_some((limit, number))
        })
    }

    /// The filter with one number set, or one limit dropped.
    #[must_use]
    pub(super) fn with(mut self, limit: Limit, to: Option<u32>) -> Self {
        // Each value was asked for in the filter, or stands in a row, in a number of its own size.
        let small = to.map(|value| value as u16);
        let tiny = to.map(|value| value as u8);
        match limit {
            Limit::Mpg => self.mpg_min = small,
            Limit::ElectricRange => self.electric_range_min = small,
            Limit::Range => self.range_min = small,
            Limit::YearMin => self.year_min = small,
            Limit::YearMax => self.year_max = small,
            Limit::BudgetMax => self.budget_max = to,
            Limit::BudgetMin => self.budget_min = to,
            Limit::Seats => self.seats_min = tiny,
            Limit::Stars => self.stars_min = tiny,
            Limit::Horsepower => self.horsepower_min = small,
            Limit::Towing => self.towing_min = to,
            Limit::Body => self.bodies.clear(),
            Limit::BodyNot => self.bodies_not.clear(),
            Limit::Fuel => self.fuels.clear(),
            Limit::FuelNot => self.fuels_not.clear(),
            Limit::Drive => self.drives.clear(),
            Limit::Make => self.makes.clear(),
            Limit::MakeNot => self.makes_not.clear(),
            Limit::Model => self.models.clear(),
            Limit::ModelNot => self.models_not.clear(),
            Limit::Transmission => self.transmissions.clear(),
            Limit::TransmissionNot => self.transmissions_not.clear(),
        }
        self
    }
}
