//! Reads a search from a query string and writes it back: the names are those of the filter's fields.

mod query;
mod set;
mod values;

use std::collections::HashMap;

pub use self::query::Query;
pub use self::set::{Set, address, set};
use self::values::{makes, models, number, parts, sort, stars, words, year};
use crate::cars::search::Sort;
use crate::cars::{Catalogue, Filter};
use crate::error::FieldError;

/// How many models come at once, unless told otherwise.
const USUAL: usize = 20;
const MOST: usize = 50;
/// What a person would write; more is an attempt at something else.
const LONGEST: usize = 80;
const MOST_VALUES: usize = 200;
/// The most values of one list.
const MOST_LISTED: usize = 20;

/// The orders, as programs and as people call them.
pub const SORTS: [(Sort, &str, &str); 11] = [
    (Sort::Economy, "economy", "Best economy"),
    (Sort::Price, "price", "Lowest price"),
    (Sort::FuelCost, "fuel_cost", "Lowest fuel cost"),
    (Sort::Co2, "co2", "Least CO₂"),
    (Sort::Newest, "newest", "Newest"),
    (Sort::Range, "range", "Longest range"),
    (
        Sort::ElectricRange,
        "electric_range",
        "Longest electric range",
    ),
    (Sort::Power, "power", "Most power"),
    (Sort::Safety, "safety", "Most safety stars"),
    (Sort::Seats, "seats", "Most seats"),
    (Sort::Towing, "towing", "Highest towing limit"),
];

/// A search as it was asked for.
#[derive(Debug)]
pub struct Asked {
    pub filter: Filter,
    /// How many models to pass over.
    pub cursor: usize,
    pub limit: usize,
    /// Everything that came, for a form that loses nothing.
    pub given: Vec<(String, String)>,
    pub wrong: Vec<FieldError>,
}

/// Reads a query string. What can't be used is in [`Asked::wrong`], and the filter goes without it.
pub fn read(query: &str, catalogue: &Catalogue) -> Asked {
    let pairs = form_urlencoded::parse(query.as_bytes()).take(MOST_VALUES + 1);
    let mut asked = Asked {
        filter: Filter::default(),
        cursor: 0,
        limit: USUAL,
        // Forms send what nobody filled in as well.
        given: pairs
            .map(|(name, value)| (name.into_owned(), value.trim().to_owned()))
            .filter(|(_, value)| !value.is_empty())
            .collect(),
        wrong: Vec::new(),
    };
    if asked.given.len() > MOST_VALUES {
        asked.given.truncate(MOST_VALUES);
        asked.blame(
            "filter",
            format!("At most {MOST_VALUES} values can be given."),
        );
    }
    asked.shorten_lists();
    for (name, value) in asked.given.clone() {
        let read = if value.chars().count() > LONGEST {
            Err(format!("At most {LONGEST} characters can be given here."))
        } else {
            asked.take(&name, &value, catalogue)
        };
        if let Err(detail) = read {
            asked.blame(&name, detail);
        }
    }
    asked.check_order();
    asked
}

impl Asked {
    /// Keeps the first values of a list that has too many, and says so: each of them has to be looked for.
    fn shorten_lists(&mut self) {
        let mut counts: HashMap<String, usize> = HashMap::new();
        let mut long = Vec::new();
        self.given.retain(|(name, value)| {
            if !LISTS.contains(&name.as_str()) {
                return true;
            }
            let count = counts.entry(name.clone()).or_default();
            *count += parts(value).count();
            let is_long = *count > MOST_LISTED;
            if is_long && !long.contains(name) {
                long.push(name.clone());
            }
            !is_long
        });
        for name in long {
            self.blame(&name, format!("At most {MOST_LISTED} can be given here."));
        }
    }

    /// One sentence for each field is enough.
    fn blame(&mut self, field: &str, detail: String) {
        if self.wrong(field).is_some() {
            return;
        }
        self.wrong.push(FieldError {
            field: field.to_owned(),
            detail,
        });
    }

    fn take(&mut self, name: &str, value: &str, catalogue: &Catalogue) -> Result<(), String> {
        let filter = &mut self.filter;
        match name {
            "bodies" => words(&mut filter.bodies, value)?,
            "bodies_not" => words(&mut filter.bodies_not, value)?,
            "fuels" => words(&mut filter.fuels, value)?,
            "fuels_not" => words(&mut filter.fuels_not, value)?,
            "drives" => words(&mut filter.drives, value)?,
            "transmissions" => words(&mut filter.transmissions, value)?,
            "transmissions_not" => words(&mut filter.transmissions_not, value)?,
            "makes" => makes(&mut filter.makes, value, catalogue)?,
            "makes_not" => makes(&mut filter.makes_not, value, catalogue)?,
            "models" => filter.models.extend(models(value)?),
            "models_not" => filter.models_not.extend(models(value)?),
            "mpg_min" => filter.mpg_min = Some(number(value)?),
            "electric_range_min" => filter.electric_range_min = Some(number(value)?),
            "range_min" => filter.range_min = Some(number(value)?),
            "year_min" => filter.year_min = Some(year(value, catalogue)?),
            "year_max" => filter.year_max = Some(year(value, catalogue)?),
            "budget_max" => filter.budget_max = Some(number(value)?),
            "budget_min" => filter.budget_min = Some(number(value)?),
            "seats_min" => filter.seats_min = Some(number(value)?),
            "stars_min" => filter.stars_min = Some(stars(value)?),
            "horsepower_min" => filter.horsepower_min = Some(number(value)?),
            "towing_min" => filter.towing_min = Some(number(value)?),
            "sort" => filter.sort = sort(value)?,
            "cursor" => self.cursor = number(value)?,
            "limit" => {
                self.limit = number(value)?;
                if !(1..=MOST).contains(&self.limit) {
                    self.limit = USUAL;
                    return Err(format!("limit must be 1 to {MOST}."));
                }
            }
            _ => {
                return Err(format!(
                    "There is no filter called “{}”. There are {}.",
                    name.chars().take(LONGEST).collect::<String>(),
                    NAMES.join(", ")
                ));
            }
        }
        Ok(())
    }

