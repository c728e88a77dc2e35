//! Says why each shown car is there: what it has of what was asked for, what it is best at, and what speaks against it.

use super::asked;
use super::figure::Figure;
use crate::advisor::needs::{Field, Need, thousands};
use crate::cars::search::{Ranked, Sort, last_price, last_towing};
use crate::cars::{Car, Catalogue, Fuel, Row};

/// How the last reason of a car starts when it is its trade-off.
pub const TRADE_OFF: &str = "but ";

/// How many may share the best of a figure, and still each be told that it has it.
const FEW: usize = 3;

/// How many must have a figure before it is said of one that it comes second or third.
const MANY: usize = 5;

/// A reason, and the figure that it gives.
type Reason = (Option<Figure>, String);

/// The cars of these rows with their reasons. `ranked` is everything that was found with them.
pub fn with_reasons(
    catalogue: &Catalogue,
    ranked: &Ranked,
    shown: &[Row],
    needs: &[Need],
    sort: Sort,
) -> Vec<Car> {
    let found: Vec<Car> = ranked.rows[..ranked.known]
        .iter()
        .map(|row| catalogue.car(row))
        .collect();
    let mut cars: Vec<Car> = shown.iter().map(|row| catalogue.car(row)).collect();
    let whys: Vec<Vec<String>> = cars
        .iter()
        .zip(shown)
        .map(|(car, row)| {
            let mut reasons = asked::figures(car, needs, sort);
            reasons.extend(evidence(catalogue, row, car, needs).map(|text| (None, text)));
            reasons.extend(driven(car, sort));
            reasons.extend(asked::others(car, needs, sort));
            if found.contains(car) {
                stand_out(&mut reasons, car, &found);
            }
            let against = trade_off(car, &cars, needs, sort);
            let against = against.map(|text| (None, format!("{TRADE_OFF}{text}")));
            reasons.extend(against);
            reasons.into_iter().map(|(_, text)| text).collect()
        })
        .collect();
    for (car, why) in cars.iter_mut().zip(whys) {
        car.why = why;
    }
    cars
}

/// What is published of the same model in another year, where the figure that is asked for isn't of this one.
fn evidence(catalogue: &Catalogue, row: &Row, car: &Car, needs: &[Need]) -> Option<String> {
    let asks = |fields: &[Field]| needs.iter().any(|need| fields.contains(&need.field));
    if asks(&[Field::BudgetMax, Field::BudgetMin]) && car.price.is_none() {
        let (year, usd) = last_price(catalogue, row)?;
        return Some(format!(
            "the {year} model was listed from ${}",
            thousands(usd.into())
        ));
    }
    if asks(&[Field::TowingMin]) && car.towing_lb.is_none() {
        let (year, pounds) = last_towing(catalogue, row)?;
        return Some(format!(
            "the {year} model tows up to {} lb",
            thousands(pounds.into())
        ));
    }
    None
}

/// Economy, range, CO2 and fuel cost, and what kind of car it is.
fn driven(car: &Car, sort: Sort) -> Vec<Reason> {
    let mut reasons: Vec<Reason> = Vec::new();
    let mpg = car.mpg.map(|e| e.combined);
    let mpge = car.mpge.map(|e| e.combined);
    match (car.fuel, mpg, mpge) {
        (Fuel::PlugInHybrid, Some(mpg), Some(mpge)) => {
            reasons.push((Some(Figure::Mpge), format!("{mpge} MPGe on electricity")));
            reasons.push((Some(Figure::Mpg), format!("{mpg} mpg on gasoline")));
        }
        (_, _, Some(mpge)) => reasons.push((Some(Figure::Mpge), format!("{mpge} MPGe combined"))),
        (_, Some(mpg), None) => reasons.push((Some(Figure::Mpg), format!("{mpg} mpg combined"))),
        _ => {}
    }
    match (car.fuel, car.electric_range_mi, car.range_mi) {
        (Fuel::PlugInHybrid, Some(electric), Some(range)) => {
            let text = format!("{electric} miles on electricity");
            reasons.push((Some(Figure::ElectricRange), text));
            reasons.push((Some(Figure::Range), format!("{range} miles in all")));
        }
        (_, _, Some(range)) => {
            reasons.push((Some(Figure::Range), format!("{range} miles of range")));
        }
        _ => {}
    }
    if sort == Sort::Co2
        && let Some(co2) = car.co2_g_per_mi
    {
        let text = format!("{co2} g of CO2 a mile from the tailpipe");
        reasons.push((Some(Figure::Co2), text));
    }
    if let Some(cost) = car.fuel_cost_usd_per_year {
        let usd = thousands(cost.into());
        let text = format!("about ${usd} a year for fuel by EPA's estimate");
        reasons.push((Some(Figure::FuelCost), text));
    }
    // EPA's names don't always tell a hybrid from its gasoline twin.
    let kind = car.body.map_or(car.fuel.label().to_owned(), |body| {
        format!("{} {}", car.fuel.label(), body.label())
    });
    let driven = car.drive.map_or(kind.clone(), |drive| {
        format!("{kind} with {}", drive.label())
    });
    reasons.push((None, driven));
    reasons
}

