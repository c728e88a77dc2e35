//! Costs of real cars, worked out by hand from EPA's file, and EPA's own costs reproduced.

use super::*;
use crate::cars::{Amount, Economy, Energy, Entry, Facts, Fuel, Grade, Joined};

fn shipped() -> Catalogue {
    Catalogue::built_in().unwrap()
}

fn by_number(catalogue: &Catalogue, number: u32) -> Row {
    let mut rows = catalogue.rows().iter();
    *rows.find(|row| row.facts.number == number).unwrap()
}

fn cost_of(number: u32, assumptions: &Assumptions) -> Cost {
    let catalogue = shipped();
    cost(&catalogue, &by_number(&catalogue, number), assumptions)
}

/// EPA rounds to the nearest $50.
fn rounded(usd: f64) -> u16 {
    ((usd / 50.0 + 0.5).floor() * 50.0) as u16
}

#[test]
fn the_default_prices_are_those_of_epas_own_fuel_costs() {
    let catalogue = shipped();
    let mut checked = 0;
    let mut off = Vec::new();
    for row in catalogue.rows() {
        let Some(published) = row.facts.fuel_cost_usd_per_year else {
            continue;
        };
        let cost = cost(&catalogue, row, &Assumptions::default());
        checked += 1;
        if cost.fuel_usd_per_year.map(rounded) != Some(published) {
            off.push((cost.title, cost.fuel_usd_per_year, published));
        }
    }
    assert!(checked > 14_000, "{checked}");
    // Electric cars are kept to the tenth of a kWh, which moves a few across a limit.
    assert!(
        off.len() * 500 < checked,
        "{} of {checked}: {off:?}",
        off.len()
    );
    for (title, usd, published) in off {
        let apart = (usd.unwrap() - f64::from(published)).abs();
        assert!(apart < 27.0, "{title}: {usd:?} for {published}");
    }
}

#[test]
fn gasoline_is_miles_over_miles_per_gallon() {
    // 2024 Toyota RAV4 Hybrid AWD: 41 city, 38 highway, 39 combined, on regular.
    let catalogue = shipped();
    let row = catalogue.rows().iter().find(|row| {
        let entry = catalogue.entry(row);
        (row.facts.year, entry.make, entry.model) == (2024, "Toyota", "RAV4 Hybrid AWD")
    });
    let row = row.unwrap();
    let usual = cost(&catalogue, row, &Assumptions::default());
    assert_eq!(usual.energy.len(), 1);
    assert_eq!(usual.energy[0].kind, EnergyKind::Regular);
    // 15,000 / 39 = 384.62 gallons, at $3.02.
    assert_eq!(usual.energy[0].amount, 384.6);
    assert_eq!(usual.fuel_usd_per_year, Some(1_161.54));
    let own = Assumptions {
        miles_per_year: 8_000,
        city_percent: 100,
        regular_usd: 4.50,
        ..Assumptions::default()
    };
    // 8,000 × (1/39) × (1/41) ÷ (0.55/41 + 0.45/38) = 198.09 gallons, at $4.50.
    let own = cost(&catalogue, row, &own);
    assert_eq!(own.energy[0].amount, 198.1);
    assert_eq!(own.fuel_usd_per_year, Some(891.41));
}

