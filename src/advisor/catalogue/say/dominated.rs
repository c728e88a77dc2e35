//! What is said of a car that another leaves no reason to take.

use super::escape;
use crate::advisor::catalogue::figure::Figure;
use crate::advisor::catalogue::pick::Picked;
use crate::cars::{Car, Catalogue, Filter};

/// The most cars of which it is said.
const MOST: usize = 2;
/// The most figures that are given for each.
const FIGURES: usize = 3;

/// Why cars that one would expect are left out, and what beats a car that was asked for by name.
pub fn dominated(catalogue: &Catalogue, picked: &Picked, filter: &Filter) -> Option<String> {
    let left_out = picked.left_out.iter().map(|pair| (pair, "Left out"));
    let beaten = picked.beaten.iter().map(|pair| (pair, "To be fair"));
    let sentences = left_out
        .chain(beaten)
        .take(MOST)
        .map(|((car, other), start)| {
            let (car, other) = (catalogue.car(car), catalogue.car(other));
            let (verb, than) = match start {
                "Left out" => ("is left out, because the", "has"),
                _ => ("is beaten in what matters here by the", "which has"),
            };
            format!(
                "The {} {verb} {} {than} {}.",
                escape(&car.title()),
                escape(&other.title()),
                better(&car, &other, filter),
            )
        });
    let text = sentences.collect::<Vec<_>>().join(" ");
    (!text.is_empty()).then_some(text)
}

/// What the other has better: `36 mpg against 33 and a price of $24,500 against $26,000`.
fn better(car: &Car, other: &Car, filter: &Filter) -> String {
    let asked = |figure: &Figure| match figure {
        Figure::Power => filter.horsepower_min.is_some(),
        Figure::Towing => filter.towing_min.is_some(),
        Figure::Co2 => false,
        _ => true,
    };
    let better = Figure::ALL.into_iter().filter(asked);
    let better = better.filter_map(|figure| figure.against(other, car));
    let mut told: Vec<String> = better.take(FIGURES).collect();
    if told.is_empty() && other.year > car.year {
        told.push(format!("model year {} against {}", other.year, car.year));
    }
    if told.is_empty() {
        told.push("four driven wheels".to_owned());
    }
    super::join(told) + " and is no worse in the rest"
}
