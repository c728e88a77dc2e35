//! What replies took that were stopped or not counted, as estimated from the texts: of the budgets, and in the sums of usage.

use diesel::prelude::*;

use super::Conn;
use super::batches::{self, Batch};
use super::budgets::{self, Spent};
use super::leases::{self, Part};
use super::messages::{self, Message, Status, to_head};
use super::schema::messages as rows;
use super::usage::{self, Used};
use crate::config::CATALOGUE_MODEL;
use crate::error::Error;

/// A token of English is about four bytes long. What a call of a tool brought is not in the texts, so where there were such
/// calls an estimate is on the low side, in the person's favour.
const BYTES_PER_TOKEN: usize = 4;
/// What is sent with every call beside the conversation, in tokens: the rules, the needs, and the tools with their schema.
const RULES: i64 = 2_500;
/// No more history than that is sent, in tokens.
const HISTORY: i64 = 6_000;

/// The prompt's tokens, from what was said before.
pub fn estimate_prompt<'a>(turns: impl Iterator<Item = &'a str>) -> i64 {
    RULES + tokens_of(turns.map(str::len).sum()).min(HISTORY)
}

/// What a reply took that nobody counted, if it was made from a prompt of about so many tokens.
pub fn estimate(text: &str, prompt: i64) -> Used {
    Used {
        prompt_tokens: prompt,
        completion_tokens: tokens_of(text.len()),
        is_estimate: true,
    }
}

/// Counts what a reply took that has ended, in the sums of usage and against the budgets. `None` is nothing at all. Its row
/// is as the transaction that ends it has it.
///
/// # Errors
/// When the database fails.
pub fn count(
    conn: &mut Conn,
    reply: &Message,
    model: &str,
    used: Option<Used>,
) -> Result<(), Error> {
    let used = used.map(|used| match model {
        CATALOGUE_MODEL => Used::default(),
        _ => used,
    });
    if let Some(used) = used {
        usage::add(conn, reply, model, used)?;
    }
    let tokens = |used: Used| used.prompt_tokens.saturating_add(used.completion_tokens);
    let spent = match used {
        None => Spent::Nothing,
        Some(used) if used.is_estimate => Spent::About(tokens(used)),
        Some(used) => Spent::Tokens(tokens(used)),
    };
    budgets::settle(conn, reply, spent)
}

/// Keeps the part that came of a reply that was stopped while `owner` held it, and counts what it took more than was known
/// when it was stopped. False, and nothing is done, if it wasn't stopped or somebody else holds it.
///
/// # Errors
/// When the database fails.
pub fn keep_part(
    conn: &mut Conn,
    reply_id: &str,
    owner: &str,
    part: &Part,
    prompt: i64,
) -> Result<bool, Error> {
    let before: Option<Message> = rows::table
        .filter(rows::id.eq(reply_id))
        .first(conn)
        .optional()?;
    let Some(before) = before else {
        return Ok(false);
    };
    let Some(kept) = leases::keep_part(conn, reply_id, owner, part)? else {
        return Ok(false);
    };
    let model = asked(&before);
    let more = tokens_of(part.text.len()) - tokens_of(before.text.len());
    if model != CATALOGUE_MODEL && more > 0 {
        usage::add_tokens(conn, &kept, model, more)?;
    }
    let used = estimate(&part.text, prompt);
    let tokens = used.prompt_tokens + used.completion_tokens;
    budgets::settle(conn, &kept, Spent::About(tokens))?;
    Ok(true)
}

/// The model that takes the tokens of a reply that is being made.
fn asked(reply: &Message) -> &str {
    match (&reply.asked_model, reply.reserved_tokens) {
        // There were none left, or nobody has begun: no model is asked.
        (None, _) | (_, None) => CATALOGUE_MODEL,
        (Some(model), Some(_)) => model,
    }
}

/// Stops a reply of that user and settles the budgets for what came of it. Returns where it stood; `None` if it was finished.
///
/// # Errors
/// When the database fails.
pub fn stop(conn: &mut Conn, reply: &Message) -> Result<Option<Status>, Error> {
    let before = leases::stop(conn, &reply.user_id, &reply.id)?;
    settle_stopped(conn, reply, before)?;
    Ok(before)
}

/// Stops those replies, all before the budgets are settled: whoever ends a reply holds its row before those of the budgets,
/// so nobody waits for us who keeps us waiting. Returns their ids, and where each stood.
fn stop_each(
    conn: &mut Conn,
    replies: Vec<Message>,
) -> Result<Vec<(String, Option<Status>)>, Error> {
    let mut stopped = Vec::with_capacity(replies.len());
    for reply in replies {
        let before = leases::stop(conn, &reply.user_id, &reply.id)?;
        stopped.push((reply, before));
    }
    for (reply, before) in &stopped {
        settle_stopped(conn, reply, *before)?;
    }
    let ids = stopped
        .into_iter()
        .map(|(reply, before)| (reply.id, before));
    Ok(ids.collect())
}

