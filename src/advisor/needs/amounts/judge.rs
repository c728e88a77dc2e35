//! Judges what a number counts by the words around it.

use super::Amount;
use super::number::{Number, is_year};
use crate::advisor::needs::Field;
use crate::advisor::needs::words::Word;

const MOST: &[&str] = &[
    "under", "below", "within", "max", "maximum", "most", "less", "to", "budget", "cheaper",
    "beyond",
];
const LEAST: &[&str] = &[
    "over",
    "above",
    "least",
    "more",
    "minimum",
    "min",
    "starting",
    "from",
    "exceed",
    "exceeding",
];
const DENYING: &[&str] = &[
    "no",
    "not",
    "nothing",
    "never",
    "without",
    "don't",
    "dont",
    "can't",
    "cant",
    "cannot",
    "won't",
    "wont",
    "wouldn't",
    "couldn't",
    "shouldn't",
    "mustn't",
    "doesn't",
    "isn't",
    "refuse",
];
/// What may stand between a denial and the limit that it turns round: "don't want to spend over 30k".
const PASSED: &[&str] = &[
    "want",
    "to",
    "spend",
    "pay",
    "afford",
    "go",
    "going",
    "be",
    "cost",
    "costs",
    "anything",
    "any",
    "get",
    "buy",
    "have",
    "like",
    "something",
    "made",
    "built",
    "from",
    "really",
    "much",
    "car",
    "cars",
    "looking",
    "for",
    "need",
    "consider",
    "ever",
    "a",
    "model",
    "models",
    "that's",
    "it",
    "one",
];

