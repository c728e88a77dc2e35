//! The database and what is in it: reached, brought up, whole, and its catalogue.

use std::time::Duration;

use chrono::{NaiveDate, TimeDelta};

use super::{Finding, fail, in_time, model, ok, warn};
use crate::cars::Catalogue;
use crate::config::{Config, DatabaseUrl};
use crate::db::catalogues::Stored;
use crate::db::inspection::{Inspection, inspect};
use crate::db::{self, Migration, copies};

/// How long a database may take to answer, and to be read through.
const ANSWER: Duration = Duration::from_secs(10);
const READ_THROUGH: Duration = Duration::from_secs(60);
/// SQLite brings its WAL into the file at 4 MiB.
const LONG_WAL: u64 = 64 * 1024 * 1024;
/// EPA publishes a new file every few days, and new model years from spring on.
const OLD_CATALOGUE: TimeDelta = TimeDelta::days(400);

pub fn look(config: &Config) -> Vec<Finding> {
    let name = &config.database;
    let patience = match name {
        DatabaseUrl::Sqlite(path) if !path.exists() => {
            let says = format!(
                "there is none at {} yet; `autio serve` makes it, or set DATABASE_URL to where it is",
                path.display()
            );
            return vec![warn("database", says), catalogue(None)];
        }
        DatabaseUrl::Sqlite(_) => READ_THROUGH,
        DatabaseUrl::Postgres(_) => ANSWER,
    };
    let url = config.database.clone();
    // Before it is opened: whoever closes it last takes it away.
    let wal = wal(config);
    let looked = in_time(patience, move || {
        let inspection = inspect(&url)?;
        // An empty database has no list of them.
        let steps = match inspection.is_empty {
            true => Vec::new(),
            false => db::migrations(&url)?,
        };
        Ok::<_, crate::error::Error>((inspection, steps))
    });
    let (inspection, steps) = match looked {
        Some(Ok(looked)) => looked,
        Some(Err(error)) => {
            let says = format!(
                "{name} can't be used: {}; {}",
                error.causes().trim(),
                name.remedy()
            );
            return vec![fail("database", says)];
        }
        None => {
            let says = format!(
                "{name} didn't answer within {} seconds; see what it is busy with",
                patience.as_secs()
            );
            return vec![fail("database", says)];
        }
    };
    let mut found = vec![
        ok("database", format!("{name}, {}", inspection.version)),
        migrations(&inspection, &steps),
    ];
    if let DatabaseUrl::Sqlite(_) = &config.database {
        found.push(integrity(&inspection));
        found.extend(wal);
    }
    if !inspection.is_empty {
        found.push(seal(&inspection));
    }
    found.extend(
        inspection
            .clock_is_off
            .map(|off| model::clock("clock", "database", off)),
    );
    found.push(catalogue(inspection.catalogue.as_ref()));
    found
}

fn migrations(inspection: &Inspection, steps: &[Migration]) -> Finding {
    const CHECK: &str = "migrations";
    let pending = steps.iter().filter(|step| !step.is_applied).count();
    let newer = steps.iter().filter(|step| !step.is_known).count();
    match (inspection.is_empty, pending, newer) {
        (true, ..) => warn(
            CHECK,
            "the database is empty; `autio serve` or `autio migrate` brings it up",
        ),
        (_, 1.., _) => warn(
            CHECK,
            format!(
                "{pending} still to be run; `autio migrate` runs them, and so does the next start"
            ),
        ),
        (_, _, 1..) => warn(
            CHECK,
            format!("{newer} are of a newer version of Autio; run that one here as well"),
        ),
        _ => ok(CHECK, format!("all {} are applied", steps.len())),
    }
}

fn integrity(inspection: &Inspection) -> Finding {
    match &inspection.damage {
        None => ok("integrity", "nothing is damaged"),
        Some(damage) => fail(
            "integrity",
            format!(
                "the database is damaged: {damage}; stop the server and go back to a backup (`autio restore`)"
            ),
        ),
    }
}

fn wal(config: &Config) -> Option<Finding> {
    let DatabaseUrl::Sqlite(path) = &config.database else {
        return None;
    };
    let size = copies::wal_of(path).metadata().map_or(0, |data| data.len());
    let mib = size.div_ceil(1024 * 1024);
    Some(match size > LONG_WAL {
        true => warn(
            "wal",
            format!(
                "{mib} MiB: something reads one old state for very long and keeps it from being brought in; end that, or start the server again"
            ),
        ),
        false => ok("wal", format!("{mib} MiB")),
    })
}

fn seal(inspection: &Inspection) -> Finding {
    match inspection.is_sealed {
        true => ok("event log", "sealed: it can only be added to"),
        false => warn(
            "event log",
            "the triggers that keep it from being changed are missing; `autio migrate` makes them",
        ),
    }
}

fn catalogue(stored: Option<&Stored>) -> Finding {
    const CHECK: &str = "catalogue";
    let (catalogue, from) = match stored {
        None => (
            Catalogue::built_in().map_err(|error| error.to_string()),
            "built in".to_owned(),
        ),
        Some(stored) => (
            stored.read().map_err(|error| error.causes()),
            format!("imported on {}", stored.created_at.date()),
        ),
    };
    let catalogue = match catalogue {
        Ok(catalogue) => catalogue,
        Err(error) => {
            let says = format!(
                "the one in the database can't be read, so servers use the built-in one: {error}; import it again"
            );
            return fail(CHECK, says);
        }
    };
    let says = format!("{} cars of {}, {from}", catalogue.len(), catalogue.version);
    let mut words = catalogue.version.split_whitespace();
    let day = words.find_map(|word| word.parse::<NaiveDate>().ok());
    match day.filter(|day| db::now().date() - *day > OLD_CATALOGUE) {
        Some(_) => warn(
            CHECK,
            format!(
                "{says}: more than a year old; `autio catalogue import` takes a newer file of EPA's"
            ),
        ),
        None => ok(CHECK, says),
    }
}
