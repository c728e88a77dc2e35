//! The traps of EPA's file, each on a line or two of CSV.

use super::*;
use crate::cars::{Body, Car, Cycles, Grade};

/// A file of cars, each given as `column=value` pairs over an ordinary gasoline sedan.
fn file(cars: &[&str]) -> String {
    let mut text = COLUMNS.join(",") + ",extra\n";
    for (at, car) in cars.iter().enumerate() {
        let given = |column: &str| {
            let pairs = car.split(';').filter_map(|pair| pair.split_once('='));
            pairs
                .into_iter()
                .find(|(name, _)| *name == column)
                .map(|(_, value)| value.to_owned())
        };
        let value = |column: &str| match column {
            "id" => (at + 1).to_string(),
            "year" => "2024".into(),
            "make" => "Acme".into(),
            "model" | "baseModel" => "One".into(),
            "VClass" => "Midsize Cars".into(),
            "drive" => "Front-Wheel Drive".into(),
            "trany" => "Automatic (S8)".into(),
            "fuelType1" => "Regular Gasoline".into(),
            "displ" => "2.5".into(),
            "cylinders" => "4".into(),
            "city08" => "26".into(),
            "highway08" => "34".into(),
            "comb08" => "29".into(),
            "co2TailpipeGpm" => "305.0".into(),
            "fuelCost08" => "1550".into(),
            "pv4" => "100".into(),
            "atvType" | "fuelType2" | "tCharger" | "sCharger" | "evMotor" | "rangeA" => {
                String::new()
            }
            _ => "0".to_owned(),
        };
        let cells = COLUMNS.map(|column| given(column).unwrap_or_else(|| value(column)));
        text += &(cells.join(",") + ",x\n");
    }
    text
}

fn one(car: &str) -> Car {
    let catalogue = read(file(&[car]).as_bytes(), "EPA test").unwrap();
    catalogue.iter().next().unwrap()
}

#[test]
fn an_ordinary_car_is_read_whole() {
    let car = one("");
    assert_eq!(car.id, "2024-acme-one-1");
    assert_eq!(car.variant, "2.5 L, 4 cyl, automatic 8-speed");
    assert_eq!(
        car.mpg,
        Some(Economy {
            city: 26,
            highway: 34,
            combined: 29
        })
    );
    assert_eq!(
        (car.mpge, car.range_mi, car.electric_range_mi),
        (None, None, None)
    );
    assert_eq!(
        (car.co2_g_per_mi, car.fuel_cost_usd_per_year),
        (Some(305), Some(1550))
    );
    assert_eq!(
        (car.body, car.fuel, car.drive),
        (Some(Body::Sedan), Fuel::Gasoline, Some(Drive::Fwd))
    );
    assert_eq!(car.sources["mpg"], "EPA test");
}

#[test]
fn an_electric_car_has_mpge_a_range_and_a_true_zero_of_co2() {
    let car = one(
        "atvType=EV;fuelType1=Electricity;trany=Automatic (A1);displ=;cylinders=;comb08=114;range=84;\
                   co2TailpipeGpm=0.0;evMotor=80 kW DCPM",
    );
    assert_eq!((car.mpg, car.mpge.map(|e| e.combined)), (None, Some(114)));
    assert_eq!(
        (car.range_mi, car.electric_range_mi, car.co2_g_per_mi),
        (Some(84), Some(84), Some(0))
    );
    assert_eq!(car.transmission, Some(Transmission::SingleSpeed));
    assert_eq!(car.variant, "80 kW DCPM, single-speed");
}

#[test]
fn a_plug_in_hybrid_has_both_economies_and_no_one_sided_cost() {
    let car = one(
        "atvType=Plug-in Hybrid;fuelType1=Premium Gasoline;fuelType2=Electricity;comb08=27;cityA08=59;\
                   highwayA08=57;combA08=58;range=530;rangeA=33;co2TailpipeGpm=137.0;fuelCost08=2200",
    );
    assert_eq!(
        (car.mpg.unwrap().combined, car.mpge.unwrap().combined),
        (27, 58)
    );
    assert_eq!(
        (car.electric_range_mi, car.range_mi, car.co2_g_per_mi),
        (Some(33), Some(530), Some(137))
    );
    assert_eq!(car.fuel_cost_usd_per_year, None);
}

#[test]
fn energy_is_read_in_tenths_and_thousandths() {
    let facts = |car: &str| {
        let catalogue = read(file(&[car]).as_bytes(), "EPA test").unwrap();
        catalogue.rows()[0].facts.energy
    };
    let plug_in = facts(
        "atvType=Plug-in Hybrid;fuelType1=Premium Gasoline;fuelType2=Electricity;cityE=53.0;highwayE=51.0;combE=52.0;\
         cityUF=0.391;highwayUF=0.383;combinedUF=0.387;cityCD=0.8667;highwayCD=3.0E-4;combinedCD=0.5",
    );
    let three = |city, highway, combined| {
        Some(Cycles {
            city,
            highway,
            combined,
        })
    };
    assert_eq!(plug_in.grade, Some(Grade::Premium));
    assert_eq!(plug_in.electricity, three(530, 510, 520));
    assert_eq!(plug_in.electric_share, three(391, 383, 387));
    assert_eq!(plug_in.gasoline_beside, three(867, 0, 500));
    let electric = facts(
        "atvType=EV;fuelType1=Electricity;trany=Automatic (A1);cityE=26.6482;highwayE=33.2577;combE=29.6225",
    );
    assert_eq!(electric.grade, None);
    assert_eq!(electric.electricity, three(266, 333, 296));
    assert_eq!(facts("").electricity, None);
    let unknown = file(&["fuelType1=Wood"]);
    assert!(read(unknown.as_bytes(), "EPA test").is_err());
}

