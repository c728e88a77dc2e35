//! Finds the figures in a block of text: each number with its unit, and what is said around it.

use super::lex::{Kind, Token};
use super::unit::{self, Part, Unit};

mod said;

use said::{figure, part};

/// A number that claims something.
#[derive(Clone, Debug)]
pub struct Figure {
    pub value: f64,
    pub unit: Unit,
    /// The token of the number, and the first and last token of all that is marked.
    pub at: usize,
    pub from: usize,
    pub to: usize,
    pub part: Option<Part>,
    /// "about", "roughly", "~".
    pub is_rounded: bool,
    pub bound: Option<Bound>,
    /// "$1,900 more", "saves $500".
    pub is_difference: bool,
    /// "together", "in total".
    pub is_sum: bool,
    /// A year's, a month's or several years' money.
    pub span: Span,
    /// The shopper's own: "your $35,000", "a $35,000 budget".
    pub is_yours: bool,
    /// Its sentence speaks of fuel, or of a price.
    pub is_fuel: bool,
    pub is_price: bool,
}

/// What a figure is the end of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// "at least 35", "over 35", "35 or more".
    Least,
    /// "under 35", "at most 35".
    Most,
}

/// The time that an amount of money is for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Span {
    Once,
    Month,
    /// How many.
    Years(f64),
}

#[rustfmt::skip]
const NUMBERS: &[(&str, f64)] = &[
    ("one", 1.0), ("two", 2.0), ("three", 3.0), ("four", 4.0), ("five", 5.0), ("six", 6.0), ("seven", 7.0), ("eight", 8.0), ("nine", 9.0),
    ("ten", 10.0), ("eleven", 11.0), ("twelve", 12.0), ("thirteen", 13.0), ("fourteen", 14.0), ("fifteen", 15.0), ("sixteen", 16.0),
    ("seventeen", 17.0), ("eighteen", 18.0), ("nineteen", 19.0), ("twenty", 20.0), ("thirty", 30.0), ("forty", 40.0), ("fifty", 50.0),
    ("sixty", 60.0), ("seventy", 70.0), ("eighty", 80.0), ("ninety", 90.0), ("hundred", 100.0), ("thousand", 1000.0), ("grand", 1000.0),
];
/// What a car does with people, and what they are called.
const HOLDING: &[&str] = &[
    "seats",
    "seat",
    "seating",
    "fit",
    "fits",
    "room",
    "space",
    "hold",
    "holds",
    "carry",
    "carries",
    "accommodates",
    "sits",
];
const PEOPLE: &[&str] = &["people", "adults", "persons", "occupants", "riders"];
const JOINING: &[&str] = &[
    "and", "to", "or", "through", "city", "highway", "hwy", "combined",
];
const COMPARING: &[&str] = &["vs", "versus", "than", "of", "against", "and", "to", "or"];
/// What may follow a number that has its unit before it or leaves it out; another word would be what it counts.
const FOLLOWING: &[&str] = &[
    "for", "in", "from", "on", "and", "or", "to", "with", "at", "but", "while", "vs", "versus",
    "than", "a", "per", "city", "highway", "combined", "overall", "as", "new", "which", "so", "is",
    "if", "before", "out", "of", "more", "less",
];
/// What may stand between a word such as "price" and its number.
const LINKING: &[&str] = &[
    "is",
    "of",
    "at",
    "about",
    "around",
    "roughly",
    "approximately",
    "up",
    "to",
    "a",
    "an",
    "for",
    "from",
    "the",
    "only",
    "just",
    "under",
    "over",
    "below",
    "above",
    "least",
    "most",
    "than",
    "more",
    "less",
    "nearly",
    "almost",
    "rating",
    "rated",
    "rate",
    "was",
    "safety",
    "overall",
    "combined",
    "limit",
    "capacity",
    "score",
    "you",
    "new",
    "starts",
    "starting",
    "hp",
    "highway",
    "city",
    "and",
];

/// All numbers among the tokens, whatever they count.
pub fn numbers(tokens: &[Token]) -> Vec<f64> {
    let all = (0..tokens.len()).filter_map(|at| number(tokens, at));
    all.map(|(value, _)| value).collect()
}

