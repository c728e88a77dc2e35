//! The sentences of the catalogue advisor.

use super::figure::Figure;
use super::talk;
use crate::advisor::needs::{Field, Need, thousands};
use crate::cars::search::{Ranked, Sort};
use crate::cars::{Car, PriceKind};

mod aside;
mod dominated;
mod nothing;
mod open;
mod shown;

pub use aside::{asides, which_counts};
pub use dominated::dominated;
pub use nothing::{nothing, wishes};
pub use open::open;
pub use shown::{cars, in_full, terms, trade_off};

pub const GREETING: &str = "Hello. Tell me what you need in a car, in your own words: its shape, what it should run on, \
    all-wheel drive or not, how far it should go on a gallon or a charge.";
pub const WELCOME: &str =
    "You're welcome. Tell me if a need changes, or ask about one of the cars by its number.";
pub const NOTHING_LEFT: &str = "Nothing is asked for any more, so we start afresh.";
pub const NOTHING_TO_COMPARE: &str = "I can't tell which cars to set side by side. Name two to four models, or say what you need first.";
pub const NOTHING_TO_POINT_AT: &str = "I can't tell which car you mean. Name the model, or give its number in the last list that I showed.";

/// `SUV, all-wheel drive and at least 40 mpg`
pub fn list<'a>(needs: impl IntoIterator<Item = &'a Need>) -> String {
    let mut needs: Vec<&Need> = needs.into_iter().collect();
    needs.sort_by_key(|need| (!need.field.checked(), need.field));
    let year = |field| {
        needs
            .iter()
            .find(|need| need.field == field)
            .map(|need| &need.value)
    };
    let one_year = year(Field::YearMin).filter(|first| year(Field::YearMax) == Some(first));
    let labels = needs
        .iter()
        .filter_map(|need| match (need.field, one_year) {
            (Field::YearMin, Some(year)) => Some(format!("model year {year}")),
            (Field::YearMax, Some(_)) => None,
            _ => Some(escape(&need.label())),
        });
    join(labels.collect())
}

pub fn join(mut parts: Vec<String>) -> String {
    match parts.pop() {
        Some(last) if parts.is_empty() => last,
        Some(last) => format!("{} and {last}", parts.join(", ")),
        None => String::new(),
    }
}

pub fn understood(needs: &[Need]) -> String {
    format!("You asked for: {}.", list(needs))
}

/// What is said when a turn holds nothing that can be read as a need.
pub fn not_understood(text: &str) -> String {
    let why = if text.chars().any(char::is_alphabetic) {
        "I found no need of yours in that."
    } else {
        "I can't read that."
    };
    format!(
        "{why} I read plain English about cars sold in the United States: body style, fuel, all-wheel drive, make or model, \
         model year, price, seats, safety stars, fuel economy, range and transmission. For example: \"a hybrid SUV with all-wheel drive, 2022 or newer\"."
    )
}

/// Other markets and their money.
pub fn elsewhere(text: &str) -> Option<String> {
    const PLACES: &[&str] = &[
        "uk",
        "britain",
        "england",
        "europe",
        "germany",
        "france",
        "canada",
        "india",
        "australia",
        "japan",
        "china",
        "mexico",
        "brazil",
        "euros",
        "euro",
        "gbp",
        "eur",
        "cad",
    ];
    let abroad = talk::words(text)
        .iter()
        .any(|word| PLACES.contains(&word.as_str()))
        || text.contains(['€', '£', '₹', '¥']);
    abroad.then(|| {
        "The catalogue holds cars as they are sold in the United States; elsewhere models and figures differ.".to_owned()
    })
}

/// Years that the catalogue doesn't have.
pub fn covered(needs: &[Need], (oldest, newest): (u16, u16)) -> Option<String> {
    let year = |field| {
        needs
            .iter()
            .find(|need| need.field == field)
            .and_then(|need| need.value.as_u64())
    };
    let before = year(Field::YearMin).is_some_and(|year| year < oldest.into())
        || year(Field::YearMax).is_some_and(|year| year < oldest.into());
    let after = year(Field::YearMin).is_some_and(|year| year > newest.into());
    (before || after)
        .then(|| format!("The catalogue covers model years {oldest} to {newest} only."))
}

