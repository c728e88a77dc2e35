//! Tells whether cars are to be set side by side: "compare the Leaf and the Bolt", "Forester vs CR-V", "the first two side by side".

use super::words::Word;

/// Whether a text asks for a comparison. "compared with my old one" doesn't, and nor does "comparable".
pub fn asks(words: &[Word]) -> bool {
    let has = |run: &[&str]| {
        let mut runs = words.windows(run.len());
        runs.any(|words| words.iter().zip(run).all(|(word, part)| word.text == *part))
    };
    words
        .iter()
        .any(|word| word.is_any(&["compare", "comparing", "comparison", "vs", "versus"]))
        || has(&["side", "by", "side"])
        || has(&["stack", "up"])
}

/// What one of two can be more than the other.
const MORE: &[&str] = &[
    "better",
    "cheaper",
    "safer",
    "roomier",
    "bigger",
    "smaller",
    "faster",
    "quicker",
    "stronger",
    "thriftier",
    "greener",
    "newer",
];
/// What follows a "which" that asks, rather than one that describes: "which is", not "a car which seats seven".
const ASKED: &[&str] = &[
    "is", "one", "of", "has", "gets", "costs", "would", "should", "do", "drives", "goes", "tows",
];

/// Whether a text weighs one thing against another: "a Prius or a Model 3, which is cheaper to run?". "A Leaf or a Bolt"
/// alone doesn't, and nor does "cheaper than $30,000", which is a limit.
pub fn weighs(words: &[Word]) -> bool {
    let next = |at: usize, texts: &[&str]| words.get(at + 1).is_some_and(|word| word.is_any(texts));
    let mut numbered = words.iter().enumerate();
    words.iter().any(|word| word.is_any(&["or", "and"]))
        && numbered.any(|(at, word)| {
            word.is_any(MORE) && !next(at, &["than"]) || word.text == "which" && next(at, ASKED)
        })
}
