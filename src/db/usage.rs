//! The `usage` table: what replies took, by day, model and person, whatever becomes of the replies and the persons.
//!
//! A row is added to in the transaction that ends a reply. It loses its person with the account, and then is nobody's.

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Date, Nullable, Text};

use super::Conn;
use super::messages::Message;
use super::prepared::Prepare;
use super::schema::usage::{self, dsl};
use crate::error::Error;

/// What a reply took of a model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Used {
    pub prompt_tokens: i64,
    pub completion_tokens: i64,
    /// Made from the texts, where the model's server counted nothing.
    pub is_estimate: bool,
}

/// A row of `usage`.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct Usage {
    pub day: NaiveDate,
    pub model: String,
    /// `None` once the account is deleted.
    pub user_id: Option<String>,
    pub answers: i64,
    /// Of the answers, those whose tokens are estimates.
    pub estimated_answers: i64,
    pub prompt_tokens: i64,
    pub completion_tokens: i64,
}

/// Counts a reply that has ended, on the day on which it was asked for. Call it in the transaction that ends the reply.
pub fn add(conn: &mut Conn, reply: &Message, model: &str, used: Used) -> Result<(), Error> {
    add_to_row(conn, reply, model, 1, used)
}

/// Adds the tokens of what came of a reply after it was counted.
pub fn add_tokens(conn: &mut Conn, reply: &Message, model: &str, tokens: i64) -> Result<(), Error> {
    let used = Used {
        completion_tokens: tokens,
        ..Used::default()
    };
    add_to_row(conn, reply, model, 0, used)
}

fn add_to_row(
    conn: &mut Conn,
    reply: &Message,
    model: &str,
    answers: i64,
    used: Used,
) -> Result<(), Error> {
    // Binds are in the order in which they come first, the only one that both databases agree on.
    diesel::sql_query(
        "INSERT INTO usage (day, model, user_id, answers, estimated_answers, prompt_tokens, completion_tokens)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (user_id, day, model) DO UPDATE SET
             answers = usage.answers + excluded.answers,
             estimated_answers = usage.estimated_answers + excluded.estimated_answers,
             prompt_tokens = usage.prompt_tokens + excluded.prompt_tokens,
             completion_tokens = usage.completion_tokens + excluded.completion_tokens
         RETURNING answers",
    )
    .bind::<Date, _>(reply.timestamp.date())
    .bind::<Text, _>(model)
    .bind::<Text, _>(&reply.user_id)
    .bind::<BigInt, _>(answers)
    .bind::<BigInt, _>(i64::from(used.is_estimate))
    .bind::<BigInt, _>(used.prompt_tokens.max(0))
    .bind::<BigInt, _>(used.completion_tokens.max(0))
    .prepared()
    .get_result::<Answers>(conn)?;
    Ok(())
}

#[derive(QueryableByName)]
struct Answers {
    #[diesel(sql_type = BigInt)]
    #[allow(dead_code)]
    answers: i64,
}

/// What that person used since that day, the newest first.
pub fn since(conn: &mut Conn, user_id: &str, first: NaiveDate) -> Result<Vec<Usage>, Error> {
    let query = usage::table
        .filter(dsl::user_id.eq(user_id))
        .filter(dsl::day.ge(first))
        .order((dsl::day.desc(), dsl::model));
    Ok(query.load(conn)?)
}

/// By what sums are told apart, beside the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Apart {
    pub days: bool,
    pub people: bool,
}

/// What one model was used for, in all or on one day, by all or by one person.
#[derive(Clone, Debug, QueryableByName)]
pub struct Sum {
    #[diesel(sql_type = Nullable<Date>)]
    pub day: Option<NaiveDate>,
    /// `None` where the account is deleted.
    #[diesel(sql_type = Nullable<Text>)]
    pub user_id: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub email: Option<String>,
    #[diesel(sql_type = Text)]
    pub model: String,
    #[diesel(sql_type = BigInt)]
    pub answers: i64,
    #[diesel(sql_type = BigInt)]
    pub estimated_answers: i64,
    #[diesel(sql_type = BigInt)]
    pub prompt_tokens: i64,
    #[diesel(sql_type = BigInt)]
    pub completion_tokens: i64,
}

/// Sums from one day to another, both included.
///
/// They aren't on one person's rows: they are for the operator alone.
pub fn sums(
    conn: &mut Conn,
    apart: Apart,
    from: NaiveDate,
    to: NaiveDate,
) -> Result<Vec<Sum>, Error> {
    let (day, by_day) = match apart.days {
        true => ("usage.day", "usage.day, "),
        false => ("CAST(NULL AS DATE)", ""),
    };
    let (user, by_user) = match apart.people {
        true => (
            "usage.user_id AS user_id, users.email AS email",
            "usage.user_id, users.email, ",
        ),
        false => (
            "CAST(NULL AS TEXT) AS user_id, CAST(NULL AS TEXT) AS email",
            "",
        ),
    };
    let rows = diesel::sql_query(format!(
        "SELECT {day} AS day, {user}, usage.model AS model,
                CAST(SUM(usage.answers) AS BIGINT) AS answers,
                CAST(SUM(usage.estimated_answers) AS BIGINT) AS estimated_answers,
                CAST(SUM(usage.prompt_tokens) AS BIGINT) AS prompt_tokens,
                CAST(SUM(usage.completion_tokens) AS BIGINT) AS completion_tokens
         FROM usage LEFT JOIN users ON users.id = usage.user_id
         WHERE usage.day >= $1 AND usage.day <= $2
         GROUP BY {by_day}{by_user}usage.model
         ORDER BY {by_day}{by_user}usage.model"
    ))
    .bind::<Date, _>(from)
    .bind::<Date, _>(to);
    Ok(rows.load(conn)?)
}
