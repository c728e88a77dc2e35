//! The traps of prices.

use super::*;
use crate::cars::PriceKind;

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
