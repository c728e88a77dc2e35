//! SQLite's one writer: a thread that commits many transactions at once, a savepoint each.
//!
//! One writer means that no caller ever sees 'database is locked', and one sync serves all that
//! arrived while the last was under way, which is what makes `synchronous=FULL` affordable.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};

use diesel::Connection;
use diesel::connection::{AnsiTransactionManager, TransactionManager};
use diesel::result::QueryResult;
use diesel::sqlite::SqliteConnection;
use tokio::sync::{oneshot, watch};

use super::Conn;
use super::pool::Manager;
use crate::error::Error;

/// How many transactions share a commit at most.
const GROUP: usize = 64;
/// How many may wait; past that the person is told to try again.
const QUEUE: usize = 4096;

/// Runs one caller's transaction, and returns what is left to do once the group is on disk.
type Job = Box<dyn FnOnce(&mut Conn) -> Outcome + Send>;

struct Outcome {
    /// Tells the caller, who must not hear of success before the commit.
    settle: Box<dyn FnOnce(Result<(), Error>)>,
    /// The database is in trouble, and SQLite may have rolled the whole group back.
    broken: bool,
}

/// The sending end. The thread ends when it is dropped.
pub(super) struct Writer(SyncSender<Job>, Arc<Counts>);

/// What the thread has done.
#[derive(Debug, Default)]
struct Counts {
    commits: AtomicU64,
    transactions: AtomicU64,
}

/// What the writer has done so far: the second by the first is how many transactions shared a sync.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    pub commits: u64,
    pub transactions: u64,
}

impl Writer {
    /// Opens the connection here, so that a bad path is an error at start, and starts the thread.
    pub(super) fn start(manager: Manager) -> Result<Self, Error> {
        let conn = manager.open().map_err(Error::internal)?;
        let (sender, jobs) = sync_channel(QUEUE);
        let counts = Arc::new(Counts::default());
        let counted = counts.clone();
        std::thread::Builder::new()
            .name("autio-writer".into())
            .spawn(move || serve(&manager, conn, &jobs, &counted))
            .map_err(Error::internal)?;
        Ok(Self(sender, counts))
    }

    /// What it has done so far.
    pub(super) fn written(&self) -> Written {
        Written {
            commits: self.1.commits.load(Ordering::Relaxed),
            transactions: self.1.transactions.load(Ordering::Relaxed),
        }
    }

    /// Runs `query` in a transaction of its own and returns once it is on disk.
    pub(super) async fn run<T, F>(&self, query: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&mut Conn) -> Result<T, Error> + Send + 'static,
    {
        let (sender, receiver) = oneshot::channel();
        self.submit(Box::new(move |conn| {
            let result = run_apart(conn, query);
            let broken = matches!(result, Err(Error::Unavailable));
            let settle = Box::new(move |committed: Result<(), Error>| {
                // A caller who has gone away has nothing to hear.
                sender.send(committed.and(result)).ok();
            });
            Outcome { settle, broken }
        }))?;
        receiver.await.unwrap_or(Err(Error::Unavailable))
    }

    /// The same, but returns as soon as it has run, with what tells when it is on disk, if it ever is.
    pub(super) async fn run_ahead<T, F>(&self, query: F) -> Result<(T, Kept), Error>
    where
        T: Send + 'static,
        F: FnOnce(&mut Conn) -> Result<T, Error> + Send + 'static,
    {
        let (sender, receiver) = oneshot::channel();
        let (fate, kept) = watch::channel(Fate::Open);
        self.submit(Box::new(move |conn| {
            let result = run_apart(conn, query);
            let broken = matches!(result, Err(Error::Unavailable));
            sender.send(result).ok();
            let settle = Box::new(move |committed: Result<(), Error>| {
                fate.send_replace(match committed {
                    Ok(()) => Fate::Kept,
                    Err(_) => Fate::Lost,
                });
            });
            Outcome { settle, broken }
        }))?;
        let result = receiver.await.unwrap_or(Err(Error::Unavailable))?;
        Ok((result, Kept(Some(kept))))
    }

