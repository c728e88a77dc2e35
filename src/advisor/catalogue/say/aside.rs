//! What is said beside the cars: contradictions, what there are no figures for, what was converted.

use super::{escape, join};
use crate::advisor::needs::conflict::Conflict;
use crate::advisor::needs::question::WHICH_COUNTS;
use crate::advisor::needs::{Field, Need, heard, preferred, priority_label, thousands};
use crate::advisor::{Role, Turn};
use crate::cars::names::Names;

/// Names both needs in the shopper's own words and asks which one counts; without a question when there were enough.
pub fn which_counts(pair: &Conflict, ask: bool) -> String {
    let end = if ask {
        WHICH_COUNTS
    } else {
        "Tell me which of the two counts."
    };
    let (first, second) = (quoted(&pair.first), quoted(&pair.second));
    format!("You said {first} and {second}: both can't hold. {end}")
}

/// The words, and what was taken from them where they are the same both times.
fn quoted(need: &Need) -> String {
    let words: Vec<&str> = need.words.split_whitespace().collect();
    format!(
        "\"{}\" ({})",
        escape(&words.join(" ")),
        escape(&need.label())
    )
}

/// What the last turn spoke of that isn't in the data, and what was converted in it.
pub fn asides(text: &str, needs: &[Need], turns: &[Turn], names: &Names) -> Vec<String> {
    let mut asides = Vec::new();
    let missing = heard::without_figures(text);
    if !missing.is_empty() {
        let names = missing.iter().map(|name| (*name).to_owned()).collect();
        asides.push(format!(
            "The data has no figures for {}, so I didn't go by that.",
            join(names)
        ));
    }
    let last = turns.iter().rev().find(|turn| turn.role == Role::User);
    let said_now = needs
        .iter()
        .filter(|need| Some(&need.message_id) == last.map(|turn| &turn.message_id));
    asides.extend(said_now.filter_map(converted));
    let searched = heard::not_searched(text, needs);
    asides.extend(searched.into_iter().map(str::to_owned));
    asides.extend(only_preferred(text, names));
    asides.extend(not_first(text, needs));
    asides
}

/// What would only be welcome is no limit, which they can make it.
fn only_preferred(text: &str, names: &Names) -> Option<String> {
    let said = preferred(text, names);
    let quoted: Vec<String> = said
        .iter()
        .map(|own| format!("\"{}\"", escape(own)))
        .collect();
    (!quoted.is_empty()).then(|| {
        format!(
            "I go by limits only and left out {}: say \"must\" with it to make it one.",
            join(quoted)
        )
    })
}

/// Cars can be put in one order only.
fn not_first(text: &str, needs: &[Need]) -> Option<String> {
    let others = heard::other_priorities(text, needs);
    let labels: Vec<String> = others
        .iter()
        .map(|word| priority_label(word).to_owned())
        .collect();
    (!labels.is_empty()).then(|| {
        format!(
            "I can put the cars in one order only, and didn't go by {}.",
            join(labels)
        )
    })
}

/// "400 km range" as 249 miles.
fn converted(need: &Need) -> Option<String> {
    let number = need.value.as_u64()?;
    let said = |units: &[&str]| {
        let lower = need.words.to_lowercase();
        units.iter().any(|unit| lower.contains(unit))
    };
    let into = match need.field {
        Field::RangeMin | Field::ElectricRangeMin | Field::MilesPerYear
            if said(&["km", "kilom"]) =>
        {
            "miles"
        }
        Field::TowingMin if said(&["kg", "kilo"]) => "lb",
        _ => return None,
    };
    Some(format!(
        "I took \"{}\" as {} {into}.",
        escape(&need.words),
        thousands(number)
    ))
}
