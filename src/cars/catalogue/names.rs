//! The names of a catalogue by the words that they are written in, gathered once.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::Catalogue;
use crate::cars::Body;

/// Makes and models, ready to be looked for in what people write.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// Each make's words in lower case, with the make; those of most words first.
    pub makes: Vec<(Vec<String>, String)>,
    /// By the letters and digits of the model, in lower case: its makes, and its names as EPA groups them.
    pub models: HashMap<String, Vec<(String, String)>>,
    /// Every word of a model's name, in lower case.
    pub words: HashSet<String>,
    /// By make and model: the bodies of its newest model year.
    bodies: HashMap<(String, String), BTreeSet<&'static str>>,
}

impl Names {
    pub(super) fn of(catalogue: &Catalogue) -> Self {
        let makes = catalogue.makes().into_iter();
        let mut names = Names {
            makes: makes.map(|make| (parts(make), make.to_owned())).collect(),
            ..Names::default()
        };
        names
            .makes
            .sort_by_key(|(words, _)| std::cmp::Reverse(words.len()));
        for (make, base) in catalogue.models() {
            names.words.extend(parts(base));
            let known = names.models.entry(parts(base).concat()).or_default();
            if !known.iter().any(|(other, _)| other == make) {
                known.push((make.to_owned(), base.to_owned()));
            }
        }
        names.bodies = bodies(catalogue);
        names
    }

    /// Whether the catalogue has a make of exactly that name.
    pub fn has_make(&self, make: &str) -> bool {
        self.makes.iter().any(|(_, known)| known == make)
    }

    /// The bodies that a model's newest year comes in. `name` is the make and the model, or a model of several makes.
    pub fn bodies_of(&self, name: &str) -> Vec<Body> {
        let fits = |(make, base): &(String, String)| {
            base == name
                || name
                    .strip_prefix(make.as_str())
                    .is_some_and(|rest| rest.trim_start() == base)
        };
        let found = self.bodies.iter().filter(|(names, _)| fits(names));
        let words: BTreeSet<&str> = found.flat_map(|(_, bodies)| bodies).copied().collect();
        words
            .into_iter()
            .filter_map(|word| word.parse().ok())
            .collect()
    }
}

fn bodies(catalogue: &Catalogue) -> HashMap<(String, String), BTreeSet<&'static str>> {
    let mut newest: HashMap<(u32, u32), (u16, BTreeSet<&'static str>)> = HashMap::new();
    for row in catalogue.rows() {
        let (year, bodies) = newest.entry((row.make, row.base)).or_default();
        if row.facts.year > *year {
            (*year, *bodies) = (row.facts.year, BTreeSet::new());
        }
        if row.facts.year == *year {
            bodies.extend(row.facts.body.map(Body::as_str));
        }
    }
    let named = newest.into_iter().map(|((make, base), (_, bodies))| {
        let names = (
            catalogue.name(make).to_owned(),
            catalogue.name(base).to_owned(),
        );
        (names, bodies)
    });
    named.collect()
}

/// The words of a name, in lower case.
pub fn parts(name: &str) -> Vec<String> {
    let words = name.split(|c: char| !c.is_alphanumeric());
    words
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}
