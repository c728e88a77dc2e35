//! The everyday words for bodies, fuels, drives, gearboxes and what matters most.

use super::Field;
use super::words::Word;
use crate::cars::{Body, Fuel, Transmission};

/// A phrase, the field that it speaks of and its value. An empty value is said of something else and means nothing.
type Phrase = (&'static str, Field, &'static str);

#[rustfmt::skip]
const PHRASES: &[Phrase] = &[
    ("suv", Field::Body, "suv"), ("sport utility", Field::Body, "suv"), ("crossover", Field::Body, "suv"),
    ("cuv", Field::Body, "suv"), ("4x4 suv", Field::Body, "suv"),
    ("sedan", Field::Body, "sedan"), ("saloon", Field::Body, "sedan"),
    ("hatch", Field::Body, "hatchback"), ("hatchback", Field::Body, "hatchback"), ("hatch back", Field::Body, "hatchback"),
    ("wagon", Field::Body, "wagon"), ("station wagon", Field::Body, "wagon"), ("estate", Field::Body, "wagon"),
    ("estate car", Field::Body, "wagon"), ("real estate", Field::Body, ""),
    ("pickup", Field::Body, "pickup"), ("pick up", Field::Body, ""), ("pick up truck", Field::Body, "pickup"),
    ("pickup truck", Field::Body, "pickup"), ("truck", Field::Body, "pickup"), ("a pick up", Field::Body, "pickup"),
    ("minivan", Field::Body, "minivan"), ("mini van", Field::Body, "minivan"), ("people carrier", Field::Body, "minivan"),
    ("mpv", Field::Body, "minivan"), ("van", Field::Body, "van"), ("cargo van", Field::Body, "van"),
    ("coupe", Field::Body, "coupe"), ("coupé", Field::Body, "coupe"), ("two door", Field::Body, "coupe"), ("2 door", Field::Body, "coupe"),
    ("convertible", Field::Body, "convertible"), ("cabriolet", Field::Body, "convertible"),
    ("cabrio", Field::Body, "convertible"), ("roadster", Field::Body, "convertible"),
    ("drop top", Field::Body, "convertible"), ("soft top", Field::Body, "convertible"),
    //
    ("hybrid", Field::Fuel, "hybrid"), ("hev", Field::Fuel, "hybrid"), ("plug in hybrid", Field::Fuel, "plug_in_hybrid"),
    ("plug in", Field::Fuel, "plug_in_hybrid"), ("plugin", Field::Fuel, "plug_in_hybrid"),
    ("plugin hybrid", Field::Fuel, "plug_in_hybrid"), ("phev", Field::Fuel, "plug_in_hybrid"),
    ("plug it in", Field::Fuel, ""),
    ("electric", Field::Fuel, "electric"), ("all electric", Field::Fuel, "electric"), ("ev", Field::Fuel, "electric"),
    ("bev", Field::Fuel, "electric"), ("battery electric", Field::Fuel, "electric"), ("electric range", Field::Fuel, ""),
    ("electric seat", Field::Fuel, ""), ("electric window", Field::Fuel, ""), ("electric bill", Field::Fuel, ""),
    ("electric tailgate", Field::Fuel, ""), ("electric mile", Field::Fuel, ""), ("ev range", Field::Fuel, ""),
    ("diesel", Field::Fuel, "diesel"), ("gas", Field::Fuel, "gasoline"), ("gasoline", Field::Fuel, "gasoline"),
    ("petrol", Field::Fuel, "gasoline"), ("gas powered", Field::Fuel, "gasoline"), ("gas engine", Field::Fuel, "gasoline"),
    ("gas price", Field::Fuel, ""), ("gas station", Field::Fuel, ""), ("gas tank", Field::Fuel, ""),
    ("gas pump", Field::Fuel, ""), ("gas bill", Field::Fuel, ""), ("natural gas", Field::Fuel, "natural_gas"),
    ("cng", Field::Fuel, "natural_gas"), ("flex fuel", Field::Fuel, "flex_fuel"), ("e85", Field::Fuel, "flex_fuel"),
    ("hydrogen", Field::Fuel, "hydrogen"), ("fuel cell", Field::Fuel, "hydrogen"),
    ("hydrogen fuel cell", Field::Fuel, "hydrogen"),
    //
    ("awd", Field::Drive, "awd"), ("all wheel drive", Field::Drive, "awd"), ("all wheel", Field::Drive, "awd"),
    ("allwheel drive", Field::Drive, "awd"), ("quattro", Field::Drive, "awd"), ("xdrive", Field::Drive, "awd"),
    ("4matic", Field::Drive, "awd"), ("4wd", Field::Drive, "4wd"), ("4x4", Field::Drive, "4wd"),
    ("four wheel drive", Field::Drive, "4wd"), ("4 wheel drive", Field::Drive, "4wd"), ("four by four", Field::Drive, "4wd"),
    ("fwd", Field::Drive, "fwd"), ("front wheel drive", Field::Drive, "fwd"), ("front wheel", Field::Drive, "fwd"),
    ("rwd", Field::Drive, "rwd"), ("rear wheel drive", Field::Drive, "rwd"), ("rear wheel", Field::Drive, "rwd"),
    //
    ("manual", Field::Transmission, "manual"), ("stick", Field::Transmission, "manual"),
    ("stick shift", Field::Transmission, "manual"), ("manual transmission", Field::Transmission, "manual"),
    ("three pedals", Field::Transmission, "manual"), ("owner's manual", Field::Transmission, ""),
    ("automatic", Field::Transmission, "automatic"), ("auto transmission", Field::Transmission, "automatic"),
    ("automatic transmission", Field::Transmission, "automatic"), ("cvt", Field::Transmission, "cvt"),
    ("automatic braking", Field::Transmission, ""), ("automatic emergency", Field::Transmission, ""),
    ("dual clutch", Field::Transmission, "dual_clutch"), ("dct", Field::Transmission, "dual_clutch"),
    //
    ("good mileage", Field::Priority, "economy"), ("great mileage", Field::Priority, "economy"),
    ("best mileage", Field::Priority, "economy"), ("better mileage", Field::Priority, "economy"),
    ("gas mileage", Field::Priority, "economy"), ("fuel mileage", Field::Priority, "economy"),
    ("fuel economy", Field::Priority, "economy"), ("fuel efficient", Field::Priority, "economy"),
    ("fuel efficiency", Field::Priority, "economy"), ("efficient", Field::Priority, "economy"),
    ("efficiency", Field::Priority, "economy"), ("economical", Field::Priority, "economy"),
    ("economy", Field::Priority, "economy"), ("good mpg", Field::Priority, "economy"),
    ("great mpg", Field::Priority, "economy"), ("best mpg", Field::Priority, "economy"),
    ("high mpg", Field::Priority, "economy"), ("good on gas", Field::Priority, "economy"),
    ("easy on gas", Field::Priority, "economy"), ("save gas", Field::Priority, "economy"),
    ("save fuel", Field::Priority, "economy"), ("gas guzzler", Field::Priority, "guzzler"),
    ("least efficient", Field::Priority, ""), ("least fuel efficient", Field::Priority, ""),
    ("less efficient", Field::Priority, ""), ("least economical", Field::Priority, ""),
    ("inefficient", Field::Priority, ""), ("ev charger", Field::Fuel, ""), ("electric charger", Field::Fuel, ""),
    ("low mileage", Field::Priority, ""), ("high mileage", Field::Priority, ""),
    ("save on gas", Field::Priority, "fuel_cost"), ("save money on gas", Field::Priority, "fuel_cost"),
    ("cheap to run", Field::Priority, "fuel_cost"), ("cheapest to run", Field::Priority, "fuel_cost"),
    ("cheap to drive", Field::Priority, "fuel_cost"), ("running cost", Field::Priority, "fuel_cost"),
    ("low running cost", Field::Priority, "fuel_cost"), ("fuel cost", Field::Priority, "fuel_cost"),
    ("low fuel cost", Field::Priority, "fuel_cost"), ("lowest fuel cost", Field::Priority, "fuel_cost"),
    ("long range", Field::Priority, "range"), ("longest range", Field::Priority, "range"),
    ("most range", Field::Priority, "range"), ("best range", Field::Priority, "range"),
    ("good range", Field::Priority, "range"), ("range anxiety", Field::Priority, "range"),
    ("co2", Field::Priority, "co2"), ("low co2", Field::Priority, "co2"), ("emission", Field::Priority, "co2"),
    ("low emission", Field::Priority, "co2"), ("eco friendly", Field::Priority, "co2"),
    ("environment", Field::Priority, "co2"), ("environmentally friendly", Field::Priority, "co2"),
    ("climate", Field::Priority, "co2"), ("climate control", Field::Priority, ""), ("carbon", Field::Priority, "co2"),
    ("fast", Field::Priority, "power"), ("fast charging", Field::Priority, ""), ("quick", Field::Priority, "power"),
    ("sporty", Field::Priority, "power"), ("powerful", Field::Priority, "power"),
    ("performance", Field::Priority, "power"), ("acceleration", Field::Priority, "power"),
    ("fun to drive", Field::Priority, "power"), ("quick question", Field::Priority, ""),
    ("newest", Field::Priority, "newest"),
];

