//! Finds makes and models in what a person wrote, by the names of the catalogue and those that people use.

use std::collections::HashMap;

use super::words::Word;
use crate::cars::Catalogue;

/// A make or a model, and how many words it took.
#[derive(Clone, Debug, PartialEq)]
pub struct Named {
    pub words: usize,
    /// The make as the catalogue has it, or the make and model.
    pub name: String,
    pub is_model: bool,
}

/// What people call makes, beside their own names.
#[rustfmt::skip]
const SPOKEN: &[(&str, &str)] = &[
    ("chevy", "Chevrolet"), ("chev", "Chevrolet"), ("vw", "Volkswagen"), ("merc", "Mercedes-Benz"),
    ("mercedes", "Mercedes-Benz"), ("benz", "Mercedes-Benz"), ("beamer", "BMW"), ("beemer", "BMW"), ("bimmer", "BMW"),
    ("caddy", "Cadillac"), ("subie", "Subaru"), ("subies", "Subaru"), ("landrover", "Land Rover"), ("alfa", "Alfa Romeo"),
    ("jag", "Jaguar"), ("lambo", "Lamborghini"), ("rolls", "Rolls-Royce"), ("aston", "Aston Martin"),
    ("mitsu", "Mitsubishi"), ("chrystler", "Chrysler"), ("hundai", "Hyundai"), ("toyta", "Toyota"), ("porche", "Porsche"),
];

/// Makes whose names are also words, places or people: they need a capital letter, an article or a model beside them.
#[rustfmt::skip]
const WORDLIKE_MAKES: &[&str] = &[
    "ram", "mini", "smart", "genesis", "lincoln", "lotus", "fisker", "karma", "lucid", "dodge", "jaguar", "sti", "roush",
    "mobility ventures", "ruf", "fiat", "polestar", "saturn",
];

/// Models whose names are also words or places.
#[rustfmt::skip]
const WORDLIKE_MODELS: &[&str] = &[
    "fit", "soul", "pilot", "accord", "escape", "edge", "explorer", "focus", "fusion", "mirage", "note", "leaf", "titan",
    "frontier", "rogue", "passport", "encore", "spark", "bolt", "volt", "compass", "journey", "charger", "challenger",
    "ghost", "dawn", "venue", "accent", "ascent", "legacy", "crown", "air", "ocean", "gravity", "insight", "clarity",
    "flex", "expedition", "transit", "ranger", "patriot", "renegade", "viper", "dart", "beetle", "golf", "eclipse",
    "quest", "armada", "cube", "kicks", "forte", "liberty", "taurus", "continental", "phantom", "spectre", "wraith",
    "envision", "enclave", "blazer", "express", "metris", "sprinter", "prologue", "maverick", "lightning", "bronco",
    "mustang", "regal", "impala", "spark", "sonic", "cruze", "cascade", "stinger", "cadenza", "seltos", "rio", "tucson",
    "santa fe", "colorado", "tahoe", "telluride", "malibu", "sedona", "yukon", "kona", "sequoia", "sienna", "savana",
    "canyon", "terrain", "acadia", "sierra", "aviator", "navigator", "nautilus", "corsair", "wrangler", "gladiator",
    "convertible", "coupe", "roadster", "electric", "allroad", "vantage", "range", "compact", "van", "juke", "armada",
    "solara", "element", "ridgeline", "odyssey", "touring", "carnival", "countryman", "seville", "crosstrek", "outlander",
    "revero", "integra", "model", "hornet", "ariya", "genesis", "durango", "dakota", "equinox", "traverse", "trailblazer",
];

/// Words that no name is put together from: "never a" is no Nevera.
const STOPS: &[&str] = &[
    "a", "an", "the", "or", "and", "of", "to", "in", "is", "it", "on", "my", "no", "not", "for",
    "i", "at",
];

/// All the names, ready to be looked for.
pub struct Names {
    makes: Vec<(Vec<String>, String)>,
    /// By the letters and digits of the model: its makes and names.
    models: HashMap<String, Vec<(String, String)>>,
}

