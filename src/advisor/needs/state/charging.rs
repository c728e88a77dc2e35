//! Reads that there is nowhere to charge: a car that has to be plugged in is then out of the question, or should be asked about.

use serde_json::json;

use super::findings::Finding;
use crate::advisor::needs::Field;
use crate::advisor::needs::polarity::Polarity;
use crate::advisor::needs::words::Word;

const DENYING: &[&str] = &[
    "can't", "cant", "cannot", "couldn't", "no", "not", "nowhere", "without", "don't", "dont",
    "won't", "wont", "never", "nothing", "doesn't", "isn't", "hate",
];
/// What may stand between the denial and the charging.
const PASSED: &[&str] = &[
    "to",
    "place",
    "way",
    "want",
    "have",
    "be",
    "able",
    "a",
    "any",
    "home",
    "option",
    "options",
    "of",
    "really",
    "access",
    "for",
    "that",
    "i",
    "could",
    "spot",
    "i'd",
    "where",
    "could",
    "can",
    "somewhere",
    "anywhere",
    "outlet",
    "there",
    "is",
    "possibility",
    "it",
    "like",
    "bother",
    "with",
    "deal",
    "having",
    "something",
    "the",
    "hassle",
    "need",
    "i",
    "must",
    "needs",
];
const PLACES: &[&str] = &[
    "at",
    "home",
    "my",
    "our",
    "the",
    "apartment",
    "house",
    "place",
    "condo",
    "building",
    "in",
    "it",
    "overnight",
    "an",
    "ev",
    "car",
];

/// How many words say, from that one on, that there is no charging: "can't charge at home", "nowhere to plug in",
/// "without plugging in".
pub fn missing(words: &[Word], at: usize) -> Option<usize> {
    if !words[at].is_any(DENYING) {
        return None;
    }
    let clause = words[at].clause;
    let run: Vec<&Word> = words[at..]
        .iter()
        .take_while(|word| word.clause == clause)
        .collect();
    let passed = run[1..]
        .iter()
        .take_while(|word| word.is_any(PASSED))
        .count();
    let what = 1 + passed;
    let word = run.get(what)?;
    let before = run[what - 1];
    let verb = before.is_any(&[
        "to", "can't", "cant", "cannot", "couldn't", "can", "i", "could", "that", "i'd", "must",
        "never",
    ]);
    let count = match word.text.as_str() {
        "charging" | "charge" | "recharge" => 1,
        // "no plug-in" is the car; "no plugging in" and "can't plug in" are the doing.
        "plugging" | "plugs" => 2,
        "plug" if verb => 2,
        "charger" | "chargers" => run[what..]
            .iter()
            .any(|word| word.is_any(&["home", "apartment", "house", "place"]))
            .then_some(1)?,
        _ => return None,
    };
    let end = (what + count).min(run.len());
    let places = run[end..]
        .iter()
        .take_while(|word| word.is_any(PLACES))
        .count();
    // "don't charge me", "no charge", "without charging fast": not this.
    let bare = matches!(word.text.as_str(), "charge") && !verb;
    (!bare
        && !run
            .get(end + places)
            .is_some_and(|word| word.is_any(&["me", "fast", "extra", "often", "much"])))
    .then_some(end + places)
}

/// Both kinds of car that are plugged in, as unwanted, beside whatever was wished.
pub fn findings(from: usize, to: usize) -> [Finding; 2] {
    ["electric", "plug_in_hybrid"].map(|fuel| Finding {
        field: Field::Fuel,
        value: json!(fuel),
        from,
        to,
        polarity: Polarity::Unwanted,
        beside: true,
    })
}