pub fn found(ranked: &Ranked, needs: &[Need], cars: &[Car], sort: Sort) -> String {
    let total = ranked.known;
    let models = if total == 1 {
        "1 model fits".to_owned()
    } else {
        format!("{} models fit", thousands(total as u64))
    };
    let years = match ranked.years {
        (first, last) if first == last => format!("model year {first}"),
        (first, last) => format!("model years {first} to {last}"),
    };
    let order = match sort {
        Sort::Economy => "the most economical first",
        Sort::Range => "the longest range first",
        Sort::ElectricRange => "the longest electric range first",
        Sort::Co2 => "the least CO2 first",
        Sort::FuelCost => "the lowest fuel cost first",
        Sort::Newest => "the newest first",
        Sort::Price => "the lowest price first",
        Sort::Power => "the most powerful first",
        Sort::Safety => "the most safety stars first",
        Sort::Seats => "the most seats first",
        Sort::Towing => "the highest towing limit first",
    };
    let order = order.to_owned() + &unsorted(cars, sort);
    let named = needs
        .iter()
        .any(|need| matches!(need.field, Field::Fuel | Field::Model));
    let shown_fuels = cars.iter().map(|car| car.fuel);
    let mixed = !named
        && shown_fuels
            .clone()
            .any(|fuel| Some(fuel) != shown_fuels.clone().next());
    let shown = cars.len().min(total);
    let mix = if mixed && shown < total {
        ", of different kinds of fuel"
    } else {
        ""
    };
    match (shown, total) {
        (1, 1) => format!("{models} ({years}):"),
        _ if shown == total => format!("{models} ({years}), {order}:"),
        _ => format!("{models} ({years}). Here are {shown}, {order}{mix}:"),
    }
}

/// Of how many the figure isn't known that the order goes by: they come last, in no such order.
fn unsorted(cars: &[Car], sort: Sort) -> String {
    let Some(figure) = Figure::sorted(sort) else {
        return String::new();
    };
    let lacking = cars.iter().filter(|car| figure.of(car).is_none()).count();
    match lacking {
        0 => String::new(),
        _ if lacking == cars.len() => format!(" (but the {} of none is known)", figure.name()),
        _ => format!(" (the {} of the last {lacking} isn't known)", figure.name()),
    }
}

/// Models that may fit, but lack a figure.
pub fn unknown(ranked: &Ranked) -> Option<String> {
    let counts = ranked.unknown.iter().map(|(limit, count)| {
        let (models, their) = if *count == 1 {
            ("model", "its")
        } else {
            ("models", "their")
        };
        format!(
            "{count} {models} whose {} isn't in the data ({their} other figures fit)",
            limit.label()
        )
    });
    let counts: Vec<String> = counts.collect();
    (!counts.is_empty()).then(|| format!("Left out, though they may fit: {}.", join(counts)))
}

/// What prices are, where a budget is asked for.
pub fn prices(needs: &[Need], cars: &[Car]) -> Option<String> {
    let asked = needs
        .iter()
        .any(|need| matches!(need.field, Field::BudgetMax | Field::BudgetMin));
    let estimated = cars.iter().any(|car| {
        car.price
            .as_ref()
            .is_some_and(|price| price.kind == PriceKind::Estimate)
    });
    let known = cars.iter().any(|car| car.price.is_some());
    (asked && known).then(|| {
        let mut text = "Prices are what a new car of that model year was listed at, before options and fees".to_owned();
        if estimated {
            text += "; an estimate is another year's price, carried by the consumer price index for new vehicles";
        }
        text + ". Ask a dealer for today's."
    })
}

/// EPA's fuel costs are for a year of its own, whatever the shopper's is.
pub fn miles(needs: &[Need], cars: &[Car]) -> Option<String> {
    let need = needs
        .iter()
        .find(|need| need.field == Field::MilesPerYear)?;
    (!cars.is_empty()).then(|| {
        format!(
            "Fuel costs are EPA's, for its standard year and mix of city and highway. For your {}, open a car's page: its \
             cost to own can be reckoned with your own miles, city share and fuel prices.",
            need.label()
        )
    })
}

/// A name as plain text within Markdown.
pub fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '>' | '#' | '|' | '~' | '!' => {
                escaped.extend(['\\', letter])
            }
            _ => escaped.push(letter),
        }
    }
    escaped
}
