//! What a car has of the figures that a shopper asked for: price, seats, stars, power and towing.

use crate::advisor::needs::{Field, Need, thousands};
use crate::cars::{Car, Price, PriceKind, Seats};

/// The figures that are asked for, the price first; what isn't known is said.
pub fn figures(car: &Car, needs: &[Need]) -> Vec<String> {
    let asks = |fields: &[Field]| needs.iter().any(|need| fields.contains(&need.field));
    let mut figures = Vec::new();
    if asks(&[Field::BudgetMax, Field::BudgetMin]) {
        figures.push(car.price.as_ref().map_or("price unknown".to_owned(), price));
    }
    if asks(&[Field::SeatsMin]) {
        figures.extend(car.seats.map(seats));
    }
    if asks(&[Field::StarsMin]) {
        figures.extend(stars(car));
    }
    if asks(&[Field::TowingMin]) {
        let pounds = car
            .towing_lb
            .map(|pounds| format!("tows {} lb", thousands(pounds.into())));
        figures.push(pounds.unwrap_or_else(|| "towing limit unknown".to_owned()));
    }
    if asks(&[Field::HorsepowerMin]) {
        figures.extend(car.horsepower.map(|power| format!("{power} hp")));
    }
    figures
}

/// Price and stars, where they are known but weren't asked for.
pub fn others(car: &Car, needs: &[Need]) -> Vec<String> {
    let asks = |fields: &[Field]| needs.iter().any(|need| fields.contains(&need.field));
    let mut others = Vec::new();
    if !asks(&[Field::BudgetMax, Field::BudgetMin]) {
        others.extend(car.price.as_ref().map(price));
    }
    if !asks(&[Field::StarsMin]) {
        others.extend(stars(car));
    }
    others
}

/// `about $28,400, an estimate from the 2021 price`
pub fn price(price: &Price) -> String {
    let usd = thousands(price.usd.into());
    let year = price.year;
    match price.kind {
        PriceKind::Estimate => format!("about ${usd}, an estimate from the {year} price"),
        // EPA's fleet gives one figure for all trims of a car.
        PriceKind::Msrp if price.source.contains("mean") => {
            format!("${usd}, the mean of its {year} MSRPs")
        }
        PriceKind::Msrp => format!("from ${usd} ({year} MSRP)"),
        PriceKind::Operator => format!("${usd} (this site's price)"),
    }
}

/// `7 seats`, `7 to 8 seats`
pub fn seats(seats: Seats) -> String {
    match (seats.min, seats.max) {
        (min, max) if min == max => format!("{max} seats"),
        (min, max) => format!("{min} to {max} seats"),
    }
}

fn stars(car: &Car) -> Option<String> {
    let stars = car.safety.as_ref()?.stars;
    Some(if stars == 1 {
        "1 safety star".to_owned()
    } else {
        format!("{stars} safety stars")
    })
}