#[test]
fn hydrogen_has_mpge_and_range_but_no_electric_range() {
    let car =
        one("atvType=FCV;fuelType1=Hydrogen;comb08=57;range=354;fuelCost08=0;co2TailpipeGpm=0.0");
    assert_eq!((car.mpg, car.mpge.unwrap().combined), (None, 57));
    assert_eq!((car.range_mi, car.electric_range_mi), (Some(354), None));
    assert_eq!(
        (car.co2_g_per_mi, car.fuel_cost_usd_per_year),
        (Some(0), None)
    );
}

#[test]
fn flex_fuel_keeps_its_gasoline_figures_and_no_range() {
    let car = one(
        "atvType=FFV;fuelType2=E85;comb08=19;combA08=14;cityA08=12;highwayA08=17;rangeA=361/479",
    );
    assert_eq!(
        (car.fuel, car.mpg.unwrap().combined, car.mpge),
        (Fuel::FlexFuel, 19, None)
    );
    assert_eq!((car.range_mi, car.electric_range_mi), (None, None));
}

#[test]
fn what_epa_leaves_out_is_unknown_not_zero() {
    let car = one("co2TailpipeGpm=-1;fuelCost08=0;comb08=0;drive=2-Wheel Drive;trany=");
    assert_eq!(
        (car.co2_g_per_mi, car.fuel_cost_usd_per_year, car.mpg),
        (None, None, None)
    );
    assert_eq!((car.drive, car.transmission), (None, None));
    assert!(!car.sources.contains_key("drive"));
    assert_eq!(one("co2TailpipeGpm=0.0").co2_g_per_mi, None);
}

#[test]
fn a_body_that_two_styles_share_is_unknown() {
    assert_eq!(one("pv2=92;pv4=103").body, None);
    assert_eq!(one("hlv=20;pv4=95").body, None);
    assert_eq!(one("VClass=Two Seaters;pv4=0").body, None);
    assert_eq!(
        one("VClass=Two Seaters;pv4=0;model=One Roadster").body,
        Some(Body::Convertible)
    );
    assert_eq!(one("pv4=0;pv2=80").body, Some(Body::Coupe));
    assert_eq!(
        one("pv4=0;pv2=80;model=840i Gran Coupe").body,
        Some(Body::Sedan)
    );
    assert_eq!(one("pv4=0;hpv=92").body, Some(Body::Hatchback));
    assert_eq!(
        one("VClass=Special Purpose Vehicle 2WD;model=XTS Hearse").body,
        None
    );
    assert_eq!(
        one("VClass=Special Purpose Vehicle 2WD;model=Transit Connect Van FFV").body,
        Some(Body::Van)
    );
}

#[test]
fn a_crossover_that_epa_calls_a_wagon_is_an_suv_by_nhtsa() {
    let car = one("VClass=Small Station Wagons;make=Honda;baseModel=HR-V;model=HR-V AWD");
    assert_eq!(
        (car.body, &*car.sources["body"]),
        (Some(Body::Suv), "NHTSA NCAP 2025-10")
    );
}

#[test]
fn one_make_has_one_name() {
    let catalogue = read(
        file(&[
            "make=MINI",
            "make=Mini",
            "make=Vinfast",
            "make=INEOS Automotive",
        ])
        .as_bytes(),
        "t",
    );
    assert_eq!(catalogue.unwrap().makes(), ["INEOS", "MINI", "VinFast"]);
}

#[test]
fn gears_are_told_apart() {
    let kind = |trany: &str| one(&format!("trany={trany}")).transmission.unwrap();
    assert_eq!(kind("Manual 6-spd"), Transmission::Manual);
    assert_eq!(kind("Automatic (AV-S7)"), Transmission::Cvt);
    assert_eq!(kind("Automatic (variable gear ratios)"), Transmission::Cvt);
    assert_eq!(kind("Automatic (AM-S7)"), Transmission::DualClutch);
    assert_eq!(kind("Automatic 4-spd"), Transmission::Automatic);
}

#[test]
fn other_years_are_left_out_and_an_order_of_columns_does_not_matter() {
    let rows = file(&["year=2014", "year=2015", "year=2026", "year=2027"]);
    let turned: String = rows
        .lines()
        .map(|line| line.split(',').rev().collect::<Vec<_>>().join(",") + "\n")
        .collect();
    let years = |text: &str| {
        read(text.as_bytes(), "t")
            .unwrap()
            .iter()
            .map(|car| car.year)
            .collect::<Vec<_>>()
    };
    assert_eq!(years(&rows), [2015, 2026]);
    assert!(
        read(rows.as_bytes(), "t")
            .unwrap()
            .iter()
            .eq(read(turned.as_bytes(), "t").unwrap().iter())
    );
}

#[test]
fn a_file_that_can_not_be_read_says_where() {
    let message = |text: &str| read(text.as_bytes(), "t").unwrap_err().to_string();
    assert_eq!(
        message(&file(&["", "comb08=many"])),
        "line 3, column comb08: \"many\" can't be read"
    );
    assert_eq!(
        message(&file(&["year=soon"])),
        "line 2, column year: \"soon\" can't be read"
    );
    assert_eq!(
        message(&file(&[""]).replace("VClass", "vclass")),
        "the file has no column \"VClass\""
    );
    assert!(message(&file(&["year=1999"])).contains("no car"));
}
