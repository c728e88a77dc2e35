//! A car as people see it, on every page alike: its outline, and its card with figures in words.

use askama::Template;

use crate::advisor::catalogue::price_label;
use crate::cars::compare::MOST_COMPARED;
use crate::cars::words::{self, UNKNOWN, economy, thousands};
use crate::cars::{Body, Car, Fuel};

/// The outline of a body style, as SVG; of a car under a sheet where the body is unknown.
#[derive(Template)]
#[template(path = "cars/_silhouette.html")]
pub struct Silhouette {
    /// As [`Body::as_str`] has it, or empty.
    pub body: &'static str,
}

/// A car as its card shows it.
pub struct CarView {
    pub id: String,
    /// The ids to compare it with the cards beside it, its own first; empty where there are none.
    pub compare: String,
    pub title: String,
    pub variant: String,
    pub silhouette: Silhouette,
    pub body_label: &'static str,
    /// Name, figure with its unit.
    pub figures: Vec<(&'static str, String)>,
    pub why: Vec<String>,
    /// Where the figures are from, each source once.
    pub sources: String,
}

/// The cards of several cars that are shown together.
pub fn cards(cars: &[Car]) -> Vec<CarView> {
    let mut cards: Vec<CarView> = cars.iter().map(CarView::of).collect();
    if cars.len() > 1 {
        for (at, card) in cards.iter_mut().enumerate() {
            let others = cars.iter().enumerate().filter(|(other, _)| *other != at);
            let ids = std::iter::once(&cars[at]).chain(others.map(|(_, car)| car));
            let ids: Vec<&str> = ids.take(MOST_COMPARED).map(|car| car.id.as_str()).collect();
            card.compare = ids.join(",");
        }
    }
    cards
}

impl CarView {
    pub fn of(car: &Car) -> Self {
        let unknown = || UNKNOWN.to_owned();
        let mut figures = Vec::new();
        match (&car.mpg, &car.mpge) {
            (None, None) => figures.push(("Economy", unknown())),
            (mpg, mpge) => {
                figures.extend(mpg.map(|mpg| ("Gas mileage", economy(mpg, "mpg"))));
                let name = match car.fuel {
                    Fuel::Hydrogen => "On hydrogen",
                    _ => "On electricity",
                };
                figures.extend(mpge.map(|mpge| (name, economy(mpge, "MPGe"))));
            }
        }
        if matches!(car.fuel, Fuel::Electric | Fuel::PlugInHybrid) {
            let range = car.electric_range_mi.map(|miles| format!("{miles} miles"));
            figures.push(("Electric range", range.unwrap_or_else(unknown)));
        }
        figures.push(("Fuel", car.fuel.label().into()));
        figures.push((
            "Drive",
            car.drive.map_or_else(unknown, |drive| drive.label().into()),
        ));
        let cost = car.fuel_cost_usd_per_year;
        let cost = cost.map(|usd| format!("${} a year", thousands(usd.into())));
        figures.push(("Fuel cost", cost.unwrap_or_else(unknown)));
        let co2 = car.co2_g_per_mi.map(|grams| format!("{grams} g/mile"));
        figures.push(("Tailpipe CO₂", co2.unwrap_or_else(unknown)));
        let price = car.price.as_ref().map(price_label);
        figures.push(("Price", price.unwrap_or_else(unknown)));
        let seats = car.seats.map(words::seats);
        figures.push(("Seats", seats.unwrap_or_else(unknown)));
        figures.push(("Safety", words::stars(car)));
        let power = car.horsepower.map(|power| format!("{power} hp"));
        figures.extend(power.map(|power| ("Power", power)));
        let towing = car
            .towing_lb
            .map(|pounds| format!("{} lb", thousands(pounds.into())));
        figures.extend(towing.map(|towing| ("Towing", towing)));

        Self {
            id: car.id.clone(),
            compare: String::new(),
            title: car.title(),
            variant: car.variant.clone(),
            silhouette: Silhouette {
                body: car.body.map_or("", Body::as_str),
            },
            body_label: car.body.map_or("body style unknown", Body::label),
            figures,
            why: car.why.clone(),
            sources: sources(car),
        }
    }
}

/// The source that most figures share, and the fields that have another.
fn sources(car: &Car) -> String {
    let count = |source: &String| {
        car.sources
            .values()
            .filter(|other| *other == source)
            .count()
    };
    let Some(common) = car.sources.values().max_by_key(|source| count(source)) else {
        return "none".into();
    };
    let others = car.sources.iter().filter(|(_, source)| *source != common);
    let others = others.map(|(field, source)| format!("{}: {source}", field.replace('_', " ")));
    std::iter::once(common.clone())
        .chain(others)
        .collect::<Vec<_>>()
        .join("; ")
}
