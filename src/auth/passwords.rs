//! Passwords: their rules, and Argon2id a few at a time, off the async threads.

use std::time::Duration;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use secrecy::{ExposeSecret, SecretString};

use crate::error::Error;
use crate::state::App;

/// How long a login may wait for its turn.
const PATIENCE: Duration = Duration::from_secs(10);
const SHORTEST: usize = 8;
const LONGEST: usize = 128;

/// What an unknown email is checked against, so that it costs the same: random bytes, the hash of no
/// password that anybody knows, under the very parameters of [`hash`].
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$O5XEfuX5qzsFilH4y8mpKQ$NU6tuL+a+FfuvrMHEzL45G8GrUAmRmiSDIBehZOjUnQ";

/// Checks a new password: 8 to 128 characters, and not guessable (zxcvbn 3 or more).
///
/// # Errors
/// [`Error::Invalid`] on the field `password`, with advice.
pub fn check_strength(password: &SecretString, email: &str) -> Result<(), Error> {
    let password = password.expose_secret();
    let length = password.chars().count();
    if length < SHORTEST {
        return Err(Error::field(
            "password",
            format!("Use a password of at least {SHORTEST} characters."),
        ));
    }
    if length > LONGEST {
        return Err(Error::field(
            "password",
            format!("Use a password of at most {LONGEST} characters."),
        ));
    }
    let name = email.split('@').next().unwrap_or_default();
    let strength = zxcvbn::zxcvbn(password, &[email, name, "autio"]);
    if strength.score() >= zxcvbn::Score::Three {
        return Ok(());
    }
    let mut advice = vec!["That password is too easy to guess.".to_owned()];
    if let Some(feedback) = strength.feedback() {
        advice.extend(feedback.warning().map(|warning| warning.to_string()));
        advice.extend(feedback.suggestions().iter().map(ToString::to_string));
    }
    Err(Error::field("password", advice.join(" ")))
}

/// Argon2id, m=19456 t=2 p=1, in PHC string form.
///
/// # Errors
/// [`Error::Unavailable`] when too many others are waiting.
pub async fn hash(app: &App, password: SecretString) -> Result<String, Error> {
    in_turn(app, move || hash_now(password.expose_secret())).await?
}

/// Whether the password fits the hash; without a hash it takes as long and doesn't.
///
/// # Errors
/// [`Error::Unavailable`] when too many others are waiting.
pub async fn verify(
    app: &App,
    password: SecretString,
    hash: Option<String>,
) -> Result<bool, Error> {
    in_turn(app, move || {
        let known = hash.is_some();
        let hash = hash.as_deref().unwrap_or(NOBODY);
        let hash = PasswordHash::new(hash).map_err(Error::internal)?;
        let fits = Argon2::default()
            .verify_password(password.expose_secret().as_bytes(), &hash)
            .is_ok();
        Ok(fits && known)
    })
    .await?
}

/// The same at once, on this thread: for commands, which have nobody else to wait for.
///
/// # Errors
/// When hashing fails, which is a fault of ours.
pub fn hash_now(password: &str) -> Result<String, Error> {
    let hash = Argon2::default()
        .hash_password(password.as_bytes())
        .map_err(Error::internal)?;
    Ok(hash.to_string())
}

/// Waits for a permit, and holds it in the thread: a caller who goes away lets nobody in early.
async fn in_turn<T: Send + 'static>(
    app: &App,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Error> {
    let permit = tokio::time::timeout(PATIENCE, app.hashing.clone().acquire_owned()).await;
    let Ok(Ok(permit)) = permit else {
        return Err(Error::Unavailable);
    };
    let task = tokio::task::spawn_blocking(move || {
        let _permit = permit;
        work()
    });
    task.await.map_err(Error::internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_email_costs_what_a_known_one_does() {
        let real = hash_now("tin roof rusted 77").unwrap();
        let (real, nobody) = (real.split('$'), NOBODY.split('$'));
        assert_eq!(
            real.take(4).collect::<Vec<_>>(),
            nobody.take(4).collect::<Vec<_>>()
        );
        let nobody = PasswordHash::new(NOBODY).unwrap();
        let verified = Argon2::default().verify_password(b"x", &nobody);
        // It was computed and compared, not refused as unreadable.
        assert_eq!(verified, Err(argon2::password_hash::Error::PasswordInvalid));
    }

    #[test]
    fn weak_passwords_are_refused_with_advice() {
        for weak in ["short1!", "password", "ann@example.com", "aaaaaaaaaaaa"] {
            let error = check_strength(&weak.into(), "ann@example.com").unwrap_err();
            assert_eq!(error.fields()[0].field, "password", "{weak}");
        }
        let long = "x9!".repeat(50);
        assert!(check_strength(&long.into(), "ann@example.com").is_err());
        check_strength(&"tin roof rusted 77".into(), "ann@example.com").unwrap();
    }
}
