//! `search_cars`: the catalogue's own search, with the model's limits.

use serde_json::{Map, Value, json};

use super::{Desk, Tool, ToolResult};
use crate::cars::search::{self, letters};
use crate::cars::{Body, Car, Catalogue, Drive, Filter, Fuel, Transmission};

pub const TOOL: Tool = Tool {
    name: "search_cars",
    description: "Finds cars sold in the United States, model years 2015 to 2026, in EPA's and NHTSA's published data. Each model \
        comes once for each kind of fuel, in its newest year that fits. Every limit that is given must be met; leave \
        out what the person didn't ask for. null is unknown: never 0, never average. A price is a new car's of that model \
        year: msrp is published, estimate is carried over from price_year and must be called an estimate. When nothing fits, \
        the result says which smallest changes would give cars.",
    parameters,
    call,
};

/// The most cars in one result.
pub const MOST_CARS: usize = 8;

fn parameters() -> Value {
    json!({
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "bodies": list("Any of these body styles; crossovers are suv.", Body::ALL.iter().map(|b| b.as_str())),
            "bodies_not": list("None of these body styles.", Body::ALL.iter().map(|b| b.as_str())),
            "fuels": list(
                "Any of these. hybrid can't be plugged in. For gasoline give flex_fuel too: it also runs on gasoline.",
                Fuel::ALL.iter().map(|f| f.as_str()),
            ),
            "fuels_not": list("None of these.", Fuel::ALL.iter().map(|f| f.as_str())),
            "drives": list(
                "Any of these. For all-wheel drive in the everyday sense give both awd and 4wd.",
                Drive::ALL.iter().map(|d| d.as_str()),
            ),
            "transmissions": list(
                "Any of these. For any automatic give automatic, cvt, dual_clutch and single_speed.",
                Transmission::ALL.iter().map(|t| t.as_str()),
            ),
            "transmissions_not": list("None of these.", Transmission::ALL.iter().map(|t| t.as_str())),
            "makes": names("Any of these makes, by their full names: Chevrolet, Mercedes-Benz."),
            "makes_not": names("None of these makes."),
            "models": names("Any of these models, with or without the make: Honda CR-V. Searches all years."),
            "models_not": names("None of these models, with or without the make."),
            "mpg_min": number("Least combined miles per gallon; MPGe for electric, plug-in and hydrogen cars.", 200),
            "electric_range_min": number("Least miles on electricity alone; only cars that can be charged meet it.", 1000),
            "range_min": number("Least total range in miles; known for electric, plug-in and hydrogen cars only.", 1000),
            "year_min": number("Oldest model year. Without years and models, the newest three model years are searched.", 2100),
            "year_max": number("Newest model year.", 2100),
            "budget_max": number("Most US dollars. Cars whose price is unknown follow after all that are known to fit.", 5_000_000),
            "budget_min": number("Least US dollars.", 5_000_000),
            "seats_min": number("Least seats.", 15),
            "stars_min": number("Least of NHTSA's overall stars, 1 to 5; cars that aren't rated don't meet it.", 5),
            "horsepower_min": number("Least horsepower; unknown for hybrids.", 2000),
            "towing_min": number("Least towing limit in pounds; known of few cars, the others follow after them.", 40_000),
            "sort": {
                "type": "string",
                "enum": [
                    "economy", "range", "electric_range", "co2", "fuel_cost", "newest", "price", "power", "safety",
                    "seats", "towing",
                ],
                "description": "What comes first; economy if left out.",
            },
            "limit": { "type": "integer", "minimum": 1, "maximum": MOST_CARS, "description": "How many cars, 8 if left out." },
        },
    })
}

fn call(desk: &Desk<'_>, mut given: Map<String, Value>) -> Result<ToolResult, String> {
    let limit = given.remove("limit").and_then(|limit| limit.as_u64());
    let limit = limit.and_then(|limit| usize::try_from(limit).ok());
    let filter: Filter =
        serde_json::from_value(Value::Object(given)).map_err(|error| error.to_string())?;
    check_makes(desk.catalogue, &filter)?;
    Ok(search_cars(
        desk.catalogue,
        &filter,
        limit.unwrap_or(MOST_CARS),
    ))
}

fn list(description: &str, words: impl Iterator<Item = &'static str>) -> Value {
    let words: Vec<_> = words.collect();
    json!({ "type": "array", "items": { "type": "string", "enum": words }, "description": description })
}

fn names(description: &str) -> Value {
    json!({ "type": "array", "items": { "type": "string", "maxLength": 60 }, "description": description })
}

fn number(description: &str, most: u32) -> Value {
    json!({ "type": "integer", "minimum": 0, "maximum": most, "description": description })
}

/// Searches, and writes down what was found as the model gets to read it.
pub fn search_cars(catalogue: &Catalogue, filter: &Filter, limit: usize) -> ToolResult {
    let found = search::search(catalogue, filter, limit);
    let json = json!({
        "total_models": found.total,
        "listed_after_them_because_unknown": found.open.iter().map(|(limit, count)| json!({ "limit": limit, "models": count })).collect::<Vec<_>>(),
        "model_years": [found.years.0, found.years.1],
        "sorted_by": filter.sort,
        "cars": found.cars.iter().map(brief).collect::<Vec<_>>(),
        "left_out_because_unknown": found.unknown.iter().map(|(limit, count)| json!({ "limit": limit, "models": count })).collect::<Vec<_>>(),
        "smallest_changes_that_give_cars": found.changes.iter().take(4).map(|change| json!({
            "change": change.parts, "models": change.total,
        })).collect::<Vec<_>>(),
        "source": catalogue.version,
        "other_sources": catalogue.sources,
    });
    ToolResult {
        json,
        cars: found.cars,
        edits: Vec::new(),
    }
}

fn check_makes(catalogue: &Catalogue, filter: &Filter) -> Result<(), String> {
    let makes = catalogue.makes();
    for wanted in filter.makes.iter().chain(&filter.makes_not) {
        if !makes.iter().any(|make| letters(make) == letters(wanted)) {
            let known = makes.join(", ");
            return Err(format!(
                "no make is called {wanted:?}; the makes are {known}"
            ));
        }
    }
    Ok(())
}

fn brief(car: &Car) -> Value {
    json!({
        "id": car.id,
        "name": car.title(),
        "variant": car.variant,
        "body": car.body,
        "fuel": car.fuel,
        "drive": car.drive,
        "transmission": car.transmission,
        "mpg_combined": car.mpg.map(|e| e.combined),
        "mpge_combined": car.mpge.map(|e| e.combined),
        "electric_range_mi": car.electric_range_mi,
        "range_mi": car.range_mi,
        "co2_g_per_mi": car.co2_g_per_mi,
        "fuel_cost_usd_per_year": car.fuel_cost_usd_per_year,
        "price_usd": car.price.as_ref().map(|price| price.usd),
        "price_kind": car.price.as_ref().map(|price| price.kind),
        "price_year": car.price.as_ref().map(|price| price.year),
        "seats": car.seats,
        "safety_stars": car.safety.as_ref().map(|safety| safety.stars),
        "horsepower": car.horsepower,
        "towing_lb": car.towing_lb,
    })
}
