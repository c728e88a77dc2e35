//! What is said around a figure: bounds, rounding, differences, the time that money is for, city or highway.

use super::{Bound, Figure, Span, number};
use crate::advisor::audit::lex::{Kind, Token};
use crate::advisor::audit::unit::{Part, Unit};

const MORE: &[&str] = &[
    "more",
    "less",
    "cheaper",
    "extra",
    "additional",
    "farther",
    "further",
    "longer",
    "shorter",
    "higher",
    "lower",
    "better",
    "fewer",
    "greater",
    "pricier",
    "costlier",
    "over",
    "under",
    "above",
    "below",
    "beyond",
    "short",
    "worse",
    "beyond",
    "difference",
    "gap",
];
const SAVING: &[&str] = &[
    "save",
    "saves",
    "saving",
    "savings",
    "difference",
    "gap",
    "another",
    "additional",
    "extra",
    "by",
    "premium",
    "beats",
    "adds",
];
const ROUNDED: &[&str] = &[
    "about",
    "around",
    "roughly",
    "approximately",
    "approx",
    "nearly",
    "almost",
    "near",
    "some",
    "circa",
    "ca",
    "just",
    "close",
    "ballpark",
];
const FUEL: &[&str] = &[
    "fuel",
    "gas",
    "gasoline",
    "energy",
    "electricity",
    "charging",
    "running",
    "run",
];
const PRICE: &[&str] = &[
    "price", "priced", "prices", "cost", "costs", "msrp", "listed", "lists", "sells", "starts",
    "starting", "buy", "budget", "pay",
];

/// "41 city", "38 on the highway".
pub fn part(tokens: &[Token], at: usize) -> Option<(Part, usize)> {
    for (place, token) in tokens.iter().enumerate().skip(at).take(4) {
        let found = match token.text.as_str() {
            "city" | "town" => Part::City,
            "highway" | "hwy" => Part::Highway,
            "combined" | "overall" => Part::Combined,
            "in" | "on" | "the" | "mpg" | "mpge" => continue,
            _ => return None,
        };
        // "41/38 mpg city/highway" says it of two numbers at once.
        let shared = tokens
            .get(place + 1)
            .is_some_and(|token| token.is_sign('/'))
            && tokens
                .get(place + 2)
                .is_some_and(|token| token.is(&["city", "highway", "hwy", "combined"]));
        return (!shared).then_some((found, place + 1));
    }
    None
}

