//! What a person sets for themselves: read from JSON or a form, and shown as the fields of a form.

use std::borrow::Cow;

use serde_json::{Map, Value};
use utoipa::openapi::schema::{AdditionalProperties, SchemaType};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::advisor::Knowledge;
use crate::cars::cost::{Assumptions, EnergyKind, amount, plain};
use crate::cars::units::Units;
use crate::cars::words::thousands;
use crate::db::users::{Changes, Preferences, Theme};
use crate::error::{Error, FieldError};

/// A JSON object or a form, with its fields as they came.
pub type Given = Map<String, Value>;

/// The figures of how somebody drives and what they pay, as [`Assumptions`] calls them.
pub const FIGURES: [&str; 9] = [
    "miles_per_year",
    "city_percent",
    "regular_usd",
    "midgrade_usd",
    "premium_usd",
    "diesel_usd",
    "electricity_usd",
    "natural_gas_usd",
    "hydrogen_usd",
];

/// What can be changed, in the schema of the API: made of the same lists that [`read`] goes by.
pub struct Settable;

impl ToSchema for Settable {
    fn name() -> Cow<'static, str> {
        "Settings".into()
    }
}

impl PartialSchema for Settable {
    fn schema() -> RefOr<Schema> {
        let words = |words: Vec<&'static str>| {
            ObjectBuilder::new()
                .schema_type(Type::String)
                .enum_values(Some(words))
        };
        // As forms and people write it, too: "12,000", or nothing for the default.
        let types = [Type::Number, Type::String, Type::Null];
        let figure = || {
            ObjectBuilder::new()
                .schema_type(SchemaType::from_iter(types.clone()))
                .description(Some("null goes back to the default"))
        };
        let mut object = ObjectBuilder::new()
            .property(
                "knowledge",
                words(Knowledge::ALL.map(Knowledge::as_str).to_vec()),
            )
            .property("units", words(Units::ALL.map(Units::as_str).to_vec()))
            .property("theme", words(THEMES.map(Theme::as_str).to_vec()))
            .additional_properties(Some(AdditionalProperties::FreeForm(false)))
            .examples([serde_json::json!({ "miles_per_year": 9000, "regular_usd": 3.6 })]);
        for name in FIGURES {
            object = object.property(name, figure());
        }
        object.into()
    }
}

const THEMES: [Theme; 3] = [Theme::System, Theme::Light, Theme::Dark];

/// Reads what is to be changed. A figure that is empty or null goes back to the default.
///
/// # Errors
/// [`Error::Invalid`] with every field that is wrong.
pub fn read(given: &Given) -> Result<Changes, Error> {
    let mut changes = Changes::default();
    let mut figures = Assumptions::default();
    let mut wrong = Vec::new();
    for (name, value) in given {
        let read = match name.as_str() {
            // Which part of the page the form is.
            "section" => Ok(()),
            "knowledge" => choose(value, Knowledge::ALL.map(Knowledge::as_str))
                .map(|word| changes.knowledge = Some(word)),
            "units" => {
                choose(value, Units::ALL.map(Units::as_str)).map(|word| changes.units = Some(word))
            }
            "theme" => {
                choose(value, THEMES.map(Theme::as_str)).map(|word| changes.theme = Some(word))
            }
            figure if FIGURES.contains(&figure) => match text_of(value) {
                Ok(text) if text.is_empty() => Ok(()),
                Ok(text) => figures.set(figure, &text),
                Err(detail) => Err(detail),
            },
            other => {
                let short: String = other.chars().take(40).collect();
                Err(format!("There is no setting called “{short}”."))
            }
        };
        wrong.extend(read.err().map(|detail| FieldError {
            field: name.clone(),
            detail,
        }));
    }
    // One sentence for each field is enough.
    for more in figures.wrong() {
        if !wrong.iter().any(|known| known.field == more.field) {
            wrong.push(more);
        }
    }
    if !wrong.is_empty() {
        return Err(Error::Invalid(wrong));
    }
    let is_set = |name: &str| {
        let value = given.get(name)?;
        Some(text_of(value).is_ok_and(|text| !text.is_empty()))
    };
    let dollars = |name: &str, usd: f64| is_set(name).map(|is_set| is_set.then_some(usd));
    // Within their bounds all of these are.
    let miles = i32::try_from(figures.miles_per_year).map_err(Error::internal)?;
    changes.miles_per_year = is_set("miles_per_year").map(|is_set| is_set.then_some(miles));
    let city = i32::from(figures.city_percent);
    changes.city_percent = is_set("city_percent").map(|is_set| is_set.then_some(city));
    changes.regular_usd = dollars("regular_usd", figures.regular_usd);
    changes.midgrade_usd = dollars("midgrade_usd", figures.midgrade_usd);
    changes.premium_usd = dollars("premium_usd", figures.premium_usd);
    changes.diesel_usd = dollars("diesel_usd", figures.diesel_usd);
    changes.electricity_usd = dollars("electricity_usd", figures.electricity_usd);
    changes.natural_gas_usd = dollars("natural_gas_usd", figures.natural_gas_usd);
    changes.hydrogen_usd = dollars("hydrogen_usd", figures.hydrogen_usd.unwrap_or_default());
    Ok(changes)
}

