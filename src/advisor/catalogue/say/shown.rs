//! Cars in sentences: the list, the trade-off, the terms and one car in full.

use super::escape;
use crate::advisor::Knowledge;
use crate::advisor::catalogue::asked;
use crate::advisor::catalogue::reasons::TRADE_OFF;
use crate::advisor::needs::thousands;
use crate::cars::{Car, Drive, Economy, Fuel};

/// How many reasons a car's line gives.
const FIRST: usize = 2;

/// One numbered line for each car, with its reasons.
pub fn cars(cars: &[Car], knowledge: Knowledge) -> String {
    let lines = cars.iter().enumerate().map(|(at, car)| {
        // The first reasons are the strongest; the card below has them all. What speaks against it is never left away.
        let first = car.why.iter().filter(|why| !why.starts_with(TRADE_OFF));
        let mut why = first.take(FIRST).cloned().collect::<Vec<_>>().join("; ");
        if knowledge == Knowledge::Professional {
            let economy = |name: &str, e: Option<Economy>| {
                e.map_or(String::new(), |e| {
                    format!("; {}/{} {name} city/highway", e.city, e.highway)
                })
            };
            why += &economy("mpg", car.mpg);
            why += &economy("MPGe", car.mpge);
            if let Some(co2) = car.co2_g_per_mi.filter(|_| !why.contains("CO2")) {
                why += &format!("; {co2} g CO2/mi");
            }
        }
        if let Some(against) = car.why.last().filter(|why| why.starts_with(TRADE_OFF)) {
            why += &format!("; {against}");
        }
        let variant = match knowledge {
            Knowledge::Beginner | Knowledge::Casual => String::new(),
            _ if car.variant.is_empty() => String::new(),
            _ => format!(" ({})", escape(&car.variant)),
        };
        format!(
            "{}. **{}**{variant}: {}.",
            at + 1,
            escape(&car.title()),
            escape(&why)
        )
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// What an electric car among those shown saves, and asks for.
pub fn trade_off(cars: &[Car]) -> Option<String> {
    let name = |car: &Car| escape(&format!("{} {}", car.make, car.model));
    let electric = cars.iter().find(|car| car.fuel == Fuel::Electric);
    let gas = cars
        .iter()
        .find(|car| matches!(car.fuel, Fuel::Hybrid | Fuel::Gasoline));
    if let (Some(electric), Some(gas)) = (electric, gas) {
        let (less, more) = (
            electric.fuel_cost_usd_per_year?,
            gas.fuel_cost_usd_per_year?,
        );
        if less < more {
            return Some(format!(
                "Trade-off: by EPA's estimate the {} saves ${} a year in fuel over the {}, but has to be charged: its range \
                 is {} miles.",
                name(electric),
                thousands(u64::from(more - less)),
                name(gas),
                electric.range_mi?
            ));
        }
    }
    None
}

/// Half a sentence for each term that a beginner may not know.
pub fn terms(cars: &[Car], knowledge: Knowledge) -> Option<String> {
    if knowledge != Knowledge::Beginner {
        return None;
    }
    let mut terms = Vec::new();
    if cars.iter().any(|car| car.mpge.is_some()) {
        terms.push("MPGe is miles per gallon for electricity, where 33.7 kWh counts as one gallon");
    }
    if cars.iter().any(|car| car.fuel == Fuel::PlugInHybrid) {
        terms.push("a plug-in hybrid drives on electricity first and on gasoline when the battery is empty");
    }
    if cars.iter().any(|car| car.fuel == Fuel::Hybrid) {
        terms.push("a hybrid charges its small battery by itself and is never plugged in");
    }
    if cars
        .iter()
        .any(|car| matches!(car.drive, Some(Drive::Awd | Drive::FourWd)))
    {
        terms.push("all-wheel drive sends power to all four wheels, which helps to get going on snow or gravel");
    }
    (!terms.is_empty()).then(|| format!("In short: {}.", terms.join("; ")))
}

/// Everything that is known of one car.
pub fn in_full(car: &Car, knowledge: Knowledge) -> String {
    let economy = |e: Economy| {
        format!(
            "{} combined, {} city, {} highway",
            e.combined, e.city, e.highway
        )
    };
    let known = [
        (
            "Version",
            Some(car.variant.clone()).filter(|variant| !variant.is_empty()),
        ),
        ("Body", car.body.map(|body| body.label().to_owned())),
        ("Runs on", Some(car.fuel.label().to_owned())),
        ("Drive", car.drive.map(|drive| drive.label().to_owned())),
        ("Miles per gallon", car.mpg.map(economy)),
        ("MPGe", car.mpge.map(economy)),
        (
            "Miles on electricity",
            car.electric_range_mi.map(|miles| miles.to_string()),
        ),
        (
            "Miles of range",
            car.range_mi.map(|miles| miles.to_string()),
        ),
        (
            "CO2 from the tailpipe",
            car.co2_g_per_mi.map(|grams| format!("{grams} g a mile")),
        ),
        (
            "Fuel cost",
            car.fuel_cost_usd_per_year.map(|usd| {
                format!(
                    "${} a year for 15,000 miles, by EPA's estimate",
                    thousands(usd.into())
                )
            }),
        ),
        (
            "Price",
            Some(
                car.price
                    .as_ref()
                    .map_or("unknown".to_owned(), asked::price),
            ),
        ),
        (
            "Seats",
            Some(car.seats.map_or("unknown".to_owned(), asked::seats)),
        ),
        (
            "Power",
            Some(
                car.horsepower
                    .map_or("unknown".to_owned(), |power| format!("{power} hp")),
            ),
        ),
        (
            "Towing",
            car.towing_lb
                .map(|pounds| format!("at most {} lb", thousands(pounds.into()))),
        ),
        (
            "NHTSA's overall rating",
            Some(
                car.safety
                    .as_ref()
                    .map_or("not rated".to_owned(), |safety| {
                        format!("{} of 5 stars", safety.stars)
                    }),
            ),
        ),
    ];
    let lines = known
        .into_iter()
        .filter_map(|(name, value)| Some(format!("- {name}: {}", escape(&value?))));
    let mut text = format!(
        "**{}**\n\n{}",
        escape(&car.title()),
        lines.collect::<Vec<_>>().join("\n")
    );
    let mut sources: Vec<&str> = car.sources.values().map(String::as_str).collect();
    sources.sort_unstable();
    sources.dedup();
    text += &format!("\n\nSources: {}.", escape(&sources.join("; ")));
    if let Some(terms) = terms(std::slice::from_ref(car), knowledge) {
        text += &format!("\n\n{terms}");
    }
    text
}
