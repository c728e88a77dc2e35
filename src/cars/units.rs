//! The units that people read mileage and distances in.

pub mod text;

use utoipa::ToSchema;

use super::Economy;
use super::cost::KWH_PER_GALLON_EQUIVALENT;

/// What pages show mileage and distances in. Programs always get mpg and miles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, ToSchema)]
pub enum Units {
    #[default]
    #[serde(rename = "mpg")]
    Mpg,
    #[serde(rename = "l_per_100km")]
    LitersPer100Km,
}

impl Units {
    pub const ALL: [Units; 2] = [Units::Mpg, Units::LitersPer100Km];

    /// As the database and JSON have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Units::Mpg => "mpg",
            Units::LitersPer100Km => "l_per_100km",
        }
    }

    /// The units of that name, if there are any.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|units| units.as_str() == name)
    }
}

impl TryFrom<String> for Units {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        Self::parse(&name).ok_or_else(|| format!("{name:?} are no units"))
    }
}

/// What a figure of economy is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Per {
    /// Miles for a US gallon of what the car burns.
    Gallon,
    /// Miles for the energy of a gallon of gasoline, taken as electricity or hydrogen.
    GallonEquivalent,
}

/// Kilometers in a mile, and liters in a US gallon: both exact by definition (NIST Handbook 44, appendix C).
const KM_PER_MILE: f64 = 1.609_344;
const LITERS_PER_GALLON: f64 = 3.785_411_784;

impl Per {
    /// What is used for 100 km, in words.
    pub fn metric_unit(self) -> &'static str {
        match self {
            Per::Gallon => "L/100 km",
            Per::GallonEquivalent => "kWh/100 km",
        }
    }

    /// How much of it is used for 100 km: of a gallon's equivalent the kWh that EPA takes for one.
    pub fn per_100_km(self, miles: u16) -> f64 {
        let gallons = 100.0 / KM_PER_MILE / f64::from(miles.max(1));
        match self {
            Per::Gallon => gallons * LITERS_PER_GALLON,
            Per::GallonEquivalent => gallons * KWH_PER_GALLON_EQUIVALENT,
        }
    }
}

/// `5.9 L/100 km`. The miles are whole where they come from, so more than a tenth would say too much.
pub fn combined(miles: u16, per: Per) -> String {
    format!("{:.1} {}", per.per_100_km(miles), per.metric_unit())
}

/// `5.9 L/100 km (5.7 city, 6.2 highway)`
pub fn economy(economy: Economy, per: Per) -> String {
    let combined = combined(economy.combined, per);
    let [city, highway] = [economy.city, economy.highway].map(|miles| per.per_100_km(miles));
    format!("{combined} ({city:.1} city, {highway:.1} highway)")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn miles_per_gallon_turn_into_liters_for_100_km() {
        // 235.2 / 40, and 235.2 / 17.
        assert_eq!(combined(40, Per::Gallon), "5.9 L/100 km");
        assert_eq!(combined(17, Per::Gallon), "13.8 L/100 km");
        // 2094.3 / 112.
        assert_eq!(combined(112, Per::GallonEquivalent), "18.7 kWh/100 km");
        let whole = Economy {
            city: 41,
            highway: 38,
            combined: 40,
        };
        let text = economy(whole, Per::Gallon);
        assert_eq!(text, "5.9 L/100 km (5.7 city, 6.2 highway)");
    }
}
