//! What people call makes and models beside their own names, and which of the names are everyday words as well.

/// What people call makes, beside their own names.
#[rustfmt::skip]
pub const SPOKEN: &[(&str, &str)] = &[
    ("chevy", "Chevrolet"), ("chev", "Chevrolet"), ("vw", "Volkswagen"), ("merc", "Mercedes-Benz"),
    ("mercedes", "Mercedes-Benz"), ("benz", "Mercedes-Benz"), ("beamer", "BMW"), ("beemer", "BMW"), ("bimmer", "BMW"),
    ("caddy", "Cadillac"), ("subie", "Subaru"), ("subies", "Subaru"), ("landrover", "Land Rover"), ("alfa", "Alfa Romeo"),
    ("jag", "Jaguar"), ("lambo", "Lamborghini"), ("rolls", "Rolls-Royce"), ("aston", "Aston Martin"),
    ("mitsu", "Mitsubishi"),
];

/// Makes whose names are also words, places or people: they need a capital letter, an article or a model beside them.
#[rustfmt::skip]
pub const WORDLIKE_MAKES: &[&str] = &[
    "ram", "mini", "smart", "genesis", "lincoln", "lotus", "fisker", "karma", "lucid", "dodge", "jaguar", "sti", "roush",
    "mobility ventures", "ruf", "fiat", "polestar", "saturn",
];

/// What people call models, beside their own names.
#[rustfmt::skip]
pub const SPOKEN_MODELS: &[(&str, &str, &str)] = &[("bolt", "Chevrolet", "Bolt"), ("mach e", "Ford", "Mustang Mach-E")];

/// Models whose names are also everyday words: they need more than the word.
#[rustfmt::skip]
pub const WORDLIKE_MODELS: &[&str] = &[
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
pub const COMMON_MODELS: &[&str] = &[
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
pub const PLACES: &[&str] = &[
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
    "savannah",
];

/// What may stand in a message beside a name that is most of it: "what about the Rogue?"
pub const FILLING: &[&str] = &[
    "a", "an", "the", "or", "and", "vs", "versus", "please", "ok", "okay", "how", "what", "about",
    "show", "me", "i", "want", "like", "need", "maybe", "used", "new", "also", "hi", "hello",
    "cars", "car", "compare",
];
