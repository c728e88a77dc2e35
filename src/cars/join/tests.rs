//! The traps of the joined files, each on a few lines of CSV.

mod prices;

use super::*;
use crate::cars::{Car, Drive, Economy, Energy, Facts, Safety, Seats};

const NCAP: &str = "MAKE,MODEL,MODEL_YR,BODY_STYLE,DRIVE_TRAIN,NUM_OF_SEATING,OVERALL_STARS\n";
const VPIC: &str = "year,make,model,series,trim,drive,Body Class,Number of Seats,Base Price ($),Engine Brake (hp) From,\
    Displacement (L),Fuel Type - Primary,Electrification Level\n";
const OMEGA: &str = "vehicle_name,manufacturer_id,model_year,electrification_class,drive_system,engine_cylinders,\
    engine_displacement_liters,eng_rated_hp,msrp_dollars,towing_capacity_lbs,price_usable\n";

/// EPA's rows: year, make, base, model, variant, fuel and drive of each.
type Line = (
    u16,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    Fuel,
    Drive,
);

fn catalogue(lines: &[Line]) -> Catalogue {
    let mut builder = Catalogue::builder("EPA test");
    for (at, (year, make, base, model, variant, fuel, drive)) in lines.iter().enumerate() {
        builder.add(&Entry {
            make,
            base,
            model,
            variant,
            price_source: "",
            facts: Facts {
                number: at as u32 + 1,
                year: *year,
                body: Some(Body::Suv),
                body_from_nhtsa: false,
                fuel: *fuel,
                drive: Some(*drive),
                transmission: None,
                mpg: Some(Economy {
                    city: 20,
                    highway: 30,
                    combined: 24,
                }),
                mpge: None,
                electric_range_mi: None,
                range_mi: None,
                co2_g_per_mi: None,
                fuel_cost_usd_per_year: None,
                energy: Energy::default(),
                joined: Joined::default(),
            },
        });
    }
    builder.finish()
}

fn ncap(lines: &str) -> Sources {
    Sources {
        ncap: Some(Ncap::read((NCAP.to_owned() + lines).as_bytes()).unwrap()),
        ..sources()
    }
}

fn vpic(lines: &str) -> Sources {
    Sources {
        vpic: Some(Vpic::read((VPIC.to_owned() + lines).as_bytes()).unwrap()),
        ..sources()
    }
}

fn omega(lines: &str) -> Sources {
    Sources {
        omega: Some(Omega::read((OMEGA.to_owned() + lines).as_bytes()).unwrap()),
        ..sources()
    }
}

fn sources() -> Sources {
    Sources {
        names: ["ncap", "vpic", "omega"].map(str::to_owned),
        ..Sources::default()
    }
}

fn joined(lines: &[Line], sources: &Sources) -> Vec<Car> {
    join(&catalogue(lines), sources).iter().collect()
}

const GAS: Fuel = Fuel::Gasoline;
const CRV: Line = (
    2020,
    "Honda",
    "CR-V",
    "CR-V FWD",
    "1.5 L turbo, 4 cyl, CVT",
    GAS,
    Drive::Fwd,
);
const CRV_AWD: Line = (
    2020,
    "Honda",
    "CR-V",
    "CR-V AWD",
    "1.5 L turbo, 4 cyl, CVT",
    GAS,
    Drive::Awd,
);

fn usd(cars: &[Car]) -> Vec<Option<u32>> {
    cars.iter()
        .map(|car| car.price.as_ref().map(|price| price.usd))
        .collect()
}

#[test]
fn the_lowest_star_of_the_same_drive_counts_and_a_blank_is_no_rating() {
    let found = joined(
        &[CRV, CRV_AWD],
        &ncap(
            "HONDA,CR-V,2020,SUV,FWD,5,5\nHONDA,CR-V,2020,SUV,FWD,7 or 8,4\nHONDA,CR-V,2020,SUV,FWD,,\n\
             HONDA,CR-V,2020,SUV,AWD,0,\nHONDA,CR-V,2020,2 DR,FWD,2+2,1\nHONDA,CR-V,2019,SUV,AWD,5,3\n",
        ),
    );
    assert_eq!(
        found[0].safety,
        Some(Safety {
            stars: 4,
            source: "ncap".into()
        })
    );
    assert_eq!(found[1].safety, None);
    assert_eq!(found[0].seats, Some(Seats { min: 5, max: 8 }));
    assert_eq!(found[0].sources["safety"], "ncap");
    assert!(!found[1].sources.contains_key("safety"));
}

