//! Tells what would merely be welcome from what is a limit: "ideally a Mazda", "AWD would be nice".

use crate::advisor::needs::Field;
use crate::advisor::needs::words::Word;

/// What says after a thing, or in the clause after it, that it isn't a must.
const EASING: &[&str] = &[
    "would be nice",
    "would be great",
    "would be good",
    "would be a plus",
    "would be a bonus",
    "is a plus",
    "is a bonus",
    "is nice to have",
    "nice to have",
    "if possible",
    "but open to",
    "but i'm open to",
    "but not a must",
    "but not required",
];

/// Whether the thing between the two places is a mere preference. What shape a car has and what it runs on says what to
/// look for at all, so that "preferably" takes nothing from them.
pub fn is_preferred(words: &[Word], (at, to): (usize, usize), field: Field) -> bool {
    let eased = is_eased(words, to) || is_led_by(words, at, "nice to have");
    let shape = matches!(field, Field::Body | Field::Fuel | Field::Priority);
    let led = is_led_by(words, at, "preferably") || is_led_by(words, at, "ideally");
    let bare = words.get(to).is_some_and(|word| {
        word.clause == words[at].clause && word.is_any(&["preferably", "preferred", "ideally"])
    });
    field != Field::Priority && (eased || (!shape && (led || bare)))
}

/// Whether an easing phrase stands at once after it.
fn is_eased(words: &[Word], to: usize) -> bool {
    // "Must have: a hybrid. Nice to have: under 60k": what a new sentence says is about what follows.
    let goes_on = words
        .get(to)
        .is_some_and(|word| word.sentence == words[to - 1].sentence);
    goes_on && EASING.iter().any(|phrase| stands_at(words, to, phrase))
}

/// Whether a phrase stands before it, with no more than an article or the like between.
fn is_led_by(words: &[Word], at: usize, phrase: &str) -> bool {
    const BETWEEN: &[&str] = &["a", "an", "the", "with", "in", "some", "have", "it", "has"];
    let count = phrase.split(' ').count();
    let passed = words[..at]
        .iter()
        .rev()
        .take_while(|word| word.is_any(BETWEEN))
        .count();
    (0..=passed).any(|back| {
        (at - back)
            .checked_sub(count)
            .is_some_and(|start| stands_at(words, start, phrase))
    })
}

fn stands_at(words: &[Word], at: usize, phrase: &str) -> bool {
    let parts: Vec<&str> = phrase.split(' ').collect();
    words.get(at..at + parts.len()).is_some_and(|run| {
        let same = run
            .iter()
            .zip(&parts)
            .all(|(word, part)| word.text == *part);
        same && run.iter().all(|word| word.sentence == run[0].sentence)
    })
}
