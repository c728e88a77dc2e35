//! What is named in a turn, and how it is meant: makes, models, bodies, fuels, drives, gearboxes, what matters most.

use serde_json::{Value, json};

use super::charging;
use crate::advisor::needs::polarity::{self, Polarity};
use crate::advisor::needs::words::Word;
use crate::advisor::needs::{Field, lexicon, names, origins};
use crate::cars::Body;
use crate::cars::names::Names;

/// Something that was named in a turn.
pub struct Finding {
    pub field: Field,
    pub value: Value,
    pub from: usize,
    pub to: usize,
    pub polarity: Polarity,
    /// It tells how they live, so that it stands beside a wish that it speaks against and doesn't end it.
    pub beside: bool,
}

impl Finding {
    /// What is said of it and of what is listed with it: "automatic or manual doesn't matter".
    fn said_after(&self, words: &[Word]) -> Option<Polarity> {
        polarity::after(words, self.to, words[self.from].clause)
    }
}

/// What is named in a turn, from left to right, the longest name first.
pub fn findings(words: &[Word], taken_back: &[usize], known: &Names) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    let mut compared: Vec<(usize, usize, Vec<Body>)> = Vec::new();
    let mut at = 0;
    while at < words.len() {
        if taken_back.contains(&at) {
            at += 1;
            continue;
        }
        if let Some(count) = charging::missing(words, at) {
            findings.extend(charging::findings(at, at + count));
            at += count;
            continue;
        }
        let Some((count, field, values)) = named(words, at, known) else {
            at += 1;
            continue;
        };
        let to = at + count;
        if matches!(field, Field::Make | Field::Model) && is_compared(words, at) {
            // "something like a CR-V": it gives its body; a make alone gives nothing.
            if field == Field::Model {
                let bodies = values.iter().flat_map(|name| known.bodies_of(name));
                compared.push((at, to, bodies.collect()));
            }
            at = to;
            continue;
        }
        for value in values {
            if let Some((value, polarity)) = judge(words, &findings, (at, to), field, value) {
                findings.push(Finding {
                    field,
                    value,
                    from: at,
                    to,
                    polarity,
                    beside: false,
                });
            }
        }
        at = to;
    }
    share_what_is_said_after(words, &mut findings);
    if is_like_it(words) {
        // "I drive a Civic and want something similar": the car they have gives its body.
        let had = findings
            .iter()
            .filter(|one| one.field == Field::Model && one.polarity == Polarity::Aside);
        compared.extend(had.map(|one| {
            let name = one.value.as_str().unwrap_or("");
            (one.from, one.to, known.bodies_of(name))
        }));
    }
    let shaped = findings
        .iter()
        .any(|one| one.field == Field::Body && one.polarity == Polarity::Wanted);
    for (from, to, bodies) in compared.into_iter().filter(|_| !shaped) {
        findings.extend(bodies.into_iter().map(|body| Finding {
            field: Field::Body,
            value: json!(body.as_str()),
            from,
            to,
            polarity: Polarity::Wanted,
            beside: false,
        }));
    }
    findings
}

/// What is named from a word on: how many words it takes, its field, and its value, or its values where a name takes in
/// several.
fn named(words: &[Word], at: usize, known: &Names) -> Option<(usize, Field, Vec<String>)> {
    let phrase = lexicon::phrase(&words[at..]);
    let longer = |count: usize| phrase.is_none_or(|(known, ..)| count > known);
    if let Some((count, makes)) = origins::find(words, at).filter(|(count, _)| longer(*count)) {
        let makes = makes.iter().filter(|make| known.has_make(make));
        let makes = makes.map(|make| (*make).to_owned()).collect();
        return Some((count, Field::Make, makes));
    }
    if let Some(named) = names::find(known, words, at).filter(|named| longer(named.words)) {
        let field = if named.is_model {
            Field::Model
        } else {
            Field::Make
        };
        return Some((named.words, field, vec![named.name]));
    }
    phrase.map(|(count, field, value)| (count, field, vec![value.to_owned()]))
}

/// What is meant by a value; `None` when nothing is.
fn judge(
    words: &[Word],
    findings: &[Finding],
    (at, to): (usize, usize),
    field: Field,
    value: String,
) -> Option<(Value, Polarity)> {
    match polarity::of(words, at, to) {
        // Whoever wants no guzzler wants economy.
        Polarity::Unwanted | Polarity::Aside if value == "guzzler" => {
            Some((json!("economy"), Polarity::Wanted))
        }
        _ if value.is_empty() || value == "guzzler" => None,
        Polarity::Aside
            if !matches!(
                field,
                Field::Body | Field::Fuel | Field::Make | Field::Model
            ) =>
        {
            None
        }
        // "I don't want a Pilot from before 2020": the years are refused, not the Pilot.
        Polarity::Unwanted
            if matches!(
                field,
                Field::Body | Field::Fuel | Field::Make | Field::Model
            ) && is_dated(words, to) =>
        {
            Some((json!(value), Polarity::Wanted))
        }
        Polarity::Wanted if continues(words, findings, field, at, to) => {
            Some((json!(value), Polarity::Unwanted))
        }
        polarity => Some((json!(value), polarity)),
    }
}

