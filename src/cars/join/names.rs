//! Names of makes and models as five publishers write them, made comparable.

use crate::cars::Fuel;
use crate::cars::search::letters;

/// A model's name without what says its drive, fuel and body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Name {
    /// Letters and digits of what is left: `crv`, `3series`, `f150`.
    pub core: String,
    /// What is left, word by word.
    pub words: Vec<String>,
    /// The kind of fuel that the name tells.
    pub mark: Mark,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mark {
    #[default]
    None,
    /// `Hybrid`, which some use of plug-ins too.
    Hybrid,
    PlugIn,
    Electric,
    Diesel,
}

impl Mark {
    /// Whether a car of that fuel can be meant.
    pub fn fits(self, fuel: Fuel) -> bool {
        match self {
            Mark::None => true,
            Mark::Hybrid => matches!(fuel, Fuel::Hybrid | Fuel::PlugInHybrid),
            Mark::PlugIn => fuel == Fuel::PlugInHybrid,
            Mark::Electric => fuel == Fuel::Electric,
            Mark::Diesel => fuel == Fuel::Diesel,
        }
    }
}

/// Makes that a publisher files under another name, by [`letters`].
const MAKES: &[(&str, &str)] = &[
    ("alfa", "alfaromeo"),
    ("mercedes", "mercedesbenz"),
    ("srt", "dodge"),
    ("astonmartinlagonda", "astonmartin"),
];

/// The makes of EPA's manufacturers, by [`letters`]; what isn't here is a make itself.
const GROUPS: &[(&str, &[&str])] = &[
    (
        "vw",
        &[
            "volkswagen",
            "audi",
            "porsche",
            "bentley",
            "lamborghini",
            "bugatti",
        ],
    ),
    ("generalmotors", &["chevrolet", "gmc", "cadillac", "buick"]),
    ("bmw", &["bmw", "mini", "rollsroyce"]),
    ("toyota", &["toyota", "lexus"]),
    ("ford", &["ford", "lincoln"]),
    (
        "stellantis",
        &["jeep", "ram", "dodge", "chrysler", "fiat", "alfaromeo"],
    ),
    ("hyundai", &["hyundai", "genesis"]),
    ("nissan", &["nissan", "infiniti"]),
    ("jlr", &["jaguar", "landrover"]),
    ("honda", &["honda", "acura"]),
];

/// Words that tell the drive, the doors, the cab or a release of the rating: other columns have those.
#[rustfmt::skip]
const ASIDE: &[&str] = &[
    "awd", "fwd", "rwd", "2wd", "4wd", "4x4", "4x2", "xdrive", "4matic", "4motion", "all4", "quattro", "sedan", "coupe",
    "convertible", "cabriolet", "cabrio", "hatchback", "hatch", "wagon", "station", "sportback", "gran", "door", "doors",
    "dr", "2dr", "3dr", "4dr", "5dr", "pickup", "cab", "regular", "super", "crew", "supercrew", "supercab", "quad",
    "double", "king", "access", "extended", "mega", "suv", "early", "later", "release", "ffv", "swb", "lwb",
];

/// The make, in letters that all publishers share.
pub fn make(name: &str) -> String {
    let letters = letters(name);
    let alias = MAKES.iter().find(|(other, _)| *other == letters);
    alias.map_or(letters, |(_, make)| (*make).to_owned())
}

/// The makes that a manufacturer of EPA's fleet file sells.
pub fn makes_of(manufacturer: &str) -> Vec<String> {
    let name = make(manufacturer);
    match GROUPS.iter().find(|(group, _)| *group == name) {
        Some((_, makes)) => makes.iter().map(|make| (*make).to_owned()).collect(),
        None => vec![name],
    }
}

/// Takes a model's name apart. `make` is in [`letters`]: some write it again before the model (`MAZDA3`).
pub fn model(make: &str, text: &str) -> Name {
    let mut words: Vec<String> = words(text);
    strip_make(make, &mut words);
    let mut name = Name::default();
    for (at, word) in words.iter().enumerate() {
        let next = words.get(at + 1).map(String::as_str);
        let mark = match word.as_str() {
            "plug" => Mark::PlugIn,
            "phev" | "plugin" | "prime" | "energi" => Mark::PlugIn,
            "hybrid" | "hev" => Mark::Hybrid,
            "ev" | "bev" | "electric" => Mark::Electric,
            "diesel" => Mark::Diesel,
            "in" if at > 0 && words[at - 1] == "plug" => continue,
            // The 4 of "4 door".
            "2" | "3" | "4" | "5" if matches!(next, Some("door" | "doors" | "dr")) => continue,
            aside if ASIDE.contains(&aside) => continue,
            _ => {
                name.core.push_str(word);
                name.words.push(word.clone());
                continue;
            }
        };
        if name.mark != Mark::PlugIn {
            name.mark = mark;
        }
    }
    name
}