impl Names {
    pub fn of(catalogue: &Catalogue) -> Self {
        let mut makes: Vec<(Vec<String>, String)> = catalogue
            .makes()
            .into_iter()
            .map(|make| (parts(make), make.to_owned()))
            .collect();
        for (spoken, make) in SPOKEN {
            if makes.iter().any(|(_, known)| known == make) {
                makes.push((parts(spoken), (*make).to_owned()));
            }
        }
        makes.sort_by_key(|(words, _)| std::cmp::Reverse(words.len()));
        let mut models: HashMap<String, Vec<(String, String)>> = HashMap::new();
        for (make, base) in catalogue.models() {
            let known = models.entry(parts(base).concat()).or_default();
            if !known.iter().any(|(other, _)| other == make) {
                known.push((make.to_owned(), base.to_owned()));
            }
        }
        Names { makes, models }
    }

    /// The make or model that starts at that word.
    pub fn find(&self, words: &[Word], at: usize) -> Option<Named> {
        let Some((count, make)) = self.make(&words[at..]) else {
            return self.model(words, at, None);
        };
        // "Toyota's RAV4", "Mazda3": the model may follow, with the make before it.
        let model = self.model(words, at + count, Some(&make));
        if let Some(model) = model {
            return Some(Named {
                words: count + model.words,
                ..model
            });
        }
        let spoken = parts(&make).join(" ");
        let sure = !WORDLIKE_MAKES.contains(&spoken.as_str()) || {
            let article = at > 0
                && words[at - 1]
                    .is_any(&["a", "an", "or", "like", "new", "the", "no", "not", "any"]);
            let capital = words[at].capital && (at == 0 || !starts_sentence(words, at));
            (article && spoken != "smart" && spoken != "mini")
                || capital
                || words[at].text.ends_with('s')
        };
        (sure && !is_place(words, at)).then_some(Named {
            words: count,
            name: make,
            is_model: false,
        })
    }

    fn make(&self, words: &[Word]) -> Option<(usize, String)> {
        let fits = |parts: &Vec<String>| {
            words.len() >= parts.len() && words.iter().zip(parts).all(|(word, part)| word.is(part))
        };
        self.makes
            .iter()
            .find(|(parts, _)| fits(parts))
            .map(|(parts, make)| (parts.len(), make.clone()))
    }

    fn model(&self, words: &[Word], at: usize, make: Option<&str>) -> Option<Named> {
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
            let (key, known) = match (self.models.get(&exact), self.models.get(single)) {
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
                (None, _) if !is_clear(words, at, count, key) => continue,
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
}

fn parts(name: &str) -> Vec<String> {
    let words = name.split(|c: char| !c.is_alphanumeric());
    words
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

/// Whether a model's name, without its make, can't well mean something else.
fn is_clear(words: &[Word], at: usize, count: usize, key: &str) -> bool {
    let letters = key.chars().any(|c| c.is_ascii_alphabetic());
    let digits = key.chars().any(|c| c.is_ascii_digit());
    let vowels = key.chars().any(|c| "aeiouy".contains(c));
    let article =
        at > 0 && words[at - 1].is_any(&["a", "an", "the", "like", "or", "vs", "versus", "and"]);
    let capital = words[at].capital && !starts_sentence(words, at);
    let spoken = words[at..at + count]
        .iter()
        .map(|word| word.text.as_str())
        .collect::<Vec<_>>()
        .join(" ");
    let single = spoken.strip_suffix('s').unwrap_or(&spoken);
    if is_place(words, at) || !letters || key.len() < 2 {
        false
    } else if WORDLIKE_MODELS.contains(&spoken.as_str()) || WORDLIKE_MODELS.contains(&single) {
        capital && article
    } else if digits {
        key.len() >= 3 || (key.len() == 2 && words[at].capital)
    } else if key.len() <= 3 {
        !vowels && key.len() == 3
    } else {
        true
    }
}

/// "I live in Lincoln"
fn is_place(words: &[Word], at: usize) -> bool {
    at > 0
        && words[at - 1].is_any(&[
            "in", "from", "near", "around", "at", "to", "outside", "through",
        ])
}

fn starts_sentence(words: &[Word], at: usize) -> bool {
    at == 0 || words[at - 1].sentence != words[at].sentence
}
