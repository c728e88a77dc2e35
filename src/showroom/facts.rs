//! What the pages say of a car in few words: what tells it from others, and its price with what that rests on.

use crate::card::{Shown, Silhouette};
use crate::cars::words::{self, NOT_RATED, UNKNOWN};
use crate::cars::{Body, Car, Fuel, Row};

/// A price as it stands on every page: never without its kind, year, rule and source.
pub struct PriceView {
    pub text: String,
    /// What it is and by which rule.
    pub basis: String,
    pub source: String,
}

impl PriceView {
    pub fn of(car: &Car) -> Option<Self> {
        let price = car.price.as_ref()?;
        Some(Self {
            text: words::price(price),
            basis: words::price_basis(price),
            source: price.source.clone(),
        })
    }
}

/// A car in a list.
pub struct Brief {
    pub id: String,
    pub title: String,
    pub variant: String,
    pub silhouette: Silhouette,
    pub body: &'static str,
    pub fuel: &'static str,
    pub drive: &'static str,
    pub economy: Shown,
    /// For cars that can be charged.
    pub electric_range: Option<Shown>,
    pub price: Option<PriceView>,
    pub safety: String,
    pub seats: String,
    pub is_kept: bool,
}

impl Brief {
    /// `kept` are the ids that the person keeps.
    pub fn of(car: &Car, kept: Option<&[String]>) -> Self {
        let charged = matches!(car.fuel, Fuel::Electric | Fuel::PlugInHybrid);
        let range = car
            .electric_range_mi
            .map_or(UNKNOWN.to_owned(), |miles| format!("{miles} miles"));
        Self {
            id: car.id.clone(),
            title: car.title(),
            variant: car.variant.clone(),
            silhouette: Silhouette {
                body: car.body.map_or("", Body::as_str),
            },
            body: car.body.map_or("body style unknown", Body::label),
            fuel: car.fuel.label(),
            drive: car.drive.map_or("drive unknown", |drive| drive.label()),
            economy: Shown::economy(car),
            electric_range: charged.then(|| Shown::said(range)),
            price: PriceView::of(car),
            safety: match &car.safety {
                Some(_) => words::stars(car),
                None => NOT_RATED.to_owned(),
            },
            seats: car.seats.map_or(UNKNOWN.to_owned(), words::seats),
            is_kept: kept.is_some_and(|kept| kept.contains(&car.id)),
        }
    }
}

/// One version of a model-year.
pub struct Version {
    pub id: String,
    /// What tells it from the others.
    pub label: String,
    pub economy: Shown,
    pub price: String,
    /// It is the one that is shown.
    pub is_this: bool,
}

impl Version {
    pub fn of(car: &Car, this: &str) -> Self {
        let drive = car.drive.map_or("drive unknown", |drive| drive.label());
        let mut label = format!("{}: {}, {drive}", car.model, car.fuel.label());
        if !car.variant.is_empty() {
            label = format!("{label}, {}", car.variant);
        }
        Self {
            label,
            economy: Shown::economy(car),
            price: match &car.price {
                Some(price) => words::price(price),
                None => "price unknown".to_owned(),
            },
            is_this: car.id == this,
            id: car.id.clone(),
        }
    }
}

/// The grade of gasoline that a car is rated on, for people.
pub fn grade(row: &Row) -> Option<&'static str> {
    row.facts.energy.grade.map(|grade| grade.label())
}
