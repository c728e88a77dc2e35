//! The words that are worth mending, and those that never are.

/// The everyday words of cars that are worth mending.
pub const WORDS: &[&str] = &[
    "hybrid",
    "electric",
    "diesel",
    "gasoline",
    "sedan",
    "minivan",
    "wagon",
    "hatchback",
    "convertible",
    "pickup",
    "coupe",
    "crossover",
    "automatic",
    "manual",
    "transmission",
    "hydrogen",
    "mileage",
    "horsepower",
    "efficient",
    "cheapest",
    "safest",
    "affordable",
    "inexpensive",
    "month",
    "budget",
    "trailer",
    "reliable",
];

/// English words, and names of people, that are a letter or two off one of the names or words above.
#[rustfmt::skip]
pub const ORDINARY: &[&str] = &[
    "accra", "arcadia", "aromatic", "asthmatic", "autocratic", "automate", "automated", "automates",
    "automaton", "blick", "boaster", "bolster", "booster", "brick", "bronc", "broncho", "budge", "budges",
    "cabman", "caiman", "camara", "captive", "carman", "carry", "cedillas", "celestial", "cheapness", "civil",
    "collinal", "cooker", "cooler", "copper", "coquette", "couper", "couple", "coupled", "courgette", "craze",
    "crossbred", "crude", "eclectic", "efficiency", "efficiently", "electrical", "electrics", "electrify",
    "electron", "electronic", "electrons", "escalate", "escalates", "escapade", "escapades", "forecaster",
    "foreseen", "foresees", "forested", "forestry", "foster", "glass", "grenades", "grenadine", "highland",
    "highlands", "hunchback", "impale", "inexpensively", "infinite", "infinitive", "integral", "ionic", "jetty",
    "lance", "lanced", "lancet", "lander", "lanier", "levant", "lyric", "macau", "macaw", "macerate", "macon",
    "manuel", "maxim", "maximal", "maxims", "mayan", "modals", "modems", "monte", "month", "months", "monty",
    "morels", "motels", "mouth", "never", "nevers", "optic", "pagan", "pagans", "panther", "passant", "primus",
    "readable", "relatable", "relaxable", "reliably", "reliance", "rentable", "revere", "revert", "senora",
    "sentry", "shortage", "shortages", "spoilage", "sportive", "subclass", "suburbia", "sudan", "tonal",
    "trainer", "trawler", "verse", "verso", "volva", "wagoner", "wrangle", "wrangles", "wriggler",
];
