//! Every tool with good arguments and bad ones.

use super::*;
use crate::advisor::Role;
use crate::advisor::needs;
use crate::cars::Filter;
use std::sync::LazyLock;

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::built_in().unwrap());

fn conversation() -> Vec<Turn> {
    let turn = |id: &str, role, text: &str| Turn {
        message_id: id.into(),
        role,
        text: text.into(),
        edits: Vec::new(),
    };
    vec![
        turn(
            "m1",
            Role::User,
            "We go camping with the whole Hockey Team, all seven players, no Teslas please",
        ),
        turn(
            "m2",
            Role::Assistant,
            "You could spend $90,000 on a limousine.",
        ),
        turn(
            "m3",
            Role::User,
            "I drive 9,000 miles a year and pay $4 a gallon",
        ),
    ]
}

fn call_on(name: &str, arguments: Value) -> Result<ToolResult, ToolError> {
    let turns = conversation();
    let needs = needs::read(&turns, &CATALOGUE);
    let desk = Desk {
        catalogue: &CATALOGUE,
        turns: &turns,
        needs: &needs,
        usual: &Assumptions::default(),
    };
    let text = match arguments {
        Value::String(text) => text,
        arguments => arguments.to_string(),
    };
    call(&desk, name, &text)
}

fn complaint(name: &str, arguments: Value) -> String {
    call_on(name, arguments).unwrap_err().to_string()
}

fn id(year: u16, model: &str) -> String {
    let mut cars = CATALOGUE.iter();
    cars.find(|car| car.year == year && car.model == model)
        .unwrap()
        .id
}

#[test]
fn a_search_gives_few_cars_with_figures_and_nulls() {
    let limits = json!({ "bodies": ["suv"], "fuels": ["hybrid"], "drives": ["awd", "4wd"], "mpg_min": 35, "limit": 3 });
    let result = call_on("search_cars", limits).unwrap();
    assert_eq!(result.cars.len(), 3);
    let first = &result.json["cars"][0];
    assert_eq!(first["id"], result.cars[0].id);
    assert!(first["mpg_combined"].as_u64().unwrap() >= 35);
    assert!(first["mpge_combined"].is_null());
    assert_eq!(result.json["source"], "EPA 2025-10-29");
    assert!(result.json.to_string().len() < 4_000);
    for nothing in [json!(""), json!({}), json!({ "mpg_min": null })] {
        assert_eq!(
            call_on("search_cars", nothing).unwrap().cars.len(),
            MOST_CARS
        );
    }
}

#[test]
fn wrong_arguments_say_what_would_be_right() {
    let search = |arguments: Value| complaint("search_cars", arguments);
    assert!(search(json!({ "bodies": ["truck"] })).contains("\"truck\" is none of sedan, "));
    assert!(
        search(json!({ "price_max": 30_000 })).contains("no field \"price_max\"; there are bodies")
    );
    assert!(
        search(json!({ "mpg_min": "forty" }))
            .contains("mpg_min must be a whole number from 0 to 200")
    );
    assert!(search(json!({ "mpg_min": 900 })).contains("not 900"));
    assert!(search(json!({ "makes": ["Chevy"] })).contains("the makes are Acura, "));
    assert!(search(json!({ "limit": 50 })).contains("from 1 to 8"));
    assert!(search(json!("{\"bodies\": [")).contains("aren't JSON"));
    assert!(search(json!("[]")).contains("must be an object"));
    assert!(search(json!("x".repeat(20_000))).contains("longer than"));
    let unknown = complaint("rm", json!({}));
    assert!(
        unknown.contains(
            "there are search_cars, car_details, compare_cars, cost_to_own, remember_needs"
        )
    );
    for tool in ["car_details", "compare_cars", "cost_to_own"] {
        let ids = |ids: &[&str]| complaint(tool, json!({ "ids": ids }));
        let real = id(2025, "Telluride FWD");
        assert!(
            ids(&["2025-aurora-zephyr-99999", "x"])
                .contains("no car has the id \"2025-aurora-zephyr-99999\"")
        );
        assert!(ids(&[&real, &real]).contains("given twice"), "{tool}");
        assert!(ids(&[]).contains("items, not 0"));
        assert!(complaint(tool, json!({})).contains("ids is missing"));
    }
}

#[test]
fn the_schema_names_every_limit_that_a_search_knows() {
    let schemas = schemas();
    let properties = &schemas[0]["function"]["parameters"]["properties"];
    let known = serde_json::to_value(Filter::default()).unwrap();
    let mut known: Vec<String> = known.as_object().unwrap().keys().cloned().collect();
    known.push("limit".to_owned());
    let mut named: Vec<String> = properties.as_object().unwrap().keys().cloned().collect();
    known.sort_unstable();
    named.sort_unstable();
    assert_eq!(named, known);
    // Whatever the search sorts by can be asked for.
    for sort in [
        "economy",
        "range",
        "electric_range",
        "co2",
        "fuel_cost",
        "newest",
        "price",
        "power",
    ] {
        assert!(
            call_on("search_cars", json!({ "sort": sort, "limit": 1 })).is_ok(),
            "{sort}"
        );
    }
}

