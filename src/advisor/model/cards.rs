//! Which of the found cars a model's text is about, and in which version: those are shown as cards.

use crate::cars::Car;

/// How many cars a reply shows.
const CARDS: usize = 6;

/// Of the found versions of a named car, the one that the fewest of the text's figures speak against.
pub(super) fn meant(
    car: Car,
    found: &[Car],
    readings: &mut usize,
    misses: impl Fn(&[&Car]) -> usize,
) -> Car {
    let mut versions: Vec<&Car> = Vec::new();
    for other in found.iter().filter(|other| other.title() == car.title()) {
        if !versions.iter().any(|known| known.id == other.id) {
            versions.push(other);
        }
    }
    versions.truncate(*readings);
    if versions.len() < 2 {
        return car;
    }
    *readings -= versions.len();
    let best = versions.iter().min_by_key(|version| {
        let others = versions.iter().filter(|other| other.id != version.id);
        misses(&others.copied().collect::<Vec<_>>())
    });
    best.map_or(car, |best| (*best).clone())
}

/// The found cars that the text names, each once, in the order in which it names them.
///
/// The longest names are looked for first and taken out, so that "RAV4 Hybrid AWD" isn't also "RAV4".
pub(super) fn named_in(text: &str, found: &[Car]) -> Vec<Car> {
    let mut text = text.to_lowercase();
    let mut found = found.to_vec();
    found.sort_by_key(|car| std::cmp::Reverse(car.title().len()));
    let mut named: Vec<(usize, Car)> = Vec::new();
    for car in found {
        let title = car.title().to_lowercase();
        let is_known = named.iter().any(|(_, other)| other.title() == car.title());
        if let Some(place) = text.find(&title)
            && !is_known
        {
            text = text.replace(&title, &" ".repeat(title.len()));
            named.push((place, car));
        }
    }
    named.sort_by_key(|(place, _)| *place);
    named.into_iter().map(|(_, car)| car).take(CARDS).collect()
}

/// The cards of an answer that sets cars side by side: those, in the version that was looked up, and then what else it names.
pub(super) fn with_compared(named: Vec<Car>, compared: &[Car]) -> Vec<Car> {
    let is_compared = |car: &Car| compared.iter().any(|other| other.title() == car.title());
    let others = named.into_iter().filter(|car| !is_compared(car));
    compared.iter().cloned().chain(others).take(CARDS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::advisor::audit::{self, Evidence, Names};
    use crate::cars::Catalogue;

    #[test]
    fn cards_are_the_cars_that_the_text_names() {
        let catalogue = Catalogue::built_in().unwrap();
        let of = |model: &str| {
            let mut cars = catalogue.iter();
            cars.find(|car| car.year == 2024 && car.model == model)
                .unwrap()
        };
        let found = vec![
            of("RAV4"),
            of("RAV4 Hybrid AWD"),
            of("CR-V AWD"),
            of("RAV4"),
        ];
        let text = "Take the **2024 Honda CR-V AWD** or the 2024 Toyota RAV4 Hybrid AWD, not a 2019 Toyota RAV4.";
        let named = named_in(text, &found);
        let models: Vec<_> = named.iter().map(|car| car.model.as_str()).collect();
        assert_eq!(models, ["CR-V AWD", "RAV4 Hybrid AWD"]);
    }

    #[test]
    fn of_two_versions_the_card_shows_the_one_whose_figures_are_given() {
        let catalogue = Catalogue::built_in().unwrap();
        let names = Names::of(&catalogue);
        let all = catalogue.iter();
        let found: Vec<Car> = all
            .filter(|car| car.title() == "2025 Honda CR-V FWD")
            .collect();
        let mut evidence = Evidence::default();
        evidence.add(&found, &serde_json::json!({}));
        let shown = |text: &str| {
            let misses = |others: &[&Car]| {
                audit::audit(&catalogue, &names, &evidence.without(others), text).len()
            };
            let named = named_in(text, &found).remove(0);
            let car = meant(named, &found, &mut 12, misses);
            car.mpg.unwrap().combined
        };
        assert_eq!(shown("The 2025 Honda CR-V FWD gets 30 mpg."), 30);
        assert_eq!(shown("The 2025 Honda CR-V FWD gets 40 mpg."), 40);
    }
}
