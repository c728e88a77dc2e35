//! When the dearer of two cars has paid for itself by what it saves on fuel, or why it never does.

use serde::Serialize;
use utoipa::ToSchema;

use super::{Cost, Paid, PaidKind, cents};
use crate::cars::words::{dollars, thousands};
use crate::cars::{UNLIKE, alike};

/// A dearer car that takes longer than this to pay for itself doesn't: few cars live so long.
const LONGEST: f64 = 30.0;

/// How it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The dearer one has paid for itself after some years.
    After,
    /// One costs no more to buy and less to run: it is ahead from the first mile.
    AtOnce,
    /// The dearer one never makes up for its price.
    Never,
    /// Both cost the same to buy and to run.
    Same,
    /// A price or a fuel cost isn't known, or the prices can't be set against each other.
    Unknown,
}

/// Two cars compared in dollars over time.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct BreakEven {
    pub outcome: Outcome,
    /// The id of the car that costs more to buy; `None` if neither is known to.
    pub dearer: Option<String>,
    /// How much more, US dollars.
    pub price_difference_usd: Option<u32>,
    /// What the dearer car saves on fuel, US dollars a year; less than 0 if it uses more. `None` where not known, or where
    /// neither is dearer.
    pub saving_usd_per_year: Option<f64>,
    /// To the tenth.
    pub years: Option<f64>,
    pub miles: Option<u32>,
    /// All of it in a sentence or two, with the reason where something isn't known.
    pub detail: String,
}

/// Compares the costs of two cars, which must rest on the same assumptions.
pub fn break_even(one: &Cost, other: &Cost) -> BreakEven {
    let costs = [one, other];
    let known = |cost: &Cost| Some((cost.price.as_ref()?.usd, cost.fuel_usd_per_year?));
    let (Some(a), Some(b)) = (known(one), known(other)) else {
        return unknown(lacking(costs));
    };
    if !are_prices_alike(costs) {
        return unknown(UNLIKE.to_owned());
    }
    let names = names(one, other);
    if a.0 == b.0 {
        return equally_dear(names, a.1, b.1);
    }
    let (dear, cheap) = if a.0 > b.0 { (0, 1) } else { (1, 0) };
    let [(dear_usd, dear_fuel), (cheap_usd, cheap_fuel)] = [[a, b][dear], [a, b][cheap]];
    let difference = dear_usd - cheap_usd;
    let saving = cents(cheap_fuel - dear_fuel);
    let (dear_name, cheap_name) = (&names[dear], &names[cheap]);
    let years = f64::from(difference) / saving;
    let more = dollars(difference.into());
    let mut result = BreakEven {
        outcome: Outcome::Never,
        dearer: Some(costs[dear].car.clone()),
        price_difference_usd: Some(difference),
        saving_usd_per_year: Some(saving),
        years: None,
        miles: None,
        detail: String::new(),
    };
    if saving <= 0.0 {
        result.outcome = Outcome::AtOnce;
        let fuel = if saving == 0.0 {
            "the same on fuel".to_owned()
        } else {
            format!("{} a year less on fuel", dollars(-saving))
        };
        result.detail = format!(
            "The {cheap_name} costs {more} less to buy and {fuel}: the {dear_name} never makes up for its price."
        );
    } else if years > LONGEST {
        result.detail = format!(
            "The {dear_name} costs {more} more to buy and saves {} a year on fuel: that takes more than {LONGEST} years, \
             so it never pays for itself.",
            dollars(saving)
        );
    } else {
        let miles = years * f64::from(one.assumptions.miles_per_year);
        result.outcome = Outcome::After;
        result.years = Some((years * 10.0).round() / 10.0);
        result.miles = Some(miles.round() as u32);
        result.detail = format!(
            "The {dear_name} costs {more} more to buy and saves {} a year on fuel: it has paid for itself after {} \
             ({} miles).",
            dollars(saving),
            spell_years(years),
            thousands(miles.round() as u64)
        );
    }
    result.detail += &caveat(one, other);
    result
}

/// `4.2 years`, `1 year`
fn spell_years(years: f64) -> String {
    match format!("{years:.1}").trim_end_matches(".0") {
        "1" => "1 year".to_owned(),
        text => format!("{text} years"),
    }
}

fn equally_dear(names: [String; 2], one: f64, other: f64) -> BreakEven {
    let (outcome, detail) = if one == other {
        let detail = "Both cost the same to buy and to run.".to_owned();
        (Outcome::Same, detail)
    } else {
        let [one_name, other_name] = &names;
        let name = if one < other { one_name } else { other_name };
        let saved = dollars((one - other).abs());
        let detail = format!(
            "Both cost the same to buy, and the {name} saves {saved} a year on fuel: it is ahead from the first mile."
        );
        (Outcome::AtOnce, detail)
    };
    BreakEven {
        outcome,
        dearer: None,
        price_difference_usd: Some(0),
        saving_usd_per_year: None,
        years: None,
        miles: None,
        detail,
    }
}

/// Whether both prices are of one basis. Whoever names a price of their own has something in mind to hold it against.
fn are_prices_alike(costs: [&Cost; 2]) -> bool {
    let prices = costs.map(|cost| cost.price.as_ref());
    let is_own = |paid: &&Paid| paid.kind == PaidKind::Own;
    prices.iter().flatten().any(is_own)
        || alike(prices.into_iter().flatten().filter_map(Paid::basis))
}

/// What isn't known of the two.
fn lacking(costs: [&Cost; 2]) -> String {
    let names = names(costs[0], costs[1]);
    let mut lacking = Vec::new();
    for (cost, name) in costs.iter().zip(&names) {
        if cost.price.is_none() {
            lacking.push(format!("the price of the {name}"));
        }
        if cost.fuel_usd_per_year.is_none() {
            lacking.push(format!("the fuel cost of the {name}"));
        }
    }
    let verb = match lacking.len() {
        1 => "isn't",
        _ => "aren't",
    };
    format!("{} {verb} known", lacking.join(" and "))
}

fn unknown(why: String) -> BreakEven {
    BreakEven {
        outcome: Outcome::Unknown,
        dearer: None,
        price_difference_usd: None,
        saving_usd_per_year: None,
        years: None,
        miles: None,
        detail: format!("When one pays for itself can't be said: {why}."),
    }
}

/// How far the two prices can be set side by side.
fn caveat(one: &Cost, other: &Cost) -> String {
    let prices = [&one.price, &other.price].map(Option::as_ref);
    let kind = |kind: PaidKind| prices.iter().flatten().any(|paid| paid.kind == kind);
    if kind(PaidKind::Estimate) {
        return " It rests on an estimated price.".to_owned();
    }
    let years = prices.map(|paid| paid.and_then(|paid| paid.year));
    match years {
        [Some(a), Some(b)] if a != b => format!(" The prices are of different years, {a} and {b}."),
        _ => String::new(),
    }
}

/// The titles, with the variants where the titles are alike.
fn names(one: &Cost, other: &Cost) -> [String; 2] {
    if one.title != other.title {
        return [one.title.clone(), other.title.clone()];
    }
    [one, other].map(|cost| format!("{} ({})", cost.title, cost.variant))
}
