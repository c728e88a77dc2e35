//! `cost_to_own`: what cars cost in fuel and in all, by the same arithmetic as their pages.

use serde_json::{Map, Value, json};

use super::{Desk, Tool, ToolResult};
use crate::advisor::needs::Field;
use crate::cars::cost::{Assumptions, Cost, break_even, cost};

pub const TOOL: Tool = Tool {
    name: "cost_to_own",
    description: "What one to four cars cost: fuel in dollars a year, and price and fuel over the years, with when the dearer \
        of two has paid for itself. Fuel and price only: no insurance, repairs, taxes or resale. Leave out what the \
        person didn't say; their own settings stand in, or else EPA's assumptions. Say the miles and prices that it rests on.",
    parameters,
    call,
};

fn parameters() -> Value {
    let usd =
        |what: &str| json!({ "type": "number", "minimum": 0, "maximum": 100, "description": what });
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["ids"],
        "properties": {
            "ids": super::ids(1, 4),
            "miles_per_year": { "type": "integer", "minimum": 1, "maximum": 200_000, "description": "Miles a year; the person's need, their own setting or 15000 if left out." },
            "city_percent": { "type": "integer", "minimum": 0, "maximum": 100, "description": "Of the miles; the person's own setting or 55 if left out." },
            "years": { "type": "integer", "minimum": 1, "maximum": 30, "description": "How long it is kept; 5 if left out." },
            "regular_usd": usd("US dollars a gallon of regular gasoline."),
            "midgrade_usd": usd("US dollars a gallon of midgrade."),
            "premium_usd": usd("US dollars a gallon of premium."),
            "diesel_usd": usd("US dollars a gallon of diesel."),
            "electricity_usd": usd("US dollars a kWh."),
            "natural_gas_usd": usd("US dollars for the energy of a gallon of gasoline."),
            "hydrogen_usd": usd("US dollars a kilogram; without it a hydrogen car's fuel cost is unknown."),
        },
    })
}

fn call(desk: &Desk<'_>, mut given: Map<String, Value>) -> Result<ToolResult, String> {
    let cars = super::cars(desk.catalogue, &given)?;
    given.remove("ids");
    let said = desk
        .needs
        .iter()
        .find(|need| need.field == Field::MilesPerYear);
    if let Some(need) = said {
        given.entry("miles_per_year").or_insert(need.value.clone());
    }
    let mut own = serde_json::to_value(desk.usual).map_err(|error| error.to_string())?;
    for (name, figure) in given {
        own[name] = figure;
    }
    let assumptions: Assumptions =
        serde_json::from_value(own).map_err(|error| error.to_string())?;
    if let Some(wrong) = assumptions.wrong().first() {
        return Err(wrong.detail.clone());
    }
    let rows = cars.iter().filter_map(|car| desk.catalogue.find(&car.id));
    let costs: Vec<Cost> = rows
        .map(|row| cost(desk.catalogue, row, &assumptions))
        .collect();
    let pair = match costs.as_slice() {
        [one, other] => Some(break_even(one, other)),
        _ => None,
    };
    let brief = costs.iter().map(|cost| {
        json!({
            "id": cost.car,
            "name": cost.title,
            "energy": cost.energy,
            "fuel_usd_per_year": whole(cost.fuel_usd_per_year),
            "price_usd": cost.price.as_ref().map(|price| price.usd),
            "price_kind": cost.price.as_ref().map(|price| price.kind),
            "total_usd": whole(cost.total_usd),
            "unknown": cost.unknown,
            "notes": cost.notes,
        })
    });
    let json = json!({
        "assumptions": assumptions,
        "costs": brief.collect::<Vec<_>>(),
        "break_even": pair,
    });
    Ok(ToolResult {
        json,
        cars,
        edits: Vec::new(),
    })
}

/// To the dollar, as it is to be said.
fn whole(usd: Option<f64>) -> Option<f64> {
    usd.map(f64::round)
}
