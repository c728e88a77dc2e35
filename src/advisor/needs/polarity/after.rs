//! Judges a thing that was named by what is said of it after it.

use super::Polarity;
use crate::advisor::needs::words::Word;

/// What is said of it after it: "diesel is out of the question", "the AWD isn't necessary". `end` is where its own words
/// end.
pub fn after(words: &[Word], end: usize, clause: usize) -> Option<Polarity> {
    let near: Vec<&str> = words[end..]
        .iter()
        .take(6)
        .take_while(|word| word.clause == clause)
        .map(|word| word.text.as_str())
        .collect();
    let (be, rest) = near.split_first()?;
    match (*be, rest) {
        ("doesn't" | "don't" | "doesnt" | "dont", ["matter", ..]) => Some(Polarity::TakenBack),
        ("does" | "do", ["not", "matter", ..]) | ("no", ["longer", ..]) => {
            Some(Polarity::TakenBack)
        }
        ("won't" | "wouldn't" | "doesn't" | "don't", ["do" | "work" | "cut", ..]) => {
            Some(Polarity::Unwanted)
        }
        ("isn't" | "aren't" | "not", state) => denied_state(state),
        ("is" | "are", ["not", state @ ..]) => denied_state(state),
        ("is" | "are" | "looks" | "look", ["too", ..]) => Some(Polarity::Aside),
        ("is" | "are" | "looks" | "look", [.., what]) if is_verdict(what) => Some(Polarity::Aside),
        ("is" | "are" | "would", state) => plain_state(state),
        _ => None,
    }
}

/// "isn't an option", "is not needed"
fn denied_state(state: &[&str]) -> Option<Polarity> {
    match state {
        ["an", "option", ..]
        | ["for", "me" | "us", ..]
        | ["option" | "acceptable" | "ok" | "okay", ..] => Some(Polarity::Unwanted),
        [_, "deal", "breaker", ..] | [_, "dealbreaker" | "problem" | "issue", ..] => {
            Some(Polarity::Allowed)
        }
        [what, ..] if unneeded(what) => Some(Polarity::TakenBack),
        _ => None,
    }
}

/// "is out", "is a no-go", "is fine"
fn plain_state(state: &[&str]) -> Option<Polarity> {
    let bare = match state {
        [
            "a" | "an" | "also" | "totally" | "completely" | "absolutely" | "just" | "be",
            rest @ ..,
        ] => rest,
        _ => state,
    };
    match bare {
        ["a", rest @ ..] if !rest.is_empty() => plain_state(rest),
        ["out"] | ["out", "of", "the", "question", ..] | ["out", "for", ..] => {
            Some(Polarity::Unwanted)
        }
        ["off", "the", ..] | ["off", "limits", ..] => Some(Polarity::Unwanted),
        ["no"] | ["no", "go", ..] | ["no", "no", ..] | ["nogo", ..] => Some(Polarity::Unwanted),
        ["deal", "breaker", ..] | ["dealbreaker", ..] | ["unacceptable", ..] => {
            Some(Polarity::Unwanted)
        }
        ["fine" | "ok" | "okay" | "alright" | "acceptable", ..] | ["all", "right", ..] => {
            Some(Polarity::Fine)
        }
        _ => None,
    }
}

/// What nobody says of a car that they want.
fn is_verdict(word: &str) -> bool {
    matches!(
        word,
        "ugly"
            | "hideous"
            | "boring"
            | "awful"
            | "terrible"
            | "horrible"
            | "junk"
            | "garbage"
            | "trash"
            | "overpriced"
            | "unreliable"
    )
}

fn unneeded(word: &str) -> bool {
    matches!(
        word,
        "important" | "necessary" | "needed" | "required" | "essential" | "critical" | "a"
    )
}
