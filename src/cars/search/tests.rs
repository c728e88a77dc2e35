//! What a search must hold to, whatever is in the catalogue.

use super::random::remade;
use super::*;
use crate::cars::{Energy, Entry, Facts, Joined};

fn shipped() -> Catalogue {
    Catalogue::built_in().unwrap()
}

fn numbers(catalogue: &Catalogue, filter: &Filter) -> Vec<u32> {
    rank(catalogue, filter)
        .rows
        .iter()
        .map(|row| row.facts.number)
        .collect()
}

fn filters() -> Vec<Filter> {
    let suv = Filter {
        bodies: vec![Body::Suv],
        ..Filter::default()
    };
    vec![
        Filter::default(),
        suv.clone(),
        Filter {
            drives: vec![Drive::Awd, Drive::FourWd],
            sort: Sort::FuelCost,
            ..suv.clone()
        },
        Filter {
            fuels: vec![Fuel::Electric],
            electric_range_min: Some(250),
            sort: Sort::Range,
            ..suv
        },
        Filter {
            mpg_min: Some(35),
            sort: Sort::Co2,
            year_min: Some(2018),
            year_max: Some(2021),
            ..Filter::default()
        },
        Filter {
            budget_max: Some(30_000),
            stars_min: Some(5),
            seats_min: Some(5),
            sort: Sort::Price,
            ..Filter::default()
        },
        Filter {
            towing_min: Some(5_000),
            horsepower_min: Some(250),
            year_min: Some(2020),
            sort: Sort::Power,
            ..Filter::default()
        },
        Filter {
            transmissions: vec![Transmission::Manual],
            sort: Sort::Newest,
            ..Filter::default()
        },
    ]
}

#[test]
fn the_order_of_rows_changes_nothing() {
    let shipped = shipped();
    let turned = remade(&shipped, shipped.rows().iter().rev(), str::to_owned);
    for filter in filters() {
        assert_eq!(
            numbers(&shipped, &filter),
            numbers(&turned, &filter),
            "{filter:?}"
        );
    }
}

#[test]
fn the_names_of_makes_change_nothing() {
    let shipped = shipped();
    let renamed = remade(&shipped, shipped.rows().iter(), |make| {
        make.chars().rev().chain("zz".chars()).collect()
    });
    for filter in filters() {
        assert_eq!(
            numbers(&shipped, &filter),
            numbers(&renamed, &filter),
            "{filter:?}"
        );
    }
}

#[test]
fn a_model_comes_once_for_each_fuel() {
    let shipped = shipped();
    let rows = rank(
        &shipped,
        &Filter {
            year_min: Some(2015),
            ..Filter::default()
        },
    )
    .rows;
    let mut seen = std::collections::HashSet::new();
    for row in &rows {
        let entry = shipped.entry(row);
        assert!(
            seen.insert((entry.make, entry.base.to_lowercase(), row.facts.fuel)),
            "{} {}",
            entry.make,
            entry.base
        );
    }
    assert!(rows.len() > 500);
}

#[test]
fn unknown_is_neither_a_match_nor_a_miss() {
    let facts = Facts {
        number: 1,
        year: 2024,
        body: None,
        body_from_nhtsa: false,
        fuel: Fuel::Gasoline,
        drive: None,
        transmission: None,
        mpg: None,
        mpge: None,
        electric_range_mi: None,
        range_mi: None,
        co2_g_per_mi: None,
        fuel_cost_usd_per_year: None,
        energy: Energy::default(),
        joined: Joined::default(),
    };
    let mut builder = Catalogue::builder("test");
    builder.add(&Entry {
        make: "A",
        base: "B",
        model: "B",
        variant: "",
        price_source: "",
        facts,
    });
    let catalogue = builder.finish();
    let unknown = |filter: Filter| {
        let found = search(&catalogue, &filter, 5);
        (found.total, found.unknown)
    };
    let suv = Filter {
        bodies: vec![Body::Suv],
        ..Filter::default()
    };
    assert_eq!(unknown(suv.clone()), (0, vec![(Limit::Body, 1)]));
    assert_eq!(
        unknown(Filter {
            bodies: vec![],
            bodies_not: vec![Body::Suv],
            ..suv
        }),
        (0, vec![(Limit::BodyNot, 1)])
    );
    assert_eq!(
        unknown(Filter {
            mpg_min: Some(1),
            ..Filter::default()
        }),
        (0, vec![(Limit::Mpg, 1)])
    );
    assert_eq!(
        unknown(Filter {
            electric_range_min: Some(1),
            ..Filter::default()
        }),
        (0, vec![])
    );
    assert_eq!(unknown(Filter::default()), (1, vec![]));
}

#[test]
fn recent_years_unless_a_year_or_a_model_is_named() {
    let shipped = shipped();
    let years = |filter: Filter| search(&shipped, &filter, 1).years;
    assert_eq!(years(Filter::default()), (2024, 2026));
    assert_eq!(
        years(Filter {
            year_max: Some(2019),
            ..Filter::default()
        }),
        (2015, 2019)
    );
    assert_eq!(
        years(Filter {
            models: vec!["Honda Fit".into()],
            ..Filter::default()
        }),
        (2015, 2026)
    );
}

