//! Passwords: their rules, and Argon2id a few at a time, off the async threads.

use std::time::Duration;

use argon2::password_hash::phc::{Output, PasswordHash};
use argon2::password_hash::{self, PasswordHasher};
use argon2::{Algorithm, Argon2, Params, Version};
use secrecy::{ExposeSecret, SecretString};

use crate::error::Error;
use crate::hashing::Turn;
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
    in_turn(app, move |_| hash_now(password.expose_secret())).await?
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
    in_turn(app, move |turn| {
        let known = hash.is_some();
        let hash = hash.as_deref().unwrap_or(NOBODY);
        let fits = fits(turn, password.expose_secret(), hash).map_err(Error::internal)?;
        Ok(fits && known)
    })
    .await?
}

/// Whether a password has that hash, in PHC string form, computed in the memory of a turn.
fn fits(turn: &mut Turn, password: &str, hash: &str) -> Result<bool, password_hash::Error> {
    let hash = PasswordHash::new(hash)?;
    let (Some(salt), Some(expected)) = (&hash.salt, &hash.hash) else {
        return Err(password_hash::Error::PasswordInvalid);
    };
    let algorithm = Algorithm::try_from(hash.algorithm.as_str())?;
    let version = hash.version.map(Version::try_from).transpose()?;
    let params = Params::try_from(&hash)?;
    let memory = turn.memory(params.block_count());
    let argon2 = Argon2::new(algorithm, version.unwrap_or_default(), params);
    let mut computed = vec![0; expected.len()];
    argon2.hash_password_into_with_memory(password.as_bytes(), salt, &mut computed, memory)?;
    // Compared in a time that doesn't depend on where they differ.
    Ok(Output::new(&computed)? == *expected)
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

/// Waits for a turn, and holds it in the thread: a caller who goes away lets nobody in early.
async fn in_turn<T: Send + 'static>(
    app: &App,
    work: impl FnOnce(&mut Turn) -> T + Send + 'static,
) -> Result<T, Error> {
    let turn = app.hashing.turn(PATIENCE).await;
    let mut turn = turn.ok_or(Error::Unavailable)?;
    let task = tokio::task::spawn_blocking(move || work(&mut turn));
    task.await.map_err(Error::internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In memory that other hashes were computed in before.
    #[tokio::test]
    async fn a_password_fits_its_own_hash_alone() {
        let hashing = crate::hashing::Hashing::new(1);
        let mut turn = hashing.turn(PATIENCE).await.unwrap();
        let (first, second) = ("tin roof rusted 77", "quiet otter parade 12");
        let hashes = [first, second].map(|password| hash_now(password).unwrap());
        for _ in 0..2 {
            for (password, expected) in [(first, [true, false]), (second, [false, true])] {
                let found = hashes.each_ref();
                let found = found.map(|hash| fits(&mut turn, password, hash).unwrap());
                assert_eq!(found, expected, "{password}");
            }
        }
        assert!(!fits(&mut turn, first, NOBODY).unwrap());
        for broken in [
            "",
            "$argon2id$",
            "$argon2id$v=19$m=19456,t=2,p=1$O5XEfuX5qzs",
        ] {
            assert!(fits(&mut turn, first, broken).is_err(), "{broken}");
        }
    }

    #[test]
    fn an_unknown_email_costs_what_a_known_one_does() {
        let real = hash_now("tin roof rusted 77").unwrap();
        let (real, nobody) = (real.split('$'), NOBODY.split('$'));
        assert_eq!(
            real.take(4).collect::<Vec<_>>(),
            nobody.take(4).collect::<Vec<_>>()
        );
        let nobody = PasswordHash::new(NOBODY).unwrap();
        let verified = argon2::PasswordVerifier::verify_password(&Argon2::default(), b"x", &nobody);
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
