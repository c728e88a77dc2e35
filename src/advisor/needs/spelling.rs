//! Mends names and words that are misspelt by a letter or two, where nothing else can be meant.

use super::lexicon;
use super::names::spoken::{COMMON_MODELS, PLACES, SPOKEN, WORDLIKE_MAKES, WORDLIKE_MODELS};
use super::words::Word;
use crate::cars::names::Names;

mod lists;

use lists::{ORDINARY, WORDS};

/// The fewest letters of a word that is mended, and of one that may be two letters off.
const LEAST: usize = 5;
const LONG: usize = 8;

/// Puts the right spelling in the place of a wrong one. The places in the text stay.
pub fn mend(words: &mut [Word], names: &Names) {
    for at in 0..words.len() {
        let text = words[at].text.as_str();
        let letters = text.len() >= LEAST && text.chars().all(|c| c.is_ascii_lowercase());
        if !letters {
            continue;
        }
        let mended = match at
            .checked_sub(1)
            .and_then(|before| make(&words[before], names))
        {
            Some(make) if lexicon::phrase(&words[at..]).is_none() => {
                of_make(text, make, names).or_else(|| mended(text, names))
            }
            _ => mended(text, names),
        };
        if let Some(mended) = mended {
            words[at].text = mended;
        }
    }
}

/// The make that a single word names.
fn make<'a>(word: &Word, names: &'a Names) -> Option<&'a str> {
    let fits = |parts: &[String]| matches!(parts, [part] if word.is(part));
    let makes = names.makes.iter();
    let own = makes.clone().find(|(parts, _)| fits(parts));
    let spoken = SPOKEN.iter().find(|(spoken, _)| word.is(spoken));
    let known = spoken.and_then(|(_, make)| makes.clone().find(|(_, known)| known == make));
    own.or(known).map(|(_, make)| make.as_str())
}

/// After a make, one of its own models is meant, even by a word that is an English one: "Nissan Rouge".
fn of_make(text: &str, make: &str, names: &Names) -> Option<String> {
    let own = |models: &[(String, String)]| models.iter().any(|(of, _)| of == make);
    let models = names.models.iter().filter(|(_, models)| own(models));
    let keys: Vec<&str> = models.map(|(key, _)| key.as_str()).collect();
    let singular = text.strip_suffix('s').unwrap_or(text);
    if keys.contains(&text) || keys.contains(&singular) {
        return None;
    }
    let near = keys.into_iter().filter(|key| key.len() >= LEAST);
    nearest(text, near, |_| 1)
}

fn mended(text: &str, names: &Names) -> Option<String> {
    let singular = text.strip_suffix('s').unwrap_or(text);
    let known = |word: &str| {
        ORDINARY.contains(&word)
            || WORDS.contains(&word)
            || lexicon::has(word)
            || is_name(word, names)
    };
    if known(text) || known(singular) {
        return None;
    }
    let far = |target: &str| {
        if target.len() >= LONG && text.len() >= LONG {
            2
        } else {
            1
        }
    };
    nearest(text, targets(text, names), far).or_else(|| {
        (singular != text && singular.len() >= LEAST)
            .then(|| nearest(singular, targets(singular, names), far))
            .flatten()
    })
}

/// Whether it is a part of any name, so that it stays as it is.
fn is_name(word: &str, names: &Names) -> bool {
    names.models.contains_key(word)
        || names
            .makes
            .iter()
            .any(|(parts, _)| parts.iter().any(|part| part == word))
        || names.words.contains(word)
        || SPOKEN.iter().any(|(spoken, _)| *spoken == word)
}

/// What that spelling may have meant: no name that is a word or a place as well.
fn targets<'a>(text: &'a str, names: &'a Names) -> impl Iterator<Item = &'a str> {
    // First what costs least and leaves least: a thousand names are gone through for each word.
    let is_like = |word: &&str| may_be(text, word) && word.len() >= LEAST;
    let makes = names
        .makes
        .iter()
        .filter_map(|(parts, _)| match &parts[..] {
            [one] => Some(one.as_str()),
            _ => None,
        });
    let makes = makes.filter(is_like);
    let models = names.models.keys().map(String::as_str).filter(is_like);
    let unclear = |key: &&str| {
        [COMMON_MODELS, WORDLIKE_MODELS, PLACES]
            .iter()
            .any(|list| list.contains(key))
    };
    let all = makes
        .filter(|make| !WORDLIKE_MAKES.contains(make))
        .chain(["mercedes"])
        .chain(models.filter(move |key| !unclear(key)))
        .chain(WORDS.iter().copied());
    all.filter(|word| word.chars().all(|c| c.is_ascii_lowercase()))
}

