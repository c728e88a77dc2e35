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

/// Every place that a text points at: "the first and the third", "number 2 and number 4", "the first two".
pub fn places(text: &str) -> Vec<Place> {
    const COUNTS: &[&str] = &["two", "three", "four"];
    let words = words(text);
    let mut places = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let next = words.get(at + 1).map_or("", String::as_str);
        let count = COUNTS.iter().position(|count| *count == next);
        let count = count.map(|at| at + 2).or(next.parse().ok());
        let ordinal = ORDINALS.iter().find(|(known, _)| known == word);
        match (word.as_str(), count, ordinal, word.parse()) {
            ("first" | "top", Some(count @ 2..=4), ..) => {
                return (0..count).map(Place::At).collect();
            }
            (_, _, Some((_, place)), _) => places.push(*place),
            (.., Ok(number @ 1..=9usize)) => places.push(Place::At(number - 1)),
            _ => {}
        }
    }
    places
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

/// Whether it goes on from a question of ours, though no need can be read in it.
pub fn goes_on(text: &str) -> bool {
    answers(text) || speaks_of_winter(text)
}

/// Whether it asks for cars by the needs as they stand: "show me cars", "search again", "what do you have?"
pub fn asks_for_cars(text: &str) -> bool {
    let words = words(text);
    let has = |any: &[&str]| words.iter().any(|word| any.contains(&word.as_str()));
    words.len() <= 10
        && (has(&["show", "search", "find", "list", "suggest", "recommend"])
            && has(&[
                "car", "cars", "again", "options", "matches", "results", "needs", "me",
            ])
            || words.join(" ").contains("what do you have"))
}

/// Whether it can be a short answer to a question of ours: "no preference", "either is fine", "I don't know".
fn answers(text: &str) -> bool {
    const ANSWERS: &[&str] = &[
        "yes",
        "yeah",
        "yep",
        "yup",
        "no",
        "nope",
        "nah",
        "sure",
        "any",
        "either",
        "both",
        "none",
        "whatever",
        "whichever",
        "preference",
        "care",
        "matter",
        "matters",
        "mind",
        "know",
        "dunno",
        "unsure",
        "idk",
        "maybe",
        "ok",
        "okay",
        "fine",
        "skip",
        "pass",
        "neither",
        "nothing",
        "anything",
        "doesn",
        "all",
        "definitely",
        "absolutely",
        "please",
        "course",
        "decide",
        "depends",
        "open",
        "flexible",
        "really",
        "1",
        "2",
        "3",
    ];
    let words = words(text);
    let short = (1..=8).contains(&words.len()) && !asks(text);
    short && words.iter().any(|word| ANSWERS.contains(&word.as_str()))
}

/// Whether it is a question to us.
pub fn asks(text: &str) -> bool {
    const ASKING: &[&str] = &[
        "which", "what", "what's", "how", "why", "who", "when", "where", "is", "are", "does", "do",
        "can", "could", "will", "would", "should",
    ];
    let first = text.split_whitespace().next().unwrap_or("").to_lowercase();
    text.trim_end().ends_with('?') || ASKING.contains(&first.as_str())
}

pub fn words(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_alphanumeric());
    words
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_is_heard() {
        let at = |places: &[usize]| places.iter().map(|at| Place::At(*at)).collect::<Vec<_>>();
        assert_eq!(places("compare the first two"), at(&[0, 1]));
        assert_eq!(places("Compare the top 3, please"), at(&[0, 1, 2]));
        assert_eq!(places("first vs third"), at(&[0, 2]));
        assert_eq!(places("compare 2 and 4"), at(&[1, 3]));
        assert_eq!(
            places("compare the last with the 2nd"),
            [Place::Last, Place::At(1)]
        );
        assert_eq!(places("compare them"), []);
    }

    #[test]
    fn an_answer_is_told_from_a_question() {
        for said in [
            "yes",
            "No preference",
            "either is fine with me",
            "I don't know",
        ] {
            assert!(answers(said) && !asks(said), "{said}");
        }
        for said in [
            "which is safest?",
            "how much does it cost",
            "why?",
            "is any of them safe?",
        ] {
            assert!(asks(said) && !answers(said), "{said}");
        }
        assert!(!answers("blah blah") && !answers(""));
    }
}
