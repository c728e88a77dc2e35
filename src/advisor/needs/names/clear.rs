//! Tells whether a name that is also a word, or a place, is meant as a car's.

use super::spoken::{COMMON_MODELS, FILLING, PLACES, WORDLIKE_MODELS};
use crate::advisor::needs::words::Word;
use crate::advisor::needs::{Field, lexicon};

/// Whether a model's name, without its make, can't well mean something else.
pub fn is_clear(words: &[Word], at: usize, count: usize, key: &str) -> bool {
    let letters = key.chars().any(|c| c.is_ascii_alphabetic());
    let digits = key.chars().any(|c| c.is_ascii_digit());
    let vowels = key.chars().any(|c| "aeiouy".contains(c));
    let is_of = |names: &[&str]| spoken(words, at, count, names);
    if is_place(words, at, count) || is_of(COMMON_MODELS) || !letters || key.len() < 2 {
        false
    } else if is_of(WORDLIKE_MODELS) {
        is_written_as_name(words, at) || is_beside_car_terms(words, at, count) || is_most_of(words)
    } else if digits {
        key.len() >= 3 || (key.len() == 2 && words[at].capital)
    } else if key.len() <= 3 {
        !vowels && key.len() == 3
    } else {
        true
    }
}

/// Whether these words, or their singular, are in a list.
fn spoken(words: &[Word], at: usize, count: usize, names: &[&str]) -> bool {
    let said: Vec<&str> = words[at..at + count]
        .iter()
        .map(|word| word.text.as_str())
        .collect();
    let said = said.join(" ");
    names.contains(&said.as_str())
        || said
            .strip_suffix('s')
            .is_some_and(|one| names.contains(&one))
}

/// A capital letter within a sentence that isn't all in capitals.
fn is_written_as_name(words: &[Word], at: usize) -> bool {
    let small = |word: &Word| !word.capital && word.text.starts_with(char::is_alphabetic);
    let around = &words[at.saturating_sub(20)..(at + 20).min(words.len())];
    let mixed = around
        .iter()
        .any(|word| word.sentence == words[at].sentence && small(word));
    words[at].capital && mixed && !starts_sentence(words, at)
}

/// Whether a year, a fuel, a body, a drive or a gearbox stands right beside it: "explorer hybrid", "2019 fusion".
fn is_beside_car_terms(words: &[Word], at: usize, count: usize) -> bool {
    let same = |i: &usize| {
        words
            .get(*i)
            .is_some_and(|word| word.clause == words[at].clause)
    };
    let is_year = |i: usize| matches!(words[i].text.parse(), Ok(1980..=2035));
    let is_term = |i: usize| {
        let term = lexicon::phrase(&words[i..]);
        term.is_some_and(|(_, field, value)| field != Field::Priority && !value.is_empty())
    };
    let before = at.checked_sub(1).filter(same);
    let beside = before.into_iter().chain(Some(at + count).filter(same));
    beside.into_iter().any(|i| is_year(i) || is_term(i))
}

/// Whether the message holds hardly anything but such names.
fn is_most_of(words: &[Word]) -> bool {
    words.len() <= 12
        && words
            .iter()
            .enumerate()
            .all(|(at, word)| word.is_any(FILLING) || spoken(words, at, 1, WORDLIKE_MODELS))
}

/// "I live in Lincoln", "I commute to Tucson"; but "an SUV from Lincoln" names the make.
pub fn is_place(words: &[Word], at: usize, count: usize) -> bool {
    const GOING: &[&str] = &[
        "live",
        "lives",
        "living",
        "drive",
        "drives",
        "driving",
        "commute",
        "commuting",
        "move",
        "moved",
        "moving",
        "born",
        "based",
        "work",
        "working",
        "travel",
        "trip",
        "trips",
        "am",
        "i'm",
        "we're",
        "go",
        "going",
        "flying",
        "fly",
    ];
    let before = |back: usize| at.checked_sub(back).map_or("", |i| words[i].text.as_str());
    if !spoken(words, at, count, PLACES) {
        return false;
    }
    let next = words
        .get(at + count)
        .filter(|word| word.clause == words[at].clause);
    if next.is_some_and(|word| word.is_any(WEATHER)) {
        return true;
    }
    match before(1) {
        "of" | "above" | "across" => (at.saturating_sub(6)..at).any(|i| {
            words[i].clause == words[at].clause && (words[i].is_any(GOING) || words[i].is_any(LAND))
        }),
        "in" => before(2) != "interested",
        "near" | "around" | "outside" | "through" => true,
        "from" | "at" | "to" => (at.saturating_sub(5)..at)
            .any(|i| words[i].clause == words[at].clause && words[i].is_any(GOING)),
        _ => false,
    }
}

/// What a place has and a car has not.
const WEATHER: &[&str] = &[
    "winter",
    "winters",
    "snow",
    "weather",
    "mountains",
    "roads",
    "traffic",
    "heat",
    "summers",
];
/// What is said to be of a place.
const LAND: &[&str] = &[
    "mountains",
    "mountain",
    "hills",
    "state",
    "city",
    "coast",
    "north",
    "south",
    "east",
    "west",
    "outskirts",
    "suburbs",
    "parts",
    "part",
    "deserts",
    "desert",
];

pub fn starts_sentence(words: &[Word], at: usize) -> bool {
    at == 0 || words[at - 1].sentence != words[at].sentence
}
