//! What must hold of every search in every catalogue: no make is favoured, and no car stands above one that beats it.

use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::Value;

use super::random::{remade, searches};
use super::*;

static SHIPPED: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::built_in().unwrap());

/// What a search found, without names.
fn outcome(catalogue: &Catalogue, filter: &Filter) -> (Vec<u32>, usize, Vec<Bearing>, String) {
    let ranked = rank(catalogue, filter);
    let numbers = ranked.rows.iter().map(|row| row.facts.number).collect();
    let found = search(catalogue, filter, 0);
    let changes: Vec<_> = found
        .changes
        .iter()
        .map(|change| (&change.parts, change.size, change.total))
        .collect();
    let rest = format!(
        "{:?} {:?} {} {:?} {changes:?}",
        ranked.open, ranked.unknown, ranked.versions, ranked.years
    );
    (numbers, ranked.known, ranked.bearings, rest)
}

/// Letters turned about, so that no two makes become one and none is found in a model's name.
fn disguised(make: &str) -> String {
    format!(
        "q{}q",
        make.chars()
            .rev()
            .collect::<String>()
            .replace([' ', '-'], "x")
    )
}

/// The published figures of a car by which it can be better, more being better, from its JSON: written apart from the
/// search.
fn figures(car: &Value, filter: &Filter) -> Vec<Option<i64>> {
    let of = |pointer: &str| car.pointer(pointer).and_then(Value::as_i64);
    let less = |pointer: &str| of(pointer).map(|figure| -figure);
    let is_driven = |drive: &str| i64::from(drive == "awd" || drive == "4wd");
    let mut figures = vec![
        less("/price/usd"),
        of("/mpg/combined"),
        of("/mpge/combined"),
        of("/electric_range_mi"),
        of("/range_mi"),
        less("/fuel_cost_usd_per_year"),
        of("/safety/stars"),
        of("/seats/max"),
        car["drive"].as_str().map(is_driven),
        of("/year"),
    ];
    if filter.horsepower_min.is_some() || filter.sort == Sort::Power {
        figures.push(of("/horsepower"));
    }
    if filter.towing_min.is_some() || filter.sort == Sort::Towing {
        figures.push(of("/towing_lb"));
    }
    if filter.sort == Sort::Co2 {
        figures.push(less("/co2_g_per_mi"));
    }
    figures
}

fn beats(one: &Value, other: &Value, filter: &Filter) -> bool {
    let alike = ["/body", "/fuel"];
    let is_alike = alike
        .iter()
        .all(|key| one.pointer(key) == other.pointer(key));
    let (ones, others) = (figures(one, filter), figures(other, filter));
    let is_mean = |car: &Value| {
        car["price"]["source"]
            .as_str()
            .map(|source| source.contains("(mean"))
    };
    is_alike
        && is_mean(one) == is_mean(other)
        && !one["body"].is_null()
        && !one["price"].is_null()
        && ones != others
        && ones.iter().zip(&others).all(|pair| match pair {
            (Some(one), Some(other)) => one >= other,
            (None, None) => true,
            _ => false,
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn other_names_of_makes_and_another_order_of_rows_change_nothing((places, filter) in searches(&SHIPPED), turn in 0..60usize) {
        // The filter names no model by its make, so that only the makes' own names need changing in it.
        let rows = || places.iter().map(|at| &SHIPPED.rows()[*at]);
        let plain = remade(&SHIPPED, rows(), str::to_owned);
        let expected = outcome(&plain, &filter);
        let mut turned: Vec<&Row> = rows().rev().collect();
        let len = turned.len();
        turned.rotate_left(turn % len);
        prop_assert_eq!(&outcome(&remade(&SHIPPED, turned.into_iter(), str::to_owned), &filter), &expected);
        // A model may be called by its make's name; then the name means the make.
        let means_a_make = |model: &String| plain.makes().iter().any(|make| letters(model).contains(&letters(make)));
        prop_assume!(!filter.models.iter().chain(&filter.models_not).any(means_a_make));
        let renamed = Filter {
            makes: filter.makes.iter().map(|make| disguised(make)).collect(),
            makes_not: filter.makes_not.iter().map(|make| disguised(make)).collect(),
            ..filter.clone()
        };
        prop_assert_eq!(&outcome(&remade(&SHIPPED, rows(), disguised), &renamed), &expected);
    }

    #[test]
    fn no_car_stands_above_one_that_beats_it((places, mut filter) in searches(&SHIPPED)) {
        // Few limits, so that much is found.
        filter.models.clear();
        filter.makes.clear();
        filter.year_min = Some(2015);
        filter.year_max = None;
        filter.stars_min = None;
        filter.horsepower_min = filter.horsepower_min.filter(|power| *power < 200);
        let catalogue = remade(&SHIPPED, places.iter().map(|at| &SHIPPED.rows()[*at]), str::to_owned);
        let ranked = rank(&catalogue, &filter);
        let json = |row: &Row| serde_json::to_value(catalogue.car(row)).unwrap();
        let cars: Vec<(&Row, Value)> = ranked.rows[..ranked.known].iter().map(|row| (row, json(row))).collect();
        for (at, (row, car)) in cars.iter().enumerate() {
            for (other_at, (other_row, other)) in cars.iter().enumerate() {
                let expected = beats(car, other, &filter);
                prop_assert_eq!(dominates(&filter, row, other_row), expected, "{} {}", car, other);
                prop_assert!(!expected || at < other_at, "{} stands above {}", other, car);
            }
        }
    }
}

#[test]
fn the_built_in_catalogue_has_cars_that_others_beat_and_they_stand_below() {
    let filter = Filter {
        year_min: Some(2019),
        budget_max: Some(40_000),
        ..Filter::default()
    };
    let ranked = rank(&SHIPPED, &filter);
    let known = &ranked.rows[..ranked.known];
    let json: Vec<Value> = known
        .iter()
        .map(|row| serde_json::to_value(SHIPPED.car(row)).unwrap())
        .collect();
    let mut beaten = 0;
    for (at, row) in known.iter().enumerate() {
        for (other_at, other) in known.iter().enumerate() {
            let is = beats(&json[at], &json[other_at], &filter);
            assert_eq!(dominates(&filter, row, other), is);
            assert!(!is || at < other_at);
            beaten += usize::from(is);
        }
    }
    assert!(beaten > 20, "{beaten}");
}
