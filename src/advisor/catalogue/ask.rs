//! Chooses the next question: first what must be asked, then the one whose answer takes away the most.

use std::collections::{BTreeMap, BTreeSet};

use crate::advisor::needs::{Field, Need, heard, question};
use crate::advisor::{Role, Turn};
use crate::cars::search::{self, Ranked};
use crate::cars::{Body, Catalogue, Drive, Facts, Filter, Fuel, Row};

/// More would be an interrogation.
const MOST_QUESTIONS: usize = 3;

/// A question must be expected to leave no more than this share of the models, or it isn't worth its answer.
const MOST_LEFT: f64 = 0.9;

/// What was said that can't be looked up until it is asked about, with its question.
pub fn first(turns: &[Turn], needs: &[Need]) -> Option<String> {
    if count(turns) >= MOST_QUESTIONS {
        return None;
    }
    let heard = heard::must_ask(turns, needs, &asked(turns))?;
    let question = question::about(heard.field)?;
    Some(match heard.because {
        "" => question.to_owned(),
        because => format!("{because} {question}"),
    })
}

/// The next question, if there is one worth asking: neither answered nor asked before, and with something to part.
pub fn next(
    catalogue: &Catalogue,
    ranked: &Ranked,
    filter: &Filter,
    needs: &[Need],
    turns: &[Turn],
) -> Option<&'static str> {
    let asked = asked(turns);
    let named = needs.iter().any(|need| need.field == Field::Model);
    if count(turns) >= MOST_QUESTIONS || named || ranked.rows.len() < 3 {
        return None;
    }
    let models = Models::of(search::fitting(catalogue, filter));
    let open =
        |field: Field| !needs.iter().any(|need| need.field == field) && !asked.contains(&field);
    let best = models
        .left()
        .into_iter()
        .filter(|(field, left)| open(*field) && *left <= MOST_LEFT);
    let best = best
        .min_by(|(_, one), (_, other)| one.total_cmp(other))
        .map(|(field, _)| field);
    // Knowing what matters most takes no car away, but puts them in order.
    let order = || (open(Field::Priority) && ranked.rows.len() > 5).then_some(Field::Priority);
    best.or_else(order).and_then(question::about)
}

/// The fields that were asked about in this conversation.
pub fn asked(turns: &[Turn]) -> Vec<Field> {
    let advisor = turns.iter().filter(|turn| turn.role == Role::Assistant);
    advisor
        .filter_map(|turn| question::asked(&turn.text))
        .collect()
}

/// How many questions there were, those about contradictions with them.
pub fn count(turns: &[Turn]) -> usize {
    let advisor = turns.iter().filter(|turn| turn.role == Role::Assistant);
    advisor
        .filter(|turn| question::ends(&turn.text).is_some())
        .count()
}

/// Whether another question may be asked at all.
pub fn may_ask(turns: &[Turn]) -> bool {
    count(turns) < MOST_QUESTIONS
}

/// Whether the last thing that the advisor said was a question of ours.
pub fn was_asked(turns: &[Turn]) -> bool {
    let last = turns.iter().rev().find(|turn| turn.role == Role::Assistant);
    last.is_some_and(|turn| question::ends(&turn.text).is_some())
}

/// What is left, by model: each as likely as any other to be the one that the shopper takes in the end, in any of its
/// versions. Their answer is what that version has, and leaves the models of which a version has it too.
struct Models {
    models: Vec<Vec<Facts>>,
}

impl Models {
    fn of(rows: Vec<Row>) -> Self {
        let mut models: BTreeMap<u32, Vec<Facts>> = BTreeMap::new();
        for row in rows {
            models.entry(row.group()).or_default().push(row.facts);
        }
        Models {
            models: models.into_values().collect(),
        }
    }

    /// Each field that can be asked about, and the share of the models that its answer is expected to leave.
    fn left(&self) -> Vec<(Field, f64)> {
        let charged = |facts: &Facts| matches!(facts.fuel, Fuel::Electric | Fuel::PlugInHybrid);
        let chargeable = self.models.iter().flatten().all(charged);
        let range = |f: &Facts| f.electric_range_mi.map(i64::from);
        let dollars = |f: &Facts| f.joined.price.map(|price| -i64::from(price.usd));
        let seats = |f: &Facts| f.joined.seats.map(|seats| i64::from(seats.max));
        let mut left = vec![
            (
                Field::Body,
                self.kinds(
                    |f| f.body,
                    |said, is| is == said || (said, is) == (Body::Van, Body::Minivan),
                ),
            ),
            (
                Field::Fuel,
                self.kinds(
                    |f| Some(f.fuel),
                    |said, is| is == said || (said, is) == (Fuel::Gasoline, Fuel::FlexFuel),
                ),
            ),
            // Who doesn't need all wheels driven takes any car.
            (
                Field::Drive,
                self.kinds(
                    |f| {
                        f.drive
                            .map(|drive| matches!(drive, Drive::Awd | Drive::FourWd))
                    },
                    |said, is| is || !said,
                ),
            ),
            (Field::BudgetMax, self.limits(dollars, true)),
            (Field::SeatsMin, self.limits(seats, false)),
            (
                Field::YearMin,
                self.limits(|f| Some(i64::from(f.year)), false),
            ),
        ];
        if chargeable {
            left.push((Field::ElectricRangeMin, self.limits(range, false)));
        }
        left
    }

    /// An answer of a closed list; `takes` tells whether what is said takes in what a car is.
    fn kinds<T: Copy + Ord>(
        &self,
        kind: impl Fn(&Facts) -> Option<T>,
        takes: impl Fn(T, T) -> bool,
    ) -> f64 {
        let of_model =
            |facts: &Vec<Facts>| -> BTreeSet<T> { facts.iter().filter_map(&kind).collect() };
        let models: Vec<BTreeSet<T>> = self.models.iter().map(of_model).collect();
        let mut shares: BTreeMap<T, f64> =
            models.iter().flatten().map(|kind| (*kind, 0.0)).collect();
        for (said, share) in &mut shares {
            let kept = models
                .iter()
                .filter(|kinds| kinds.iter().any(|is| takes(*said, *is)));
            *share = kept.count() as f64 / models.len() as f64;
        }
        mean(
            models
                .iter()
                .map(|kinds| mean(kinds.iter().map(|kind| shares[kind]))),
        )
    }

    /// An answer that is the least that will do. `open` keeps models whose figure isn't known, as the search does with
    /// prices.
    fn limits(&self, figure: impl Fn(&Facts) -> Option<i64>, open: bool) -> f64 {
        let models: Vec<BTreeSet<Option<i64>>> = self
            .models
            .iter()
            .map(|facts| facts.iter().map(&figure).collect())
            .collect();
        let best = models
            .iter()
            .filter_map(|figures| match figures.contains(&None) && open {
                true => Some(i64::MAX),
                false => figures.last().copied().flatten(),
            });
        let mut best: Vec<i64> = best.collect();
        best.sort_unstable();
        let share = |least: i64| {
            let below = best.partition_point(|figure| *figure < least);
            (best.len() - below) as f64 / models.len() as f64
        };
        mean(
            models
                .iter()
                .map(|figures| mean(figures.iter().flatten().map(|least| share(*least)))),
        )
    }
}

/// The mean; of nothing, 1: who can't answer leaves everything.
fn mean(shares: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = shares.fold((0.0, 0.0), |(sum, count), share| (sum + share, count + 1.0));
    if count == 0.0 { 1.0 } else { sum / count }
}
