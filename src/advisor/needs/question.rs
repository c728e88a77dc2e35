//! The questions that the catalogue advisor asks, so that a short answer can be understood.

use super::Field;

/// What the advisor's last question was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// What a need should be.
    Field(Field),
    /// Which of two needs counts.
    Conflict,
}

/// Ends the question about two needs that can't both hold.
pub const WHICH_COUNTS: &str = "Which of the two counts?";

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
        "What matters most to you: fuel economy, a low price, safety, power or the newest model?",
    ),
    (
        Field::YearMin,
        "What is the oldest model year that you would take?",
    ),
    (
        Field::BudgetMax,
        "What is the most that you would pay for the car in all?",
    ),
    (
        Field::SeatsMin,
        "How many seats do you need in all, the driver's with them?",
    ),
    (
        Field::TowingMin,
        "How many pounds must it tow: the trailer with all that is on it?",
    ),
];

/// The field of the last question in an advisor's text, if it ends with one of ours.
pub fn asked(text: &str) -> Option<Field> {
    let places = QUESTIONS
        .iter()
        .filter_map(|(field, question)| Some((text.rfind(question)?, *field)));
    places.max_by_key(|(at, _)| *at).map(|(_, field)| field)
}

/// What the advisor's text asks, if it ends with one of our questions.
pub fn ends(text: &str) -> Option<Asked> {
    if text.trim_end().ends_with(WHICH_COUNTS) {
        return Some(Asked::Conflict);
    }
    asked(text).map(Asked::Field)
}

/// The question about a field.
pub fn about(field: Field) -> Option<&'static str> {
    QUESTIONS
        .iter()
        .find(|(known, _)| *known == field)
        .map(|(_, question)| *question)
}

/// The question that an advisor's text ends with, if it is one of ours.
pub fn last(text: &str) -> Option<(Field, &'static str)> {
    let text = text.trim_end();
    let asked = QUESTIONS
        .iter()
        .find(|(_, question)| text.ends_with(question));
    asked.copied()
}

/// Short answers to a question about that field, each as a person would write it; none where the answer is open. `year` is
/// the year in which it was asked.
pub fn answers(field: Field, year: i32) -> Vec<String> {
    let words: &[&str] = match field {
        Field::Body => &["SUV", "Sedan", "Hatchback", "Minivan", "Pickup"],
        Field::Fuel => &["Gasoline", "Hybrid", "Plug-in hybrid", "Electric"],
        Field::Drive => &["Yes", "No"],
        Field::Priority => &[
            "Fuel economy",
            "A low price",
            "Safety first",
            "The most power",
            "The newest model",
        ],
        Field::BudgetMax => &["$25,000", "$35,000", "$50,000"],
        Field::SeatsMin => &["5 seats", "7 seats", "8 seats"],
        Field::TowingMin => &["3,500 pounds", "5,000 pounds", "7,500 pounds"],
        Field::YearMin => return [1, 3, 5].map(|ago| (year - ago).to_string()).into(),
        _ => &[],
    };
    words.iter().map(|words| (*words).to_owned()).collect()
}
