//! The schema: brought up, taken back and listed, whoever else is at work on the same database.

use std::time::{Duration, Instant};

use diesel::backend::Backend;
use diesel::connection::SimpleConnection;
use diesel::migration::{Migration as Step, MigrationSource, MigrationVersion};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use diesel::sqlite::Sqlite;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::pool::{self, Role};
use super::{Conn, InUse, account_events};
use crate::config::DatabaseUrl;
use crate::error::{Error, in_one_line};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations");

/// What instances that start at once wait for with PostgreSQL: "autio".
const LOCK: i64 = 0x0061_7574_696f;
/// How long a migration tries to get at a table that others use, before it gives up with nothing changed.
const PATIENCE: Duration = Duration::from_secs(60);

/// Which way the schema is to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Up,
    /// One migration back.
    Down,
}

/// A step of the schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migration {
    /// The folder's name; of one that only a newer program knows, its version.
    pub name: String,
    pub is_applied: bool,
    /// Whether this program has it.
    pub is_known: bool,
}

/// Runs migrations and returns their names, oldest first. Blocks.
///
/// With PostgreSQL an advisory lock lets instances that start at once wait for each other. A schema that a newer program
/// has brought further is left as it is: each migration can be lived with by the program before it.
///
/// # Errors
/// With the cause when the database can't be reached or a migration fails; a failed one leaves nothing behind.
pub fn migrate(url: &DatabaseUrl, direction: Direction) -> Result<Vec<String>, Error> {
    let _in_use = InUse::share(url)?;
    let cannot = |error: diesel::r2d2::Error| {
        let cause = in_one_line(&error.to_string());
        Error::internal(format!("{url} can't be used: {cause}; {}", url.remedy()))
    };
    let versions = match pool::connect(url, Role::Writer).map_err(cannot)? {
        Conn::Sqlite(mut conn) => {
            let mut outcome = Ok(Vec::new());
            // Exclusive from the start: of several processes the others wait here and find it done.
            let kept = conn.exclusive_transaction(|conn| {
                outcome = run(conn, direction);
                if direction == Direction::Up && outcome.is_ok() {
                    account_events::seal_sqlite(conn)?;
                }
                match &outcome {
                    Ok(_) => Ok(()),
                    Err(_) => Err(diesel::result::Error::RollbackTransaction),
                }
            });
            let versions = outcome.map_err(Error::Internal)?;
            kept?;
            versions
        }
        Conn::Postgres(mut conn) => {
            // Ends with the connection, so it needs no unlocking.
            diesel::sql_query(format!("SELECT pg_advisory_lock({LOCK})")).execute(&mut conn)?;
            run_beside_others(&mut conn, direction)?
        }
    };
    let known = known().map_err(Error::Internal)?;
    let name = |version: String| {
        let step = known.iter().find(|(known, _)| *known == version);
        step.map_or(version, |(_, name)| name.clone())
    };
    Ok(versions.into_iter().map(name).collect())
}

/// The versions and names of this program's steps. They are the same for both databases.
fn known() -> diesel::migration::Result<Vec<(String, String)>> {
    let steps: Vec<Box<dyn Step<Sqlite>>> = MIGRATIONS.migrations()?;
    let known = steps.iter().map(|step| {
        let name = step.name();
        (name.version().to_string(), name.to_string())
    });
    Ok(known.collect())
}

/// Whether a database has every step of this program, for those who serve from it.
///
/// # Errors
/// When it can't be asked.
pub fn is_current(conn: &mut Conn) -> Result<bool, Error> {
    let applied: Vec<Applied> =
        diesel::sql_query("SELECT version FROM __diesel_schema_migrations").load(conn)?;
    let has = |version: &String| applied.iter().any(|applied| applied.version == *version);
    let known = known().map_err(Error::Internal)?;
    Ok(known.iter().all(|(version, _)| has(version)))
}

#[derive(QueryableByName)]
struct Applied {
    #[diesel(sql_type = Text)]
    version: String,
}

/// All steps in order, and whether this database has them. Blocks.
///
/// # Errors
/// With the cause when the database can't be reached.
pub fn migrations(url: &DatabaseUrl) -> Result<Vec<Migration>, Error> {
    let _in_use = InUse::share(url)?;
    match pool::connect(url, Role::Writer).map_err(Error::internal)? {
        Conn::Sqlite(mut conn) => list(&mut conn),
        Conn::Postgres(mut conn) => list(&mut conn),
    }
    .map_err(Error::Internal)
}

