//! What the catalogue advisor says, and what it must never say.

use super::*;

mod comparing;
mod nothing;

fn conversation(said: &[&str], knowledge: Knowledge) -> Vec<Answer> {
    let catalogue = Catalogue::built_in().unwrap();
    let mut turns: Vec<Turn> = Vec::new();
    let mut answers = Vec::new();
    for text in said {
        let turn = |role, text: &str, at: usize| Turn {
            message_id: format!("m{at}"),
            role,
            text: text.to_owned(),
            edits: Vec::new(),
        };
        turns.push(turn(Role::User, text, turns.len()));
        let answer = answer(&catalogue, &turns, knowledge);
        turns.push(turn(Role::Assistant, &answer.text, turns.len()));
        answers.push(answer);
    }
    answers
}

fn one(said: &str) -> Answer {
    conversation(&[said], Knowledge::Casual).remove(0)
}

#[test]
fn small_talk_gets_a_question_and_no_cars() {
    for said in [
        "hi there",
        "what's the weather like?",
        "¿qué tal?",
        "你好",
        "!!!",
    ] {
        let answer = one(said);
        assert!(answer.cars.is_empty() && answer.needs.is_empty(), "{said}");
        assert!(
            answer.text.starts_with(LABEL) && answer.text.ends_with('?'),
            "{}",
            answer.text
        );
    }
}

#[test]
fn three_to_five_cars_each_with_reasons() {
    let answer = one("an SUV with all-wheel drive");
    assert!((3..=5).contains(&answer.cars.len()));
    assert!(answer.cars.iter().all(|car| car.why.len() >= 2));
    assert!(one("a manual coupe").cars.len() == 5);
    for kind in answer.cars.iter().map(|car| car.fuel) {
        assert!(answer.cars.iter().filter(|car| car.fuel == kind).count() <= 2);
    }
}

#[test]
fn a_budget_is_kept_and_an_unknown_price_comes_last_and_is_said() {
    let answer = one("a sedan under $28,000 with five stars");
    assert!(!answer.cars.is_empty());
    let prices: Vec<Option<u32>> = answer
        .cars
        .iter()
        .map(|car| car.price.as_ref().map(|price| price.usd))
        .collect();
    assert!(
        prices.iter().flatten().all(|usd| *usd <= 28_000),
        "{prices:?}"
    );
    assert!(prices.is_sorted_by_key(Option::is_none), "{prices:?}");
    assert!(
        answer
            .cars
            .iter()
            .all(|car| car.safety.as_ref().is_some_and(|safety| safety.stars == 5))
    );
    for car in &answer.cars {
        let said = match &car.price {
            None => "price unknown".to_owned(),
            Some(price) => asked::price(price),
        };
        assert!(car.why[0].starts_with(&said), "{}", car.why[0]);
    }
    assert!(
        answer.text.contains("no price in the data"),
        "{}",
        answer.text
    );
}

#[test]
fn an_estimate_is_called_one() {
    let price = |kind, source: &str| {
        asked::price(&crate::cars::Price {
            usd: 28_400,
            kind,
            year: 2021,
            source: source.into(),
        })
    };
    use crate::cars::PriceKind::{Estimate, Msrp};
    assert_eq!(
        price(Estimate, ""),
        "about $28,400, an estimate from the 2021 price"
    );
    assert_eq!(price(Msrp, "a (base price)"), "from $28,400 (2021 MSRP)");
    assert_eq!(
        price(Msrp, "a (mean of its trims)"),
        "$28,400, the mean of its 2021 MSRPs"
    );
}

#[test]
fn a_car_is_pointed_at_by_its_place() {
    let answers = conversation(
        &[
            "a hybrid wagon, any year since 2015",
            "tell me more about the second one",
        ],
        Knowledge::Casual,
    );
    let second = &answers[0].cars[1];
    assert_eq!(answers[1].cars.len(), 1);
    assert_eq!(answers[1].cars[0].id, second.id);
    assert!(answers[1].text.contains(&say::escape(&second.title())));
    let nothing = one("tell me about the third one");
    assert!(nothing.cars.is_empty());
}

#[test]
fn thanks_are_answered_without_another_list() {
    let answers = conversation(&["a hybrid wagon", "thanks a lot!"], Knowledge::Casual);
    assert!(answers[1].cars.is_empty() && answers[1].text.contains("You're welcome"));
    assert_eq!(answers[1].needs, answers[0].needs);
}

#[test]
fn knowledge_changes_how_things_are_explained() {
    let said = ["an electric SUV with all-wheel drive"];
    let text = |level| conversation(&said, level).remove(0).text;
    assert!(text(Knowledge::Beginner).contains("33.7 kWh"));
    assert!(!text(Knowledge::Casual).contains("33.7 kWh"));
    assert!(text(Knowledge::Professional).contains("city/highway"));
}

#[test]
fn snow_brings_the_question_about_all_wheel_drive() {
    assert!(
        one("a hatchback, we get a lot of snow")
            .text
            .ends_with("Do you need all-wheel drive, say for snow or unpaved roads?")
    );
}

#[test]
fn years_and_markets_that_are_not_covered_are_said() {
    assert!(
        one("a 2009 Honda Civic")
            .text
            .contains("model years 2015 to 2026 only")
    );
    assert!(
        one("a diesel estate in the UK")
            .text
            .contains("United States")
    );
}

