//! Finding words in one person's messages: in SQL that both databases read, without an index of its own.
//!
//! One person's messages are reached by `messages_by_user` and read through: 10,000 of them in some tens of
//! milliseconds, on either database. A full-text index would be two different ones, and twice the writing.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::Conn;
use super::messages::Role;
use super::schema::{conversations, messages};
use crate::error::Error;

diesel::define_sql_function! {
    /// Without capitals. SQLite's own knows ASCII alone; see [`teach_lower`].
    fn lower(text: diesel::sql_types::Text) -> diesel::sql_types::Text;
}

/// A message that holds what was looked for.
#[derive(Clone, Debug, Queryable)]
pub struct Hit {
    pub id: String,
    pub conversation_id: String,
    pub title: String,
    /// The end of the path that the conversation shows.
    pub head_id: Option<String>,
    #[diesel(deserialize_as = String)]
    pub role: Role,
    pub text: String,
    pub timestamp: NaiveDateTime,
}

/// Gives SQLite a `lower` that knows every script, as PostgreSQL's does.
pub(super) fn teach_lower(conn: &mut SqliteConnection) -> QueryResult<()> {
    lower_utils::register_impl(conn, |text: String| text.to_lowercase())
}

/// The user's messages outside batches that hold every one of `terms`, which are in small letters; the newest first, at most `limit`,
/// and older than `before`.
pub fn find(
    conn: &mut Conn,
    user_id: &str,
    terms: &[String],
    before: Option<&str>,
    limit: i64,
) -> Result<Vec<Hit>, Error> {
    let mut query = messages::table
        .inner_join(conversations::table)
        .filter(messages::user_id.eq(user_id))
        .filter(conversations::user_id.eq(user_id))
        .filter(conversations::deleted_at.is_null())
        .filter(conversations::batch_id.is_null())
        .order(messages::id.desc())
        .limit(limit)
        .select((
            messages::id,
            messages::conversation_id,
            conversations::title,
            conversations::head_id,
            messages::role,
            messages::text,
            messages::timestamp,
        ))
        .into_boxed();
    for term in terms {
        query = query.filter(lower(messages::text).like(pattern(term)).escape('\\'));
    }
    if let Some(before) = before {
        query = query.filter(messages::id.lt(before));
    }
    Ok(query.load(conn)?)
}

/// The term anywhere, and its own `%` and `_` as themselves.
fn pattern(term: &str) -> String {
    let mut pattern = String::from("%");
    for letter in term.chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}
