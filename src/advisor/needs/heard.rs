//! Hears what matters to a shopper though no need can be read in it: it is asked about, or they are told that there is no figure.

use super::polarity::{self, Polarity};
use super::words::{self, Word};
use super::{Field, Need, explain, lexicon};
use crate::advisor::{Role, Turn};

/// Something that can't be looked up as it was said, and the question that turns it into a need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heard {
    pub field: Field,
    /// Why it has to be asked.
    pub because: &'static str,
}

const MONTHLY: Heard = Heard {
    field: Field::BudgetMax,
    because: "What a car costs by the month hangs on the loan, on what you put down and on the dealer, so I can't turn it into a price.",
};
const LOAD: Heard = Heard {
    field: Field::TowingMin,
    because: "What has to be towed may weigh anything from 500 to 15,000 pounds, so I don't guess.",
};
const CHILD_SEATS: Heard = Heard {
    field: Field::SeatsMin,
    because: "The data doesn't say how wide a back seat is, or where three child seats fit side by side: I can only go by the number of seats.",
};
const CHILDREN: Heard = Heard {
    field: Field::SeatsMin,
    because: "",
};
const WINTER: Heard = Heard {
    field: Field::Drive,
    because: "",
};
const USED: Heard = Heard {
    field: Field::YearMin,
    because: "",
};

/// What no published figure of the catalogue speaks of: what people say, and what it is called.
#[rustfmt::skip]
const NO_FIGURE: &[(&[&str], &str)] = &[
    (&["reliable", "reliability", "dependable", "bulletproof", "breaks down", "break down", "lasts", "last forever", "long lasting"], "reliability"),
    (&["insure", "insurance", "premiums"], "insurance"),
    (&["maintenance", "maintain", "repair", "repairs", "upkeep", "cost to own", "cheap to own", "cheap to fix"], "maintenance and repairs"),
    (&["comfortable", "comfort", "comfy", "smooth ride", "quiet", "long trips", "long drives", "roomy", "legroom", "leg room", "headroom", "spacious"], "comfort and room inside"),
    (&["cargo", "trunk", "luggage", "storage", "stroller", "strollers", "gear"], "cargo space"),
    (&["resale", "holds its value", "hold its value", "hold their value", "depreciation", "depreciate"], "resale value"),
    (&["carplay", "android auto", "heated seats", "leather", "sunroof", "moonroof", "infotainment", "touchscreen", "stereo", "sound system",
       "blind spot", "backup camera", "adaptive cruise", "bluetooth", "heated steering", "self driving", "autopilot", "color", "colour"], "equipment and colours"),
    (&["ground clearance", "offroading", "off road", "off roading", "offroad"], "ground clearance"),
    (&["easy to park", "parking", "tight spaces", "fits in my garage", "small garage"], "length and width"),
    (&["fast charging", "charges fast", "charging speed", "charge quickly"], "charging speed"),
    (&["low mileage", "low miles", "few miles", "mileage under", "one owner", "clean title", "accident free"], "single used cars"),
    (&["leasing", "lease", "financing", "apr", "interest rate"], "loans and leases"),
    (&["v8", "v6", "v12", "v10", "inline six", "flat six", "four cylinder", "6 cylinder", "8 cylinder", "4 cylinder", "six cylinder", "eight cylinder"], "cylinders"),
    (&["crew cab", "extended cab", "double cab", "quad cab", "regular cab", "supercrew", "crewmax", "short bed", "long bed"], "cab and bed"),
    (&["0 60", "zero to sixty", "0 to 60", "top speed"], "acceleration and top speed"),
];

/// What has to be asked before anything else: heard in what they wrote, with no need for it yet and not asked before.
pub fn must_ask(turns: &[Turn], needs: &[Need], asked: &[Field]) -> Option<Heard> {
    let mut open: Vec<Heard> = Vec::new();
    for turn in turns.iter().filter(|turn| turn.role == Role::User) {
        let words = explain::without_questions(words::split(&turn.text));
        for (heard, said) in heard(&words) {
            open.retain(|other| *other != heard);
            if said {
                open.push(heard);
            }
        }
    }
    let answered = |field: Field| {
        let dated =
            field == Field::YearMin && needs.iter().any(|need| need.field == Field::YearMax);
        dated
            || asked.contains(&field)
            || needs
                .iter()
                .any(|need| need.field == field || need.field == Field::Model)
    };
    // What can't be looked up at all goes before what only widens or narrows the search.
    open.sort_by_key(|heard| heard.because.is_empty());
    open.into_iter().find(|heard| !answered(heard.field))
}

