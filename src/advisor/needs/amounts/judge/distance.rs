//! Judges miles: how far it goes, or how far it is driven in a year.

use super::Amounts;
use crate::advisor::needs::Field;

impl Amounts<'_> {
    pub(super) fn miles(
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
        let yearly = near
            .windows(2)
            .any(|pair| matches!(pair, ["a" | "per" | "each" | "every", "year" | "yr"]))
            || has(&["yearly", "annually"]);
        if yearly {
            put(
                Field::MilesPerYear,
                value,
                (self.at, end + if has(&["year", "yr"]) { 2 } else { 1 }),
            );
        } else if least
            && self.is_far_enough()
            && self.setting.electric
            && (100..=1000).contains(&value)
            && !has(&["commute", "trip", "trips", "away", "day", "daily", "week"])
        {
            put(Field::ElectricRangeMin, value, (from, end));
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
            let charged = self.setting.electric
                || has(&["charge", "electric", "electricity", "battery", "ev"]);
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

    /// "an electric SUV over 300 miles": such a least distance of an electric car is its range.
    fn is_far_enough(&self) -> bool {
        let drives = (0..self.at)
            .any(|i| self.same_clause(i) && self.words[i].is_any(&["drive", "driving", "commute"]));
        !drives && self.qualifier().is_some_and(|(_, most)| !most)
    }

    /// "I drive 15k a year"
    pub(super) fn says_driving(&self, end: usize) -> bool {
        let drives = (0..self.at).any(|i| {
            self.same_clause(i) && self.words[i].is_any(&["drive", "driving", "do", "put"])
        });
        drives && (end..(end + 3).min(self.words.len())).any(|i| self.text(i) == "year")
    }
}
