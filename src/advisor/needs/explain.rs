//! Tells a question about a word, or about whether a thing is any good, from a wish for it.

use super::lexicon;
use super::words::{self, Word};

/// What may stand before such a question.
const OPENING: &[&str] = &[
    "hmm", "so", "ok", "okay", "and", "but", "hi", "hello", "hey", "please", "um", "well", "wait",
    "sorry", "first", "can", "could", "you", "me", "tell", "also", "quick", "question",
];

/// Whether a sentence asks what something is: "what is a hybrid?", "how does a CVT work", "explain AWD".
pub fn asks_what(sentence: &[Word]) -> bool {
    let text: Vec<&str> = rest(sentence)
        .iter()
        .map(|word| word.text.as_str())
        .collect();
    match &text[..] {
        ["what's" | "whats", "the", "difference", ..] | ["what", "is", "the", "difference", ..] => {
            true
        }
        ["difference", "between", ..] | ["explain" | "define", _, ..] => true,
        ["what", "does" | "do", .., "mean" | "stand" | "do"]
        | ["what", "does", .., "stand", "for"] => true,
        ["what", "do", "you", "mean", ..] => true,
        ["how", "do" | "does", .., "work"] => true,
        ["what's" | "whats", ..] => is_term(&rest(sentence)[1..]),
        ["what", "is" | "are" | "s", ..] => is_term(&rest(sentence)[2..]),
        _ => false,
    }
}

/// Whether a sentence asks for a verdict: "are hybrids any good?", "is AWD worth it?"
pub fn asks_whether_good(sentence: &[Word]) -> bool {
    const VERDICTS: &[&str] = &[
        "good",
        "better",
        "worth",
        "reliable",
        "safe",
        "safer",
        "bad",
        "worse",
        "expensive",
        "cheaper",
        "faster",
        "dangerous",
        "overrated",
        "hard",
        "easy",
        "dead",
        "faster",
    ];
    let sentence = rest(sentence);
    let first = sentence
        .first()
        .is_some_and(|word| word.is_any(&["is", "are", "do", "does"]));
    let offers = sentence
        .get(1)
        .is_some_and(|word| word.is_any(&["there", "you", "they"]));
    first && !offers && sentence.iter().any(|word| word.is_any(VERDICTS))
}

/// The sentences that ask what something is: their words in lower case.
pub fn explained(text: &str) -> Vec<String> {
    let words = words::split(text);
    let sentences = words.chunk_by(|a, b| a.sentence == b.sentence);
    let asking = sentences.filter(|sentence| asks_what(sentence));
    let texts = asking.map(|sentence| {
        sentence
            .iter()
            .map(|word| word.text.as_str())
            .collect::<Vec<_>>()
            .join(" ")
    });
    texts.collect()
}

/// Leaves out the sentences that ask about something instead of asking for it.
pub fn without_questions(words: Vec<Word>) -> Vec<Word> {
    let mut kept = Vec::with_capacity(words.len());
    for sentence in words.chunk_by(|a, b| a.sentence == b.sentence) {
        if !asks_what(sentence) && !asks_whether_good(sentence) {
            kept.extend_from_slice(sentence);
        }
    }
    kept
}

fn rest(sentence: &[Word]) -> &[Word] {
    let opening = sentence
        .iter()
        .take_while(|word| word.is_any(OPENING))
        .count();
    &sentence[opening..]
}

/// "a hybrid", "the MPGe", "CVTs exactly": a term and nothing else.
fn is_term(words: &[Word]) -> bool {
    let words = match words.first() {
        Some(word) if word.is_any(&["a", "an", "the"]) => &words[1..],
        _ => words,
    };
    let count = match lexicon::phrase(words) {
        Some((count, ..)) => count,
        None if words.first().is_some_and(|word| word.is_any(TERMS)) => 1,
        None => return false,
    };
    let car = words
        .get(count)
        .is_some_and(|word| word.is("car") || word.is("vehicle"));
    let end = count + usize::from(car);
    words[end..]
        .iter()
        .all(|word| word.is_any(&["exactly", "anyway", "then", "please", "even"]))
}

/// Words of cars that are no wish, but may be asked about.
const TERMS: &[&str] = &[
    "mpge",
    "mpg",
    "msrp",
    "ncap",
    "epa",
    "ice",
    "horsepower",
    "torque",
    "drivetrain",
];
