//! Picks the few cars to show and says why each is there.

use std::collections::HashMap;

use super::asked;
use crate::advisor::needs::{Field, Need, thousands};
use crate::cars::search::{Ranked, Sort};
use crate::cars::{Car, Catalogue, Fuel, Row};

/// The most cars that are shown at once.
const MOST_CARS: usize = 5;

/// The rows of what these needs found that are shown, the best first. While no fuel is named, two of each kind go before a third of one:
/// otherwise electric cars, whose energy use is the lowest, would be all there is.
pub fn shown(ranked: &Ranked, needs: &[Need]) -> Vec<Row> {
    if needs.is_empty() {
        return Vec::new();
    }
    let rows = &ranked.rows;
    let named = needs
        .iter()
        .any(|need| matches!(need.field, Field::Fuel | Field::Model));
    let mut counts: HashMap<Fuel, usize> = HashMap::new();
    let mut places: Vec<(bool, bool, usize)> = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        let count = counts.entry(row.facts.fuel).or_default();
        *count += 1;
        places.push((at >= ranked.known, !named && *count > 2, at));
    }
    places.sort_unstable();
    places.truncate(MOST_CARS);
    places.sort_unstable_by_key(|(.., at)| *at);
    places.into_iter().map(|(.., at)| rows[at]).collect()
}

/// The cars with their reasons. `ranked` is everything that was found with them.
pub fn with_reasons(
    catalogue: &Catalogue,
    ranked: &Ranked,
    shown: &[Row],
    needs: &[Need],
    sort: Sort,
) -> Vec<Car> {
    let known = &ranked.rows[..ranked.known];
    let best = |figure: fn(&Row) -> Option<u16>| known.iter().filter_map(figure).max();
    let least = |figure: fn(&Row) -> Option<u16>| known.iter().filter_map(figure).min();
    let highest = Best {
        mpg: best(|row| row.facts.mpg.map(|e| e.combined)),
        mpge: best(|row| row.facts.mpge.map(|e| e.combined)),
        range: best(|row| row.facts.range_mi),
        electric_range: best(|row| row.facts.electric_range_mi),
        co2: least(|row| row.facts.co2_g_per_mi),
        cost: least(|row| row.facts.fuel_cost_usd_per_year),
        of: known.len(),
    };
    shown
        .iter()
        .map(|row| {
            let mut car = catalogue.car(row);
            car.why = asked::figures(&car, needs);
            car.why.extend(reasons(&car, &highest, sort));
            car.why.extend(asked::others(&car, needs));
            car
        })
        .collect()
}

/// The best figures of all that was found.
struct Best {
    mpg: Option<u16>,
    mpge: Option<u16>,
    range: Option<u16>,
    electric_range: Option<u16>,
    co2: Option<u16>,
    cost: Option<u16>,
    of: usize,
}

fn reasons(car: &Car, best: &Best, sort: Sort) -> Vec<String> {
    let top = |figure: Option<u16>, best_figure: Option<u16>, word: &str| match figure
        == best_figure
        && best.of > 1
    {
        true => format!(", the {word} of the {} found", best.of),
        false => String::new(),
    };
    let mut reasons = Vec::new();
    let mpg = car.mpg.map(|e| e.combined);
    let mpge = car.mpge.map(|e| e.combined);
    match (car.fuel, mpg, mpge) {
        (Fuel::PlugInHybrid, Some(mpg), Some(mpge)) => {
            reasons.push(format!(
                "{mpge} MPGe on electricity{}",
                top(Some(mpge), best.mpge, "highest MPGe")
            ));
            reasons.push(format!("{mpg} mpg on gasoline"));
        }
        (_, _, Some(mpge)) => reasons.push(format!(
            "{mpge} MPGe combined{}",
            top(Some(mpge), best.mpge, "highest MPGe")
        )),
        (_, Some(mpg), None) => reasons.push(format!(
            "{mpg} mpg combined{}",
            top(Some(mpg), best.mpg, "highest mpg")
        )),
        _ => {}
    }
    match (car.fuel, car.electric_range_mi, car.range_mi) {
        (Fuel::PlugInHybrid, Some(electric), Some(range)) => {
            let longest = top(Some(electric), best.electric_range, "longest");
            reasons.push(format!(
                "{electric} miles on electricity{longest}, {range} in all"
            ));
        }
        (_, _, Some(range)) => {
            reasons.push(format!(
                "{range} miles of range{}",
                top(Some(range), best.range, "longest")
            ));
        }
        _ => {}
    }
    if sort == Sort::Power
        && let Some(power) = car.horsepower
    {
        reasons.insert(0, format!("{power} hp"));
    }
    if sort == Sort::Co2
        && let Some(co2) = car.co2_g_per_mi
    {
        reasons.push(format!(
            "{co2} g of CO2 a mile from the tailpipe{}",
            top(Some(co2), best.co2, "least")
        ));
    }
    if let Some(cost) = car.fuel_cost_usd_per_year {
        let least = top(Some(cost), best.cost, "least");
        reasons.push(format!(
            "about ${} a year for fuel by EPA's estimate{least}",
            thousands(cost.into())
        ));
    }
    // EPA's names don't always tell a hybrid from its gasoline twin.
    let kind = car.body.map_or(car.fuel.label().to_owned(), |body| {
        format!("{} {}", car.fuel.label(), body.label())
    });
    reasons.push(car.drive.map_or(kind.clone(), |drive| {
        format!("{kind} with {}", drive.label())
    }));
    reasons
}
