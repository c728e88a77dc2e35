//! What a language model may call: the catalogue's search, with arguments that are checked before it runs.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::cars::search::{self, letters};
use crate::cars::{Body, Car, Catalogue, Drive, Filter, Fuel, Transmission};

/// The most cars in one result.
pub const MOST_CARS: usize = 8;

/// What a call gave.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolResult {
    /// For the model: short, with units in the names and `null` for what isn't known.
    pub json: Value,
    /// The same cars in full, for the person.
    pub cars: Vec<Car>,
}

/// Why a call can't be made, in words that a model can act on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ToolError {
    #[error("there is no tool {0:?}; there is search_cars")]
    NoTool(String),
    #[error("the arguments of search_cars can't be used: {0}")]
    Arguments(String),
}

#[derive(Deserialize)]
struct SearchCars {
    #[serde(default = "most_cars")]
    limit: usize,
    #[serde(flatten)]
    rest: serde_json::Map<String, Value>,
}

fn most_cars() -> usize {
    MOST_CARS
}

/// The tools as OpenAI's protocol describes them.
pub fn schemas() -> Value {
    json!([{
        "type": "function",
        "function": {
            "name": "search_cars",
            "description": "Finds cars sold in the United States, model years 2015 to 2026, in EPA's and NHTSA's published data. Each model \
                comes once for each kind of fuel, in its newest year that fits. Every limit that is given must be met; leave \
                out what the person didn't ask for. null is unknown: never 0, never average. A price is a new car's of that model \
                year: msrp is published, estimate is carried over from price_year and must be called an estimate. When nothing fits, the result says which single change would give cars.",
            "parameters": {
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
                    "mpg_min": number("Least combined miles per gallon; MPGe for electric, plug-in and hydrogen cars."),
                    "electric_range_min": number("Least miles on electricity alone; only cars that can be charged meet it."),
                    "range_min": number("Least total range in miles; known for electric, plug-in and hydrogen cars only."),
                    "year_min": number("Oldest model year. Without years and models, the newest three model years are searched."),
                    "year_max": number("Newest model year."),
                    "budget_max": number("Most US dollars. Cars whose price is unknown follow after all that are known to fit."),
                    "budget_min": number("Least US dollars."),
                    "seats_min": number("Least seats."),
                    "stars_min": number("Least of NHTSA's overall stars, 1 to 5; cars that aren't rated don't meet it."),
                    "horsepower_min": number("Least horsepower; unknown for hybrids."),
                    "towing_min": number("Least towing limit in pounds; known of few cars, the others follow after them."),
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
            },
        },
    }])
}

fn list(description: &str, words: impl Iterator<Item = &'static str>) -> Value {
    let words: Vec<_> = words.collect();
    json!({ "type": "array", "items": { "type": "string", "enum": words }, "description": description })
}

fn names(description: &str) -> Value {
    json!({ "type": "array", "items": { "type": "string" }, "description": description })
}

fn number(description: &str) -> Value {
    json!({ "type": "integer", "minimum": 0, "description": description })
}

/// Makes one call.
///
/// # Errors
/// When there is no such tool, or its arguments aren't as its schema has them: a field that it doesn't have, a wrong
/// type, a word that isn't in its list, a make that the catalogue doesn't have.
pub fn call(catalogue: &Catalogue, name: &str, arguments: &str) -> Result<ToolResult, ToolError> {
    if name != "search_cars" {
        return Err(ToolError::NoTool(name.to_owned()));
    }
    let arguments = if arguments.trim().is_empty() {
        "{}"
    } else {
        arguments
    };
    let wrong = |error: serde_json::Error| ToolError::Arguments(error.to_string());
    let call: SearchCars = serde_json::from_str(arguments).map_err(wrong)?;
    // Some models write null for what they leave out.
    let given: serde_json::Map<String, Value> = call
        .rest
        .into_iter()
        .filter(|(_, value)| !value.is_null())
        .collect();
    let filter: Filter = serde_json::from_value(Value::Object(given)).map_err(wrong)?;
    if !(1..=MOST_CARS).contains(&call.limit) {
        return Err(ToolError::Arguments(format!("limit is 1 to {MOST_CARS}")));
    }
    check_makes(catalogue, &filter)?;
    Ok(search_cars(catalogue, &filter, call.limit))
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
        "single_changes_that_give_cars": found.changes.iter().take(4).map(|change| json!({
            "limit": change.limit, "from": change.from, "to": change.to, "models": change.total,
        })).collect::<Vec<_>>(),
        "source": catalogue.version,
        "other_sources": catalogue.sources,
    });
    ToolResult {
        json,
        cars: found.cars,
    }
}

