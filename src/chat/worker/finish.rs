//! Ends a reply: what its row, the needs and the budgets become.

use std::time::Duration;

use tracing::Instrument;

use crate::advisor::needs::{Edit, Need};
use crate::advisor::{CATALOGUE_MODEL, Made};
use crate::chat::{spending, title, views};
use crate::db::leases::{self, Part};
use crate::db::messages::{Message, Outcome, Status};
use crate::db::need_edits::NewEdit;
use crate::db::{self, conversations, need_edits};
use crate::error::Error;
use crate::metrics::{End, Lease};
use crate::state::App;

const NOT_KEPT: &str = "The answer could not be stored, which is a fault on our side. Your message is kept: try again.";

/// What became of the row.
enum Row {
    Ended(Box<Message>),
    /// It was stopped in this very moment, and the part that came is kept.
    Stopped,
    LeaseGone,
}

pub(super) fn done(app: &App, version: &str, made: Made) -> Result<Outcome, Error> {
    let model = match &made.stands_in {
        None => app.advisor.model(),
        Some(reason) => {
            app.metrics.replies.stood_in(reason.as_str());
            tracing::warn!(
                reason = reason.as_str(),
                failure = reason.failure().map(tracing::field::display),
                "the catalogue advisor answered in the model's place"
            );
            CATALOGUE_MODEL
        }
    };
    Ok(Outcome {
        status: Status::Done.as_str(),
        error: made.stands_in.map(|reason| reason.for_person()),
        model: Some(model.to_owned()),
        cars: Some(serde_json::to_string(&made.answer.cars).map_err(Error::internal)?),
        compared: Some(serde_json::to_string(&made.answer.compared).map_err(Error::internal)?),
        needs: Some(serde_json::to_string(&made.answer.needs).map_err(Error::internal)?),
        catalogue: Some(version.to_owned()),
        prompt_tokens: made.usage.map(|usage| usage.prompt_tokens),
        completion_tokens: made.usage.map(|usage| usage.completion_tokens),
        unverified: Some(serde_json::to_string(&made.unverified).map_err(Error::internal)?),
        text: made.answer.text,
    })
}

pub(super) fn failed(app: &App, text: String, error: &str) -> Outcome {
    Outcome {
        text,
        status: Status::Failed.as_str(),
        error: Some(error.to_owned()),
        model: Some(app.advisor.model().to_owned()),
        cars: None,
        needs: None,
        catalogue: None,
        prompt_tokens: None,
        completion_tokens: None,
        unverified: None,
        compared: None,
    }
}

/// What the reply changed in the needs, as rows that follow it.
pub(super) fn new_edits(reply: &Message, edits: &[Edit]) -> Result<Vec<NewEdit>, Error> {
    let row = |edit: &Edit| {
        let need = edit.need.as_ref().map(serde_json::to_string);
        Ok(NewEdit {
            id: db::new_id(),
            user_id: reply.user_id.clone(),
            conversation_id: reply.conversation_id.clone(),
            message_id: reply.id.clone(),
            need_id: edit.id.clone(),
            need: need.transpose().map_err(Error::internal)?,
            created_at: db::now(),
        })
    };
    edits.iter().map(row).collect()
}

/// Ends the row, together with what the reply changed in the needs and took of the budgets (it was made from a prompt of
/// about so many tokens), with some patience for a database that is away for a moment. Says how it ended; None where
/// another worker has it.
pub(super) async fn finish(
    app: &App,
    owner: &str,
    id: &str,
    mut outcome: Outcome,
    mut edits: Vec<NewEdit>,
    prompt: i64,
) -> Result<Option<End>, Error> {
    let mut tries = 0;
    loop {
        let (owned, owner, row) = (id.to_owned(), owner.to_owned(), outcome.clone());
        let new = edits.clone();
        let needs: Vec<Need> = views::read_json(row.needs.as_deref());
        let title = title::from_needs(&needs);
        let ended = app.db.write(move |conn| {
            // First the conversation and then the message, as everybody does who holds both.
            if let Some(title) = title {
                conversations::title_once(conn, &owned, &title)?;
            }
            let ended = leases::finish(conn, &owned, &owner, &row)?;
            if let Some(ended) = ended {
                for edit in &new {
                    need_edits::insert(conn, edit)?;
                }
                spending::count(conn, &ended, &row, prompt)?;
                return Ok(Row::Ended(Box::new(ended)));
            }
            if spending::keep_part(conn, &owned, &owner, &Part::of(&row), prompt)? {
                return Ok(Row::Stopped);
            }
            Ok(Row::LeaseGone)
        });
        match ended.instrument(tracing::debug_span!("store")).await {
            Ok(Row::Ended(row)) => {
                app.feed.end(*row);
                count_tokens(app, &outcome);
                return Ok(Some(match outcome.status == Status::Done.as_str() {
                    true => End::Done,
                    false => End::Failed,
                }));
            }
            Ok(Row::Stopped) => return Ok(Some(End::Stopped)),
            Ok(Row::LeaseGone) => {
                app.metrics.replies.lease(Lease::Lost, 1);
                tracing::warn!("the lease was gone before the reply was whole");
                return Ok(None);
            }
            Err(Error::Unavailable | Error::Unsure) if tries < 5 => {
                tries += 1;
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            // What the database can't keep it won't keep at a second try either.
            Err(error) if outcome.status == Status::Done.as_str() => {
                tracing::error!(cause = error.causes(), "a reply could not be kept");
                outcome = failed(app, String::new(), NOT_KEPT);
                edits.clear();
            }
            Err(error) => return Err(error),
        }
    }
}

fn count_tokens(app: &App, outcome: &Outcome) {
    if let (Some(model), Some(prompt)) = (&outcome.model, outcome.prompt_tokens) {
        let completion = outcome.completion_tokens.unwrap_or(0);
        let cost = app.config.prices.cost(model, prompt, completion);
        let replies = &app.metrics.replies;
        replies.took_tokens(model, prompt, completion, cost);
    }
}
