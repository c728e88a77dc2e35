//! The body of a car, from EPA's size class, the room inside and the words of the model's name.

use crate::cars::Body;

/// What EPA's file says that tells of the body.
pub struct Clues<'a> {
    pub make: &'a str,
    pub base: &'a str,
    pub model: &'a str,
    /// EPA's `VClass`.
    pub class: &'a str,
    /// There is a figure for a hatchback's luggage or passenger room.
    pub hatch: bool,
    /// There is a figure for a two-door's passenger room.
    pub two_door: bool,
    /// There is a figure for a four-door's room.
    pub four_door: bool,
}

/// EPA classes cars by the room inside, so that a crossover may be a "station wagon" or a "midsize car" there. These are
/// SUVs in NHTSA's NCAP tables (BODY_STYLE), or in EPA's own for other years or engines.
#[rustfmt::skip]
const SUVS: &[(&str, &str)] = &[
    ("Acura", "ADX"), ("Audi", "Q3"), ("BMW", "X1"), ("BMW", "X2"), ("Buick", "Envista"), ("Chevrolet", "Bolt EUV"),
    ("Chevrolet", "Trax"), ("Ferrari", "Purosangue"), ("Ford", "Mustang Mach-E"), ("Genesis", "GV60"),
    ("Honda", "CR-V"), ("Honda", "HR-V"), ("Hyundai", "Ioniq 5"), ("Infiniti", "QX50"), ("Kia", "EV6"),
    ("Kia", "Niro"), ("Kia", "Soul"), ("Lamborghini", "Urus"), ("Mazda", "CX-3"), ("Mercedes-Benz", "GLA-Class"),
    ("Mercedes-Benz", "GLB-Class"), ("Mercedes-Benz", "GLC-Class"), ("Nissan", "ARIYA"), ("Nissan", "Juke"),
    ("Nissan", "Kicks"), ("Nissan", "Murano"), ("Nissan", "Rogue"), ("Nissan", "Rogue Sport"),
    ("Rolls-Royce", "Cullinan"), ("VinFast", "VF 6"), ("VinFast", "VF 7"), ("VinFast", "VF 8"), ("VinFast", "VF 9"),
];

/// Hatchbacks by the same tables, though EPA gives no hatchback's room for them.
#[rustfmt::skip]
const HATCHBACKS: &[(&str, &str)] = &[
    ("Acura", "Integra"), ("BMW", "i3"), ("Chevrolet", "Bolt EV"), ("Chevrolet", "Spark"), ("Fiat", "500 L"),
    ("Honda", "Fit"), ("Porsche", "Panamera"),
];

/// Two-seaters and two-doors that are sold in one shape only, by the same tables where they are rated.
#[rustfmt::skip]
const ONE_SHAPE: &[(&str, &str, Body)] = &[
    ("BMW", "Z4", Body::Convertible), ("Buick", "Cascada", Body::Convertible), ("Fiat", "124 Spider", Body::Convertible),
    ("Mazda", "MX-5", Body::Convertible), ("Mercedes-Benz", "SL-Class", Body::Convertible),
    ("Mercedes-Benz", "SLC-Class", Body::Convertible), ("Mercedes-Benz", "SLK-Class", Body::Convertible),
    ("Porsche", "Boxster", Body::Convertible), ("Volkswagen", "Eos", Body::Convertible),
    ("Ferrari", "California T", Body::Convertible), ("Ferrari", "Portofino", Body::Convertible),
    ("Maserati", "Grancabrio", Body::Convertible), ("Porsche", "Cayman", Body::Coupe), ("Subaru", "BRZ", Body::Coupe),
    ("Toyota", "GR Supra", Body::Coupe), ("Nissan", "Z", Body::Coupe), ("Honda", "CR-Z", Body::Coupe),
    ("Ford", "GT", Body::Coupe), ("Lotus", "Emira", Body::Coupe), ("Lotus", "Evora", Body::Coupe),
    // Filed with a two-door's room, but they have four doors.
    ("Bentley", "Flying Spur", Body::Sedan), ("Lexus", "LS", Body::Sedan), ("Volkswagen", "CC", Body::Sedan),
    ("Cadillac", "CT5", Body::Sedan), ("Cadillac", "CTS", Body::Sedan), ("Chevrolet", "Malibu", Body::Sedan),
    ("Cadillac", "CT4", Body::Sedan), ("Mercedes-Benz", "CLA-Class", Body::Sedan),
];