/// Settles the budgets for what came of a reply that was stopped, and stood there before.
fn settle_stopped(conn: &mut Conn, reply: &Message, before: Option<Status>) -> Result<(), Error> {
    let used = match before {
        None => return Ok(()),
        Some(Status::Pending) if reply.text.is_empty() => None,
        // As far as it is on disk: the worker that holds it settles once more for what it keeps, if it still can.
        Some(_) => {
            let all = messages::of_conversation(conn, &reply.user_id, &reply.conversation_id)?;
            let said = match &reply.parent_id {
                Some(parent) => to_head(all, parent),
                None => Vec::new(),
            };
            let prompt = estimate_prompt(said.iter().map(|message| message.text.as_str()));
            Some(estimate(&reply.text, prompt))
        }
    };
    count(conn, reply, asked(reply), used)
}

/// Stops whatever is unfinished in a conversation that is about to go, so that it stands against no budget any longer: the
/// ids of those replies, and where each stood. The caller holds the conversation, so that nobody adds another.
///
/// # Errors
/// When the database fails.
pub fn stop_all(
    conn: &mut Conn,
    user_id: &str,
    conversation_id: &str,
) -> Result<Vec<(String, Option<Status>)>, Error> {
    let all = messages::of_conversation(conn, user_id, conversation_id)?;
    let unfinished = all.into_iter().filter(|message| !message.status.is_final());
    stop_each(conn, unfinished.collect())
}

/// Stops whatever is unfinished of a person who is about to go, so that it stands against the service's budget no longer.
/// Returns the ids of the replies. Nobody may add another in the meantime: see [`super::users::hold`].
///
/// # Errors
/// When the database fails.
pub fn stop_all_of(conn: &mut Conn, user_id: &str) -> Result<Vec<String>, Error> {
    let mut waited = Vec::new();
    for batch_id in batches::open_of(conn, user_id)? {
        waited.push(stop_waiting(conn, user_id, &batch_id)?);
    }
    let unfinished = messages::unfinished_of(conn, user_id)?;
    let stopped = stop_each(conn, unfinished)?;
    for batch in &waited {
        give_back(conn, batch)?;
    }
    Ok(stopped.into_iter().map(|(id, _)| id).collect())
}

/// Lets nothing more of a batch be asked. Returns it as it was before, and holds it until the transaction ends. What it was
/// to [give back](give_back) comes after the rows of its replies.
fn stop_waiting(conn: &mut Conn, user_id: &str, batch_id: &str) -> Result<Batch, Error> {
    let before = batches::hold(conn, user_id, batch_id)?;
    if before.waiting > 0 {
        batches::stop(conn, user_id, batch_id, super::now())?;
    }
    Ok(before)
}

/// What waited in a batch stands against no budget, or no longer if it was prepaid.
fn give_back(conn: &mut Conn, before: &Batch) -> Result<(), Error> {
    match before.is_prepaid {
        true => budgets::give_back(conn, before),
        false => Ok(()),
    }
}

/// Ends a batch: nothing more of it is asked, and what is being answered is stopped. Returns the ids of those replies, and
/// where each stood.
///
/// # Errors
/// When the database fails, or the user has no such batch.
pub fn stop_batch(
    conn: &mut Conn,
    user_id: &str,
    batch_id: &str,
) -> Result<Vec<(String, Option<Status>)>, Error> {
    let before = stop_waiting(conn, user_id, batch_id)?;
    let unfinished = batches::unfinished(conn, user_id, batch_id)?;
    if before.waiting == 0 && !unfinished.is_empty() {
        batches::stop(conn, user_id, batch_id, super::now())?;
    }
    let stopped = stop_each(conn, unfinished)?;
    give_back(conn, &before)?;
    Ok(stopped)
}

fn tokens_of(bytes: usize) -> i64 {
    i64::try_from(bytes.div_ceil(BYTES_PER_TOKEN)).unwrap_or(i64::MAX / 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn about_four_bytes_are_a_token() {
        // No more history is counted than is sent.
        let long = "x".repeat(100_000);
        assert_eq!(
            estimate_prompt([long.as_str(), "x"].into_iter()),
            RULES + HISTORY
        );
        assert_eq!(estimate_prompt(["12345", "678"].into_iter()), RULES + 2);
    }
}
