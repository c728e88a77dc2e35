//! The database as commands use it: at its newest schema, while servers may be using it as well.

use std::path::Path;

use tokio::runtime::{Builder, Runtime};

use super::Failure;
use crate::config::{Config, DatabaseUrl};
use crate::db::{self, Conn, Db, Direction};
use crate::error::Error;

/// There is nothing at that place.
pub fn missing(path: &Path) -> Failure {
    Failure::Other(format!(
        "there is no database at {}; run this where the server runs, or set DATABASE_URL as it has it",
        path.display()
    ))
}

/// Refuses settings that name a file which isn't there.
pub fn refuse_missing(config: &Config) -> Result<(), Failure> {
    match &config.database {
        DatabaseUrl::Sqlite(path) if !path.exists() => Err(missing(path)),
        _ => Ok(()),
    }
}

/// An open database, the settings that name it, and what calls run on.
pub struct Database {
    pub config: Config,
    pub db: Db,
    runtime: Runtime,
}

impl Database {
    /// Opens the database in the settings, and makes it if it isn't there yet.
    pub fn open() -> Result<Self, Failure> {
        Self::of(Config::from_env()?)
    }

    /// Opens the database in the settings. One that isn't there yet has nothing to look at.
    pub fn existing() -> Result<Self, Failure> {
        let config = Config::from_env()?;
        refuse_missing(&config)?;
        Self::of(config)
    }

    fn of(config: Config) -> Result<Self, Failure> {
        db::migrate(&config.database, Direction::Up)?;
        Ok(Self {
            db: Db::open(&config.database)?,
            runtime: Builder::new_current_thread()
                .enable_all()
                .build()
                .map_err(|error| Failure::Other(error.to_string()))?,
            config,
        })
    }

    /// Waits for a call.
    pub fn wait<T>(&self, call: impl Future<Output = Result<T, Error>>) -> Result<T, Failure> {
        Ok(self.runtime.block_on(call)?)
    }

    /// Runs a query that only reads.
    pub fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&mut Conn) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Failure> {
        self.wait(self.db.read(query))
    }

    /// Runs a transaction.
    pub fn write<T: Send + 'static>(
        &self,
        query: impl FnOnce(&mut Conn) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Failure> {
        self.wait(self.db.write(query))
    }
}
