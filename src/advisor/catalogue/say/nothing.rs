//! What is said when nothing fits: the smallest changes that would help.

use super::{join, list};
use crate::advisor::needs::{Field, Need, thousands};
use crate::cars::search::{Change, Found, Limit, Loosening};

/// Begins what is said then.
const NOTHING: &str = "Nothing in the catalogue meets all of that";
/// Stands between two changes.
const OR: &str = ". Or: ";
/// The most changes that are offered.
const MOST_OFFERS: usize = 3;

/// What nearly fits, when nothing does.
pub fn nothing(found: &Found, needs: &[Need]) -> String {
    let (first, last) = found.years;
    let years = if needs
        .iter()
        .any(|need| matches!(need.field, Field::YearMin | Field::YearMax | Field::Model))
    {
        String::new()
    } else {
        format!(" among model years {first} to {last}")
    };
    let nothing = format!("{NOTHING}{years}");
    let mut offers = found.changes.iter().take(MOST_OFFERS);
    let Some(smallest) = offers.next() else {
        return format!(
            "{nothing}, and changing three needs would not help. Take back those that matter least."
        );
    };
    let start = match smallest.parts.len() {
        1 => "The smallest change that would help".to_owned(),
        2 => "No single change is enough. The smallest two that would help together".to_owned(),
        _ => "No two changes are enough. The smallest three that would help together".to_owned(),
    };
    let mut text = format!("{nothing}. {start}: {}", change(smallest, needs));
    for offer in offers {
        text += &format!("{OR}{}", change(offer, needs));
    }
    text + "."
}

fn change(change: &Change, needs: &[Need]) -> String {
    let parts = change.parts.iter().map(|part| loosening(part, needs));
    let models = if change.total == 1 {
        "1 model".to_owned()
    } else {
        format!("{} models", thousands(change.total as u64))
    };
    let gives = if change.parts.len() == 1 {
        "gives"
    } else {
        "together give"
    };
    format!("{} {gives} {models}", join(parts.collect()))
}

fn loosening(part: &Loosening, needs: &[Need]) -> String {
    let of = |fields: &[Field]| list(needs.iter().filter(|need| fields.contains(&need.field)));
    let without = |field: Field| format!("leaving out \"{}\"", of(&[field]));
    let to = part.to.unwrap_or(0);
    let from = part.from.unwrap_or(0);
    match part.limit {
        Limit::Mpg => format!("at least {to} mpg or MPGe instead of {from}"),
        Limit::ElectricRange => {
            format!("at least {to} miles on electricity instead of {from}")
        }
        Limit::Range => format!("at least {to} miles of range instead of {from}"),
        Limit::YearMin => format!("going back to model year {to}"),
        Limit::YearMax => format!("going up to model year {to}"),
        Limit::BudgetMax => format!("${} more", thousands(to.abs_diff(from).into())),
        Limit::BudgetMin => format!("from ${} on", thousands(to.into())),
        Limit::Seats => format!("{to} seats instead of {from}"),
        Limit::Stars => format!("{to} safety stars instead of {from}"),
        Limit::Horsepower => format!("at least {to} hp instead of {from}"),
        Limit::Towing => format!(
            "towing {} lb instead of {}",
            thousands(to.into()),
            thousands(from.into())
        ),
        Limit::Body => without(Field::Body),
        Limit::BodyNot => without(Field::BodyNot),
        Limit::Fuel => without(Field::Fuel),
        Limit::FuelNot => without(Field::FuelNot),
        Limit::Drive => without(Field::Drive),
        Limit::Make => without(Field::Make),
        Limit::MakeNot => without(Field::MakeNot),
        Limit::Model => without(Field::Model),
        Limit::ModelNot => without(Field::ModelNot),
        Limit::Transmission => without(Field::Transmission),
        Limit::TransmissionNot => without(Field::TransmissionNot),
    }
}

/// What a shopper would say to make each of the changes that an answer with those needs offers; nothing where it offers none.
/// The sentences are [`nothing`]'s own, read back.
pub fn wishes(text: &str, needs: &[Need]) -> Vec<String> {
    let told = text.split("\n\n").find(|part| part.starts_with(NOTHING));
    let Some((_, offers)) = told.and_then(|told| told.split_once(": ")) else {
        return Vec::new();
    };
    let offers = offers.trim_end_matches('.').split(OR);
    offers.filter_map(|offer| wish(offer, needs)).collect()
}

/// None where one of its parts can't be said in a few words.
fn wish(offer: &str, needs: &[Need]) -> Option<String> {
    let changes = [" together give ", " gives "]
        .iter()
        .find_map(|gives| offer.rsplit_once(gives))?
        .0;
    let parts: Option<Vec<String>> = parts(changes)
        .iter()
        .map(|part| said(part, needs))
        .collect();
    let mut words = parts?.join(", ");
    if let Some(first) = words.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    Some(words)
}

/// The changes that [`join`] made one of; what is quoted may have an "and" of its own.
fn parts(changes: &str) -> Vec<String> {
    let quotes = changes.split('"').enumerate();
    let marked = quotes.map(|(at, text)| match at % 2 {
        0 => text.replace(", ", "\n").replace(" and ", "\n"),
        _ => format!("\"{text}\""),
    });
    let marked: String = marked.collect();
    marked.split('\n').map(str::to_owned).collect()
}

/// One change as a shopper says it; None where it isn't one of [`loosening`]'s.
fn said(part: &str, needs: &[Need]) -> Option<String> {
    let (new, _) = part.split_once(" instead of ").unwrap_or((part, ""));
    let between = |start: &str, end: &str| new.strip_prefix(start)?.strip_suffix(end);
    if let Some(dollars) = between("$", " more") {
        let more: u64 = dollars.replace(',', "").parse().ok()?;
        let most = needs.iter().find(|need| need.field == Field::BudgetMax)?;
        return Some(format!("up to ${}", thousands(most.value.as_u64()? + more)));
    }
    if let Some(year) = between("going back to model year ", "") {
        return Some(format!("{year} or newer"));
    }
    if let Some(year) = between("going up to model year ", "") {
        return Some(format!("{year} or older"));
    }
    if let Some(own) = between("leaving out \"", "\"") {
        return Some(let_go(own));
    }
    if let Some(pounds) = between("towing ", " lb") {
        return Some(format!("tow {pounds} pounds"));
    }
    let is_figure = new.starts_with("at least ")
        || new.starts_with("from $")
        || new.ends_with(" seats")
        || new.ends_with(" safety stars");
    let new = new.strip_suffix(" or MPGe").unwrap_or(new);
    is_figure.then(|| new.to_owned())
}

/// That needs of one field count no longer, by their labels: what wasn't wanted is fine then.
fn let_go(labels: &str) -> String {
    let labels: Vec<&str> = labels
        .split(", ")
        .flat_map(|part| part.split(" and "))
        .collect();
    let unwanted = labels
        .iter()
        .map(|label| label.strip_prefix("no ").or(label.strip_prefix("not ")));
    let (one, many, names) = match unwanted.collect::<Option<Vec<&str>>>() {
        Some(unwanted) => ("is fine", "are fine", unwanted),
        None => ("doesn't matter", "don't matter", labels),
    };
    let verb = if names.len() == 1 { one } else { many };
    format!(
        "{} {verb}",
        join(names.into_iter().map(str::to_owned).collect())
    )
}
