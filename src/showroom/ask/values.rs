//! Reads one value of a search, or says what would do in its place.

use std::str::FromStr;

use super::SORTS;
use crate::cars::Catalogue;
use crate::cars::search::{Sort, letters};
use crate::cars::words::thousands;

/// Adds the words of a closed list, with commas between them.
pub fn words<T: FromStr<Err = crate::cars::UnknownWord> + PartialEq>(
    list: &mut Vec<T>,
    value: &str,
) -> Result<(), String> {
    for word in parts(value) {
        let word = word.parse::<T>().map_err(|error| {
            format!(
                "“{}” is not among them: choose from {}.",
                error.word, error.known
            )
        })?;
        if !list.contains(&word) {
            list.push(word);
        }
    }
    Ok(())
}

pub fn makes(list: &mut Vec<String>, value: &str, catalogue: &Catalogue) -> Result<(), String> {
    let known = catalogue.makes();
    for wanted in parts(value) {
        let make = known.iter().find(|make| letters(make) == letters(wanted));
        let Some(make) = make else {
            return Err(format!("No make in the catalogue is called “{wanted}”."));
        };
        if !list.iter().any(|other| other == make) {
            list.push((*make).to_owned());
        }
    }
    Ok(())
}

pub fn models(value: &str) -> Result<Vec<String>, String> {
    let models: Vec<String> = parts(value).map(str::to_owned).collect();
    match models.iter().find(|model| letters(model).is_empty()) {
        Some(_) => Err("A model's name has letters or digits.".to_owned()),
        None => Ok(models),
    }
}

pub fn parts(value: &str) -> impl Iterator<Item = &str> {
    value
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
}

/// A whole number, which may be written as people write dollars.
pub fn number<T: FromStr>(value: &str) -> Result<T, String> {
    let digits: String = value
        .trim_start_matches('$')
        .chars()
        .filter(|c| !matches!(c, ',' | ' '))
        .collect();
    // "+5" is a number to Rust, and a plus sign in a query string is a space.
    let plain = digits.chars().all(|c| c.is_ascii_digit());
    match digits.parse() {
        Ok(number) if plain => Ok(number),
        _ if plain && !digits.is_empty() => Err(format!("{value} is too much.")),
        _ => Err(format!(
            "“{value}” is not a whole number such as {}.",
            thousands(30)
        )),
    }
}

pub fn year(value: &str, catalogue: &Catalogue) -> Result<u16, String> {
    let (first, last) = catalogue.years();
    let year = number::<u16>(value)?;
    if (first..=last).contains(&year) {
        Ok(year)
    } else {
        Err(format!("The catalogue has model years {first} to {last}."))
    }
}

pub fn stars(value: &str) -> Result<u8, String> {
    match number::<u8>(value)? {
        stars @ 1..=5 => Ok(stars),
        _ => Err("Stars are 1 to 5.".to_owned()),
    }
}

pub fn sort(value: &str) -> Result<Sort, String> {
    let known = SORTS.iter().find(|(_, word, _)| *word == value);
    known.map(|(sort, ..)| *sort).ok_or_else(|| {
        let words = SORTS.map(|(_, word, _)| word).join(", ");
        format!("There is no order called “{value}”: choose from {words}.")
    })
}
