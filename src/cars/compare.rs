//! Cars side by side: one line for each figure, where they differ, and which is best where better means something.

use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::words::{self, NOT_RATED, UNKNOWN, dollars, thousands};
use super::{Body, Car, Drive, Fuel, Price, Transmission, alike};

/// As many cars as can be set side by side.
pub const MOST_COMPARED: usize = 4;

/// Two or more cars with a line for each figure.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    pub cars: Vec<Car>,
    pub rows: Vec<Line>,
}

/// One figure of all the cars.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Line {
    /// The name of the field in [`Car`], with a dot before a part of it.
    pub field: &'static str,
    /// What people call it.
    pub label: &'static str,
    pub unit: Option<&'static str>,
    /// In the order of the cars.
    pub values: Vec<Figure>,
    /// At least two cars are known not to be alike. What isn't known differs from nothing.
    pub differs: bool,
    /// Which way is better, where there is one.
    pub better: Option<Better>,
    /// The places of the best cars, from 0. Empty where better isn't defined, where a car's figure isn't known, where all
    /// are alike, and where the prices have different bases.
    pub best: Vec<usize>,
    /// Why the figures can't be set against each other, where they can't.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<&'static str>,
}

/// One car's figure.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Figure {
    /// As in [`Car`]; null where it isn't known or where the car has none by its nature.
    pub value: Value,
    /// As people read it, with its unit: `unknown`, `not rated` and `none: it is electric` among it.
    pub text: String,
    pub source: Option<String>,
}

/// Which way is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Better {
    Lower,
    Higher,
}

/// Lines the cars up.
pub fn compare(cars: &[Car]) -> Comparison {
    Comparison {
        rows: ROWS.iter().map(|row| row.line(cars)).collect(),
        cars: cars.to_vec(),
    }
}

/// How a line is read from each car.
struct Reader {
    field: &'static str,
    label: &'static str,
    unit: Option<&'static str>,
    better: Option<Better>,
    /// The value and its words. A number is what better goes by.
    read: fn(&Car) -> (Value, String),
}

const fn reader(
    field: &'static str,
    label: &'static str,
    unit: Option<&'static str>,
    better: Option<Better>,
    read: fn(&Car) -> (Value, String),
) -> Reader {
    Reader {
        field,
        label,
        unit,
        better,
        read,
    }
}

const LOWER: Option<Better> = Some(Better::Lower);
const HIGHER: Option<Better> = Some(Better::Higher);

