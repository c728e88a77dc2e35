//! How the words of a conversation become needs, and needs a search; whole requests are in `tests/advice`.

use super::*;
use crate::cars::{Body, Fuel};

fn read_all(said: &[(Role, &str)]) -> Vec<Need> {
    let turns: Vec<Turn> = said
        .iter()
        .enumerate()
        .map(|(at, (role, text))| Turn {
            message_id: format!("m{at}"),
            role: *role,
            text: (*text).to_owned(),
            edits: Vec::new(),
        })
        .collect();
    read(&turns, &Catalogue::built_in().unwrap())
}

fn ids(said: &[(Role, &str)]) -> Vec<String> {
    read_all(said).into_iter().map(|need| need.id).collect()
}

#[test]
fn a_need_carries_its_words_and_its_turn() {
    let needs = read_all(&[
        (Role::User, "Hello!"),
        (Role::User, "A hybrid, under $35,000 please"),
    ]);
    let told: Vec<_> = needs
        .iter()
        .map(|n| (n.id.as_str(), n.words.as_str(), n.message_id.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            ("fuel-hybrid", "hybrid", "m1"),
            ("budget_max", "under $35,000", "m1")
        ]
    );
    let json = serde_json::to_value(&needs[1]).unwrap();
    assert_eq!(json["field"], "budget_max");
    assert_eq!(json["value"], 35000);
    assert_eq!(serde_json::from_value::<Need>(json).unwrap(), needs[1]);
}

#[test]
fn every_field_has_one_word() {
    for field in [
        Field::BudgetMax,
        Field::ElectricRangeMin,
        Field::TransmissionNot,
        Field::MilesPerYear,
        Field::Priority,
    ] {
        assert_eq!(serde_json::json!(field), field.as_str());
    }
}

#[test]
fn an_advisor_is_not_read_but_its_question_gives_sense_to_an_answer() {
    let drive = question::about(Field::Drive).unwrap();
    let range = question::about(Field::ElectricRangeMin).unwrap();
    assert_eq!(ids(&[(Role::Assistant, "A Tesla is electric.")]), [""; 0]);
    assert_eq!(ids(&[(Role::User, "yes")]), [""; 0]);
    assert_eq!(
        ids(&[(Role::Assistant, drive), (Role::User, "Yes, please")]),
        ["drive-awd"]
    );
    assert_eq!(
        ids(&[(Role::Assistant, drive), (Role::User, "no")]),
        [""; 0]
    );
    assert_eq!(
        ids(&[(Role::Assistant, range), (Role::User, "250 or so")]),
        ["electric_range_min"]
    );
}

#[test]
fn everyday_words_are_taken_widely() {
    let filter = filter(&read_all(&[(
        Role::User,
        "an AWD gas van with an automatic",
    )]));
    assert_eq!(filter.drives, [Drive::Awd, Drive::FourWd]);
    assert_eq!(filter.fuels, [Fuel::Gasoline, Fuel::FlexFuel]);
    assert_eq!(filter.bodies, [Body::Van, Body::Minivan]);
    assert!(filter.transmissions.contains(&Transmission::Cvt));
}

#[test]
fn labels_are_for_people() {
    let needs = read_all(&[(
        Role::User,
        "no minivan, at least 40 mpg, under $35,000, tow 5000 lbs, not a BMW",
    )]);
    let labels: Vec<String> = needs.iter().map(Need::label).collect();
    assert_eq!(
        labels,
        [
            "no minivan",
            "no BMW",
            "at least 40 mpg",
            "at most $35,000",
            "tows 5,000 lb or more"
        ]
    );
}

#[test]
fn names_that_are_words_need_more_than_the_word() {
    for said in [
        "something that will fit my soul and spark joy",
        "I live in Tucson, near Lincoln",
        "a smart choice for my commute",
        "I can't afford much",
        "it must dodge potholes and escape traffic",
        "the legacy of my journey",
    ] {
        assert_eq!(ids(&[(Role::User, said)]), [""; 0], "{said}");
    }
    assert_eq!(
        ids(&[(Role::User, "a honda fit or a Dodge")]),
        ["model-honda-fit", "make-dodge"]
    );
}

#[test]
fn no_text_is_too_strange_to_read() {
    let long = "an SUV, not a 'Tesla' $ 3,5k ".repeat(2_000);
    for said in [
        "",
        "$",
        "$k",
        "999999999999999999999999 mpg",
        "—€’‘",
        "than than but but not",
        "1,2,3,,,4",
        "\u{0}\u{feff}",
        &long,
        &"Pilot ".repeat(10_000),
        &"PILOT or a ".repeat(6_000),
    ] {
        read_all(&[(Role::User, said)]);
    }
}

#[test]
fn every_short_answer_that_is_offered_is_understood() {
    for (field, question) in question::QUESTIONS {
        let asked = format!("Here are some.\n\n{question}");
        assert_eq!(question::last(&asked), Some((*field, *question)));
        let offered = question::answers(*field, 2026);
        assert!(
            offered.is_empty() || (2..=5).contains(&offered.len()),
            "{question}"
        );
        for words in offered {
            let needs = read_all(&[
                (Role::User, "a car"),
                (Role::Assistant, &asked),
                (Role::User, &words),
            ]);
            // Who doesn't need all wheels driven needs nothing.
            let is_there = needs.iter().any(|need| need.field == *field);
            assert_eq!(is_there, words != "No", "{question} {words}: {needs:?}");
        }
    }
    let more = "What is the oldest model year that you would take? Or none?";
    assert_eq!(question::last(more), None);
}

#[test]
fn cheap_to_run_is_about_what_is_burned_and_not_about_the_price() {
    for said in [
        "a wagon that is cheaper to run",
        "a wagon, cheap to run",
        "a wagon with low running costs",
        "which wagon costs the least to run?",
        "a wagon with lower fuel bills",
    ] {
        let needs = read_all(&[(Role::User, said)]);
        let priority = needs.iter().find(|need| need.field == Field::Priority);
        assert_eq!(priority.unwrap().value, "fuel_cost", "{said}");
    }
    for said in [
        "a wagon, cheaper to insure",
        "a wagon that's cheaper to maintain",
    ] {
        assert_eq!(ids(&[(Role::User, said)]), ["body-wagon"], "{said}");
    }
}

#[test]
fn pointing_at_cars_to_compare_answers_no_question() {
    let asked = "How many seats do you need in all, the driver's with them?";
    let said = [
        (Role::User, "a hybrid SUV"),
        (Role::Assistant, asked),
        (Role::User, "compare the first two"),
    ];
    assert_eq!(ids(&said), ["fuel-hybrid", "body-suv"]);
}
