//! Reads one number, in digits or in words, with its thousands and its dollars.

use crate::advisor::needs::words::Word;

const ONES: &[&str] = &[
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const TENS: &[&str] = &[
    "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
];
/// A number as it was written: its value, how many words it took, and whether it was written as money.
pub struct Number {
    pub value: f64,
    pub words: usize,
    pub money: bool,
    /// It had a thousand in it ("35k", "30 grand").
    pub scaled: bool,
}

/// "thirty-five grand", "35k", "$35,000"
pub fn number(words: &[Word]) -> Option<Number> {
    let first = words.first()?;
    let small = |word: &Word| {
        let one = ONES.iter().position(|one| word.text == *one);
        one.or_else(|| {
            TENS.iter()
                .position(|ten| word.text == *ten)
                .map(|ten| (ten + 2) * 10)
        })
    };
    let mut money = first.dollars;
    let mut scaled = false;
    let (mut value, mut count) = if let Some(thousand) = first.text.strip_suffix('k') {
        scaled = true;
        (thousand.parse::<f64>().ok()? * 1000.0, 1)
    } else if first.text.starts_with(|c: char| c.is_ascii_digit()) {
        (first.text.parse::<f64>().ok()?, 1)
    } else {
        let tens = small(first)?;
        let ones = words
            .get(1)
            .filter(|_| tens >= 20)
            .and_then(small)
            .filter(|ones| (1..10).contains(ones));
        (
            tens as f64 + ones.unwrap_or(0) as f64,
            1 + usize::from(ones.is_some()),
        )
    };
    if let Some(next) = words.get(count).filter(|next| next.clause == first.clause) {
        match next.text.as_str() {
            "grand" => (value, count, money, scaled) = (value * 1000.0, count + 1, true, true),
            "k" | "thousand" if value < 1000.0 => {
                (value, count, scaled) = (value * 1000.0, count + 1, true)
            }
            "hundred" if value < 100.0 => (value, count) = (value * 100.0, count + 1),
            _ => {}
        }
    }
    if let Some(next) = words.get(count)
        && next.clause == first.clause
        && next.is_any(&["dollars", "bucks", "usd"])
    {
        (count, money) = (count + 1, true);
    }
    (value.is_finite() && (0.0..1e9).contains(&value)).then_some(Number {
        value,
        words: count,
        money,
        scaled,
    })
}

/// The other end of a range: "30 to 35k", "2018-2021", "between 30k and 35k".
pub fn second(words: &[Word], at: usize) -> Option<(Number, usize)> {
    let before = words.get(at.checked_sub(1)?)?;
    let joined = words.get(at)?;
    if joined.is_any(&["to", "and", "or", "through", "thru"]) && joined.clause == before.clause {
        return Some((number(&words[at + 1..])?, 1));
    }
    // A hyphen leaves the two side by side; an en dash parts the clauses.
    let close =
        joined.start - before.end <= 4 && joined.text.starts_with(|c: char| c.is_ascii_digit());
    if close {
        Some((number(&words[at..])?, 0))
    } else {
        None
    }
}

/// Whether it can be a model year, of this catalogue or not.
pub fn is_year(number: &Number) -> bool {
    !number.money
        && !number.scaled
        && (1950.0..=2035.0).contains(&number.value)
        && number.words == 1
}
