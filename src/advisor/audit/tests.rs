//! Sentences, honest and not, and what must be marked in them.

mod sentences;

use self::sentences::{HONEST, HONEST_TOO, LIES, LIES_TOO};
use super::*;
use crate::advisor::catalogue as built_in;
use crate::advisor::{Knowledge, Role, Turn, needs, tools};
use serde_json::json;
use std::sync::LazyLock;

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::built_in().unwrap());
static NAMES: LazyLock<Names> = LazyLock::new(|| Names::of(&CATALOGUE));

/// What a search for a family car would have returned: model year 2025, and the variant's first letters.
const RETURNED: &[(&str, &str, &str)] = &[
    ("Toyota", "RAV4 Hybrid AWD", "2.5"),
    ("Toyota", "Highlander Hybrid AWD", "2.5"),
    ("Honda", "CR-V AWD", "2.0"),
    ("Honda", "CR-V FWD", "1.5"),
    ("Kia", "Telluride FWD", "3.8"),
    ("Subaru", "Outback AWD", "2.5"),
    ("Hyundai", "Ioniq 5 RWD", "168"),
    ("Tesla", "Model Y Long Range AWD", "91"),
    ("Toyota", "Prius PHEV SE", "2.0"),
];

fn evidence() -> Evidence {
    let is_returned = |car: &&crate::cars::Car| {
        RETURNED.iter().any(|(make, model, variant)| {
            car.year == 2025
                && car.make == *make
                && car.model == *model
                && car.variant.starts_with(variant)
        })
    };
    let all: Vec<crate::cars::Car> = CATALOGUE.iter().collect();
    let cars: Vec<crate::cars::Car> = all.iter().filter(is_returned).cloned().collect();
    assert_eq!(cars.len(), RETURNED.len());
    let mut evidence = Evidence::default();
    evidence
        .hear("We are six, at most $35,000, and drive 12,000 miles a year. 7 seats would be nice.");
    evidence.hear("Electricity is 17 cents here.");
    evidence.add(&cars, &json!({ "total_models": 14 }));
    let tesla = cars.iter().find(|car| car.make == "Tesla").unwrap();
    let cost = json!({ "car": tesla.id, "fuel_usd_per_year": 612.4, "assumptions": { "miles_per_year": 13500, "city_percent": 60, "electricity_usd": 0.17 } });
    evidence.add(&[], &cost);
    // At a price that nobody gave.
    let outback = cars.iter().find(|car| car.make == "Subaru").unwrap();
    let cost = json!({ "costs": [{ "id": outback.id, "fuel_usd_per_year": 77.0 }], "assumptions": { "regular_usd": 0.1 } });
    evidence.add(&[], &cost);
    evidence
}

fn marked(text: &str) -> Vec<String> {
    let found = audit(&CATALOGUE, &NAMES, &evidence(), text);
    for piece in &found {
        assert_eq!(piece.text, text[piece.start..piece.end]);
    }
    assert!(found.is_sorted_by_key(|piece| piece.start));
    found.into_iter().map(|piece| piece.text).collect()
}

#[test]
fn honest_sentences_are_left_alone() {
    let all = || HONEST.iter().chain(HONEST_TOO).chain(phrases::HONEST);
    let wrong: Vec<String> = all()
        .filter_map(|text| {
            let marked = marked(text);
            (!marked.is_empty()).then(|| format!("{text}\n    {marked:?}"))
        })
        .collect();
    assert!(all().count() >= 60);
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        all().count(),
        wrong.join("\n")
    );
}

#[test]
fn lies_are_marked() {
    let all = || LIES.iter().chain(LIES_TOO).chain(phrases::LIES);
    let wrong: Vec<String> = all()
        .filter_map(|(text, lies)| {
            let marked = marked(text);
            (marked != *lies).then(|| format!("{text}\n    {marked:?} instead of {lies:?}"))
        })
        .collect();
    assert!(all().count() >= 60);
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        all().count(),
        wrong.join("\n")
    );
}

