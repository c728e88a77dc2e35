//! Signing up, logging in and out.

use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::{Either, web};
use chrono::Duration;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::answers::{Access, LoginForm};
use super::forms::{AuthForm, FormKind, safe_next};
use super::known::{self, Device};
use super::{CurrentUser, TOKEN, invitations, passwords, tokens};
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
use crate::web::input::{AUTH_LIMIT, Input, is_storable, shows};
use crate::web::problem::{Body, GrantError};
use crate::web::quota::Quota;
use crate::web::view::{Html, Shell, Show, View};

/// What signup and login take, as JSON or as a form. OAuth2 calls the email `username`.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({ "email": "ann@example.com", "password": "tin roof rusted 77" }))]
pub struct Credentials {
    #[serde(default, alias = "username")]
    #[schema(required, format = Email, max_length = 254)]
    email: String,
    #[serde(default)]
    #[schema(required, value_type = String, format = Password, min_length = 1)]
    password: SecretString,
    #[schema(ignore)]
    grant_type: Option<String>,
    /// The secret of an invitation's link, to sign up with.
    #[schema(value_type = Option<String>)]
    invitation: Option<SecretString>,
    /// Where the browser was going.
    #[schema(ignore)]
    next: Option<String>,
}

type Given = Input<Credentials, AUTH_LIMIT>;
/// In, or the form again with what is wrong.
type EnteredOrForm = Either<Show<Entered>, Show<AuthForm>>;

/// `POST /auth/signup`.
#[utoipa::path(
    post,
    path = "/auth/signup",
    tag = "Account",
    summary = "Make an account",
    description = "The password has 8 to 128 characters and must not be easy to guess; the error says how to make it stronger. Where signing up is by invitation, the invitation's secret has to come along.",
    request_body = Credentials,
    security(()),
    responses(
        (status = 201, description = "The account, and a token for it", body = Access),
        (status = 403, description = "Signing up is closed, or the invitation is used up or somebody else's"),
        (status = 409, description = "There is an account with that email"),
        (status = 429),
    ),
)]
pub async fn signup(
    app: web::Data<App>,
    format: Format,
    session: Session,
    quota: Quota,
    device: Device,
    body: Given,
) -> Result<EnteredOrForm, Error> {
    let entered = create_account(&app, &body.value, format, &quota).await;
    let browser = Browser { session, device };
    finish(&app, FormKind::Signup, entered, body.value, format, browser)
}

/// `POST /auth/login`.
#[utoipa::path(
    post,
    path = "/auth/login",
    tag = "Account",
    summary = "Log in",
    description = "As a form with a `grant_type` it is the password grant of OAuth2 (RFC 6749, section 4.3), with that grant's own errors.",
    request_body(content(
        (Credentials = "application/json"),
        (LoginForm = "application/x-www-form-urlencoded"),
    )),
    security(()),
    responses(
        (status = 200, description = "A token that lasts 12 hours", body = Access),
        (status = 400, description = "The body can't be read, or the grant is refused", content(
            (Body = "application/problem+json"),
            (GrantError = "application/json"),
        )),
        (status = 401, description = "No account has that email and password"),
        (status = 403, description = "The account is turned off"),
        (status = 429),
    ),
)]
pub async fn login(
    app: web::Data<App>,
    format: Format,
    session: Session,
    quota: Quota,
    device: Device,
    body: Given,
) -> Result<EnteredOrForm, Error> {
    let is_grant = body.is_form && body.value.grant_type.is_some() && !format.is_html();
    let entered = match is_grant {
        true => grant(&app, &body.value, format, &quota, &device).await,
        false => check_credentials(&app, &body.value, format, &quota, &device).await,
    };
    let browser = Browser { session, device };
    finish(&app, FormKind::Login, entered, body.value, format, browser)
}

/// `POST /auth/logout`: the token is dead at once.
#[utoipa::path(
    post,
    path = "/auth/logout",
    tag = "Account",
    summary = "Log out: the token is dead at once",
    responses((status = 204, description = "Done")),
)]
pub async fn logout(
    app: web::Data<App>,
    format: Format,
    session: Session,
    current: Result<CurrentUser, Error>,
) -> Result<Show<LoggedOut>, Error> {
    match current {
        Ok(current) => {
            let by = current.by();
            let (id, user_id) = (current.session_id, current.user.id);
            app.db
                .write(move |conn| {
                    if sessions::revoke(conn, &id, &user_id, db::now())? {
                        account_events::record(conn, Some(&user_id), EventKind::Logout, &by, None)?;
                    }
                    Ok(())
                })
                .await?;
        }
        // A browser whose session has ended by itself wants its cookie gone all the same.
        Err(Error::Unauthenticated) if format.is_html() => {}
        Err(error) => return Err(error),
    }
    session.purge();
    Ok(Show::with_status(
        LoggedOut,
        match format {
            Format::Json => StatusCode::NO_CONTENT,
            _ => StatusCode::OK,
        },
    ))
}

/// What a browser keeps for us.
struct Browser {
    session: Session,
    device: Device,
}

/// Somebody who is in: the answer to signup and login.
pub struct Entered {
    user: User,
    token: String,
    next: String,
}

async fn create_account(
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

async fn check_credentials(
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
                match users::standing(conn, &id)? {
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
async fn grant(
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

/// Sets the cookies for browsers; what a person can mend brings the form back.
fn finish(
    app: &App,
    kind: FormKind,
    entered: Result<Entered, Error>,
    given: Credentials,
    format: Format,
    browser: Browser,
) -> Result<EnteredOrForm, Error> {
    match entered {
        Ok(entered) if format.is_html() => {
            // A new cookie at each login: one that was planted before is worth nothing.
            browser.session.renew();
            browser
                .session
                .insert(TOKEN, &entered.token)
                .map_err(Error::internal)?;
            let known = browser.device.remember(&app.config, &entered.user.email)?;
            Show::new(entered)
                .header("set-cookie", &known)
                .map(Either::Left)
        }
        Ok(entered) => {
            let status = match kind {
                FormKind::Signup => StatusCode::CREATED,
                FormKind::Login => StatusCode::OK,
            };
            Ok(Either::Left(Show::with_status(entered, status)))
        }
        Err(error) if format.is_html() && !matches!(error, Error::Internal(_)) => {
            let next = safe_next(given.next.as_deref());
            let mut form = AuthForm::new(kind, next);
            form.email = given.email;
            form.invitation = given.invitation;
            Ok(Either::Right(form.again(error)))
        }
        Err(error) => Err(error),
    }
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

impl View for Entered {
    fn json(&self) -> Value {
        json!(Access::new(&self.user, &self.token))
    }

    fn page(&self, _: &Shell) -> askama::Result<Html> {
        Ok(Html::GoTo(self.next.clone()))
    }
}

/// The answer to logout.
pub struct LoggedOut;

impl View for LoggedOut {
    fn json(&self) -> Value {
        Value::Null
    }

    fn page(&self, _: &Shell) -> askama::Result<Html> {
        Ok(Html::GoTo("/".into()))
    }
}
