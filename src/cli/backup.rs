//! `autio backup` and `autio restore`: SQLite's file, copied while the server writes, and put back.

use std::fs::OpenOptions;
use std::io;
use std::path::{Path, PathBuf};

use clap::Args;

use super::database::missing;
use super::{Failure, about, print};
use crate::config::{Config, DatabaseUrl};
use crate::db::copies::{self, Rows};
use crate::db::{self, InUse};
use crate::error::Error;

#[derive(Debug, Args)]
pub struct Backup {
    /// The file to write. It appears once it is whole.
    file: PathBuf,
    /// Replace the file if there is one of that name.
    #[arg(long)]
    force: bool,
}

#[derive(Debug, Args)]
pub struct Restore {
    /// A file that `autio backup` wrote.
    file: PathBuf,
    /// End all sessions and tokens, also those that were live when the backup was made.
    #[arg(long)]
    end_sessions: bool,
}

impl Backup {
    pub fn run(&self) -> Result<(), Failure> {
        let database = sqlite(
            "a backup of PostgreSQL is PostgreSQL's own: pg_dump --format=custom --file=FILE \"$DATABASE_URL\" (see docs/postgresql.md)",
        )?;
        refuse_stdio(&self.file, "give the name of a file, and send that on")?;
        if !database.exists() {
            return Err(missing(&database));
        }
        let mut own = copies::files_of(&database);
        own.push(DatabaseUrl::Sqlite(database.clone()).key_file());
        if own.iter().any(|own| is_same(&self.file, own)) {
            return Err(Failure::Argument(format!(
                "{} belongs to the database itself; give another name",
                self.file.display()
            )));
        }
        if self.file.exists() && !self.force {
            return Err(taken(&self.file));
        }
        let draft = draft_of(&self.file);
        let written = self.write(&database, &draft);
        copies::remove(&draft);
        let (rows, size) = written?;
        print(&format!(
            "wrote {}: {}, {}\n",
            self.file.display(),
            in_mib(size),
            in_words(rows)
        ));
        Ok(())
    }

    /// Writes it whole under another name first, and looks at what is written.
    fn write(&self, database: &Path, draft: &Path) -> Result<(Rows, u64), Failure> {
        make_private(draft).map_err(|error| about(&self.file, &error))?;
        copies::copy(database, draft)
            .map_err(|error| about(&self.file, &format!("can't copy: {}", error.causes())))?;
        let rows = copies::check(draft).map_err(|error| about(database, &error.causes()))?;
        let put = || {
            let size = draft.metadata()?.len();
            match self.force {
                true => std::fs::rename(draft, &self.file)?,
                // Refuses what has come to be there in the meantime.
                false => std::fs::hard_link(draft, &self.file)?,
            }
            copies::sync_folder(&self.file)?;
            Ok::<_, io::Error>(size)
        };
        match put() {
            Ok(size) => Ok((rows, size)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(taken(&self.file)),
            Err(error) => Err(about(&self.file, &error)),
        }
    }
}

impl Restore {
    pub fn run(&self) -> Result<(), Failure> {
        let database = sqlite(
            "PostgreSQL is restored by its own: pg_restore --no-owner --dbname=\"$DATABASE_URL\" FILE, into an empty database (see docs/postgresql.md)",
        )?;
        refuse_stdio(&self.file, "give the name of a file")?;
        if !self.file.is_file() {
            return Err(about(&self.file, &"there is no such file"));
        }
        if is_same(&self.file, &database) {
            return Err(Failure::Argument(format!(
                "{} is the database itself",
                self.file.display()
            )));
        }
        // From here to the end nobody of ours opens it.
        let _alone = InUse::alone(&database)?.ok_or_else(|| used(&database))?;
        let draft = draft_of(&database);
        let restored = self.restore(&database, &draft);
        copies::remove(&draft);
        let (rows, kept) = restored?;
        print(&format!(
            "restored {}: {}\n",
            database.display(),
            in_words(rows)
        ));
        if let Some(kept) = kept {
            print(&format!("what was there before is in {}\n", kept.display()));
        }
        if !self.end_sessions {
            print(
                "sessions and tokens are as they were then, also those revoked since; --end-sessions ends them all\n",
            );
        }
        Ok(())
    }

    /// Prepares a copy under another name, and puts it in the database's place when all of it is well.
    fn restore(&self, database: &Path, draft: &Path) -> Result<(Rows, Option<PathBuf>), Failure> {
        let cannot = |error: Error| {
            about(
                &self.file,
                &format!("{}; nothing was changed", error.causes()),
            )
        };
        copies::check(&self.file).map_err(cannot)?;
        make_private(draft).map_err(|error| about(draft, &error))?;
        copies::copy(&self.file, draft).map_err(cannot)?;
        copies::prepare(draft, self.end_sessions).map_err(cannot)?;
        let rows = copies::check(draft).map_err(cannot)?;
        // Last, since it touches what is there.
        if database.exists() && copies::is_open_elsewhere(database) {
            return Err(used(database));
        }
        let kept = free_name(database);
        let was_there = database.exists();
        copies::replace(database, draft, &kept).map_err(|error| about(database, &error))?;
        Ok((rows, was_there.then_some(kept)))
    }
}

/// The SQLite file in the settings; with PostgreSQL what to do instead.
fn sqlite(instead: &str) -> Result<PathBuf, Failure> {
    match Config::from_env()?.database {
        DatabaseUrl::Sqlite(path) => Ok(path),
        DatabaseUrl::Postgres(_) => Err(Failure::Argument(instead.into())),
    }
}

fn refuse_stdio(file: &Path, instead: &str) -> Result<(), Failure> {
    match file.as_os_str() == "-" {
        true => Err(Failure::Argument(format!(
            "a database is no stream: {instead}"
        ))),
        false => Ok(()),
    }
}

fn used(database: &Path) -> Failure {
    let what = "a server or another program is using it; stop that first, nothing was changed";
    about(database, &what)
}

fn taken(file: &Path) -> Failure {
    Failure::Argument(format!(
        "{} is there already; give another name, or --force to replace it",
        file.display()
    ))
}

/// Whether two names are of one file, also of one that isn't there yet.
fn is_same(one: &Path, other: &Path) -> bool {
    let place = |path: &Path| {
        path.canonicalize().or_else(|_| {
            let folder = path.parent().filter(|folder| *folder != Path::new(""));
            let folder = folder.unwrap_or(Path::new(".")).canonicalize()?;
            Ok::<_, io::Error>(folder.join(path.file_name().unwrap_or_default()))
        })
    };
    match (place(one), place(other)) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}

/// A name beside `path` that nobody else uses.
fn draft_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}.draft", std::process::id()));
    name.into()
}

/// A name beside `path`, with the time, under which there is nothing yet.
fn free_name(path: &Path) -> PathBuf {
    let now = db::now().format("%Y-%m-%dT%H%M%SZ");
    let numbered = (1..).map(|number| {
        let mut name = path.as_os_str().to_owned();
        name.push(match number {
            1 => format!(".replaced-{now}"),
            number => format!(".replaced-{now}-{number}"),
        });
        PathBuf::from(name)
    });
    numbered
        .into_iter()
        .find(|name| !name.exists())
        .unwrap_or_default()
}

/// An empty file that only its owner can read: it is going to hold people's conversations.
fn make_private(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

fn in_words(rows: Rows) -> String {
    format!(
        "accounts {}, conversations {}, messages {}",
        rows.users, rows.conversations, rows.messages
    )
}

fn in_mib(bytes: u64) -> String {
    format!("{:.1} MiB", bytes as f64 / 1024.0 / 1024.0)
}
