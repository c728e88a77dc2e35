//! What others call drives and kinds of fuel.

use crate::cars::{Drive, Fuel};

/// Two wheels driven, or four.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Wheels {
    Two,
    Four,
    Unknown,
}

impl Wheels {
    pub(super) fn of(drive: Option<Drive>) -> Self {
        match drive {
            Some(Drive::Fwd | Drive::Rwd) => Wheels::Two,
            Some(Drive::Awd | Drive::FourWd) => Wheels::Four,
            None => Wheels::Unknown,
        }
    }

    /// `AWD/All-Wheel Drive`, `4x2`, `FWD`, `2WD/4WD`
    pub(super) fn of_word(word: &str) -> Self {
        match word.to_uppercase().as_str() {
            "" | "2WD/4WD" => Wheels::Unknown,
            word if ["AWD", "ADW", "4WD", "4X4"]
                .iter()
                .any(|four| word.starts_with(four)) =>
            {
                Wheels::Four
            }
            _ => Wheels::Two,
        }
    }

    /// The same, as far as both are known.
    pub(super) fn meets(self, other: Wheels) -> bool {
        self == other || self == Wheels::Unknown || other == Wheels::Unknown
    }
}

/// What others call the kinds of fuel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Gasoline,
    /// With a starter-generator: EPA calls some of them hybrids and some not.
    Mild,
    Hybrid,
    PlugIn,
    Electric,
    Diesel,
}

impl Kind {
    pub(super) fn fits(self, fuel: Fuel) -> bool {
        match self {
            Kind::Gasoline => matches!(fuel, Fuel::Gasoline | Fuel::FlexFuel),
            Kind::Mild => matches!(fuel, Fuel::Gasoline | Fuel::FlexFuel | Fuel::Hybrid),
            Kind::Hybrid => fuel == Fuel::Hybrid,
            Kind::PlugIn => fuel == Fuel::PlugInHybrid,
            Kind::Electric => fuel == Fuel::Electric,
            Kind::Diesel => fuel == Fuel::Diesel,
        }
    }
}