/// All figures among the tokens that aren't part of a car's name. `default` is the unit that a table's head gives.
pub fn find(tokens: &[Token], is_name: &[bool], default: Option<Unit>) -> Vec<Figure> {
    let mut numbers = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let read = (!is_name[at]).then(|| number(tokens, at)).flatten();
        let Some((value, end)) = read else {
            at += 1;
            continue;
        };
        numbers.push((at, end, value));
        at = end;
    }
    let mut found: Vec<Figure> = Vec::new();
    let mut units: Vec<Option<(Unit, usize)>> = vec![None; numbers.len()];
    for place in (0..numbers.len()).rev() {
        let (at, end, _) = numbers[place];
        let follows = numbers
            .get(place + 1)
            .zip(units.get(place + 1).copied().flatten());
        units[place] = money(tokens, at, end)
            .or_else(|| unit::is_star(&tokens[at]).then_some((Unit::Stars, end)))
            .or_else(|| unit::after(tokens, end))
            .or_else(|| people(tokens, at, end))
            .or_else(|| part(tokens, end).map(|(_, to)| (Unit::Mpg, to)))
            .or_else(|| {
                let ((next, ..), (unit, _)) = follows?;
                let scale = units[place + 1].map_or(end, |(_, to)| to);
                let to = if unit == Unit::Stars { scale } else { end };
                joined(tokens, end, *next).then_some((unit, to))
            });
    }
    for place in 0..numbers.len() {
        let (at, end, value) = numbers[place];
        let spelled = tokens[at].number().is_none();
        let label = || {
            let sure = !spelled || found.last().is_some_and(|last: &Figure| last.to == at);
            let labelled = label(tokens, at, end).filter(|unit| sure || *unit == Unit::Seats);
            labelled
                .or_else(|| compared(tokens, &found, at, end))
                .or(default)
        };
        let is_year = tokens[at].year().is_some() && end == at + 1 && !dollar_before(tokens, at);
        let in_thousands = tokens[at].number() > tokens[at].text.parse().ok();
        let unit = units[place].or_else(|| match is_year {
            true => None,
            false => label()
                .or(in_thousands.then_some(Unit::Usd))
                .map(|unit| (unit, end)),
        });
        let Some((unit, to)) = unit else { continue };
        // The five of "4 of 5 stars" is the scale, not a figure.
        if unit == Unit::Stars && is_scale(tokens, at, &numbers) {
            continue;
        }
        // "One gallon", "an hour" are measures, not claims.
        if unit == Unit::Foreign && value <= 1.0 {
            continue;
        }
        found.push(figure(tokens, at, end, to, value, unit));
    }
    found
}

fn dollar_before(tokens: &[Token], at: usize) -> bool {
    at > 0 && tokens[at - 1].is_sign('$')
}

/// The number that begins at a token, in digits or in words, and the token after it.
fn number(tokens: &[Token], at: usize) -> Option<(f64, usize)> {
    let word = |at: usize| {
        let token = tokens.get(at).filter(|token| token.kind == Kind::Word)?;
        let found = NUMBERS.iter().find(|(word, _)| token.is(&[word]));
        found.map(|(_, value)| *value)
    };
    let scale = |at: usize| word(at).filter(|value| *value >= 100.0);
    if let Some(value) = tokens[at].number() {
        // "3rd", "4x4", "911s": what hangs on the digits must be a unit.
        let glued = tokens
            .get(at + 1)
            .filter(|next| next.glued && next.kind == Kind::Word);
        if glued.is_some_and(|next| !next.is(&["ish"])) && unit::after(tokens, at + 1).is_none() {
            return None;
        }
        let before = at.checked_sub(1).map(|before| &tokens[before]);
        if tokens[at].glued
            && before.is_some_and(|before| before.kind == Kind::Word && !before.is(&["usd"]))
        {
            return None;
        }
        return Some(match scale(at + 1) {
            Some(times) => (value * times, at + 2),
            None => (value, at + 1),
        });
    }
    if let Some(stars) = drawn(tokens, at) {
        return Some(stars);
    }
    let (mut total, mut last, mut end) = (0.0, word(at)?, at + 1);
    if last >= 100.0 {
        let after_article = at > 0 && tokens[at - 1].is(&["a"]);
        return after_article.then_some((last, at + 1));
    }
    loop {
        let gap = usize::from(tokens.get(end).is_some_and(|token| token.is_sign('-')));
        match word(end + gap) {
            Some(times) if times >= 100.0 => {
                last *= times;
                if times >= 1000.0 {
                    (total, last) = (total + last, 0.0);
                }
            }
            Some(more) if more < 10.0 && last % 10.0 == 0.0 => last += more,
            Some(more) if last % 100.0 == 0.0 => last += more,
            _ => return Some((total + last, end)),
        }
        end += gap + 1;
    }
}

/// Stars that are drawn, two or more of them, and how many.
fn drawn(tokens: &[Token], at: usize) -> Option<(f64, usize)> {
    let stars = tokens[at..].iter().take_while(|token| unit::is_star(token));
    let count = stars.count();
    (count > 1).then(|| (count as f64, at + count))
}