fn strip_make(make: &str, words: &mut Vec<String>) {
    let mut joined = String::new();
    for count in 1..=words.len().min(3) {
        joined.push_str(&words[count - 1]);
        if joined == make && words.len() > count {
            words.drain(..count);
            return;
        }
    }
    let rest = words.first().and_then(|word| word.strip_prefix(make));
    if let Some(rest) = rest.filter(|rest| !rest.is_empty()).map(str::to_owned) {
        words[0] = rest;
    }
}

/// The words of a name in lower case, without what stands between them.
pub fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

/// The words of a model's name that its base model's name doesn't have: `Type R` of `Civic Type R`. Each stands
/// with those that a slash offers in its place (`LE/SE`).
pub fn beyond(make: &str, base: &Name, text: &str) -> Vec<Vec<String>> {
    let known = model(make, text).words;
    let mut left: Vec<&str> = known.iter().map(String::as_str).collect();
    for from in 0..left.len() {
        let mut joined = String::new();
        let matches = left[from..].iter().position(|word| {
            joined.push_str(word);
            joined == base.core
        });
        if let Some(count) = matches {
            left.drain(from..=from + count);
            break;
        }
    }
    let either: Vec<Vec<String>> = text
        .split_whitespace()
        .filter(|part| part.contains('/'))
        .map(words)
        .collect();
    let mut beyond: Vec<Vec<String>> = Vec::new();
    for word in left {
        let group = either.iter().find(|group| group.iter().any(|w| w == word));
        let group = group.cloned().unwrap_or_else(|| vec![word.to_owned()]);
        if !beyond.contains(&group) {
            beyond.push(group);
        }
    }
    beyond
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_model_under_five_spellings() {
        for (made, text, core) in [
            ("MAZDA", "MAZDA3", "3"),
            ("Mazda", "3 4-Door 2WD", "3"),
            ("LAND ROVER", "LAND ROVER DISCOVERY SPORT", "discoverysport"),
            ("Honda", "CR-V Hybrid AWD", "crv"),
            ("FORD", "F-150 SUPER CREW HEV", "f150"),
            ("BMW", "3-Series", "3series"),
            ("BMW", "330i xDrive", "330i"),
            ("MINI", "HARDTOP 4 DR", "hardtop"),
        ] {
            assert_eq!(model(&make(made), text).core, core, "{made} {text}");
        }
        assert_eq!(make("ALFA"), make("Alfa Romeo"));
        // Another car under a model name of its sister make: not to be joined.
        assert_ne!(make("MERCEDES-MAYBACH"), make("Mercedes-Benz"));
        assert_eq!(makes_of("JLR"), ["jaguar", "landrover"]);
        assert_eq!(makes_of("Mazda"), ["mazda"]);
    }

    #[test]
    fn a_name_tells_plug_ins_from_hybrids() {
        let mark = |text| model("toyota", text).mark;
        assert_eq!(mark("RAV4 PRIME"), Mark::PlugIn);
        assert_eq!(mark("Prius Plug-in Hybrid"), Mark::PlugIn);
        assert_eq!(mark("RAV4 HYBRID"), Mark::Hybrid);
        assert_eq!(mark("RAV4"), Mark::None);
        assert!(Mark::Hybrid.fits(Fuel::PlugInHybrid) && !Mark::PlugIn.fits(Fuel::Hybrid));
    }

    #[test]
    fn what_a_version_has_beyond_its_model() {
        let beyond = |base: &str, text| beyond("honda", &model("honda", base), text);
        assert!(beyond("CR-V", "CR-V Hybrid AWD").is_empty());
        assert_eq!(beyond("Civic", "Civic Type R"), [["type"], ["r"]]);
        assert_eq!(
            beyond("Mustang", "Shelby GT350 Mustang"),
            [["shelby"], ["gt350"]]
        );
        assert_eq!(beyond("Camry", "Camry XLE/XSE"), [["xle", "xse"]]);
    }
}
