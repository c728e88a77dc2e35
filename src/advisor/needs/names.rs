//! Finds makes and models in what a person wrote, by the names of the catalogue and those that people use.

use super::words::Word;
use crate::cars::names::{Names, parts};

mod clear;
pub mod spoken;

use clear::{is_clear, is_place, starts_sentence};
use spoken::{SPOKEN, SPOKEN_MODELS, WORDLIKE_MAKES};

/// A make or a model, and how many words it took.
#[derive(Clone, Debug, PartialEq)]
pub struct Named {
    pub words: usize,
    /// The make as the catalogue has it, or the make and model.
    pub name: String,
    pub is_model: bool,
}

/// Words that no name is put together from: "never a" is no Nevera.
const STOPS: &[&str] = &[
    "a", "an", "the", "or", "and", "of", "to", "in", "is", "it", "on", "my", "no", "not", "for",
    "i", "at",
];

/// The make or model that starts at that word.
pub fn find(names: &Names, words: &[Word], at: usize) -> Option<Named> {
    let Some((count, make)) = make(names, &words[at..]) else {
        return model(names, words, at, None);
    };
    // "Toyota's RAV4", "Mazda3": the model may follow, with the make before it.
    let model = model(names, words, at + count, Some(&make));
    if let Some(model) = model {
        return Some(Named {
            words: count + model.words,
            ..model
        });
    }
    let spoken = parts(&make).join(" ");
    let sure = !WORDLIKE_MAKES.contains(&spoken.as_str()) || {
        let article = at > 0
            && words[at - 1].is_any(&[
                "a", "an", "or", "like", "new", "the", "no", "not", "any", "from", "by",
            ]);
        let listed = is_listed(names, words, at + count);
        let capital = words[at].capital && (at == 0 || !starts_sentence(words, at));
        (article && spoken != "smart" && spoken != "mini")
            || capital
            || listed
            || (words[at].text.ends_with('s') && !spoken.ends_with('s'))
    };
    (sure && !is_place(words, at, count)).then_some(Named {
        words: count,
        name: make,
        is_model: false,
    })
}

/// "ram or a dodge": a make that another one follows.
fn is_listed(names: &Names, words: &[Word], end: usize) -> bool {
    let rest = words.get(end..).unwrap_or_default();
    let joined = rest
        .first()
        .is_some_and(|word| word.is_any(&["or", "and", "vs"]));
    let skipped = if rest.get(1).is_some_and(|word| word.is_any(&["a", "an"])) {
        2
    } else {
        1
    };
    joined && make(names, rest.get(skipped..).unwrap_or_default()).is_some()
}

fn make(names: &Names, words: &[Word]) -> Option<(usize, String)> {
    let fits = |parts: &[String]| {
        words.len() >= parts.len() && words.iter().zip(parts).all(|(word, part)| word.is(part))
    };
    let own = names.makes.iter().find(|(parts, _)| fits(parts));
    if let Some((parts, make)) = own {
        return Some((parts.len(), make.clone()));
    }
    let first = words.first()?;
    let (_, make) = SPOKEN.iter().find(|(spoken, _)| first.is(spoken))?;
    names.has_make(make).then(|| (1, (*make).to_owned()))
}

/// The makes and names of the models of that name.
fn known(names: &Names, key: &str) -> Option<Vec<(String, String)>> {
    if let Some(known) = names.models.get(key) {
        return Some(known.clone());
    }
    let called = |spoken: &str| spoken.chars().filter(|c| *c != ' ').eq(key.chars());
    let (_, make, model) = SPOKEN_MODELS.iter().find(|(spoken, ..)| called(spoken))?;
    let known = vec![((*make).to_owned(), (*model).to_owned())];
    names.has_make(make).then_some(known)
}

/// "a Lexus, but not the RX": a short name with an article, and its make elsewhere in the message.
fn is_beside_its_make(
    names: &Names,
    words: &[Word],
    at: usize,
    known: &[(String, String)],
) -> bool {
    let article = at > 0 && words[at - 1].is_any(&["the", "a", "an"]);
    let short = words[at].text.len() <= 3 && words[at].capital;
    let of_make = |word: &Word| {
        make(names, std::slice::from_ref(word))
            .is_some_and(|(_, make)| known.iter().any(|(of, _)| *of == make))
    };
    // A message may be long, and hold nothing but such names.
    let near = &words[at.saturating_sub(20)..(at + 20).min(words.len())];
    article && short && near.iter().any(of_make)
}

fn model(names: &Names, words: &[Word], at: usize, make: Option<&str>) -> Option<Named> {
    let clause = words.get(at)?.clause;
    for count in (1..=4).rev() {
        let Some(run) = words.get(at..at + count) else {
            continue;
        };
        if run.iter().any(|word| word.clause != clause) {
            continue;
        }
        let exact: String = run
            .iter()
            .map(|word| word.text.trim_end_matches("'s"))
            .collect();
        let single = exact.strip_suffix('s').unwrap_or(&exact);
        let (key, known) = match (known(names, &exact), known(names, single)) {
            (Some(known), _) => (exact.as_str(), known),
            (None, Some(known)) => (single, known),
            (None, None) => continue,
        };
        if run[1..].iter().any(|word| {
            word.is_any(STOPS)
                && !known
                    .iter()
                    .any(|(_, base)| parts(base).contains(&word.text))
        }) {
            continue;
        }
        let of_make = known.iter().find(|(of, _)| Some(of.as_str()) == make);
        let name = match (make, of_make) {
            (Some(_), Some((make, base))) => format!("{make} {base}"),
            (Some(_), None) => continue,
            (None, _)
                if !is_clear(words, at, count, key)
                    && !is_beside_its_make(names, words, at, &known) =>
            {
                continue;
            }
            (None, _) => match &known[..] {
                [(make, base)] => format!("{make} {base}"),
                _ => known.first()?.1.clone(),
            },
        };
        return Some(Named {
            words: count,
            name,
            is_model: true,
        });
    }
    None
}