#[test]
fn a_plug_in_is_not_its_hybrid_or_gasoline_twin() {
    let car = |model, fuel| {
        (
            2021,
            "Toyota",
            "RAV4",
            model,
            "2.5 L, 4 cyl",
            fuel,
            Drive::Awd,
        )
    };
    let lines = [
        car("RAV4 AWD", GAS),
        car("RAV4 Hybrid AWD", Fuel::Hybrid),
        car("RAV4 Prime 4WD", Fuel::PlugInHybrid),
    ];
    let stars = |text: &str| -> Vec<Option<u8>> {
        let cars = joined(&lines, &ncap(text));
        cars.into_iter()
            .map(|car| car.safety.map(|safety| safety.stars))
            .collect()
    };
    let plain = "TOYOTA,RAV4,2021,SUV,AWD,5,5\n";
    assert_eq!(stars(plain), [Some(5), Some(5), None]);
    let hybrid = format!("{plain}TOYOTA,RAV4 HYBRID,2021,SUV,AWD,5,4\n");
    assert_eq!(stars(&hybrid), [Some(5), Some(4), Some(4)]);
    let prime = format!("{hybrid}TOYOTA,RAV4 PRIME,2021,SUV,AWD,5,\n");
    assert_eq!(stars(&prime), [Some(5), Some(4), None]);
}

#[test]
fn makes_under_other_names_are_found() {
    let lines = [
        (
            2020,
            "Mazda",
            "3",
            "3 4-Door 2WD",
            "2.5 L, 4 cyl",
            GAS,
            Drive::Fwd,
        ),
        (
            2020,
            "Alfa Romeo",
            "Stelvio",
            "Stelvio AWD",
            "2.0 L turbo, 4 cyl",
            GAS,
            Drive::Awd,
        ),
        (
            2025,
            "Land Rover",
            "Discovery",
            "Discovery",
            "2.0 L turbo, 4 cyl",
            GAS,
            Drive::FourWd,
        ),
    ];
    let found = joined(
        &lines,
        &ncap(
            "MAZDA,MAZDA3,2020,SUV,FWD,5,5\nALFA,STELVIO,2020,SUV,AWD,5,4\n\
             LAND ROVER,LAND ROVER DISCOVERY,2025,SUV,4WD,5,3\n",
        ),
    );
    let stars: Vec<_> = found
        .iter()
        .map(|car| car.safety.as_ref().map(|safety| safety.stars))
        .collect();
    assert_eq!(stars, [Some(5), Some(4), Some(3)]);
}

#[test]
fn figures_that_disagree_or_are_another_engines_are_unknown() {
    let power = |variant, text: &str| {
        joined(
            &[(2020, "Acme", "One", "One", variant, GAS, Drive::Fwd)],
            &vpic(text),
        )[0]
        .horsepower
    };
    let line = |hp: &str| format!("2020,ACME,One,,Base {hp},FWD,SUV,5,,{hp},2.5,Gasoline,\n");
    assert_eq!(
        power("2.5 L, 4 cyl", &(line("203") + &line("205"))),
        Some(203)
    );
    assert_eq!(power("2.5 L, 4 cyl", &(line("176") + &line("203"))), None);
    assert_eq!(power("2.5 L, 4 cyl", &line("176|203")), None);
    assert_eq!(
        power("2.5 L, 4 cyl", &(line("0") + &line("-1") + &line(""))),
        None
    );
    // A slip: 560 hp from 2.5 liters.
    assert_eq!(power("2.5 L, 4 cyl", &line("560")), None);
    assert_eq!(power("3.5 L, 6 cyl", &line("203")), None);
    // Sold boosted and not, the size doesn't tell which.
    let twins = ["2.5 L, 4 cyl", "2.5 L turbo, 4 cyl"]
        .map(|variant| (2020, "Acme", "One", "One", variant, GAS, Drive::Fwd));
    assert!(
        joined(&twins, &vpic(&line("187")))
            .iter()
            .all(|car| car.horsepower.is_none())
    );
}

#[test]
fn a_file_with_one_bad_cell_is_not_taken_at_all() {
    let bad = Ncap::read((NCAP.to_owned() + "A,B,2020,SUV,FWD,5,6\n").as_bytes());
    assert_eq!(
        bad.unwrap_err().to_string(),
        "line 2, column OVERALL_STARS: \"6\" can't be read"
    );
    let bad = Vpic::read((VPIC.to_owned() + "2020,A,B,,,,,,12k,,,,\n").as_bytes());
    assert_eq!(
        bad.unwrap_err().to_string(),
        "line 2, column Base Price ($): \"12k\" can't be read"
    );
}

#[test]
fn a_joined_table_reads_back_the_same() {
    let all = join(
        &catalogue(&[CRV_AWD, CRV]),
        &vpic("2020,HONDA,CR-V,,LX,FWD,SUV,5,25000,190,1.5,Gasoline,\n"),
    );
    let mut bytes = Vec::new();
    crate::cars::table::write(&all, &mut bytes).unwrap();
    let again = crate::cars::table::read(&*bytes).unwrap();
    assert!(all.iter().eq(again.iter()));
    assert_eq!(again.sources, ["ncap", "vpic", "omega"]);
}