/// Every request of the suite's table, answered at each level of knowledge by the advisor that makes nothing up.
#[test]
fn the_built_in_advisor_says_nothing_that_is_not_borne_out() {
    let mut wrong = Vec::new();
    let mut answers = 0;
    for talk in include_str!("../../../tests/advice/cases.txt").split("\n\n") {
        for knowledge in [Knowledge::Beginner, Knowledge::Professional] {
            let mut turns: Vec<Turn> = Vec::new();
            for said in talk.lines().filter_map(|line| line.strip_prefix("> ")) {
                let turn = |role, text: &str| Turn {
                    message_id: "m".into(),
                    role,
                    text: text.to_owned(),
                    edits: Vec::new(),
                };
                turns.push(turn(Role::User, said));
                let answer = built_in::answer(&CATALOGUE, &turns, knowledge);
                let mut evidence = Evidence::default();
                evidence.add(&answer.cars, &json!({}));
                for turn in turns.iter().filter(|turn| turn.role == Role::User) {
                    evidence.hear(&turn.text);
                }
                for need in &answer.needs {
                    evidence.need(need);
                }
                // It searches as the model's tool does.
                let search = tools::search_cars(&CATALOGUE, &needs::filter(&answer.needs), 8);
                evidence.add(&search.cars, &search.json);
                answers += 1;
                for piece in audit(&CATALOGUE, &NAMES, &evidence, &answer.text) {
                    let line = answer.text[..piece.end].lines().last().unwrap_or_default();
                    wrong.push(format!("{:?} in {line:?}", piece.text));
                }
                turns.push(turn(Role::Assistant, &answer.text));
            }
        }
    }
    assert!(answers > 100, "{answers}");
    assert!(
        wrong.is_empty(),
        "{} in {answers} answers:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn an_answer_is_read_in_a_few_milliseconds_and_a_hostile_one_in_bearable_time() {
    let evidence = evidence();
    let timed = |text: &str| {
        let begin = std::time::Instant::now();
        let found = audit(&CATALOGUE, &NAMES, &evidence, text).len();
        (begin.elapsed(), found)
    };
    timed("warm");
    let begin = std::time::Instant::now();
    Names::of(&CATALOGUE);
    println!("names: {:?}", begin.elapsed());
    let long = HONEST.join("\n\n");
    let ordinary = &long[..long.floor_char_boundary(3 * 1024)];
    println!("3 KiB: {:?}", timed(ordinary));
    // An unoptimised build on a busy machine takes a hundred times as long as a release.
    assert!(timed(ordinary).0 < std::time::Duration::from_secs(1));
    for piece in [
        "$1 mpg ",
        "2025 Toyota RAV4 Hybrid $9, ",
        "- 2025 ",
        "| $1 | 2 mpg |\n|---|---|\n",
        "a-",
        "5 or ",
        "9,",
        "*",
        "Toyota ",
        "> 2025 ",
        "the RAV4 and ",
    ] {
        let (took, found) = timed(&piece.repeat(64 * 1024 / piece.len()));
        println!("{piece:?}: {took:?}, {found} marked");
        assert!(
            took < std::time::Duration::from_secs(5),
            "{piece:?} took {took:?}"
        );
    }
}

#[test]
fn a_flood_of_words_hides_no_lie() {
    let lie = " The RAV4 Hybrid costs $9,000.";
    for flood in [
        "$1 mpg. ".repeat(400),
        "word ".repeat(2_000),
        "The 2025 Audi Q5, ".repeat(300),
    ] {
        for parted in ["", "\n\n"] {
            let text = format!("{flood}{parted}{lie}");
            let found = audit(&CATALOGUE, &NAMES, &evidence(), &text);
            let last = found.last().unwrap();
            assert!(last.text.contains("$9,000"), "{last:?}");
            assert!(found.windows(2).all(|pair| pair[0].end <= pair[1].start));
        }
    }
}
