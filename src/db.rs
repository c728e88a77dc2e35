//! The database: one `Db` over SQLite or PostgreSQL, whose calls run off the async threads.

/// An enum that is kept as text, under the names that the CHECK in the migration lists.
// Words are tokens: a literal that went through a macro is none to the macros of others.
macro_rules! text_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:tt),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
        pub enum $name { $($(#[$variant_doc])* #[serde(rename = $text)] $variant),+ }

        impl $name {
            /// The text that the database keeps and JSON shows.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }

        impl TryFrom<String> for $name {
            type Error = String;

            fn try_from(text: String) -> Result<Self, String> {
                match text.as_str() {
                    $($text => Ok(Self::$variant),)+
                    _ => Err(format!("{text:?} is no {}", stringify!($name))),
                }
            }
        }
    };
}

pub mod account_events;
pub mod backlog;
pub mod batches;
pub mod budgets;
pub mod catalogues;
pub mod conversations;
pub mod copies;
pub mod idempotency_keys;
mod in_use;
pub mod inspection;
pub mod invitations;
pub mod leases;
pub mod messages;
mod migrations;
pub mod need_edits;
mod pool;
mod prepared;
pub mod schema;
pub mod search;
pub mod sessions;
pub mod shortlist;
pub mod spending;
pub mod usage;
pub mod users;
mod writer;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use chrono::{NaiveDateTime, SubsecRound, Utc};
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::r2d2::Pool;
use diesel::sqlite::SqliteConnection;
use tokio::sync::Semaphore;

pub use self::in_use::InUse;
pub use self::migrations::{
    Direction, Migration, is_current, is_used_elsewhere, migrate, migrations,
};
use self::pool::{Manager, Role};
pub use self::writer::Kept;
use self::writer::Writer;
pub use self::writer::Written;
use crate::config::DatabaseUrl;
use crate::error::Error;

/// How long a call waits for a connection before the person is told to try again.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long anybody waits for a call that has its connection: longer than the database itself lets a statement take, so
/// that only a server that says nothing at all comes to this.
const DEADLINE: Duration = Duration::from_secs(6);
const SQLITE_READERS: u32 = 4;

/// An open connection to either database. Queries are written once, against this.
#[derive(diesel::MultiConnection)]
pub enum Conn {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

/// Access to the data. Cheap to clone.
#[derive(Clone)]
pub struct Db(Arc<Backend>);

struct Backend {
    pool: Pool<Manager>,
    /// As many permits as the pool has connections: waiting happens here, without a thread.
    permits: Arc<Semaphore>,
    /// How many callers wait for one.
    waiting: AtomicUsize,
    /// SQLite's one writer; PostgreSQL writes through the pool.
    writer: Option<Writer>,
    /// The last to go: nobody puts another file in the place of this one before.
    _in_use: Option<InUse>,
}

/// How much the connections have to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Load {
    /// Connections on which something runs.
    pub in_use: usize,
    /// Connections that are open and have nothing to do.
    pub idle: usize,
    /// Callers that wait for a connection.
    pub waiting: usize,
    /// SQLite's writer, where there is one.
    pub writer: Option<Written>,
}

/// Counts a caller that waits, until it is dropped.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn count(waiting: &'a AtomicUsize) -> Self {
        waiting.fetch_add(1, Ordering::Relaxed);
        Self(waiting)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// UTC, to the microsecond, which is what both databases keep.
pub fn now() -> NaiveDateTime {
    Utc::now().naive_utc().trunc_subsecs(6)
}

/// A new key: UUIDv7, so that keys sort by the time they were made.
pub fn new_id() -> String {
    uuid::Uuid::now_v7().to_string()
}

impl Db {
    /// Opens the database, and makes the file if it is SQLite and new. Blocks.
    ///
    /// # Errors
    /// With a sentence for the operator when the database can't be reached.
    pub fn open(url: &DatabaseUrl) -> Result<Self, Error> {
        let (is_sqlite, size) = match url {
            DatabaseUrl::Sqlite(_) => (true, SQLITE_READERS),
            DatabaseUrl::Postgres(postgres) => (false, postgres.connections),
        };
        let manager = |role| Manager::new(url, role);
        let in_use = InUse::share(url)?;
        // The writer first: it makes the file and turns on WAL, which readers can't.
        let writer = match is_sqlite {
            true => Some(Writer::start(manager(Role::Writer))?),
            false => None,
        };
        let pool = Pool::builder()
            .max_size(size)
            .min_idle(Some(1))
            .connection_timeout(PATIENCE)
            .error_handler(Box::new(pool::LogErrors))
            .build(manager(Role::Reader))
            .map_err(Error::internal)?;
        Ok(Self(Arc::new(Backend {
            pool,
            permits: Arc::new(Semaphore::new(size as usize)),
            waiting: AtomicUsize::new(0),
            writer,
            _in_use: in_use,
        })))
    }

    /// How much the connections have to do now.
    pub fn load(&self) -> Load {
        let size = self.0.pool.max_size() as usize;
        let admitted = size.saturating_sub(self.0.permits.available_permits());
        let pool = self.0.pool.state();
        let in_use = (pool.connections - pool.idle_connections) as usize;
        Load {
            in_use,
            idle: pool.idle_connections as usize,
            // With a permit one still waits while there is no connection to be had.
            waiting: self.0.waiting.load(Ordering::Relaxed) + admitted.saturating_sub(in_use),
            writer: self.0.writer.as_ref().map(Writer::written),
        }
    }

    /// Runs `query` on a connection of the pool. With SQLite it can't write.
    ///
    /// # Errors
    /// What `query` returns, or [`Error::Unavailable`] when no connection comes free in two seconds, or no answer in six.
    pub async fn read<T, F>(&self, query: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&mut Conn) -> Result<T, Error> + Send + 'static,
    {
        self.run(query, Error::Unavailable).await
    }

    /// Runs `query` on a connection of the pool; `late` is what is said when it doesn't end in time.
    async fn run<T, F>(&self, query: F, late: Error) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&mut Conn) -> Result<T, Error> + Send + 'static,
    {
        let permit = {
            let _waiting = Waiting::count(&self.0.waiting);
            tokio::time::timeout(PATIENCE, self.0.permits.clone().acquire_owned()).await
        };
        let Ok(Ok(permit)) = permit else {
            return Err(Error::Unavailable);
        };
        let pool = self.0.pool.clone();
        let task = tokio::task::spawn_blocking(move || {
            // Held here, so that a caller that goes away doesn't let in one too many.
            let _permit = permit;
            let mut conn = pool.get().map_err(|error| {
                tracing::warn!(%error, "no database connection");
                Error::Unavailable
            })?;
            conn.run(query)
        });
        match tokio::time::timeout(DEADLINE, task).await {
            Ok(done) => done.map_err(Error::internal)?,
            Err(_) => {
                tracing::warn!("the database doesn't answer");
                Err(late)
            }
        }
    }

    /// Runs `query` in a transaction: all of it is kept, on disk, or none of it.
    ///
    /// # Errors
    /// What `query` returns, [`Error::Unavailable`] when nothing was kept, or [`Error::Unsure`] when nobody knows.
    pub async fn write<T, F>(&self, query: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&mut Conn) -> Result<T, Error> + Send + 'static,
    {
        match &self.0.writer {
            Some(writer) => writer.run(query).await,
            None => self.run(|conn| keep(conn, query), Error::Unsure).await,
        }
    }

    /// The same, but where the disk is waited for last it returns before that, with what tells when it is kept: the time
    /// can be used, as long as nobody outside hears of it until then.
    ///
    /// # Errors
    /// As for [`Db::write`].
    pub async fn write_ahead<T, F>(&self, query: F) -> Result<(T, Kept), Error>
    where
        T: Send + 'static,
        F: FnOnce(&mut Conn) -> Result<T, Error> + Send + 'static,
    {
        match &self.0.writer {
            Some(writer) => writer.run_ahead(query).await,
            None => Ok((self.write(query).await?, Kept::already())),
        }
    }
}

/// Runs a transaction. One that was whole, and of whose end nothing was heard, may have been kept.
fn keep<T>(conn: &mut Conn, query: impl FnOnce(&mut Conn) -> Result<T, Error>) -> Result<T, Error> {
    let mut is_whole = false;
    let kept = conn.transaction(|conn| {
        let value = query(conn)?;
        is_whole = true;
        Ok(value)
    });
    match kept {
        Err(Error::Unavailable) if is_whole => Err(Error::Unsure),
        kept => kept,
    }
}