/// "Seats eight people", "room for eight": what a car is said to hold.
fn people(tokens: &[Token], at: usize, end: usize) -> Option<(Unit, usize)> {
    let before = tokens[..at].iter().rev().take(4);
    let mut before = before.take_while(|token| token.sentence == tokens[at].sentence);
    let holds = before.any(|token| token.is(HOLDING));
    let next = tokens.get(end).filter(|token| token.is(PEOPLE));
    let to = next.map_or(end, |_| end + 1);
    let is_free =
        next.is_some() || at > 1 && tokens[at - 1].is(&["for"]) && tokens[at - 2].is(&["room"]);
    (holds && is_free).then_some((Unit::Seats, to))
}

/// Money, by the sign before it or after it.
fn money(tokens: &[Token], at: usize, end: usize) -> Option<(Unit, usize)> {
    let after = tokens
        .get(end)
        .filter(|token| token.is_sign('$') && token.glued);
    let next = tokens.get(end + 1).and_then(Token::number);
    if after.is_some() && next.is_none() {
        return Some((Unit::Usd, end + 1));
    }
    let before = tokens.get(at.checked_sub(1)?)?;
    if before.is_sign('€') || before.is_sign('£') || before.is_sign('¥') {
        return Some((Unit::Foreign, end));
    }
    if !before.is_sign('$') && !before.is(&["usd"]) {
        return None;
    }
    let per = tokens
        .get(end)
        .is_some_and(|token| token.is(&["a", "per"]) || token.is_sign('/'));
    let fuel = tokens
        .get(end + 1)
        .is_some_and(|token| token.is(&["gallon", "gal", "kwh", "mile"]));
    Some(match per && fuel {
        true => (Unit::Rate, end + 2),
        false => (Unit::Usd, end),
    })
}

/// Whether nothing but "and", "to" or a sign stands between two numbers: they share the second one's unit.
fn joined(tokens: &[Token], end: usize, next: usize) -> bool {
    let between = &tokens[end..next];
    between.len() <= 4
        && !between.is_empty()
        && between.iter().all(|token| match token.kind {
            Kind::Sign(sign) => matches!(sign, '-' | '–' | '—' | '/' | ',' | '$' | '*'),
            _ => token.is(JOINING) || token.is(&["of", "out"]),
        })
}

/// The unit of a number without one, from the words before it: "MPG: 39", "seats up to seven".
fn label(tokens: &[Token], at: usize, end: usize) -> Option<Unit> {
    let counts = |next: &Token| next.kind == Kind::Word && !next.is(FOLLOWING);
    if tokens.get(end).is_some_and(counts) {
        return None;
    }
    for (place, token) in tokens[..at].iter().enumerate().rev().take(6) {
        let ends = match token.kind {
            Kind::Sign(sign) => !matches!(sign, ':' | '=' | '~' | '≈' | '–' | '-' | '*' | '('),
            Kind::Number(_) => true,
            Kind::Word => false,
        };
        if ends || token.sentence != tokens[at].sentence {
            return None;
        }
        if let Some(unit) = unit::before(token) {
            // "39 mpg of the 15": the word is another number's unit.
            let taken = place
                .checked_sub(1)
                .is_some_and(|before| tokens[before].number().is_some());
            return (!taken).then_some(unit);
        }
        if token.kind == Kind::Word && !token.is(LINKING) {
            return None;
        }
    }
    None
}

/// "39 mpg versus 30 for the other": a bare number that is set against a figure before it.
fn compared(tokens: &[Token], found: &[Figure], at: usize, end: usize) -> Option<Unit> {
    let last = found
        .last()
        .filter(|last| tokens[last.at].sentence == tokens[at].sentence)?;
    let before = at.checked_sub(1).map(|before| &tokens[before])?;
    let ends = tokens
        .get(end)
        .is_none_or(|next| next.text.is_empty() && !next.is_sign('-') || next.is(FOLLOWING));
    (ends && before.is(COMPARING) && tokens[at].number().is_some()).then_some(last.unit)
}

fn is_scale(tokens: &[Token], at: usize, numbers: &[(usize, usize, f64)]) -> bool {
    let before = |back: usize| at.checked_sub(back).map(|at| &tokens[at]);
    let of = before(1).is_some_and(|token| token.is(&["of"]) || token.is_sign('/'));
    let ended = |end: usize| numbers.iter().any(|number| number.1 == end);
    of && (ended(at - 1) || (at > 2 && tokens[at - 2].is(&["out"]) && ended(at - 2)))
}
