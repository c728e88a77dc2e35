//! `remember_needs`: takes down what the person needs, in the person's own words, or takes it back.

use serde_json::{Map, Value, json};

use super::{Desk, Tool, ToolResult};
use crate::advisor::audit;
use crate::advisor::needs::check::Kind;
use crate::advisor::needs::{Edit, Field, Need, check};
use crate::advisor::{Role, Turn};
use crate::cars::Catalogue;
use crate::cars::search::letters;

pub const TOOL: Tool = Tool {
    name: "remember_needs",
    description: "Takes down needs that the person has said and that aren't understood yet, or drops some that they took back. \
        words is quoted from one of the person's messages, letter by letter, with the number or the name itself in it; \
        what they didn't say can't be remembered.",
    parameters,
    call,
};

/// What can be remembered.
const FIELDS: &[Field] = &[
    Field::BudgetMax,
    Field::BudgetMin,
    Field::Body,
    Field::BodyNot,
    Field::Fuel,
    Field::FuelNot,
    Field::Drive,
    Field::Make,
    Field::MakeNot,
    Field::Model,
    Field::ModelNot,
    Field::SeatsMin,
    Field::MpgMin,
    Field::ElectricRangeMin,
    Field::RangeMin,
    Field::YearMin,
    Field::YearMax,
    Field::Transmission,
    Field::TransmissionNot,
    Field::HorsepowerMin,
    Field::TowingMin,
    Field::StarsMin,
    Field::MilesPerYear,
    Field::Priority,
];

/// The fewest letters and digits that say anything.
const SHORTEST: usize = 3;

fn parameters() -> Value {
    let fields: Vec<&str> = FIELDS.iter().map(|field| field.as_str()).collect();
    json!({
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "set": {
                "type": "array",
                "maxItems": 10,
                "items": {
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["field", "value", "words"],
                    "properties": {
                        "field": { "type": "string", "enum": fields },
                        "value": { "description": "A whole number, or a word of the field's list, or a make's or model's name." },
                        "words": { "type": "string", "maxLength": 200, "description": "The person's own words." },
                    },
                },
            },
            "drop": {
                "type": "array",
                "maxItems": 20,
                "items": { "type": "string", "maxLength": 120 },
                "description": "Ids of needs that no longer stand.",
            },
        },
    })
}

/// All or nothing: one value that can't be used, and nothing is remembered.
fn call(desk: &Desk<'_>, given: Map<String, Value>) -> Result<ToolResult, String> {
    let list = |name: &str| {
        given
            .get(name)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
    };
    let mut edits = Vec::new();
    for id in list("drop").filter_map(Value::as_str) {
        if !desk.needs.iter().any(|need| need.id == id) {
            let known: Vec<&str> = desk.needs.iter().map(|need| need.id.as_str()).collect();
            return Err(format!("no need has the id {id:?}; there are {known:?}"));
        }
        edits.push(Edit {
            id: id.to_owned(),
            need: None,
        });
    }
    for item in list("set") {
        let need = read(desk, item)?;
        // Whoever now wants a make no longer refuses it.
        let against =
            opposite(need.field).map(|field| Need::new(field, need.value.clone(), "", ""));
        let against =
            against.filter(|against| desk.needs.iter().any(|known| known.id == against.id));
        edits.extend(against.map(|against| Edit {
            id: against.id,
            need: None,
        }));
        edits.push(Edit {
            id: need.id.clone(),
            need: Some(need),
        });
    }
    if edits.is_empty() {
        return Err("give set or drop, with at least one item".to_owned());
    }
    let remembered = edits.iter().filter_map(|edit| edit.need.as_ref());
    let json = json!({
        "remembered": remembered.map(|need| json!({ "id": need.id, "meaning": need.label() })).collect::<Vec<_>>(),
        "dropped": edits.iter().filter(|edit| edit.need.is_none()).map(|edit| &edit.id).collect::<Vec<_>>(),
    });
    Ok(ToolResult {
        json,
        cars: Vec::new(),
        edits,
    })
}

/// One need, its value checked and its words found in what the person wrote.
fn read(desk: &Desk<'_>, item: &Value) -> Result<Need, String> {
    let word = item["field"].as_str().unwrap_or_default();
    let field = FIELDS.iter().find(|field| field.as_str() == word);
    let field = *field.ok_or_else(|| format!("there is no field {word:?}"))?;
    let value = check::check(field, &item["value"], desk.catalogue)
        .map_err(|error| format!("the value of {word}: {error}"))?;
    let words = item["words"].as_str().unwrap_or_default().trim();
    let turn = said(desk.turns, words).ok_or_else(|| {
        format!("the words {words:?} of {word} aren't in any message of the person; quote what they wrote, letter by letter")
    })?;
    if !bear(words, field, &value, desk.catalogue) {
        return Err(format!(
            "the words {words:?} don't say {value}; quote the words that hold the value of {word}, or leave it out"
        ));
    }
    Ok(Need::new(field, value, words, &turn.message_id))
}

/// Whether a number or a name stands in the quoted words itself. What a word such as `suv` is said by is the model's to
/// judge.
fn bear(words: &str, field: Field, value: &Value, catalogue: &Catalogue) -> bool {
    let name = value.as_str().unwrap_or_default();
    match field.kind() {
        Kind::Number { .. } => value.as_f64().is_some_and(|value| {
            let is_budget = matches!(field, Field::BudgetMin | Field::BudgetMax);
            audit::numbers(words)
                .into_iter()
                // "30 to 35k", "around 35"
                .any(|said| said == value || is_budget && said < 1000.0 && said * 1000.0 == value)
        }),
        Kind::Make => {
            let spoken = audit::SPOKEN.iter().filter(|(_, make)| *make == name);
            let mut names = spoken.map(|(spoken, _)| *spoken).chain([name]);
            names.any(|name| letters(words).contains(&letters(name)))
        }
        Kind::Model => letters(words).contains(&shortest(name, catalogue)),
        Kind::Word => true,
    }
}

/// What people say of a model's name at the least: its first word, with the number after it.
fn shortest(name: &str, catalogue: &Catalogue) -> String {
    let makes = catalogue.makes();
    let own = makes.iter().find_map(|make| name.strip_prefix(make));
    let mut parts = own.unwrap_or(name).split_whitespace();
    let first = letters(parts.next().unwrap_or_default());
    let is_number = |part: &&str| part.chars().all(|c| c.is_ascii_digit());
    match parts.next().filter(is_number) {
        Some(number) => first + number,
        None => first,
    }
}

/// The newest message of the person that holds these words, in whatever case.
fn said<'a>(turns: &'a [Turn], words: &str) -> Option<&'a Turn> {
    if words.chars().filter(|c| c.is_alphanumeric()).count() < SHORTEST {
        return None;
    }
    let words = words.to_lowercase();
    let mut own = turns.iter().rev().filter(|turn| turn.role == Role::User);
    own.find(|turn| turn.text.to_lowercase().contains(&words))
}

/// The field that refuses what this one wants, and the other way about.
fn opposite(field: Field) -> Option<Field> {
    Some(match field {
        Field::Body => Field::BodyNot,
        Field::BodyNot => Field::Body,
        Field::Fuel => Field::FuelNot,
        Field::FuelNot => Field::Fuel,
        Field::Make => Field::MakeNot,
        Field::MakeNot => Field::Make,
        Field::Model => Field::ModelNot,
        Field::ModelNot => Field::Model,
        Field::Transmission => Field::TransmissionNot,
        Field::TransmissionNot => Field::Transmission,
        _ => return None,
    })
}
