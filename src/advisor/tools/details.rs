//! `car_details`: everything that is published about a car, with the source of each figure.

use serde_json::{Map, Value, json};

use super::{Desk, Tool, ToolResult};

pub const TOOL: Tool = Tool {
    name: "car_details",
    description: "Everything that is published about one to four cars: economy in the city, on the highway and combined, \
        seats, power, towing, price, stars, and the source of each figure. null is unknown, never 0.",
    parameters,
    call,
};

fn parameters() -> Value {
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["ids"],
        "properties": { "ids": super::ids(1, 4) },
    })
}

fn call(desk: &Desk<'_>, given: Map<String, Value>) -> Result<ToolResult, String> {
    let cars = super::cars(desk.catalogue, &given)?;
    Ok(ToolResult {
        json: json!({ "cars": cars }),
        cars,
        edits: Vec::new(),
    })
}
