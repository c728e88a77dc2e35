//! What is named in a turn, and how it is meant: makes, models, bodies, fuels, drives, gearboxes, what matters most.

use serde_json::{Value, json};

use super::charging;
use super::compared::{is_compared, is_like_it};
use super::listed::{continues, share_what_is_said_after};
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
    pub fn said_after(&self, words: &[Word]) -> Option<Polarity> {
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
        if matches!(field, Field::Make | Field::Model) && is_compared(words, at, to) {
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
    phrase.map(|(count, field, value)| {
        // Two driven wheels are those in front or those behind.
        let values = if value == "2wd" {
            vec!["fwd".to_owned(), "rwd".to_owned()]
        } else {
            vec![value.to_owned()]
        };
        (count, field, values)
    })
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
        Polarity::Wanted | Polarity::Fine if polarity::is_preferred(words, (at, to), field) => {
            Some((json!(value), Polarity::Preferred))
        }
        polarity => Some((json!(value), polarity)),
    }
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
