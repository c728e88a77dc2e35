//! Small catalogues and filters at random, for tests of what must hold whatever they are.

use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::{Filter, Sort};
use crate::cars::{Body, Catalogue, Drive, Entry, Fuel, Row, Transmission};

const SORTS: [Sort; 11] = [
    Sort::Economy,
    Sort::Range,
    Sort::ElectricRange,
    Sort::Co2,
    Sort::FuelCost,
    Sort::Newest,
    Sort::Price,
    Sort::Power,
    Sort::Safety,
    Sort::Seats,
    Sort::Towing,
];

/// Runs of neighbouring rows of another catalogue: years and versions of a few models.
pub(crate) fn places(rows: usize) -> impl Strategy<Value = Vec<usize>> {
    let run = (0..rows, 1..8usize).prop_map(move |(start, len)| start..(start + len).min(rows));
    proptest::collection::vec(run, 1..9).prop_map(|runs| {
        let mut places: Vec<usize> = runs.into_iter().flatten().collect();
        places.sort_unstable();
        places.dedup();
        places
    })
}

/// The same cars in that order, under other names of makes.
pub(crate) fn remade<'a>(
    of: &'a Catalogue,
    rows: impl Iterator<Item = &'a Row>,
    make: impl Fn(&str) -> String,
) -> Catalogue {
    let mut builder = Catalogue::builder("test");
    for row in rows {
        let entry = of.entry(row);
        builder.add(&Entry {
            make: &make(entry.make),
            ..entry
        });
    }
    builder.finish()
}

fn few<T: Copy + std::fmt::Debug + 'static>(of: &'static [T]) -> impl Strategy<Value = Vec<T>> {
    prop_oneof![
        3 => Just(Vec::new()),
        1 => subsequence(of, 1..=of.len().min(3)),
    ]
}

fn maybe<S: Strategy>(of: S) -> impl Strategy<Value = Option<S::Value>> {
    proptest::option::weighted(0.25, of)
}

/// Any filter: its names of makes and models are of those given.
pub(crate) fn filters(names: Vec<(String, String)>) -> impl Strategy<Value = Filter> {
    let (makes, models): (Vec<String>, Vec<String>) = names.into_iter().unzip();
    let some = |of: Vec<String>| maybe(select(of)).prop_map(Vec::from_iter);
    let lists = (
        few(Body::ALL),
        few(Body::ALL),
        few(Fuel::ALL),
        few(Fuel::ALL),
        few(Drive::ALL),
        few(Transmission::ALL),
        few(Transmission::ALL),
    );
    let called = (
        some(makes.clone()),
        some(makes),
        some(models.clone()),
        some(models),
    );
    let numbers = (
        maybe(15..140u16),
        maybe(10..400u16),
        maybe(100..700u16),
        maybe(2013..2028u16),
        maybe(2013..2028u16),
        maybe(10_000..90_000u32),
        maybe(10_000..90_000u32),
        maybe(2..10u8),
        maybe(1..6u8),
        maybe(100..600u16),
        maybe(500..12_000u32),
    );
    let all = (lists, called, numbers, select(&SORTS[..]));
    all.prop_map(|(lists, called, numbers, sort)| Filter {
        bodies: lists.0,
        bodies_not: lists.1,
        fuels: lists.2,
        fuels_not: lists.3,
        drives: lists.4,
        transmissions: lists.5,
        transmissions_not: lists.6,
        makes: called.0,
        makes_not: called.1,
        models: called.2,
        models_not: called.3,
        mpg_min: numbers.0,
        electric_range_min: numbers.1,
        range_min: numbers.2,
        year_min: numbers.3,
        year_max: numbers.4,
        budget_max: numbers.5,
        budget_min: numbers.6,
        seats_min: numbers.7,
        stars_min: numbers.8,
        horsepower_min: numbers.9,
        towing_min: numbers.10,
        sort,
    })
}

/// The places of a few rows, and a filter with names of theirs.
pub(crate) fn searches(of: &'static Catalogue) -> impl Strategy<Value = (Vec<usize>, Filter)> {
    places(of.len()).prop_flat_map(|places| {
        let name = |at: &usize| {
            let entry = of.entry(&of.rows()[*at]);
            (entry.make.to_owned(), entry.model.to_owned())
        };
        let names = places.iter().map(name).collect();
        (Just(places), filters(names))
    })
}
