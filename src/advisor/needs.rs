//! What a shopper needs, read from the plain words of a conversation: later words replace earlier ones.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::advisor::{Role, Turn};
use crate::cars::{Catalogue, Drive, Transmission};

mod amounts;
pub mod check;
mod comparing;
pub mod conflict;
pub mod explain;
mod filter;
pub mod heard;
mod lexicon;
mod names;
mod origins;
mod polarity;
pub mod question;
mod spelling;
mod state;
mod words;

pub use filter::filter;
use state::State;
pub use state::preferred;
use utoipa::ToSchema;

/// One thing that a shopper asked for, with the words that said so.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Need {
    /// The same for the same wish throughout a conversation: the field, and the value where a field can have several.
    pub id: String,
    pub field: Field,
    /// A word of the field's closed list, a name, or a number: US dollars, miles, miles per gallon, pounds.
    pub value: Value,
    /// The shopper's own words, as they were written.
    pub words: String,
    pub message_id: String,
}

/// One change of the needs that wasn't read from a message: a chip that the person edited or dropped, or what a model
/// took down.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Edit {
    /// The id of the need that is replaced or dropped.
    pub id: String,
    /// What stands in its place; `None` drops it.
    pub need: Option<Need>,
}

/// What a need is about.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    BudgetMax,
    BudgetMin,
    Body,
    BodyNot,
    Fuel,
    FuelNot,
    Drive,
    Make,
    MakeNot,
    /// A model that the shopper named and wants to see.
    Model,
    ModelNot,
    SeatsMin,
    MpgMin,
    ElectricRangeMin,
    RangeMin,
    YearMin,
    YearMax,
    Transmission,
    TransmissionNot,
    HorsepowerMin,
    TowingMin,
    StarsMin,
    MilesPerYear,
    /// What matters most: economy, range, electric_range, co2, fuel_cost, newest, power, price, safety, seats or towing.
    Priority,
}

impl Field {
    /// The word that JSON has for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Field::BudgetMax => "budget_max",
            Field::BudgetMin => "budget_min",
            Field::Body => "body",
            Field::BodyNot => "body_not",
            Field::Fuel => "fuel",
            Field::FuelNot => "fuel_not",
            Field::Drive => "drive",
            Field::Make => "make",
            Field::MakeNot => "make_not",
            Field::Model => "model",
            Field::ModelNot => "model_not",
            Field::SeatsMin => "seats_min",
            Field::MpgMin => "mpg_min",
            Field::ElectricRangeMin => "electric_range_min",
            Field::RangeMin => "range_min",
            Field::YearMin => "year_min",
            Field::YearMax => "year_max",
            Field::Transmission => "transmission",
            Field::TransmissionNot => "transmission_not",
            Field::HorsepowerMin => "horsepower_min",
            Field::TowingMin => "towing_min",
            Field::StarsMin => "stars_min",
            Field::MilesPerYear => "miles_per_year",
            Field::Priority => "priority",
        }
    }

    /// What people call it, at the head of a form.
    pub fn title(self) -> &'static str {
        match self {
            Field::BudgetMax => "Highest price",
            Field::BudgetMin => "Lowest price",
            Field::Body => "Body style",
            Field::BodyNot => "Body style to leave out",
            Field::Fuel => "Fuel",
            Field::FuelNot => "Fuel to leave out",
            Field::Drive => "Driven wheels",
            Field::Make => "Make",
            Field::MakeNot => "Make to leave out",
            Field::Model => "Model",
            Field::ModelNot => "Model to leave out",
            Field::SeatsMin => "Fewest seats",
            Field::MpgMin => "Lowest fuel economy",
            Field::ElectricRangeMin => "Shortest electric range",
            Field::RangeMin => "Shortest range",
            Field::YearMin => "Oldest model year",
            Field::YearMax => "Newest model year",
            Field::Transmission => "Transmission",
            Field::TransmissionNot => "Transmission to leave out",
            Field::HorsepowerMin => "Least power",
            Field::TowingMin => "Least towing limit",
            Field::StarsMin => "Fewest safety stars",
            Field::MilesPerYear => "Miles a year",
            Field::Priority => "What matters most",
        }
    }

    /// Whether several values of it can stand side by side.
    pub fn repeats(self) -> bool {
        use Field::*;
        matches!(
            self,
            Body | BodyNot
                | Fuel
                | FuelNot
                | Drive
                | Make
                | MakeNot
                | Model
                | ModelNot
                | Transmission
                | TransmissionNot
        )
    }

    /// Whether the catalogue holds the figure to check it by; the others are kept in mind only.
    pub fn checked(self) -> bool {
        use Field::*;
        !matches!(self, MilesPerYear)
    }
}