/// What a person calls the thing that a field is about, to take it back: "any make is fine".
#[rustfmt::skip]
const NOUNS: &[(&str, &[Field])] = &[
    ("price", &[Field::BudgetMax, Field::BudgetMin]), ("budget", &[Field::BudgetMax, Field::BudgetMin]),
    ("cost", &[Field::BudgetMax, Field::BudgetMin]), ("money", &[Field::BudgetMax, Field::BudgetMin]),
    ("body", &[Field::Body, Field::BodyNot]), ("body style", &[Field::Body, Field::BodyNot]),
    ("body type", &[Field::Body, Field::BodyNot]), ("shape", &[Field::Body, Field::BodyNot]),
    ("style", &[Field::Body, Field::BodyNot]), ("type", &[Field::Body, Field::BodyNot]),
    ("kind", &[Field::Body, Field::BodyNot]),
    ("fuel", &[Field::Fuel, Field::FuelNot]), ("fuel type", &[Field::Fuel, Field::FuelNot]),
    ("powertrain", &[Field::Fuel, Field::FuelNot]), ("engine", &[Field::Fuel, Field::FuelNot]),
    ("drive", &[Field::Drive]), ("drivetrain", &[Field::Drive]),
    ("make", &[Field::Make, Field::MakeNot, Field::Model]), ("brand", &[Field::Make, Field::MakeNot, Field::Model]),
    ("manufacturer", &[Field::Make, Field::MakeNot, Field::Model]), ("model", &[Field::Model]),
    ("seat", &[Field::SeatsMin]), ("seats", &[Field::SeatsMin]), ("seating", &[Field::SeatsMin]),
    ("mileage", &[Field::MpgMin, Field::Priority]), ("mpg", &[Field::MpgMin, Field::Priority]),
    ("economy", &[Field::MpgMin, Field::Priority]), ("fuel economy", &[Field::MpgMin, Field::Priority]),
    ("efficiency", &[Field::MpgMin, Field::Priority]),
    ("range", &[Field::RangeMin, Field::ElectricRangeMin]), ("year", &[Field::YearMin, Field::YearMax]),
    ("model year", &[Field::YearMin, Field::YearMax]), ("age", &[Field::YearMin, Field::YearMax]),
    ("transmission", &[Field::Transmission, Field::TransmissionNot]),
    ("gearbox", &[Field::Transmission, Field::TransmissionNot]), ("power", &[Field::HorsepowerMin, Field::Priority]),
    ("horsepower", &[Field::HorsepowerMin]), ("towing", &[Field::TowingMin]), ("star", &[Field::StarsMin]),
    ("safety rating", &[Field::StarsMin]),
];