#[test]
fn a_plug_in_hybrid_pays_for_both_by_epas_share_of_electric_miles() {
    // 2015 Chevrolet Volt: 66 % of the miles at 35 kWh for 100, the others at 37 mpg of premium.
    let volt = cost_of(35_246, &Assumptions::default());
    // 15,000 × 0.66 × 0.35 = 3,465 kWh at $0.15; 15,000 × 0.34 / 37 = 137.84 gallons at $3.98.
    assert_eq!(volt.energy[0].amount, 3_465.0);
    assert_eq!(volt.energy[0].usd_per_year, Some(519.75));
    assert_eq!(volt.energy[1].kind, EnergyKind::Premium);
    assert_eq!(volt.energy[1].amount, 137.8);
    assert_eq!(volt.energy[1].usd_per_year, Some(548.59));
    assert_eq!(volt.fuel_usd_per_year, Some(1_068.34));
    assert!(volt.notes[0].contains("66 %"), "{:?}", volt.notes);

    // 2015 Porsche Panamera S E-Hybrid: 38.7 % at 52 kWh and half a gallon for 100 miles, the others at 25 mpg.
    let panamera = cost_of(35_278, &Assumptions::default());
    // 15,000 × (0.387 × 0.005 + 0.613 / 25) = 396.83 gallons; 15,000 × 0.387 × 0.52 = 3,018.6 kWh.
    assert_eq!(panamera.energy[1].amount, 396.8);
    assert_eq!(panamera.energy[0].amount, 3_018.6);
}

#[test]
fn an_electric_car_pays_for_what_it_draws() {
    // 2015 Nissan Leaf: 29.6 kWh for 100 miles; in the city 26.6, on the highway 33.3.
    let leaf = cost_of(34_918, &Assumptions::default());
    assert_eq!(leaf.energy[0].amount, 4_440.0);
    assert_eq!(leaf.fuel_usd_per_year, Some(666.0));
    let highway = Assumptions {
        city_percent: 0,
        ..Assumptions::default()
    };
    // 4,440 × 33.3 ÷ (0.55 × 26.6 + 0.45 × 33.3) = 4,992.5 kWh.
    assert_eq!(cost_of(34_918, &highway).energy[0].amount, 4_992.5);
}

#[test]
fn hydrogen_costs_nothing_known_until_somebody_names_a_price() {
    let unpriced = cost_of(47_281, &Assumptions::default());
    assert_eq!(
        (unpriced.fuel_usd_per_year, unpriced.total_usd),
        (None, None)
    );
    assert_eq!(unpriced.unknown[0].field, "fuel_usd_per_year");
    assert!(unpriced.unknown[0].detail.contains("hydrogen"));
    assert!(unpriced.energy[0].amount > 0.0);
    let priced = Assumptions {
        hydrogen_usd: Some(30.0),
        ..Assumptions::default()
    };
    // 15,000 / 57 = 263.16 kg.
    assert_eq!(cost_of(47_281, &priced).fuel_usd_per_year, Some(7_894.74));
}

/// A car of that price and gas mileage.
fn car(usd: Option<u32>, mpg: Option<u16>) -> Cost {
    let mut builder = Catalogue::builder("test");
    let facts = Facts {
        number: 1,
        year: 2022,
        body: None,
        body_from_nhtsa: false,
        fuel: Fuel::Gasoline,
        drive: None,
        transmission: None,
        mpg: mpg.map(|mpg| Economy {
            city: mpg,
            highway: mpg,
            combined: mpg,
        }),
        mpge: None,
        electric_range_mi: None,
        range_mi: None,
        co2_g_per_mi: None,
        fuel_cost_usd_per_year: None,
        energy: Energy {
            grade: Some(Grade::Regular),
            ..Energy::default()
        },
        joined: Joined {
            price: usd.map(|usd| Amount {
                usd,
                kind: PriceKind::Msrp,
                year: 2022,
            }),
            ..Joined::default()
        },
    };
    let model = format!("{usd:?} {mpg:?}");
    builder.add(&Entry {
        make: "A",
        base: &model,
        model: &model,
        variant: "",
        price_source: "",
        facts,
    });
    let catalogue = builder.finish();
    let row = catalogue.rows()[0];
    let assumptions = Assumptions {
        miles_per_year: 10_000,
        regular_usd: 3.00,
        ..Assumptions::default()
    };
    cost(&catalogue, &row, &assumptions)
}

