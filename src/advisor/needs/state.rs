//! The needs as they stand, turn by turn: what is added, replaced and taken back.

use serde_json::{Value, json};

use super::names::Names;
use super::polarity::{self, Polarity};
use super::words::{self, Word};
use super::{Field, Need, amounts, lexicon};
use crate::advisor::Turn;

#[derive(Default)]
pub struct State {
    pub needs: Vec<Need>,
}

/// Something that was named in a turn.
struct Finding {
    field: Field,
    value: Value,
    from: usize,
    to: usize,
    polarity: Polarity,
}

impl Finding {
    /// What is said of it and of what is listed with it: "automatic or manual doesn't matter".
    fn said_after(&self, words: &[Word]) -> Option<Polarity> {
        polarity::after(words, self.to, words[self.from].clause)
    }
}

impl State {
    /// Reads one turn of the person. `asked` is what the advisor asked just before it.
    pub fn read(&mut self, turn: &Turn, asked: Option<Field>, names: &Names, newest: u16) {
        let words = words::split(&turn.text);
        if starts_over(&words) {
            self.needs.clear();
        }
        if words
            .iter()
            .any(|word| word.is_any(&["else", "others", "alternative", "alternatives", "rivals"]))
        {
            self.drop_fields(&[Field::Model]);
        }
        let taken_back = self.take_back(&words);
        let findings = findings(&words, &taken_back, names);
        let adds = adds(&words);
        let mut touched = Vec::new();
        for finding in &findings {
            self.apply(finding, &words, turn, adds, &mut touched);
        }
        let electric = self.talks_of_charging(&words);
        let mut seen = Vec::new();
        for amount in amounts::read(&words, newest, electric) {
            let years = matches!(amount.field, Field::YearMin | Field::YearMax);
            if years && polarity::of(&words, amount.from, amount.to) == Polarity::Aside {
                continue; // "I drive a 2012 Civic"
            }
            if years && !seen.contains(&Field::YearMin) {
                // New years replace both ends of the old ones.
                self.drop_fields(&[Field::YearMin, Field::YearMax]);
                seen.push(Field::YearMin);
            }
            let text = slice(
                &turn.text,
                &words[amount.from..amount.to.max(amount.from + 1)],
            );
            self.set(Need::new(
                amount.field,
                json!(amount.value),
                text,
                &turn.message_id,
            ));
            touched.push(amount.field);
        }
        if let Some(field) = asked.filter(|field| !touched.contains(field)) {
            self.answer(field, &words, turn);
        }
    }

    fn apply(
        &mut self,
        finding: &Finding,
        words: &[Word],
        turn: &Turn,
        adds: bool,
        touched: &mut Vec<Field>,
    ) {
        let text = slice(&turn.text, &words[finding.from..finding.to]);
        let (field, value) = (finding.field, &finding.value);
        let need = |field| Need::new(field, value.clone(), text, &turn.message_id);
        let against = match field {
            Field::Body => Some(Field::BodyNot),
            Field::Fuel => Some(Field::FuelNot),
            Field::Make => Some(Field::MakeNot),
            Field::Transmission => Some(Field::TransmissionNot),
            _ => None,
        };
        match finding.polarity {
            Polarity::Aside => {}
            Polarity::Allowed => {
                self.allow(against, value);
            }
            Polarity::Fine if self.allow(against, value) => {}
            Polarity::TakenBack => self.drop_value(field, value),
            Polarity::Unwanted => {
                self.drop_value(field, value);
                if let Some(against) = against {
                    self.set(need(against));
                }
            }
            Polarity::Wanted | Polarity::Fine => {
                if !adds && !touched.contains(&field) {
                    self.drop_fields(&[field]);
                    match field {
                        Field::Make if !touched.contains(&Field::Model) => {
                            self.drop_fields(&[Field::Model])
                        }
                        Field::Model if !touched.contains(&Field::Make) => {
                            self.drop_fields(&[Field::Make])
                        }
                        _ => {}
                    }
                }
                touched.push(field);
                if let Some(against) = against {
                    self.drop_value(against, value);
                }
                self.set(need(field));
            }
        }
    }