/// A change to a table waits for whoever uses it, and all who come later wait behind the change. So it waits for two
/// seconds only, steps aside, and tries again.
fn run_beside_others(conn: &mut PgConnection, direction: Direction) -> Result<Vec<String>, Error> {
    conn.batch_execute("SET lock_timeout = '2s'")?;
    let deadline = Instant::now() + PATIENCE;
    let mut before: Vec<String> = Vec::new();
    loop {
        let known = applied(conn).map_err(Error::Internal)?;
        let ran = run(conn, direction).and_then(|versions| {
            if direction == Direction::Up {
                account_events::seal_postgres(conn)?;
            }
            Ok(versions)
        });
        match ran {
            Ok(versions) => {
                before.extend(versions);
                return Ok(before);
            }
            Err(error) if is_lock_timeout(&*error) => {
                let now = applied(conn).map_err(Error::Internal)?;
                before.extend(now.into_iter().filter(|version| !known.contains(version)));
                if Instant::now() >= deadline {
                    return Err(Error::internal(
                        "a table that has to be changed was in use for a minute; nothing was left half done, so run it again when less is going on",
                    ));
                }
                tracing::info!("a table that has to be changed is in use; trying again");
                std::thread::sleep(Duration::from_secs(1));
            }
            Err(error) => return Err(Error::Internal(error)),
        }
    }
}

/// Whether another process has the database open, as far as that can be told: with PostgreSQL from the names that
/// connections give themselves. Blocks.
///
/// # Errors
/// With the cause when the database can't be reached.
pub fn is_used_elsewhere(url: &DatabaseUrl) -> Result<bool, Error> {
    if let DatabaseUrl::Sqlite(path) = url {
        return Ok(InUse::alone(path)?.is_none());
    }
    let mut conn = pool::connect(url, Role::Reader).map_err(Error::internal)?;
    let others = diesel::sql_query(
        "SELECT COUNT(*) AS count FROM pg_stat_activity WHERE datname = current_database()
         AND application_name = current_setting('application_name') AND pid <> pg_backend_pid()",
    );
    let Others { count } = others.get_result(&mut conn)?;
    Ok(count > 0)
}

#[derive(QueryableByName)]
struct Others {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

fn is_lock_timeout(error: &(dyn std::error::Error + 'static)) -> bool {
    std::iter::successors(Some(error), |error| error.source())
        .any(|error| error.to_string().contains("due to lock timeout"))
}

fn run<DB: Backend>(
    conn: &mut impl MigrationHarness<DB>,
    direction: Direction,
) -> diesel::migration::Result<Vec<String>> {
    let versions = match direction {
        Direction::Up => conn.run_pending_migrations(MIGRATIONS)?,
        Direction::Down => take_back(conn)?,
    };
    Ok(versions.iter().map(ToString::to_string).collect())
}

/// Takes the last one back, if there is any.
fn take_back<DB: Backend>(
    conn: &mut impl MigrationHarness<DB>,
) -> diesel::migration::Result<Vec<MigrationVersion<'static>>> {
    let Some(last) = applied(conn)?.pop() else {
        return Ok(Vec::new());
    };
    let steps: Vec<Box<dyn Step<DB>>> = MIGRATIONS.migrations()?;
    if !steps
        .iter()
        .any(|step| step.name().version().to_string() == last)
    {
        return Err(format!(
            "the last migration, {last}, came with a newer program, and only that one can take it back; nothing was changed"
        )
        .into());
    }
    Ok(vec![conn.revert_last_migration(MIGRATIONS)?])
}

/// Versions, oldest first.
fn applied<DB: Backend>(
    conn: &mut impl MigrationHarness<DB>,
) -> diesel::migration::Result<Vec<String>> {
    let mut versions = conn.applied_migrations()?;
    versions.reverse();
    Ok(versions.iter().map(MigrationVersion::to_string).collect())
}

fn list<DB: Backend>(
    conn: &mut impl MigrationHarness<DB>,
) -> diesel::migration::Result<Vec<Migration>> {
    let mut applied = applied(conn)?;
    let mut steps: Vec<Box<dyn Step<DB>>> = MIGRATIONS.migrations()?;
    steps.sort_by(|a, b| a.name().version().cmp(&b.name().version()));
    let known = steps.iter().map(|step| {
        let version = step.name().version().to_string();
        let at = applied.iter().position(|applied| *applied == version);
        if let Some(at) = at {
            applied.remove(at);
        }
        Migration {
            name: step.name().to_string(),
            is_applied: at.is_some(),
            is_known: true,
        }
    });
    let mut all: Vec<Migration> = known.collect();
    all.extend(applied.into_iter().map(|name| Migration {
        name,
        is_applied: true,
        is_known: false,
    }));
    Ok(all)
}
