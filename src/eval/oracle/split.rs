//! Counts, car by car, what each question that could be asked would leave.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use super::{Oracle, letters, meets};
use crate::cars::Catalogue;

/// The questions whose answers are compared, with the figure that answers each.
const ASKED: [&str; 7] = [
    "body",
    "fuel",
    "drive",
    "budget_max",
    "seats_min",
    "year_min",
    "electric_range_min",
];

impl Oracle {
    /// For each question, the share of the models that its answer is expected to leave, counted one by one: the shopper is as
    /// likely to take any model that fits, in any of its versions, and answers with what that version has.
    pub fn left_by_question(
        &self,
        catalogue: &Catalogue,
        needs: &[String],
    ) -> Vec<(&'static str, f64)> {
        let mut models: BTreeMap<(String, String, String), Vec<&Value>> = BTreeMap::new();
        for (row, (_, json)) in catalogue.rows().iter().zip(&self.cars) {
            if meets(json, needs) {
                let entry = catalogue.entry(row);
                let base = letters(entry.base.trim_end_matches(" Prime"));
                let fuel = json["fuel"].to_string();
                models
                    .entry((entry.make.to_owned(), base, fuel))
                    .or_default()
                    .push(json);
            }
        }
        let models: Vec<Vec<&Value>> = models.into_values().collect();
        let charged =
            |json: &&Value| matches!(json["fuel"].as_str(), Some("electric" | "plug_in_hybrid"));
        let chargeable = models.iter().flatten().all(charged);
        let asked = ASKED
            .iter()
            .filter(|field| chargeable || **field != "electric_range_min");
        asked
            .map(|field| (*field, expected(&models, field)))
            .collect()
    }
}

fn expected(models: &[Vec<&Value>], field: &str) -> f64 {
    let mut shares: HashMap<String, f64> = HashMap::new();
    let mut sum = 0.0;
    for model in models {
        let mut answers: Vec<String> = model
            .iter()
            .filter_map(|json| answer_of(json, field))
            .collect();
        answers.sort();
        answers.dedup();
        let mut of_model = 0.0;
        for answer in &answers {
            of_model += *shares.entry(answer.clone()).or_insert_with(|| {
                let kept = models
                    .iter()
                    .filter(|model| model.iter().any(|json| stays(json, field, answer)));
                kept.count() as f64 / models.len() as f64
            });
        }
        sum += if answers.is_empty() {
            1.0
        } else {
            of_model / answers.len() as f64
        };
    }
    if models.is_empty() {
        1.0
    } else {
        sum / models.len() as f64
    }
}

/// What the shopper answers who will take that car.
fn answer_of(json: &Value, field: &str) -> Option<String> {
    let figure = match field {
        "body" | "fuel" => return json[field].as_str().map(str::to_owned),
        "drive" => {
            return json["drive"]
                .as_str()
                .map(|drive| matches!(drive, "awd" | "4wd").to_string());
        }
        "budget_max" => &json["price"]["usd"],
        "seats_min" => &json["seats"]["max"],
        "year_min" => &json["year"],
        _ => &json["electric_range_mi"],
    };
    figure.as_u64().map(|figure| figure.to_string())
}

/// Whether a car is still there after that answer.
fn stays(json: &Value, field: &str, answer: &str) -> bool {
    match (answer_of(json, field), field) {
        (None, "budget_max") => true,
        (None, _) => false,
        (Some(is), "body") => is == answer || (answer == "van" && is == "minivan"),
        (Some(is), "fuel") => is == answer || (answer == "gasoline" && is == "flex_fuel"),
        (Some(is), "drive") => answer == "false" || is == answer,
        (Some(is), _) => {
            let [is, answer] = [is.as_str(), answer].map(|text| text.parse::<u64>().unwrap_or(0));
            if field == "budget_max" {
                is <= answer
            } else {
                is >= answer
            }
        }
    }
}