const ROWS: [Reader; 17] = [
    reader("price", "Price", Some("USD"), LOWER, |car| {
        match &car.price {
            Some(price) => (json!(price.usd), words::price(price)),
            None => unknown(),
        }
    }),
    reader("body", "Body", None, None, |car| {
        word(car.body, Body::as_str, Body::label)
    }),
    reader("fuel", "Fuel", None, None, |car| {
        word(Some(car.fuel), Fuel::as_str, Fuel::label)
    }),
    reader("drive", "Drive", None, None, |car| {
        word(car.drive, Drive::as_str, Drive::label)
    }),
    reader("transmission", "Transmission", None, None, |car| {
        word(car.transmission, Transmission::as_str, Transmission::label)
    }),
    reader(
        "mpg.combined",
        "Gas mileage, combined",
        Some("mpg"),
        HIGHER,
        |car| {
            number(
                car.mpg.map(|mpg| mpg.combined),
                "mpg",
                words::no_mpg(car.fuel),
            )
        },
    ),
    reader(
        "mpg.city",
        "Gas mileage, city",
        Some("mpg"),
        HIGHER,
        |car| number(car.mpg.map(|mpg| mpg.city), "mpg", words::no_mpg(car.fuel)),
    ),
    reader(
        "mpg.highway",
        "Gas mileage, highway",
        Some("mpg"),
        HIGHER,
        |car| {
            number(
                car.mpg.map(|mpg| mpg.highway),
                "mpg",
                words::no_mpg(car.fuel),
            )
        },
    ),
    reader(
        "mpge.combined",
        "On electricity or hydrogen",
        Some("MPGe"),
        HIGHER,
        |car| {
            let none = words::no_plug(car.fuel).filter(|_| car.fuel != Fuel::Hydrogen);
            number(car.mpge.map(|mpge| mpge.combined), "MPGe", none)
        },
    ),
    reader(
        "electric_range_mi",
        "Electric range",
        Some("miles"),
        HIGHER,
        |car| number(car.electric_range_mi, "miles", words::no_plug(car.fuel)),
    ),
    reader("range_mi", "Range in all", Some("miles"), HIGHER, |car| {
        number(car.range_mi, "miles", None)
    }),
    reader(
        "fuel_cost_usd_per_year",
        "Fuel cost by EPA",
        Some("USD a year"),
        LOWER,
        |car| match car.fuel_cost_usd_per_year {
            Some(usd) => (json!(usd), format!("{} a year", dollars(usd.into()))),
            None => unknown(),
        },
    ),
    reader(
        "co2_g_per_mi",
        "CO₂ from the tailpipe",
        Some("g a mile"),
        LOWER,
        |car| number(car.co2_g_per_mi, "g a mile", None),
    ),
    reader(
        "safety.stars",
        "Safety",
        Some("stars of 5"),
        HIGHER,
        |car| {
            let stars = car.safety.as_ref().map(|safety| safety.stars);
            (json!(stars), words::stars(car))
        },
    ),
    reader("seats.max", "Seats", None, HIGHER, |car| match car.seats {
        Some(seats) => (json!(seats.max), words::seats(seats)),
        None => unknown(),
    }),
    reader("horsepower", "Power", Some("hp"), HIGHER, |car| {
        number(car.horsepower, "hp", None)
    }),
    reader("towing_lb", "Towing", Some("lb"), HIGHER, |car| {
        number(car.towing_lb, "lb", None)
    }),
];

/// Said of a line of prices none of which is marked as the best.
const UNLIKE_PRICES: &str = "base prices and means of all trims can't be set against each other";

fn are_prices_alike(cars: &[Car]) -> bool {
    let prices = cars.iter().filter_map(|car| car.price.as_ref());
    alike(prices.map(Price::basis))
}

fn unknown() -> (Value, String) {
    (Value::Null, UNKNOWN.to_owned())
}

fn word<T: Copy>(
    value: Option<T>,
    word: fn(T) -> &'static str,
    label: fn(T) -> &'static str,
) -> (Value, String) {
    match value {
        Some(value) => (json!(word(value)), label(value).to_owned()),
        None => unknown(),
    }
}

/// A number with its unit, or why there can be none, or that it isn't known.
fn number<T: Into<u64> + Copy>(
    value: Option<T>,
    unit: &str,
    none: Option<&str>,
) -> (Value, String) {
    match (value.map(Into::into), none) {
        (Some(number), _) => (json!(number), format!("{} {unit}", thousands(number))),
        (None, Some(none)) => (Value::Null, none.to_owned()),
        (None, None) => unknown(),
    }
}

impl Reader {
    fn line(&self, cars: &[Car]) -> Line {
        let key = self.field.split('.').next().unwrap_or(self.field);
        let values: Vec<Figure> = cars
            .iter()
            .map(|car| {
                let (value, text) = (self.read)(car);
                Figure {
                    source: car.sources.get(key).filter(|_| !value.is_null()).cloned(),
                    value,
                    text,
                }
            })
            .collect();
        // The words, not the value: a price that is an estimate isn't the same as one that is published.
        let is_known = |figure: &&Figure| ![UNKNOWN, NOT_RATED].contains(&figure.text.as_str());
        let mut known = values.iter().filter(is_known);
        let first = known.next();
        let differs = first.is_some_and(|first| known.any(|other| other.text != first.text));
        let note = (self.field == "price" && !are_prices_alike(cars)).then_some(UNLIKE_PRICES);
        Line {
            field: self.field,
            label: self.label,
            unit: self.unit,
            best: match note {
                Some(_) => Vec::new(),
                None => self.best(&values),
            },
            note,
            better: self.better,
            differs,
            values,
        }
    }

