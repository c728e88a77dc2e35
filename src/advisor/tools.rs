//! What a language model may call: one list of tools, each with a schema that its arguments are held against.

use std::sync::LazyLock;

use serde_json::{Map, Value, json};

use super::Turn;
use super::needs::{Edit, Need};
use crate::cars::cost::Assumptions;
use crate::cars::{Car, Catalogue};

mod compare;
mod cost;
mod details;
mod remember;
mod schema;
mod search;

pub use search::{MOST_CARS, search_cars};

/// The longest arguments of one call, in bytes: nothing worth calling with is longer.
const LONGEST: usize = 16 * 1024;

/// What a call works on.
#[derive(Clone, Copy, Debug)]
pub struct Desk<'a> {
    pub catalogue: &'a Catalogue,
    /// The conversation, up to the message that is answered.
    pub turns: &'a [Turn],
    /// The needs as they stand, with what was remembered in this reply.
    pub needs: &'a [Need],
    /// How the person drives and what they pay, as far as they have set it.
    pub usual: &'a Assumptions,
}

/// What a call gave.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ToolResult {
    /// For the model: short, with units in the names and `null` for what isn't known.
    pub json: Value,
    /// The same cars in full, for the person.
    pub cars: Vec<Car>,
    /// What was remembered or taken back.
    pub edits: Vec<Edit>,
}

/// Why a call can't be made, in words that a model can act on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ToolError {
    #[error("there is no tool {0:?}; there are {known}", known = names())]
    NoTool(String),
    #[error("the arguments of {0} can't be used: {1}")]
    Arguments(&'static str, String),
}

/// One tool: what a model is told of it, and what it does with arguments that are as the schema has them.
struct Tool {
    name: &'static str,
    description: &'static str,
    /// The JSON Schema of its arguments, of the kind that [`schema::check`] reads.
    parameters: fn() -> Value,
    call: fn(&Desk<'_>, Map<String, Value>) -> Result<ToolResult, String>,
}

/// The name of the tool that sets cars side by side.
pub const COMPARE: &str = compare::TOOL.name;

/// All of them. A tool that isn't here doesn't exist.
const TOOLS: &[Tool] = &[
    search::TOOL,
    details::TOOL,
    compare::TOOL,
    cost::TOOL,
    remember::TOOL,
];

fn names() -> String {
    let names: Vec<&str> = TOOLS.iter().map(|tool| tool.name).collect();
    names.join(", ")
}

/// The tools as OpenAI's protocol describes them.
pub fn schemas() -> &'static Value {
    static SCHEMAS: LazyLock<Value> = LazyLock::new(|| {
        let tools = TOOLS.iter().map(|tool| {
            json!({
                "type": "function",
                "function": {
                    "name": tool.name,
                    "description": tool.description,
                    "parameters": (tool.parameters)(),
                },
            })
        });
        tools.collect()
    });
    &SCHEMAS
}

/// Makes one call.
///
/// # Errors
/// When there is no such tool, or its arguments aren't as its schema has them: a field that it doesn't have, a wrong
/// type, a number out of range, a word that isn't in its list, a car or a make that the catalogue doesn't have.
pub fn call(desk: &Desk<'_>, name: &str, arguments: &str) -> Result<ToolResult, ToolError> {
    let tool = TOOLS.iter().find(|tool| tool.name == name);
    let tool = tool.ok_or_else(|| ToolError::NoTool(name.chars().take(60).collect()))?;
    let wrong = |why: String| ToolError::Arguments(tool.name, why);
    if arguments.len() > LONGEST {
        return Err(wrong(format!("they are longer than {LONGEST} bytes")));
    }
    let text = match arguments.trim() {
        "" => "{}",
        text => text,
    };
    let mut given: Value = serde_json::from_str(text)
        .map_err(|error| wrong(format!("they aren't JSON ({error}); send one object")))?;
    drop_nulls(&mut given);
    schema::check(&(tool.parameters)(), &given).map_err(wrong)?;
    match given {
        Value::Object(given) => (tool.call)(desk, given).map_err(wrong),
        _ => Err(wrong("send one object".to_owned())),
    }
}

/// Some models write null for what they leave out.
fn drop_nulls(value: &mut Value) {
    if let Value::Object(fields) = value {
        fields.retain(|_, value| !value.is_null());
        fields.values_mut().for_each(drop_nulls);
    }
}

/// The schema of the ids of cars.
fn ids(least: usize, most: usize) -> Value {
    json!({
        "type": "array",
        "minItems": least,
        "maxItems": most,
        "items": { "type": "string", "maxLength": 120 },
        "description": "Ids of cars exactly as search_cars returned them.",
    })
}

/// The cars of these ids, which must all exist and differ.
fn cars(catalogue: &Catalogue, given: &Map<String, Value>) -> Result<Vec<Car>, String> {
    let ids = given.get("ids").and_then(Value::as_array);
    let ids: Vec<&str> = ids
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let mut cars: Vec<Car> = Vec::new();
    for id in ids {
        let car = catalogue.get(id).ok_or_else(|| {
            format!("no car has the id {id:?}; take ids from what search_cars returned")
        })?;
        if cars.iter().any(|other| other.id == car.id) {
            return Err(format!("the id {id:?} is given twice"));
        }
        cars.push(car);
    }
    Ok(cars)
}

#[cfg(test)]
mod tests;
