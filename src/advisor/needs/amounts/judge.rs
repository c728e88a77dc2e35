//! Judges what a number counts by the words around it.

use super::number::{Number, is_year};
use super::{Amount, Setting};
use crate::advisor::needs::Field;
use crate::advisor::needs::words::Word;

mod distance;
mod limit;
mod year;

use year::years;

/// What a mile, in kilometres, and a kilogram, in pounds, are.
const KILOMETRES_PER_MILE: f64 = 1.609_344;
const POUNDS_PER_KILOGRAM: f64 = 2.204_622_6;

/// A number's surroundings.
pub struct Amounts<'a> {
    pub words: &'a [Word],
    pub at: usize,
    pub setting: &'a Setting<'a>,
}

impl Amounts<'_> {
    /// Judges a number by the words around it; how many words it took in all.
    pub fn judge(
        &self,
        number: &Number,
        second: Option<&(Number, usize)>,
        found: &mut Vec<Amount>,
    ) -> usize {
        let end = self.at + number.words;
        let after = |count: usize| self.text(end + count);
        let span = |from: usize, to: usize| (from, to.min(self.words.len()));
        let value = number.value.round() as u64;
        let mut put = |field, value, (from, to): (usize, usize)| {
            found.push(Amount {
                field,
                value,
                from,
                to,
            })
        };

        if let Some((other, joint)) = second {
            let both_end = end + joint + other.words;
            if let Some((low, high)) = years(number, other, self.words.get(end + joint)) {
                put(Field::YearMin, low, span(self.at, both_end));
                put(Field::YearMax, high, span(self.at, both_end));
                return both_end - self.at;
            }
            let low = if other.scaled && number.value < 1000.0 {
                number.value * 1000.0
            } else {
                number.value
            };
            if matches!(self.text(both_end), "mpg" | "mpge") {
                if (5.0..=200.0).contains(&low) {
                    put(Field::MpgMin, low as u64, span(self.at, both_end + 1));
                }
                return both_end + 1 - self.at;
            }
            if self.is_miles(both_end) && low < other.value && other.value <= 1000.0 {
                return self.miles(low as u64, (self.at, both_end), true, true, &mut put);
            }
            let money = number.money || other.money || other.scaled;
            if money
                && low >= 1000.0
                && other.value > low
                && !self.is_recurring(both_end)
                && !self.is_miles(both_end)
            {
                put(Field::BudgetMin, low as u64, span(self.at, both_end));
                put(
                    Field::BudgetMax,
                    other.value as u64,
                    span(self.at, both_end),
                );
                return both_end - self.at;
            }
        }
        let qualified = self.qualifier();
        let from = qualified.map_or(self.at, |(from, _)| from);
        let least = qualified.is_none_or(|(_, most)| !most);
        // "tows up to 5000 lb" is a wish for that much; "under 5000 lb" is none.
        let enough = least || self.text(from) == "up";
        let unit = after(0);
        let miles = matches!(unit, "miles" | "mile" | "mi");
        if matches!(unit, "mpg" | "mpge")
            || (miles && after(1) == "per" && after(2) == "gallon")
            || (miles && after(1) == "to" && after(2) == "the" && after(3) == "gallon")
        {
            let took = if miles { 3 } else { 1 };
            if least && (5..=200).contains(&value) {
                put(Field::MpgMin, value, span(from, end + took));
            }
            return number.words + took;
        }
        if is_kilometres(unit) {
            let value = (number.value / KILOMETRES_PER_MILE).round() as u64;
            return self.miles(value, (from, end), true, least, &mut put);
        }
        if miles || (unit == "of" && after(1) == "range") || unit == "range" {
            return self.miles(value, (from, end), miles, least, &mut put);
        }
        if number.money || number.scaled {
            if matches!(unit, "lb" | "lbs" | "pounds" | "pound") {
                put(Field::TowingMin, value, span(from, end + 1));
            } else if is_kilograms(unit) {
                put(Field::TowingMin, pounds(number), span(from, end + 1));
            } else if number.money && self.is_recurring(end) || value < LEAST_PRICE {
                // What is paid by the month, or put down, isn't what the car costs.
            } else if !self.is_recurring(end) {
                let field = if qualified.is_some_and(|(_, most)| !most) {
                    Field::BudgetMin
                } else {
                    Field::BudgetMax
                };
                // "my budget isn't under 30k" says that there is more, and no least price.
                let budget = from > 0 && self.text(from - 1) == "budget";
                if !(budget && field == Field::BudgetMin) {
                    put(field, value, span(from, end));
                }
            } else if self.says_driving(end) {
                put(Field::MilesPerYear, value, span(self.at, end + 2));
            }
            return number.words;
        }
        match unit {
            "year" | "years" if after(1) == "old" && (1..=15).contains(&value) => {
                put(
                    Field::YearMin,
                    u64::from(self.setting.newest).saturating_sub(value),
                    span(from, end + 2),
                );
            }
            "seats" | "seat" | "seater" | "seaters" | "passenger" | "passengers" | "people"
            | "persons" | "adults"
                if enough && (2..=15).contains(&value) =>
            {
                put(Field::SeatsMin, value, span(from, end + 1))
            }
            "row" | "rows" if value == 3 => put(Field::SeatsMin, 6, span(self.at, end + 1)),
            "hp" | "horsepower" | "bhp" | "horse" | "horses" if least && value >= 50 => {
                // "over 400 hp" leaves out 400 itself.
                let beyond = qualified.is_some()
                    && matches!(self.text(from), "over" | "above" | "more" | "exceeding");
                let least = value + u64::from(beyond);
                put(Field::HorsepowerMin, least, span(from, end + 1));
            }
            "lb" | "lbs" | "pounds" | "pound" if enough && value >= 500 => {
                put(Field::TowingMin, value, span(from, end + 1))
            }
            _ if is_kilograms(unit) && enough && value >= 200 => {
                put(Field::TowingMin, pounds(number), span(from, end + 1));
            }
            "star" | "stars" if enough && (1..=5).contains(&value) => {
                put(Field::StarsMin, value, span(from, end + 1))
            }
            _ if is_year(number) => self.year(value, from, end, qualified, &mut put),
            _ => self.bare(value, from, end, qualified, &mut put),
        }
        number.words
    }

    /// What comes before says what it is: "seats 7", "family of six", "budget of 30000", "mpg over 40", "tow 5000".
    fn bare(
        &self,
        value: u64,
        from: usize,
        end: usize,
        qualified: Option<(usize, bool)>,
        put: &mut impl FnMut(Field, u64, (usize, usize)),
    ) {
        let start = from.saturating_sub(4);
        let near = |any: &[&str]| {
            (start..from)
                .rev()
                .find(|i| self.same_clause(*i) && self.words[*i].is_any(any))
        };
        let last = |back: usize| from.checked_sub(back).map_or("", |i| self.text(i));
        let most = qualified.map(|(_, most)| most);
        let children = self.same_clause(end) && self.words[end].is_any(CHILDREN);
        if children {
            // Not all who sit in it, or not people at all.
        } else if matches!(
            (last(2), last(1)),
            ("family" | "room" | "space" | "party", "of" | "for")
        ) || matches!(
            last(1),
            "seat" | "seats" | "seating" | "fit" | "fits" | "carry"
        ) {
            if (2..=15).contains(&value) {
                put(Field::SeatsMin, value, (from.saturating_sub(2), end));
            }
        } else if let Some(at) = near(&["tow", "tows", "towing", "haul"]).filter(|_| value >= 500) {
            put(Field::TowingMin, value, (at, end));
        } else if let Some(at) = near(&["mpg", "mpge"]).filter(|_| (5..=200).contains(&value)) {
            if most != Some(true) {
                put(Field::MpgMin, value, (at, end));
            }
        } else if let Some(at) = near(&["range"]).filter(|_| (10..=800).contains(&value)) {
            let field = if self.setting.electric {
                Field::ElectricRangeMin
            } else {
                Field::RangeMin
            };
            if most != Some(true) {
                put(field, value, (at, end));
            }
        } else if (10..=150).contains(&value)
            && (most == Some(true) && self.says_thousands(from, end)
                || self.setting.budgeted && self.is_stretched(end))
        {
            put(Field::BudgetMax, value * 1000, (from, end));
        } else if most == Some(false) && near(&["mpg", "mpge", "range"]).is_some() {
            // "mpg over 9000" is beyond any car, and no price.
        } else if (3000..1_000_000).contains(&value) && !self.is_recurring(end) {
            let spoken = near(&[
                "around",
                "about",
                "roughly",
                "maybe",
                "approximately",
                "budget",
                "spend",
                "spending",
                "pay",
                "price",
                "afford",
                "cost",
                "costs",
                "priced",
            ]);
            if most.is_some() || spoken.is_some() {
                let field = if most == Some(false) {
                    Field::BudgetMin
                } else {
                    Field::BudgetMax
                };
                put(field, value, (spoken.unwrap_or(from), end));
            }
        }
    }

    fn is_miles(&self, end: usize) -> bool {
        matches!(self.text(end), "miles" | "mile" | "mi") || is_kilometres(self.text(end))
    }

    /// "I can do 31", "let's say 40": a new budget in thousands, with nothing after it.
    fn is_stretched(&self, end: usize) -> bool {
        let before = |back: usize| self.at.checked_sub(back).map_or("", |i| self.text(i));
        let said = match before(1) {
            "do" | "say" | "that" | "it" | "afford" | "spend" => true,
            "to" => matches!(before(2), "stretch" | "go" | "up"),
            // "and for 25?", "what about 25?"
            "for" | "about" => self.at <= 3,
            _ => false,
        };
        said && !self.same_clause(end)
    }

    /// "a sedan under 30": thousands of dollars, when nothing is counted and it isn't an age.
    fn says_thousands(&self, from: usize, end: usize) -> bool {
        const FOLLOWING: &[&str] = &[
            "or", "and", "for", "with", "if", "please", "all", "total", "out", "then", "would",
        ];
        let counted = self.same_clause(end) && !self.words[end].is_any(FOLLOWING);
        let age = (from.saturating_sub(3)..from).any(|i| {
            self.same_clause(i)
                && self.words[i].is_any(&[
                    "i'm", "am", "im", "are", "we're", "she's", "he's", "who's", "is", "they're",
                    "age", "aged", "drivers", "driver", "people", "anyone", "someone",
                ])
        });
        let below = matches!(self.text(from), "under" | "below");
        let not_over = self.at > from + 1
            && matches!(self.text(self.at - 1), "over" | "above" | "than" | "exceed");
        (below || not_over) && !counted && !age
    }

    fn text(&self, at: usize) -> &str {
        self.words.get(at).map_or("", |word| word.text.as_str())
    }

    fn same_clause(&self, at: usize) -> bool {
        self.words
            .get(at)
            .is_some_and(|word| word.clause == self.words[self.at].clause)
    }
}

const CHILDREN: &[&str] = &[
    "kids",
    "children",
    "infant",
    "child",
    "car",
    "baby",
    "booster",
    "toddlers",
    "dogs",
    "bikes",
    "strollers",
    "suitcases",
    "bags",
    "surfboards",
];

fn is_kilometres(unit: &str) -> bool {
    matches!(
        unit,
        "km" | "kms" | "kilometers" | "kilometres" | "kilometer" | "kilometre"
    )
}

fn is_kilograms(unit: &str) -> bool {
    matches!(
        unit,
        "kg" | "kgs" | "kilos" | "kilograms" | "kilogram" | "kilo"
    )
}

/// A weight in kilograms as whole pounds, so many that it isn't less.
fn pounds(number: &Number) -> u64 {
    (number.value * POUNDS_PER_KILOGRAM).ceil() as u64
}

/// The least that a dollar sign makes a price.
const LEAST_PRICE: u64 = 500;
