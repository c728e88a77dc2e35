//! The closed lists that a car is described with: body, fuel, drive and transmission.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A word that isn't in a closed list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{word:?} is none of {known}")]
pub struct UnknownWord {
    pub word: String,
    /// The words that are, with commas between them.
    pub known: String,
}

/// Writes an enum whose every variant has one word for programs and one label for people.
///
/// The words are tokens and not literals: one that went through a macro is none to the macros of others.
macro_rules! closed_list {
    ($(#[$doc:meta])* $name:ident { $($(#[$why:meta])* $variant:ident = $word:tt, $label:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
        pub enum $name {
            $($(#[$why])* #[serde(rename = $word)] $variant,)+
        }

        impl $name {
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            /// The word that programs, settings and addresses use.
            pub fn as_str(self) -> &'static str {
                match self { $($name::$variant => $word),+ }
            }

            /// What people call it, in lower case where English has it so.
            pub fn label(self) -> &'static str {
                match self { $($name::$variant => $label),+ }
            }
        }

        impl std::str::FromStr for $name {
            type Err = UnknownWord;

            fn from_str(word: &str) -> Result<Self, UnknownWord> {
                Self::ALL.iter().copied().find(|kind| kind.as_str() == word).ok_or_else(|| UnknownWord {
                    word: word.to_owned(),
                    known: Self::ALL.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(", "),
                })
            }
        }
    };
}

closed_list! {
    /// The shape of a car; crossovers count as SUVs.
    Body {
        Sedan = "sedan", "sedan";
        Hatchback = "hatchback", "hatchback";
        Wagon = "wagon", "wagon";
        Suv = "suv", "SUV";
        Pickup = "pickup", "pickup";
        Minivan = "minivan", "minivan";
        Van = "van", "van";
        Coupe = "coupe", "coupe";
        Convertible = "convertible", "convertible";
    }
}

closed_list! {
    /// What a car is fuelled with. Each car has one: the kind that tells it apart.
    Fuel {
        Gasoline = "gasoline", "gasoline";
        /// Full and mild hybrids that can't be plugged in.
        Hybrid = "hybrid", "hybrid";
        PlugInHybrid = "plug_in_hybrid", "plug-in hybrid";
        Electric = "electric", "electric";
        Diesel = "diesel", "diesel";
        /// Gasoline or E85 in the same tank.
        FlexFuel = "flex_fuel", "flex-fuel";
        /// Natural gas alone, or beside gasoline.
        NaturalGas = "natural_gas", "natural gas";
        Hydrogen = "hydrogen", "hydrogen";
    }
}

closed_list! {
    /// The wheels that are driven, as EPA labels them.
    Drive {
        Fwd = "fwd", "front-wheel drive";
        Rwd = "rwd", "rear-wheel drive";
        Awd = "awd", "all-wheel drive";
        /// Four-wheel drive, full-time or part-time.
        FourWd = "4wd", "four-wheel drive";
    }
}

closed_list! {
    /// How the gears are changed.
    Transmission {
        Automatic = "automatic", "automatic";
        Manual = "manual", "manual";
        Cvt = "cvt", "CVT";
        /// EPA's "automated manual", which nearly always has two clutches.
        DualClutch = "dual_clutch", "dual-clutch automatic";
        /// The one gear of most electric cars.
        SingleSpeed = "single_speed", "single-speed";
    }
}

closed_list! {
    /// The gasoline that a car is rated on, by its octane.
    Grade {
        Regular = "regular", "regular gasoline";
        Midgrade = "midgrade", "midgrade gasoline";
        Premium = "premium", "premium gasoline";
    }
}

closed_list! {
    /// How far a price can be relied on.
    PriceKind {
        /// Published for that model year.
        Msrp = "msrp", "MSRP";
        /// Carried over from a neighbouring year.
        Estimate = "estimate", "estimate";
        /// From the price file of whoever runs this site.
        Operator = "operator", "this site's price";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_read_back_and_serialise_alike() {
        for &drive in Drive::ALL {
            assert_eq!(drive.as_str().parse(), Ok(drive));
            assert_eq!(serde_json::json!(drive), drive.as_str());
        }
        let error = "truck".parse::<Body>().unwrap_err().to_string();
        assert!(error.starts_with("\"truck\" is none of sedan, "), "{error}");
    }
}
