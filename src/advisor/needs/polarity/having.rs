//! Tells the car that they have, or somebody else has, from one that they want.

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

/// "I have a", "we drive a", "my old", "used to own", "trade in my"
pub fn is_having(earlier: &str, word: &str, next: &str) -> bool {
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
        "who",
        "wife",
        "husband",
        "partner",
        "mom",
        "dad",
        "mother",
        "father",
        "son",
        "daughter",
        "sister",
        "brother",
        "friend",
        "neighbor",
        "neighbour",
        "boss",
        "parents",
        "kids",
    ];
    match word {
        "have" | "own" | "got" | "had" | "has" => WHO.contains(&earlier) && next != "to",
        // "we drive about 18,000 miles" is no car that they have.
        "drive" | "drives" => {
            WHO.contains(&earlier)
                && !DRIVING.contains(&next)
                && !next.starts_with(|c: char| c.is_ascii_digit())
        }
        "driving" => earlier == "been" && !DRIVING.contains(&next),
        "lease" => matches!(earlier, "my" | "our" | "the" | "i" | "we"),
        "old" => matches!(earlier, "my" | "our" | "the" | "his" | "her"),
        "used" => next == "to",
        "trade" => next == "in",
        _ => LEAVING.contains(&word),
    }
}

/// What follows "drive" when it is about the driving.
const DRIVING: &[&str] = &[
    "to", "about", "around", "over", "mostly", "only", "roughly", "nearly", "some", "up", "long",
    "far", "in", "on", "through", "every", "mainly",
];