/// The longest phrase that starts at the first of these words, and how many words it has.
pub fn phrase(words: &[Word]) -> Option<(usize, Field, &'static str)> {
    longest(
        words,
        PHRASES
            .iter()
            .map(|(phrase, field, value)| (*phrase, (*field, *value))),
    )
    .map(|(count, (field, value))| (count, field, value))
}

/// The longest noun that starts at the first of these words.
pub fn noun(words: &[Word]) -> Option<(usize, &'static [Field])> {
    longest(
        words,
        NOUNS.iter().map(|(phrase, fields)| (*phrase, *fields)),
    )
}

fn longest<T>(
    words: &[Word],
    phrases: impl Iterator<Item = (&'static str, T)>,
) -> Option<(usize, T)> {
    let clause = words.first()?.clause;
    let fits = |phrase: &'static str| {
        let parts = phrase.split(' ');
        let count = parts.clone().count();
        let same = words
            .get(..count)?
            .iter()
            .zip(parts)
            .all(|(word, part)| word.clause == clause && word.is(part));
        same.then_some(count)
    };
    phrases
        .filter_map(|(phrase, value)| Some((fits(phrase)?, value)))
        .max_by_key(|(count, _)| *count)
}

pub fn body_label(word: &str) -> &str {
    word.parse().map_or(word, |body: Body| body.label())
}

pub fn fuel_label(word: &str) -> &str {
    word.parse().map_or(word, |fuel: Fuel| fuel.label())
}

/// The gearboxes that a word takes in: an automatic is whatever shifts by itself.
pub fn transmissions(word: &str) -> Vec<Transmission> {
    match word.parse() {
        Ok(Transmission::Automatic) => {
            vec![
                Transmission::Automatic,
                Transmission::Cvt,
                Transmission::DualClutch,
                Transmission::SingleSpeed,
            ]
        }
        Ok(kind) => vec![kind],
        Err(_) => Vec::new(),
    }
}
