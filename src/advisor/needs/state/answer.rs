//! Reads a short answer to a question that was just asked: "yes", "3500 or so", "the first one".

use serde_json::{Value, json};

use crate::advisor::needs::amounts::number::number;
use crate::advisor::needs::conflict::Conflict;
use crate::advisor::needs::words::Word;
use crate::advisor::needs::{Field, Need, lexicon};

/// The longest answer that is read so; more words than this say more than one thing.
const MOST_WORDS: usize = 8;

/// What the answer says of the field, if it is a plain one.
pub fn value(field: Field, words: &[Word]) -> Option<Value> {
    if words.len() > MOST_WORDS {
        return None;
    }
    if field == Field::Drive {
        let yes = words.first().is_some_and(|word| {
            word.is_any(&["yes", "yeah", "yep", "sure", "definitely", "please", "yup"])
        });
        return yes.then(|| json!("awd"));
    }
    let mut numbers = (0..words.len()).filter_map(|at| Some((at, number(&words[at..])?)));
    let (at, number) = numbers.next()?;
    let after = words.get(at + number.words);
    let unit = after.map_or("", |word| word.text.as_str());
    if numbers.any(|(other, _)| other >= at + number.words)
        || lexicon::phrase(&words[at..]).is_some()
        || words.iter().any(|word| word.is_any(LIMITS))
    {
        return None;
    }
    let plain = number.value;
    let money = number.money;
    let fits = |low: f64, high: f64| (low..=high).contains(&plain) && !money;
    let value = match field {
        Field::BudgetMax if words.iter().any(|word| word.is_any(RECURRING)) => return None,
        // Who is asked for a price and says 30 means thousands.
        Field::BudgetMax if (5.0..=300.0).contains(&plain) && unit != "k" => plain * 1000.0,
        Field::BudgetMax if (1000.0..=1e6).contains(&plain) => plain,
        Field::TowingMin if unit.starts_with("kg") || unit.starts_with("kilo") => {
            (plain * POUNDS_PER_KILOGRAM).ceil()
        }
        Field::TowingMin if unit == "tons" || unit == "ton" => plain * 2000.0,
        Field::TowingMin if fits(100.0, 40_000.0) => plain,
        Field::SeatsMin if fits(2.0, 15.0) && !CHILDREN.contains(&unit) => plain,
        Field::YearMin if fits(1950.0, 2035.0) && !number.scaled && !COUNTED.contains(&unit) => {
            plain
        }
        Field::ElectricRangeMin if fits(10.0, 600.0) && !unit.starts_with('k') => plain,
        _ => return None,
    };
    Some(json!(value as u64))
}

/// How many pounds a kilogram has.
pub const POUNDS_PER_KILOGRAM: f64 = 2.204_622_6;

/// Words by which an answer sets another limit than the one that was asked for.
const LIMITS: &[&str] = &[
    "older", "before", "not", "no", "don't", "dont", "mpg", "mpge", "hp", "stars", "star",
    "instead", "least", "over",
];
const RECURRING: &[&str] = &[
    "month", "monthly", "mo", "week", "down", "payment", "payments",
];
const COUNTED: &[&str] = &[
    "lb", "lbs", "pounds", "pound", "dollars", "bucks", "miles", "mile", "km", "kg",
];
/// So many of them aren't all who sit in the car.
const CHILDREN: &[&str] = &[
    "kids", "kid", "children", "child", "boys", "girls", "babies", "toddlers", "dogs", "car",
    "rows", "row",
];

/// Asked which of two needs counts, the one that doesn't: "the first one", "30k".
pub fn loser<'a>(pair: &'a Conflict, words: &[Word]) -> Option<&'a Need> {
    if words.len() > MOST_WORDS {
        return None;
    }
    let says = |any: &[&str]| words.iter().any(|word| word.is_any(any));
    let first = says(&["first", "former", "1st", "1"]);
    let second = says(&["second", "latter", "2nd", "last", "2"]);
    let mut said: Vec<u64> = Vec::new();
    for at in 0..words.len() {
        said.extend(number(&words[at..]).map(|number| number.value as u64));
    }
    let named = |need: &Need| {
        need.value
            .as_u64()
            .is_some_and(|value| said.contains(&value))
    };
    match (first || named(&pair.first), second || named(&pair.second)) {
        (true, false) => Some(&pair.second),
        (false, true) => Some(&pair.first),
        _ => None,
    }
}
