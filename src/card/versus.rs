//! Cars side by side: a line for each figure, and of those the few that matter in an answer.

use super::{Shown, asked};
use crate::advisor::needs::Need;
use crate::cars::compare::{Line, MOST_COMPARED, compare};
use crate::cars::words;
use crate::cars::{Car, Price};

/// A line as people read it.
pub struct Row {
    pub label: &'static str,
    pub differs: bool,
    pub note: Option<String>,
    pub cells: Vec<Cell>,
}

/// A figure in a line.
pub struct Cell {
    pub text: Shown,
    pub is_best: bool,
    /// What only this one rests on; or empty.
    pub note: String,
}

impl Row {
    /// A line about these cars. What a price rests on stands beside it, or once beside the label where it is the same of all.
    pub fn of(line: &Line, cars: &[Car], basis: &impl Fn(&Price) -> String) -> Self {
        let note_of = |car: &Car| car.price.as_ref().map_or(String::new(), basis);
        let mut notes = match line.field {
            "price" => cars.iter().map(note_of).collect(),
            _ => vec![String::new(); line.values.len()],
        };
        let mut note = line.note.map(str::to_owned);
        if let Some(first) = notes.first().filter(|first| !first.is_empty()).cloned()
            && notes.iter().all(|one| *one == first)
        {
            note = Some(first);
            notes.fill(String::new());
        }
        let cell = |((at, figure), note)| Cell {
            text: Shown::of_line(line.field, figure),
            is_best: line.best.contains(&at),
            note,
        };
        Self {
            label: line.label,
            differs: line.differs,
            note,
            cells: line
                .values
                .iter()
                .enumerate()
                .zip(notes)
                .map(cell)
                .collect(),
        }
    }
}

/// The cars that an answer sets side by side.
pub struct Versus {
    /// For the page that has all the figures.
    pub ids: String,
    /// Id, title, and what tells it from others of that title.
    pub cars: Vec<(String, String, String)>,
    pub rows: Vec<Row>,
    /// Each source with what it is the source of.
    pub sources: Vec<(String, String)>,
}

impl Versus {
    /// None where there is nothing to set side by side.
    pub fn of(cars: &[Car], needs: &[Need]) -> Option<Self> {
        let cars = &cars[..cars.len().min(MOST_COMPARED)];
        let comparison = compare(cars);
        let asked = asked(needs);
        let lines = comparison.rows.iter();
        let lines: Vec<&Line> = lines.filter(|line| matters(line, &asked)).collect();
        if cars.len() < 2 || !lines.iter().any(|line| is_unlike(line)) {
            return None;
        }
        let ids: Vec<&str> = cars.iter().map(|car| car.id.as_str()).collect();
        let car = |car: &Car| (car.id.clone(), car.title(), car.variant.clone());
        let row = |line: &&Line| Row::of(line, cars, &words::price_basis);
        Some(Self {
            ids: ids.join(","),
            cars: cars.iter().map(car).collect(),
            rows: lines.iter().map(row).collect(),
            sources: sources(&lines),
        })
    }

    /// What those who don't see the table hear it called.
    pub fn label(&self) -> String {
        let titles: Vec<&str> = self
            .cars
            .iter()
            .map(|(_, title, _)| title.as_str())
            .collect();
        format!("{} side by side", titles.join(" and "))
    }
}

/// Whether the words of a line aren't all the same: here what isn't known of one car counts.
fn is_unlike(line: &Line) -> bool {
    line.values
        .windows(2)
        .any(|pair| pair[0].text != pair[1].text)
}

/// The price always; of the other figures those that were asked about or that part the cars, without the finer ones.
fn matters(line: &Line, asked: &[&str]) -> bool {
    let is_known = line.values.iter().any(|figure| !figure.value.is_null());
    let asks = |name: &str| asked.contains(&name);
    match line.field {
        "price" => true,
        "mpg.city" | "mpg.highway" | "transmission" | "range_mi" => false,
        "co2_g_per_mi" => asks("Tailpipe CO₂"),
        "seats.max" if asks("Seats") => true,
        "safety.stars" if asks("Safety") => true,
        "towing_lb" if asks("Towing") => true,
        "horsepower" if asks("Power") => true,
        "fuel_cost_usd_per_year" => is_known,
        _ => is_known && is_unlike(line),
    }
}

/// The sources of what is shown, in the order of the lines.
fn sources(lines: &[&Line]) -> Vec<(String, String)> {
    let mut sources: Vec<(String, Vec<&str>)> = Vec::new();
    for line in lines {
        for source in line
            .values
            .iter()
            .filter_map(|figure| figure.source.as_ref())
        {
            let known = sources.iter_mut().find(|(known, _)| known == source);
            match known {
                Some((_, labels)) if labels.contains(&line.label) => {}
                Some((_, labels)) => labels.push(line.label),
                None => sources.push((source.clone(), vec![line.label])),
            }
        }
    }
    let words = |(source, labels): (String, Vec<&str>)| (source, labels.join("; ").to_lowercase());
    sources.into_iter().map(words).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::advisor::needs::Field;
    use crate::cars::Catalogue;

    fn cars(numbers: &[u32]) -> Vec<Car> {
        let catalogue = Catalogue::built_in().unwrap();
        let find = |number: &u32| {
            let mut rows = catalogue.rows().iter();
            catalogue.car(rows.find(|row| row.facts.number == *number).unwrap())
        };
        numbers.iter().map(find).collect()
    }

    #[test]
    fn an_answer_shows_what_parts_the_cars_and_what_was_asked_about() {
        // A Volt and a Leaf of 2015.
        let pair = cars(&[35_246, 34_918]);
        let labels = |needs: &[Need]| {
            let versus = Versus::of(&pair, needs).unwrap();
            let labels: Vec<&str> = versus.rows.iter().map(|row| row.label).collect();
            labels
        };
        let plain = labels(&[]);
        assert!(
            plain.contains(&"Price") && plain.contains(&"Electric range"),
            "{plain:?}"
        );
        assert!(
            !plain
                .iter()
                .any(|label| label.ends_with("city") || label.contains("CO₂"))
        );
        let need = Need {
            id: "priority".into(),
            field: Field::Priority,
            value: "co2".into(),
            words: String::new(),
            message_id: String::new(),
        };
        assert!(labels(&[need]).contains(&"CO₂ from the tailpipe"));
        let versus = Versus::of(&pair, &[]).unwrap();
        let range = versus
            .rows
            .iter()
            .find(|row| row.label == "Electric range")
            .unwrap();
        assert_eq!(range.cells[0].text.text, "38 miles");
        assert_eq!(range.cells[0].text.metric.as_deref(), Some("61 km"));
        assert!(range.cells[1].is_best, "84 miles are the best");
        let (source, what) = &versus.sources.last().unwrap();
        assert!(!source.is_empty() && !what.is_empty());
    }

    #[test]
    fn one_car_or_the_same_twice_is_no_comparison() {
        assert!(Versus::of(&cars(&[35_246]), &[]).is_none());
        assert!(Versus::of(&cars(&[35_246, 35_246]), &[]).is_none());
    }
}
