//! Who uses a SQLite database: every process that has it open shares a lock, and a restore wants it alone.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use crate::config::DatabaseUrl;
use crate::error::Error;

/// A lock on a SQLite database, until it is dropped or the process ends, however it ends.
///
/// It is on a file of its own: what SQLite itself locks is bound to the database's file, and a restore puts another in its place.
pub struct InUse {
    _file: File,
}

impl InUse {
    /// Uses the database beside others. PostgreSQL needs none of this.
    ///
    /// # Errors
    /// When it is being restored, or the lock's file can't be made.
    pub fn share(url: &DatabaseUrl) -> Result<Option<Self>, Error> {
        let DatabaseUrl::Sqlite(path) = url else {
            return Ok(None);
        };
        let file = open(path).map_err(|error| cannot(path, &error))?;
        match file.try_lock_shared() {
            Ok(()) => Ok(Some(Self { _file: file })),
            Err(TryLockError::WouldBlock) => Err(Error::internal(format!(
                "{} is being restored; start again when that is done",
                path.display()
            ))),
            Err(TryLockError::Error(error)) => Err(cannot(path, &error)),
        }
    }

    /// Uses the database alone; `None` while anybody else uses it.
    ///
    /// # Errors
    /// When the lock's file can't be made.
    pub fn alone(path: &Path) -> Result<Option<Self>, Error> {
        let file = open(path).map_err(|error| cannot(path, &error))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(cannot(path, &error)),
        }
    }
}

/// The file that the lock is on. It stays: whoever removed it would part those who hold it from those who come.
pub fn lock_file(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-lock");
    name.into()
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(lock_file(path))
}

fn cannot(path: &Path, error: &io::Error) -> Error {
    Error::internal(format!("can't lock {}: {error}", lock_file(path).display()))
}