fn choose<const N: usize>(value: &Value, words: [&'static str; N]) -> Result<&'static str, String> {
    let given = value.as_str().unwrap_or_default();
    let found = words.into_iter().find(|word| *word == given);
    found.ok_or_else(|| format!("Choose one of {}.", words.join(", ")))
}

/// A text or a number as text, without what people write around amounts; null is empty.
fn text_of(value: &Value) -> Result<String, String> {
    match value {
        Value::Null => Ok(String::new()),
        Value::Number(number) => Ok(number.to_string()),
        Value::String(text) => Ok(plain(text)),
        _ => Err("Send a number here, or null.".to_owned()),
    }
}

/// A figure's field in the form.
pub struct Figure {
    pub name: &'static str,
    pub label: String,
    pub hint: String,
    pub value: String,
}

/// The fields of all figures, with what the person has set.
pub fn figures(own: &Preferences) -> Vec<Figure> {
    let usual = Assumptions::default();
    let whole = |name, label: &str, own: Option<i32>, hint| Figure {
        name,
        label: label.to_owned(),
        hint,
        value: own.map(|figure| figure.to_string()).unwrap_or_default(),
    };
    let mut figures = vec![
        whole(
            "miles_per_year",
            "Miles a year",
            own.miles_per_year,
            format!("empty for {}", thousands(usual.miles_per_year.into())),
        ),
        whole(
            "city_percent",
            "Of them in the city",
            own.city_percent,
            format!("percent; empty for {}", usual.city_percent),
        ),
    ];
    let prices = [
        own.regular_usd,
        own.midgrade_usd,
        own.premium_usd,
        own.diesel_usd,
        own.electricity_usd,
        own.natural_gas_usd,
        own.hydrogen_usd,
    ];
    for ((kind, name), own) in EnergyKind::ALL.iter().zip(&FIGURES[2..]).zip(prices) {
        let mut label = kind.label().to_owned();
        if let Some(first) = label.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        let usual = usual.price_of(*kind).map(amount);
        figures.push(Figure {
            name,
            label,
            hint: match usual {
                Some(usd) => format!("dollars a {}; empty for {usd}", kind.unit()),
                None => format!("dollars a {}; empty if unknown", kind.unit()),
            },
            value: own.map(amount).unwrap_or_default(),
        });
    }
    figures
}

/// One of several that can be chosen.
pub struct Choice {
    pub value: &'static str,
    pub label: &'static str,
    /// Beside the label, for the eye alone.
    pub mark: &'static str,
}

const fn choice(value: &'static str, label: &'static str) -> Choice {
    Choice {
        value,
        label,
        mark: "",
    }
}

/// How well somebody knows cars.
pub fn levels() -> Vec<Choice> {
    let stars = ["★", "★★", "★★★", "★★★★"];
    let levels = Knowledge::ALL.into_iter().zip(stars);
    let show = |(level, mark): (Knowledge, _)| Choice {
        value: level.as_str(),
        label: level.label(),
        mark,
    };
    levels.map(show).collect()
}

pub const UNITS: [Choice; 2] = [
    choice("mpg", "Miles, and miles per gallon (mpg, MPGe)"),
    choice("l_per_100km", "Kilometers, liters and kWh for 100 km"),
];

pub const COLOURS: [Choice; 3] = [
    choice("system", "As on this device"),
    choice("light", "Light"),
    choice("dark", "Dark"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read_json(given: Value) -> Result<Changes, Error> {
        read(given.as_object().unwrap())
    }

    #[test]
    fn the_prices_of_the_form_are_in_the_order_of_the_kinds() {
        for (kind, name) in EnergyKind::ALL.iter().zip(&FIGURES[2..]) {
            assert_eq!(*name, format!("{}_usd", kind.as_str()));
        }
    }

    #[test]
    fn what_is_given_is_changed_and_what_is_empty_goes_back() {
        let changes = read_json(json!({
            "section": "driving", "miles_per_year": "12,000", "regular_usd": 4.1, "diesel_usd": "", "hydrogen_usd": null,
        }));
        let wanted = Changes {
            miles_per_year: Some(Some(12_000)),
            regular_usd: Some(Some(4.1)),
            diesel_usd: Some(None),
            hydrogen_usd: Some(None),
            ..Changes::default()
        };
        assert_eq!(changes.unwrap(), wanted);
    }

    #[test]
    fn every_field_that_is_wrong_is_blamed_once() {
        let error = read_json(json!({
            "miles_per_year": 0, "city_percent": 300, "regular_usd": "3,50", "premium_usd": -1, "diesel_usd": 101,
            "electricity_usd": "NaN", "hydrogen_usd": [], "units": "km", "theme": null, "knowledge": 4, "is_active": true,
        }));
        let error = error.unwrap_err();
        let mut blamed: Vec<&str> = error.fields().iter().map(|f| f.field.as_str()).collect();
        blamed.sort_unstable();
        assert_eq!(
            blamed,
            [
                "city_percent",
                "diesel_usd",
                "electricity_usd",
                "hydrogen_usd",
                "is_active",
                "knowledge",
                "miles_per_year",
                "premium_usd",
                "regular_usd",
                "theme",
                "units"
            ]
        );
    }
}
