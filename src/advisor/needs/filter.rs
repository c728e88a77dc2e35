//! The search that needs ask for.

use super::{Field, Need, lexicon};
use crate::cars::search::Sort;
use crate::cars::{Body, Drive, Filter, Fuel};

/// The search that these needs ask for. Everyday words are taken as widely as people mean them: all-wheel drive takes in
/// four-wheel drive, gasoline takes in flex-fuel cars, a van takes in minivans, an automatic takes in every gearbox that
/// shifts by itself.
pub fn filter(needs: &[Need]) -> Filter {
    let mut filter = Filter::default();
    for need in needs {
        let text = || need.value.as_str().unwrap_or("");
        let wide = || {
            need.value
                .as_u64()
                .map(|n| n.min(u64::from(u32::MAX)) as u32)
        };
        let number = || wide().map(|n| n.min(u32::from(u16::MAX)) as u16);
        let small = || wide().map(|n| n.min(u32::from(u8::MAX)) as u8);
        match need.field {
            Field::Body => filter.bodies.extend(bodies(text())),
            Field::BodyNot => filter.bodies_not.extend(bodies(text())),
            Field::Fuel => filter.fuels.extend(fuels(text())),
            Field::FuelNot => filter.fuels_not.extend(fuels(text())),
            Field::Drive => match text().parse() {
                Ok(Drive::Awd) => filter.drives.extend([Drive::Awd, Drive::FourWd]),
                Ok(drive) => filter.drives.push(drive),
                Err(_) => {}
            },
            Field::Make => filter.makes.push(text().to_owned()),
            Field::MakeNot => filter.makes_not.push(text().to_owned()),
            Field::Model => filter.models.push(text().to_owned()),
            Field::ModelNot => filter.models_not.push(text().to_owned()),
            Field::Transmission => filter.transmissions.extend(lexicon::transmissions(text())),
            Field::TransmissionNot => filter
                .transmissions_not
                .extend(lexicon::transmissions(text())),
            Field::MpgMin => filter.mpg_min = number(),
            Field::ElectricRangeMin => filter.electric_range_min = number(),
            Field::RangeMin => filter.range_min = number(),
            Field::YearMin => filter.year_min = number(),
            Field::YearMax => filter.year_max = number(),
            Field::BudgetMax => filter.budget_max = wide(),
            Field::BudgetMin => filter.budget_min = wide(),
            Field::SeatsMin => filter.seats_min = small(),
            Field::StarsMin => filter.stars_min = small(),
            Field::HorsepowerMin => filter.horsepower_min = number(),
            Field::TowingMin => filter.towing_min = wide(),
            Field::Priority => filter.sort = sort(text()),
            Field::MilesPerYear => {}
        }
    }
    // Who wants a minivan but no vans wants the minivan: what is said more closely counts.
    let wanted = |field: Field| needs.iter().filter(move |need| need.field == field);
    let named =
        |field: Field, word: &str| wanted(field).any(|need| need.value.as_str() == Some(word));
    filter
        .bodies_not
        .retain(|body| named(Field::BodyNot, body.as_str()) || !named(Field::Body, body.as_str()));
    filter
        .fuels_not
        .retain(|fuel| named(Field::FuelNot, fuel.as_str()) || !named(Field::Fuel, fuel.as_str()));
    filter.transmissions_not.retain(|gears| {
        named(Field::TransmissionNot, gears.as_str()) || !named(Field::Transmission, gears.as_str())
    });
    filter
}

fn bodies(word: &str) -> Vec<Body> {
    match word.parse() {
        Ok(Body::Van) => vec![Body::Van, Body::Minivan],
        Ok(body) => vec![body],
        Err(_) => Vec::new(),
    }
}

fn fuels(word: &str) -> Vec<Fuel> {
    match word.parse() {
        Ok(Fuel::Gasoline) => vec![Fuel::Gasoline, Fuel::FlexFuel],
        Ok(fuel) => vec![fuel],
        Err(_) => Vec::new(),
    }
}

fn sort(word: &str) -> Sort {
    match word {
        "range" => Sort::Range,
        "co2" => Sort::Co2,
        "fuel_cost" => Sort::FuelCost,
        "newest" => Sort::Newest,
        "power" => Sort::Power,
        "electric_range" => Sort::ElectricRange,
        "price" => Sort::Price,
        "safety" => Sort::Safety,
        "seats" => Sort::Seats,
        "towing" => Sort::Towing,
        _ => Sort::Economy,
    }
}
