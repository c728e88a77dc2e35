//! How connections are made: by the URL's scheme, with the settings that each database needs.

use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::r2d2::ManageConnection;
use diesel::sqlite::SqliteConnection;
use secrecy::ExposeSecret;

use super::{Conn, search};
use crate::config::DatabaseUrl;

/// What a connection is for. It matters to SQLite alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Reader,
    Writer,
}

/// Makes connections for the pool and for the writer.
#[derive(Clone, Debug)]
pub(super) struct Manager {
    is_sqlite: bool,
    address: String,
    role: Role,
}

impl Manager {
    pub(super) fn new(is_sqlite: bool, address: String, role: Role) -> Self {
        Self {
            is_sqlite,
            address,
            role,
        }
    }
}

/// One connection outside the pool, for what no request waits for.
pub(super) fn connect(url: &DatabaseUrl, role: Role) -> Result<Conn, diesel::r2d2::Error> {
    let (is_sqlite, address) = match url {
        DatabaseUrl::Sqlite(path) => (true, path.to_string_lossy().into()),
        DatabaseUrl::Postgres(url) => (false, url.expose_secret().into()),
    };
    let mut conn = Manager::new(is_sqlite, address, role).connect()?;
    // Nobody's request waits for this: it may take its time.
    match &mut conn {
        Conn::Sqlite(conn) => conn.batch_execute("PRAGMA busy_timeout = 10000;"),
        Conn::Postgres(conn) => {
            conn.batch_execute("SET lock_timeout = 0; SET statement_timeout = 0;")
        }
    }
    .map_err(diesel::r2d2::Error::QueryError)?;
    Ok(conn)
}

impl ManageConnection for Manager {
    type Connection = Conn;
    type Error = diesel::r2d2::Error;

    fn connect(&self) -> Result<Conn, Self::Error> {
        use diesel::r2d2::Error::{ConnectionError, QueryError};
        if !self.is_sqlite {
            let mut conn = PgConnection::establish(&self.address).map_err(ConnectionError)?;
            // A request that waits for a locked row is refused after two seconds, as one is that waits for a connection,
            // and nothing holds a connection for ever. Times are kept in UTC.
            conn.batch_execute(
                "SET lock_timeout = '2s'; SET statement_timeout = '5s'; SET TIME ZONE 'UTC'",
            )
            .map_err(QueryError)?;
            return Ok(Conn::Postgres(conn));
        }
        if self.role == Role::Writer {
            make_private(&self.address);
        }
        let mut conn = SqliteConnection::establish(&self.address).map_err(ConnectionError)?;
        search::teach_lower(&mut conn).map_err(QueryError)?;
        // The timeout comes first: turning on WAL needs a lock that another process may hold.
        conn.batch_execute("PRAGMA busy_timeout = 2000; PRAGMA foreign_keys = ON;")
            .map_err(QueryError)?;
        match self.role {
            Role::Writer => {
                turn_on_wal(&mut conn)?;
                conn.batch_execute("PRAGMA synchronous = FULL;")
            }
            Role::Reader => conn.batch_execute("PRAGMA query_only = ON;"),
        }
        .map_err(QueryError)?;
        Ok(Conn::Sqlite(conn))
    }

    fn is_valid(&self, conn: &mut Conn) -> Result<(), Self::Error> {
        // A local file doesn't go away between two queries, a server does.
        if let Conn::Postgres(conn) = conn {
            conn.batch_execute("SELECT 1")
                .map_err(diesel::r2d2::Error::QueryError)?;
        }
        Ok(())
    }

    fn has_broken(&self, _: &mut Conn) -> bool {
        std::thread::panicking()
    }
}

/// Several processes that start on a new file at once all want to turn WAL on. SQLite refuses all but
/// one of them on the spot, whatever the timeout, because waiting could be for each other.
fn turn_on_wal(conn: &mut SqliteConnection) -> Result<(), diesel::r2d2::Error> {
    let deadline = Instant::now() + Duration::from_secs(5);
    loop {
        match conn.batch_execute("PRAGMA journal_mode = WAL;") {
            Ok(()) => return Ok(()),
            Err(error) if Instant::now() >= deadline || !error.to_string().contains("locked") => {
                return Err(diesel::r2d2::Error::QueryError(error));
            }
            Err(_) => std::thread::sleep(Duration::from_millis(20)),
        }
    }
}

/// Makes a new database file that only its owner can read: it holds people's conversations. What
/// goes wrong here goes wrong again, with its reason, when SQLite opens the file.
fn make_private(path: &str) {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).ok();
}

/// Sends the pool's errors to the log.
#[derive(Debug)]
pub(super) struct LogErrors;

impl diesel::r2d2::HandleError<diesel::r2d2::Error> for LogErrors {
    fn handle_error(&self, error: diesel::r2d2::Error) {
        tracing::warn!(%error, "the database pool can't connect");
    }
}
