//! Splits what a person wrote into words, each with its place in the text and its clause.

/// One word in lower case, or a number with what hangs on it (`35k`, `4x4`).
#[derive(Clone, Debug)]
pub struct Word {
    pub text: String,
    /// Where it stands in the text, in bytes.
    pub start: usize,
    pub end: usize,
    /// Words of one clause share a number.
    pub clause: usize,
    /// Words of one sentence share a number.
    pub sentence: usize,
    /// A dollar sign stands before it.
    pub dollars: bool,
    /// It is written with a capital letter.
    pub capital: bool,
    /// A hyphen ties it to the word before.
    pub hyphen: bool,
    /// A plus sign stands right after it: `2020+`.
    pub plus: bool,
}

impl Word {
    /// Whether it is that word, or its plural.
    pub fn is(&self, word: &str) -> bool {
        match self.text.strip_prefix(word) {
            Some("" | "s" | "'s") => true,
            Some("es") => word.ends_with(['s', 'x', 'h']),
            _ => false,
        }
    }

    pub fn is_any(&self, words: &[&str]) -> bool {
        words.contains(&self.text.as_str())
    }
}

/// Splits a text. Hyphens and slashes part words; a comma, a full stop, a line and "but" part clauses.
pub fn split(text: &str) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let (mut clause, mut sentence) = (0, 0);
    let mut dollars = false;
    let mut hyphen = false;
    let mut rest = text.char_indices().peekable();
    while let Some((start, first)) = rest.next() {
        if !first.is_alphanumeric() {
            match first {
                '.' | '!' | '?' | ';' | '\n' => (clause, sentence) = (clause + 1, sentence + 1),
                ',' | ':' | '(' | ')' | '—' | '–' => clause += 1,
                _ => {}
            }
            dollars = first == '$' || (dollars && first == ' ');
            hyphen = matches!(first, '-' | '–') || (hyphen && first == ' ');
            continue;
        }
        let mut end = start + first.len_utf8();
        let mut lower: String = first.to_lowercase().collect();
        while let Some(&(at, c)) = rest.peek() {
            let after = text[at + c.len_utf8()..].chars().next();
            let last_is_digit = lower.ends_with(|c: char| c.is_ascii_digit());
            let digit_after = after.is_some_and(|c| c.is_ascii_digit());
            if c.is_alphanumeric() {
                lower.extend(c.to_lowercase());
            } else if matches!(c, '\'' | '’') && after.is_some_and(char::is_alphabetic) {
                lower.push('\'');
            } else if c == '.' && last_is_digit && digit_after {
                lower.push('.');
            } else if c == ',' && last_is_digit && three_digits(&text[at + 1..]) {
                // A comma between thousands is left out.
            } else {
                break;
            }
            end = at + c.len_utf8();
            rest.next();
        }
        let any = words
            .iter()
            .rev()
            .take(3)
            .any(|w| w.is_any(&["anything", "everything", "any", "all", "nothing"]));
        if lower == "but" && !any {
            clause += 1;
        }
        let capital = first.is_uppercase();
        if let Some(unit) = unit_of(&lower) {
            // "50mpg" is two words without a space.
            let digits = lower.len() - unit;
            let tail = lower.split_off(digits);
            let middle = start + digits;
            words.push(Word {
                text: lower,
                start,
                end: middle,
                clause,
                sentence,
                dollars,
                capital,
                hyphen,
                plus: false,
            });
            (lower, dollars, hyphen) = (tail, false, false);
            words.push(Word {
                text: lower,
                start: middle,
                end,
                clause,
                sentence,
                dollars,
                capital: false,
                hyphen,
                plus: text[end..].starts_with('+'),
            });
            continue;
        }
        words.push(Word {
            text: lower,
            start,
            end,
            clause,
            sentence,
            dollars,
            capital,
            hyphen,
            plus: text[end..].starts_with('+'),
        });
        (dollars, hyphen) = (false, false);
    }
    words
}

/// How long the unit is that hangs on a number.
fn unit_of(word: &str) -> Option<usize> {
    const UNITS: &[&str] = &[
        "mpg", "mpge", "hp", "bhp", "lb", "lbs", "km", "kms", "kg", "kgs", "mi", "miles", "kilos",
    ];
    let digits = word
        .bytes()
        .take_while(|byte| byte.is_ascii_digit() || *byte == b'.')
        .count();
    let unit = &word[digits..];
    (digits > 0 && UNITS.contains(&unit)).then_some(unit.len())
}

fn three_digits(text: &str) -> bool {
    let digits = text.chars().take_while(char::is_ascii_digit).count();
    digits == 3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_apostrophes_stay_whole() {
        let texts = |text: &str| split(text).into_iter().map(|w| w.text).collect::<Vec<_>>();
        assert_eq!(
            texts("Don't pay $35,000, or 35k."),
            ["don't", "pay", "35000", "or", "35k"]
        );
        assert_eq!(
            texts("CR-V 2018–2021 2.5 4x4"),
            ["cr", "v", "2018", "2021", "2.5", "4x4"]
        );
        let words = split("an SUV, but not $ 40k");
        assert_eq!(
            words.iter().map(|w| w.clause).collect::<Vec<_>>(),
            [0, 0, 2, 2, 2]
        );
        assert!(words[4].dollars && words[1].capital);
    }
}