#[test]
fn details_and_comparisons_are_the_catalogues_own() {
    let (telluride, outback) = (id(2025, "Telluride FWD"), id(2025, "Outback AWD"));
    let details = call_on("car_details", json!({ "ids": [telluride] })).unwrap();
    assert_eq!(details.json["cars"][0], json!(CATALOGUE.get(&telluride)));
    let compared = call_on("compare_cars", json!({ "ids": [telluride, outback] })).unwrap();
    assert_eq!(compared.cars.len(), 2);
    let lines = compared.json["lines"].as_array().unwrap();
    let mpg = lines
        .iter()
        .find(|line| line["label"] == "Gas mileage, combined")
        .unwrap();
    assert_eq!(
        (&mpg["best"], &mpg["values"][&telluride]),
        (&json!([outback]), &json!("22 mpg"))
    );
    assert!(complaint("compare_cars", json!({ "ids": [telluride] })).contains("2 to 4 items"));
}

#[test]
fn costs_rest_on_what_was_said_or_on_what_epa_assumes() {
    let ids = json!([id(2025, "CR-V FWD"), id(2025, "Telluride FWD")]);
    let cost = |more: Value| {
        let mut arguments = more;
        arguments["ids"] = ids.clone();
        call_on("cost_to_own", arguments)
    };
    let result = cost(json!({ "regular_usd": 4 })).unwrap().json;
    // The person said 9,000 miles a year; the rest is EPA's.
    let assumptions = &result["assumptions"];
    assert_eq!(
        (&assumptions["miles_per_year"], &assumptions["city_percent"]),
        (&json!(9_000), &json!(55))
    );
    // 30 mpg combined, by its rounded city and highway figures.
    let fuel = result["costs"][0]["fuel_usd_per_year"].as_f64().unwrap();
    assert!((1_150.0..1_250.0).contains(&fuel), "{fuel}");
    // One price is a base price, the other a mean.
    let why = result["break_even"]["detail"].as_str().unwrap();
    assert!(why.contains("can't be set against each other"), "{why}");
    let longer = cost(json!({ "miles_per_year": 18_000, "regular_usd": 4 }))
        .unwrap()
        .json;
    let twice = longer["costs"][0]["fuel_usd_per_year"].as_f64().unwrap();
    assert!((twice - 2.0 * fuel).abs() <= 1.0, "{twice} {fuel}");
    for (wrong, words) in [
        (json!({ "miles_per_year": 0 }), "from 1 to 200000"),
        (json!({ "city_percent": 101 }), "from 0 to 100"),
        (json!({ "regular_usd": -1 }), "from 0 to 100"),
        (json!({ "insurance_usd": 900 }), "no field"),
    ] {
        let error = cost(wrong).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn only_what_the_person_said_is_remembered() {
    let remember = |field: &str, value: Value, words: &str| {
        let set = json!({ "set": [{ "field": field, "value": value, "words": words }] });
        call_on("remember_needs", set)
    };
    let seats = remember("seats_min", json!(7), "hockey team, all seven").unwrap();
    let need = seats.edits[0].need.clone().unwrap();
    assert_eq!(
        (seats.edits[0].id.as_str(), need.message_id.as_str()),
        ("seats_min", "m1")
    );
    assert_eq!(
        (need.value, need.words.as_str()),
        (json!(7), "hockey team, all seven")
    );
    // Who wants a make no longer refuses it.
    let tesla = remember("make", json!("tesla"), "Teslas please")
        .unwrap()
        .edits;
    let ids: Vec<(&str, bool)> = tesla
        .iter()
        .map(|edit| (edit.id.as_str(), edit.need.is_some()))
        .collect();
    assert_eq!(ids, [("make_not-tesla", false), ("make-tesla", true)]);
    let dropped = call_on("remember_needs", json!({ "drop": ["make_not-tesla"] })).unwrap();
    assert_eq!(
        (dropped.edits[0].id.as_str(), &dropped.edits[0].need),
        ("make_not-tesla", &None)
    );

    let refused = |field: &str, value: Value, words: &str| {
        remember(field, value, words).unwrap_err().to_string()
    };
    // Words that nobody said, or that only the advisor did, or that say nothing.
    for words in ["up to $90,000", "could spend $90,000", "$", "  ", "a"] {
        assert!(
            refused("budget_max", json!(90_000), words).contains("quote what they wrote"),
            "{words}"
        );
    }
    // Words that were said, but say something else.
    for (field, value, words) in [
        ("mpg_min", json!(60), "the whole hockey team"),
        ("miles_per_year", json!(900), "9,000 miles a year"),
        ("make", json!("Kia"), "no Teslas please"),
        ("model", json!("Telluride"), "go camping"),
    ] {
        assert!(
            refused(field, value, words).contains("don't say"),
            "{words}"
        );
    }
    assert!(remember("miles_per_year", json!(9000), "9,000 miles").is_ok());
    assert!(refused("seats_min", json!(70), "hockey team").contains("from 1 to 15"));
    assert!(refused("body", json!("limousine"), "hockey team").contains("Choose one of"));
    assert!(refused("make", json!("Zephyr"), "hockey team").contains("makes are"));
    assert!(refused("colour", json!("red"), "hockey team").contains("\"colour\" is none of"));
    let error = complaint("remember_needs", json!({ "drop": ["seats_min"] }));
    assert!(
        error.contains("no need has the id \"seats_min\"; there are"),
        "{error}"
    );
    assert!(complaint("remember_needs", json!({})).contains("at least one item"));
    let unknown = json!({ "set": [{ "field": "seats_min", "value": 7, "words": "hockey team", "message_id": "m9" }] });
    assert!(complaint("remember_needs", unknown).contains("no field \"message_id\""));
}
