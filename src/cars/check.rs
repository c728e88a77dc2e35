//! What an operator asks of a table: how much is known, what wasn't joined, what looks wrong, and single cars.

use std::collections::{BTreeMap, BTreeSet};

use super::search::letters;
use super::{Car, Catalogue, Facts, PriceKind, Row};

type Known = fn(&Facts) -> bool;

/// The fields that aren't known of every car.
const FIELDS: [(&str, Known); 10] = [
    ("body", |f| f.body.is_some()),
    ("drive", |f| f.drive.is_some()),
    ("economy", |f| f.mpg.is_some() || f.mpge.is_some()),
    ("stars", |f| f.joined.stars.is_some()),
    ("seats", |f| f.joined.seats.is_some()),
    ("power", |f| f.joined.horsepower.is_some()),
    ("towing", |f| f.joined.towing_lb.is_some()),
    ("msrp", |f| is(f, PriceKind::Msrp)),
    ("estimate", |f| is(f, PriceKind::Estimate)),
    ("operator", |f| is(f, PriceKind::Operator)),
];

fn is(facts: &Facts, kind: PriceKind) -> bool {
    facts.joined.price.is_some_and(|price| price.kind == kind)
}

/// Coverage by field and year in percent, the models of the newest year that no other file has, and outliers.
pub fn report(catalogue: &Catalogue) -> String {
    let mut text = format!(
        "{}; {}\n{} cars\n\nknown, %",
        catalogue.version,
        catalogue.sources.join("; "),
        catalogue.len()
    );
    for (name, _) in FIELDS {
        text += &format!("{name:>9}");
    }
    let mut years: BTreeMap<u16, Vec<&Row>> = BTreeMap::new();
    for row in catalogue.rows() {
        years.entry(row.facts.year).or_default().push(row);
    }
    let all: Vec<&Row> = catalogue.rows().iter().collect();
    for (label, rows) in years
        .iter()
        .map(|(year, rows)| (year.to_string(), rows))
        .chain([("all".to_owned(), &all)])
    {
        text += &format!("\n{label:<8}");
        for (_, known) in FIELDS {
            let count = rows.iter().filter(|row| known(&row.facts)).count();
            text += &format!("{:>9}", 100 * count / rows.len().max(1));
        }
    }
    text += &list("\n\nnot joined at all, newest year", unjoined(catalogue));
    text += &list("\noutliers", outliers(catalogue));
    text
}

fn list(title: &str, lines: BTreeSet<String>) -> String {
    let mut text = format!("{title}: {}\n", lines.len());
    for line in lines {
        text += &format!("  {line}\n");
    }
    text
}

/// Models of the newest year of which no other publisher's figure was found.
fn unjoined(catalogue: &Catalogue) -> BTreeSet<String> {
    let (_, newest) = catalogue.years();
    let of_newest = || {
        catalogue
            .rows()
            .iter()
            .filter(|row| row.facts.year == newest)
    };
    let name = |row: &Row| {
        let entry = catalogue.entry(row);
        format!("{} {}", entry.make, entry.base)
    };
    let joined: BTreeSet<String> = of_newest()
        .filter(|row| row.facts.joined.seats.is_some() || row.facts.joined.stars.is_some())
        .map(name)
        .collect();
    of_newest()
        .map(name)
        .filter(|name| !joined.contains(name))
        .collect()
}

/// Figures that a person should look at: very strong or very weak cars, very dear or very cheap ones.
fn outliers(catalogue: &Catalogue) -> BTreeSet<String> {
    let odd = |row: &&Row| {
        let joined = row.facts.joined;
        joined
            .horsepower
            .is_some_and(|hp| !(60..=1_100).contains(&hp))
            || joined
                .price
                .is_some_and(|price| !(12_000..=400_000).contains(&price.usd))
            || joined
                .towing_lb
                .is_some_and(|pounds| !(1_000..=14_000).contains(&pounds))
            || joined.seats.is_some_and(|seats| seats.max > 9)
    };
    let line = |row: &Row| {
        let car = catalogue.car(row);
        format!(
            "{}: {} hp, {} USD, {} lb, {} seats",
            car.id,
            number(car.horsepower),
            number(car.price.map(|price| price.usd)),
            number(car.towing_lb),
            number(car.seats.map(|seats| seats.max))
        )
    };
    catalogue.rows().iter().filter(odd).map(line).collect()
}

fn number<T: ToString>(value: Option<T>) -> String {
    value.map_or("unknown".to_owned(), |value| value.to_string())
}

/// The car of that id, or the cars whose year, make and model hold all the words.
pub fn named(catalogue: &Catalogue, words: &str) -> Vec<Car> {
    if let Some(car) = catalogue.get(words) {
        return vec![car];
    }
    let wanted: Vec<String> = words
        .split_whitespace()
        .map(letters)
        .filter(|word| !word.is_empty())
        .collect();
    let fits = |row: &&Row| {
        let entry = catalogue.entry(row);
        let name = letters(&format!(
            "{} {} {}",
            entry.facts.year, entry.make, entry.model
        ));
        !wanted.is_empty() && wanted.iter().all(|word| name.contains(word.as_str()))
    };
    catalogue
        .rows()
        .iter()
        .filter(fits)
        .map(|row| catalogue.car(row))
        .collect()
}
