//! Cars side by side, where the shopper asks for that: which ones, and what speaks for each in the figures.

use super::figure::Figure;
use super::say::{escape, join};
use super::{pick, talk};
use crate::advisor::needs::{self, Field, Need};
use crate::cars::compare::MOST_COMPARED;
use crate::cars::search::{self, Sort, letters, named};
use crate::cars::{Car, Catalogue, Drive, Row};

/// The most figures that are given for a car.
const FIGURES: usize = 4;

/// The rows to set side by side, if a text wants that: of models that are named one each of all that was found; else, for who
/// asks for a comparison in so many words, the first of those that would be shown. Fewer than two are no comparison.
pub fn wanted(
    catalogue: &Catalogue,
    text: &str,
    found: &[Row],
    shown: &[Row],
    needs: &[Need],
) -> Option<Vec<Row>> {
    let compares = needs::compares(text);
    if !compares && !needs::weighs(text) {
        return None;
    }
    let models = needs.iter().filter(|need| need.field == Field::Model);
    let models: Vec<String> = models
        .filter_map(|need| need.value.as_str().map(letters))
        .collect();
    let mut chosen = one_each(catalogue, found, &models);
    if compares && chosen.len() < 2 {
        chosen = shown.to_vec();
    }
    chosen.truncate(MOST_COMPARED);
    (chosen.len() > 1).then_some(chosen)
}

/// What the answer to such a text showed, in its order.
pub fn shown_by(catalogue: &Catalogue, text: &str, needs: &[Need]) -> Vec<Row> {
    let filter = needs::filter(needs);
    let ranked = search::rank(catalogue, &filter);
    let shown = pick::shown(&ranked, &filter, needs).rows;
    match wanted(catalogue, text, &ranked.rows, &shown, needs) {
        Some(rows) => pointed_at(text, &rows),
        None => shown,
    }
}

/// For each model the best of its rows; of one kind of fuel where all of them come with it, so that like stands by like.
fn one_each(catalogue: &Catalogue, rows: &[Row], models: &[String]) -> Vec<Row> {
    let is = |row: &Row, model: &str| {
        let car = catalogue.entry(row);
        named(model, car.make, car.model)
    };
    let has = |model: &String, like: &Row| {
        let mut rows = rows.iter();
        rows.any(|row| row.facts.fuel == like.facts.fuel && is(row, model))
    };
    let shared = rows
        .iter()
        .find(|row| models.iter().all(|model| has(model, row)));
    let shared = shared.map(|row| row.facts.fuel);
    let mut chosen: Vec<Row> = Vec::new();
    for model in models {
        let mut its = rows
            .iter()
            .filter(|row| is(row, model) && shared.is_none_or(|fuel| row.facts.fuel == fuel));
        let new = its.find(|row| {
            !chosen
                .iter()
                .any(|one| one.facts.number == row.facts.number)
        });
        chosen.extend(new);
    }
    chosen
}

/// Those of the shown rows that a text points at; the first where it says no places.
pub fn pointed_at(text: &str, shown: &[Row]) -> Vec<Row> {
    let mut places: Vec<usize> = Vec::new();
    for place in talk::places(text) {
        let at = place.of(shown.len());
        if at < shown.len() && !places.contains(&at) {
            places.push(at);
        }
    }
    if places.len() < 2 {
        places = (0..shown.len()).collect();
    }
    places.truncate(MOST_COMPARED);
    places.into_iter().map(|at| shown[at]).collect()
}

/// What speaks for each car: against the other where there are two, and what it has best of all where there are more.
pub fn told(cars: &[Car], sort: Sort) -> String {
    let lines = cars.iter().enumerate().map(|(at, car)| {
        let figures = Figure::ALL.into_iter();
        let figures = figures.filter(|figure| *figure != Figure::Co2 || sort == Sort::Co2);
        let mut points: Vec<String> = match cars {
            [one, other] => {
                let other = if at == 0 { other } else { one };
                figures
                    .filter_map(|figure| figure.against(car, other))
                    .collect()
            }
            _ => figures
                .filter(|figure| is_best(*figure, car, cars))
                .map(|figure| format!("the {}", figure.best()))
                .collect(),
        };
        points.truncate(FIGURES);
        points.extend(driven_on_all(car, cars));
        let points = match points.is_empty() {
            true => "no figure that is known of it is better".to_owned(),
            false => join(points),
        };
        format!("{}. **{}**: {points}", at + 1, escape(&name(car, cars)))
    });
    let lines: Vec<String> = lines.collect();
    format!(
        "What speaks for each, side by side:\n\n{}",
        lines.join("\n")
    )
}

/// All-wheel drive, where not all of them have it.
fn driven_on_all(car: &Car, cars: &[Car]) -> Option<String> {
    let drive = |car: &Car| {
        car.drive
            .filter(|drive| matches!(drive, Drive::Awd | Drive::FourWd))
    };
    let is_special = cars
        .iter()
        .any(|other| other.drive.is_some() && drive(other).is_none());
    drive(car)
        .filter(|_| is_special)
        .map(|drive| drive.label().to_owned())
}

/// Whether it alone has the best of a figure that is known of all and can be set against each other.
fn is_best(figure: Figure, car: &Car, cars: &[Car]) -> bool {
    let others = cars.iter().filter(|other| other.id != car.id);
    let beats = |other: &Car| {
        let figures = figure.of(car).zip(figure.of(other));
        figures.is_some_and(|(own, theirs)| own > theirs) && figure.is_alike(car, other)
    };
    others.into_iter().all(beats)
}

/// Its title, and what tells it from another car of the same title.
fn name(car: &Car, cars: &[Car]) -> String {
    let is_twin = |other: &Car| other.id != car.id && other.title() == car.title();
    match cars.iter().any(is_twin) {
        true => format!("{} ({})", car.title(), car.fuel.label()),
        false => car.title(),
    }
}
