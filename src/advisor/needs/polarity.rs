//! Tells whether a thing that was named is wanted, unwanted, taken back, or only spoken of.

use super::words::Word;

mod after;
mod having;
mod soft;

pub use after::after;
use having::is_having;
pub use soft::is_preferred;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Polarity {
    Wanted,
    Unwanted,
    /// An earlier wish for it is withdrawn.
    TakenBack,
    /// It is the car they have now, or not a wish at all.
    Aside,
    /// They have nothing against it, which is no wish for it.
    Allowed,
    /// "Toyota is fine": ends an earlier refusal, or else is a wish.
    Fine,
    /// It would be welcome, but is no limit.
    Preferred,
}

const WANTING: &[&str] = &[
    "want",
    "wants",
    "wanted",
    "need",
    "needs",
    "prefer",
    "like",
    "love",
    "looking",
    "find",
    "show",
    "consider",
    "considering",
    "interested",
    "buy",
    "buying",
    "get",
    "getting",
    "thinking",
];
const REFUSING: &[&str] = &[
    "no",
    "not",
    "without",
    "except",
    "avoid",
    "avoiding",
    "hate",
    "hates",
    "dislike",
    "neither",
    "nor",
    "exclude",
    "excluding",
    "anti",
    "besides",
    "never",
    "refuse",
    "refuses",
    "refusing",
];
/// What may lead to a wish or away from it: "refuse to buy", "don't want to get", "not going to buy".
const LEADING: &[&str] = &[
    "refuse", "refuses", "refusing", "going", "willing", "planning", "plan", "hate", "ready",
    "able", "happy", "intend", "hoping", "hope", "trying", "try", "time",
];
const DROPPING: &[&str] = &[
    "forget",
    "drop",
    "skip",
    "scrap",
    "scratch",
    "ignore",
    "cancel",
    "remove",
    "nevermind",
    "regardless",
];
/// How many words back the word that decides may stand.
const REACH: usize = 16;

/// Judges the words from `at` to `end` by what stands around them in their clause.
pub fn of(words: &[Word], at: usize, end: usize) -> Polarity {
    let clause = words[at].clause;
    let from = (at.saturating_sub(REACH)..at)
        .rev()
        .take_while(|i| words[*i].clause == clause)
        .last()
        .unwrap_or(at);
    after(words, end, clause).unwrap_or_else(|| {
        let said = &words[from..at];
        if is_denied_twice(said) {
            Polarity::Wanted
        } else {
            before(said)
        }
    })
}

/// "I don't want a car that's not": whoever refuses what it isn't wants it.
fn is_denied_twice(words: &[Word]) -> bool {
    let related = |word: &Word| word.is_any(&["that", "that's", "thats", "which", "who"]);
    let Some(at) = words.iter().rposition(related) else {
        return false;
    };
    let denied = words[at + 1..]
        .iter()
        .take(2)
        .any(|word| is_denial(&word.text));
    denied && before(&words[..at]) == Polarity::Unwanted
}

