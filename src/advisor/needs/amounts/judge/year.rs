//! Judges a year: the oldest, the newest, the only one, or no model year at all.

use super::Amounts;
use crate::advisor::needs::Field;
use crate::advisor::needs::amounts::number::{Number, is_year};
use crate::advisor::needs::words::Word;

impl Amounts<'_> {
    pub(super) fn year(
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
}

/// The two ends of a span of years: "2018 to 2021", "2021-23".
pub fn years(number: &Number, other: &Number, written: Option<&Word>) -> Option<(u64, u64)> {
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
