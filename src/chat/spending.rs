//! What a reply took of the budgets: as the model's server counted, or else as estimated from the texts.

pub use crate::db::spending::{estimate_prompt, of_part, stop, stop_all, stop_batch};

use crate::advisor::CATALOGUE_MODEL;
use crate::db::budgets::Spent;
use crate::db::messages::{Outcome, Status};

/// What a reply that has ended took, if it was made from a prompt of about so many tokens.
pub fn of_outcome(outcome: &Outcome, prompt: i64) -> Spent {
    let counted = (outcome.prompt_tokens, outcome.completion_tokens);
    match (outcome, counted) {
        // Whatever it took, nobody got anything for it.
        (failed, _) if failed.status == Status::Failed.as_str() && failed.text.is_empty() => {
            Spent::Nothing
        }
        (other, _) if other.model.as_deref() == Some(CATALOGUE_MODEL) => Spent::Tokens(0),
        (_, (Some(read), Some(said))) => Spent::Tokens(read.saturating_add(said)),
        (uncounted, _) => of_part(&uncounted.text, prompt),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(status: Status, model: &str, text: &str, counted: Option<(i64, i64)>) -> Outcome {
        Outcome {
            text: text.into(),
            status: status.as_str(),
            error: None,
            model: Some(model.into()),
            cars: None,
            needs: None,
            catalogue: None,
            prompt_tokens: counted.map(|(read, _)| read),
            completion_tokens: counted.map(|(_, said)| said),
            unverified: None,
            compared: None,
        }
    }

    #[test]
    fn what_was_counted_counts_and_else_about_four_bytes_are_a_token() {
        let of = |status, model, text, counted| {
            of_outcome(&outcome(status, model, text, counted), 2_600)
        };
        let counted = Some((100, 20));
        assert_eq!(
            of(Status::Done, "gpt", "Hello.", counted),
            Spent::Tokens(120)
        );
        assert_eq!(of(Status::Done, "gpt", "Hello.", None), Spent::About(2_602));
        assert_eq!(of(Status::Failed, "gpt", "Hel", None), Spent::About(2_601));
        assert_eq!(of(Status::Failed, "gpt", "", None), Spent::Nothing);
        assert_eq!(
            of(Status::Done, CATALOGUE_MODEL, "Hello.", None),
            Spent::Tokens(0)
        );
    }
}
