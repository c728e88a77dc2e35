//! A car as people see it, on every page alike: its outline, and its card with figures in words.

use askama::Template;

use crate::advisor::catalogue::price_label;
use crate::advisor::needs::{Field, Need};
use crate::cars::compare::Figure;
use crate::cars::compare::MOST_COMPARED;
use crate::cars::units::{self, Per, Units};
use crate::cars::words::{self, UNKNOWN, economy, thousands};
use crate::cars::{Body, Car, Fuel};

mod versus;

pub use versus::{Row, Versus};

/// The outline of a body style, as SVG; of a car under a sheet where the body is unknown.
#[derive(Template)]
#[template(path = "cars/_silhouette.html")]
pub struct Silhouette {
    /// As [`Body::as_str`] has it, or empty.
    pub body: &'static str,
}

/// A figure as people read it. Of mileage and distances both units stand in the page, and the style sheet shows those that
/// the person chose: so pages, fragments and streams need not know who reads them.
#[derive(Template)]
#[template(
    ext = "html",
    source = r#"{% if let Some(metric) = metric %}<span class="us">{{ text }}</span><span class="or"> or </span><span class="metric">{{ metric }}</span>{% else %}{{ text }}{% endif %}"#
)]
#[derive(Clone, Debug)]
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
    /// A sentence of ours or a part of one, with its mileages and distances in both units.
    pub fn said(text: String) -> Self {
        let metric = units::text::metric(&text);
        Self {
            metric: (metric != text).then_some(metric),
            text,
        }
    }

    /// As one who reads those units reads it.
    pub fn in_units(&self, units: Units) -> &str {
        match (units, &self.metric) {
            (Units::LitersPer100Km, Some(metric)) => metric,
            _ => &self.text,
        }
    }

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
        match field {
            "price" => figure.text.clone().into(),
            _ => Self::said(figure.text.clone()),
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
    /// The names of those that matter most for what was asked; the rest stands in a fold.
    brief: Vec<&'static str>,
    /// On the person's shortlist.
    pub is_kept: bool,
    pub why: Vec<Shown>,
    /// Where the figures are from, each source once.
    pub sources: String,
}

/// The cards of several cars that are shown together, to somebody who needs that.
pub fn cards(cars: &[Car], needs: &[Need]) -> Vec<CarView> {
    let mut cards: Vec<CarView> = cars.iter().map(|car| CarView::of(car, needs)).collect();
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
    pub fn of(car: &Car, needs: &[Need]) -> Self {
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
            figures.push(("Electric range", Shown::said(range.unwrap_or_else(unknown))));
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
        figures.push(("Tailpipe CO₂", Shown::said(co2.unwrap_or_else(unknown))));
        let price = car.price.as_ref().map(price_label);
        figures.push(("Price", price.unwrap_or_else(unknown).into()));
        let seats = car.seats.map(words::seats);
        figures.push(("Seats", seats.unwrap_or_else(unknown).into()));
        figures.push(("Safety", words::stars(car).into()));
        let power = car.horsepower.map(|power| format!("{power} hp"));
        let asked = asked(needs);
        let or_unknown = |name, figure: Option<String>| {
            let figure = figure.or_else(|| asked.contains(&name).then(unknown));
            figure.map(|figure| (name, figure.into()))
        };
        figures.extend(or_unknown("Power", power));
        let towing = car
            .towing_lb
            .map(|pounds| format!("{} lb", thousands(pounds.into())));
        figures.extend(or_unknown("Towing", towing));

        Self {
            id: car.id.clone(),
            compare: String::new(),
            title: car.title(),
            variant: car.variant.clone(),
            silhouette: Silhouette {
                body: car.body.map_or("", Body::as_str),
            },
            body_label: car.body.map_or("body style unknown", Body::label),
            brief: brief(&figures, &asked),
            figures,
            is_kept: false,
            why: car.why.iter().cloned().map(Shown::said).collect(),
            sources: sources(car),
        }
    }

    /// Whether that figure is shown at first.
    pub fn is_brief(&self, name: &str) -> bool {
        self.brief.contains(&name)
    }
}

