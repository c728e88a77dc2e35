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
