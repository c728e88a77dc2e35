//! Hears what is taken back: "any make is fine", "forget everything", "on second thought".

use super::State;
use crate::advisor::needs::polarity::{self, Polarity};
use crate::advisor::needs::words::Word;
use crate::advisor::needs::{Field, lexicon};

impl State {
    /// Drops what "any make is fine" and its like take back; the places of the words that said so.
    pub(super) fn take_back(&mut self, words: &[Word]) -> Vec<usize> {
        let mut used = Vec::new();
        for at in 0..words.len() {
            let Some((count, fields)) = lexicon::noun(&words[at..]) else {
                continue;
            };
            let polarity = polarity::of(words, at, at + count);
            // Who won't be towing needs no towing; who wants no make in particular says so in other words.
            let towing = fields.contains(&Field::TowingMin) && polarity == Polarity::Unwanted;
            if is_any(words, at) || towing || polarity == Polarity::TakenBack {
                self.drop_fields(fields);
                used.extend(at..at + count);
            } else if words
                .get(at + count)
                .is_some_and(|w| w.is_any(&["is", "isn't", "are", "no"]))
            {
                let near: Vec<&str> = words[at + count..]
                    .iter()
                    .take(4)
                    .map(|w| w.text.as_str())
                    .collect();
                let open = [
                    "flexible",
                    "open",
                    "object",
                    "issue",
                    "problem",
                    "concern",
                    "irrelevant",
                    "unimportant",
                ];
                let denied = near.iter().any(|w| ["no", "not", "isn't"].contains(w));
                let eased = near
                    .iter()
                    .any(|w| ["flexible", "open", "irrelevant", "unimportant"].contains(w));
                if near.iter().any(|word| open.contains(word)) && (denied || eased) {
                    self.drop_fields(fields);
                    used.extend(at..at + count);
                }
            }
        }
        used
    }
}

impl State {
    /// "it can be newer", "older is fine": the limit on that side falls.
    pub(super) fn widen_years(&mut self, words: &[Word]) {
        for (at, word) in words.iter().enumerate() {
            let field = match word.text.as_str() {
                "newer" | "later" => Field::YearMax,
                "older" | "earlier" => Field::YearMin,
                _ => continue,
            };
            let near = |from: usize, to: usize, any: &[&str]| {
                let run = words.get(from..to.min(words.len())).unwrap_or_default();
                run.iter()
                    .any(|other| other.clause == word.clause && other.is_any(any))
            };
            let may = near(at.saturating_sub(2), at, &["can", "could", "may"])
                && near(at.saturating_sub(1), at, &["be"]);
            let fine = near(at + 1, at + 2, &["is", "works"])
                && near(at + 2, at + 4, &["fine", "ok", "okay", "good", "alright"]);
            let ends = words.get(at + 1).is_none_or(|next| !next.is("than"));
            if (may && ends) || fine {
                self.drop_fields(&[field]);
            }
        }
    }
}

/// "any make", "whatever body", "no budget", "don't care about the year"
fn is_any(words: &[Word], at: usize) -> bool {
    let before = |back: usize| at.checked_sub(back).map_or("", |i| words[i].text.as_str());
    matches!(before(1), "any" | "whatever" | "whichever")
        || (matches!(before(1), "no") && matches!(words[at].text.as_str(), "budget"))
        || (before(2) == "any" && matches!(before(1), "old" | "other"))
}

/// "also", "or maybe": what is said comes on top of what stands.
pub fn adds(words: &[Word]) -> bool {
    let first = words
        .first()
        .is_some_and(|word| word.is_any(&["or", "and", "plus", "also"]));
    first
        || words.iter().any(|word| word.is_any(&["also", "too"]))
        || words.windows(2).any(|w| {
            w[0].text == "as" && w[1].text == "well" || w[0].text == "or" && w[1].text == "maybe"
        })
}

pub fn starts_over(words: &[Word]) -> bool {
    words.windows(2).any(|pair| {
        matches!(
            (pair[0].text.as_str(), pair[1].text.as_str()),
            ("start", "over" | "again" | "fresh")
                | ("forget", "everything" | "all" | "it")
                | ("from", "scratch")
        )
    })
}

/// "actually", "on second thought": what is said turns round what was said.
pub fn turns_round(words: &[Word]) -> bool {
    const TURNING: &[&str] = &["actually", "instead", "nevermind", "rather", "scratch"];
    words.iter().any(|word| word.is_any(TURNING))
        || words.windows(2).any(|pair| {
            matches!(
                (pair[0].text.as_str(), pair[1].text.as_str()),
                ("second", "thought" | "thoughts")
                    | ("after", "all")
                    | ("make", "that")
                    | ("no" | "oh", "wait")
            )
        })
}
