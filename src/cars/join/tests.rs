//! The traps of the joined files, each on a few lines of CSV.

use super::*;
use crate::cars::{Car, Economy, Energy, Facts, Safety, Seats};

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
fn a_price_beside_every_engine_is_the_first_engines() {
    let car = |variant| {
        (
            2020,
            "Mazda",
            "CX-30",
            "CX-30 2WD",
            variant,
            GAS,
            Drive::Fwd,
        )
    };
    let found = joined(
        &[car("2.0 L, 4 cyl"), car("2.5 L, 4 cyl")],
        &vpic(
            "2020,MAZDA,CX-30,,Base,FWD,SUV,5,21900,155,2,Gasoline,\n2020,MAZDA,CX-30,,Base,FWD,SUV,5,21900,186,2.5,Gasoline,\n",
        ),
    );
    assert_eq!(usd(&found), [Some(21_900), None]);
    assert_eq!(
        [found[0].horsepower, found[1].horsepower],
        [Some(155), Some(186)]
    );
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
fn four_wheels_do_not_get_the_price_of_two() {
    let line = |trim: &str, drive: &str, usd: u32| {
        format!("2020,HONDA,CR-V,,{trim},{drive},SUV,5,{usd},190,1.5,Gasoline,\n")
    };
    let prices = |text: &str| usd(&joined(&[CRV, CRV_AWD], &vpic(text)));
    let same = line("LX", "FWD", 25_000) + &line("LX", "AWD", 25_000);
    assert_eq!(prices(&same), [Some(25_000), None]);
    let more = line("LX", "FWD", 25_000) + &line("LX", "AWD", 26_500);
    assert_eq!(prices(&more), [Some(25_000), Some(26_500)]);
    // Only the dearest trim is priced with four.
    let far = line("LX", "FWD", 25_000) + &line("Touring", "AWD", 33_000);
    assert_eq!(prices(&far), [Some(25_000), None]);
    // Most trims have no price, so the lowest that has one isn't the base.
    let few = "2020,HONDA,CR-V,,LX,FWD,SUV,5,,190,1.5,Gasoline,\n2020,HONDA,CR-V,,EX,FWD,SUV,5,0,190,1.5,Gasoline,\n".to_owned()
        + &line("Touring", "FWD", 33_000);
    assert_eq!(prices(&few), [None, None]);
}

#[test]
fn the_price_of_a_special_trim_is_not_the_base_models() {
    let prices = |text: &str| usd(&joined(&[CRV], &vpic(text)));
    // All that is priced drives four wheels: the car with two is another.
    let four = "2020,Honda,CR-V,,Raptor,4WD,SUV,5,52000,190,1.5,Gasoline,\n";
    assert_eq!(prices(four), [None]);
    // A cheaper trim stands with engines of several kinds, so what is left isn't the base.
    let mixed = "2020,Honda,CR-V,,Base,,SUV,5,25000,190,1.5,Diesel|Gasoline,\n\
        2020,Honda,CR-V,,Sport LE,,SUV,5,40000,190,1.5,Gasoline,\n";
    assert_eq!(prices(mixed), [None]);
    // A trim that names its cylinders is those engines' alone.
    let named = "2020,Honda,CR-V,,V6,FWD,SUV,5,24000,190,1.5,Gasoline,\n\
        2020,Honda,CR-V,,I4,FWD,SUV,5,26000,190,1.5,Gasoline,\n";
    assert_eq!(prices(named), [Some(26_000)]);
}

#[test]
fn a_plug_in_at_the_price_of_the_gasoline_car_is_a_phantom() {
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
    let found = joined(
        &[
            car("RAV4 AWD", GAS),
            car("RAV4 Prime 4WD", Fuel::PlugInHybrid),
        ],
        &vpic(
            "2021,TOYOTA,RAV4,,LE,AWD,SUV,5,26250,203,2.5,Gasoline,\n\
             2021,TOYOTA,RAV4,,LE,AWD,SUV,5,26250,177,2.5,Gasoline,PHEV (Plug-in Hybrid Electric Vehicle)\n",
        ),
    );
    assert_eq!(usd(&found), [Some(26_250), None]);
}

#[test]
fn the_nearest_price_is_carried_four_years_by_the_index_and_no_more() {
    let car = |year| {
        (
            year,
            "Honda",
            "CR-V",
            "CR-V FWD",
            "1.5 L turbo, 4 cyl, CVT",
            GAS,
            Drive::Fwd,
        )
    };
    let cars = joined(
        &[2020, 2021, 2023, 2025, 2026].map(car),
        &vpic("2021,HONDA,CR-V,,LX,FWD,SUV,5,30000|31000,190,1.5,Gasoline,\n"),
    );
    let price = |at: usize| {
        cars[at]
            .price
            .as_ref()
            .map(|price| (price.usd, price.kind, price.year))
    };
    assert_eq!(price(1), Some((30_000, PriceKind::Msrp, 2021)));
    assert_eq!(
        price(0),
        Some((cpi::carry(30_000, 2021, 2020), PriceKind::Estimate, 2021))
    );
    assert_eq!(
        price(2),
        Some((cpi::carry(30_000, 2021, 2023), PriceKind::Estimate, 2021))
    );
    assert_eq!(price(3), Some((34_200, PriceKind::Estimate, 2021)));
    assert_eq!(price(4), None);
    assert_eq!(
        cars[3].sources["price"],
        "vpic (base price), carried by BLS CPI-U new vehicles"
    );
    // Another engine, drive or fuel has its own price or none.
    let other = (
        2022,
        "Honda",
        "CR-V",
        "CR-V FWD",
        "2.4 L, 4 cyl, CVT",
        GAS,
        Drive::Fwd,
    );
    let alone = joined(
        &[car(2021), other],
        &vpic("2021,HONDA,CR-V,,LX,FWD,SUV,5,30000,190,1.5,Gasoline,\n"),
    );
    assert_eq!(usd(&alone), [Some(30_000), None]);
}

#[test]
fn a_mean_over_different_cars_is_no_price() {
    let car = |model, fuel| {
        (
            2022,
            "Honda",
            "CR-V",
            model,
            "2.0 L, 4 cyl",
            fuel,
            Drive::Awd,
        )
    };
    let lines = [car("CR-V AWD", GAS), car("CR-V Hybrid AWD", Fuel::Hybrid)];
    let prices = |text: &str| usd(&joined(&lines, &omega(text)));
    let line = |kind: &str, usd: &str, usable: u8| {
        format!("CR-V AWD,Honda,2022,{kind},AWD,4,2,190,{usd},1500,{usable}\n")
    };
    assert_eq!(
        prices(&(line("N", "31000.5", 1) + &line("HEV", "34000", 1))),
        [Some(31_001), Some(34_000)]
    );
    assert_eq!(
        prices(&(line("N", "31000", 1) + &line("HEV", "31000", 1))),
        [None, None]
    );
    assert_eq!(
        prices(&(line("N", "31000", 0) + &line("HEV", "", 1))),
        [None, None]
    );
    let towing = joined(&lines, &omega(&line("N", "", 1)));
    assert_eq!(
        [towing[0].towing_lb, towing[1].towing_lb],
        [Some(1_500), None]
    );
    let other_year = joined(&[CRV_AWD], &omega(&line("N", "31000", 1)));
    assert_eq!(
        (usd(&other_year), other_year[0].towing_lb),
        (vec![None], None)
    );
}

#[test]
fn the_operators_price_goes_before_all_others() {
    let header = "year,make,model,trim,msrp_usd,source,as_of\n";
    let offers = |text: &str| Offers::read((header.to_owned() + text).as_bytes());
    let sources = Sources {
        offers: Some(offers("2020,honda,CR-V,,27500,Honda of Springfield,2026-01-31\n2020,Honda,CR-V,AWD,29000,Honda,2026-01-31\n").unwrap()),
        ..vpic("2020,HONDA,CR-V,,LX,FWD,SUV,5,25000,190,1.5,Gasoline,\n")
    };
    let cars = joined(&[CRV, CRV_AWD], &sources);
    assert_eq!(usd(&cars), [Some(27_500), Some(29_000)]);
    let price = cars[0].price.as_ref().unwrap();
    assert_eq!(
        (price.kind, price.source.as_str()),
        (PriceKind::Operator, "Honda of Springfield, 2026-01-31")
    );
    let complaint = |text: &str| offers(text).unwrap_err().to_string();
    assert_eq!(
        complaint("2020,Honda,CR-V,,cheap,x,2026-01-31\n"),
        "line 2, column msrp_usd: \"cheap\" can't be read"
    );
    assert_eq!(
        complaint("2020,Honda,CR-V,,27500,x,today\n"),
        "line 2, column as_of: \"today\" can't be read"
    );
    let missing = Offers::read("year,make\n".as_bytes())
        .unwrap_err()
        .to_string();
    assert_eq!(missing, "the file has no column \"model\"");
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
