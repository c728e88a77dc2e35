//! Whose makes belong together: what "GM" and "a German car" take in.

use super::lexicon;
use super::words::Word;

/// What people say, and the makes that it takes in, as the catalogue has them.
type Group = (&'static [&'static str], &'static [&'static str]);

/// Companies, which can't well mean anything else.
#[rustfmt::skip]
const COMPANIES: &[Group] = &[
    // General Motors' makes in the United States since 2010.
    (&["gm", "general motors"], &["Buick", "Cadillac", "Chevrolet", "GMC"]),
    // What Fiat Chrysler and PSA brought together in 2021, as far as it is sold in the United States.
    (&["stellantis", "fca", "fiat chrysler"], &["Alfa Romeo", "Chrysler", "Dodge", "Fiat", "Jeep", "Maserati", "Ram"]),
    // Volkswagen's makes in the United States. Bugatti was one until 2021; Bugatti Rimac is led by Rimac.
    (&["vw group", "volkswagen group"], &["Audi", "Bentley", "Bugatti", "Lamborghini", "Porsche", "Volkswagen"]),
    // Detroit's three companies with the makes that are American: Ford's, GM's, and of Stellantis' those of old Chrysler.
    (&["big three", "big 3", "detroit three"], &[
        "Buick", "Cadillac", "Chevrolet", "Chrysler", "Dodge", "Ford", "GMC", "Jeep", "Lincoln", "Ram",
    ]),
];

/// Countries, by where a make has its home, whoever owns it and wherever the car is built.
#[rustfmt::skip]
const COUNTRIES: &[Group] = &[
    // smart was Daimler's while it was sold in the United States.
    (&["german"], &["Audi", "BMW", "Mercedes-Benz", "Porsche", "RUF", "Volkswagen", "smart"]),
    // Scion was Toyota's, STI is Subaru's.
    (&["japanese"], &[
        "Acura", "Honda", "Infiniti", "Lexus", "Mazda", "Mitsubishi", "Nissan", "STI", "Scion", "Subaru", "Toyota",
    ]),
    (&["korean", "south korean"], &["Genesis", "Hyundai", "Kia"]),
    // With the young ones; Fisker and Karma are at home in California.
    (&["american", "domestic"], &[
        "Buick", "Cadillac", "Chevrolet", "Chrysler", "Dodge", "Fisker", "Ford", "GMC", "Jeep", "Karma", "Lincoln",
        "Lordstown", "Lucid", "Mobility Ventures", "Ram", "Rivian", "Roush", "Tesla",
    ]),
    (&["italian"], &["Alfa Romeo", "Ferrari", "Fiat", "Lamborghini", "Maserati", "Pagani"]),
    (&["british", "english"], &[
        "Aston Martin", "Bentley", "INEOS", "Jaguar", "Land Rover", "Lotus", "MINI", "McLaren", "Rolls-Royce",
    ]),
    (&["swedish"], &["Koenigsegg", "Polestar", "Volvo"]),
    // The four above it, and Bugatti of Alsace and Zagreb.
    (&["european"], &[
        "Alfa Romeo", "Aston Martin", "Audi", "BMW", "Bentley", "Bugatti", "Bugatti Rimac", "Ferrari", "Fiat", "INEOS",
        "Jaguar", "Koenigsegg", "Lamborghini", "Land Rover", "Lotus", "MINI", "Maserati", "McLaren", "Mercedes-Benz",
        "Pagani", "Polestar", "Porsche", "RUF", "Rolls-Royce", "Volkswagen", "Volvo", "smart",
    ]),
];

/// The makes that are spoken of from that word on, and how many words that takes.
pub fn find(words: &[Word], at: usize) -> Option<(usize, &'static [&'static str])> {
    let said = |group: &Group| {
        group
            .0
            .iter()
            .filter_map(|name| fits(words, at, name))
            .max()
    };
    let longest = |groups: &'static [Group]| {
        let found = groups
            .iter()
            .filter_map(|group| Some((said(group)?, group.1)));
        found.max_by_key(|(count, _)| *count)
    };
    if let Some((count, makes)) = longest(COMPANIES) {
        let named = words.get(at + count).is_some_and(|word| word.is("group"));
        return Some((count + usize::from(named), makes));
    }
    let (count, makes) = longest(COUNTRIES)?;
    is_of_cars(words, at, at + count).then_some((count, makes))
}

fn fits(words: &[Word], at: usize, name: &str) -> Option<usize> {
    let parts: Vec<&str> = name.split(' ').collect();
    let run = words.get(at..at + parts.len())?;
    let same = run
        .iter()
        .zip(&parts)
        .all(|(word, part)| word.text == *part);
    (same && run.iter().all(|word| word.clause == run[0].clause)).then_some(parts.len())
}

/// "a German car", "nothing German", "German or Korean"; but not "a German shepherd", "I speak German".
fn is_of_cars(words: &[Word], at: usize, end: usize) -> bool {
    const CARS: &[&str] = &[
        "car",
        "cars",
        "brand",
        "brands",
        "make",
        "makes",
        "made",
        "built",
        "vehicle",
        "vehicles",
        "auto",
        "autos",
        "automaker",
        "automakers",
        "manufacturer",
        "manufacturers",
        "ones",
        "one",
        "luxury",
        "only",
        "companies",
    ];
    const BEFORE: &[&str] = &[
        "something",
        "anything",
        "nothing",
        "no",
        "not",
        "only",
        "prefer",
        "or",
        "and",
        "nor",
        "buy",
        "go",
        "non",
    ];
    let next = words
        .get(end)
        .filter(|word| word.clause == words[at].clause);
    let before = at.checked_sub(1).map(|at| &words[at]);
    let listed = || before.is_some_and(|word| word.is_any(BEFORE));
    match next {
        None => listed() || at == 0,
        Some(word) if word.is_any(CARS) => true,
        // "American is fine"
        Some(word) if word.is("is") => words.get(end + 1).is_some_and(|word| {
            word.is_any(&["fine", "ok", "okay", "good", "alright", "acceptable", "out"])
        }),
        Some(word) if word.is_any(&["or", "and", "nor", "but"]) => {
            let other = words.get(end + 1..).unwrap_or_default();
            listed()
                || COUNTRIES
                    .iter()
                    .any(|group| group.0.iter().any(|name| fits(other, 0, name).is_some()))
        }
        Some(_) => lexicon::phrase(&words[end..]).is_some_and(|(_, _, value)| !value.is_empty()),
    }
}
