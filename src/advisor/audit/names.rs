//! The names of the catalogue, gathered once, and the cars that they stand for.

use std::collections::HashMap;

use crate::cars::search::letters;
use crate::cars::{Catalogue, Fuel, Row};

/// All makes and models, ready to be looked up by their letters and digits.
#[derive(Debug)]
pub struct Names {
    /// Letters of a make, or of what people call it, with its place in `names`.
    makes: Vec<(String, usize)>,
    names: Vec<String>,
    models: Vec<Model>,
    /// By the letters of the base model, or of a beginning of the whole name that holds the base.
    by_name: HashMap<String, Vec<usize>>,
    /// By the first word of a name alone, where it isn't too common: `DBX` for `DBX 707`.
    by_first: HashMap<String, Vec<usize>>,
    /// The model of each of EPA's numbers.
    by_number: HashMap<u32, usize>,
}

#[derive(Debug)]
struct Model {
    make: usize,
    /// The letters of the base model.
    base: String,
    /// Places in [`Catalogue::rows`].
    rows: Vec<usize>,
}

/// What people call makes, beside their own names.
pub const SPOKEN: &[(&str, &str)] = &[
    ("chevy", "Chevrolet"),
    ("vw", "Volkswagen"),
    ("mercedes", "Mercedes-Benz"),
];

/// First words of names that many cars share, or that mean something else.
const SHARED: &[&str] = &[
    "model",
    "grand",
    "range",
    "santa",
    "gr",
    "land",
    "new",
    "all",
    "the",
    "sport",
    "super",
    "electric",
    "series",
    "air",
    "town",
    "monte",
    "coupe",
    "van",
    "convertible",
    "roadster",
    "compact",
    "touring",
    "type",
    "john",
    "fuel",
];

impl Names {
    /// Reads every name. Takes some milliseconds: once for a catalogue.
    pub fn of(catalogue: &Catalogue) -> Self {
        let mut found = Names {
            makes: Vec::new(),
            names: catalogue.makes().into_iter().map(str::to_owned).collect(),
            models: Vec::new(),
            by_name: HashMap::new(),
            by_first: HashMap::new(),
            by_number: HashMap::new(),
        };
        let place = |make: &str| found.names.iter().position(|name| name == make);
        let spoken = SPOKEN
            .iter()
            .filter_map(|(spoken, make)| Some(((*spoken).to_owned(), place(make)?)));
        let own = found.names.iter().enumerate();
        let own = own.map(|(at, make)| (letters(make), at));
        found.makes = own.chain(spoken).collect();
        // The longest first, so that no make hides behind another's beginning.
        found
            .makes
            .sort_by_key(|(key, _)| std::cmp::Reverse(key.len()));

        let mut models: HashMap<(&str, &str, &str), Vec<usize>> = HashMap::new();
        for (at, row) in catalogue.rows().iter().enumerate() {
            let entry = catalogue.entry(row);
            let names = (entry.make, entry.base, entry.model);
            models.entry(names).or_default().push(at);
        }
        for ((make, base, model), rows) in models {
            let make = found.names.iter().position(|name| name == make);
            let numbers = rows.iter().map(|at| catalogue.rows()[*at].facts.number);
            let place = found.models.len();
            found
                .by_number
                .extend(numbers.map(|number| (number, place)));
            found.add(make.unwrap_or_default(), base, model, rows);
        }
        found
    }

    fn add(&mut self, make: usize, base: &str, model: &str, rows: Vec<usize>) {
        let at = self.models.len();
        let base = letters(base);
        self.models.push(Model {
            make,
            base: base.clone(),
            rows,
        });
        let mut keys = vec![base.clone()];
        let mut key = String::new();
        for word in words(model) {
            key.push_str(&word);
            if key.starts_with(&base) {
                keys.push(key.clone());
            } else if key.len() == word.len()
                && !SHARED.contains(&word.as_str())
                && is_telling(&word)
            {
                self.by_first.entry(word).or_default().push(at);
            }
        }
        keys.push(letters(model));
        keys.sort_unstable();
        keys.dedup();
        for key in keys {
            self.by_name.entry(key).or_default().push(at);
        }
    }