/// What one text speaks of that the catalogue has no figure for.
pub fn without_figures(text: &str) -> Vec<&'static str> {
    let words = explain::without_questions(words::split(text));
    let says = |phrase: &str| {
        let parts: Vec<&str> = phrase.split(' ').collect();
        words.windows(parts.len()).any(|run| {
            run.iter()
                .zip(&parts)
                .all(|(word, part)| word.text == *part)
        })
    };
    let spoken = NO_FIGURE
        .iter()
        .filter(|(phrases, _)| phrases.iter().any(|phrase| says(phrase)));
    spoken.map(|(_, name)| *name).collect()
}

/// Whether a topic is spoken of, and whether it is wanted or denied.
fn heard(words: &[Word]) -> Vec<(Heard, bool)> {
    let mut found = Vec::new();
    for at in 0..words.len() {
        let word = &words[at];
        let is =
            |ahead: usize, any: &[&str]| words.get(at + ahead).is_some_and(|word| word.is_any(any));
        let heard = if monthly(words, at) {
            MONTHLY
        } else if towing(words, at) {
            LOAD
        } else if word.is_any(&["car", "child", "booster", "baby", "infant"])
            && is(1, &["seat", "seats"])
            || word.is_any(&["carseat", "carseats"])
        {
            CHILD_SEATS
        } else if is_large_family(words, at) {
            CHILDREN
        } else if word.is_any(WINTRY) {
            WINTER
        } else if word.text == "used"
            && !is(1, &["to"])
            && !is(1, &["or"])
            && !before(words, at, &["or", "get", "got", "be"])
        {
            USED
        } else {
            continue;
        };
        let denied = matches!(
            polarity::of(words, at, at + 1),
            Polarity::Unwanted | Polarity::TakenBack
        ) || before(words, at, &["no", "not", "never", "without"]);
        // Of child seats and of a load it matters how many, and how heavy: one child seat fits anywhere.
        if heard == CHILD_SEATS && !many(words, at) {
            continue;
        }
        found.push((heard, !denied));
    }
    found
}

/// Words that are a reason to ask about all-wheel drive.
const WINTRY: &[&str] = &[
    "snow",
    "snowy",
    "snows",
    "ice",
    "icy",
    "ski",
    "skiing",
    "winter",
    "winters",
    "unpaved",
    "blizzard",
    "blizzards",
    "gravel",
];

/// "four kids", "three young boys", "twins": so many that the seats have to be counted.
fn is_large_family(words: &[Word], at: usize) -> bool {
    const MANY: &[&str] = &["three", "3", "four", "4", "five", "5", "six", "6"];
    const YOUNG: &[&str] = &[
        "kids",
        "children",
        "boys",
        "girls",
        "teenagers",
        "teens",
        "toddlers",
        "grandkids",
    ];
    let numbered = (at.saturating_sub(2)..at)
        .any(|i| words[i].clause == words[at].clause && words[i].is_any(MANY));
    words[at].is_any(&["twins", "triplets", "quadruplets"]) || (words[at].is_any(YOUNG) && numbered)
}

/// Whether a least range would keep back cars of one of the wanted fuels, which have none published.
pub fn range_parts_fuels(needs: &[Need]) -> bool {
    let wants = |fuels: &[&str]| {
        needs.iter().any(|need| {
            need.field == Field::Fuel
                && need
                    .value
                    .as_str()
                    .is_some_and(|fuel| fuels.contains(&fuel))
        })
    };
    wants(&["electric"]) && wants(&["hybrid", "gasoline", "diesel", "flex_fuel"])
}

