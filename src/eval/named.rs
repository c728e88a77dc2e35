//! Finds the cars that a text names, also those that don't exist.

use std::collections::HashMap;

use crate::cars::Car;

/// A car that a text names.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Named {
    /// The places, in the catalogue, of the cars that it can be: versions, and years where the text gives none.
    Known(Vec<usize>),
    /// A year with a make or a bold name that the catalogue doesn't have together.
    Unknown(String),
}

/// The names of a catalogue, ready to be looked for.
pub struct Names {
    /// The cars by the words of their make.
    makes: HashMap<Vec<String>, Vec<Model>>,
}

/// A car of a make: its place in the catalogue, its year and the words of its model.
struct Model {
    at: usize,
    year: u16,
    words: Vec<String>,
}

struct Word<'a> {
    text: &'a str,
    lower: String,
    /// Whether two asterisks stand right before it.
    is_bold: bool,
}

impl Names {
    pub fn of<'a>(cars: impl Iterator<Item = &'a Car>) -> Self {
        let mut makes: HashMap<Vec<String>, Vec<_>> = HashMap::new();
        for (at, car) in cars.enumerate() {
            let models = makes.entry(lower(&car.make)).or_default();
            models.push(Model {
                at,
                year: car.year,
                words: lower(&car.model),
            });
        }
        Names { makes }
    }

    /// The cars that a text names, each once: a make and a model, mostly with a year before them. A make with a year and a
    /// model that the make didn't sell that year is unknown; a make alone, or with other words, names no car.
    pub fn find(&self, text: &str) -> Vec<Named> {
        let words = words(text);
        let mut found: Vec<Named> = Vec::new();
        for at in 0..words.len() {
            let year = year(&words[at]);
            let start = at + usize::from(year.is_some());
            // A make with a year before it was looked at with its year.
            if year.is_none() && at > 0 && self::year(&words[at - 1]).is_some() {
                continue;
            }
            let named = match (self.make(&words[start..]), year) {
                (Some((len, cars)), year) => named(&words[start..], len, cars, year),
                (None, Some(year)) if words[at].is_bold && is_name(words.get(start)) => {
                    Some(Named::Unknown(title(year, &words[start..], 2)))
                }
                _ => None,
            };
            if let Some(named) = named.filter(|named| !found.contains(named)) {
                found.push(named);
            }
        }
        found
    }

    /// The make that the words start with: how many words it has, and its cars.
    fn make(&self, words: &[Word]) -> Option<(usize, &[Model])> {
        let lengths = (1..=3.min(words.len())).rev();
        lengths.into_iter().find_map(|len| {
            let make: Vec<String> = words[..len].iter().map(|word| word.lower.clone()).collect();
            Some((len, self.makes.get(&make)?.as_slice()))
        })
    }
}

/// The car that stands after a make of so many words.
fn named(words: &[Word], make: usize, cars: &[Model], year: Option<u16>) -> Option<Named> {
    let rest = &words[make..];
    let of_year = cars
        .iter()
        .filter(|car| year.is_none_or(|year| year == car.year));
    let scored: Vec<(usize, usize)> = of_year
        .map(|car| (shared(&car.words, rest), car.at))
        .collect();
    let best = scored.iter().map(|(score, _)| *score).max().unwrap_or(0);
    match (best, year) {
        (0, Some(year)) if is_name(rest.first()) => {
            Some(Named::Unknown(title(year, words, make + 1)))
        }
        (0, _) => None,
        _ => {
            let best = scored.into_iter().filter(|(score, _)| *score == best);
            Some(Named::Known(best.map(|(_, at)| at).collect()))
        }
    }
}

/// How many words of a model, from its first, the text has, wherever hyphens and spaces are (`F-150`, `F150`).
fn shared(model: &[String], text: &[Word]) -> usize {
    let mut most = 0;
    for count in 1..=model.len() {
        let wanted = model[..count].concat();
        let mut rest = wanted.as_str();
        for word in text {
            match rest.strip_prefix(word.lower.as_str()) {
                Some(more) => rest = more,
                None => break,
            }
            if rest.is_empty() {
                most = count;
                break;
            }
        }
    }
    most
}

fn year(word: &Word) -> Option<u16> {
    let is_year = word.text.len() == 4;
    word.text
        .parse()
        .ok()
        .filter(|year| is_year && (1980..=2040).contains(year))
}

/// A name starts with a capital or a digit.
fn is_name(word: Option<&Word>) -> bool {
    word.is_some_and(|word| {
        word.text
            .starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit())
    })
}

fn title(year: u16, words: &[Word], count: usize) -> String {
    let words = words.iter().take(count).map(|word| word.text);
    std::iter::once(year.to_string())
        .chain(words.map(str::to_owned))
        .collect::<Vec<_>>()
        .join(" ")
}

fn words(text: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut at = 0;
    for part in text.split_inclusive(|c: char| !c.is_alphanumeric()) {
        let word = part.trim_end_matches(|c: char| !c.is_alphanumeric());
        if !word.is_empty() {
            words.push(Word {
                text: word,
                lower: word.to_lowercase(),
                is_bold: text[..at].ends_with("**"),
            });
        }
        at += part.len();
    }
    words
}

fn lower(name: &str) -> Vec<String> {
    words(name).into_iter().map(|word| word.lower).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cars::Catalogue;

    #[test]
    fn names_are_found_with_and_without_years_and_as_they_are_written() {
        let catalogue = Catalogue::built_in().unwrap();
        let cars: Vec<Car> = catalogue.iter().collect();
        let names = Names::of(cars.iter());
        let found = |text: &str| -> Vec<String> {
            let told = names.find(text).into_iter().map(|named| match named {
                Named::Known(places) => {
                    let car = &cars[places[0]];
                    format!("{} {}", car.make, car.model.split(' ').next().unwrap())
                }
                Named::Unknown(title) => format!("no {title}"),
            });
            told.collect()
        };
        assert_eq!(
            found(
                "1. **2024 Toyota RAV4 Hybrid AWD**: 39 mpg. The 2022 Ford F-150 and the Honda CR-V, too."
            ),
            ["Toyota RAV4", "Ford F-150", "Honda CR-V"]
        );
        assert_eq!(
            found("the 2024 Toyota Moonbeam"),
            ["no 2024 Toyota Moonbeam"]
        );
        assert_eq!(found("**2025 Zephyr Comet**"), ["no 2025 Zephyr Comet"]);
        for none in [
            "In 2024 Toyota sold many.",
            "Toyota makes the safest, since 2020.",
            "the 2022 model",
        ] {
            assert_eq!(found(none), [""; 0], "{none}");
        }
    }
}
