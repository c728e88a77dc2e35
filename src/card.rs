//! A car as people see it, on every page alike: its outline, and its card with figures in words.

use askama::Template;

use crate::advisor::catalogue::price_label;
use crate::cars::compare::Figure;
use crate::cars::compare::MOST_COMPARED;
use crate::cars::units::{self, Per};
use crate::cars::words::{self, UNKNOWN, economy, thousands};
use crate::cars::{Body, Car, Fuel};

/// The outline of a body style, as SVG; of a car under a sheet where the body is unknown.
#[derive(Template)]
#[template(path = "cars/_silhouette.html")]
pub struct Silhouette {
    /// As [`Body::as_str`] has it, or empty.
    pub body: &'static str,
}

/// A figure as people read it. Of mileage both units stand in the page, and the style sheet shows those that the person
/// chose: so pages, fragments and streams need not know who reads them.
#[derive(Template)]
#[template(
    ext = "html",
    source = r#"{% if let Some(metric) = metric %}<span class="us">{{ text }}</span> <span class="metric">{{ metric }}</span>{% else %}{{ text }}{% endif %}"#
)]
pub struct Shown {
    pub text: String,
    /// The same in metric units, where they differ.
    pub metric: Option<String>,
}

impl From<String> for Shown {
    fn from(text: String) -> Self {
        Self { text, metric: None }
    }
}

impl Shown {
    /// Combined economy on everything that the car runs on.
    pub fn economy(car: &Car) -> Self {
        let one = |miles: u16, unit: &str, per| Self {
            text: format!("{miles} {unit}"),
            metric: Some(units::combined(miles, per)),
        };
        let mpg = car.mpg.map(|mpg| one(mpg.combined, "mpg", Per::Gallon));
        let mpge = car.mpge;
        let mpge = mpge.map(|mpge| one(mpge.combined, "MPGe", Per::GallonEquivalent));
        match (mpg, mpge) {
            (Some(gas), Some(plug)) => Self {
                text: format!("{}, {} on electricity", gas.text, plug.text),
                metric: gas
                    .metric
                    .zip(plug.metric)
                    .map(|(gas, plug)| format!("{gas}, {plug} on electricity")),
            },
            (Some(one), None) | (None, Some(one)) => one,
            (None, None) => UNKNOWN.to_owned().into(),
        }
    }

    /// A figure of a comparison, by the name of its field there.
    pub fn of_line(field: &str, figure: &Figure) -> Self {
        let per = match field.split('.').next() {
            Some("mpg") => Some(Per::Gallon),
            Some("mpge") => Some(Per::GallonEquivalent),
            _ => None,
        };
        let miles = figure
            .value
            .as_u64()
            .and_then(|miles| u16::try_from(miles).ok());
        Self {
            text: figure.text.clone(),
            metric: per
                .zip(miles)
                .map(|(per, miles)| units::combined(miles, per)),
        }
    }
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
    pub figures: Vec<(&'static str, Shown)>,
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
        let mut figures: Vec<(&'static str, Shown)> = Vec::new();
        let whole = |miles, unit, per| Shown {
            text: economy(miles, unit),
            metric: Some(units::economy(miles, per)),
        };
        match (&car.mpg, &car.mpge) {
            (None, None) => figures.push(("Economy", unknown().into())),
            (mpg, mpge) => {
                figures.extend(mpg.map(|mpg| ("Gas mileage", whole(mpg, "mpg", Per::Gallon))));
                let name = match car.fuel {
                    Fuel::Hydrogen => "On hydrogen",
                    _ => "On electricity",
                };
                figures.extend(mpge.map(|mpge| (name, whole(mpge, "MPGe", Per::GallonEquivalent))));
            }
        }
        if matches!(car.fuel, Fuel::Electric | Fuel::PlugInHybrid) {
            let range = car.electric_range_mi.map(|miles| format!("{miles} miles"));
            figures.push(("Electric range", range.unwrap_or_else(unknown).into()));
        }
        figures.push(("Fuel", car.fuel.label().to_owned().into()));
        figures.push((
            "Drive",
            car.drive
                .map_or_else(unknown, |drive| drive.label().into())
                .into(),
        ));
        let cost = car.fuel_cost_usd_per_year;
        let cost = cost.map(|usd| format!("${} a year", thousands(usd.into())));
        figures.push(("Fuel cost", cost.unwrap_or_else(unknown).into()));
        let co2 = car.co2_g_per_mi.map(|grams| format!("{grams} g/mile"));
        figures.push(("Tailpipe CO₂", co2.unwrap_or_else(unknown).into()));
        let price = car.price.as_ref().map(price_label);
        figures.push(("Price", price.unwrap_or_else(unknown).into()));
        let seats = car.seats.map(words::seats);
        figures.push(("Seats", seats.unwrap_or_else(unknown).into()));
        figures.push(("Safety", words::stars(car).into()));
        let power = car.horsepower.map(|power| format!("{power} hp"));
        figures.extend(power.map(|power| ("Power", power.into())));
        let towing = car
            .towing_lb
            .map(|pounds| format!("{} lb", thousands(pounds.into())));
        figures.extend(towing.map(|towing| ("Towing", towing.into())));

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
