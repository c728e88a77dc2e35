//! The units that figures come in, how they are written, and what a car has of each.

use super::lex::{Kind, Token};
use crate::cars::{Economy, Row};

/// What a figure counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Usd,
    Mpg,
    Mpge,
    Miles,
    Horsepower,
    Pounds,
    Seats,
    Rows,
    Stars,
    /// Of CO2, a mile.
    Grams,
    Kwh,
    Percent,
    /// In the variant's words, such as `2.5 L`.
    Litres,
    Cylinders,
    Gears,
    Kilowatts,
    /// US dollars for a gallon or a kWh.
    Rate,
    /// What the catalogue holds of no car: torque, seconds, litres of boot, other money.
    Foreign,
}

/// Which of several figures under one unit is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    City,
    Highway,
    Combined,
}

/// Units that stand after a number, the longer spelling first. A hyphen counts as a space.
#[rustfmt::skip]
const AFTER: &[(&[&str], Unit)] = &[
    (&["miles", "per", "gallon", "equivalent"], Unit::Mpge), (&["mpg", "equivalent"], Unit::Mpge), (&["mpg", "e"], Unit::Mpge),
    (&["m", "p", "g", "e"], Unit::Mpge), (&["m", "p", "g"], Unit::Mpg), (&["h", "p"], Unit::Horsepower),
    (&["mpge"], Unit::Mpge), (&["miles", "per", "gallon"], Unit::Mpg), (&["mpg"], Unit::Mpg), (&["mpgs"], Unit::Mpg),
    (&["miles", "per", "hour"], Unit::Foreign), (&["mph"], Unit::Foreign), (&["mile", "warranty"], Unit::Foreign),
    (&["miles"], Unit::Miles), (&["mile"], Unit::Miles), (&["mi"], Unit::Miles),
    (&["horse", "power"], Unit::Horsepower), (&["horsepower"], Unit::Horsepower), (&["hp"], Unit::Horsepower), (&["bhp"], Unit::Horsepower),
    (&["horses"], Unit::Horsepower), (&["ponies"], Unit::Horsepower), (&["ps"], Unit::Foreign),
    (&["pound", "feet"], Unit::Foreign), (&["pounds", "feet"], Unit::Foreign), (&["pound", "foot"], Unit::Foreign), (&["lb", "ft"], Unit::Foreign),
    (&["lbs", "ft"], Unit::Foreign), (&["ft", "lb"], Unit::Foreign), (&["ft", "lbs"], Unit::Foreign), (&["nm"], Unit::Foreign),
    (&["pounds"], Unit::Pounds), (&["pound"], Unit::Pounds), (&["lbs"], Unit::Pounds), (&["lb"], Unit::Pounds),
    (&["tons"], Unit::Foreign), (&["ton"], Unit::Foreign),
    (&["seats"], Unit::Seats), (&["seat"], Unit::Seats), (&["seater"], Unit::Seats), (&["seaters"], Unit::Seats),
    (&["passengers"], Unit::Seats), (&["passenger"], Unit::Seats), (&["rows"], Unit::Rows), (&["row"], Unit::Rows),
    (&["stars"], Unit::Stars), (&["star"], Unit::Stars),
    (&["grams", "of", "co2"], Unit::Grams), (&["grams", "co2"], Unit::Grams), (&["grams", "per", "mile"], Unit::Grams), (&["grams", "a", "mile"], Unit::Grams),
    (&["grams"], Unit::Grams), (&["g", "of", "co2"], Unit::Grams), (&["g", "co2"], Unit::Grams), (&["g", "mi"], Unit::Grams), (&["g", "mile"], Unit::Grams),
    (&["g", "per", "mile"], Unit::Grams), (&["g"], Unit::Grams),
    (&["kwh"], Unit::Kwh), (&["kilowatt", "hours"], Unit::Kwh), (&["kw"], Unit::Kilowatts), (&["kilowatts"], Unit::Kilowatts),
    (&["percent"], Unit::Percent), (&["per", "cent"], Unit::Percent), (&["%"], Unit::Percent),
    (&["liter"], Unit::Litres), (&["liters"], Unit::Litres), (&["litre"], Unit::Litres), (&["litres"], Unit::Litres), (&["l"], Unit::Litres),
    (&["cylinder"], Unit::Cylinders), (&["cylinders"], Unit::Cylinders), (&["cyl"], Unit::Cylinders),
    (&["speed"], Unit::Gears), (&["gears"], Unit::Gears),
    (&["dollars"], Unit::Usd), (&["dollar"], Unit::Usd), (&["usd"], Unit::Usd), (&["bucks"], Unit::Usd), (&["grand"], Unit::Usd),
    (&["euros"], Unit::Foreign), (&["eur"], Unit::Foreign), (&["cents"], Unit::Foreign),
    (&["seconds"], Unit::Foreign), (&["second"], Unit::Foreign), (&["sec"], Unit::Foreign), (&["minutes"], Unit::Foreign), (&["minute"], Unit::Foreign),
    (&["hours"], Unit::Foreign), (&["hour"], Unit::Foreign),
    (&["cubic", "feet"], Unit::Foreign), (&["cubic", "foot"], Unit::Foreign), (&["cu", "ft"], Unit::Foreign),
    (&["feet"], Unit::Foreign), (&["inches"], Unit::Foreign), (&["gallons"], Unit::Foreign), (&["gallon"], Unit::Foreign), (&["gal"], Unit::Foreign),
    (&["year", "warranty"], Unit::Foreign), (&["years", "warranty"], Unit::Foreign), (&["airbags"], Unit::Foreign), (&["km"], Unit::Foreign), (&["mm"], Unit::Foreign),
];

