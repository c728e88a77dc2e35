//! The everyday words for bodies, fuels, drives, gearboxes and what matters most.

use super::Field;
use super::spelling::edits;
use super::words::Word;
use crate::cars::{Body, Fuel, Transmission};

mod phrases;

use phrases::{NOUNS, PHRASES};

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

/// Whether it is a part of any phrase or noun.
pub fn has(word: &str) -> bool {
    let phrases = PHRASES.iter().map(|(phrase, ..)| *phrase);
    let nouns = NOUNS.iter().map(|(noun, _)| *noun);
    phrases
        .chain(nouns)
        .any(|phrase| phrase.split(' ').any(|part| part == word))
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
        let run = words.get(..count)?;
        if run.iter().any(|word| word.clause != clause) {
            return None;
        }
        let mut others = run.iter().zip(parts).filter(|(word, part)| !word.is(part));
        match (others.next(), others.next()) {
            (None, _) => Some(count),
            // "all weel drive": the other words say what is meant.
            (Some((word, part)), None) if count >= 3 && part.len() >= 4 => {
                (edits(word.text.as_bytes(), part.as_bytes()) == 1).then_some(count)
            }
            _ => None,
        }
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
