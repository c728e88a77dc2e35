//! What a model's tool calls work on: the conversation, its needs, and what was found for them.

use std::sync::Arc;

use super::CALLS;
use crate::advisor::audit::Evidence;
use crate::advisor::needs::{self, Edit, Need};
use crate::advisor::{Request, Role, Turn, aside, tools};
use crate::cars::cost::Assumptions;
use crate::cars::{Car, Catalogue};
use crate::openai::Failure;

/// What the calls of one reply work on, and what they brought.
pub(super) struct Desk {
    catalogue: Arc<Catalogue>,
    /// With what was remembered in this reply among the last one's edits.
    turns: Vec<Turn>,
    usual: Assumptions,
    pub(super) needs: Vec<Need>,
    pub(super) edits: Vec<Edit>,
    pub(super) found: Vec<Car>,
    /// What was last set side by side.
    pub(super) compared: Vec<Car>,
    pub(super) evidence: Evidence,
}

impl Desk {
    pub(super) async fn of(request: &Request) -> Result<Self, Failure> {
        let mut evidence = Evidence::at(request.usual.clone());
        for turn in request.turns.iter().filter(|turn| turn.role == Role::User) {
            evidence.hear(&turn.text);
        }
        let mut desk = Self {
            catalogue: request.catalogue.clone(),
            turns: request.turns.clone(),
            usual: request.usual.clone(),
            needs: Vec::new(),
            edits: Vec::new(),
            found: Vec::new(),
            compared: Vec::new(),
            evidence,
        };
        desk.read_needs().await?;
        // What a model remembers, now or in an earlier turn, bears nothing out.
        let (catalogue, turns) = (desk.catalogue.clone(), without_remembered(&desk.turns));
        let own = match turns == desk.turns {
            true => desk.needs.clone(),
            false => aside(length(&turns), move || needs::read(&turns, &catalogue)).await?,
        };
        for need in &own {
            desk.evidence.need(need);
        }
        Ok(desk)
    }

    async fn read_needs(&mut self) -> Result<(), Failure> {
        let (catalogue, turns) = (self.catalogue.clone(), self.turns.clone());
        self.needs = aside(length(&turns), move || needs::read(&turns, &catalogue)).await?;
        Ok(())
    }

    /// Makes one call; the result or what was wrong, as the model gets to read it.
    pub(super) async fn call(&mut self, name: &str, arguments: &str) -> Result<String, Failure> {
        let desk = tools::Desk {
            catalogue: &self.catalogue,
            turns: &self.turns,
            needs: &self.needs,
            usual: &self.usual,
        };
        match tools::call(&desk, name, arguments) {
            Ok(result) => {
                if name == tools::COMPARE {
                    self.compared.clone_from(&result.cars);
                }
                let content = result.json.to_string();
                self.keep(result).await?;
                Ok(content)
            }
            Err(error) => Ok(serde_json::json!({ "error": error.to_string() }).to_string()),
        }
    }

    pub(super) async fn keep(&mut self, result: tools::ToolResult) -> Result<(), Failure> {
        self.evidence.add(&result.cars, &result.json);
        self.found.extend(result.cars);
        let Some(last) = self.turns.last_mut().filter(|_| !result.edits.is_empty()) else {
            return Ok(());
        };
        last.edits.extend(result.edits.clone());
        self.edits.extend(result.edits);
        self.read_needs().await
    }
}

/// The conversation without what a model took down in it. What was set by hand has no words.
fn without_remembered(turns: &[Turn]) -> Vec<Turn> {
    let is_own = |edit: &Edit| {
        let need = edit.need.as_ref();
        need.is_none_or(|need| need.words.is_empty())
    };
    let mut turns = turns.to_vec();
    for turn in &mut turns {
        turn.edits.retain(is_own);
    }
    turns
}

/// What a search for the needs finds, in the form of a tool's result.
pub(super) fn search_needs(catalogue: &Catalogue, needs: &[Need]) -> tools::ToolResult {
    tools::search_cars(catalogue, &needs::filter(needs), tools::MOST_CARS)
}

/// What the model gets to read instead of the result of a call too many.
pub(super) fn too_many() -> String {
    let error = format!("only the first {CALLS} calls of one turn are made; make this one again");
    serde_json::json!({ "error": error }).to_string()
}

/// What there is to read, in bytes.
fn length(turns: &[Turn]) -> usize {
    turns.iter().map(|turn| turn.text.len()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_model_took_down_is_not_what_the_person_said() {
        let edit = |words: &str| {
            let need = Need::new(needs::Field::MpgMin, 60.into(), words, "m1");
            Edit {
                id: need.id.clone(),
                need: Some(need),
            }
        };
        let turn = |edits: Vec<Edit>| Turn {
            message_id: "m1".into(),
            role: Role::Assistant,
            text: "Noted.".into(),
            edits,
        };
        let own = without_remembered(&[turn(vec![edit("at least 60")]), turn(vec![edit("")])]);
        let counts: Vec<usize> = own.iter().map(|turn| turn.edits.len()).collect();
        assert_eq!(counts, [0, 1]);
    }
}