/// "something like a CR-V", "similar to the Sienna", "an alternative to the F-150", "the size of a Civic".
fn is_compared(words: &[Word], at: usize) -> bool {
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
fn is_like_it(words: &[Word]) -> bool {
    words.windows(2).any(|pair| {
        let (word, next) = (&pair[0], &pair[1]);
        word.is_any(&["something", "car", "anything", "thing", "vehicle"])
            && next.is_any(&["similar", "comparable", "equivalent"])
            || word.is_any(&["same", "like"])
                && next.is_any(&["thing", "but", "that", "it", "size", "kind"])
    })
}

/// Whether a limit on its years follows a name at once: "from before 2020", "older than 2018".
fn is_dated(words: &[Word], to: usize) -> bool {
    const FILLING: &[&str] = &[
        "that", "that's", "thats", "is", "from", "made", "built", "which", "any", "than",
    ];
    const LIMITS: &[&str] = &[
        "before", "after", "older", "newer", "pre", "post", "earlier", "later", "prior",
    ];
    let clause = words[to - 1].clause;
    let near: Vec<&Word> = words[to..]
        .iter()
        .take(6)
        .take_while(|word| word.clause == clause)
        .collect();
    let mut rest = near.iter().skip_while(|word| word.is_any(FILLING));
    rest.next().is_some_and(|word| word.is_any(LIMITS))
        && near
            .iter()
            .any(|word| matches!(word.text.parse(), Ok(1950..=2035)))
}

/// "automatic or manual doesn't matter", "diesel and gas are out": what is said after a list is said of all of it.
fn share_what_is_said_after(words: &[Word], findings: &mut [Finding]) {
    for at in (1..findings.len()).rev() {
        let (earlier, later) = findings.split_at_mut(at);
        let (Some(one), Some(next)) = (earlier.last_mut(), later.first_mut()) else {
            continue;
        };
        let Some(between) = words.get(one.to..next.from) else {
            continue; // Two values of one name.
        };
        let listed = between
            .iter()
            .any(|word| word.is_any(&["or", "and", "nor"]))
            && between.iter().all(|word| word.is_any(JOINING))
            && words[one.from].clause == words[next.from].clause;
        let either = between.iter().any(|word| word.is("or")) && is_left_open(words, next.to);
        let shared = next.said_after(words).is_some() || (listed && either);
        let polarity = if either {
            Polarity::TakenBack
        } else {
            next.polarity
        };
        if listed && shared && one.polarity == Polarity::Wanted {
            one.polarity = polarity;
            if either {
                next.polarity = Polarity::TakenBack;
            }
        }
    }
}

/// "diesel or gas, don't care": a clause of its own leaves the list open.
fn is_left_open(words: &[Word], end: usize) -> bool {
    let Some(first) = words
        .get(end)
        .filter(|word| word.clause != words[end - 1].clause)
    else {
        return false;
    };
    let clause: Vec<&str> = words[end..]
        .iter()
        .take_while(|word| word.clause == first.clause && word.sentence == words[end - 1].sentence)
        .map(|word| word.text.as_str())
        .collect();
    let bare = match &clause[..] {
        ["i" | "we" | "really", rest @ ..] => rest,
        all => all,
    };
    matches!(
        bare,
        ["don't" | "dont", "care" | "mind", ..]
            | ["doesn't" | "doesnt", "matter", ..]
            | ["no", "preference", ..]
            | ["either" | "both" | "whichever" | "whatever"]
            | [
                "either" | "both",
                "way" | "one" | "is" | "are" | "works" | "work" | "will",
                ..
            ]
            | ["not", "picky" | "fussy", ..]
    ) && bare.len() <= 5
}

/// What may stand between the things of a list.
const JOINING: &[&str] = &["or", "nor", "and", "a", "an", "any", "either"];

/// "not a Tesla, a Ford or a BMW": what follows in the same list is unwanted too.
fn continues(words: &[Word], findings: &[Finding], field: Field, at: usize, to: usize) -> bool {
    let Some(last) = findings.last() else {
        return false;
    };
    if last.to > at {
        return false; // Another value of the same name, which is judged as the first was.
    }
    let joined = words[last.to..at].iter().all(|word| word.is_any(JOINING));
    let sentence = words[at].sentence;
    let same_clause = words[last.from].clause == words[at].clause;
    let rest = words[to..]
        .iter()
        .take_while(|word| word.clause == words[at].clause)
        .count();
    // "instead of a Toyota, a Honda": the comma ends what isn't wanted.
    let instead = !same_clause
        && words[..last.from].iter().rev().take(16).any(|word| {
            word.clause == words[last.from].clause && word.is_any(&["instead", "rather", "than"])
        });
    // "not a Jeep, a pickup": after a comma only the same kind of thing goes on with the list.
    let same_kind = last.field == field
        || matches!(
            (last.field, field),
            (Field::Make | Field::Model, Field::Make | Field::Model)
        );
    last.polarity == Polarity::Unwanted
        && joined
        && !instead
        && words[last.from].sentence == sentence
        && (same_clause || (same_kind && (rest == 0 || words[to].is_any(JOINING))))
}
