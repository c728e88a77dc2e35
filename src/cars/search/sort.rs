//! What comes first: the figure that matters most, and then the others that cars are compared by.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Filter, economy};
use crate::cars::{Drive, Row};

/// What comes first. Ties go by the other figures that matter, then by CO2, then by a scramble of EPA's number, so that no
/// make has a lead by its name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
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

/// A figure that isn't known comes after all that are.
pub(super) const UNKNOWN: i32 = i32::MAX;

/// Where the price stands among the merits.
pub(super) const PRICE: usize = 2;

/// The figures that two cars are compared by, the one that matters most first; of each, less is better.
pub(super) type Merits = [i32; 14];

impl Filter {
    /// The sorted figure, economy, price, mpg, MPGe, electric range, range, fuel cost, stars, seats, driven wheels and
    /// model year; power and towing where they are asked for.
    pub(super) fn merits(&self, row: &Row) -> Merits {
        let facts = &row.facts;
        let joined = &facts.joined;
        let low = |figure: Option<u16>| figure.map_or(UNKNOWN, i32::from);
        let high = |figure: Option<u16>| figure.map_or(UNKNOWN, |figure| -i32::from(figure));
        let price = joined
            .price
            .map_or(UNKNOWN, |price| price.usd.cast_signed());
        let stars = high(joined.stars.map(u16::from));
        let seats = high(joined.seats.map(|seats| seats.max.into()));
        let power = high(joined.horsepower);
        let towing = high(joined.towing_lb);
        let economy = high(economy(row));
        let cost = low(facts.fuel_cost_usd_per_year);
        let range = high(facts.range_mi);
        let electric_range = high(facts.electric_range_mi);
        let year = high(Some(facts.year));
        let wheels = high(facts.drive.map(|drive| match drive {
            Drive::Awd | Drive::FourWd => 4,
            _ => 2,
        }));
        let sorted = match self.sort {
            Sort::Economy => economy,
            Sort::Range => range,
            Sort::ElectricRange => electric_range,
            Sort::Co2 => low(facts.co2_g_per_mi),
            Sort::FuelCost => cost,
            Sort::Newest => year,
            Sort::Price => price,
            Sort::Power => power,
            Sort::Safety => stars,
            Sort::Seats => seats,
            Sort::Towing => towing,
        };
        let where_asked = |is_asked: bool, figure: i32| if is_asked { figure } else { 0 };
        [
            sorted,
            economy,
            price,
            high(facts.mpg.map(|e| e.combined)),
            high(facts.mpge.map(|e| e.combined)),
            electric_range,
            range,
            cost,
            stars,
            seats,
            wheels,
            year,
            where_asked(self.horsepower_min.is_some(), power),
            where_asked(self.towing_min.is_some(), towing),
        ]
    }

    /// The order of what is found; less is better.
    pub(super) fn key(&self, row: &Row) -> (Merits, i32, u32) {
        let co2 = row.facts.co2_g_per_mi.map_or(UNKNOWN, i32::from);
        (self.merits(row), co2, scramble(row.facts.number))
    }
}

/// A fixed shuffle of EPA's numbers, which otherwise follow the makers' filings (the mixing step of MurmurHash3).
fn scramble(number: u32) -> u32 {
    let mut bits = number;
    bits = (bits ^ (bits >> 16)).wrapping_mul(0x85eb_ca6b);
    bits = (bits ^ (bits >> 13)).wrapping_mul(0xc2b2_ae35);
    bits ^ (bits >> 16)
}