    /// The make that these letters begin with, and the letters that follow it.
    pub fn make<'a>(&self, letters: &'a str) -> Option<(usize, &'a str)> {
        let found = |(key, make): &(String, usize)| Some((*make, letters.strip_prefix(key)?));
        self.makes.iter().find_map(found)
    }

    /// Whether these letters are a make and nothing more.
    pub fn is_make(&self, letters: &str) -> bool {
        self.makes.iter().any(|(key, _)| key == letters)
    }

    /// The models of that name, of one make or of any.
    pub fn models(&self, make: Option<usize>, letters: &str) -> Vec<usize> {
        let of_make = |models: Option<&Vec<usize>>| -> Vec<usize> {
            let models = models.into_iter().flatten().copied();
            models
                .filter(|at| make.is_none_or(|make| self.models[*at].make == make))
                .collect()
        };
        let found = of_make(self.by_name.get(letters));
        match found.is_empty() && make.is_some() {
            true => self.wider(make, letters),
            false => found,
        }
    }

    /// The models whose name has more words than these letters and begins with them.
    pub fn wider(&self, make: Option<usize>, letters: &str) -> Vec<usize> {
        let models = self.by_first.get(letters).into_iter().flatten().copied();
        models
            .filter(|at| make.is_none_or(|make| self.models[*at].make == make))
            .collect()
    }

    /// All models that share a base with these: the Camry LE and the Camry Hybrid.
    pub fn family(&self, models: &[usize]) -> Vec<usize> {
        let bases = models.iter().map(|at| &self.models[*at]);
        let mut family: Vec<usize> = bases
            .flat_map(|model| self.models(Some(model.make), &model.base))
            .collect();
        family.sort_unstable();
        family.dedup();
        family
    }

    /// The catalogue's cars of these models, of one year or of all.
    pub fn rows(&self, catalogue: &Catalogue, models: &[usize], year: Option<u16>) -> Vec<Row> {
        let rows = models.iter().flat_map(|at| &self.models[*at].rows);
        rows.filter_map(|row| catalogue.rows().get(*row))
            .filter(|row| year.is_none_or(|year| row.facts.year == year))
            .copied()
            .collect()
    }

    /// The models that cars with these of EPA's numbers are of.
    pub fn of_numbers(&self, numbers: &[u32]) -> Vec<usize> {
        let models = numbers
            .iter()
            .filter_map(|number| self.by_number.get(number));
        models.copied().collect()
    }
}

/// Whether a name's first word can stand for it: `dbx` and `q4`, not `cx`.
fn is_telling(word: &str) -> bool {
    let digit = word.chars().any(|c| c.is_ascii_digit());
    word.len() > 2 || (digit && word.len() == 2)
}

/// The words of a name, in lower case, as [`super::lex`] parts them.
fn words(name: &str) -> Vec<String> {
    let parts = name.split(|c: char| !c.is_alphanumeric());
    parts
        .filter(|part| !part.is_empty())
        .map(str::to_lowercase)
        .collect()
}

/// What words after a name say about the version that is meant, "CR-V hybrid": how many they are, and the fuels, of which
/// the first that the car comes with counts.
pub fn fuels(words: &[&str]) -> Option<(usize, &'static [Fuel])> {
    Some(match words {
        ["plug", "in", "hybrid", ..] => (3, &[Fuel::PlugInHybrid]),
        ["plug", "in", ..] => (2, &[Fuel::PlugInHybrid]),
        ["phev" | "prime", ..] => (1, &[Fuel::PlugInHybrid]),
        ["hybrid" | "hybrids" | "hev", ..] => (1, &[Fuel::Hybrid, Fuel::PlugInHybrid]),
        ["electric" | "ev", ..] => (1, &[Fuel::Electric]),
        ["diesel", ..] => (1, &[Fuel::Diesel]),
        _ => return None,
    })
}