    fn best(&self, values: &[Figure]) -> Vec<usize> {
        let numbers: Option<Vec<u64>> = values.iter().map(|f| f.value.as_u64()).collect();
        let (Some(better), Some(numbers)) = (self.better, numbers) else {
            return Vec::new();
        };
        let best = match better {
            Better::Lower => numbers.iter().min(),
            Better::Higher => numbers.iter().max(),
        };
        let places = numbers.iter().enumerate();
        let best: Vec<usize> = places
            .filter(|(_, number)| Some(*number) == best)
            .map(|(at, _)| at)
            .collect();
        if best.len() == values.len() {
            Vec::new()
        } else {
            best
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cars::Catalogue;

    fn cars(ids: &[u32]) -> Vec<Car> {
        let catalogue = Catalogue::built_in().unwrap();
        let find = |number: &u32| {
            let mut rows = catalogue.rows().iter();
            catalogue.car(rows.find(|row| row.facts.number == *number).unwrap())
        };
        ids.iter().map(find).collect()
    }

    fn line<'a>(comparison: &'a Comparison, field: &str) -> &'a Line {
        let mut rows = comparison.rows.iter();
        rows.find(|line| line.field == field).unwrap()
    }

    #[test]
    fn a_volt_and_a_leaf_of_2015_side_by_side() {
        // EPA: 37 mpg and 98 MPGe with 38 electric miles, against 114 MPGe with 84.
        let comparison = compare(&cars(&[35_246, 34_918]));
        let mpge = line(&comparison, "mpge.combined");
        assert_eq!(mpge.values[0].value, 98);
        assert_eq!(mpge.values[1].value, 114);
        assert_eq!((mpge.differs, &mpge.best), (true, &vec![1]));
        let mpg = line(&comparison, "mpg.combined");
        assert_eq!(
            (mpg.values[0].text.as_str(), &mpg.values[1].value),
            ("37 mpg", &Value::Null)
        );
        assert_eq!(mpg.values[1].text, "none: it is electric");
        assert!(mpg.best.is_empty() && mpg.differs);
        let range = line(&comparison, "electric_range_mi");
        assert_eq!(
            (&range.values[0].value, &range.best),
            (&json!(38), &vec![1])
        );
        assert_eq!(range.values[0].source.as_deref(), Some("EPA 2025-10-29"));
    }

    #[test]
    fn a_base_price_is_no_better_than_a_mean() {
        let mut pair = cars(&[34_918, 34_918]);
        let sources = ["a (base price)", "a (mean of its trims)"];
        for ((car, usd), source) in pair.iter_mut().zip([20_000, 30_000]).zip(sources) {
            car.price = Some(Price {
                usd,
                kind: crate::cars::PriceKind::Msrp,
                year: 2021,
                source: source.to_owned(),
            });
        }
        let unlike = compare(&pair);
        assert!(line(&unlike, "price").best.is_empty());
        assert_eq!(line(&unlike, "price").note, Some(UNLIKE_PRICES));
        pair[1].price.as_mut().unwrap().source = sources[0].to_owned();
        let alike = compare(&pair);
        assert_eq!(line(&alike, "price").best, [0]);
        assert_eq!(line(&alike, "price").note, None);
    }

    #[test]
    fn what_isnt_known_is_neither_different_nor_best() {
        let mut pair = cars(&[34_918, 34_918]);
        pair[0].price = None;
        pair[0].safety = None;
        pair[1].towing_lb = None;
        let comparison = compare(&pair);
        for row in &comparison.rows {
            assert!(!row.differs && row.best.is_empty(), "{row:?}");
        }
        assert_eq!(line(&comparison, "price").values[0].text, "unknown");
        assert_eq!(
            line(&comparison, "safety.stars").values[0].text,
            "not rated"
        );
        assert_eq!(
            line(&comparison, "safety.stars").values[0].value,
            Value::Null
        );
    }
}