#[test]
fn the_dearer_car_pays_for_itself_when_its_savings_reach_its_price() {
    // $1,000 a year against $600: $2,000 more is made up for after 5 years.
    let result = break_even(&car(Some(30_000), Some(50)), &car(Some(28_000), Some(30)));
    assert_eq!(result.outcome, Outcome::After);
    assert_eq!((result.years, result.miles), (Some(5.0), Some(50_000)));
    assert_eq!(result.saving_usd_per_year, Some(400.0));
    assert!(result.detail.contains("after 5 years (50,000 miles)"));
    let again = break_even(&car(Some(28_000), Some(30)), &car(Some(30_000), Some(50)));
    assert_eq!(again, result);
}

#[test]
fn what_never_pays_and_what_isnt_known_is_said() {
    let outcome = |one: &Cost, other: &Cost| break_even(one, other).outcome;
    let thrifty = car(Some(20_000), Some(50));
    assert_eq!(
        outcome(&thrifty, &car(Some(25_000), Some(30))),
        Outcome::AtOnce
    );
    assert_eq!(
        outcome(&thrifty, &car(Some(20_000), Some(30))),
        Outcome::AtOnce
    );
    assert_eq!(
        outcome(&thrifty, &car(Some(20_000), Some(50))),
        Outcome::Same
    );
    // $12 a year saved for $5,000.
    assert_eq!(
        outcome(&thrifty, &car(Some(25_000), Some(51))),
        Outcome::Never
    );
    let unpriced = break_even(&thrifty, &car(None, None));
    assert_eq!(unpriced.outcome, Outcome::Unknown);
    assert!(
        unpriced
            .detail
            .contains("the price of the 2022 A None None")
    );
    assert!(unpriced.detail.contains("the fuel cost of the"));
    assert_eq!((unpriced.years, unpriced.miles), (None, None));
}

#[test]
fn a_total_is_only_given_where_all_of_it_is_known() {
    let known = car(Some(20_000), Some(30));
    assert_eq!(known.total_usd, Some(25_000.0));
    let unpriced = car(None, Some(30));
    assert_eq!(
        (unpriced.fuel_usd_per_year, unpriced.total_usd),
        (Some(1_000.0), None)
    );
    let fields: Vec<&str> = unpriced.unknown.iter().map(|u| u.field.as_str()).collect();
    assert_eq!(fields, ["price", "total_usd"]);
    let own = unpriced.at_price(10_000);
    assert_eq!(own.total_usd, Some(15_000.0));
    assert!(own.unknown.is_empty());
    assert_eq!(own.price.unwrap().kind, PaidKind::Own);
}

#[test]
fn assumptions_that_make_no_sense_are_refused_by_field() {
    assert!(Assumptions::default().wrong().is_empty());
    let wrong = Assumptions {
        miles_per_year: 0,
        city_percent: 101,
        years: 0,
        regular_usd: f64::NAN,
        electricity_usd: -0.1,
        hydrogen_usd: Some(f64::INFINITY),
        ..Assumptions::default()
    };
    let fields: Vec<String> = wrong.wrong().into_iter().map(|wrong| wrong.field).collect();
    let expected = [
        "miles_per_year",
        "city_percent",
        "years",
        "regular_usd",
        "electricity_usd",
        "hydrogen_usd",
    ];
    assert_eq!(fields, expected);
}

#[test]
fn a_base_price_and_a_mean_are_not_set_against_each_other() {
    let mean = |usd, mpg| {
        let mut cost = car(Some(usd), Some(mpg));
        cost.price.as_mut().unwrap().source = "a (mean of its trims)".to_owned();
        cost
    };
    let base = car(Some(28_000), Some(30));
    let unlike = break_even(&mean(30_000, 50), &base);
    assert_eq!(unlike.outcome, Outcome::Unknown);
    assert_eq!((unlike.dearer, unlike.price_difference_usd), (None, None));
    assert!(unlike.detail.contains("enter your own prices"));
    assert_eq!(
        break_even(&mean(30_000, 50), &mean(28_000, 30)).years,
        Some(5.0)
    );
    let own = break_even(&mean(20_000, 50).at_price(30_000), &base);
    assert_eq!(own.years, Some(5.0));
}
