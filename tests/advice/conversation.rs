//! Goes through the cases with the built-in advisor, its own answers in between.

use autio::advisor::needs::Need;
use autio::advisor::{Answer, Knowledge, Role, Turn, catalogue};
use autio::cars::Catalogue;
use autio::eval::cases::{Case, SWAPPED, Step, parse};

/// A case that was gone through.
pub struct Run {
    pub case: Case,
    pub answers: Vec<Answer>,
}

impl Run {
    /// Each turn with what it should give and what it gave.
    pub fn steps(&self) -> impl Iterator<Item = (&Step, &Answer)> {
        self.case.steps.iter().zip(&self.answers)
    }
}

/// All the cases, those with `{make}` once for each make that takes its place.
pub fn cases() -> Vec<Case> {
    let read = |name: &str, text: &str| match parse(text) {
        Ok(cases) => cases,
        Err(error) => panic!("tests/advice/{name}: {error}"),
    };
    let mut cases = read("cases.txt", include_str!("cases.txt"));
    cases.extend(read("held_out.txt", include_str!("held_out.txt")));
    let each = cases.into_iter().flat_map(|case| match case.swaps() {
        true => SWAPPED.map(|make| case.with_make(make)).to_vec(),
        false => vec![case],
    });
    each.collect()
}

pub fn run(catalogue: &Catalogue, case: Case) -> Run {
    let mut turns = Vec::new();
    let mut answers = Vec::new();
    for step in &case.steps {
        turns.push(turn(Role::User, &step.said, turns.len()));
        let answer = catalogue::answer(catalogue, &turns, Knowledge::Casual);
        turns.push(turn(Role::Assistant, &answer.text, turns.len()));
        answers.push(answer);
    }
    Run { case, answers }
}

/// What is answered when only this is said.
pub fn answer(catalogue: &Catalogue, said: &str) -> Answer {
    catalogue::answer(catalogue, &[turn(Role::User, said, 0)], Knowledge::Casual)
}

fn turn(role: Role, text: &str, at: usize) -> Turn {
    Turn {
        message_id: format!("m{at}"),
        role,
        text: text.to_owned(),
        edits: Vec::new(),
    }
}

/// The needs as the cases write them, in order.
pub fn written(needs: &[Need]) -> Vec<String> {
    let one = |need: &Need| {
        let value = need.value.as_str();
        let value = value.map_or_else(|| need.value.to_string(), str::to_owned);
        format!("{}={value}", need.field.as_str())
    };
    let mut all: Vec<String> = needs.iter().map(one).collect();
    all.sort();
    all
}

pub fn sorted(needs: &[String]) -> Vec<String> {
    let mut needs = needs.to_vec();
    needs.sort();
    needs
}
