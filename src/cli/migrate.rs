//! `autio migrate`: the schema brought up, taken back by a step, and listed.

use clap::Args;

use super::{Failure, database, print};
use crate::config::Config;
use crate::db::{self, Direction};

#[derive(Debug, Args)]
pub struct Migrate {
    /// Take the last migration back instead. No server may run.
    #[arg(long)]
    down: bool,
    /// Only say which migrations the database has and which it lacks.
    #[arg(long, conflicts_with = "down")]
    status: bool,
}

impl Migrate {
    pub fn run(&self) -> Result<(), Failure> {
        let config = Config::from_env()?;
        if self.down || self.status {
            // Nothing is made to be looked at or taken back.
            database::refuse_missing(&config)?;
        }
        match (self.status, self.down) {
            (true, _) => list(&config),
            (_, true) => go_back(&config),
            _ => bring_up(&config),
        }
    }
}

fn bring_up(config: &Config) -> Result<(), Failure> {
    let done = db::migrate(&config.database, Direction::Up)?;
    tell(&done, "ran", "The schema is already the newest.\n");
    Ok(())
}

/// What a migration brought goes with it, so nobody may be using that.
fn go_back(config: &Config) -> Result<(), Failure> {
    if db::is_used_elsewhere(&config.database)? {
        return Err(Failure::Other(
            "a server or another command of Autio is using the database; stop that first, nothing was changed".into(),
        ));
    }
    let done = db::migrate(&config.database, Direction::Down)?;
    tell(&done, "took back", "There is no migration to take back.\n");
    Ok(())
}

fn tell(done: &[String], verb: &str, nothing: &str) {
    if done.is_empty() {
        print(nothing);
    }
    for name in done {
        print(&format!("{verb} {name}\n"));
    }
}

fn list(config: &Config) -> Result<(), Failure> {
    for migration in db::migrations(&config.database)? {
        let state = match (migration.is_applied, migration.is_known) {
            (true, true) => "applied",
            (true, false) => "applied by a newer program",
            (false, _) => "pending",
        };
        print(&format!("{}  {state}\n", migration.name));
    }
    Ok(())
}