fn before(words: &[Word]) -> Polarity {
    let text = |at: usize| words.get(at).map_or("", |word| word.text.as_str());
    let mut having = true;
    for at in (0..words.len()).rev() {
        let (earlier, word, next) = (
            if at > 0 { text(at - 1) } else { "" },
            text(at),
            text(at + 1),
        );
        let denied = is_denial(earlier) || (at > 1 && is_denial(text(at - 2)) && is_soft(earlier));
        match word {
            "than" | "but" | "except" | "besides" if spares_all(&words[..at]) => {
                return Polarity::Wanted;
            }
            "nothing" | "none" if matches!(next, "" | "from" | "by" | "of" | "with" | "like") => {
                return Polarity::Unwanted;
            }
            "saw" | "seen" | "noticed" => return Polarity::Aside,
            "than" if earlier == "other" || words[..at].iter().any(|w| w.text == "rather") => {
                return Polarity::Unwanted;
            }
            // "smaller than a CR-V", "cheaper than a BMW"
            "than" if is_comparative(earlier) => return Polarity::Aside,
            "of" if earlier == "instead" => return Polarity::Unwanted,
            "but" if at > 0 => return Polarity::Unwanted,
            "from" if matches!(earlier, "apart" | "aside") => return Polarity::Unwanted,
            "from" | "off" if matches!(earlier, "coming" | "away") => return Polarity::Aside,
            "sick" | "tired" if next == "of" => return Polarity::Unwanted,
            "mind" if earlier == "never" => return Polarity::TakenBack,
            "mind" if denied => return Polarity::Allowed,
            "against" | "opposed" | "averse" | "problem" | "issue" | "objection" | "objections"
                if denied || matches!(earlier, "no" | "nothing") =>
            {
                return Polarity::Allowed;
            }
            "against" | "opposed" => return Polarity::Unwanted,
            "care" | "matter" if denied => return Polarity::TakenBack,
            "sure" | "certain" if denied => return Polarity::Aside,
            "only" | "just" if earlier == "not" => return Polarity::Wanted,
            "longer" | "more" if earlier == "no" => return Polarity::TakenBack,
            "need" | "needs" if denied || earlier == "no" => return Polarity::TakenBack,
            "have" if denied && next == "to" => return Polarity::TakenBack,
            "longer" | "necessarily" if denied => return Polarity::TakenBack,
            _ if WANTING.contains(&word) && earlier == "longer" => return Polarity::TakenBack,
            _ if WANTING.contains(&word)
                && earlier == "to"
                && at > 1
                && (WANTING.contains(&text(at - 2)) || LEADING.contains(&text(at - 2))) =>
            {
                having = false;
            }
            "going" | "willing" | "planning" if denied => return Polarity::Unwanted,
            _ if WANTING.contains(&word) => {
                return if denied {
                    Polarity::Unwanted
                } else {
                    Polarity::Wanted
                };
            }
            "decide" | "choose" | "wait" | "hurt" if denied => return Polarity::Wanted,
            "why" | "yes" => return Polarity::Wanted,
            // "not too big an SUV" says how the SUV should be.
            "not" if matches!(next, "too" | "so" | "very") && at + 3 <= words.len() => {
                return Polarity::Wanted;
            }
            "not" if earlier == "why" => return Polarity::Wanted,
            "never" if next == "mind" => return Polarity::TakenBack,
            _ if DROPPING.contains(&word) => return Polarity::TakenBack,
            _ if REFUSING.contains(&word) || is_denial(word) => return Polarity::Unwanted,
            "for" | "to" | "into" | "with" => having = false,
            "my" | "our" if next.is_empty() || next.starts_with(|c: char| c.is_ascii_digit()) => {
                return Polarity::Aside;
            }
            _ if having && is_having(earlier, word, next) => return Polarity::Aside,
            _ => {}
        }
    }
    Polarity::Wanted
}

/// Whether "but" or "than" after these words leaves only what follows: "nothing but", "I don't want anything other than".
fn spares_all(words: &[Word]) -> bool {
    let words = match words.last() {
        Some(last) if last.is_any(&["other", "else", "less"]) => &words[..words.len() - 1],
        _ => words,
    };
    let Some((last, earlier)) = words.split_last() else {
        return false;
    };
    let all = last.is_any(&[
        "anything", "any", "anyone", "car", "cars", "vehicle", "brand", "make",
    ]);
    let denied = earlier
        .iter()
        .any(|word| is_denial(&word.text) || REFUSING.contains(&word.text.as_str()));
    last.is_any(&["nothing", "none", "no"]) || (all && denied)
}

/// "smaller", "better"; but "rather" and "other" are no measure.
fn is_comparative(word: &str) -> bool {
    (word.ends_with("er") && !matches!(word, "rather" | "other" | "another")) || word == "less"
}

fn is_denial(word: &str) -> bool {
    matches!(
        word,
        "not"
            | "don't"
            | "dont"
            | "doesn't"
            | "doesnt"
            | "won't"
            | "wouldn't"
            | "isn't"
            | "never"
            | "didn't"
            | "cannot"
            | "can't"
            | "aren't"
            | "couldn't"
            | "shouldn't"
            | "wasn't"
            | "ain't"
            | "cant"
            | "wont"
    )
}

/// Words that may stand between "not" and the verb.
fn is_soft(word: &str) -> bool {
    matches!(
        word,
        "really"
            | "even"
            | "particularly"
            | "actually"
            | "ever"
            | "necessarily"
            | "too"
            | "that"
            | "be"
    )
}
