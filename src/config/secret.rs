//! The secret that signs tokens: checked, or made at the first start and kept.

use std::io::Write;
use std::path::Path;

use secrecy::{ExposeSecret, SecretString};

use super::{ConfigError, DatabaseUrl, bad};

pub(super) const KEY_FILE: &str = "autio.key";
const MIN_SECRET: usize = 32;

/// A secret that is long enough.
pub(super) fn check(variable: &'static str, secret: String) -> Result<SecretString, ConfigError> {
    if secret.len() < MIN_SECRET {
        return Err(bad(
            variable,
            format!(
                "must be at least {MIN_SECRET} bytes long; `openssl rand -hex 32` makes a good one"
            ),
        ));
    }
    Ok(secret.into())
}

/// The secret made at the first start, kept beside the SQLite file so that tokens outlive a restart. None before that.
pub(super) fn find(database: &DatabaseUrl) -> Result<Option<SecretString>, ConfigError> {
    let DatabaseUrl::Sqlite(_) = database else {
        return Err(bad(
            "JWT_SECRET",
            "is required with PostgreSQL, so that every instance signs alike",
        ));
    };
    let path = database.key_file();
    match std::fs::read_to_string(&path) {
        Ok(secret) => match check("JWT_SECRET", secret.trim().to_owned()) {
            Ok(secret) => Ok(Some(secret)),
            Err(_) => Err(bad(
                "JWT_SECRET",
                format!(
                    "{} is damaged; put the old secret back or remove the file",
                    path.display()
                ),
            )),
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(bad(
            "JWT_SECRET",
            format!("can't read {}: {error}", path.display()),
        )),
    }
}

/// A secret that nobody knows.
///
/// # Errors
/// When the system has no random bytes.
pub(super) fn new() -> Result<SecretString, ConfigError> {
    let mut bytes = [0u8; 32];
    getrandom::fill(&mut bytes).map_err(|error| bad("JWT_SECRET", error.to_string()))?;
    let secret: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(secret.into())
}

/// Keeps a new secret in that file, and returns what is in it then: another first start may have been quicker.
pub(super) fn keep(secret: &SecretString, path: &Path) -> Result<SecretString, ConfigError> {
    let cannot = |error: String| {
        bad(
            "JWT_SECRET",
            format!(
                "is not set, and {} can't be written: {error}",
                path.display()
            ),
        )
    };
    // Written whole under another name and linked into place: of two first starts at once, both
    // end up with the same secret, and a crash leaves no half of one.
    let draft = path.with_extension(format!("key.{}", std::process::id()));
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
        .open(&draft)
        .and_then(|mut file| {
            file.write_all(secret.expose_secret().as_bytes())?;
            file.sync_all()
        })
        .map_err(|error| {
            std::fs::remove_file(&draft).ok();
            cannot(error.to_string())
        })?;
    let linked = std::fs::hard_link(&draft, path);
    // The draft is of no use to anybody, whether or not the link was made.
    std::fs::remove_file(&draft).ok();
    match linked {
        Ok(()) => Ok(secret.clone()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            std::fs::read_to_string(path)
                .map(|secret| secret.trim().into())
                .map_err(|error| cannot(error.to_string()))
        }
        Err(error) => Err(cannot(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_secret_is_made_once_and_kept_private() {
        let dir = tempfile::tempdir().unwrap();
        let database = DatabaseUrl::Sqlite(dir.path().join("autio.db"));
        assert!(find(&database).unwrap().is_none());
        let path = database.key_file();
        let first = keep(&new().unwrap(), &path).unwrap();
        let second = keep(&new().unwrap(), &path).unwrap();
        let found = find(&database).unwrap().unwrap();
        assert_eq!(first.expose_secret(), second.expose_secret());
        assert_eq!(first.expose_secret(), found.expose_secret());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = dir
                .path()
                .join(KEY_FILE)
                .metadata()
                .unwrap()
                .permissions()
                .mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }
}
