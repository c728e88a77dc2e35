//! What a car has of the figures that a shopper asked for: price, seats, stars, power and towing.

use super::figure::Figure;
use crate::advisor::needs::{Field, Need, thousands};
use crate::cars::search::Sort;
use crate::cars::{Basis, Car, Price, PriceKind, Seats};

/// A figure in words; what isn't known is said where it was asked for.
type Said = (Option<Figure>, String);

/// Whether the shopper limited one of these, or wants the best of it first.
fn asks(needs: &[Need], sort: Sort, fields: &[Field], first: Sort) -> bool {
    sort == first || needs.iter().any(|need| fields.contains(&need.field))
}

fn asks_price(needs: &[Need], sort: Sort) -> bool {
    asks(
        needs,
        sort,
        &[Field::BudgetMax, Field::BudgetMin],
        Sort::Price,
    )
}

/// The figures that are asked for, the price first; what isn't known is said.
pub fn figures(car: &Car, needs: &[Need], sort: Sort) -> Vec<Said> {
    let mut figures: Vec<Said> = Vec::new();
    let mut say = |figure: Figure, text: Option<String>| {
        figures.extend(text.map(|text| (Some(figure), text)));
    };
    if asks_price(needs, sort) {
        let known = car.price.as_ref().map(price);
        say(Figure::Price, known.or(unknown(Figure::Price)));
    }
    if asks(needs, sort, &[Field::SeatsMin], Sort::Seats) {
        let known = car.seats.map(seats);
        say(Figure::Seats, known.or(unknown(Figure::Seats)));
    }
    if asks(needs, sort, &[Field::StarsMin], Sort::Safety) {
        say(Figure::Stars, stars(car).or(unknown(Figure::Stars)));
    }
    if asks(needs, sort, &[Field::TowingMin], Sort::Towing) {
        let pounds = car.towing_lb;
        let known = pounds.map(|pounds| format!("tows {} lb", thousands(pounds.into())));
        say(Figure::Towing, known.or(unknown(Figure::Towing)));
    }
    if asks(needs, sort, &[Field::HorsepowerMin], Sort::Power) {
        let known = car.horsepower.map(|power| format!("{power} hp"));
        say(Figure::Power, known.or(unknown(Figure::Power)));
    }
    figures
}

/// `price unknown`
fn unknown(figure: Figure) -> Option<String> {
    Some(format!("{} unknown", figure.name()))
}

/// Price and stars, where they are known but weren't asked for.
pub fn others(car: &Car, needs: &[Need], sort: Sort) -> Vec<Said> {
    let mut others = Vec::new();
    if !asks_price(needs, sort) {
        others.extend(
            car.price
                .as_ref()
                .map(|known| (Some(Figure::Price), price(known))),
        );
    }
    if !asks(needs, sort, &[Field::StarsMin], Sort::Safety) {
        others.extend(stars(car).map(|text| (Some(Figure::Stars), text)));
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
        PriceKind::Msrp if price.basis() == Basis::Mean => {
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
