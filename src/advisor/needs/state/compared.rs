//! Tells a model that a wish is only compared with: "something like a CR-V".

use crate::advisor::needs::words::Word;

/// "something like a CR-V", "similar to the Sienna", "an alternative to the F-150", "the size of a Civic".
pub fn is_compared(words: &[Word], at: usize, to: usize) -> bool {
    // "a Wrangler alternative"
    let another = words.get(to).is_some_and(|word| {
        word.clause == words[at].clause
            && word.is_any(&[
                "alternative",
                "alternatives",
                "rival",
                "rivals",
                "competitor",
                "competitors",
                "equivalent",
                "substitute",
            ])
    });
    another || is_compared_before(words, at)
}

fn is_compared_before(words: &[Word], at: usize) -> bool {
    const LIKE: &[&str] = &[
        "something",
        "anything",
        "car",
        "cars",
        "suv",
        "suvs",
        "sedan",
        "truck",
        "vehicle",
        "vehicles",
        "one",
        "ones",
        "ev",
        "wagon",
        "minivan",
        "van",
        "hybrid",
        "hatchback",
        "looks",
        "much",
        "more",
        "just",
        "exactly",
        "kind",
        "sort",
        "lot",
        "bit",
        "be",
        "stuff",
        "models",
        "crossover",
        "pickup",
    ];
    const TO: &[&str] = &[
        "similar",
        "alternative",
        "alternatives",
        "comparable",
        "equivalent",
        "rival",
        "rivals",
        "close",
        "closest",
        "competitor",
        "competitors",
        "next",
    ];
    let clause = words[at].clause;
    let mut before = (0..at).rev().filter(|i| words[*i].clause == clause);
    let mut next = before.next();
    while next.is_some_and(|i| words[i].is_any(&["a", "an", "the", "my", "our", "your", "old"])) {
        next = before.next();
    }
    let Some(word) = next else {
        return false;
    };
    let earlier = before.next();
    let is = |any: &[&str]| earlier.is_some_and(|i| words[i].is_any(any));
    match words[word].text.as_str() {
        "like" => earlier.is_none() || is(LIKE),
        "to" => is(TO),
        "of" => is(&["size", "equivalent", "version", "style", "shape"]),
        "sized" => true,
        _ => false,
    }
}

/// "something similar", "the same but electric"
pub fn is_like_it(words: &[Word]) -> bool {
    words.windows(2).any(|pair| {
        let (word, next) = (&pair[0], &pair[1]);
        word.is_any(&["something", "car", "anything", "thing", "vehicle"])
            && next.is_any(&["similar", "comparable", "equivalent"])
            || word.is_any(&["same", "like"])
                && next.is_any(&["thing", "but", "that", "it", "size", "kind"])
    })
}
