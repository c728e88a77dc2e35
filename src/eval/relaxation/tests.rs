//! The oracle over the built-in catalogue, and an oracle of the oracle over small ones.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;
use crate::cars::search::random::{remade, searches};

static SHIPPED: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::built_in().unwrap());

/// The least for each smallest set by trying every figure in the catalogue for every number, whichever car has it.
fn tried_out(cars: &Cars, wishes: &[Wish]) -> Vec<Least> {
    for count in 1..=MOST_LIMITS {
        let mut least: Vec<Least> = Vec::new();
        for set in sets(wishes.len(), count) {
            let trials = set
                .iter()
                .fold(vec![Vec::new()], |trials: Vec<Vec<_>>, at| {
                    let choices = cars
                        .cars
                        .iter()
                        .filter_map(|car| car.loosened(&wishes[*at]));
                    let mut choices: Vec<Option<u64>> = choices.collect();
                    choices.sort_unstable();
                    choices.dedup();
                    let with = |trial: &Vec<_>| {
                        let trial = trial.clone();
                        choices
                            .iter()
                            .map(move |to| [&trial[..], &[(*at, *to)]].concat())
                            .collect::<Vec<_>>()
                    };
                    trials.iter().flat_map(with).collect()
                });
            let sizes = trials
                .iter()
                .filter(|trial| cars.cars.iter().any(|car| car.meets_changed(wishes, trial)));
            let size = |trial: &Vec<(usize, Option<u64>)>| {
                let parts = trial.iter().map(|(at, to)| match to {
                    Some(to) => wishes[*at].gives_way(*to),
                    None => wishes[*at].dropped(),
                });
                parts.sum::<u64>()
            };
            if let Some(size) = sizes.map(size).min() {
                let limits = named(set.iter().map(|at| wishes[*at].limit().to_owned()));
                least.push(Least { size, limits });
            }
        }
        if !least.is_empty() {
            least.sort();
            return least;
        }
    }
    Vec::new()
}

#[test]
fn only_the_smallest_changes_are_offered() {
    let counts = check(&SHIPPED, 2, 20);
    assert_eq!(
        (counts.checked, counts.minimal),
        (20, 20),
        "{:#?}",
        counts.wrong
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 80, ..ProptestConfig::default() })]

    #[test]
    fn in_small_catalogues_too((places, filter) in searches(&SHIPPED)) {
        let catalogue = remade(&SHIPPED, places.iter().map(|at| &SHIPPED.rows()[*at]), str::to_owned);
        let cars = Cars::of(&catalogue);
        let complaints = cars.complaints(&catalogue, &filter);
        prop_assert_eq!(complaints.unwrap_or_default(), Vec::<String>::new());
    }

    #[test]
    fn a_row_tells_the_least_as_trying_every_figure_does(at in 0..15_000usize, (_, filter) in searches(&SHIPPED)) {
        let catalogue = remade(&SHIPPED, SHIPPED.rows()[at..at + 6].iter(), str::to_owned);
        let cars = Cars::of(&catalogue);
        let json = serde_json::to_value(&filter).unwrap();
        let wishes = wishes(&json, cars.newest);
        if !cars.cars.iter().any(|car| car.meets_all(&wishes)) {
            prop_assert_eq!(cars.least(&wishes), tried_out(&cars, &wishes));
        }
    }
}