    fn check_order(&mut self) {
        let filter = &self.filter;
        let years = filter.year_min.zip(filter.year_max);
        let dollars = filter.budget_min.zip(filter.budget_max);
        if years.is_some_and(|(from, to)| from > to) {
            self.blame("year_max", "The last year is before the first.".to_owned());
        }
        if dollars.is_some_and(|(least, most)| least > most) {
            self.blame("budget_max", "The most is less than the least.".to_owned());
        }
    }

    /// What is wrong with a field.
    pub fn wrong(&self, field: &str) -> Option<&str> {
        let wrong = self.wrong.iter().find(|wrong| wrong.field == field)?;
        Some(&wrong.detail)
    }
}

const LISTS: [&str; 11] = [
    "bodies",
    "bodies_not",
    "fuels",
    "fuels_not",
    "drives",
    "makes",
    "makes_not",
    "models",
    "models_not",
    "transmissions",
    "transmissions_not",
];

const NAMES: [&str; 25] = [
    "bodies",
    "bodies_not",
    "fuels",
    "fuels_not",
    "drives",
    "makes",
    "makes_not",
    "models",
    "models_not",
    "transmissions",
    "transmissions_not",
    "mpg_min",
    "electric_range_min",
    "range_min",
    "year_min",
    "year_max",
    "budget_max",
    "budget_min",
    "seats_min",
    "stars_min",
    "horsepower_min",
    "towing_min",
    "sort",
    "cursor",
    "limit",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(query: &str) -> Asked {
        read(query, &Catalogue::built_in().unwrap())
    }

    #[test]
    fn a_search_reads_back_from_its_own_address() {
        let query = "bodies=suv&bodies=wagon,sedan&fuels_not=diesel&drives=awd&makes=mercedes+benz&models=cr-v\
                     &budget_max=%2435,000&year_min=2019&year_max=2022&mpg_min=&stars_min=4&sort=price&cursor=40";
        let first = asked(query);
        assert!(first.wrong.is_empty(), "{:?}", first.wrong);
        assert_eq!(first.filter.budget_max, Some(35_000));
        assert_eq!(first.filter.makes, ["Mercedes-Benz"]);
        assert_eq!((first.filter.mpg_min, first.cursor), (None, 40));
        let address = address(
            set(&first.filter).iter(),
            first.filter.sort,
            first.limit,
            40,
        );
        let again = asked(address.split_once('?').unwrap().1);
        assert_eq!((again.filter, again.cursor), (first.filter, 40));
    }

    #[test]
    fn what_cant_be_used_is_blamed_by_its_field() {
        for (query, field) in [
            ("bodies=truck", "bodies"),
            ("budget_max=cheap", "budget_max"),
            ("budget_max=-1", "budget_max"),
            ("budget_max=99999999999", "budget_max"),
            ("seats_min=300", "seats_min"),
            ("stars_min=0", "stars_min"),
            ("year_min=1999", "year_min"),
            ("year_min=2022&year_max=2020", "year_max"),
            ("makes=Yugo", "makes"),
            ("models=%00", "models"),
            ("sort=best", "sort"),
            ("limit=0", "limit"),
            ("cursor=x", "cursor"),
            ("colour=red", "colour"),
            ("mpg_min=%ff%fe", "mpg_min"),
        ] {
            let asked = asked(query);
            assert_eq!(asked.wrong.len(), 1, "{query}: {:?}", asked.wrong);
            assert_eq!(asked.wrong[0].field, field, "{query}");
        }
        let many = asked(&"bodies=suv&".repeat(5_000));
        assert_eq!(many.wrong[0].field, "filter");
        for many in [
            "models=a&".repeat(21),
            format!("models={}", "a,".repeat(21)),
        ] {
            let many = asked(&many);
            assert_eq!(many.wrong.len(), 1);
            assert_eq!(many.wrong[0].detail, "At most 20 can be given here.");
            assert!(many.given.len() <= 20);
        }
        assert!(asked(&"models=a&".repeat(20)).wrong.is_empty());
        let long = format!("models={}", "x".repeat(10_000));
        assert!(asked(&long).filter.models.is_empty());
    }
}
