//! What is said of a list is said of each thing in it.

use super::findings::Finding;
use crate::advisor::needs::Field;
use crate::advisor::needs::polarity::Polarity;
use crate::advisor::needs::words::Word;

/// "automatic or manual doesn't matter", "diesel and gas are out": what is said after a list is said of all of it.
pub fn share_what_is_said_after(words: &[Word], findings: &mut [Finding]) {
    for at in (1..findings.len()).rev() {
        let (earlier, later) = findings.split_at_mut(at);
        let (Some(one), Some(next)) = (earlier.last_mut(), later.first_mut()) else {
            continue;
        };
        let Some(between) = words.get(one.to..next.from) else {
            continue; // Two values of one name.
        };
        let listed = between
            .iter()
            .any(|word| word.is_any(&["or", "and", "nor"]))
            && between.iter().all(|word| word.is_any(JOINING))
            && words[one.from].clause == words[next.from].clause;
        let either = between.iter().any(|word| word.is("or")) && is_left_open(words, next.to);
        let shared = next.said_after(words).is_some() || (listed && either);
        let polarity = if either {
            Polarity::TakenBack
        } else {
            next.polarity
        };
        if listed && shared && one.polarity == Polarity::Wanted {
            one.polarity = polarity;
            if either {
                next.polarity = Polarity::TakenBack;
            }
        }
    }
}

/// "diesel or gas, don't care": a clause of its own leaves the list open.
fn is_left_open(words: &[Word], end: usize) -> bool {
    let Some(first) = words
        .get(end)
        .filter(|word| word.clause != words[end - 1].clause)
    else {
        return false;
    };
    let clause: Vec<&str> = words[end..]
        .iter()
        .take_while(|word| word.clause == first.clause && word.sentence == words[end - 1].sentence)
        .map(|word| word.text.as_str())
        .collect();
    let bare = match &clause[..] {
        ["i" | "we" | "really", rest @ ..] => rest,
        all => all,
    };
    matches!(
        bare,
        ["don't" | "dont", "care" | "mind", ..]
            | ["doesn't" | "doesnt", "matter", ..]
            | ["no", "preference", ..]
            | ["either" | "both" | "whichever" | "whatever"]
            | [
                "either" | "both",
                "way" | "one" | "is" | "are" | "works" | "work" | "will",
                ..
            ]
            | ["not", "picky" | "fussy", ..]
    ) && bare.len() <= 5
}

/// What may stand between the things of a list.
const JOINING: &[&str] = &["or", "nor", "and", "a", "an", "any", "either"];

/// "not a Tesla, a Ford or a BMW": what follows in the same list is unwanted too.
pub fn continues(words: &[Word], findings: &[Finding], field: Field, at: usize, to: usize) -> bool {
    let Some(last) = findings.last() else {
        return false;
    };
    if last.to > at {
        return false; // Another value of the same name, which is judged as the first was.
    }
    let joined = words[last.to..at].iter().all(|word| word.is_any(JOINING));
    let sentence = words[at].sentence;
    let same_clause = words[last.from].clause == words[at].clause;
    let rest = words[to..]
        .iter()
        .take_while(|word| word.clause == words[at].clause)
        .count();
    // "instead of a Toyota, a Honda": the comma ends what isn't wanted.
    let instead = !same_clause
        && words[..last.from].iter().rev().take(16).any(|word| {
            word.clause == words[last.from].clause && word.is_any(&["instead", "rather", "than"])
        });
    // "not a Jeep, a pickup": after a comma only the same kind of thing goes on with the list.
    let same_kind = last.field == field
        || matches!(
            (last.field, field),
            (Field::Make | Field::Model, Field::Make | Field::Model)
        );
    last.polarity == Polarity::Unwanted
        && joined
        && !instead
        && words[last.from].sentence == sentence
        && (same_clause || (same_kind && (rest == 0 || words[to].is_any(JOINING))))
}