/// A number's surroundings.
pub struct Amounts<'a> {
    pub words: &'a [Word],
    pub at: usize,
    pub newest: u16,
    pub electric: bool,
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
        if miles || (unit == "of" && after(1) == "range") || unit == "range" {
            return self.miles(value, (from, end), miles, least, &mut put);
        }
        if number.money || number.scaled {
            if matches!(unit, "lb" | "lbs" | "pounds" | "pound") {
                put(Field::TowingMin, value, span(from, end + 1));
            } else if number.money && self.is_recurring(end) || value < 1000 {
                // What is paid by the month, or put down, isn't what the car costs.
            } else if !self.is_recurring(end) {
                let field = if qualified.is_some_and(|(_, most)| !most) {
                    Field::BudgetMin
                } else {
                    Field::BudgetMax
                };
                put(field, value, span(from, end));
            } else if self.says_driving(end) {
                put(Field::MilesPerYear, value, span(self.at, end + 2));
            }
            return number.words;
        }
        match unit {
            "year" | "years" if after(1) == "old" && (1..=15).contains(&value) => {
                put(
                    Field::YearMin,
                    u64::from(self.newest).saturating_sub(value),
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
                put(Field::HorsepowerMin, value, span(from, end + 1));
            }
            "lb" | "lbs" | "pounds" | "pound" if enough && value >= 500 => {
                put(Field::TowingMin, value, span(from, end + 1))
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
        if matches!(
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
            let field = if self.electric {
                Field::ElectricRangeMin
            } else {
                Field::RangeMin
            };
            if most != Some(true) {
                put(field, value, (at, end));
            }
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

    fn miles(
        &self,
        value: u64,
        (from, end): (usize, usize),
        miles: bool,
        least: bool,
        put: &mut impl FnMut(Field, u64, (usize, usize)),
    ) -> usize {
        let end = end + usize::from(miles);
        let near: Vec<&str> = (end..(end + 5).min(self.words.len()))
            .take_while(|i| self.same_clause(*i))
            .map(|i| self.text(i))
            .collect();
        let has = |words: &[&str]| near.iter().any(|word| words.contains(word));
        let started =
            (from.saturating_sub(4)..from).any(|i| self.same_clause(i) && self.text(i) == "range");
        if matches!(
            near[..],
            ["a" | "per" | "each" | "every", "year" | "yr", ..]
                | ["yearly" | "annually" | "yr", ..]
        ) {
            put(
                Field::MilesPerYear,
                value,
                (self.at, end + if has(&["year", "yr"]) { 2 } else { 1 }),
            );
        } else if least
            && (10..=1000).contains(&value)
            && (started
                || has(&[
                    "range",
                    "charge",
                    "electric",
                    "electricity",
                    "battery",
                    "ev",
                ]))
        {
            let charged =
                self.electric || has(&["charge", "electric", "electricity", "battery", "ev"]);
            let last = near.iter().rposition(|w| {
                ["range", "charge", "electric", "electricity", "battery"].contains(w)
            });
            let to = end + last.map_or(0, |at| at + 1);
            put(
                if charged {
                    Field::ElectricRangeMin
                } else {
                    Field::RangeMin
                },
                value,
                (from, to),
            );
        }
        end - self.at
    }

    fn year(
        &self,
        year: u64,
        from: usize,
        end: usize,
        qualified: Option<(usize, bool)>,
        put: &mut impl FnMut(Field, u64, (usize, usize)),
    ) {
        let after = |count: usize| {
            if self.same_clause(end + count) {
                self.text(end + count)
            } else {
                ""
            }
        };
        let plus = after(0) == "plus" || self.words[self.at].plus;
        let joined = matches!(after(0), "or" | "and" | "model" | "models");
        let word = after(usize::from(joined));
        let took = end + 1 + usize::from(joined);
        let before = |back: usize| self.at.checked_sub(back).map_or("", |i| self.text(i));
        let two = |first: &[&str]| first.contains(&before(2)) && before(1) == "than";
        let denied = |back: usize| self.denied(self.at.saturating_sub(back));
        if self.is_no_model_year() {
            return;
        }
        // Each limit with what it turns into when it is denied: "nothing before 2020" is 2020 or newer.
        let mut limit = |back: usize, plain: (Field, u64), turned: (Field, u64)| match denied(back)
        {
            Some(from) => put(turned.0, turned.1, (from, end)),
            None => put(plain.0, plain.1, (self.at - back, end)),
        };
        let (min, max) = (Field::YearMin, Field::YearMax);
        match (word, before(1)) {
            (
                "newer" | "later" | "up" | "onward" | "onwards" | "above" | "younger" | "more"
                | "recent",
                _,
            ) => put(min, year, (self.at, took)),
            ("older" | "earlier" | "below", _) => put(max, year, (self.at, took)),
            _ if two(&["newer", "later", "younger"]) => limit(2, (min, year + 1), (max, year)),
            _ if two(&["older", "earlier"]) => limit(2, (max, year - 1), (min, year)),
            (_, "after" | "post" | "past") => limit(1, (min, year + 1), (max, year)),
            (_, "before" | "pre") => limit(1, (max, year - 1), (min, year)),
            (_, "until" | "till" | "through" | "thru") => put(max, year, (self.at - 1, end)),
            (_, "since" | "from") => put(min, year, (self.at - 1, end)),
            _ if plus => put(min, year, (self.at, end + usize::from(after(0) == "plus"))),
            _ => match qualified {
                Some((_, true)) => put(max, year, (from, end)),
                Some((_, false)) => put(min, year, (from, end)),
                None => {
                    put(min, year, (self.at, end));
                    put(max, year, (self.at, end));
                }
            },
        }
    }

    /// "born in 1985", "555-2020": a year of something else, or no year at all.
    fn is_no_model_year(&self) -> bool {
        let born = (self.at.saturating_sub(4)..self.at).any(|i| {
            self.same_clause(i)
                && self.words[i].is_any(&["born", "married", "graduated", "retired", "licensed"])
        });
        let digits = |word: &Word| word.text.chars().all(|c| c.is_ascii_digit());
        let tied = self.words[self.at].hyphen
            && self.at > 0
            && digits(&self.words[self.at - 1])
            && self.words[self.at - 1].text.len() != 4;
        born || tied
    }

    /// Where the denial starts that reaches the word at `at`: "nothing", "not", "I don't want to spend".
    fn denied(&self, at: usize) -> Option<usize> {
        let back = (at.saturating_sub(6)..at).rev();
        let mut reach =
            back.skip_while(|i| self.same_clause(*i) && PASSED.contains(&self.text(*i)));
        let first = reach.next()?;
        (self.same_clause(first) && DENYING.contains(&self.text(first))).then_some(first)
    }

    /// "under", "at least": where it starts, and whether it sets the most.
    fn qualifier(&self) -> Option<(usize, bool)> {
        let first = self.at.saturating_sub(3);
        for i in (first..self.at).rev().filter(|i| self.same_clause(*i)) {
            let word = self.text(i);
            if word.starts_with(|c: char| c.is_ascii_digit()) {
                return None; // What stands before another number speaks of that one.
            }
            let up = word == "to" && i > 0 && self.text(i - 1) == "up";
            if word == "to" && !up {
                continue;
            }
            let at = i > 0 && self.text(i - 1) == "at";
            let most = MOST.contains(&word);
            if !most && !LEAST.contains(&word) {
                continue;
            }
            let start = i - usize::from(at || up);
            let fixed = [
                "budget", "within", "max", "maximum", "min", "minimum", "from", "starting",
            ];
            return match self.denied(start) {
                Some(denial) if !up && !fixed.contains(&word) => Some((denial, !most)),
                _ => Some((start, most)),
            };
        }
        None
    }

    /// By the month, by the week, or put down; not the price.
    fn is_recurring(&self, end: usize) -> bool {
        let near = (end..(end + 3).min(self.words.len())).filter(|i| self.same_clause(*i));
        near.into_iter().any(|i| {
            self.words[i].is_any(&[
                "month", "monthly", "mo", "week", "down", "year", "yearly", "annually", "gallon",
                "day",
            ])
        })
    }

    fn is_miles(&self, end: usize) -> bool {
        matches!(self.text(end), "miles" | "mile" | "mi" | "km")
    }

    /// "I drive 15k a year"
    fn says_driving(&self, end: usize) -> bool {
        let drives = (0..self.at).any(|i| {
            self.same_clause(i) && self.words[i].is_any(&["drive", "driving", "do", "put"])
        });
        drives && (end..(end + 3).min(self.words.len())).any(|i| self.text(i) == "year")
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

/// The two ends of a span of years: "2018 to 2021", "2021-23".
fn years(number: &Number, other: &Number, written: Option<&Word>) -> Option<(u64, u64)> {
    if !is_year(number) {
        return None;
    }
    let (first, last) = (number.value as u64, other.value as u64);
    if is_year(other) {
        return Some((first.min(last), first.max(last)));
    }
    let short = written.is_some_and(|word| word.hyphen && word.text.len() == 2);
    let last = first - first % 100 + last;
    (short && !other.money && (first + 1..=2035).contains(&last)).then_some((first, last))
}
