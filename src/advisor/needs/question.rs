//! The questions that the catalogue advisor asks, so that a short answer can be understood.

use super::Field;

/// Each question with the field that its answer fills.
pub const QUESTIONS: &[(Field, &str)] = &[
    (
        Field::Body,
        "What shape do you have in mind: sedan, hatchback, wagon, SUV, minivan or pickup?",
    ),
    (
        Field::Fuel,
        "Which would suit you: gasoline, hybrid, plug-in hybrid or electric?",
    ),
    (
        Field::Drive,
        "Do you need all-wheel drive, say for snow or unpaved roads?",
    ),
    (
        Field::ElectricRangeMin,
        "How many miles should it go on electricity alone?",
    ),
    (
        Field::Priority,
        "What matters most to you: fuel economy, low fuel cost, low CO2 or the newest model?",
    ),
    (
        Field::YearMin,
        "What is the oldest model year that you would take?",
    ),
];

/// The field of the last question in an advisor's text, if it ends with one of ours.
pub fn asked(text: &str) -> Option<Field> {
    let places = QUESTIONS
        .iter()
        .filter_map(|(field, question)| Some((text.rfind(question)?, *field)));
    places.max_by_key(|(at, _)| *at).map(|(_, field)| field)
}

/// The question about a field.
pub fn about(field: Field) -> Option<&'static str> {
    QUESTIONS
        .iter()
        .find(|(known, _)| *known == field)
        .map(|(_, question)| *question)
}
