//! Figures in words, the same on every page: dollars, prices with what they rest on, economy, seats and stars.

use super::{Basis, Car, Economy, Fuel, Price, PriceKind, Seats};

/// What is said where nothing is published.
pub const UNKNOWN: &str = "unknown";
/// What is said of a car that NHTSA hasn't rated: never 0 stars.
pub const NOT_RATED: &str = "not rated";

/// `28,400`
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `$28,400`, to the dollar.
pub fn dollars(usd: f64) -> String {
    let sign = if usd <= -0.5 { "−" } else { "" };
    format!("{sign}${}", thousands(usd.abs().round() as u64))
}

/// `$28,400`, `about $28,400` for an estimate.
pub fn price(price: &Price) -> String {
    let about = match price.kind {
        PriceKind::Estimate => "about ",
        PriceKind::Msrp | PriceKind::Operator => "",
    };
    format!("{about}{}", dollars(price.usd.into()))
}

/// What a price is, of which year and by which rule: to be shown wherever the price is.
pub fn price_basis(price: &Price) -> String {
    let year = price.year;
    // EPA's fleet gives one figure for all trims of a car.
    let mean = price.basis() == Basis::Mean;
    match price.kind {
        PriceKind::Msrp if mean => format!("{year} MSRP, the mean of its trims"),
        PriceKind::Msrp => format!("{year} MSRP of the lowest trim"),
        // By which index and from what is in the source.
        PriceKind::Estimate => format!("an estimate from the {year} MSRP"),
        PriceKind::Operator => format!("{year}, this site's own price"),
    }
}

/// `7`, `7 to 8`
pub fn seats(seats: Seats) -> String {
    match (seats.min, seats.max) {
        (min, max) if min == max => max.to_string(),
        (min, max) => format!("{min} to {max}"),
    }
}

/// `40 mpg (41 city, 38 highway)`
pub fn economy(economy: Economy, unit: &str) -> String {
    let Economy {
        city,
        highway,
        combined,
    } = economy;
    format!("{combined} {unit} ({city} city, {highway} highway)")
}

/// `5 of 5 stars`, `not rated`
pub fn stars(car: &Car) -> String {
    match &car.safety {
        Some(safety) => format!("{} of 5 stars", safety.stars),
        None => NOT_RATED.to_owned(),
    }
}

/// Why a car has no miles per gallon, where that is in its nature and not a gap.
pub fn no_mpg(fuel: Fuel) -> Option<&'static str> {
    match fuel {
        Fuel::Electric => Some("none: it is electric"),
        Fuel::Hydrogen => Some("none: it runs on hydrogen"),
        _ => None,
    }
}

/// The same for miles per gallon equivalent and for miles on electricity.
pub fn no_plug(fuel: Fuel) -> Option<&'static str> {
    match fuel {
        Fuel::Electric | Fuel::PlugInHybrid => None,
        _ => Some("none: it can't be charged"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_reads_as_people_write_it() {
        assert_eq!(thousands(0), "0");
        assert_eq!(thousands(1_234_567), "1,234,567");
        assert_eq!(dollars(1_132.5), "$1,133");
        assert_eq!(dollars(-0.4), "$0");
        assert_eq!(dollars(-120.0), "−$120");
    }
}