#[test]
fn names_of_models_are_whole_words_without_hyphens() {
    for (model, name, is) in [
        ("cr-v", ("Honda", "CR-V FWD"), true),
        ("CRV", ("Honda", "CR-V FWD"), true),
        ("honda cr v", ("Honda", "CR-V FWD"), true),
        ("3", ("Mazda", "CX-30 4WD"), false),
        ("mazda3", ("Mazda", "3"), true),
        ("Ioniq 5", ("Hyundai", "Ioniq 5 N"), true),
        ("Ioniq", ("Hyundai", "Ioniq 5 N"), true),
        ("", ("Hyundai", "Kona"), false),
    ] {
        let (make, base) = name;
        assert_eq!(
            named(&letters(model), make, base),
            is,
            "{model} in {make} {base}"
        );
    }
}

#[test]
fn when_nothing_fits_the_smallest_change_comes_first() {
    let shipped = shipped();
    let filter = Filter {
        bodies: vec![Body::Minivan],
        mpg_min: Some(38),
        fuels: vec![Fuel::Hybrid],
        ..Filter::default()
    };
    let found = search(&shipped, &filter, 5);
    assert_eq!(found.total, 0);
    let first = found.changes[0].parts[0];
    assert_eq!(
        (first.limit, first.from, first.to),
        (Limit::Mpg, Some(38), Some(36))
    );
    for change in &found.changes {
        assert_eq!(search(&shipped, &change.filter, 5).total, change.total);
        assert!(change.total > 0);
    }
}

#[test]
fn an_unknown_price_is_neither_within_a_budget_nor_beyond_it() {
    let shipped = shipped();
    let filter = Filter {
        budget_max: Some(27_000),
        bodies: vec![Body::Suv],
        ..Filter::default()
    };
    let ranked = rank(&shipped, &filter);
    let (known, open) = ranked.rows.split_at(ranked.known);
    let usd = |row: &Row| row.facts.joined.price.map(|price| price.usd);
    assert!(
        !known.is_empty()
            && known
                .iter()
                .all(|row| usd(row) <= Some(27_000) && usd(row).is_some())
    );
    assert!(!open.is_empty() && open.iter().all(|row| usd(row).is_none()));
    assert_eq!(ranked.open, [(Limit::BudgetMax, open.len())]);
    // Nothing that could fit is lost: without the budget there are the same models and those known to cost more.
    let all = rank(
        &shipped,
        &Filter {
            budget_max: None,
            ..filter.clone()
        },
    );
    let dear = all
        .rows
        .iter()
        .filter(|row| !ranked.rows.iter().any(|other| other.group == row.group));
    assert_eq!(dear.filter(|row| usd(row).is_none()).count(), 0);
}

#[test]
fn the_smallest_sum_that_helps_is_the_one_that_is_missing() {
    let shipped = shipped();
    let filter = Filter {
        bodies: vec![Body::Minivan],
        budget_max: Some(35_000),
        ..Filter::default()
    };
    let found = search(&shipped, &filter, 0);
    let change = found
        .changes
        .iter()
        .map(|change| change.parts[0])
        .find(|part| part.limit == Limit::BudgetMax)
        .unwrap();
    let cheapest = shipped
        .iter()
        .filter(|car| car.body == Some(Body::Minivan) && car.year >= 2024)
        .filter_map(|car| Some(car.price?.usd))
        .min();
    assert_eq!((found.total, change.to), (0, cheapest));
    for change in &found.changes {
        assert_eq!(search(&shipped, &change.filter, 0).total, change.total);
    }
}

/// The figures of `docs/advice.md`.
#[test]
#[ignore = "measures: cargo test --release --lib how_long -- --ignored --nocapture"]
fn how_long_a_search_takes() {
    let shipped = shipped();
    let awd = vec![Drive::Awd, Drive::FourWd];
    let filters = [
        ("the newest three years", Filter::default()),
        (
            "all years",
            Filter {
                year_min: Some(2015),
                ..Filter::default()
            },
        ),
        (
            "SUVs with all-wheel drive under $30,000",
            Filter {
                bodies: vec![Body::Suv],
                drives: awd.clone(),
                budget_max: Some(30_000),
                ..Filter::default()
            },
        ),
        (
            "one model by name",
            Filter {
                models: vec!["Honda CR-V".into()],
                ..Filter::default()
            },
        ),
        (
            "nothing fits, one change helps",
            Filter {
                seats_min: Some(7),
                drives: awd,
                budget_max: Some(25_000),
                ..Filter::default()
            },
        ),
        (
            "nothing fits, three changes help",
            Filter {
                bodies: vec![Body::Convertible],
                fuels: vec![Fuel::Diesel],
                transmissions: vec![Transmission::Manual],
                seats_min: Some(8),
                stars_min: Some(5),
                mpg_min: Some(60),
                ..Filter::default()
            },
        ),
    ];
    for (name, filter) in &filters {
        let mut times: Vec<std::time::Duration> = (0..201)
            .map(|_| {
                let start = std::time::Instant::now();
                std::hint::black_box(search(&shipped, filter, 8));
                start.elapsed()
            })
            .collect();
        times.sort_unstable();
        let changed = search(&shipped, filter, 0).changes;
        let parts = changed.first().map_or(0, |change| change.parts.len());
        println!(
            "| {name} | {:.2?} | {:.2?} | {parts}",
            times[100], times[198]
        );
    }
}