    /// A short answer to a question that was just asked: "yes", "250", "about 2020".
    fn answer(&mut self, field: Field, words: &[Word], turn: &Turn) {
        let yes = words.first().is_some_and(|w| {
            w.is_any(&["yes", "yeah", "yep", "sure", "definitely", "please", "yup"])
        });
        let number = words.iter().find_map(|word| word.text.parse::<u64>().ok());
        let value = match (field, number) {
            (Field::Drive, _) if yes => json!("awd"),
            (Field::ElectricRangeMin, Some(miles)) if (10..=600).contains(&miles) => json!(miles),
            _ => return,
        };
        self.set(Need::new(field, value, turn.text.trim(), &turn.message_id));
    }

    /// Drops what "any make is fine" and its like take back; the places of the words that said so.
    fn take_back(&mut self, words: &[Word]) -> Vec<usize> {
        let mut used = Vec::new();
        for at in 0..words.len() {
            let Some((count, fields)) = lexicon::noun(&words[at..]) else {
                continue;
            };
            if is_any(words, at)
                || matches!(polarity::of(words, at, at + count), Polarity::TakenBack)
            {
                self.drop_fields(fields);
                used.extend(at..at + count);
            } else if words
                .get(at + count)
                .is_some_and(|w| w.is_any(&["is", "isn't", "are", "no"]))
            {
                let near: Vec<&str> = words[at + count..]
                    .iter()
                    .take(4)
                    .map(|w| w.text.as_str())
                    .collect();
                let open = [
                    "flexible",
                    "open",
                    "object",
                    "issue",
                    "problem",
                    "concern",
                    "irrelevant",
                    "unimportant",
                ];
                let denied = near.iter().any(|w| ["no", "not", "isn't"].contains(w));
                let eased = near
                    .iter()
                    .any(|w| ["flexible", "open", "irrelevant", "unimportant"].contains(w));
                if near.iter().any(|word| open.contains(word)) && (denied || eased) {
                    self.drop_fields(fields);
                    used.extend(at..at + count);
                }
            }
        }
        used
    }

    fn talks_of_charging(&self, words: &[Word]) -> bool {
        let charged = |need: &Need| {
            need.field == Field::Fuel
                && matches!(need.value.as_str(), Some("electric" | "plug_in_hybrid"))
        };
        self.needs.iter().any(charged)
            || words.iter().any(|w| {
                ["ev", "electric", "charge", "battery", "electricity"]
                    .iter()
                    .any(|e| w.is(e))
            })
    }

    /// Sets a need, in the place of the one with its id.
    fn set(&mut self, need: Need) {
        match self.needs.iter_mut().find(|known| known.id == need.id) {
            Some(known) => *known = need,
            None => self.needs.push(need),
        }
    }

    /// Ends the refusal of a value; whether there was one.
    fn allow(&mut self, against: Option<Field>, value: &Value) -> bool {
        let before = self.needs.len();
        if let Some(against) = against {
            self.drop_value(against, value);
        }
        self.needs.len() < before
    }

    fn drop_fields(&mut self, fields: &[Field]) {
        self.needs.retain(|need| !fields.contains(&need.field));
    }

    fn drop_value(&mut self, field: Field, value: &Value) {
        // "forget the AWD" takes back four-wheel drive as well: people use the two alike.
        self.needs
            .retain(|need| need.field != field || (need.value != *value && field != Field::Drive));
    }
}

/// What is named in a turn, from left to right, the longest name first.
fn findings(words: &[Word], taken_back: &[usize], names: &Names) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    let mut at = 0;
    while at < words.len() {
        if taken_back.contains(&at) {
            at += 1;
            continue;
        }
        let phrase = lexicon::phrase(&words[at..]);
        let named = names
            .find(words, at)
            .filter(|named| phrase.is_none_or(|(count, ..)| named.words > count));
        let (count, field, value) = match (named, phrase) {
            (Some(named), _) => {
                let field = if named.is_model {
                    Field::Model
                } else {
                    Field::Make
                };
                (named.words, field, named.name)
            }
            (None, Some((count, field, value))) => (count, field, value.to_owned()),
            (None, None) => {
                at += 1;
                continue;
            }
        };
        let to = at + count;
        let judged = match polarity::of(words, at, to) {
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
            Polarity::Wanted if continues(words, &findings, at, to) => {
                Some((json!(value), Polarity::Unwanted))
            }
            polarity => Some((json!(value), polarity)),
        };
        if let Some((value, polarity)) = judged {
            findings.push(Finding {
                field,
                value,
                from: at,
                to,
                polarity,
            });
        }
        at = to;
    }
    share_what_is_said_after(words, &mut findings);
    findings
}

