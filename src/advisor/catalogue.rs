//! The built-in catalogue advisor: no model and no network, only the shopper's words and the catalogue.

use crate::advisor::needs::conflict::conflicts;
use crate::advisor::needs::{self, Need};
use crate::advisor::{Answer, Knowledge, Role, Turn};
use crate::cars::search;
use crate::cars::{Catalogue, Row};

mod ask;
mod asked;
mod define;
mod figure;
mod layout;
mod pick;
mod reasons;
mod say;
mod talk;
mod versus;

pub use asked::price as price_label;
pub use layout::{Parts, apart};
pub use say::wishes;
use talk::Talk;

/// Stands first in every answer, so that nobody takes it for a language model.
pub const LABEL: &str = "*Built-in catalogue advisor*";

/// What is said to a question: the needs in it are all that can be read.
const NO_ANSWER: &str = "I can't answer that question: I only find cars by what you need in them.";

/// Answers the last turn of a conversation. The same conversation always gets the same answer.
pub fn answer(catalogue: &Catalogue, turns: &[Turn], knowledge: Knowledge) -> Answer {
    let last = turns.iter().rposition(|turn| turn.role == Role::User);
    let text = last.map_or("", |at| turns[at].text.as_str());
    let before = last.map_or(&[][..], |at| &turns[..at]);
    let mut said = before.iter().rev().filter(|turn| turn.role == Role::User);
    let said_before = said.next().map_or("", |turn| turn.text.as_str());
    let (earlier, needs) = needs::read_both(turns, before.len(), catalogue);
    let changed = needs != earlier;
    let must = ask::first(turns, &needs);
    let goes_on = must.is_some()
        || ask::was_asked(before) && talk::goes_on(text)
        || talk::asks_for_cars(text);
    let meanings = define::explained(text);
    let asides = say::asides(text, &needs, turns, catalogue.names());
    let mut parts = vec![LABEL.to_owned()];
    let mut cars = Vec::new();
    parts.extend(meanings.iter().map(|meaning| (*meaning).to_owned()));

    let compares = needs::compares(text);
    let side_by_side = |rows: &[Row], mut parts: Vec<String>| {
        let filter = needs::filter(&needs);
        let ranked = search::rank(catalogue, &filter);
        let cars = reasons::with_reasons(catalogue, &ranked, rows, &needs, filter.sort);
        parts.push(versus::told(&cars, filter.sort));
        parts.extend(say::prices(&needs, &cars));
        parts.extend(say::terms(&cars, knowledge));
        let compared = cars.iter().map(|car| car.id.clone()).collect();
        Answer {
            compared,
            ..finished(parts, cars, needs.clone())
        }
    };

    match talk::kind(text) {
        _ if !meanings.is_empty() && !changed => return finished(parts, cars, needs),
        _ if compares && !changed => {
            let shown = versus::shown_by(catalogue, said_before, &earlier);
            let rows = versus::pointed_at(text, &shown);
            if rows.len() > 1 {
                return side_by_side(&rows, parts);
            }
            parts.push(say::NOTHING_TO_COMPARE.to_owned());
            return finished(parts, cars, needs);
        }
        Talk::Pointing(place) if !changed => {
            let shown = versus::shown_by(catalogue, said_before, &earlier);
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
            match talk::kind(text) {
                Talk::Greeting => parts.push(say::GREETING.to_owned()),
                _ if changed => parts.push(say::NOTHING_LEFT.to_owned()),
                _ if must.is_some() || !asides.is_empty() => {}
                _ => parts.push(say::not_understood(text)),
            }
            parts.extend(asides);
            parts.extend(say::elsewhere(text));
            let filter = needs::filter(&[]);
            let ranked = search::rank(catalogue, &filter);
            let next = || ask::next(catalogue, &ranked, &filter, &needs, turns).map(str::to_owned);
            parts.extend(must.or_else(next));
            return finished(parts, cars, needs);
        }
        Talk::Other if !changed && !goes_on => {
            if talk::asks(text) {
                parts.push(NO_ANSWER.to_owned());
            }
            match asides.is_empty() {
                true => parts.push(say::not_understood(text)),
                false => parts.extend(asides),
            }
            parts.extend(say::elsewhere(text));
            parts.push(format!("What I go by so far: {}.", say::list(&needs)));
            return finished(parts, cars, needs);
        }
        _ => {}
    }

    let filter = needs::filter(&needs);
    let ranked = search::rank(catalogue, &filter);
    let clash = conflicts(&needs);
    parts.push(say::understood(&needs));
    parts.extend(asides);
    parts.extend(say::elsewhere(text));
    parts.extend(say::covered(&needs, catalogue.years()));
    if ranked.known == 0 && clash.is_empty() {
        parts.push(say::nothing(&search::search(catalogue, &filter, 0), &needs));
        parts.extend(say::open(&ranked, 0));
    }
    let picked = pick::shown(&ranked, &filter, &needs);
    let rows = versus::wanted(catalogue, text, &ranked.rows, &picked.rows, &needs);
    if let Some(rows) = rows.filter(|_| clash.is_empty()) {
        return side_by_side(&rows, parts);
    }
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
    parts.extend(say::miles(&needs, &cars));
    parts.extend(say::terms(&cars, knowledge));
    let next = || ask::next(catalogue, &ranked, &filter, &needs, turns).map(str::to_owned);
    parts.extend(match clash.first() {
        Some(pair) => Some(say::which_counts(pair, ask::may_ask(turns))),
        None => must.or_else(next),
    });
    finished(parts, cars, needs)
}

fn finished(parts: Vec<String>, cars: Vec<crate::cars::Car>, needs: Vec<Need>) -> Answer {
    Answer {
        text: parts.join("\n\n"),
        cars,
        compared: Vec::new(),
        needs,
        edits: Vec::new(),
    }
}

#[cfg(test)]
mod tests;
