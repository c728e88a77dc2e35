//! What bears a reply out: the cars and figures that tools returned for it, and what the shopper said.

use std::collections::HashSet;

use serde_json::Value;

use super::figures;
use super::lex;
use super::unit::Unit;
use crate::advisor::needs::{Field, Need};
use crate::cars::Car;
use crate::cars::cost::Assumptions;

/// Everything that was looked up for one reply.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// EPA's numbers of the cars that were returned.
    pub numbers: HashSet<u32>,
    /// Figures of the results, with EPA's number of the car that they are of, if of one.
    pub figures: Vec<(Unit, f64, Option<u32>)>,
    /// What the shopper said or asked for.
    pub said: Vec<(Unit, f64)>,
    /// What a tool took for granted, as it was told to: the miles of a year, a price of fuel, the share of the city.
    pub assumed: Vec<(Unit, f64)>,
    /// All numbers that the shopper wrote, whatever they count.
    written: Vec<f64>,
    /// The prices that stand where the shopper says none: their own settings, or EPA's.
    usual: Assumptions,
}

impl Evidence {
    /// Nothing yet, for a person whose usual prices are these.
    pub fn at(usual: Assumptions) -> Self {
        Self {
            usual,
            ..Self::default()
        }
    }

    /// Takes in one result of a tool, after what the person wrote.
    pub fn add(&mut self, cars: &[Car], json: &Value) {
        self.numbers
            .extend(cars.iter().filter_map(|car| number(&car.id)));
        let before = self.figures.len();
        self.walk(json, None, None);
        if !self.has_known_prices(json) {
            // What comes out depends on a price that nobody gave.
            let added = self.figures.split_off(before).into_iter();
            self.figures
                .extend(added.filter(|(unit, ..)| *unit != Unit::Usd));
        }
    }

    /// The same, as if these cars hadn't been returned.
    pub fn without(&self, cars: &[&Car]) -> Self {
        let gone: Vec<u32> = cars.iter().filter_map(|car| number(&car.id)).collect();
        let mut left = self.clone();
        left.numbers.retain(|number| !gone.contains(number));
        left
    }

    /// Whether every price that a result assumes is the usual one or one that the person gave, in dollars or cents.
    fn has_known_prices(&self, json: &Value) -> bool {
        let usual = serde_json::to_value(&self.usual).unwrap_or_default();
        let known = |name: &str, price: f64| {
            let is = |other: f64| (other - price).abs() < 0.000_5;
            usual[name].as_f64().is_some_and(is)
                || (self.written.iter()).any(|said| is(*said) || is(*said / 100.0))
        };
        let prices = json["assumptions"].as_object().into_iter().flatten();
        prices
            .filter(|(name, _)| name.ends_with("_usd"))
            .filter_map(|(name, price)| Some((name, price.as_f64()?)))
            .all(|(name, price)| known(name, price))
    }

    /// Takes in what a person wrote.
    pub fn hear(&mut self, text: &str) {
        let tokens = lex::split(text);
        self.written.extend(figures::numbers(&tokens));
        let found = figures::find(&tokens, &vec![false; tokens.len()], None);
        let said = found.into_iter().map(|figure| (figure.unit, figure.value));
        self.said.extend(said);
        // "under 35k": an amount without a sign.
        let bare = tokens.iter().filter_map(|token| token.number());
        let bare = bare.filter(|value| *value >= 1000.0);
        self.said.extend(bare.map(|value| (Unit::Usd, value)));
    }

    /// Takes in the needs as they are understood.
    pub fn need(&mut self, need: &Need) {
        if let (Some(unit), Some(value)) = (of_field(need.field.as_str()), need.value.as_f64()) {
            self.said.push((unit, value));
            // One need stands for both: at least so many mpg or MPGe.
            if need.field == Field::MpgMin {
                self.said.push((Unit::Mpge, value));
            }
        }
    }

    /// What was taken for granted is no figure of a car, and no result.
    fn assume(&mut self, json: &Value) {
        let fields = json.as_object().into_iter().flatten();
        let figures = fields.filter_map(|(name, value)| Some((of_key(name)?, value.as_f64()?)));
        self.assumed.extend(figures);
    }

    fn walk(&mut self, json: &Value, unit: Option<Unit>, car: Option<u32>) {
        match json {
            Value::Number(figure) => {
                if let (Some(unit), Some(value)) = (unit, figure.as_f64()) {
                    self.figures.push((unit, value, car));
                    // A share of one is read out as percent.
                    if unit == Unit::Percent && value <= 1.0 {
                        self.figures.push((unit, value * 100.0, car));
                    }
                }
            }
            Value::Array(list) => {
                for item in list {
                    self.walk(item, unit, car);
                }
            }
            Value::Object(fields) => {
                let text = |name: &str| fields.get(name).and_then(Value::as_str);
                let own = text("id").or_else(|| text("car")).and_then(number);
                let limit = text("limit").and_then(of_field);
                for (name, value) in fields {
                    let unit = of_key(name).or(limit).or(unit);
                    match name.as_str() {
                        "assumptions" => self.assume(value),
                        _ => self.walk(value, unit, own.or(car)),
                    }
                }
            }
            _ => {}
        }
    }
}

/// EPA's number at the end of a car's id.
fn number(id: &str) -> Option<u32> {
    id.rsplit('-').next()?.parse().ok()
}

/// The unit of a need, or of a limit of the search, which is named without its `_min`.
fn of_field(field: &str) -> Option<Unit> {
    Some(
        match field.trim_end_matches("_min").trim_end_matches("_max") {
            "budget" => Unit::Usd,
            "seats" => Unit::Seats,
            "mpg" => Unit::Mpg,
            "electric_range" | "range" | "miles_per_year" => Unit::Miles,
            "horsepower" => Unit::Horsepower,
            "towing" => Unit::Pounds,
            "stars" => Unit::Stars,
            _ => return None,
        },
    )
}

/// The unit of a field in a result, by its name.
fn of_key(name: &str) -> Option<Unit> {
    const ENDINGS: &[(&str, Unit)] = &[
        ("usd", Unit::Usd),
        ("mpge", Unit::Mpge),
        ("mpg", Unit::Mpg),
        ("kwh", Unit::Kwh),
        ("co2", Unit::Grams),
        ("horsepower", Unit::Horsepower),
        ("towing", Unit::Pounds),
        ("stars", Unit::Stars),
        ("seats", Unit::Seats),
        ("share", Unit::Percent),
        ("percent", Unit::Percent),
        ("miles", Unit::Miles),
        ("_mi", Unit::Miles),
    ];
    let found = ENDINGS.iter().find(|(part, _)| name.contains(part));
    found.map(|(_, unit)| *unit)
}
