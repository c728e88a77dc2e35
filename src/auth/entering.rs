//! Who gets in: an account is made or found, and a session begins.

use chrono::Duration;
use secrecy::ExposeSecret;

use super::accounts::{Credentials, Entered};
use super::forms::safe_next;
use super::known::{self, Device};
use super::{invitations, passwords, tokens};
use crate::advisor::Knowledge;
use crate::db::account_events::{self, By, EventKind};
use crate::db::sessions::{self, Kind, NewSession};
use crate::db::users::{self, Preferences, User};
use crate::db::{self, Conn};
use crate::error::Error;
use crate::limit::{Action, Caller};
use crate::state::App;
use crate::web::client::Client;
use crate::web::format::Format;
use crate::web::input::{is_storable, shows};
use crate::web::quota::Quota;

/// Makes an account, and begins its first session.
///
/// # Errors
/// On the field that is to blame, or when one can't sign up here.
pub async fn create_account(
    app: &App,
    given: &Credentials,
    format: Format,
    quota: &Quota,
) -> Result<Entered, Error> {
    let invitation = invitations::admit(app, given.invitation.as_ref()).await?;
    let email = check_email(&given.email)?;
    if let Some(invitation) = &invitation {
        invitations::check_email(invitation, &email)?;
    }
    let password = given.password.clone();
    let checked = (password.clone(), email.clone());
    tokio::task::spawn_blocking(move || passwords::check_strength(&checked.0, &checked.1))
        .await
        .map_err(Error::internal)??;
    // Only now: whoever has to look for a better password hasn't made an account yet.
    quota.take(Action::Signup, quota.address()).await?;
    let user = User {
        id: db::new_id(),
        email,
        hashed_pw: passwords::hash(app, password).await?,
        is_active: true,
        knowledge: Knowledge::Casual.as_str().into(),
        created_at: db::now(),
        preferences: Preferences::default(),
    };
    let row = user.clone();
    enter(app, user, given, format, quota.client, move |conn, by| {
        users::insert(conn, &row)?;
        account_events::record(conn, Some(&row.id), EventKind::Signup, by, None)?;
        match invitation {
            Some(invitation) => invitations::take(conn, &invitation.id, &row.id, by),
            None => Ok(()),
        }
    })
    .await
}

/// Begins a session for somebody who knows an account's password.
///
/// # Errors
/// [`Error::WrongPassword`], without a word of whether there is such an account.
pub async fn check_credentials(
    app: &App,
    given: &Credentials,
    format: Format,
    quota: &Quota,
    device: &Device,
) -> Result<Entered, Error> {
    if given.email.trim().is_empty() {
        return Err(Error::field("email", "Enter your email."));
    }
    if given.password.expose_secret().is_empty() {
        return Err(Error::field("password", "Enter your password."));
    }
    let email = normalize(&given.email);
    let bucket = known::take_try(app, device, quota, &email).await?;
    let user = match is_storable(&email) {
        true => {
            app.db
                .read(move |conn| users::by_email(conn, &email))
                .await?
        }
        false => None,
    };
    let hash = user.as_ref().map(|user| user.hashed_pw.clone());
    let fits = passwords::verify(app, given.password.clone(), hash).await?;
    match user {
        Some(user) if fits && user.is_active => {
            // Only who knows the password gets here, so nobody who guesses can win a try by it.
            quota
                .give_back(Action::Login, Caller::Account(&bucket))
                .await;
            let (id, checked) = (user.id.clone(), user.hashed_pw.clone());
            enter(app, user, given, format, quota.client, move |conn, by| {
                match users::standing(conn, &id)?.map(|user| (user.hashed_pw, user.is_active)) {
                    Some((hash, true)) if hash == checked => {}
                    Some((hash, false)) if hash == checked => return Err(Error::Inactive),
                    // Changed while it was checked: who changed it has ended all sessions, and this would outlive them.
                    _ => return Err(Error::WrongPassword),
                }
                account_events::record(conn, Some(&id), EventKind::Login, by, None)
            })
            .await
        }
        Some(user) => {
            record_failure(app, user.id, quota.client);
            // Said only to somebody who knows the password.
            Err(if fits {
                Error::Inactive
            } else {
                Error::WrongPassword
            })
        }
        None => Err(Error::WrongPassword),
    }
}

/// Writes down that somebody wasn't let in, without letting them wait for it: the answer would come later where there is
/// such an account than where there is none.
fn record_failure(app: &App, user_id: String, client: Client) {
    let db = app.db.clone();
    tokio::spawn(async move {
        let by = By::unknown(client.0);
        let written = db
            .write(move |conn| account_events::record_failure(conn, &user_id, &by))
            .await;
        if let Err(error) = written {
            tracing::warn!(
                cause = error.causes(),
                "a failed login was not written down"
            );
        }
    });
}

/// The OAuth2 password grant (RFC 6749, section 4.3), with its own errors.
///
/// # Errors
/// [`Error::Grant`], or what isn't the caller's fault.
pub async fn grant(
    app: &App,
    given: &Credentials,
    format: Format,
    quota: &Quota,
    device: &Device,
) -> Result<Entered, Error> {
    let refuse = |code, description: String| Err(Error::Grant { code, description });
    if given.grant_type.as_deref() != Some("password") {
        let description = "Only grant_type=password is supported.".into();
        return refuse("unsupported_grant_type", description);
    }
    match check_credentials(app, given, format, quota, device).await {
        Err(error @ Error::Invalid(_)) => refuse("invalid_request", error.to_string()),
        Err(error @ (Error::WrongPassword | Error::Inactive)) => {
            refuse("invalid_grant", error.to_string())
        }
        other => other,
    }
}

/// Begins a session, together with what else has to be stored.
async fn enter(
    app: &App,
    user: User,
    given: &Credentials,
    format: Format,
    client: Client,
    store: impl FnOnce(&mut Conn, &By) -> Result<(), Error> + Send + 'static,
) -> Result<Entered, Error> {
    let now = db::now();
    let expires_at = now + Duration::seconds(tokens::LOGIN_LIFETIME);
    let session = NewSession {
        id: db::new_id(),
        user_id: user.id.clone(),
        kind: match format {
            Format::Json => Kind::Api,
            Format::Page | Format::Fragment => Kind::Browser,
        }
        .as_str(),
        name: None,
        created_at: now,
        expires_at,
    };
    let token = tokens::of_session(&app.config.jwt, &session)?;
    let by = By::person(client.0, &session.id);
    app.db
        .write(move |conn| {
            store(conn, &by)?;
            sessions::insert(conn, &session)
        })
        .await?;
    Ok(Entered {
        user,
        token,
        next: safe_next(given.next.as_deref()),
    })
}

fn normalize(email: &str) -> String {
    email.trim().to_lowercase()
}

/// An email as it is kept: in lower case, without spaces around it.
///
/// # Errors
/// [`Error::Invalid`] on the field `email`.
pub fn check_email(email: &str) -> Result<String, Error> {
    let email = normalize(email);
    let refuse = |detail| Err(Error::field("email", detail));
    match email.as_str() {
        "" => refuse("Enter your email."),
        // RFC 5321 allows no longer path.
        text if text.len() > 254 => refuse("That email is too long to be one."),
        text if !email_address::EmailAddress::is_valid(text) || !text.chars().all(shows) => {
            refuse("Enter an email like name@example.com.")
        }
        _ => Ok(email),
    }
}
