//! The other way: what a filter sets, as chips, and its address.

use super::{SORTS, USUAL};
use crate::cars::search::Sort;
use crate::cars::words::thousands;
use crate::cars::{Body, Filter, Fuel, Transmission};

/// A limit that is set, as its chip and its hidden field have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Set {
    pub field: &'static str,
    pub value: String,
    pub label: String,
}

/// All that a filter sets, the order left aside.
pub fn set(filter: &Filter) -> Vec<Set> {
    let mut all = Vec::new();
    let mut add = |field: &'static str, value: String, label: String| {
        all.push(Set {
            field,
            value,
            label,
        });
    };
    let mut list = |field: &'static str, words: Vec<(&str, &str)>| {
        let not = if field.ends_with("_not") { "not " } else { "" };
        for (word, label) in words {
            add(field, word.to_owned(), format!("{not}{label}"));
        }
    };
    let bodies = |of: &[Body]| {
        of.iter()
            .map(|body| (body.as_str(), body.label()))
            .collect()
    };
    let fuels = |of: &[Fuel]| {
        of.iter()
            .map(|fuel| (fuel.as_str(), fuel.label()))
            .collect()
    };
    let drives = filter.drives.iter();
    let gears = |of: &[Transmission]| {
        of.iter()
            .map(|kind| (kind.as_str(), kind.label()))
            .collect()
    };
    list("bodies", bodies(&filter.bodies));
    list("bodies_not", bodies(&filter.bodies_not));
    list("fuels", fuels(&filter.fuels));
    list("fuels_not", fuels(&filter.fuels_not));
    list(
        "drives",
        drives
            .map(|drive| (drive.as_str(), drive.label()))
            .collect(),
    );
    list("transmissions", gears(&filter.transmissions));
    list("transmissions_not", gears(&filter.transmissions_not));
    for make in &filter.makes {
        add("makes", make.clone(), make.clone());
    }
    for make in &filter.makes_not {
        add("makes_not", make.clone(), format!("not {make}"));
    }
    for model in &filter.models {
        add("models", model.clone(), format!("“{model}”"));
    }
    for model in &filter.models_not {
        add("models_not", model.clone(), format!("not “{model}”"));
    }
    let small = |value: Option<u16>| value.map(u32::from);
    let tiny = |value: Option<u8>| value.map(u32::from);
    let dollars = |usd: u32| format!("${}", thousands(usd.into()));
    let mut number = |field, value: Option<u32>, label: &dyn Fn(u32) -> String| {
        if let Some(value) = value {
            add(field, value.to_string(), label(value));
        }
    };
    number("budget_max", filter.budget_max, &|usd| {
        format!("up to {}", dollars(usd))
    });
    number("budget_min", filter.budget_min, &|usd| {
        format!("from {}", dollars(usd))
    });
    number("year_min", small(filter.year_min), &|year| {
        format!("{year} or newer")
    });
    number("year_max", small(filter.year_max), &|year| {
        format!("{year} or older")
    });
    number("mpg_min", small(filter.mpg_min), &|mpg| {
        format!("{mpg} mpg or more")
    });
    number(
        "electric_range_min",
        small(filter.electric_range_min),
        &|miles| format!("{miles} miles or more on electricity"),
    );
    number("range_min", small(filter.range_min), &|miles| {
        format!("{miles} miles or more in all")
    });
    number("seats_min", tiny(filter.seats_min), &|seats| {
        format!("{seats} seats or more")
    });
    number("stars_min", tiny(filter.stars_min), &|stars| {
        format!("{stars} stars or more")
    });
    number("horsepower_min", small(filter.horsepower_min), &|power| {
        format!("{power} hp or more")
    });
    number("towing_min", filter.towing_min, &|pounds| {
        format!("tows {} lb or more", thousands(pounds.into()))
    });
    all
}

/// The address of a search.
pub fn address<'a>(
    set: impl Iterator<Item = &'a Set>,
    sort: Sort,
    limit: usize,
    cursor: usize,
) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for limit in set {
        query.append_pair(limit.field, &limit.value);
    }
    if sort != Sort::default()
        && let Some((_, word, _)) = SORTS.iter().find(|(known, ..)| *known == sort)
    {
        query.append_pair("sort", word);
    }
    if limit != USUAL {
        query.append_pair("limit", &limit.to_string());
    }
    if cursor > 0 {
        query.append_pair("cursor", &cursor.to_string());
    }
    match query.finish() {
        query if query.is_empty() => "/cars".to_owned(),
        query => format!("/cars?{query}"),
    }
}