/// Words that may stand between a number and its unit: "39 combined mpg", "five NHTSA safety stars".
const BETWEEN: &[&str] = &[
    "combined",
    "city",
    "highway",
    "hwy",
    "epa",
    "total",
    "electric",
    "all",
    "overall",
    "safety",
    "nhtsa",
    "full",
    "us",
    "u",
    "s",
    "mean",
    "estimated",
    "average",
    "real",
    "crash",
    "test",
    "ish",
];

/// Words before a number that has no unit after it: "Price: 31,500", "seats seven", "rated 5".
#[rustfmt::skip]
const BEFORE: &[(&str, Unit)] = &[
    ("mpg", Unit::Mpg), ("mileage", Unit::Mpg), ("mpge", Unit::Mpge), ("price", Unit::Usd), ("prices", Unit::Usd), ("priced", Unit::Usd), ("pricing", Unit::Usd),
    ("msrp", Unit::Usd), ("cost", Unit::Usd), ("costs", Unit::Usd), ("horsepower", Unit::Horsepower), ("hp", Unit::Horsepower), ("range", Unit::Miles),
    ("towing", Unit::Pounds), ("tows", Unit::Pounds), ("tow", Unit::Pounds), ("stars", Unit::Stars), ("rating", Unit::Stars), ("rated", Unit::Stars),
    ("seats", Unit::Seats), ("seat", Unit::Seats), ("seating", Unit::Seats), ("carries", Unit::Seats), ("co2", Unit::Grams), ("cylinders", Unit::Cylinders),
];

/// The unit that begins at a token, and the first token after it.
pub fn after(tokens: &[Token], at: usize) -> Option<(Unit, usize)> {
    let sentence = tokens.get(at)?.sentence;
    for at in at..at + 4 {
        let found = AFTER.iter().find_map(|(words, unit)| {
            let mut place = at;
            for word in *words {
                // "m.p.g."
                while place > at && (is_joint(tokens.get(place)?) || tokens[place].is_sign('.')) {
                    place += 1;
                }
                let token = tokens
                    .get(place)
                    .filter(|token| token.sentence == sentence)?;
                let is = token.text == **word || token.is_sign('%') && *word == "%";
                if !is {
                    return None;
                }
                place += 1;
            }
            Some((*unit, place))
        });
        if found.is_some() {
            return found;
        }
        let token = tokens.get(at).filter(|token| token.sentence == sentence)?;
        if is_star(token) {
            return Some((Unit::Stars, at + 1));
        }
        if !(is_joint(token) || token.is(BETWEEN)) {
            return None;
        }
    }
    None
}

