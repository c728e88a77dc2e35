//! The needs as they stand, turn by turn: what is added, replaced, taken back and contradicted.

use serde_json::{Value, json};

use super::amounts::{self, Amount, Setting};
use super::polarity::{self, Polarity};
use super::question::Asked;
use super::words::{self, Word};
use super::{Field, Need, comparing, explain, heard, spelling};
use crate::advisor::Turn;
use crate::cars::names::Names;

mod answer;
mod charging;
mod compared;
mod findings;
mod listed;
mod standing;
mod taking;

use findings::{Finding, findings};

#[derive(Default)]
pub struct State {
    pub needs: Vec<Need>,
}

impl State {
    /// Reads one turn of the person. `asked` is what the advisor asked just before it.
    pub fn read(&mut self, turn: &Turn, asked: Option<Asked>, names: &Names, newest: u16) {
        let mut words = explain::without_questions(words::split(&turn.text));
        spelling::mend(&mut words, names);
        // "compare the first two" is no answer, and no wish for two seats.
        let asked = asked.filter(|_| !comparing::asks(&words));
        if taking::starts_over(&words) {
            self.needs.clear();
        }
        if words
            .iter()
            .any(|word| word.is_any(&["else", "others", "alternative", "alternatives", "rivals"]))
        {
            self.drop_fields(&[Field::Model]);
        }
        let pair = self.pair_asked_about(asked);
        if let Some(gone) = pair.as_ref().and_then(|pair| answer::loser(pair, &words)) {
            self.needs.retain(|need| need != gone);
            return;
        }
        let field = match asked {
            Some(Asked::Field(field)) => Some(field),
            _ => None,
        };
        if let Some(value) = field.and_then(|field| answer::value(field, &words)) {
            let field = field.unwrap_or(Field::Drive);
            self.set(Need::new(field, value, turn.text.trim(), &turn.message_id));
            return;
        }
        self.widen_years(&words);
        let taken_back = self.take_back(&words);
        let findings = findings(&words, &taken_back, names);
        let change = Change {
            turn,
            words: &words,
            adds: taking::adds(&words),
            turns_round: taking::turns_round(&words),
        };
        let mut touched = Vec::new();
        for finding in &findings {
            self.apply(finding, &change, &mut touched);
        }
        let electric = self.talks_of_charging(&words);
        let named: Vec<usize> = findings.iter().flat_map(|one| one.from..one.to).collect();
        let setting = Setting {
            newest,
            electric,
            budgeted: self.needs.iter().any(|need| need.field == Field::BudgetMax)
                || words
                    .iter()
                    .any(|word| word.is_any(&["budget", "spend", "spending"])),
            named: &named,
        };
        let amounts: Vec<Amount> = amounts::read(&words, &setting)
            .into_iter()
            // "I drive a 2012 Civic"
            .filter(|amount| {
                !matches!(amount.field, Field::YearMin | Field::YearMax)
                    || polarity::of(&words, amount.from, amount.to) != Polarity::Aside
            })
            .filter(|amount| {
                !matches!(amount.field, Field::RangeMin | Field::ElectricRangeMin)
                    || !heard::range_parts_fuels(&self.needs)
            })
            .collect();
        for ends in [
            [Field::YearMin, Field::YearMax],
            [Field::BudgetMin, Field::BudgetMax],
        ] {
            self.make_room(ends, &amounts, &change);
        }
        for amount in amounts {
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
        if let Some(pair) = pair {
            self.settle(&pair, &touched);
        }
    }

    fn apply(&mut self, finding: &Finding, change: &Change, touched: &mut Vec<Field>) {
        let (turn, words) = (change.turn, change.words);
        let text = slice(&turn.text, &words[finding.from..finding.to]);
        let (field, value) = (finding.field, &finding.value);
        let need = |field| Need::new(field, value.clone(), text, &turn.message_id);
        let against = against(field);
        match finding.polarity {
            Polarity::Aside | Polarity::Preferred => {}
            Polarity::Allowed => {
                self.allow(against, value);
            }
            Polarity::Fine if self.allow(against, value) => {}
            Polarity::TakenBack => self.drop_value(field, value),
            Polarity::Unwanted => {
                if !finding.beside {
                    self.replace(field, value, change, against.is_some());
                }
                if let Some(against) = against {
                    self.set(need(against));
                }
            }
            Polarity::Wanted | Polarity::Fine => {
                if !change.adds && !touched.contains(&field) {
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
                if field == Field::Model && change.turns_round {
                    self.allow_make_of(value);
                }
                if let Some(against) = against {
                    self.replace(against, value, change, true);
                }
                self.set(need(field));
            }
        }
    }

    /// "no Mazda. Actually a Mazda 3": the make isn't refused any more.
    fn allow_make_of(&mut self, model: &Value) {
        let name = model.as_str().unwrap_or("").to_owned();
        self.needs.retain(|need| {
            let make = need.value.as_str().unwrap_or("");
            let of_make = name
                .strip_prefix(make)
                .is_some_and(|rest| rest.starts_with(' '));
            need.field != Field::MakeNot || !of_make
        });
    }

    /// Drops a value that the reverse is said of now. What the same message says both ways stays as it was said, to be
    /// asked about; but "a German car, no BMW" only leaves BMW out of the Germans.
    fn replace(&mut self, field: Field, value: &Value, change: &Change, can_clash: bool) {
        let clashes = |need: &Need| {
            let name = value.as_str().unwrap_or("").to_lowercase();
            let first = name.split([' ', '-']).next().unwrap_or("").to_owned();
            let itself = field != Field::Make || need.words.to_lowercase().contains(&first);
            can_clash && itself && !change.turns_round && need.message_id == change.turn.message_id
        };
        self.needs.retain(|need| {
            let same = need.value == *value || field == Field::Drive;
            need.field != field || !same || clashes(need)
        });
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

/// What a text merely prefers, in its own words.
pub fn preferred(text: &str, names: &Names) -> Vec<String> {
    let mut words = explain::without_questions(words::split(text));
    spelling::mend(&mut words, names);
    let mut said: Vec<String> = Vec::new();
    for one in findings(&words, &[], names) {
        let own = slice(text, &words[one.from..one.to]).to_owned();
        if one.polarity == Polarity::Preferred && !said.contains(&own) {
            said.push(own);
        }
    }
    said
}

/// One turn of the person, as what it changes is made of it.
struct Change<'a> {
    turn: &'a Turn,
    words: &'a [Word],
    /// What is said comes on top of what stands.
    adds: bool,
    /// "actually", "on second thought"
    turns_round: bool,
}

/// The field that says the reverse.
fn against(field: Field) -> Option<Field> {
    match field {
        Field::Body => Some(Field::BodyNot),
        Field::Fuel => Some(Field::FuelNot),
        Field::Make => Some(Field::MakeNot),
        Field::Model => Some(Field::ModelNot),
        Field::Transmission => Some(Field::TransmissionNot),
        _ => None,
    }
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