/// Everything that is said of one figure.
pub fn figure(
    tokens: &[Token],
    at: usize,
    end: usize,
    to: usize,
    value: f64,
    unit: Unit,
) -> Figure {
    let same = |token: &&Token| token.sentence == tokens[at].sentence;
    let from = at
        - usize::from(at > 0 && matches!(tokens[at - 1].kind, Kind::Sign('$' | '€' | '£' | '¥')));
    let before: Vec<&Token> = tokens[..from]
        .iter()
        .rev()
        .take_while(same)
        .take_while(|token| !matches!(token.kind, Kind::Sign(',' | ';' | '(')))
        .take(5)
        .collect();
    let after: Vec<&Token> = tokens[to..].iter().take_while(same).take(5).collect();
    let plus = after.first().is_some_and(|next| next.is_sign('+'))
        || tokens.get(end).is_some_and(|next| next.is_sign('+'));
    let near = |words: &[&str]| before.iter().take(3).any(|token| token.is(words));
    let pair = |first: &[&str], second: &[&str]| {
        before
            .windows(2)
            .take(3)
            .any(|pair| pair[1].is(first) && pair[0].is(second))
    };
    let follows = |words: &[&str]| after.iter().take(3).any(|token| token.is(words));
    let or = |words: &[&str]| {
        after
            .windows(2)
            .take(2)
            .any(|pair| pair[0].is(&["or", "and"]) && pair[1].is(words))
    };
    let least =
        plus || or(&["more", "better", "higher", "up", "above", "over"])
            || pair(&["at"], &["least"])
            || pair(
                &["more", "greater", "higher", "better", "farther"],
                &["than"],
            )
            || pair(&["no", "not"], &["less", "under"])
            || before.iter().take(2).any(|token| {
                token.is(&["over", "above", "exceeds", "exceed", "beyond", "minimum"])
            });
    let most = or(&["less", "under", "below", "fewer"])
        || pair(&["at"], &["most"])
        || pair(&["less", "fewer", "lower", "cheaper"], &["than"])
        || pair(&["no", "not"], &["more", "over"])
        || before.iter().take(2).any(|token| {
            token.is(&["under", "below", "within", "beneath", "inside"])
                || token.is(&["fits"]) && unit != Unit::Seats
        });
    // "None of them costs more than $50,000" sets a bound from above.
    let mut own = tokens[..from].iter().rev().take_while(same);
    let denied = own.any(|token| token.is(&["none", "neither", "nothing"]));
    let (least, most) = match denied && least != most {
        true => (most, least),
        false => (least, most),
    };
    Figure {
        value: match tokens[at..to].iter().any(|token| token.is(&["grand"])) && value < 1000.0 {
            true => value * 1000.0,
            false => value,
        },
        unit,
        at,
        from,
        to,
        part: part(tokens, end)
            .map(|(part, _)| part)
            .or_else(|| said_before(&before)),
        is_rounded: before
            .iter()
            .take(3)
            .any(|token| token.is(ROUNDED) || token.is_sign('~') || token.is_sign('≈'))
            || follows(&["ish"]),
        bound: match (least, most) {
            (true, false) => Some(Bound::Least),
            (false, true) => Some(Bound::Most),
            _ => None,
        },
        is_difference: after
            .iter()
            .take(if unit == Unit::Usd { 4 } else { 3 })
            .any(|token| token.is(MORE))
            && !or(&["more", "less", "better", "higher", "lower", "fewer"])
            || near(SAVING),
        is_sum: near(&["total", "together", "altogether", "sum"])
            || follows(&["together", "altogether", "total"]),
        span: span(tokens, at, to),
        is_yours: follows(&[
            "budget", "limit", "cap", "ceiling", "maximum", "target", "minimum",
        ]) || pair(
            &["you"],
            &[
                "said",
                "asked",
                "wanted",
                "set",
                "gave",
                "named",
                "mentioned",
                "drive",
                "want",
                "need",
                "require",
            ],
        ) || (unit != Unit::Usd && near(&["your"])),
        is_fuel: tokens.iter().filter(same).any(|token| token.is(FUEL)),
        is_price: tokens.iter().filter(same).any(|token| token.is(PRICE)),
    }
}

fn said_before(before: &[&Token]) -> Option<Part> {
    before
        .iter()
        .take(2)
        .find_map(|token| match token.text.as_str() {
            "city" => Some(Part::City),
            "highway" => Some(Part::Highway),
            "combined" => Some(Part::Combined),
            _ => None,
        })
}

/// "a year", "per month", "over five years"; "annual" before it.
fn span(tokens: &[Token], at: usize, to: usize) -> Span {
    let same = |token: &&Token| token.sentence == tokens[at].sentence;
    let after: Vec<&Token> = tokens[to..].iter().take_while(same).take(9).collect();
    for (place, token) in after.iter().enumerate() {
        if token.is(&["month", "monthly", "mo"]) {
            return Span::Month;
        }
        if token.is(&["year", "yearly", "annually", "yr", "annual"]) {
            return Span::Years(1.0);
        }
        let count = place
            .checked_sub(1)
            .and_then(|place| number(std::slice::from_ref(after[place]), 0));
        if let (true, Some((years, _))) = (token.is(&["years"]), count) {
            return Span::Years(years);
        }
        if token.is_sign('$') || token.is_sign(';') {
            break;
        }
    }
    let before: Vec<&Token> = tokens[..at]
        .iter()
        .rev()
        .take_while(same)
        .take(14)
        .collect();
    // "Five years of fuel come to $5,750"
    let years = before.windows(2).find_map(|pair| {
        let count = number(std::slice::from_ref(pair[1]), 0);
        count.filter(|_| pair[0].is(&["years"]))
    });
    if let Some((years, _)) = years {
        return Span::Years(years);
    }
    match before
        .iter()
        .take(8)
        .any(|token| token.is(&["year", "yearly", "annual", "annually"]))
    {
        true => Span::Years(1.0),
        false => Span::Once,
    }
}
