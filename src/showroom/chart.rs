//! The break-even chart: what two cars have cost after each year, as SVG that is drawn here.

use askama::Template;

use crate::cars::cost::{BreakEven, Cost, Outcome};
use crate::cars::words::dollars;

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 320.0;
const LEFT: f64 = 76.0;
const RIGHT: f64 = 18.0;
const TOP: f64 = 18.0;
const BOTTOM: f64 = 44.0;
/// The years that are drawn at most.
const LONGEST: f64 = 20.0;

/// Two lines with their axes. Colours are the style sheet's.
#[derive(Template)]
#[template(path = "cars/_chart.html")]
pub struct Chart {
    /// What it shows, in a sentence: the text alternative.
    pub detail: String,
    pub names: [String; 2],
    lines: [[f64; 4]; 2],
    /// Place and words of the marks on each axis.
    years: Vec<(f64, String)>,
    usd: Vec<(f64, String)>,
    meeting: Option<(f64, f64)>,
    /// Each year with what both have cost by then: the same as a table.
    pub table: Vec<(String, String, String)>,
    width: f64,
    height: f64,
    left: f64,
    bottom: f64,
    right: f64,
}

impl Chart {
    /// Draws two costs; `None` where one of them has no total, and where their prices can't be set against each other.
    pub fn of(costs: [&Cost; 2], meeting: &BreakEven) -> Option<Self> {
        if meeting.outcome == Outcome::Unknown {
            return None;
        }
        let usual = f64::from(costs[0].assumptions.years);
        // Far enough to see the lines meet, if they do in time.
        let last = match meeting.years {
            Some(years) if years.ceil() >= usual => (years.ceil() + 1.0).min(LONGEST).max(usual),
            _ => usual,
        };
        let ends = |cost: &Cost| Some((cost.after(0.0)?, cost.after(last)?));
        let ends = [ends(costs[0])?, ends(costs[1])?];
        let all = [ends[0].0, ends[0].1, ends[1].0, ends[1].1];
        let least = all.into_iter().fold(f64::INFINITY, f64::min);
        let most = all.into_iter().fold(0.0, f64::max);
        let step = step((most - least).max(100.0) / 4.0);
        let (floor, ceiling) = ((least / step).floor() * step, (most / step).ceil() * step);
        let ceiling = ceiling.max(floor + step);
        let x = |year: f64| LEFT + (WIDTH - LEFT - RIGHT) * year / last;
        let y = |usd: f64| TOP + (HEIGHT - TOP - BOTTOM) * (ceiling - usd) / (ceiling - floor);
        let every = (last / 10.0).ceil().max(1.0);
        let marks = |from: f64, to: f64, step: f64| {
            let count = ((to - from) / step).round() as usize;
            (0..=count).map(move |at| from + step * at as f64)
        };
        let year_marks: Vec<f64> = marks(0.0, (last / every).floor() * every, every).collect();
        let at_meeting = meeting
            .years
            .filter(|years| *years <= last)
            .and_then(|years| Some((x(years), y(costs[0].after(years)?))));
        let total = |cost: &Cost, year| cost.after(year).map_or(String::new(), dollars);
        let name = |at: usize| {
            let cost = costs[at];
            if costs[0].title == costs[1].title {
                format!("{} ({})", cost.title, cost.variant)
            } else {
                cost.title.clone()
            }
        };
        Some(Self {
            detail: meeting.detail.clone(),
            names: [name(0), name(1)],
            lines: ends.map(|(from, to)| [x(0.0), y(from), x(last), y(to)]),
            years: year_marks
                .iter()
                .map(|year| (x(*year), year.to_string()))
                .collect(),
            usd: marks(floor, ceiling, step)
                .map(|usd| (y(usd), dollars(usd)))
                .collect(),
            meeting: at_meeting,
            table: year_marks
                .iter()
                .map(|year| {
                    (
                        year.to_string(),
                        total(costs[0], *year),
                        total(costs[1], *year),
                    )
                })
                .collect(),
            width: WIDTH,
            height: HEIGHT,
            left: LEFT,
            bottom: HEIGHT - BOTTOM,
            right: WIDTH - RIGHT,
        })
    }
}

/// The next of 1, 2, 5, 10, 20, 50 … that is no less.
fn step(rough: f64) -> f64 {
    let power = 10_f64.powf(rough.log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0].map(|step| step * power);
    steps
        .into_iter()
        .find(|step| *step >= rough)
        .unwrap_or(10.0 * power)
}

/// A place in the drawing, to the tenth: finer than any screen.
fn place(value: &f64) -> String {
    format!("{value:.1}").trim_end_matches(".0").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cars::Catalogue;
    use crate::cars::cost::{Assumptions, break_even, cost};

    #[test]
    fn marks_are_round_numbers() {
        assert_eq!(
            [0.7, 1.0, 130.0, 2_400.0, 9_000.0].map(step),
            [1.0, 1.0, 200.0, 5_000.0, 10_000.0]
        );
    }

    #[test]
    fn two_lines_meet_inside_the_drawing() {
        let catalogue = Catalogue::built_in().unwrap();
        let rows = [catalogue.rows()[0], catalogue.rows()[1]];
        let costs = rows.map(|row| cost(&catalogue, &row, &Assumptions::default()));
        let [dear, cheap] = [
            costs[0].clone().at_price(21_000),
            costs[1].clone().at_price(20_000),
        ];
        let mut dear = dear;
        dear.fuel_usd_per_year = Some(1_000.0);
        let mut cheap = cheap;
        cheap.fuel_usd_per_year = Some(1_200.0);
        let meeting = break_even(&dear, &cheap);
        assert_eq!(meeting.years, Some(5.0));
        let chart = Chart::of([&dear, &cheap], &meeting).unwrap();
        let (x, y) = chart.meeting.unwrap();
        assert!((LEFT..=WIDTH).contains(&x) && (TOP..=HEIGHT).contains(&y));
        assert_eq!(chart.table[5].1, chart.table[5].2);
        let svg = chart.render().unwrap();
        assert!(svg.contains("<title") && svg.contains("<desc") && !svg.contains("style="));
        let mut unpriced = dear.clone();
        unpriced.price = None;
        assert!(Chart::of([&unpriced, &cheap], &meeting).is_none());
    }
}
