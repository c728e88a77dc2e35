//! The figures that cars are told apart by, in words for a reason and for a trade-off.

use crate::advisor::needs::thousands;
use crate::cars::search::Sort;
use crate::cars::{Basis, Car, Price, PriceKind, alike};

/// A figure that one car can have better than another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figure {
    Price,
    Mpg,
    Mpge,
    ElectricRange,
    Range,
    FuelCost,
    Stars,
    Seats,
    Power,
    Towing,
    Co2,
}

impl Figure {
    pub const ALL: [Figure; 11] = [
        Figure::Price,
        Figure::Mpg,
        Figure::Mpge,
        Figure::ElectricRange,
        Figure::Range,
        Figure::FuelCost,
        Figure::Stars,
        Figure::Seats,
        Figure::Power,
        Figure::Towing,
        Figure::Co2,
    ];

    /// The figure of a car, more being better: costs and CO2 are below zero.
    pub fn of(self, car: &Car) -> Option<i64> {
        match self {
            Figure::Price => car.price.as_ref().map(|price| -i64::from(price.usd)),
            Figure::Mpg => car.mpg.map(|e| e.combined.into()),
            Figure::Mpge => car.mpge.map(|e| e.combined.into()),
            Figure::ElectricRange => car.electric_range_mi.map(i64::from),
            Figure::Range => car.range_mi.map(i64::from),
            Figure::FuelCost => car.fuel_cost_usd_per_year.map(|usd| -i64::from(usd)),
            Figure::Stars => car.safety.as_ref().map(|safety| safety.stars.into()),
            Figure::Seats => car.seats.map(|seats| seats.max.into()),
            Figure::Power => car.horsepower.map(i64::from),
            Figure::Towing => car.towing_lb.map(i64::from),
            Figure::Co2 => car.co2_g_per_mi.map(|grams| -i64::from(grams)),
        }
    }

    /// What the car that has it best has: `lowest price`.
    pub fn best(self) -> &'static str {
        match self {
            Figure::Price => "lowest price",
            Figure::Mpg => "highest mpg",
            Figure::Mpge => "highest MPGe",
            Figure::ElectricRange => "longest electric range",
            Figure::Range => "longest range",
            Figure::FuelCost => "lowest fuel cost",
            Figure::Stars => "most stars",
            Figure::Seats => "most seats",
            Figure::Power => "most power",
            Figure::Towing => "highest towing limit",
            Figure::Co2 => "least CO2",
        }
    }

    /// The figure that an order goes by; `None` where every car has it, or where it depends on the car.
    pub fn sorted(sort: Sort) -> Option<Self> {
        match sort {
            Sort::Economy | Sort::Newest => None,
            Sort::Range => Some(Figure::Range),
            Sort::ElectricRange => Some(Figure::ElectricRange),
            Sort::Co2 => Some(Figure::Co2),
            Sort::FuelCost => Some(Figure::FuelCost),
            Sort::Price => Some(Figure::Price),
            Sort::Power => Some(Figure::Power),
            Sort::Safety => Some(Figure::Stars),
            Sort::Seats => Some(Figure::Seats),
            Sort::Towing => Some(Figure::Towing),
        }
    }

    /// What is or isn't known of a car: `price`.
    pub fn name(self) -> &'static str {
        match self {
            Figure::Price => "price",
            Figure::Mpg => "mpg",
            Figure::Mpge => "MPGe",
            Figure::ElectricRange => "electric range",
            Figure::Range => "range",
            Figure::FuelCost => "fuel cost",
            Figure::Stars => "safety rating",
            Figure::Seats => "number of seats",
            Figure::Power => "power",
            Figure::Towing => "towing limit",
            Figure::Co2 => "CO2",
        }
    }

    /// The same where it has to be set against another car's: a base price says nothing beside a mean of all trims.
    pub fn kind(self, car: &Car) -> &'static str {
        match (self, car.price.as_ref().map(Price::basis)) {
            (Figure::Price, Some(Basis::Base)) => "base price",
            (Figure::Price, Some(Basis::Mean)) => "mean price of all trims",
            _ => self.name(),
        }
    }

    /// Whether the figures of the two can be set against each other, as far as they are known.
    pub fn is_alike(self, one: &Car, other: &Car) -> bool {
        let prices = [one, other]
            .into_iter()
            .filter_map(|car| car.price.as_ref());
        self != Figure::Price || alike(prices.map(Price::basis))
    }

    /// By what share, in percent, another car's figure must be better before it is worth a word.
    pub fn notable(self) -> i64 {
        match self {
            Figure::Price => 5,
            Figure::FuelCost => 15,
            _ => 10,
        }
    }

    /// What a car, by that name, has of it: `the Honda CR-V gets 30 mpg`.
    pub fn told(self, name: &str, car: &Car) -> Option<String> {
        let number = |figure: i64| thousands(figure.unsigned_abs());
        let figure = number(self.of(car)?);
        Some(match self {
            Figure::Price => format!("the {name} is listed at {}${figure}", about(car)),
            Figure::Mpg => format!("the {name} gets {figure} mpg"),
            Figure::Mpge => format!("the {name} gets {figure} MPGe"),
            Figure::ElectricRange => format!("the {name} goes {figure} miles on electricity"),
            Figure::Range => format!("the {name} goes {figure} miles"),
            Figure::FuelCost => format!("fuel for the {name} is about ${figure} a year"),
            Figure::Stars => format!("the {name} has {figure} safety stars"),
            Figure::Seats => format!("the {name} has up to {figure} seats"),
            Figure::Power => format!("the {name} has {figure} hp"),
            Figure::Towing => format!("the {name} tows {figure} lb"),
            Figure::Co2 => format!("the {name} gives off {figure} g of CO2 a mile"),
        })
    }

    /// What one car has better than another: `36 mpg against 33`; `None` where it hasn't.
    pub fn against(self, one: &Car, other: &Car) -> Option<String> {
        let number = |figure: i64| thousands(figure.unsigned_abs());
        let (better, worse) = (self.of(one)?, self.of(other)?);
        if better <= worse || !self.is_alike(one, other) {
            return None;
        }
        let (better, worse) = (number(better), number(worse));
        Some(match self {
            Figure::Price => format!(
                "a price of {}${better} against {}${worse}",
                about(one),
                about(other)
            ),
            Figure::Mpg => format!("{better} mpg against {worse}"),
            Figure::Mpge => format!("{better} MPGe against {worse}"),
            Figure::ElectricRange => format!("{better} miles on electricity against {worse}"),
            Figure::Range => format!("{better} miles of range against {worse}"),
            Figure::FuelCost => format!("fuel at ${better} a year against ${worse}"),
            Figure::Stars => format!("{better} safety stars against {worse}"),
            Figure::Seats => format!("{better} seats against {worse}"),
            Figure::Power => format!("{better} hp against {worse}"),
            Figure::Towing => format!("{better} lb of towing against {worse}"),
            Figure::Co2 => format!("{better} g of CO2 a mile against {worse}"),
        })
    }
}

/// Stands before a price that is an estimate.
fn about(car: &Car) -> &'static str {
    match &car.price {
        Some(price) if price.kind == PriceKind::Estimate => "about ",
        _ => "",
    }
}
