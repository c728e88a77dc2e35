//! The built-in catalogue advisor: no model and no network, only the shopper's words and the catalogue.

use crate::advisor::needs::{self, Field, Need};
use crate::advisor::{Answer, Knowledge, Role, Turn};
use crate::cars::Catalogue;
use crate::cars::search::{self, Ranked};

mod ask;
mod asked;
mod figure;
mod pick;
mod reasons;
mod say;
mod talk;

pub use asked::price as price_label;
use talk::Talk;

/// Stands first in every answer, so that nobody takes it for a language model.
const LABEL: &str = "*Built-in catalogue advisor*";

/// What is said to a question: the needs in it are all that can be read.
const NO_ANSWER: &str = "I can't answer that question: I only find cars by what you need in them.";

/// Answers the last turn of a conversation. The same conversation always gets the same answer.
pub fn answer(catalogue: &Catalogue, turns: &[Turn], knowledge: Knowledge) -> Answer {
    let last = turns.iter().rposition(|turn| turn.role == Role::User);
    let text = last.map_or("", |at| turns[at].text.as_str());
    let before = last.map_or(&[][..], |at| &turns[..at]);
    let (earlier, needs) = needs::read_both(turns, before.len(), catalogue);
    let changed = needs != earlier;
    let goes_on = ask::was_asked(before) && talk::goes_on(text) || talk::asks_for_cars(text);
    let mut parts = vec![LABEL.to_owned()];
    let mut cars = Vec::new();

    match talk::kind(text) {
        Talk::Pointing(place) if !changed => {
            let filter = needs::filter(&earlier);
            let shown = pick::shown(&search::rank(catalogue, &filter), &filter, &earlier).rows;
            match shown.get(place.of(shown.len())) {
                Some(row) => {
                    let car = catalogue.car(row);
                    parts.push(say::in_full(&car, knowledge));
                    cars.push(car);
                }
                None => parts.push(say::NOTHING_TO_POINT_AT.to_owned()),
            }
            return finished(parts, cars, needs);
        }
        Talk::Thanks if !changed => {
            parts.push(say::WELCOME.to_owned());
            return finished(parts, cars, needs);
        }
        Talk::Greeting | Talk::Other | Talk::Thanks | Talk::Pointing(_) if needs.is_empty() => {
            let question = ask::next(
                catalogue,
                &search::rank(catalogue, &needs::filter(&[])),
                &needs,
                turns,
            );
            parts.push(match talk::kind(text) {
                Talk::Greeting => say::GREETING.to_owned(),
                _ if changed => say::NOTHING_LEFT.to_owned(),
                _ => say::not_understood(text),
            });
            parts.extend(say::elsewhere(text));
            parts.extend(question.map(str::to_owned));
            return finished(parts, cars, needs);
        }
        Talk::Other if !changed && !goes_on => {
            if talk::asks(text) {
                parts.push(NO_ANSWER.to_owned());
            }
            parts.push(say::not_understood(text));
            parts.extend(say::elsewhere(text));
            parts.push(format!("What I go by so far: {}.", say::list(&needs)));
            return finished(parts, cars, needs);
        }
        _ => {}
    }

    let filter = needs::filter(&needs);
    let ranked = search::rank(catalogue, &filter);
    parts.push(say::understood(&needs));
    parts.extend(say::elsewhere(text));
    parts.extend(say::covered(&needs, catalogue.years()));
    if ranked.known == 0 {
        parts.push(say::nothing(&search::search(catalogue, &filter, 0), &needs));
        parts.extend(say::open(&ranked, 0));
    }
    let picked = pick::shown(&ranked, &filter, &needs);
    if !picked.rows.is_empty() {
        cars = reasons::with_reasons(catalogue, &ranked, &picked.rows, &needs, filter.sort);
        if ranked.known > 0 {
            let known = &cars[..picked.known];
            parts.push(say::found(&ranked, &needs, known, filter.sort));
        }
        parts.push(say::cars(&cars, knowledge));
        parts.extend(say::dominated(catalogue, &picked, &filter));
        if ranked.known > 0 {
            parts.extend(say::open(&ranked, cars.len() - picked.known));
        }
        parts.extend(say::trade_off(&cars));
    }
    parts.extend(say::unknown(&ranked));
    parts.extend(say::prices(&needs, &cars));
    parts.extend(say::terms(&cars, knowledge));
    parts.extend(next_step(catalogue, &ranked, &needs, turns, text));
    finished(parts, cars, needs)
}

fn next_step(
    catalogue: &Catalogue,
    ranked: &Ranked,
    needs: &[Need],
    turns: &[Turn],
    text: &str,
) -> Option<String> {
    let drive = needs.iter().any(|need| need.field == Field::Drive);
    if !drive
        && talk::speaks_of_winter(text)
        && !ask::asked(turns).contains(&Field::Drive)
        && !ranked.rows.is_empty()
    {
        return needs::question::about(Field::Drive).map(str::to_owned);
    }
    ask::next(catalogue, ranked, needs, turns).map(str::to_owned)
}

fn finished(parts: Vec<String>, cars: Vec<crate::cars::Car>, needs: Vec<Need>) -> Answer {
    Answer {
        text: parts.join("\n\n"),
        cars,
        needs,
        edits: Vec::new(),
    }
}

#[cfg(test)]
mod tests;