/// Whether a misspelling of `target` can look like that: hardly ever does one start with another letter, and none is more
/// than two letters longer or shorter.
fn may_be(text: &str, target: &str) -> bool {
    text.as_bytes().first() == target.as_bytes().first() && text.len().abs_diff(target.len()) <= 2
}

/// The one target that is nearest and near enough.
pub fn nearest<'a>(
    text: &str,
    targets: impl Iterator<Item = &'a str>,
    far: impl Fn(&str) -> usize,
) -> Option<String> {
    let mut best: Option<(usize, &str)> = None;
    let mut tied = false;
    for target in targets {
        let most = far(target);
        if !may_be(text, target) || target.len().abs_diff(text.len()) > most {
            continue;
        }
        let edits = match single(text) == single(target) {
            true => 1,
            false => edits(text.as_bytes(), target.as_bytes()),
        };
        match best {
            _ if edits > most => {}
            Some((least, known)) if edits == least && known != target => tied = true,
            Some((least, _)) if edits >= least => {}
            _ => (best, tied) = (Some((edits, target)), false),
        }
    }
    best.filter(|_| !tied).map(|(_, target)| target.to_owned())
}

/// The word with doubled letters written once: which one is doubled is what people forget most.
fn single(word: &str) -> String {
    let mut letters: Vec<char> = word.chars().collect();
    letters.dedup();
    letters.into_iter().collect()
}

/// How many letters were left out, put in, changed, or changed places with their neighbours.
pub fn edits(from: &[u8], to: &[u8]) -> usize {
    let mut rows: Vec<Vec<usize>> = vec![(0..=to.len()).collect()];
    for i in 1..=from.len() {
        let mut row = vec![i];
        for j in 1..=to.len() {
            let same = from[i - 1] == to[j - 1];
            let mut least = (rows[i - 1][j] + 1)
                .min(row[j - 1] + 1)
                .min(rows[i - 1][j - 1] + usize::from(!same));
            if i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[from.len()][to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::advisor::needs::words::split;
    use crate::cars::Catalogue;

    fn mended_text(text: &str) -> String {
        let catalogue = Catalogue::built_in().unwrap();
        let mut words = split(text);
        mend(&mut words, catalogue.names());
        let texts: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
        texts.join(" ")
    }

    #[test]
    fn what_is_misspelt_is_mended() {
        for (wrong, right) in [
            ("a Toyta hybird", "a toyota hybrid"),
            ("Hundai, suburu", "hyundai subaru"),
            ("minivann", "minivan"),
            ("Chevorlet deisel", "chevrolet diesel"),
            ("Volkswagon convertable", "volkswagen convertible"),
            ("Nissan Rouge", "nissan rogue"),
            ("electirc pikcup", "electric pickup"),
        ] {
            assert_eq!(mended_text(wrong), right);
        }
    }

    #[test]
    fn english_words_stay_as_they_are() {
        for text in [
            "never carry a couple of glass bricks in a civil month",
            "the electrical booster is never readable",
            "rouge is a shortage of optic copper",
            "my infinite craze for highlands and forestry",
            "seven people usually travel there every single weekend before dinner",
            "toyotas and sedans",
        ] {
            assert_eq!(mended_text(text), text);
        }
    }

    #[test]
    fn edits_are_counted() {
        let count = |a: &str, b: &str| edits(a.as_bytes(), b.as_bytes());
        assert_eq!(
            (count("hybird", "hybrid"), count("toyta", "toyota")),
            (1, 1)
        );
        assert_eq!((count("rouge", "rogue"), count("", "abc")), (1, 3));
    }
}
