//! A look at a database as it is, without bringing its schema up.

use chrono::{NaiveDateTime, TimeDelta};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text, Timestamp};

use super::catalogues::{self, Stored};
use super::pool::{self, Role};
use super::{Conn, account_events, now};
use crate::config::DatabaseUrl;
use crate::error::Error;

/// What is seen of a database.
pub struct Inspection {
    /// As the database names itself.
    pub version: String,
    /// There is no table of ours.
    pub is_empty: bool,
    /// The first thing that is wrong with a SQLite file.
    pub damage: Option<String>,
    /// The triggers that keep the log of events are there.
    pub is_sealed: bool,
    /// How much the clock of PostgreSQL is ahead of ours. SQLite has none of its own.
    pub clock_is_off: Option<TimeDelta>,
    /// The catalogue that was imported, if one was.
    pub catalogue: Option<Stored>,
}

/// Looks at the database. Blocks, and takes its time with a large file of SQLite.
///
/// # Errors
/// With the cause when it can't be reached or asked.
pub fn inspect(url: &DatabaseUrl) -> Result<Inspection, Error> {
    let mut conn = pool::connect(url, Role::Reader).map_err(Error::internal)?;
    let conn = &mut conn;
    let is_sqlite = matches!(conn, Conn::Sqlite(_));
    let (version, tables) = match is_sqlite {
        true => (
            "SELECT 'version ' || sqlite_version() AS value",
            "SELECT COUNT(*) AS count FROM sqlite_master WHERE name IN ('users', 'catalogues', 'account_events')",
        ),
        false => (
            "SELECT 'version ' || current_setting('server_version') AS value",
            "SELECT COUNT(*) AS count FROM information_schema.tables
             WHERE table_schema = current_schema() AND table_name IN ('users', 'catalogues', 'account_events')",
        ),
    };
    let version = text(conn, version)?;
    let is_empty = count(conn, tables)? < 3;
    let (damage, clock_is_off) = match is_sqlite {
        true => {
            let check = "SELECT quick_check AS value FROM pragma_quick_check LIMIT 1";
            let said = text(conn, check)?;
            ((said != "ok").then_some(said), None)
        }
        false => (None, Some(clock_is_off(conn)?)),
    };
    let (is_sealed, catalogue) = match is_empty {
        true => (false, None),
        false => (
            account_events::is_sealed(conn)?,
            match catalogues::current(conn)? {
                Some(id) => catalogues::get(conn, &id)?,
                None => None,
            },
        ),
    };
    Ok(Inspection {
        version,
        is_empty,
        damage,
        is_sealed,
        clock_is_off,
        catalogue,
    })
}

/// How much its clock is ahead of ours.
fn clock_is_off(conn: &mut Conn) -> Result<TimeDelta, Error> {
    let asked = now();
    let theirs = diesel::sql_query("SELECT LOCALTIMESTAMP AS value");
    let Time { value } = theirs.get_result(conn)?;
    // Between the question and the answer.
    Ok(value - (asked + (now() - asked) / 2))
}

fn text(conn: &mut Conn, query: &str) -> Result<String, Error> {
    let row: Words = diesel::sql_query(query).get_result(conn)?;
    Ok(row.value)
}

fn count(conn: &mut Conn, query: &str) -> Result<i64, Error> {
    let row: Count = diesel::sql_query(query).get_result(conn)?;
    Ok(row.count)
}

#[derive(QueryableByName)]
struct Words {
    #[diesel(sql_type = Text)]
    value: String,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

#[derive(QueryableByName)]
struct Time {
    #[diesel(sql_type = Timestamp)]
    value: NaiveDateTime,
}
