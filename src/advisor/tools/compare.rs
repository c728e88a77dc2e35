//! `compare_cars`: two to four cars side by side, as the page that compares them has it.

use serde_json::{Map, Value, json};

use super::{Desk, Tool, ToolResult};
use crate::cars::compare;

pub const TOOL: Tool = Tool {
    name: "compare_cars",
    description: "Two to four cars side by side, one line for each figure: what each car has in words, whether they differ, \
        and the ids of the best where better means something. A car without a figure is unknown there, not worse. The person sees \
        the main lines as a table under your answer, so don't write one.",
    parameters,
    call,
};

fn parameters() -> Value {
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["ids"],
        "properties": { "ids": super::ids(2, 4) },
    })
}

fn call(desk: &Desk<'_>, given: Map<String, Value>) -> Result<ToolResult, String> {
    let cars = super::cars(desk.catalogue, &given)?;
    let comparison = compare::compare(&cars);
    let lines = comparison.rows.iter().map(|line| {
        let values = cars.iter().zip(&line.values);
        let values: Map<String, Value> = values
            .map(|(car, figure)| (car.id.clone(), json!(figure.text)))
            .collect();
        let best = line.best.iter().filter_map(|at| cars.get(*at));
        json!({
            "label": line.label,
            "unit": line.unit,
            "differs": line.differs,
            "values": values,
            "note": line.note,
            "best": best.map(|car| car.id.as_str()).collect::<Vec<_>>(),
        })
    });
    let names = cars
        .iter()
        .map(|car| json!({ "id": car.id, "name": car.title(), "variant": car.variant }));
    let json = json!({ "cars": names.collect::<Vec<_>>(), "lines": lines.collect::<Vec<_>>() });
    Ok(ToolResult {
        json,
        cars,
        edits: Vec::new(),
    })
}