impl Need {
    pub(crate) fn new(field: Field, value: Value, words: &str, message_id: &str) -> Self {
        let text = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        let slug: String = text
            .to_lowercase()
            .chars()
            .map(|c| {
                if c.is_alphanumeric() || c == '_' {
                    c
                } else {
                    '-'
                }
            })
            .collect();
        let id = if field.repeats() {
            format!("{}-{slug}", field.as_str())
        } else {
            field.as_str().to_owned()
        };
        Need {
            id,
            field,
            value,
            words: words.to_owned(),
            message_id: message_id.to_owned(),
        }
    }

    /// The need in words for people: `at most $35,000`, `all-wheel drive`, `not Tesla`.
    pub fn label(&self) -> String {
        let text = self.value.as_str().unwrap_or("");
        let number = self.value.as_u64().unwrap_or(0);
        let dollars = || format!("${}", thousands(number));
        match self.field {
            Field::BudgetMax => format!("at most {}", dollars()),
            Field::BudgetMin => format!("at least {}", dollars()),
            Field::Body => lexicon::body_label(text).to_owned(),
            Field::BodyNot => format!("no {}", lexicon::body_label(text)),
            Field::Fuel => lexicon::fuel_label(text).to_owned(),
            Field::FuelNot => format!("not {}", lexicon::fuel_label(text)),
            Field::Drive => text
                .parse()
                .map_or(text, |drive: Drive| drive.label())
                .to_owned(),
            Field::Make | Field::Model => text.to_owned(),
            Field::MakeNot | Field::ModelNot => format!("no {text}"),
            Field::SeatsMin => format!("{number} seats or more"),
            Field::MpgMin => format!("at least {number} mpg"),
            Field::ElectricRangeMin => format!("at least {number} miles on electricity"),
            Field::RangeMin => format!("at least {number} miles of range"),
            Field::YearMin => format!("{number} or newer"),
            Field::YearMax => format!("{number} or older"),
            Field::Transmission => transmission_label(text).to_owned(),
            Field::TransmissionNot => format!("no {}", transmission_label(text)),
            Field::HorsepowerMin => format!("at least {number} hp"),
            Field::TowingMin => format!("tows {} lb or more", thousands(number)),
            Field::StarsMin => format!("{number} safety stars or more"),
            Field::MilesPerYear => format!("{} miles a year", thousands(number)),
            Field::Priority => format!("{} first", priority_label(text)),
        }
    }
}

fn transmission_label(word: &str) -> &str {
    word.parse().map_or(word, |kind: Transmission| kind.label())
}

/// What people call a priority.
pub fn priority_label(word: &str) -> &str {
    match word {
        "economy" => "fuel economy",
        "co2" => "low CO2",
        "fuel_cost" => "low fuel cost",
        "newest" => "the newest",
        "electric_range" => "electric range",
        "price" => "low price",
        other => other,
    }
}

/// `35000` as `35,000`.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Reads the needs that stand after the last turn. Only what the person wrote counts; an advisor's question gives sense
/// to a short answer ("yes", "250").
pub fn read(turns: &[Turn], catalogue: &Catalogue) -> Vec<Need> {
    read_both(turns, turns.len(), catalogue).1
}

/// The needs that stand before the turn at `at`, and those that stand after the last.
pub fn read_both(turns: &[Turn], at: usize, catalogue: &Catalogue) -> (Vec<Need>, Vec<Need>) {
    let names = catalogue.names();
    let mut state = State::default();
    let mut before = Vec::new();
    let mut asked = None;
    for (place, turn) in turns.iter().enumerate() {
        if place == at {
            before.clone_from(&state.needs);
        }
        match turn.role {
            Role::Assistant => asked = question::ends(&turn.text),
            Role::User => {
                state.read(turn, asked, names, catalogue.years().1);
                asked = None;
            }
        }
        apply(&mut state.needs, &turn.edits);
    }
    (before, state.needs)
}

/// Whether a text asks for cars side by side.
pub fn compares(text: &str) -> bool {
    comparing::asks(&words::split(text))
}

/// Whether a text weighs one thing against another, which calls for cars side by side if those are named.
pub fn weighs(text: &str) -> bool {
    comparing::weighs(&words::split(text))
}

/// Makes changes that weren't said in words: each new need takes the place of the one that it replaces.
pub fn apply(needs: &mut Vec<Need>, edits: &[Edit]) {
    for edit in edits {
        let place = needs.iter().position(|need| need.id == edit.id);
        match (&edit.need, place) {
            (Some(need), Some(at)) => needs[at] = need.clone(),
            (Some(need), None) => needs.push(need.clone()),
            (None, Some(at)) => {
                needs.remove(at);
            }
            (None, None) => {}
        }
        // The new value may be one that stands already.
        if let Some(new) = &edit.need {
            let mut seen = false;
            needs.retain(|need| need.id != new.id || !std::mem::replace(&mut seen, true));
        }
    }
}

#[cfg(test)]
mod tests;