    fn submit(&self, job: Job) -> Result<(), Error> {
        self.0.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => Error::Unavailable,
            TrySendError::Disconnected(_) => Error::internal("the writer has ended"),
        })
    }
}

/// Tells when what was written is on disk, to all who wait for it.
#[derive(Clone)]
#[must_use]
pub struct Kept(Option<watch::Receiver<Fate>>);

/// What has become of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Open,
    Kept,
    Lost,
}

impl Kept {
    /// It is there already.
    pub fn already() -> Self {
        Self(None)
    }

    /// # Errors
    /// [`Error::Unavailable`] when it wasn't kept.
    pub async fn wait(self) -> Result<(), Error> {
        let Some(mut fate) = self.0 else {
            return Ok(());
        };
        // Whoever was to tell and is gone has kept nothing.
        match fate.wait_for(|fate| *fate != Fate::Open).await.as_deref() {
            Ok(Fate::Kept) => Ok(()),
            _ => Err(Error::Unavailable),
        }
    }
}

/// Runs a query in a savepoint. A panic is caught inside it, so that it is rolled back and the group goes on.
fn run_apart<T>(
    conn: &mut Conn,
    query: impl FnOnce(&mut Conn) -> Result<T, Error>,
) -> Result<T, Error> {
    conn.transaction(|conn| {
        catch_unwind(AssertUnwindSafe(|| query(conn)))
            .unwrap_or_else(|_| Err(Error::internal("a database query panicked")))
    })
}

fn serve(manager: &Manager, first: Conn, jobs: &Receiver<Job>, counts: &Counts) {
    let mut conn = Some(first);
    while let Ok(job) = jobs.recv() {
        let group: Vec<Job> = std::iter::once(job)
            .chain(jobs.try_iter().take(GROUP - 1))
            .collect();
        if conn.is_none() {
            conn = manager
                .open()
                .inspect_err(|error| tracing::error!(%error, "can't open the database to write"))
                .ok();
        }
        let Some(open) = &mut conn else {
            refuse_waiting(jobs);
            continue;
        };
        let size = group.len() as u64;
        let committed = commit(open, group);
        if committed.is_ok() {
            counts.commits.fetch_add(1, Ordering::Relaxed);
            counts.transactions.fetch_add(size, Ordering::Relaxed);
        }
        if let Err(error) = committed {
            tracing::error!(%error, "a group of writes was not kept");
            // Whatever state the connection is in, the next group starts with a new one.
            conn = None;
            refuse_waiting(jobs);
        }
    }
}

/// Drops what waits, which tells its callers that the database is unavailable: better at once than
/// after everybody before them has waited in vain.
fn refuse_waiting(jobs: &Receiver<Job>) {
    jobs.try_iter().for_each(drop);
}

/// Runs a group in one transaction and tells every caller how it went.
fn commit(conn: &mut Conn, group: Vec<Job>) -> QueryResult<()> {
    sqlite(conn, |c| {
        AnsiTransactionManager::begin_transaction_sql(c, "BEGIN IMMEDIATE")
    })?;
    let mut outcomes = Vec::with_capacity(GROUP);
    let mut broken = false;
    for job in group {
        if broken {
            break; // The rest are dropped unrun: their callers hear that nothing was kept.
        }
        let outcome = job(conn);
        broken = outcome.broken;
        outcomes.push(outcome);
    }
    let committed = match broken {
        true => Err(diesel::result::Error::RollbackTransaction),
        false => sqlite(conn, AnsiTransactionManager::commit_transaction),
    };
    tracing::trace!(transactions = outcomes.len(), "committed");
    for outcome in outcomes {
        (outcome.settle)(match &committed {
            Ok(()) => Ok(()),
            Err(_) => Err(Error::Unavailable),
        });
    }
    committed
}

fn sqlite<T>(conn: &mut Conn, run: impl FnOnce(&mut SqliteConnection) -> T) -> T {
    match conn {
        Conn::Sqlite(conn) => run(conn),
        Conn::Postgres(_) => unreachable!("the writer is started for SQLite alone"),
    }
}
