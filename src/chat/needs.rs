//! The needs of a conversation as chips: shown, edited and dropped.

use std::collections::HashMap;

use serde_json::Value;

use super::views;
use crate::advisor::needs::check::Kind;
use crate::advisor::needs::{self, Edit, Need};
use crate::card::Shown;
use crate::cars::Catalogue;
use crate::db;
use crate::db::messages::Message;
use crate::db::need_edits::NeedEdit;
use crate::error::Error;

pub mod edit;

/// What the button below edited needs says for the person.
const SHOW: &str = "Show me cars for these needs";

/// The needs of a conversation as they stand.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    pub needs: Vec<Need>,
    /// They have been changed since the last answer that went by them.
    pub is_edited: bool,
}

impl Ledger {
    /// As the latest reply of the path had them, and what was changed since.
    ///
    /// # Errors
    /// When a stored change can't be read, which is a fault of ours.
    pub fn of(path: &[Message], edits: Vec<NeedEdit>) -> Result<Self, Error> {
        let edits = by_message(edits)?;
        let known = path.iter().rposition(|message| message.needs.is_some());
        let answered: Vec<Need> = views::read_json(known.and_then(|at| path[at].needs.as_deref()));
        let mut needs = answered.clone();
        // What a model changed is in its reply already, and changes nothing a second time.
        for message in &path[known.unwrap_or(0)..] {
            if let Some(edits) = edits.get(&message.id) {
                needs::apply(&mut needs, edits);
            }
        }
        Ok(Self {
            is_edited: needs != answered,
            needs,
        })
    }
}

/// The changes by the message that they follow.
///
/// # Errors
/// When what is stored can't be read, which is a fault of ours.
pub fn by_message(rows: Vec<NeedEdit>) -> Result<HashMap<String, Vec<Edit>>, Error> {
    let mut edits: HashMap<String, Vec<Edit>> = HashMap::new();
    for row in rows {
        let need = row.need.map(|need| serde_json::from_str(&need));
        edits.entry(row.message_id).or_default().push(Edit {
            id: row.need_id,
            need: need.transpose().map_err(Error::internal)?,
        });
    }
    Ok(edits)
}

/// A change that can't be made, beside the need that it was for.
#[derive(Debug)]
pub struct WrongNeed {
    id: String,
    value: String,
    detail: String,
}

/// The chips as their template shows them.
pub struct Chips {
    pub conversation_id: String,
    pub needs: Vec<Chip>,
    /// What to say for cars that go by the changes; none while nothing was changed.
    pub show: Option<&'static str>,
    /// So that it is said once, however often it is sent.
    pub form_key: String,
}

/// One need, and the form that changes it.
pub struct Chip {
    pub id: String,
    pub label: Shown,
    /// The shopper's own words; empty where it was set by hand.
    pub words: String,
    /// What the form asks for: `Highest price, in US dollars`.
    pub prompt: String,
    pub value: String,
    pub is_number: bool,
    /// Word, label, whether it is the one; empty where the value is typed.
    pub choices: Vec<(String, String, bool)>,
    /// Why the change can't be made.
    pub wrong: Option<String>,
}

impl Chips {
    pub fn of(
        conversation_id: &str,
        ledger: &Ledger,
        wrong: Option<&WrongNeed>,
        catalogue: &Catalogue,
    ) -> Self {
        let needs = ledger.needs.iter();
        // Gathered once: "nothing German" is a chip for each make.
        let is_named = |need: &Need| need.field.kind() == Kind::Make;
        let makes = match ledger.needs.iter().any(is_named) {
            true => catalogue.makes(),
            false => Vec::new(),
        };
        Self {
            conversation_id: conversation_id.to_owned(),
            needs: needs
                .map(|need| Chip::of(need, wrong.filter(|wrong| wrong.id == need.id), &makes))
                .collect(),
            form_key: db::new_id(),
            show: (ledger.is_edited && !ledger.needs.is_empty()).then_some(SHOW),
        }
    }
}

impl Chip {
    fn of(need: &Need, wrong: Option<&WrongNeed>, makes: &[&str]) -> Self {
        let kind = need.field.kind();
        let kept = text_of(&need.value);
        let choice = |word: &str, label: &str| (word.to_owned(), label.to_owned(), word == kept);
        let choices = match kind {
            Kind::Word => {
                let choices = need.field.choices();
                choices
                    .iter()
                    .map(|(word, label)| choice(word, label))
                    .collect()
            }
            Kind::Make => makes.iter().map(|make| choice(make, make)).collect(),
            Kind::Number { .. } | Kind::Model => Vec::new(),
        };
        let unit = match kind {
            // A year is its own unit.
            Kind::Number { unit, .. } if unit != "model year" => format!(", in {unit}"),
            _ => String::new(),
        };
        Self {
            id: need.id.clone(),
            label: Shown::said(need.label()),
            words: need.words.clone(),
            prompt: format!("{}{unit}", need.field.title()),
            value: wrong.map_or(kept, |wrong| wrong.value.clone()),
            is_number: matches!(kind, Kind::Number { .. }),
            choices,
            wrong: wrong.map(|wrong| wrong.detail.clone()),
        }
    }
}

/// A value as a form has it.
fn text_of(value: &Value) -> String {
    let text = value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned);
    // What was sent may be of any length.
    text.chars().take(200).collect()
}