/// The unit that a word before a number, or a table's head, gives it.
pub fn before(token: &Token) -> Option<Unit> {
    let found = BEFORE.iter().find(|(word, _)| token.is(&[word]));
    found.map(|(_, unit)| *unit)
}

/// A star that is drawn full.
pub fn is_star(token: &Token) -> bool {
    matches!(token.kind, Kind::Sign('★' | '⭐' | '🌟'))
}

fn is_joint(token: &Token) -> bool {
    matches!(token.kind, Kind::Sign('-' | '/' | '*' | '(' | '+'))
}

/// All figures that a car has under a unit.
pub fn values(row: &Row, variant: &str, unit: Unit, part: Option<Part>) -> Vec<f64> {
    let facts = &row.facts;
    let economy = |economy: Option<Economy>| -> Vec<f64> {
        let Some(economy) = economy else {
            return Vec::new();
        };
        match part {
            Some(Part::City) => vec![economy.city.into()],
            Some(Part::Highway) => vec![economy.highway.into()],
            Some(Part::Combined) => vec![economy.combined.into()],
            None => vec![
                economy.combined.into(),
                economy.city.into(),
                economy.highway.into(),
            ],
        }
    };
    let one = |figure: Option<u16>| figure.map(f64::from).into_iter().collect();
    match unit {
        Unit::Mpg => economy(facts.mpg),
        Unit::Mpge => economy(facts.mpge),
        Unit::Miles => [facts.electric_range_mi, facts.range_mi]
            .into_iter()
            .flatten()
            .map(f64::from)
            .collect(),
        Unit::Horsepower => one(facts.joined.horsepower),
        Unit::Pounds => one(facts.joined.towing_lb),
        Unit::Seats => {
            let seats = facts.joined.seats;
            seats.map_or(Vec::new(), |seats| {
                (seats.min..=seats.max).map(f64::from).collect()
            })
        }
        // Two rows seat five, or six in a pickup with a bench; more seats need a third.
        Unit::Rows => {
            let seats = facts.joined.seats;
            seats.map_or(Vec::new(), |seats| match seats.max {
                0..=3 => vec![1.0],
                4 | 5 => vec![2.0],
                6 => vec![2.0, 3.0],
                _ => vec![2.0, 3.0, 4.0],
            })
        }
        Unit::Stars => one(facts.joined.stars.map(u16::from)),
        Unit::Grams => one(facts.co2_g_per_mi),
        Unit::Litres => spelled(variant, "L"),
        Unit::Cylinders => spelled(variant, "cyl"),
        Unit::Gears => spelled(variant, "speed"),
        Unit::Kilowatts => spelled(variant, "kW"),
        // Money depends on what is said of it: see the judge.
        Unit::Usd | Unit::Kwh | Unit::Percent | Unit::Rate | Unit::Foreign => Vec::new(),
    }
}

/// The numbers before a unit in a variant such as `2.5 L turbo, 4 cyl, automatic 8-speed`.
fn spelled(variant: &str, unit: &str) -> Vec<f64> {
    let parts: Vec<&str> = variant.split([' ', ',', '-']).collect();
    let mut found = Vec::new();
    for (at, _) in parts.iter().enumerate().filter(|(_, part)| **part == unit) {
        found.extend(
            at.checked_sub(1)
                .and_then(|at| parts[at].parse::<f64>().ok()),
        );
        // "74 and 165 kW"
        let earlier = at
            .checked_sub(3)
            .filter(|_| at > 2 && parts[at - 2] == "and");
        found.extend(earlier.and_then(|at| parts[at].parse::<f64>().ok()));
    }
    found
}