/// "automatic or manual doesn't matter", "diesel and gas are out": what is said after a list is said of all of it.
fn share_what_is_said_after(words: &[Word], findings: &mut [Finding]) {
    for at in (1..findings.len()).rev() {
        let (earlier, later) = findings.split_at_mut(at);
        let (Some(one), Some(next)) = (earlier.last_mut(), later.first()) else {
            continue;
        };
        let between = &words[one.to..next.from];
        let listed = between
            .iter()
            .any(|word| word.is_any(&["or", "and", "nor"]))
            && between.iter().all(|word| word.is_any(JOINING))
            && words[one.from].clause == words[next.from].clause;
        let shared = next.said_after(words).is_some();
        if listed && shared && one.polarity == Polarity::Wanted {
            one.polarity = next.polarity;
        }
    }
}

/// What may stand between the things of a list.
const JOINING: &[&str] = &["or", "nor", "and", "a", "an", "any", "either"];

/// "not a Tesla, a Ford or a BMW": what follows in the same list is unwanted too.
fn continues(words: &[Word], findings: &[Finding], at: usize, to: usize) -> bool {
    let Some(last) = findings.last() else {
        return false;
    };
    let joined = words[last.to..at].iter().all(|word| word.is_any(JOINING));
    let sentence = words[at].sentence;
    let rest = words[to..]
        .iter()
        .take_while(|word| word.clause == words[at].clause)
        .count();
    // "instead of a Toyota, a Honda": the comma ends what isn't wanted.
    let instead = words[last.from].clause != words[at].clause
        && words[..last.from].iter().rev().take(16).any(|word| {
            word.clause == words[last.from].clause && word.is_any(&["instead", "rather", "than"])
        });
    last.polarity == Polarity::Unwanted
        && joined
        && !instead
        && words[last.from].sentence == sentence
        && (words[last.from].clause == words[at].clause || rest == 0 || words[to].is_any(JOINING))
}

/// "any make", "whatever body", "no budget", "don't care about the year"
fn is_any(words: &[Word], at: usize) -> bool {
    let before = |back: usize| at.checked_sub(back).map_or("", |i| words[i].text.as_str());
    matches!(before(1), "any" | "whatever" | "whichever")
        || (matches!(before(1), "no") && matches!(words[at].text.as_str(), "budget"))
        || (before(2) == "any" && matches!(before(1), "old" | "other"))
}

/// "also", "or maybe": what is said comes on top of what stands.
fn adds(words: &[Word]) -> bool {
    let first = words
        .first()
        .is_some_and(|word| word.is_any(&["or", "and", "plus", "also"]));
    first
        || words.iter().any(|word| word.is_any(&["also", "too"]))
        || words.windows(2).any(|w| {
            w[0].text == "as" && w[1].text == "well" || w[0].text == "or" && w[1].text == "maybe"
        })
}

fn starts_over(words: &[Word]) -> bool {
    words.windows(2).any(|pair| {
        matches!(
            (pair[0].text.as_str(), pair[1].text.as_str()),
            ("start", "over" | "again" | "fresh")
                | ("forget", "everything" | "all" | "it")
                | ("from", "scratch")
        )
    })
}

fn slice<'a>(text: &'a str, words: &[Word]) -> &'a str {
    match (words.first(), words.last()) {
        (Some(first), Some(last)) => {
            let start = if first.dollars {
                text[..first.start].rfind('$').unwrap_or(first.start)
            } else {
                first.start
            };
            &text[start..last.end]
        }
        _ => "",
    }
}