/// What one text limits in a way that the catalogue can't be searched by: a sentence for each.
pub fn not_searched(text: &str, needs: &[Need]) -> Vec<&'static str> {
    let words = explain::without_questions(words::split(text));
    let near = |at: usize, far: usize, any: &[&str]| {
        words[at..]
            .iter()
            .take(far)
            .any(|word| word.clause == words[at].clause && word.is_any(any))
    };
    let says = |first: &[&str], far: usize, then: &[&str]| {
        (0..words.len()).any(|at| words[at].is_any(first) && near(at, far, then))
    };
    let mpg = needs.iter().any(|need| need.field == Field::MpgMin);
    let ranged = |need: &Need| matches!(need.field, Field::RangeMin | Field::ElectricRangeMin);
    let power = needs.iter().any(|need| need.field == Field::HorsepowerMin);
    let mut said = Vec::new();
    if mpg
        && (says(&["mpg"], 3, &["highway", "hwy", "city"])
            || says(&["highway", "hwy", "city"], 3, &["mpg"]))
    {
        said.push("I took the miles per gallon as the combined figure: I can't search by those in the city or on the highway alone.");
    }
    if !power
        && says(
            &["maximum", "max", "under", "below", "most", "less"],
            5,
            &["hp", "horsepower", "bhp"],
        )
    {
        said.push("I can't search by the most power that a car may have, so I didn't go by that.");
    }
    if range_parts_fuels(needs)
        && !needs.iter().any(ranged)
        && words.iter().any(|word| word.is("range"))
    {
        said.push("A range is published for cars with a plug only, so I didn't go by that: it would leave out all the others.");
    }
    said
}

/// What the text names as what matters most beside what stands as that.
pub fn other_priorities(text: &str, needs: &[Need]) -> Vec<&'static str> {
    let words = explain::without_questions(words::split(text));
    let kept = needs.iter().find(|need| need.field == Field::Priority);
    let Some(kept) = kept.and_then(|need| need.value.as_str()) else {
        return Vec::new();
    };
    let mut others: Vec<&'static str> = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let Some((count, field, value)) = lexicon::phrase(&words[at..]) else {
            at += 1;
            continue;
        };
        let counts = field == Field::Priority && !matches!(value, "" | "guzzler");
        let wanted = polarity::of(&words, at, at + count) == Polarity::Wanted;
        if counts && wanted && value != kept && !others.contains(&value) {
            others.push(value);
        }
        at += count;
    }
    others
}

fn before(words: &[Word], at: usize, any: &[&str]) -> bool {
    at > 0 && words[at - 1].clause == words[at].clause && words[at - 1].is_any(any)
}

/// "400 a month", "$350/mo", "monthly payment"
fn monthly(words: &[Word], at: usize) -> bool {
    if words[at].is_any(&["monthly"]) {
        return true;
    }
    let number = |back: usize| {
        at.checked_sub(back)
            .is_some_and(|i| words[i].text.starts_with(|c: char| c.is_ascii_digit()))
    };
    let hundred = at >= 2 && words[at - 2].is_any(&["hundred", "bucks", "dollars"]);
    words[at].is_any(&["month", "mo", "mth"]) && (number(1) || number(2) || number(3) || hundred)
}

/// "tows a small boat", "pull our camper", "for towing"; and what is seldom carried otherwise.
fn towing(words: &[Word], at: usize) -> bool {
    const LOADS: &[&str] = &[
        "boat",
        "trailer",
        "camper",
        "caravan",
        "rv",
        "jet",
        "horse",
        "toyhauler",
        "airstream",
        "motorcycles",
        "uhaul",
        "fifth",
        "travel",
        "horses",
    ];
    let near = || {
        words[at + 1..]
            .iter()
            .take(6)
            .take_while(|word| word.clause == words[at].clause)
            .any(|word| word.is_any(LOADS))
    };
    match words[at].text.as_str() {
        "tow" | "tows" | "towing" => !words
            .get(at + 1)
            .is_some_and(|word| word.is_any(&["truck", "trucks"])),
        "pull" | "pulls" | "pulling" | "haul" | "hauls" | "hauling" => near(),
        _ => false,
    }
}

/// "three kids in car seats", "3 car seats"
fn many(words: &[Word], at: usize) -> bool {
    const MANY: &[&str] = &["three", "3", "four", "4", "five", "5", "triplets"];
    let clause = words[at].clause;
    words[at.saturating_sub(7)..at]
        .iter()
        .any(|word| word.clause == clause && word.is_any(MANY))
}