#[test]
fn the_same_conversation_gets_the_same_answer() {
    let said = ["an SUV", "hybrid", "no preference"];
    let texts = || {
        conversation(&said, Knowledge::Casual)
            .into_iter()
            .map(|a| a.text)
            .collect::<Vec<_>>()
    };
    assert_eq!(texts(), texts());
}

#[test]
fn what_is_not_understood_is_said_even_when_a_question_is_pending() {
    for said in ["how much does it cost?", "why?", "blue sky thinking"] {
        let answers = conversation(&["an SUV", said], Knowledge::Casual);
        assert!(answers[0].text.ends_with('?'));
        assert!(answers[1].cars.is_empty(), "{said}");
        assert!(
            answers[1].text.contains("I found no need of yours in that"),
            "{said}"
        );
        assert_eq!(answers[1].text.contains(NO_ANSWER), said.ends_with('?'));
    }
    for said in [
        "no preference",
        "no",
        "either is fine with me",
        "I don't know",
    ] {
        let answers = conversation(&["an SUV", said], Knowledge::Casual);
        assert!(!answers[1].cars.is_empty(), "{said}");
    }
}

#[test]
fn each_car_says_what_speaks_against_it() {
    let answer = one("an SUV under $30,000");
    for car in &answer.cars {
        let against = car.why.last().unwrap();
        assert!(against.starts_with(reasons::TRADE_OFF), "{against}");
        assert!(answer.text.contains(&say::escape(against)));
    }
    assert!(answer.cars[0].why[0].ends_with("the lowest price of the 12 found"));
}

#[test]
fn the_best_is_the_best_of_those_whose_figure_is_known() {
    for said in [
        "the cheapest SUV",
        "the cheapest car",
        "the most powerful SUV",
        "a hybrid under $40,000",
    ] {
        let answer = one(said);
        for why in answer.cars.iter().flat_map(|car| &car.why) {
            let is_best = why.contains("the lowest price of the ");
            let is_qualified =
                why.contains(" found") || why.contains("price of all trims is known");
            assert!(
                !is_best || is_qualified || why.contains("base price is known"),
                "{said}: {why}"
            );
            if why.contains("$") && why.contains(" found") {
                assert!(answer.cars.iter().all(|car| car.price.is_some()), "{why}");
            }
        }
    }
}

#[test]
fn prices_of_two_bases_are_not_weighed() {
    use crate::cars::{Price, PriceKind};
    let catalogue = Catalogue::built_in().unwrap();
    let mut pair: Vec<_> = catalogue.iter().take(2).collect();
    let sources = ["a (base price)", "a (mean of its trims)"];
    for ((car, usd), source) in pair.iter_mut().zip([20_000, 40_000]).zip(sources) {
        car.price = Some(Price {
            usd,
            kind: PriceKind::Msrp,
            year: 2021,
            source: source.to_owned(),
        });
    }
    let price = figure::Figure::Price;
    assert_eq!(price.against(&pair[0], &pair[1]), None);
    pair[1].price.as_mut().unwrap().source = sources[0].to_owned();
    assert!(price.against(&pair[0], &pair[1]).is_some());
}

#[test]
fn a_car_without_the_sorted_figure_says_so() {
    for said in [
        "the most powerful hybrid",
        "the most powerful SUV",
        "the cheapest minivan",
    ] {
        let answer = one(said);
        let (figure, name) = match said.contains("powerful") {
            true => (figure::Figure::Power, "power"),
            false => (figure::Figure::Price, "price"),
        };
        let lacking = answer.cars.iter().filter(|car| figure.of(car).is_none());
        for car in lacking.clone() {
            assert_eq!(car.why[0], format!("{name} unknown"));
        }
        let is_said = answer.text.contains(&format!("(the {name} of the last "))
            || answer.text.contains(&format!("(but the {name} of none "));
        assert_eq!(is_said, lacking.count() > 0, "{}", answer.text);
    }
}

#[test]
fn a_beaten_car_is_left_out_with_the_reason_unless_it_was_named() {
    let sedans = "a gasoline sedan from 2020 to 2022 under $30,000";
    let answer = one(sedans);
    assert!(
        answer
            .text
            .contains("The 2022 Honda Civic 4Dr is left out, because the 2022 Hyundai Elantra has")
    );
    assert!(answer.cars.iter().all(|car| car.model != "Civic 4Dr"));
    let named = one("a 2022 Honda Civic or Hyundai Elantra gasoline sedan");
    assert!(named.cars.iter().any(|car| car.model.starts_with("Civic")));
    assert!(
        named
            .text
            .contains("is beaten in what matters here by the 2022 Hyundai Elantra"),
        "{}",
        named.text
    );
}

#[test]
fn few_cars_of_unknown_price_are_shown_and_those_have_something_to_go_by() {
    let answer = one("a hybrid under $35,000");
    let unknown: Vec<_> = answer
        .cars
        .iter()
        .filter(|car| car.price.is_none())
        .collect();
    assert!((1..=2).contains(&unknown.len()));
    for car in unknown {
        assert!(
            car.why[1].contains(" model was listed from $"),
            "{:?}",
            car.why
        );
    }
    assert!(
        answer
            .text
            .contains("likely fit, by what is published of the same model in other years")
    );
    // No price of a Lucid is known in any year.
    let electric = one("an electric sedan under $45,000");
    assert!(electric.cars.iter().all(|car| car.make != "Lucid"));
    let towing = one("I need to tow 5000 lb");
    assert!(
        towing
            .cars
            .iter()
            .all(|car| car.why[1].contains(" model tows up to ")),
        "{}",
        towing.text
    );
}