fn check_makes(catalogue: &Catalogue, filter: &Filter) -> Result<(), ToolError> {
    let makes = catalogue.makes();
    for wanted in filter.makes.iter().chain(&filter.makes_not) {
        if !makes.iter().any(|make| letters(make) == letters(wanted)) {
            let known = makes.join(", ");
            return Err(ToolError::Arguments(format!(
                "no make is called {wanted:?}; the makes are {known}"
            )));
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

#[cfg(test)]
mod tests {
    use super::*;

    fn called(arguments: &str) -> Result<ToolResult, ToolError> {
        call(&Catalogue::built_in().unwrap(), "search_cars", arguments)
    }

    fn complaint(arguments: &str) -> String {
        called(arguments).unwrap_err().to_string()
    }

    #[test]
    fn a_search_gives_few_cars_with_figures_and_nulls() {
        let result = called(r#"{"bodies":["suv"],"fuels":["hybrid"],"drives":["awd","4wd"],"mpg_min":35,"limit":3}"#).unwrap();
        assert_eq!(result.cars.len(), 3);
        let first = &result.json["cars"][0];
        assert_eq!(first["id"], result.cars[0].id);
        assert!(first["mpg_combined"].as_u64().unwrap() >= 35);
        assert!(first["mpge_combined"].is_null());
        assert_eq!(result.json["source"], "EPA 2025-10-29");
        assert!(result.json.to_string().len() < 4_000);
        assert_eq!(called("").unwrap().cars.len(), MOST_CARS);
        assert_eq!(called(r#"{"mpg_min":null}"#).unwrap().cars.len(), MOST_CARS);
    }

    #[test]
    fn wrong_arguments_say_what_would_be_right() {
        assert!(
            complaint(r#"{"bodies":["truck"]}"#)
                .contains("unknown variant `truck`, expected one of `sedan`")
        );
        assert!(
            complaint(r#"{"price_max":30000}"#)
                .contains("unknown field `price_max`, expected one of `bodies`")
        );
        assert!(complaint(r#"{"mpg_min":"forty"}"#).contains("invalid type: string \"forty\""));
        assert!(complaint(r#"{"makes":["Chevy"]}"#).contains("the makes are Acura, "));
        assert!(complaint(r#"{"limit":50}"#).contains("limit is 1 to 8"));
        assert!(complaint("{").contains("can't be used"));
        assert!(complaint("[]").contains("can't be used"));
        assert_eq!(
            call(&Catalogue::built_in().unwrap(), "rm", "{}").unwrap_err(),
            ToolError::NoTool("rm".into())
        );
    }

    #[test]
    fn the_schema_names_every_limit_that_a_search_knows() {
        let schemas = schemas();
        let properties = schemas[0]["function"]["parameters"]["properties"]
            .as_object()
            .unwrap();
        let known = serde_json::to_value(Filter::default()).unwrap();
        let mut known: Vec<&str> = known
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        known.push("limit");
        let mut named: Vec<&str> = properties.keys().map(String::as_str).collect();
        known.sort_unstable();
        named.sort_unstable();
        assert_eq!(named, known);
    }
}
