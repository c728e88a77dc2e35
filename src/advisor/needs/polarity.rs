//! Tells whether a thing that was named is wanted, unwanted, taken back, or only spoken of.

use super::words::Word;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Polarity {
    Wanted,
    Unwanted,
    /// An earlier wish for it is withdrawn.
    TakenBack,
    /// It is the car they have now, or not a wish at all.
    Aside,
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
];
const DROPPING: &[&str] = &[
    "forget",
    "drop",
    "skip",
    "scrap",
    "ignore",
    "cancel",
    "remove",
    "nevermind",
    "regardless",
];
/// What they say of the car they have now.
const LEAVING: &[&str] = &[
    "current",
    "currently",
    "trading",
    "replace",
    "replacing",
    "replaces",
    "sold",
    "selling",
    "totaled",
    "owned",
    "drove",
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
    after(&words[end..], clause).unwrap_or_else(|| before(&words[from..at]))
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
            "than" if earlier == "other" || words[..at].iter().any(|w| w.text == "rather") => {
                return Polarity::Unwanted;
            }
            "of" if earlier == "instead" => return Polarity::Unwanted,
            "but" if earlier == "nothing" => return Polarity::Wanted,
            "but" if at > 0 => return Polarity::Unwanted,
            "from" if matches!(earlier, "apart" | "aside") => return Polarity::Unwanted,
            "from" | "off" if matches!(earlier, "coming" | "away") => return Polarity::Aside,
            "sick" | "tired" if next == "of" => return Polarity::Unwanted,
            "mind" if earlier == "never" => return Polarity::TakenBack,
            "mind" if denied => return Polarity::Aside,
            "care" if denied => return Polarity::TakenBack,
            "sure" | "certain" if denied => return Polarity::Aside,
            "only" | "just" if earlier == "not" => return Polarity::Wanted,
            "longer" | "more" if earlier == "no" => return Polarity::TakenBack,
            "need" | "needs" if denied || earlier == "no" => return Polarity::TakenBack,
            "have" if denied && next == "to" => return Polarity::TakenBack,
            "longer" | "necessarily" if denied => return Polarity::TakenBack,
            _ if WANTING.contains(&word) && earlier == "longer" => return Polarity::TakenBack,
            _ if WANTING.contains(&word) => {
                return if denied {
                    Polarity::Unwanted
                } else {
                    Polarity::Wanted
                };
            }
            "why" | "yes" => return Polarity::Wanted,
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

fn after(words: &[Word], clause: usize) -> Option<Polarity> {
    let near: Vec<&str> = words
        .iter()
        .take(5)
        .take_while(|word| word.clause == clause)
        .map(|word| word.text.as_str())
        .collect();
    match near[..] {
        ["doesn't" | "don't" | "doesnt" | "dont", "matter", ..] => Some(Polarity::TakenBack),
        ["does" | "do", "not", "matter", ..] | ["no", "longer", ..] => Some(Polarity::TakenBack),
        ["isn't" | "aren't" | "not", what, ..] if unneeded(what) => Some(Polarity::TakenBack),
        ["is" | "are", "not", what, ..] if unneeded(what) => Some(Polarity::TakenBack),
        ["is" | "are", "too", ..] => Some(Polarity::Aside),
        ["is" | "are", "out"] | ["are" | "is", "a", "no"] => Some(Polarity::Unwanted),
        _ => None,
    }
}

/// "I have a", "we drive a", "my old", "used to own", "trade in my"
fn is_having(earlier: &str, word: &str, next: &str) -> bool {
    const WHO: &[&str] = &[
        "i",
        "we",
        "she",
        "he",
        "they",
        "i've",
        "we've",
        "already",
        "now",
        "currently",
        "to",
        "still",
    ];
    match word {
        "have" | "drive" | "own" | "got" | "had" | "has" | "drives" => {
            WHO.contains(&earlier) && next != "to"
        }
        "old" => matches!(earlier, "my" | "our" | "the" | "his" | "her"),
        "used" => next == "to",
        "trade" => next == "in",
        _ => LEAVING.contains(&word),
    }
}

fn unneeded(word: &str) -> bool {
    matches!(
        word,
        "important" | "necessary" | "needed" | "required" | "essential" | "critical" | "a"
    )
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
    )
}

/// Words that may stand between "not" and the verb.
fn is_soft(word: &str) -> bool {
    matches!(
        word,
        "really" | "even" | "particularly" | "actually" | "ever" | "necessarily" | "too" | "that"
    )
}
