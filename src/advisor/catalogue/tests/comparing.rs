//! Cars side by side, for who asks for that or weighs one against another.

use super::*;

#[test]
fn cars_are_set_side_by_side_for_who_asks() {
    let answer = one("Compare the Toyota RAV4 and the Honda CR-V");
    let makes: Vec<&str> = answer.cars.iter().map(|car| car.make.as_str()).collect();
    assert_eq!(makes, ["Toyota", "Honda"], "one for each, in their order");
    assert_eq!(answer.cars[0].fuel, answer.cars[1].fuel, "like by like");
    let ids: Vec<&str> = answer.cars.iter().map(|car| car.id.as_str()).collect();
    assert_eq!(answer.compared, ids);
    for car in &answer.cars {
        assert!(
            answer.text.contains(&format!("**{}", car.title())),
            "{}",
            answer.text
        );
    }
    let three = one("Subaru Forester vs Honda CR-V vs Mazda CX-5");
    assert_eq!(three.compared.len(), 3);
    assert!(one("a Toyota RAV4 or a Honda CR-V").compared.is_empty());
}

#[test]
fn models_that_are_weighed_against_each_other_are_set_side_by_side() {
    for text in [
        "a Prius or a Model 3, cheaper to run",
        "Which is cheaper to run, a Toyota Prius or a Tesla Model 3?",
        "Prius or Model 3: which one should I get?",
    ] {
        let answer = one(text);
        let models: Vec<&str> = answer.cars.iter().map(|car| car.model.as_str()).collect();
        assert_eq!(models.len(), 2, "{text}: {models:?}");
        assert!(
            models[0].starts_with("Prius") && models[1].starts_with("Model 3"),
            "{models:?}"
        );
        assert_eq!(answer.compared.len(), 2, "{text}");
    }
    // A limit, a description, and kinds of cars of which none is named.
    for text in [
        "a Nissan Leaf or a Chevrolet Bolt, cheaper than $30,000",
        "a car which seats seven, Toyota Sienna or Honda Odyssey",
        "an SUV or a wagon, whichever is cheaper to run",
    ] {
        assert!(one(text).compared.is_empty(), "{text}");
    }
}

#[test]
fn those_that_were_shown_are_set_side_by_side_by_their_places() {
    let said = [
        "hybrid SUVs with all-wheel drive",
        "compare the first and the third",
    ];
    let answers = conversation(&said, Knowledge::Casual);
    let shown: Vec<&str> = answers[0].cars.iter().map(|car| car.id.as_str()).collect();
    assert_eq!(answers[1].compared, [shown[0], shown[2]]);
    assert_eq!(answers[1].needs, answers[0].needs);
    let all = conversation(&[said[0], "compare them"], Knowledge::Casual).remove(1);
    assert_eq!(all.compared, shown[..4], "four at most");
    let lost = one("compare them");
    assert!(lost.compared.is_empty() && lost.cars.is_empty());
    assert!(lost.text.contains("which cars"), "{}", lost.text);
}

#[test]
fn after_a_comparison_a_place_is_its_own() {
    let said = [
        "Compare the Toyota RAV4 Hybrid and the Honda CR-V Hybrid",
        "tell me more about the first one",
    ];
    let answers = conversation(&said, Knowledge::Casual);
    assert_eq!(answers[0].cars[0].make, "Toyota");
    assert_eq!(answers[1].cars.len(), 1);
    assert_eq!(answers[1].cars[0].id, answers[0].cars[0].id);
}
