//! Tells small talk, and a finger pointed at a car, from a wish.

/// What a turn is, apart from the needs in it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Talk {
    Greeting,
    Thanks,
    /// "tell me more about the second one"
    Pointing(Place),
    Other,
}

/// Which of the cars that were shown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Place {
    /// Counted from 0.
    At(usize),
    Last,
}

impl Place {
    pub fn of(self, count: usize) -> usize {
        match self {
            Place::At(at) => at,
            Place::Last => count.saturating_sub(1),
        }
    }
}

const ORDINALS: &[(&str, Place)] = &[
    ("first", Place::At(0)),
    ("1st", Place::At(0)),
    ("second", Place::At(1)),
    ("2nd", Place::At(1)),
    ("third", Place::At(2)),
    ("3rd", Place::At(2)),
    ("fourth", Place::At(3)),
    ("4th", Place::At(3)),
    ("fifth", Place::At(4)),
    ("5th", Place::At(4)),
    ("last", Place::Last),
];

pub fn kind(text: &str) -> Talk {
    let words = words(text);
    let has = |any: &[&str]| words.iter().any(|word| any.contains(&word.as_str()));
    let numbered =
        words
            .windows(2)
            .find_map(|pair| match (pair[0].as_str(), pair[1].parse::<usize>()) {
                ("number" | "no" | "option" | "car", Ok(place @ 1..=9)) => {
                    Some(Place::At(place - 1))
                }
                _ => None,
            });
    let ordinal = ORDINALS.iter().find(|(word, _)| {
        let at = words.iter().position(|known| known == word);
        at.is_some_and(|at| {
            let next = words.get(at + 1).map(String::as_str);
            matches!(
                next,
                None | Some("one" | "car" | "option" | "please" | "choice" | "in" | "of")
            )
        })
    });
    match numbered.or(ordinal.map(|(_, place)| *place)) {
        Some(place) if words.len() <= 12 => Talk::Pointing(place),
        _ if has(&["thanks", "thank", "thx", "cheers"]) && words.len() <= 8 => Talk::Thanks,
        _ if has(&[
            "hi",
            "hello",
            "hey",
            "hiya",
            "greetings",
            "morning",
            "afternoon",
            "evening",
            "howdy",
        ]) && words.len() <= 6 =>
        {
            Talk::Greeting
        }
        _ => Talk::Other,
    }
}

/// Snow is no wish for all-wheel drive, but a reason to ask about it.
pub fn speaks_of_winter(text: &str) -> bool {
    words(text).iter().any(|word| {
        [
            "snow", "snowy", "ice", "icy", "ski", "skiing", "winter", "winters", "offroad",
            "unpaved",
        ]
        .contains(&word.as_str())
    })
}

pub fn words(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_alphanumeric());
    words
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}
