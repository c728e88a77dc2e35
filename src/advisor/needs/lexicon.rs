//! The everyday words for bodies, fuels, drives, gearboxes and what matters most.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::Field;
use super::spelling::edits;
use super::words::Word;
use crate::cars::{Body, Fuel, Transmission};

mod phrases;

use phrases::{NOUNS, PHRASES};

/// A phrase, split into its words once, and what it stands for.
struct Entry<T> {
    parts: Vec<&'static str>,
    value: T,
}

impl<T> Entry<T> {
    fn new(phrase: &'static str, value: T) -> Self {
        Self {
            parts: phrase.split(' ').collect(),
            value,
        }
    }
}

static SPLIT_PHRASES: LazyLock<Vec<Entry<(Field, &'static str)>>> = LazyLock::new(|| {
    let all = PHRASES.iter();
    all.map(|(phrase, field, value)| Entry::new(phrase, (*field, *value)))
        .collect()
});

static SPLIT_NOUNS: LazyLock<Vec<Entry<&'static [Field]>>> = LazyLock::new(|| {
    let all = NOUNS.iter();
    all.map(|(phrase, fields)| Entry::new(phrase, *fields))
        .collect()
});

/// Every word of every phrase and noun.
static PARTS: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    let phrases = SPLIT_PHRASES.iter().flat_map(|entry| &entry.parts);
    let nouns = SPLIT_NOUNS.iter().flat_map(|entry| &entry.parts);
    phrases.chain(nouns).copied().collect()
});

/// The longest phrase that starts at the first of these words, and how many words it has.
pub fn phrase(words: &[Word]) -> Option<(usize, Field, &'static str)> {
    longest(words, &SPLIT_PHRASES).map(|(count, (field, value))| (count, field, value))
}

/// Whether it is a part of any phrase or noun.
pub fn has(word: &str) -> bool {
    PARTS.contains(word)
}

/// The longest noun that starts at the first of these words.
pub fn noun(words: &[Word]) -> Option<(usize, &'static [Field])> {
    longest(words, &SPLIT_NOUNS)
}

fn longest<T: Copy>(words: &[Word], phrases: &[Entry<T>]) -> Option<(usize, T)> {
    let clause = words.first()?.clause;
    let fits = |parts: &[&'static str]| {
        let count = parts.len();
        let run = words.get(..count)?;
        let mut others = run.iter().zip(parts).filter(|(word, part)| !word.is(part));
        let found = match (others.next(), others.next()) {
            (None, _) => Some(count),
            // "all weel drive": the other words say what is meant.
            (Some((word, part)), None) if count >= 3 && part.len() >= 4 => {
                (edits(word.text.as_bytes(), part.as_bytes()) == 1).then_some(count)
            }
            _ => None,
        };
        found.filter(|_| run.iter().all(|word| word.clause == clause))
    };
    phrases
        .iter()
        .filter_map(|entry| Some((fits(&entry.parts)?, entry.value)))
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
