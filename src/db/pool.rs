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
use crate::error::in_one_line;

/// What a connection is for. It matters to SQLite alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Reader,
    Writer,
}

/// How long a connection that answered counts as alive, as long as nothing was heard of its end: to ask the server each time
/// would be a way there and back for every query.
const FRESH: Duration = Duration::from_secs(1);

/// A connection of the pool.
pub(super) struct Pooled {
    conn: Conn,
    /// When it last did what it was asked to; None where that is to be seen.
    answered: Option<Instant>,
}

impl Pooled {
    /// Runs a query, and remembers whether the connection was any good.
    pub(super) fn run<T, E>(
        &mut self,
        query: impl FnOnce(&mut Conn) -> Result<T, E>,
    ) -> Result<T, E> {
        self.answered = None;
        let done = query(&mut self.conn);
        self.answered = done.is_ok().then(Instant::now);
        done
    }
}

/// Whether the server has said or let it be seen that it is gone, without asking it.
fn is_closed(conn: &mut PgConnection) -> bool {
    // The first look may find its last words, and only the second that nothing follows.
    (0..2).any(|_| {
        conn.notifications_iter()
            .next()
            .is_some_and(|news| news.is_err())
    })
}

/// Makes connections for the pool and for the writer.
#[derive(Clone, Debug)]
pub(super) struct Manager {
    is_sqlite: bool,
    address: String,
    role: Role,
}

impl Manager {
    pub(super) fn new(url: &DatabaseUrl, role: Role) -> Self {
        let (is_sqlite, address) = match url {
            DatabaseUrl::Sqlite(path) => (true, path.to_string_lossy().into_owned()),
            DatabaseUrl::Postgres(postgres) => (false, noticing(postgres.url.expose_secret())),
        };
        Self {
            is_sqlite,
            address,
            role,
        }
    }
}

/// One connection outside the pool, for what no request waits for.
pub(super) fn connect(url: &DatabaseUrl, role: Role) -> Result<Conn, diesel::r2d2::Error> {
    let mut conn = Manager::new(url, role).open()?;
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

impl Manager {
    /// One connection, with its settings.
    pub(super) fn open(&self) -> Result<Conn, diesel::r2d2::Error> {
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
                // What a savepoint would undo stays in memory: a file for it, made and deleted in each transaction, took
                // as long as all the rest of it.
                conn.batch_execute("PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY;")
            }
            Role::Reader => conn.batch_execute("PRAGMA query_only = ON;"),
        }
        .map_err(QueryError)?;
        Ok(Conn::Sqlite(conn))
    }
}

impl ManageConnection for Manager {
    type Connection = Pooled;
    type Error = diesel::r2d2::Error;

    fn connect(&self) -> Result<Pooled, Self::Error> {
        Ok(Pooled {
            conn: self.open()?,
            answered: Some(Instant::now()),
        })
    }

    fn is_valid(&self, pooled: &mut Pooled) -> Result<(), Self::Error> {
        // A local file doesn't go away between two queries, a server does.
        let Conn::Postgres(conn) = &mut pooled.conn else {
            return Ok(());
        };
        let is_fresh = pooled.answered.is_some_and(|at| at.elapsed() < FRESH);
        if !is_fresh || is_closed(conn) {
            conn.batch_execute("SELECT 1")
                .map_err(diesel::r2d2::Error::QueryError)?;
        }
        Ok(())
    }

    fn has_broken(&self, _: &mut Pooled) -> bool {
        std::thread::panicking()
    }
}

/// What libpq is told beside what the operator's URL says. By default it waits for ever for a server that went away
/// without a word, a machine that lost its power or its network, and holds a connection of the pool all that time.
const NOTICING: [(&str, &str); 6] = [
    ("connect_timeout", "5"),
    ("keepalives_idle", "10"),
    ("keepalives_interval", "5"),
    ("keepalives_count", "3"),
    ("tcp_user_timeout", "15000"),
    ("application_name", "autio"),
];

/// The URL with [`NOTICING`], as far as it doesn't set that itself.
fn noticing(url: &str) -> String {
    let mut url = url.to_owned();
    for (name, value) in NOTICING {
        let query = url.split_once('?').map_or("", |(_, query)| query);
        let is_set = |pair: &str| pair.split('=').next() == Some(name);
        if !query.split('&').any(is_set) {
            let joint = if url.contains('?') { '&' } else { '?' };
            url.push_str(&format!("{joint}{name}={value}"));
        }
    }
    url
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
        let error = in_one_line(&error.to_string());
        tracing::warn!(error, "the database pool can't connect");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_operator_sets_stays() {
        let url = noticing("postgres://ann@db/autio?sslmode=require&connect_timeout=30");
        assert!(url.starts_with(
            "postgres://ann@db/autio?sslmode=require&connect_timeout=30&keepalives_idle=10&"
        ));
        assert_eq!(url.matches("connect_timeout").count(), 1);
        assert!(
            noticing("postgres://db/autio").starts_with("postgres://db/autio?connect_timeout=5&")
        );
    }
}
