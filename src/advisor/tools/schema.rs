//! Holds a value against the part of JSON Schema that the tools use, and says what is wrong in one sentence.

use serde_json::Value;

/// Checks a value: type, enum, minimum and maximum, items and their number, length, fields, required ones.
///
/// # Errors
/// With the place and what would be right there.
pub fn check(schema: &Value, value: &Value) -> Result<(), String> {
    at("the arguments", schema, value)
}

fn at(place: &str, schema: &Value, value: &Value) -> Result<(), String> {
    match schema["type"].as_str().unwrap_or_default() {
        "object" => object(place, schema, value),
        "array" => array(place, schema, value),
        "integer" | "number" => number(place, schema, value),
        "string" => string(place, schema, value),
        _ => Ok(()),
    }
}

fn object(place: &str, schema: &Value, value: &Value) -> Result<(), String> {
    let fields = value
        .as_object()
        .ok_or_else(|| format!("{place} must be an object, not {}", shown(value)))?;
    let known = schema["properties"].as_object();
    let names = || {
        let names = known.into_iter().flat_map(|known| known.keys());
        names.map(String::as_str).collect::<Vec<_>>().join(", ")
    };
    for (name, value) in fields {
        let schema = known.and_then(|known| known.get(name)).ok_or_else(|| {
            format!(
                "{place} have no field {:?}; there are {}",
                cut(name),
                names()
            )
        })?;
        at(name, schema, value)?;
    }
    let required = schema["required"].as_array().into_iter().flatten();
    for name in required.filter_map(Value::as_str) {
        if !fields.contains_key(name) {
            return Err(format!("{name} is missing"));
        }
    }
    Ok(())
}

fn array(place: &str, schema: &Value, value: &Value) -> Result<(), String> {
    let items = value
        .as_array()
        .ok_or_else(|| format!("{place} must be a list, not {}", shown(value)))?;
    let bound = |name: &str| {
        schema[name]
            .as_u64()
            .and_then(|bound| usize::try_from(bound).ok())
    };
    let (least, most) = (
        bound("minItems").unwrap_or(0),
        bound("maxItems").unwrap_or(50),
    );
    if !(least..=most).contains(&items.len()) {
        return Err(format!(
            "{place} must have {least} to {most} items, not {}",
            items.len()
        ));
    }
    for item in items {
        at(&format!("an item of {place}"), &schema["items"], item)?;
    }
    Ok(())
}

fn number(place: &str, schema: &Value, value: &Value) -> Result<(), String> {
    let whole = schema["type"] == "integer";
    let (least, most) = (&schema["minimum"], &schema["maximum"]);
    let fits = value.as_f64().is_some_and(|number| {
        least.as_f64().is_none_or(|least| number >= least)
            && most.as_f64().is_none_or(|most| number <= most)
            && (!whole || value.as_u64().is_some() || value.as_i64().is_some())
    });
    let kind = if whole { "a whole number" } else { "a number" };
    match fits {
        true => Ok(()),
        false => Err(format!(
            "{place} must be {kind} from {least} to {most}, not {}",
            shown(value)
        )),
    }
}

fn string(place: &str, schema: &Value, value: &Value) -> Result<(), String> {
    let text = value
        .as_str()
        .ok_or_else(|| format!("{place} must be a text, not {}", shown(value)))?;
    let longest = schema["maxLength"].as_u64().unwrap_or(200);
    if text.chars().count() as u64 > longest {
        return Err(format!("{place} must be at most {longest} characters long"));
    }
    let words = schema["enum"].as_array();
    let words: Option<Vec<&str>> =
        words.map(|words| words.iter().filter_map(Value::as_str).collect());
    match words {
        Some(words) if !words.contains(&text) => Err(format!(
            "{place}: {:?} is none of {}",
            cut(text),
            words.join(", ")
        )),
        _ => Ok(()),
    }
}

/// A value as an error quotes it.
fn shown(value: &Value) -> String {
    cut(&value.to_string())
}

fn cut(text: &str) -> String {
    text.chars().take(60).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_wrong_is_said_with_what_would_be_right() {
        let schema = json!({
            "type": "object",
            "required": ["ids"],
            "properties": {
                "ids": { "type": "array", "minItems": 1, "maxItems": 2, "items": { "type": "string", "maxLength": 3 } },
                "seats": { "type": "integer", "minimum": 1, "maximum": 9 },
                "sort": { "type": "string", "enum": ["price", "power"] },
            },
        });
        assert_eq!(
            check(
                &schema,
                &json!({ "ids": ["a"], "seats": 5, "sort": "price" })
            ),
            Ok(())
        );
        for (value, words) in [
            (json!([]), "must be an object"),
            (json!({}), "ids is missing"),
            (json!({ "ids": "a" }), "ids must be a list, not \"a\""),
            (json!({ "ids": [] }), "1 to 2 items, not 0"),
            (json!({ "ids": ["abcd"] }), "at most 3 characters"),
            (
                json!({ "ids": [4] }),
                "an item of ids must be a text, not 4",
            ),
            (
                json!({ "ids": ["a"], "seats": "5" }),
                "seats must be a whole number from 1 to 9, not \"5\"",
            ),
            (json!({ "ids": ["a"], "seats": 4.5 }), "whole number"),
            (json!({ "ids": ["a"], "seats": -1 }), "from 1 to 9, not -1"),
            (
                json!({ "ids": ["a"], "sort": "luck" }),
                "\"luck\" is none of price, power",
            ),
            (
                json!({ "ids": ["a"], "colour": "red" }),
                "no field \"colour\"; there are ids, seats, sort",
            ),
        ] {
            let error = check(&schema, &value).unwrap_err();
            assert!(error.contains(words), "{value}: {error}");
        }
    }
}
