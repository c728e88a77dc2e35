//! What is offered where nothing fits.

use super::*;

#[test]
fn where_one_change_is_not_enough_two_are_offered() {
    let answer = one("an electric minivan with a manual transmission under $20,000");
    assert!(
        answer
            .text
            .contains("No single change is enough. The smallest two that would help together: "),
        "{}",
        answer.text
    );
    assert!(answer.text.contains(" together give "));
}

/// What is offered where nothing fits can be said as it stands, and then something fits.
#[test]
fn what_would_help_helps_when_it_is_said() {
    let asked = [
        "a hybrid SUV under $35,000 with all-wheel drive",
        "a wagon with 7 seats under $20,000, all-wheel drive, electric",
        "an electric pickup under $30,000",
        "a convertible with 8 seats",
        "a diesel minivan",
        "an electric car with 600 miles of range",
        "a plug-in hybrid with 90 miles on electricity",
        "a sedan with 150 mpg",
        "a Toyota coupe with all-wheel drive from 2020 or older",
        "a minivan with 500 hp",
        "an SUV that tows 20,000 pounds",
        "a manual electric hatchback",
        "a pickup with five stars under $25,000 that gets 40 mpg",
        "a hydrogen car under $40,000",
        "no Toyota, no Honda, a hybrid minivan",
        "a Tesla under $20,000",
        "a sedan or hatchback with 9 seats",
        "an electric or hydrogen minivan with 8 seats under $20,000",
        "a Toyota or Honda convertible",
        "a car from $250,000 that gets 60 mpg",
        "no SUV and no pickup, with 9 seats, diesel",
        "not gasoline and not hybrid, a manual wagon",
    ];
    let mut offered = 0;
    let mut unsaid = Vec::new();
    for said in asked {
        let answer = one(said);
        let wishes = say::wishes(&answer.text, &answer.needs);
        let nothing = |answer: &Answer| answer.text.contains("Nothing in the catalogue meets");
        assert_eq!(
            nothing(&answer),
            answer.text.contains(" would help"),
            "{said}: {}",
            answer.text
        );
        if nothing(&answer) && wishes.is_empty() {
            unsaid.push((said, answer.text.clone()));
        }
        for wish in wishes {
            let next = conversation(&[said, &wish], Knowledge::Casual).remove(1);
            if nothing(&next) || next.cars.is_empty() {
                unsaid.push((said, format!("{wish}: {}", next.text)));
            }
            offered += 1;
        }
    }
    assert!(unsaid.is_empty(), "{unsaid:#?}");
    assert!(offered > asked.len(), "{offered}");
}
