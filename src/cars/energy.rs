//! What a car takes from the pump and from the plug, as EPA's file has it beside the figures of the label.

use super::Grade;

/// A figure in the city, on the highway, and for both as EPA weighs them: 55 % city and 45 % highway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cycles {
    pub city: u16,
    pub highway: u16,
    pub combined: u16,
}

/// What cost to own needs to know beside miles per gallon.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Energy {
    /// The gasoline that the car is rated on; `None` for cars that burn none.
    pub grade: Option<Grade>,
    /// Tenths of a kWh for 100 miles on electricity, losses of charging included. Electric cars and plug-in hybrids.
    pub electricity: Option<Cycles>,
    /// Thousandths of a plug-in hybrid's miles that are electric if it is charged daily: EPA's utility factors.
    pub electric_share: Option<Cycles>,
    /// Thousandths of a gallon that a plug-in hybrid burns all the same in 100 of those miles: 0 for most.
    pub gasoline_beside: Option<Cycles>,
}

/// A figure for another mix of city and highway than EPA's.
///
/// EPA's combined figure is moved by what its city and highway figures make of the change, so that 55 % gives exactly
/// the published figure in spite of its rounding. `city_share` is 0 to 1; the figures are per mile, not miles per gallon.
pub fn at_city_share(city: f64, highway: f64, combined: f64, city_share: f64) -> f64 {
    let mixed = |share: f64| share * city + (1.0 - share) * highway;
    let published = mixed(EPA_CITY_SHARE);
    if published > 0.0 {
        combined * mixed(city_share) / published
    } else {
        combined
    }
}

/// The share of city miles in EPA's combined figures (40 CFR 600.210-12).
pub const EPA_CITY_SHARE: f64 = 0.55;
