//! The fields of the search form, each with its choices and where a row stands among them.

use super::{Counting, Field, Pick};
use crate::cars::search::{Filter, Row, economy, letters};
use crate::cars::words::thousands;
use crate::cars::{Body, Catalogue, Drive, Fuel, Transmission};

/// All fields, in the order of the form.
pub(super) fn fields(catalogue: &Catalogue, filter: &Filter) -> Vec<Field> {
    let words = catalogue.groups().div_ceil(64);
    let counting = |value: String, label: String, chosen: bool| Counting {
        value,
        label,
        chosen,
        seen: vec![0; words],
    };
    let plain = |name, label, is_set, clear, (pick, choices)| Field {
        name,
        label,
        many: false,
        is_set,
        clear,
        widens: false,
        pick,
        choices,
    };
    let list = |name, label, is_set, clear, counted| Field {
        many: true,
        ..plain(name, label, is_set, clear, counted)
    };
    let year = |name, label, is_set, clear, counted| Field {
        widens: true,
        ..plain(name, label, is_set, clear, counted)
    };
    // At least so much of something, or for dollars at most.
    let steps = |usual: &[u32],
                 asked: Option<u32>,
                 label: &dyn Fn(u32) -> String,
                 most: bool,
                 figure: fn(&Row) -> Option<u32>| {
        let mut usual = usual.to_vec();
        usual.extend(asked);
        usual.sort_unstable();
        usual.dedup();
        let step = |step: &u32| counting(step.to_string(), label(*step), asked == Some(*step));
        let choices: Vec<Counting> = usual.iter().map(step).collect();
        let pick = if most {
            Pick::Most(figure, usual)
        } else {
            Pick::Least(figure, usual)
        };
        (pick, choices)
    };
    macro_rules! closed {
        ($kind:ident, $chosen:expr, $get:expr) => {
            (
                Pick::One(Box::new(|row| {
                    let value = $get(row)?;
                    $kind::ALL.iter().position(|kind| *kind == value)
                })),
                $kind::ALL
                    .iter()
                    .map(|kind| {
                        let chosen = $chosen.contains(kind);
                        counting(kind.as_str().into(), kind.label().into(), chosen)
                    })
                    .collect(),
            )
        };
    }
    let (first, last) = catalogue.years();
    let years: Vec<u32> = (first..=last).map(u32::from).collect();
    let chosen_makes: Vec<String> = filter.makes.iter().map(|make| letters(make)).collect();
    let makes = catalogue.makes();
    // By the place of a make's name: its place among the choices.
    let mut order = std::collections::HashMap::new();
    for row in catalogue.rows() {
        order.entry(row.make).or_insert_with(|| {
            let make = catalogue.entry(row).make;
            makes.iter().position(|known| *known == make)
        });
    }
    let make = |make: &&str| {
        let chosen = chosen_makes.contains(&letters(make));
        counting((*make).to_owned(), (*make).to_owned(), chosen)
    };
    let make_choices: Vec<Counting> = makes.iter().map(make).collect();
    let make_pick = Pick::One(Box::new(move |row| order.get(&row.make).copied().flatten()));
    vec![
        list(
            "bodies",
            "Body",
            |f| !f.bodies.is_empty(),
            |f| f.bodies.clear(),
            closed!(Body, filter.bodies, |row: &Row| row.facts.body),
        ),
        list(
            "fuels",
            "Fuel",
            |f| !f.fuels.is_empty(),
            |f| f.fuels.clear(),
            closed!(Fuel, filter.fuels, |row: &Row| Some(row.facts.fuel)),
        ),
        list(
            "drives",
            "Drive",
            |f| !f.drives.is_empty(),
            |f| f.drives.clear(),
            closed!(Drive, filter.drives, |row: &Row| row.facts.drive),
        ),
        plain(
            "budget_max",
            "Budget",
            |f| f.budget_max.is_some(),
            |f| f.budget_max = None,
            steps(
                &[
                    20_000, 25_000, 30_000, 35_000, 40_000, 50_000, 60_000, 80_000,
                ],
                filter.budget_max,
                &|usd| format!("up to ${}", thousands(usd.into())),
                true,
                |row| row.facts.joined.price.map(|price| price.usd),
            ),
        ),
        plain(
            "budget_min",
            "Price from",
            |f| f.budget_min.is_some(),
            |f| f.budget_min = None,
            steps(
                &[20_000, 30_000, 40_000, 50_000, 60_000, 80_000],
                filter.budget_min,
                &|usd| format!("${}", thousands(usd.into())),
                false,
                |row| row.facts.joined.price.map(|price| price.usd),
            ),
        ),
        year(
            "year_min",
            "From model year",
            |f| f.year_min.is_some(),
            // Any year but the last: without both bounds the newest years alone are searched.
            |f| f.year_min = Some(0),
            steps(
                &years,
                filter.year_min.map(u32::from),
                &|year| year.to_string(),
                false,
                |row| Some(row.facts.year.into()),
            ),
        ),
        year(
            "year_max",
            "To model year",
            |f| f.year_max.is_some(),
            |f| f.year_max = Some(u16::MAX),
            steps(
                &years,
                filter.year_max.map(u32::from),
                &|year| year.to_string(),
                true,
                |row| Some(row.facts.year.into()),
            ),
        ),
        plain(
            "mpg_min",
            "Economy",
            |f| f.mpg_min.is_some(),
            |f| f.mpg_min = None,
            steps(
                &[20, 25, 30, 35, 40, 50, 80, 100],
                filter.mpg_min.map(u32::from),
                &|mpg| format!("{mpg} mpg or MPGe"),
                false,
                |row| economy(row).map(u32::from),
            ),
        ),
        plain(
            "electric_range_min",
            "Electric range",
            |f| f.electric_range_min.is_some(),
            |f| f.electric_range_min = None,
            steps(
                &[20, 40, 100, 200, 250, 300, 350, 400],
                filter.electric_range_min.map(u32::from),
                &|miles| format!("{miles} miles"),
                false,
                |row| row.facts.electric_range_mi.map(u32::from),
            ),
        ),
        plain(
            "seats_min",
            "Seats",
            |f| f.seats_min.is_some(),
            |f| f.seats_min = None,
            steps(
                &[4, 5, 6, 7, 8],
                filter.seats_min.map(u32::from),
                &|seats| seats.to_string(),
                false,
                |row| row.facts.joined.seats.map(|seats| seats.max.into()),
            ),
        ),
        plain(
            "stars_min",
            "Safety",
            |f| f.stars_min.is_some(),
            |f| f.stars_min = None,
            steps(
                &[3, 4, 5],
                filter.stars_min.map(u32::from),
                &|stars| format!("{stars} stars"),
                false,
                |row| row.facts.joined.stars.map(u32::from),
            ),
        ),
        plain(
            "horsepower_min",
            "Power",
            |f| f.horsepower_min.is_some(),
            |f| f.horsepower_min = None,
            steps(
                &[150, 200, 250, 300, 400],
                filter.horsepower_min.map(u32::from),
                &|power| format!("{power} hp"),
                false,
                |row| row.facts.joined.horsepower.map(u32::from),
            ),
        ),
        plain(
            "towing_min",
            "Towing",
            |f| f.towing_min.is_some(),
            |f| f.towing_min = None,
            steps(
                &[1_500, 2_000, 3_500, 5_000, 7_500, 10_000],
                filter.towing_min,
                &|pounds| format!("{} lb", thousands(pounds.into())),
                false,
                |row| row.facts.joined.towing_lb.map(u32::from),
            ),
        ),
        list(
            "transmissions",
            "Transmission",
            |f| !f.transmissions.is_empty(),
            |f| f.transmissions.clear(),
            closed!(Transmission, filter.transmissions, |row: &Row| row
                .facts
                .transmission),
        ),
        list(
            "makes",
            "Make",
            |f| !f.makes.is_empty(),
            |f| f.makes.clear(),
            (make_pick, make_choices),
        ),
    ]
}
