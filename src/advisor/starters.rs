//! The questions that pages offer to begin with, and the built-in advisor's answers to them, each made once.
//!
//! Such an answer depends on the question, the catalogue and how much the person knows of cars, and on nothing else; so
//! nothing of anybody is kept. It is quicker found in the process than anywhere else.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Answer, Knowledge, Request, Role, Turn};
use crate::cars::Catalogue;

/// What one can begin with.
pub const QUESTIONS: [&str; 4] = [
    "I need a family SUV under $35,000 with all-wheel drive and good mileage",
    "An electric car with at least 300 miles of range",
    "A small hybrid hatchback for the city, 2022 or newer",
    "A pickup that isn't too thirsty",
];

/// The answers that were made so far. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Starters(Arc<Mutex<Option<Kept>>>);

/// All from one catalogue.
#[derive(Debug)]
struct Kept {
    catalogue: Arc<Catalogue>,
    answers: HashMap<(&'static str, Knowledge), Answer>,
}

impl Starters {
    /// The answer to a conversation that begins with one of the [`QUESTIONS`] and has nothing else yet.
    pub(super) fn find(&self, request: &Request) -> Option<Answer> {
        let (question, turn) = question_of(request)?;
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = kept.as_ref()?;
        if !Arc::ptr_eq(&kept.catalogue, &request.catalogue) {
            return None;
        }
        let mut answer = kept.answers.get(&(question, request.knowledge))?.clone();
        for need in &mut answer.needs {
            need.message_id.clone_from(&turn.message_id);
        }
        Some(answer)
    }

    /// Keeps an answer, if it is to one of the [`QUESTIONS`]. Those from another catalogue go.
    pub(super) fn keep(&self, request: &Request, answer: &Answer) {
        let Some((question, _)) = question_of(request) else {
            return;
        };
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let same = kept
            .take()
            .filter(|kept| Arc::ptr_eq(&kept.catalogue, &request.catalogue));
        let mut same = same.unwrap_or_else(|| Kept {
            catalogue: request.catalogue.clone(),
            answers: HashMap::new(),
        });
        let key = (question, request.knowledge);
        same.answers.insert(key, answer.clone());
        *kept = Some(same);
    }
}

fn question_of(request: &Request) -> Option<(&'static str, &Turn)> {
    let [turn] = request.turns.as_slice() else {
        return None;
    };
    let question = QUESTIONS.into_iter().find(|known| *known == turn.text)?;
    (turn.role == Role::User && turn.edits.is_empty()).then_some((question, turn))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::advisor::catalogue;
    use crate::cars::cost::Assumptions;

    fn ask(catalogue: &Arc<Catalogue>, message_id: &str, text: &str) -> Request {
        Request {
            catalogue: catalogue.clone(),
            turns: vec![Turn {
                message_id: message_id.into(),
                role: Role::User,
                text: text.into(),
                edits: Vec::new(),
            }],
            knowledge: Knowledge::Casual,
            usual: Assumptions::default(),
            has_tokens: true,
        }
    }

    fn made(request: &Request) -> Answer {
        catalogue::answer(&request.catalogue, &request.turns, request.knowledge)
    }

    #[test]
    fn what_is_found_is_what_would_be_made() {
        let catalogue = Arc::new(Catalogue::built_in().unwrap());
        let starters = Starters::default();
        for question in QUESTIONS {
            let first = ask(&catalogue, "first", question);
            assert!(starters.find(&first).is_none());
            starters.keep(&first, &made(&first));
            let second = ask(&catalogue, "second", question);
            let (found, wanted) = (starters.find(&second).unwrap(), made(&second));
            assert!(!wanted.needs.is_empty());
            assert_eq!(found.needs, wanted.needs);
            assert_eq!((found.text, found.cars), (wanted.text, wanted.cars));
        }
        // Another level, a conversation that goes on, other words, another catalogue.
        let known = ask(&catalogue, "m", QUESTIONS[0]);
        let mut level = known.clone();
        level.knowledge = Knowledge::Professional;
        let mut longer = known.clone();
        longer.turns.push(longer.turns[0].clone());
        let own = ask(&catalogue, "m", "My wife Ann wants a wagon");
        starters.keep(&own, &made(&known));
        let other = ask(&Arc::new(Catalogue::built_in().unwrap()), "m", QUESTIONS[0]);
        for request in [&level, &longer, &own, &other] {
            assert!(starters.find(request).is_none());
        }
        starters.keep(&other, &made(&other));
        assert!(starters.find(&other).is_some() && starters.find(&known).is_none());
    }
}