/// How many figures a card shows at first: at least, and at most.
const FEWEST: usize = 4;
const MOST: usize = 6;

/// What economy is called, by fuel.
const ECONOMY: [&str; 4] = ["Economy", "Gas mileage", "On electricity", "On hydrogen"];

/// The figures that needs ask about, by their names on the card.
fn asked(needs: &[Need]) -> Vec<&'static str> {
    let name = |need: &Need| match need.field {
        Field::SeatsMin => Some("Seats"),
        Field::StarsMin => Some("Safety"),
        Field::TowingMin => Some("Towing"),
        Field::HorsepowerMin => Some("Power"),
        Field::ElectricRangeMin | Field::RangeMin => Some("Electric range"),
        Field::Drive => Some("Drive"),
        Field::MilesPerYear => Some("Fuel cost"),
        Field::Fuel => match need.value.as_str()? {
            "electric" | "plug_in_hybrid" => Some("Electric range"),
            _ => Some("Fuel"),
        },
        Field::FuelNot => Some("Fuel"),
        Field::Priority => match need.value.as_str()? {
            "seats" => Some("Seats"),
            "safety" => Some("Safety"),
            "towing" => Some("Towing"),
            "power" => Some("Power"),
            "range" | "electric_range" => Some("Electric range"),
            "fuel_cost" => Some("Fuel cost"),
            "co2" => Some("Tailpipe CO₂"),
            _ => None,
        },
        _ => None,
    };
    needs.iter().filter_map(name).collect()
}

/// Economy and price, then what was asked about, then what most people look at.
fn brief(figures: &[(&'static str, Shown)], asked: &[&'static str]) -> Vec<&'static str> {
    let is_there = |name: &&str| figures.iter().any(|(known, _)| known == name);
    let mut brief: Vec<&'static str> = Vec::new();
    let always = ECONOMY.iter().chain(&["Price"]);
    for name in always.chain(asked).filter(|name| is_there(name)) {
        if brief.len() < MOST && !brief.contains(name) {
            brief.push(name);
        }
    }
    let usual = ["Electric range", "Safety", "Seats", "Drive"];
    for name in usual.iter().filter(|name| is_there(name)) {
        if brief.len() < FEWEST && !brief.contains(name) {
            brief.push(name);
        }
    }
    brief
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

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(needs: &[(Field, serde_json::Value)]) -> Vec<&'static str> {
        let names = [
            "Gas mileage",
            "On electricity",
            "Electric range",
            "Fuel",
            "Drive",
            "Fuel cost",
            "Tailpipe CO₂",
            "Price",
            "Seats",
            "Safety",
            "Towing",
        ];
        let need = |(field, value): &(Field, serde_json::Value)| Need {
            id: String::new(),
            field: *field,
            value: value.clone(),
            words: String::new(),
            message_id: String::new(),
        };
        let needs: Vec<Need> = needs.iter().map(need).collect();
        brief(
            &names.map(|name| (name, String::new().into())),
            &asked(&needs),
        )
    }

    #[test]
    fn a_card_shows_economy_price_and_what_was_asked_about() {
        let always = ["Gas mileage", "On electricity", "Price"];
        assert_eq!(shown(&[])[..3], always);
        assert_eq!(shown(&[])[3..], ["Electric range"]);
        let family = [
            (Field::SeatsMin, 7.into()),
            (Field::Priority, "safety".into()),
            (Field::TowingMin, 3500.into()),
            (Field::Drive, "awd".into()),
            (Field::Drive, "4wd".into()),
        ];
        assert_eq!(shown(&family)[3..], ["Seats", "Safety", "Towing"]);
        assert_eq!(shown(&[(Field::Drive, "awd".into())])[3..], ["Drive"]);
    }
}
