//! What is said of cars whose price or towing limit is asked for but isn't known.

use crate::advisor::needs::thousands;
use crate::cars::search::{Bearing, Limit, Ranked};

/// How many there are, how many of them are shown after those that fit, and what is published about the others.
pub fn open(ranked: &Ranked, shown: usize) -> Option<String> {
    let total = ranked.bearings.len();
    if total == 0 {
        return None;
    }
    let lacks = |is: fn(Limit) -> bool| ranked.open.iter().any(|(limit, _)| is(*limit));
    let price = lacks(|limit| limit != Limit::Towing);
    let figure = match (price, lacks(|limit| limit == Limit::Towing)) {
        (true, true) => "price or towing limit",
        (true, false) => "price",
        _ => "towing limit",
    };
    let told = [
        (
            Bearing::Likely,
            ["likely fits", "likely fit"],
            "by what is published of the same model in other years",
        ),
        (Bearing::Possible, ["may fit", "may fit"], "with less to go by"),
        (
            Bearing::Unlikely,
            ["probably doesn't fit", "probably don't fit"],
            match price {
                true => {
                    "by the last known price of the model or most of its make's, or with nothing to go by"
                }
                false => "by the last known limit of the model",
            },
        ),
    ]
    .map(|(bearing, [one, many], why)| {
        let count = ranked.bearings.iter().filter(|is| **is == bearing).count();
        let verb = if count == 1 { one } else { many };
        (count > 0).then(|| format!("{} {verb}, {why}", thousands(count as u64)))
    });
    let told: Vec<String> = told.into_iter().flatten().collect();
    let (models, have) = if total == 1 {
        ("model", "has")
    } else {
        ("models", "have")
    };
    let more = if ranked.known > 0 { " more" } else { "" };
    let last = match (ranked.known, shown) {
        (0, _) | (_, 0) => String::new(),
        (_, 1) => " One that likely fits stands last in the list.".to_owned(),
        _ => format!(" {shown} that likely fit stand last in the list."),
    };
    Some(format!(
        "{}{more} {models} {have} no {figure} in the data: {}.{last}",
        thousands(total as u64),
        told.join("; "),
    ))
}
