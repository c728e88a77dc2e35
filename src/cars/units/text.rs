//! Figures in our own sentences, in the units of people who read liters and kilometers.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::{KM_PER_MILE, Per};
use crate::cars::words::thousands;

/// A mileage or a distance as our sentences have it, such as `at least 30 mpg`, `41/38 mpg`, `300 miles or more` and
/// `36 mpg against 33`; and `the highest mpg`, which is the lowest consumption.
static FIGURE: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r"(?x)
        (?P<least>at\ least\ )? (?:(?P<city>[0-9]+)/)? (?P<number>[0-9][0-9,]*)\+?\ 
        (?P<unit>mpg|MPGe|miles?|g\ of\ CO2\ a\ mile|g\ a\ mile|g/mile)\b
        (?:\ or\ (?P<more>more|MPGe))?
        (?:(?P<between>(?:\ on\ electricity|\ of\ range)?\ (?:against|instead\ of)\ )(?P<other>[0-9][0-9,]*))?
        | highest\ (?:mpg|MPGe)\b";
    Regex::new(pattern).expect("the pattern is a constant")
});

/// A part of a text.
#[derive(Debug, PartialEq)]
pub struct Part<'a> {
    pub text: &'a str,
    /// The same in metric units, where they differ.
    pub metric: Option<String>,
}

/// The parts of a text; what is no figure stays as it is. Made for our own sentences, not for what people write.
pub fn parts(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut done = 0;
    // Most texts have no such unit, and are told apart sooner without the pattern.
    let has_unit = ["mile", "mpg", "MPGe"]
        .iter()
        .any(|unit| text.contains(unit));
    let figures = has_unit.then(|| FIGURE.captures_iter(text));
    for found in figures.into_iter().flatten() {
        let place = found.get_match().range();
        // "30–40 miles", "$9,000 miles": it is a part of something else.
        let before = text[..place.start].chars().next_back();
        if found.name("unit").is_some()
            && before.is_some_and(|c| c.is_alphanumeric() || "-–/.,$".contains(c))
        {
            continue;
        }
        parts.push(Part {
            text: &text[done..place.start],
            metric: None,
        });
        parts.push(Part {
            text: &text[place.clone()],
            metric: Some(converted(&found)),
        });
        done = place.end;
    }
    parts.push(Part {
        text: &text[done..],
        metric: None,
    });
    parts.retain(|part| !part.text.is_empty());
    parts
}

/// The text in metric units.
pub fn metric(text: &str) -> String {
    let parts = parts(text).into_iter();
    let parts = parts.map(|part| part.metric.unwrap_or_else(|| part.text.to_owned()));
    parts.collect()
}

fn converted(found: &Captures<'_>) -> String {
    let has = |name| found.name(name).map(|part| part.as_str());
    let Some(unit) = has("unit") else {
        return "lowest consumption".to_owned();
    };
    let number = |name| has(name)?.replace(',', "").parse::<u32>().ok();
    let per = match unit {
        "mpg" => Some(Per::Gallon),
        "MPGe" => Some(Per::GallonEquivalent),
        _ => None,
    };
    let is_grams = unit.starts_with('g');
    let one = |figure: u32| match per {
        Some(per) => format!(
            "{:.1}",
            per.per_100_km(u16::try_from(figure).unwrap_or(u16::MAX))
        ),
        None if is_grams => thousands((f64::from(figure) / KM_PER_MILE).round() as u64),
        None => thousands(km(figure).into()),
    };
    let mut text = String::new();
    // Who wants more miles of a gallon wants fewer liters.
    text += match (has("least"), per) {
        (Some(_), Some(_)) => "at most ",
        (Some(least), None) => least,
        (None, _) => "",
    };
    text.extend(number("city").map(|city| one(city) + "/"));
    text.extend(number("number").map(one));
    text += " ";
    text += match per {
        Some(per) => per.metric_unit(),
        None => match unit {
            "g/mile" => "g/km",
            "g a mile" => "g a km",
            "g of CO2 a mile" => "g of CO2 a km",
            _ => "km",
        },
    };
    text += match (has("more"), per) {
        (Some("more"), Some(_)) => " or less",
        (Some("more"), None) => " or more",
        _ => "",
    };
    text += has("between").unwrap_or("");
    text.extend(number("other").map(one));
    text
}

/// Miles in whole kilometers.
pub fn km(miles: u32) -> u32 {
    (f64::from(miles) * KM_PER_MILE).round() as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_turn_metric_and_the_rest_stays() {
        // 235.2 / 30 and / 36, 2094.3 / 112; 300 × 1.609.
        for (us, wanted) in [
            ("at least 30 mpg", "at most 7.8 L/100 km"),
            ("30 mpg or more", "7.8 L/100 km or less"),
            (
                "36 mpg against 30 and 5 seats",
                "6.5 L/100 km against 7.8 and 5 seats",
            ),
            ("36/30 mpg city/highway", "6.5/7.8 L/100 km city/highway"),
            (
                "112 MPGe combined, the second-highest MPGe",
                "18.7 kWh/100 km combined, the second-lowest consumption",
            ),
            (
                "at least 300 miles of range instead of 400",
                "at least 483 km of range instead of 644",
            ),
            (
                "at least 40 mpg or MPGe instead of 50",
                "at most 5.9 L/100 km instead of 4.7",
            ),
            ("12,000 miles a year", "19,312 km a year"),
            ("200 miles or more in all", "322 km or more in all"),
            ("161 g of CO2 a mile", "100 g of CO2 a km"),
        ] {
            assert_eq!(metric(us), wanted);
        }
        for same in [
            "miles per gallon",
            "30–40 miles",
            "2,026 seats, 33.7 kWh",
            "a Model 3",
            "R1.5 miles",
        ] {
            assert_eq!(metric(same), same);
        }
    }
}