/// The body where it is known, and whether that is NHTSA's word rather than EPA's.
pub fn of(clues: &Clues<'_>) -> (Option<Body>, bool) {
    let is = |(make, base): &(&str, &str)| clues.make == *make && clues.base == *base;
    let from_class = class(clues);
    match from_class {
        Some(Body::Suv | Body::Pickup | Body::Minivan | Body::Van) => (from_class, false),
        _ if SUVS.iter().any(is) => (Some(Body::Suv), true),
        _ if HATCHBACKS.iter().any(is) => (Some(Body::Hatchback), true),
        _ if (clues.make, clues.base) == ("Chevrolet", "Sonic") && clues.model.contains('5') => {
            (Some(Body::Hatchback), true)
        }
        Some(_) => (from_class, false),
        None if clues.class.starts_with("Special Purpose") => (None, false),
        None => car(clues),
    }
}

/// The body that EPA's class alone, or with the model's name, settles.
fn class(clues: &Clues<'_>) -> Option<Body> {
    let has = |word: &str| clues.model.to_lowercase().contains(word);
    let class = clues.class;
    if class.contains("Sport Utility") || has("(suv)") {
        Some(Body::Suv)
    } else if class.contains("Pickup") {
        Some(Body::Pickup)
    } else if class.contains("Minivan") {
        Some(Body::Minivan)
    } else if class.starts_with("Vans") {
        Some(Body::Van)
    } else if class.contains("Station Wagon") {
        Some(Body::Wagon)
    } else if class.starts_with("Special Purpose") {
        // Small vans are filed here, but also bare chassis, hearses and taxis, which have no body that a shopper asks for.
        let van = [
            "transit connect",
            "metris",
            "promaster city",
            "nv200",
            "city express",
        ];
        van.iter().any(|name| has(name)).then_some(Body::Van)
    } else {
        None
    }
}

/// The body of what EPA files as a car or a two-seater.
fn car(clues: &Clues<'_>) -> (Option<Body>, bool) {
    let model = clues.model.to_lowercase();
    let words: Vec<&str> = model.split(|c: char| !c.is_alphanumeric()).collect();
    let has = |any: &[&str]| any.iter().any(|word| words.contains(word));
    let one_shape = ONE_SHAPE
        .iter()
        .find(|(make, base, _)| clues.make == *make && clues.base == *base);
    let body = if has(&[
        "convertible",
        "cabriolet",
        "cabrio",
        "roadster",
        "spyder",
        "spider",
        "volante",
        "drophead",
    ]) || has(&["speedster", "boxster", "gtc", "aperta"])
    {
        Some(Body::Convertible)
    } else if has(&["hatchback", "sportback"]) {
        Some(Body::Hatchback)
    } else if has(&["wagon", "avant"])
        || model.contains("sport turismo")
        || model.contains("cross turismo")
    {
        Some(Body::Wagon)
    } else if has(&["sedan"]) || model.contains("gran coupe") {
        Some(Body::Sedan)
    } else if let Some((_, _, body)) = one_shape {
        return (Some(*body), true);
    } else if has(&["coupe", "koup", "cayman", "2dr", "berlinetta"]) {
        Some(Body::Coupe)
    } else {
        match (clues.hatch, clues.two_door, clues.four_door) {
            (true, _, false) => Some(Body::Hatchback),
            (false, true, false) => Some(Body::Coupe),
            (false, false, true) => Some(Body::Sedan),
            // Two body styles share the row, or nothing is given.
            _ => None,
        }
    };
    (body, false)
}
