//! Shopper requests with checkable answers: what must be understood, and a brute-force check of every car that is shown.

use autio::advisor::needs::Need;
use autio::advisor::{Answer, Knowledge, Role, Turn, catalogue};
use autio::cars::Catalogue;
use autio::eval::oracle;

struct Case {
    turns: Vec<(String, Vec<String>)>,
}

/// The cases of `cases.txt`: paragraphs of turns, each with the needs that must stand after it.
fn cases() -> Vec<Case> {
    let text = include_str!("cases.txt");
    let lines = |part: &str| {
        part.lines()
            .filter(|line| !line.starts_with('#'))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let mut cases = Vec::new();
    for part in text.split("\n\n") {
        let mut turns = Vec::new();
        for pair in lines(part).chunks(2) {
            let [said, needs] = pair else {
                panic!("a turn without needs: {pair:?}")
            };
            let needs = needs
                .strip_prefix('=')
                .expect("needs start with =")
                .split(';')
                .map(str::trim);
            let needs = needs
                .filter(|need| !need.is_empty())
                .map(str::to_owned)
                .collect();
            turns.push((
                said.strip_prefix("> ")
                    .expect("a turn starts with >")
                    .to_owned(),
                needs,
            ));
        }
        if !turns.is_empty() {
            cases.push(Case { turns });
        }
    }
    cases
}

fn turn(role: Role, text: &str, at: usize) -> Turn {
    Turn {
        message_id: format!("m{at}"),
        role,
        text: text.to_owned(),
        edits: Vec::new(),
    }
}

/// Goes through a conversation with the advisor's own answers in it.
fn converse(catalogue: &Catalogue, said: &[&str], mut each: impl FnMut(usize, &[Turn], &Answer)) {
    let mut turns = Vec::new();
    for (at, text) in said.iter().enumerate() {
        turns.push(turn(Role::User, text, at));
        let answer = catalogue::answer(catalogue, &turns, Knowledge::Casual);
        each(at, &turns, &answer);
        turns.push(turn(Role::Assistant, &answer.text, at));
    }
}

fn written(need: &Need) -> String {
    let value = need
        .value
        .as_str()
        .map_or_else(|| need.value.to_string(), str::to_owned);
    format!("{}={value}", need.field.as_str())
}

#[test]
fn every_request_is_understood_and_every_car_shown_meets_it() {
    let catalogue = Catalogue::built_in().unwrap();
    let cases = cases();
    assert!(cases.len() >= 40);
    let oracle = oracle::Oracle::of(&catalogue);
    let mut wrong = Vec::new();
    for case in &cases {
        let said: Vec<&str> = case.turns.iter().map(|(said, _)| said.as_str()).collect();
        converse(&catalogue, &said, |at, _, answer| {
            let mut found: Vec<String> = answer.needs.iter().map(written).collect();
            let mut expected = case.turns[at].1.clone();
            found.sort();
            expected.sort();
            if found != expected {
                wrong.push(format!(
                    "{:?}\n  expected {expected:?}\n  found    {found:?}",
                    said[at]
                ));
            }
            for complaint in oracle.complaints(&expected, answer) {
                wrong.push(format!("{:?}: {complaint}", said[at]));
            }
        });
    }
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn the_words_of_a_need_stand_in_the_turn_that_it_names() {
    let catalogue = Catalogue::built_in().unwrap();
    for case in cases() {
        let said: Vec<&str> = case.turns.iter().map(|(said, _)| said.as_str()).collect();
        converse(&catalogue, &said, |_, turns, answer| {
            for need in &answer.needs {
                let from = turns
                    .iter()
                    .find(|t| t.role == Role::User && t.message_id == need.message_id)
                    .unwrap();
                assert!(
                    !need.words.is_empty() && from.text.contains(&need.words),
                    "{need:?}"
                );
            }
        });
    }
}

#[test]
fn at_most_three_questions_and_none_twice() {
    let catalogue = Catalogue::built_in().unwrap();
    let said = [
        "an SUV",
        "no preference",
        "no preference",
        "no preference",
        "no preference",
    ];
    let mut questions = Vec::new();
    converse(&catalogue, &said, |_, _, answer| {
        let last = answer.text.lines().last().unwrap().to_owned();
        if last.ends_with('?') {
            assert!(!questions.contains(&last), "asked twice: {last}");
            questions.push(last);
        }
        assert!(answer.text.matches('?').count() <= 1);
    });
    assert_eq!(questions.len(), 3);
}

#[test]
fn when_nothing_fits_the_change_that_is_offered_works() {
    let catalogue = Catalogue::built_in().unwrap();
    converse(
        &catalogue,
        &["a hybrid minivan with at least 60 mpg", "36 mpg then"],
        |at, _, answer| match at {
            0 => {
                assert!(answer.cars.is_empty());
                assert!(
                    answer
                        .text
                        .contains("at least 36 mpg or MPGe instead of 60 gives 1 model"),
                    "{}",
                    answer.text
                );
            }
            _ => assert_eq!(answer.cars.len(), 1),
        },
    );
}

#[test]
fn the_smallest_change_may_be_money_or_a_seat() {
    let catalogue = Catalogue::built_in().unwrap();
    let text = |said: &str| {
        let mut text = String::new();
        converse(&catalogue, &[said], |_, _, answer| {
            text.clone_from(&answer.text)
        });
        text
    };
    let dear = text("a minivan under $40,000");
    assert!(
        dear.contains("The smallest change that would help: $"),
        "{dear}"
    );
    assert!(dear.contains(" more gives "), "{dear}");
    let wide = text("a sedan with 7 seats");
    assert!(wide.contains(" seats instead of 7 gives "), "{wide}");
    let odd = text("a 2021 Honda CR-V under $10,000");
    assert!(odd.contains("$15,350 more gives 1 model"), "{odd}");
}

#[test]
fn hostile_text_is_never_echoed() {
    let catalogue = Catalogue::built_in().unwrap();
    for said in [
        "<script>alert(1)</script> an SUV",
        "![x](http://e.vil/a.png) **sedan**",
        "[EV](javascript:alert(1))",
    ] {
        converse(&catalogue, &[said], |_, _, answer| {
            for bad in ["<script", "](", "javascript", "e.vil"] {
                assert!(!answer.text.contains(bad), "{bad} in {}", answer.text);
            }
        });
    }
}
