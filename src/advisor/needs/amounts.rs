//! Reads amounts: dollars, years, miles, miles per gallon, seats, pounds, horsepower and stars.

use super::Field;
use super::polarity::{self, Polarity};
use super::words::Word;

mod judge;
pub mod number;

use judge::Amounts;
use number::{number, second};

/// An amount with its place among the words.
#[derive(Clone, Debug, PartialEq)]
pub struct Amount {
    pub field: Field,
    pub value: u64,
    pub from: usize,
    pub to: usize,
}

/// What is known when amounts are read.
pub struct Setting<'a> {
    /// The newest model year.
    pub newest: u16,
    /// The talk is of cars that are charged, so that a range is one on electricity.
    pub electric: bool,
    /// There is a budget already, so that "I can do 31" is a new one.
    pub budgeted: bool,
    /// The places of the words that name a make, a body or a fuel.
    pub named: &'a [usize],
}

/// Everything that is counted in these words.
pub fn read(words: &[Word], setting: &Setting) -> Vec<Amount> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let Some(number) = number(&words[at..]) else {
            at += phrases(words, at, setting.newest, &mut found).max(1);
            continue;
        };
        let second = second(words, at + number.words);
        let amounts = Amounts { words, at, setting };
        let took = amounts.judge(&number, second.as_ref(), &mut found);
        at += took.max(number.words);
    }
    found
}

/// Amounts without a number of their own: "last three years", "less than five years old", "third row", "brand new".
fn phrases(words: &[Word], at: usize, newest: u16, found: &mut Vec<Amount>) -> usize {
    let text = |i: usize| words.get(at + i).map_or("", |word| word.text.as_str());
    let newest = u64::from(newest);
    let years = |i: usize| {
        let number = number(words.get(at + i..)?)?;
        let years =
            words.get(at + i + number.words)?.is("year") && (1.0..=15.0).contains(&number.value);
        years.then_some((number.value as u64, i + number.words + 1))
    };
    let mut put = |field, value, count: usize| {
        found.push(Amount {
            field,
            value,
            from: at,
            to: (at + count).min(words.len()),
        });
        count
    };
    match (text(0), text(1)) {
        ("last" | "past", _) => match years(1) {
            Some((count, took)) => put(Field::YearMin, (newest + 1).saturating_sub(count), took),
            None => 0,
        },
        ("under" | "within", _) => match years(1).filter(|(_, took)| text(*took) == "old") {
            Some((count, took)) => put(Field::YearMin, newest.saturating_sub(count), took + 1),
            None => 0,
        },
        ("less" | "more" | "older", "than") => {
            match years(2).filter(|(_, took)| text(*took) == "old" || text(0) == "older") {
                Some((count, took)) => put(
                    Field::YearMin,
                    newest.saturating_sub(count),
                    took + usize::from(text(took) == "old"),
                ),
                None => 0,
            }
        }
        ("third", "row") if polarity::of(words, at, at + 2) == Polarity::Wanted => {
            put(Field::SeatsMin, 6, 2)
        }
        ("brand", "new")
        | ("latest", "model")
        | ("buy", "new")
        | ("new", "not")
        | ("not" | "nothing", "used") => put(Field::YearMin, newest.saturating_sub(1), 2),
        _ => 0,
    }
}
