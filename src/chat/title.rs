//! What a conversation is called in the list: its first needs, or its first words until those are understood.

use crate::advisor::needs::{Field, Need, thousands};
use crate::web::input::shows;

/// The longest title that is made, in characters.
const LONGEST: usize = 60;

/// The first words, as far as they show.
pub fn from_words(text: &str) -> String {
    let shown = |c: &char| c.is_whitespace() || shows(*c);
    let text: String = text.chars().filter(shown).collect();
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= LONGEST {
        return line;
    }
    let cut: String = line.chars().take(LONGEST - 1).collect();
    let whole_words = cut
        .rsplit_once(' ')
        .map_or(cut.as_str(), |(words, _)| words);
    format!("{whole_words}…")
}

/// The needs, what a car is before what it must have: `Hybrid SUV, AWD, under $35,000`. As many as fit; None without any.
pub fn from_needs(needs: &[Need]) -> Option<String> {
    let mut title = String::new();
    let parts = std::iter::once(kind(needs)).chain(ORDER.iter().map(|field| detail(needs, *field)));
    for part in parts.filter(|part| !part.is_empty()) {
        let comma = if title.is_empty() { "" } else { ", " };
        if title.chars().count() + comma.len() + part.chars().count() <= LONGEST {
            title.push_str(comma);
            title.push_str(&part);
        }
    }
    let mut letters = title.chars();
    let first = letters.next()?;
    Some(first.to_uppercase().chain(letters).collect())
}

/// In which order details are told.
const ORDER: &[Field] = &[
    Field::Drive,
    Field::BudgetMax,
    Field::SeatsMin,
    Field::MpgMin,
    Field::ElectricRangeMin,
    Field::RangeMin,
    Field::TowingMin,
    Field::HorsepowerMin,
    Field::YearMin,
    Field::YearMax,
    Field::Transmission,
    Field::StarsMin,
    Field::MakeNot,
    Field::ModelNot,
    Field::BodyNot,
    Field::FuelNot,
    Field::TransmissionNot,
    Field::BudgetMin,
    Field::MilesPerYear,
    Field::Priority,
];

/// What kind of car: `Toyota hybrid SUV`, `Electric car`; the models alone where there are any.
fn kind(needs: &[Need]) -> String {
    let models = choice(needs, Field::Model);
    if !models.is_empty() {
        return models;
    }
    let (make, fuel) = (choice(needs, Field::Make), choice(needs, Field::Fuel));
    let mut body = choice(needs, Field::Body);
    if body.is_empty() && !fuel.is_empty() {
        body.push_str("car");
    }
    let words = [make, fuel, body];
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    words
        .join(" ")
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

/// The values of a field as one choice; nothing where they are too many for a title.
fn choice(needs: &[Need], field: Field) -> String {
    let labels: Vec<String> = of(needs, field).map(Need::label).collect();
    match labels.len() {
        0..=2 => labels.join(" or "),
        _ => String::new(),
    }
}

fn of(needs: &[Need], field: Field) -> impl Iterator<Item = &Need> {
    needs.iter().filter(move |need| need.field == field)
}

/// A detail in few words; nothing where there is no such need.
fn detail(needs: &[Need], field: Field) -> String {
    let Some(need) = of(needs, field).next() else {
        return String::new();
    };
    let number = need.value.as_u64().unwrap_or(0);
    match field {
        // Who says "all-wheel drive" takes both.
        Field::Drive => match need.value.as_str() {
            Some("awd") => "AWD".to_owned(),
            Some("4wd") if of(needs, field).any(|need| need.value == "awd") => "AWD".to_owned(),
            Some("4wd") => "4WD".to_owned(),
            _ => choice(needs, field),
        },
        Field::BudgetMax => format!("under ${}", thousands(number)),
        Field::BudgetMin => format!("over ${}", thousands(number)),
        Field::SeatsMin => format!("{number} seats"),
        Field::MpgMin => format!("{number}+ mpg"),
        Field::ElectricRangeMin => format!("{number}+ miles electric"),
        Field::RangeMin => format!("{number}+ miles of range"),
        Field::TowingMin => format!("tows {} lb", thousands(number)),
        Field::HorsepowerMin => format!("{number}+ hp"),
        Field::StarsMin => format!("{number} stars"),
        Field::YearMin | Field::YearMax | Field::MilesPerYear | Field::Priority => need.label(),
        _ => choice(needs, field),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn title(needs: &[(Field, Value)]) -> Option<String> {
        let need = |(field, value): &(Field, Value)| Need {
            id: String::new(),
            field: *field,
            value: value.clone(),
            words: String::new(),
            message_id: String::new(),
        };
        from_needs(&needs.iter().map(need).collect::<Vec<_>>())
    }

    #[test]
    fn needs_make_a_title_of_what_it_is_and_what_it_must_have() {
        let family = [
            (Field::BudgetMax, json!(35_000)),
            (Field::Drive, json!("awd")),
            (Field::Drive, json!("4wd")),
            (Field::Fuel, json!("hybrid")),
            (Field::Body, json!("suv")),
        ];
        assert_eq!(
            title(&family).as_deref(),
            Some("Hybrid SUV, AWD, under $35,000")
        );
        let far = [
            (Field::Fuel, json!("electric")),
            (Field::ElectricRangeMin, json!(300)),
        ];
        assert_eq!(
            title(&far).as_deref(),
            Some("Electric car, 300+ miles electric")
        );
        let named = [
            (Field::Model, json!("Toyota RAV4")),
            (Field::Make, json!("Toyota")),
        ];
        assert_eq!(title(&named).as_deref(), Some("Toyota RAV4"));
        let only = [(Field::Priority, json!("economy"))];
        assert_eq!(title(&only).as_deref(), Some("Fuel economy first"));
        assert_eq!(title(&[]), None);
    }

    #[test]
    fn no_title_is_too_long_and_what_is_too_much_for_it_stays_out() {
        let makes = ["Audi", "BMW", "Mercedes-Benz"].map(|make| (Field::MakeNot, json!(make)));
        let mut needs = vec![
            (Field::Fuel, json!("plug_in_hybrid")),
            (Field::Fuel, json!("electric")),
            (Field::Body, json!("suv")),
            (Field::Body, json!("wagon")),
            (Field::Drive, json!("awd")),
            (Field::BudgetMax, json!(45_000)),
            (Field::SeatsMin, json!(7)),
            (Field::YearMin, json!(2022)),
        ];
        needs.extend(makes);
        let title = title(&needs).unwrap();
        assert!(title.chars().count() <= LONGEST, "{title}");
        assert!(
            title.starts_with("Plug-in hybrid or electric SUV or wagon, AWD")
                && !title.contains("Audi"),
            "{title}"
        );
    }

    #[test]
    fn first_words_end_at_a_word() {
        assert_eq!(from_words("  A small\n car "), "A small car");
        let long = from_words(&"family wagon ".repeat(20));
        assert!(
            long.chars().count() <= LONGEST && long.ends_with(" family…"),
            "{long}"
        );
        assert!(from_words(&"ü".repeat(200)).chars().count() <= LONGEST);
    }
}
