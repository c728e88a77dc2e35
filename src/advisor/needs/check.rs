//! Checks a value for a field, however it came: from a chip that is edited, a program, or a model.

use serde_json::{Value, json};

use super::{Field, lexicon, priority_label, transmission_label};
use crate::cars::search::{letters, rank};
use crate::cars::{Body, Catalogue, Drive, Filter, Fuel, Transmission};

/// What can matter most.
const PRIORITIES: &[&str] = &[
    "economy",
    "fuel_cost",
    "co2",
    "range",
    "electric_range",
    "price",
    "safety",
    "seats",
    "power",
    "towing",
    "newest",
];

/// What a field's value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A whole number from `least` to `most`, in `unit`.
    Number {
        least: u64,
        most: u64,
        unit: &'static str,
    },
    /// A word of a closed list.
    Word,
    Make,
    Model,
}

impl Field {
    /// What its values are.
    pub fn kind(self) -> Kind {
        let number = |least, most, unit| Kind::Number { least, most, unit };
        match self {
            Field::BudgetMax | Field::BudgetMin => number(500, 5_000_000, "US dollars"),
            Field::SeatsMin => number(1, 15, "seats"),
            Field::MpgMin => number(1, 200, "mpg or MPGe"),
            Field::ElectricRangeMin | Field::RangeMin => number(1, 1_000, "miles"),
            Field::YearMin | Field::YearMax => number(1980, 2100, "model year"),
            Field::HorsepowerMin => number(1, 2_000, "hp"),
            Field::TowingMin => number(1, 40_000, "lb"),
            Field::StarsMin => number(1, 5, "stars"),
            Field::MilesPerYear => number(1, 200_000, "miles a year"),
            Field::Make | Field::MakeNot => Kind::Make,
            Field::Model | Field::ModelNot => Kind::Model,
            Field::Body
            | Field::BodyNot
            | Field::Fuel
            | Field::FuelNot
            | Field::Drive
            | Field::Transmission
            | Field::TransmissionNot
            | Field::Priority => Kind::Word,
        }
    }

    /// The words that it can have, each with what people call it; empty for numbers and names.
    pub fn choices(self) -> Vec<(&'static str, &'static str)> {
        match self {
            Field::Body | Field::BodyNot => words(Body::ALL, Body::as_str, lexicon::body_label),
            Field::Fuel | Field::FuelNot => words(Fuel::ALL, Fuel::as_str, lexicon::fuel_label),
            Field::Drive => words(Drive::ALL, Drive::as_str, |word| {
                word.parse().map_or(word, |drive: Drive| drive.label())
            }),
            Field::Transmission | Field::TransmissionNot => {
                words(Transmission::ALL, Transmission::as_str, transmission_label)
            }
            Field::Priority => words(PRIORITIES, |word| word, priority_label),
            _ => Vec::new(),
        }
    }
}

fn words<T: Copy>(
    all: &[T],
    word: fn(T) -> &'static str,
    label: fn(&'static str) -> &'static str,
) -> Vec<(&'static str, &'static str)> {
    let choice = |kind: &T| (word(*kind), label(word(*kind)));
    all.iter().map(choice).collect()
}

/// The value as a need of that field has it. Numbers are read as people write them, `$35,000` and `35k`; makes come back
/// as the catalogue spells them.
///
/// # Errors
/// With a sentence that says what can be given.
pub fn check(field: Field, value: &Value, catalogue: &Catalogue) -> Result<Value, String> {
    match field.kind() {
        Kind::Number { least, most, unit } => match read_number(value) {
            Some(number) if (least..=most).contains(&number) => Ok(json!(number)),
            _ if field == Field::YearMin || field == Field::YearMax => {
                Err("Give a model year, such as 2022.".to_owned())
            }
            _ => Err(format!(
                "Give a whole number from {} to {} ({unit}).",
                super::thousands(least),
                super::thousands(most)
            )),
        },
        Kind::Word => {
            let given = value.as_str().unwrap_or_default().trim().to_lowercase();
            let choices = field.choices();
            let known = choices.iter().find(|(word, _)| *word == given);
            known.map(|(word, _)| json!(word)).ok_or_else(|| {
                let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
                format!("Choose one of {}.", words.join(", "))
            })
        }
        Kind::Make => {
            let given = letters(value.as_str().unwrap_or_default());
            let makes = catalogue.makes();
            let known = makes.iter().find(|make| letters(make) == given);
            known
                .map(|make| json!(make))
                .ok_or_else(|| format!("The catalogue's makes are {}.", makes.join(", ")))
        }
        Kind::Model => {
            let given = value.as_str().unwrap_or_default().trim();
            let filter = Filter {
                models: vec![given.to_owned()],
                ..Filter::default()
            };
            let is_known = given.len() <= 60
                && !letters(given).is_empty()
                && !rank(catalogue, &filter).rows.is_empty();
            match is_known {
                true => Ok(json!(given)),
                false => Err("The catalogue has no model of that name. Give it as its maker does, such as CR-V.".to_owned()),
            }
        }
    }
}

/// `35000`, `"35,000"`, `"$35k"`
fn read_number(value: &Value) -> Option<u64> {
    if let Some(number) = value.as_u64() {
        return Some(number);
    }
    let text = value.as_str()?.trim().to_lowercase();
    let text: String = text
        .chars()
        .filter(|c| !matches!(c, '$' | ',' | ' '))
        .collect();
    match text.strip_suffix('k') {
        Some(thousands) => thousands.parse::<u64>().ok()?.checked_mul(1000),
        None => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_as_people_write_them_and_kept_as_the_catalogue_does() {
        let catalogue = Catalogue::built_in().unwrap();
        let good = [
            (Field::BudgetMax, json!("$35,000"), json!(35_000)),
            (Field::BudgetMax, json!("35k"), json!(35_000)),
            (Field::SeatsMin, json!(7), json!(7)),
            (Field::Body, json!("SUV"), json!("suv")),
            (
                Field::MakeNot,
                json!("mercedes benz"),
                json!("Mercedes-Benz"),
            ),
            (Field::Model, json!("CR-V"), json!("CR-V")),
            (Field::Priority, json!("economy"), json!("economy")),
        ];
        for (field, given, kept) in good {
            assert_eq!(check(field, &given, &catalogue), Ok(kept), "{field:?}");
        }
        let bad = [
            (Field::BudgetMax, json!("cheap")),
            (Field::BudgetMax, json!(-1)),
            (Field::BudgetMax, json!("99999999999999999999k")),
            (Field::StarsMin, json!(6)),
            (Field::YearMin, json!("22")),
            (Field::Body, json!("spaceship")),
            (Field::Make, json!("Zephyr")),
            (Field::Model, json!("Zephyr")),
            (Field::Model, json!(" - ")),
            (Field::Fuel, json!(["gasoline"])),
        ];
        for (field, given) in bad {
            let error = check(field, &given, &catalogue).unwrap_err();
            assert!(error.ends_with('.'), "{field:?}: {error}");
        }
    }

    #[test]
    fn every_choice_of_a_field_passes_its_own_check() {
        let catalogue = Catalogue::built_in().unwrap();
        for field in [
            Field::Body,
            Field::Fuel,
            Field::Drive,
            Field::Transmission,
            Field::Priority,
        ] {
            assert!(field.choices().len() > 3, "{field:?}");
            for (word, label) in field.choices() {
                assert_eq!(check(field, &json!(word), &catalogue), Ok(json!(word)));
                assert!(!label.is_empty());
            }
        }
    }
}
