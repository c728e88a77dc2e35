//! Finds makes and models in what a person wrote, by the names of the catalogue and those that people use.

use std::collections::HashMap;

use super::words::Word;
use super::{Field, lexicon};
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

/// What people call models, beside their own names.
#[rustfmt::skip]
const SPOKEN_MODELS: &[(&str, &str, &str)] = &[("bolt", "Chevrolet", "Bolt"), ("mach e", "Ford", "Mustang Mach-E")];

/// Models whose names are also everyday words: they need more than the word.
#[rustfmt::skip]
const WORDLIKE_MODELS: &[&str] = &[
    "fit", "soul", "pilot", "accord", "escape", "edge", "explorer", "focus", "fusion", "mirage", "note", "leaf", "titan",
    "frontier", "rogue", "passport", "encore", "spark", "bolt", "volt", "compass", "journey", "charger", "challenger",
    "ghost", "dawn", "venue", "accent", "ascent", "legacy", "crown", "ocean", "gravity", "insight", "clarity", "flex",
    "expedition", "ranger", "patriot", "renegade", "viper", "dart", "beetle", "golf", "eclipse", "quest", "armada",
    "cube", "kicks", "forte", "liberty", "continental", "phantom", "spectre", "wraith", "envision", "enclave", "blazer",
    "express", "sprinter", "prologue", "maverick", "lightning", "regal", "sonic", "cascada", "stinger", "canyon",
    "terrain", "aviator", "navigator", "odyssey", "element", "carnival", "countryman", "clubman", "traverse", "hornet",
    "discovery", "defender", "endurance", "voyager", "optima", "rapide", "vantage", "valour", "mistral", "sabre",
    "fiesta", "prowler", "gladiator", "matrix",
];

/// Models whose names are words that people say of any car: only their make makes them clear.
const COMMON_MODELS: &[&str] = &[
    "air",
    "electric",
    "convertible",
    "coupe",
    "roadster",
    "range",
    "compact",
    "van",
    "touring",
    "model",
    "transit",
    "allroad",
    "genesis",
    "karma",
    "mini",
    "smart",
];

/// Names that are also places.
const PLACES: &[&str] = &[
    "lincoln",
    "tucson",
    "santa fe",
    "tahoe",
    "sedona",
    "telluride",
    "malibu",
    "colorado",
    "dakota",
    "durango",
    "sierra",
    "yukon",
    "pacifica",
    "sequoia",
    "tacoma",
    "taos",
    "roma",
    "seville",
    "california",
    "portofino",
    "cadillac",
    "savana",
    "murano",
    "sorento",
    "avalon",
    "kona",
    "palisade",
    "outback",
];

/// What may stand in a message beside a name that is most of it: "what about the Rogue?"
const FILLING: &[&str] = &[
    "a", "an", "the", "or", "and", "vs", "versus", "please", "ok", "okay", "how", "what", "about",
    "show", "me", "i", "want", "like", "need", "maybe", "used", "new", "also", "hi", "hello",
    "cars", "car", "compare",
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
        for (spoken, make, model) in SPOKEN_MODELS {
            let known = models.entry(parts(spoken).concat()).or_default();
            if known.is_empty() && makes.iter().any(|(_, known)| known == make) {
                known.push(((*make).to_owned(), (*model).to_owned()));
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
                && words[at - 1].is_any(&[
                    "a", "an", "or", "like", "new", "the", "no", "not", "any", "from", "by",
                ]);
            let listed = self.is_listed(words, at + count);
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
    fn is_listed(&self, words: &[Word], end: usize) -> bool {
        let rest = words.get(end..).unwrap_or_default();
        let joined = rest
            .first()
            .is_some_and(|word| word.is_any(&["or", "and", "vs"]));
        let skipped = if rest.get(1).is_some_and(|word| word.is_any(&["a", "an"])) {
            2
        } else {
            1
        };
        joined && self.make(rest.get(skipped..).unwrap_or_default()).is_some()
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
    let is_of = |names: &[&str]| spoken(words, at, count, names);
    if is_place(words, at, count) || is_of(COMMON_MODELS) || !letters || key.len() < 2 {
        false
    } else if is_of(WORDLIKE_MODELS) {
        is_written_as_name(words, at) || is_beside_car_terms(words, at, count) || is_most_of(words)
    } else if digits {
        key.len() >= 3 || (key.len() == 2 && words[at].capital)
    } else if key.len() <= 3 {
        !vowels && key.len() == 3
    } else {
        true
    }
}

/// Whether these words, or their singular, are in a list.
fn spoken(words: &[Word], at: usize, count: usize, names: &[&str]) -> bool {
    let said: Vec<&str> = words[at..at + count]
        .iter()
        .map(|word| word.text.as_str())
        .collect();
    let said = said.join(" ");
    names.contains(&said.as_str())
        || said
            .strip_suffix('s')
            .is_some_and(|one| names.contains(&one))
}

/// A capital letter within a sentence that isn't all in capitals.
fn is_written_as_name(words: &[Word], at: usize) -> bool {
    let small = |word: &Word| !word.capital && word.text.starts_with(char::is_alphabetic);
    let around = &words[at.saturating_sub(20)..(at + 20).min(words.len())];
    let mixed = around
        .iter()
        .any(|word| word.sentence == words[at].sentence && small(word));
    words[at].capital && mixed && !starts_sentence(words, at)
}

/// Whether a year, a fuel, a body, a drive or a gearbox stands right beside it: "explorer hybrid", "2019 fusion".
fn is_beside_car_terms(words: &[Word], at: usize, count: usize) -> bool {
    let same = |i: &usize| {
        words
            .get(*i)
            .is_some_and(|word| word.clause == words[at].clause)
    };
    let is_year = |i: usize| matches!(words[i].text.parse(), Ok(1980..=2035));
    let is_term = |i: usize| {
        let term = lexicon::phrase(&words[i..]);
        term.is_some_and(|(_, field, value)| field != Field::Priority && !value.is_empty())
    };
    let before = at.checked_sub(1).filter(same);
    let beside = before.into_iter().chain(Some(at + count).filter(same));
    beside.into_iter().any(|i| is_year(i) || is_term(i))
}

/// Whether the message holds hardly anything but such names.
fn is_most_of(words: &[Word]) -> bool {
    words.len() <= 12
        && words
            .iter()
            .enumerate()
            .all(|(at, word)| word.is_any(FILLING) || spoken(words, at, 1, WORDLIKE_MODELS))
}

/// "I live in Lincoln", "I commute to Tucson"; but "an SUV from Lincoln" names the make.
fn is_place(words: &[Word], at: usize, count: usize) -> bool {
    const GOING: &[&str] = &[
        "live",
        "lives",
        "living",
        "drive",
        "drives",
        "driving",
        "commute",
        "commuting",
        "move",
        "moved",
        "moving",
        "born",
        "based",
        "work",
        "working",
        "travel",
        "trip",
        "trips",
        "am",
        "i'm",
        "we're",
        "go",
        "going",
        "flying",
        "fly",
    ];
    let before = |back: usize| at.checked_sub(back).map_or("", |i| words[i].text.as_str());
    if !spoken(words, at, count, PLACES) {
        return false;
    }
    match before(1) {
        "in" => before(2) != "interested",
        "near" | "around" | "outside" | "through" => true,
        "from" | "at" | "to" => (at.saturating_sub(5)..at)
            .any(|i| words[i].clause == words[at].clause && words[i].is_any(GOING)),
        _ => false,
    }
}

fn starts_sentence(words: &[Word], at: usize) -> bool {
    at == 0 || words[at - 1].sentence != words[at].sentence
}
