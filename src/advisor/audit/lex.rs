//! Splits a block of plain text into words, numbers and signs, each with its place and its sentence.

/// One word, number or sign.
#[derive(Clone, Debug)]
pub struct Token {
    pub kind: Kind,
    /// In lower case; of a number its digits alone.
    pub text: String,
    pub start: usize,
    pub end: usize,
    pub sentence: usize,
    /// Written with a capital letter, or a digit first.
    pub capital: bool,
    /// Nothing stands between it and the token before.
    pub glued: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    Word,
    /// What the digits say, with `k` counted.
    Number(f64),
    Sign(char),
}

impl Token {
    pub fn is(&self, words: &[&str]) -> bool {
        words.contains(&self.text.as_str())
    }

    pub fn is_sign(&self, sign: char) -> bool {
        self.kind == Kind::Sign(sign)
    }

    pub fn number(&self) -> Option<f64> {
        match self.kind {
            Kind::Number(value) => Some(value),
            _ => None,
        }
    }

    /// A model year.
    pub fn year(&self) -> Option<u16> {
        let year = self.text.parse().ok()?;
        let four = self.text.len() == 4 && matches!(self.kind, Kind::Number(_));
        (four && (1980..=2040).contains(&year)).then_some(year)
    }
}

/// Words whose full stop ends no sentence.
const SHORT: &[&str] = &[
    "vs", "approx", "e", "g", "i", "est", "mi", "lb", "lbs", "incl", "max", "min", "u", "s", "ca",
    "id", "ext", "hp", "ft",
];

/// Splits a text.
pub fn split(text: &str) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    let (mut at, mut sentence, mut end_of_last) = (0, 0, usize::MAX);
    while let Some(first) = text[at..].chars().next() {
        let after_dollar = tokens.last().is_some_and(|token| token.is_sign('$'));
        let (kind, end, lower) = if first.is_ascii_digit() {
            number(text, at, after_dollar)
        } else if first.is_alphanumeric() {
            let end = word(text, at);
            (Kind::Word, end, text[at..end].to_lowercase())
        } else {
            let end = at + first.len_utf8();
            let ends = match first {
                '!' | '?' | '\n' => true,
                '.' => {
                    let rest = text[end..].chars().next();
                    let short = tokens
                        .last()
                        .is_some_and(|last| last.kind == Kind::Word && last.is(SHORT));
                    rest.is_none_or(|next| !next.is_alphanumeric()) && !short
                }
                _ => false,
            };
            if !first.is_whitespace() || first == '\n' {
                tokens.push(Token {
                    kind: Kind::Sign(first),
                    text: String::new(),
                    start: at,
                    end,
                    sentence,
                    capital: false,
                    glued: end_of_last == at,
                });
                end_of_last = end;
            }
            sentence += usize::from(ends);
            at = end;
            continue;
        };
        tokens.push(Token {
            kind,
            text: lower,
            start: at,
            end,
            sentence,
            capital: !first.is_lowercase(),
            glued: end_of_last == at,
        });
        end_of_last = end;
        at = end;
    }
    tokens
}

/// Where the word that begins there ends: an apostrophe between letters belongs to it, `'s` doesn't.
fn word(text: &str, start: usize) -> usize {
    let mut end = start;
    // "USD28,500"
    let money = text
        .get(start..start + 3)
        .filter(|word| word.eq_ignore_ascii_case("usd"));
    if money.is_some() && text[start + 3..].starts_with(|c: char| c.is_ascii_digit()) {
        return start + 3;
    }
    for letter in text[start..].chars() {
        let after = text[end + letter.len_utf8()..].chars();
        let inside = letter == '\'' && after.clone().next().is_some_and(char::is_alphabetic);
        let possessive = inside && {
            let mut after = after;
            after.next() == Some('s') && !after.next().is_some_and(char::is_alphanumeric)
        };
        if !(letter.is_alphanumeric() || inside) || possessive {
            break;
        }
        end += letter.len_utf8();
    }
    end
}

/// `35,000`, `33.7`, `40k`; after a dollar sign `35 000` too.
fn number(text: &str, start: usize, after_dollar: bool) -> (Kind, usize, String) {
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let three = |at: usize| (0..3).all(|more| digit(at + more)) && !digit(at + 3);
    let mut digits = String::new();
    let (mut end, mut point) = (start, false);
    while let Some(&byte) = bytes.get(end) {
        match byte {
            b'0'..=b'9' => digits.push(char::from(byte)),
            b',' if !point && three(end + 1) => {}
            b' ' if after_dollar && !point && three(end + 1) => {}
            b'.' if !point && digit(end + 1) => {
                point = true;
                digits.push('.');
            }
            _ => break,
        }
        end += 1;
    }
    let value: f64 = digits.parse().unwrap_or(f64::INFINITY);
    let letter_after = text[end..]
        .chars()
        .nth(1)
        .is_some_and(char::is_alphanumeric);
    match bytes.get(end) {
        Some(b'k' | b'K') if !letter_after => (Kind::Number(value * 1000.0), end + 1, digits),
        _ => (Kind::Number(value), end, digits),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_names_and_sentences_are_told_apart() {
        let tokens = split("The CR-V's 2.0 L gets 40mpg vs. $35,000. It's 40k, $35 000!");
        let texts: Vec<&str> = tokens
            .iter()
            .filter(|token| !token.text.is_empty())
            .map(|token| token.text.as_str())
            .collect();
        assert_eq!(
            texts,
            [
                "the", "cr", "v", "s", "2.0", "l", "gets", "40", "mpg", "vs", "35000", "it", "s",
                "40", "35000"
            ]
        );
        let numbers: Vec<f64> = tokens.iter().filter_map(Token::number).collect();
        assert_eq!(numbers, [2.0, 40.0, 35_000.0, 40_000.0, 35_000.0]);
        let last = tokens.last().unwrap();
        assert_eq!((tokens[0].sentence, last.sentence), (0, 1));
    }
}