/// Adds to each figure that few of all that was found have as good that it is the best; and where a car has none, its
/// best place among the first three. Only those count whose figure is known and can be set against the car's.
fn stand_out(reasons: &mut [Reason], car: &Car, found: &[Car]) {
    if found.len() < 2 {
        return;
    }
    let mut next: Option<(usize, usize, Figure, String)> = None;
    let mut stands_out = false;
    for (at, (figure, text)) in reasons.iter_mut().enumerate() {
        let Some((figure, own)) = figure.and_then(|figure| Some((figure, figure.of(car)?))) else {
            continue;
        };
        let alike = found.iter().filter(|other| figure.is_alike(car, other));
        let known: Vec<i64> = alike.filter_map(|other| figure.of(other)).collect();
        let others = || known.iter().copied();
        let better = others().filter(|other| *other > own).count();
        let as_good = others().filter(|other| *other >= own).count();
        if as_good > FEW || others().all(|other| other == own) {
            continue;
        }
        if better == 0 {
            let among = among(figure, car, known.len(), found.len());
            *text += &format!(", the {} of {among}", figure.best());
            stands_out = true;
        } else if known.len() >= MANY && next.as_ref().is_none_or(|(place, ..)| better < *place) {
            let among = among(figure, car, known.len(), found.len());
            next = Some((better, at, figure, among));
        }
    }
    if let (false, Some((better, at, figure, among))) = (stands_out, next) {
        let place = if better == 1 { "second" } else { "third" };
        reasons[at].1 += &format!(", the {place}-{} of {among}", figure.best());
    }
}

/// Of how many a car has the best: `the 12 found`, or those whose figure is known.
fn among(figure: Figure, car: &Car, known: usize, found: usize) -> String {
    if known == found {
        format!("the {found} found")
    } else {
        format!("the {known} whose {} is known", figure.kind(car))
    }
}

/// The one thing that speaks most against a car: what another of those shown has notably better, or what isn't known.
fn trade_off(car: &Car, shown: &[Car], needs: &[Need], sort: Sort) -> Option<String> {
    let asks = |fields: &[Field]| needs.iter().any(|need| fields.contains(&need.field));
    let counts = |figure: Figure| match figure {
        Figure::Seats => asks(&[Field::SeatsMin]) || sort == Sort::Seats,
        Figure::Power => asks(&[Field::HorsepowerMin]) || sort == Sort::Power,
        Figure::Towing => asks(&[Field::TowingMin]) || sort == Sort::Towing,
        Figure::Co2 => sort == Sort::Co2,
        _ => true,
    };
    let name = |other: &Car| format!("{} {}", other.make, other.model);
    let mut worst: Option<(i64, Figure, &Car)> = None;
    for figure in Figure::ALL.into_iter().filter(|figure| counts(*figure)) {
        let Some(own) = figure.of(car) else { continue };
        let others = shown.iter().filter(|other| name(other) != name(car));
        for other in others.filter(|other| figure.is_alike(car, other)) {
            let Some(theirs) = figure.of(other) else {
                continue;
            };
            // In hundredths of what is notable.
            let gap = 100 * 100 * (theirs - own) / own.abs().max(1) / figure.notable();
            if gap > 0 && worst.is_none_or(|(most, ..)| gap > most) {
                worst = Some((gap, figure, other));
            }
        }
    }
    match worst {
        // Twice what is notable goes before what isn't known.
        Some((gap, figure, other)) if gap >= 200 => figure.told(&name(other), other),
        _ if car.safety.is_none() => Some("no safety rating is published".to_owned()),
        _ if car.price.is_none() && !asks(&[Field::BudgetMax, Field::BudgetMin]) => {
            Some("no price is published".to_owned())
        }
        Some((_, figure, other)) => figure.told(&name(other), other),
        None => None,
    }
}
