//! What a reply took: as the model's server counted, or else as estimated from the texts.

pub use crate::db::spending::{estimate_prompt, keep_part, stop, stop_all, stop_batch};

use crate::advisor::CATALOGUE_MODEL;
use crate::db::messages::{Message, Outcome, Status};
use crate::db::usage::Used;
use crate::db::{Conn, spending};
use crate::error::Error;

/// Counts a reply that has ended, and has that row, if it was made from a prompt of about so many tokens.
///
/// # Errors
/// When the database fails.
pub fn count(
    conn: &mut Conn,
    reply: &Message,
    outcome: &Outcome,
    prompt: i64,
) -> Result<(), Error> {
    let model = outcome.model.as_deref().unwrap_or(CATALOGUE_MODEL);
    spending::count(conn, reply, model, of_outcome(outcome, prompt))
}

/// What a reply took; `None` where nobody got anything for it.
fn of_outcome(outcome: &Outcome, prompt: i64) -> Option<Used> {
    let has_failed = outcome.status == Status::Failed.as_str();
    match (outcome.prompt_tokens, outcome.completion_tokens) {
        // Whatever it took.
        _ if has_failed && outcome.text.is_empty() => None,
        (Some(prompt_tokens), Some(completion_tokens)) => Some(Used {
            prompt_tokens: prompt_tokens.max(0),
            completion_tokens: completion_tokens.max(0),
            is_estimate: false,
        }),
        _ => Some(spending::estimate(&outcome.text, prompt)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(status: Status, text: &str, counted: Option<(i64, i64)>) -> Outcome {
        Outcome {
            text: text.into(),
            status: status.as_str(),
            error: None,
            model: Some("gpt".into()),
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
        let of = |status, text, counted| of_outcome(&outcome(status, text, counted), 2_600);
        let used = |prompt_tokens, completion_tokens, is_estimate| {
            Some(Used {
                prompt_tokens,
                completion_tokens,
                is_estimate,
            })
        };
        let counted = Some((100, 20));
        assert_eq!(of(Status::Done, "Hello.", counted), used(100, 20, false));
        assert_eq!(of(Status::Done, "Hello.", None), used(2_600, 2, true));
        assert_eq!(of(Status::Failed, "Hel", None), used(2_600, 1, true));
        assert_eq!(of(Status::Failed, "", None), None);
    }
}
