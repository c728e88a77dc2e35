//! Copies of a SQLite database: made while others write, looked at, and put in its place.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;

use super::pool::{self, Role};
use super::schema::{conversations, messages, sessions, users};
use super::{Conn, Direction, in_use, migrate, migrations};
use crate::config::DatabaseUrl;
use crate::error::Error;

/// What is in a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rows {
    pub users: i64,
    pub conversations: i64,
    pub messages: i64,
}

/// What SQLite keeps beside a database: what isn't in its file yet, or has to be taken out of it again.
const BESIDE: [&str; 3] = ["-wal", "-shm", "-journal"];

/// Copies a database as it is at one moment into `to`, which is empty. Nobody waits for it: one may write meanwhile.
///
/// # Errors
/// With what SQLite says, when it can't be read or the copy can't be written.
pub fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    let mut conn = open(from)?;
    // In one transaction that only reads, and without what was deleted.
    diesel::sql_query("VACUUM INTO ?")
        .bind::<Text, _>(to.to_string_lossy().into_owned())
        .execute(&mut conn)
        .map_err(Error::internal)?;
    // SQLite leaves it to the system to write this out.
    let synced = File::open(to).and_then(|file| file.sync_all());
    synced.map_err(Error::internal)
}

/// Looks through a whole database.
///
/// # Errors
/// With the first thing that is damaged.
pub fn check(path: &Path) -> Result<Rows, Error> {
    let mut conn = open(path)?;
    let integrity = diesel::sql_query("SELECT integrity_check AS line FROM pragma_integrity_check");
    let lines: Vec<Line> = integrity.load(&mut conn).map_err(Error::internal)?;
    if let Some(Line { line }) = lines.into_iter().find(|found| found.line != "ok") {
        return Err(Error::internal(format!("it is damaged: {line}")));
    }
    let orphans = diesel::sql_query("SELECT \"table\" AS line FROM pragma_foreign_key_check");
    let orphans: Vec<Line> = orphans.load(&mut conn).map_err(Error::internal)?;
    if let Some(Line { line }) = orphans.into_iter().next() {
        return Err(Error::internal(format!(
            "it is damaged: a row of {line} belongs to one that isn't there"
        )));
    }
    let mut count = || {
        Ok::<_, diesel::result::Error>(Rows {
            users: users::table.count().get_result(&mut conn)?,
            conversations: conversations::table.count().get_result(&mut conn)?,
            messages: messages::table.count().get_result(&mut conn)?,
        })
    };
    count().map_err(|_| Error::internal("it is no database of Autio"))
}

/// Makes a copy ready to be used by this program: brings its schema up, and ends all sessions if that is wanted.
///
/// # Errors
/// When it is a newer program's, or its schema can't be brought up.
pub fn prepare(path: &Path, end_sessions: bool) -> Result<(), Error> {
    let url = DatabaseUrl::Sqlite(path.to_owned());
    let steps = migrations(&url)?;
    if let Some(newer) = steps.iter().find(|step| !step.is_known) {
        return Err(Error::internal(format!(
            "it is of a newer version of Autio: this one doesn't know the migration {}",
            newer.name
        )));
    }
    migrate(&url, Direction::Up)?;
    if end_sessions {
        let mut conn = open(path)?;
        let live = sessions::table.filter(sessions::revoked_at.is_null());
        diesel::update(live)
            .set(sessions::revoked_at.eq(super::now()))
            .execute(&mut conn)?;
    }
    File::open(path)
        .and_then(|file| file.sync_all())
        .map_err(Error::internal)
}

/// Whether some other program than this one, such as the `sqlite3` shell or an older server, has a database open. Brings all
/// that is beside it into its file, if nobody has.
pub fn is_open_elsewhere(path: &Path) -> bool {
    let alone = open(path).and_then(|mut conn| {
        // To leave the WAL one has to be alone, and so does whoever wants all locks.
        conn.batch_execute(
            "PRAGMA busy_timeout = 500; PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = DELETE;
             BEGIN EXCLUSIVE; COMMIT;",
        )
        .map_err(Error::internal)
    });
    // One that can't be read is nobody's: it is being replaced for that.
    alone.is_err_and(|error| error.causes().contains("locked"))
}

/// Puts `new` in the place of `path`, and keeps what was there under the name `kept`, with what SQLite has beside it. At every
/// moment one of the two is there.
///
/// # Errors
/// When files can't be linked or renamed.
pub fn replace(path: &Path, new: &Path, kept: &Path) -> io::Result<()> {
    if path.exists() {
        fs::hard_link(path, kept)?;
        for ending in BESIDE {
            let moved = match ending {
                // What SQLite makes anew from the WAL isn't worth keeping.
                "-shm" => fs::remove_file(beside(path, ending)),
                _ => fs::rename(beside(path, ending), beside(kept, ending)),
            };
            match moved {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
    }
    fs::rename(new, path)?;
    sync_folder(path)
}

/// Puts a name on the disk as well.
///
/// # Errors
/// When the folder can't be opened or written out.
pub fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

/// Removes a copy that isn't wanted, and all that is beside it.
pub fn remove(path: &Path) {
    fs::remove_file(path).ok();
    fs::remove_file(in_use::lock_file(path)).ok();
    for ending in BESIDE {
        fs::remove_file(beside(path, ending)).ok();
    }
}

/// A database's own file, and all that is or may come to be beside it.
pub fn files_of(path: &Path) -> Vec<PathBuf> {
    let mut files = vec![path.to_owned(), in_use::lock_file(path)];
    files.extend(BESIDE.map(|ending| beside(path, ending)));
    files
}

/// What isn't in a database's own file yet.
pub fn wal_of(path: &Path) -> PathBuf {
    beside(path, "-wal")
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// A connection that takes its time.
fn open(path: &Path) -> Result<SqliteConnection, Error> {
    let url = DatabaseUrl::Sqlite(path.to_owned());
    match pool::connect(&url, Role::Reader).map_err(Error::internal)? {
        Conn::Sqlite(mut conn) => {
            // The copy isn't made by reading alone.
            conn.batch_execute("PRAGMA query_only = OFF;")
                .map_err(Error::internal)?;
            Ok(conn)
        }
        Conn::Postgres(_) => Err(Error::internal("it is no SQLite database")),
    }
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}
