//! Signing up, logging in and out: what comes, and what is answered.

use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::{Either, web};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::answers::{Access, LoginForm};
use super::entering::{check_credentials, create_account, grant};
use super::forms::{AuthForm, FormKind, safe_next};
use super::known::Device;
use super::{CurrentUser, TOKEN};
use crate::db::account_events::{self, EventKind};
use crate::db::users::User;
use crate::db::{self, sessions};
use crate::error::Error;
use crate::state::App;
use crate::web::format::Format;
use crate::web::input::{AUTH_LIMIT, Input};
use crate::web::problem::{Body, GrantError};
use crate::web::quota::Quota;
use crate::web::view::{Html, Shell, Show, View};

/// What signup and login take, as JSON or as a form. OAuth2 calls the email `username`.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({ "email": "ann@example.com", "password": "tin roof rusted 77" }))]
pub struct Credentials {
    #[serde(default, alias = "username")]
    #[schema(required, format = Email, max_length = 254)]
    pub(super) email: String,
    #[serde(default)]
    #[schema(required, value_type = String, format = Password, min_length = 1)]
    pub(super) password: SecretString,
    #[schema(ignore)]
    pub(super) grant_type: Option<String>,
    /// The secret of an invitation's link, to sign up with.
    #[schema(value_type = Option<String>)]
    pub(super) invitation: Option<SecretString>,
    /// Where the browser was going.
    #[schema(ignore)]
    pub(super) next: Option<String>,
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
    pub(super) user: User,
    pub(super) token: String,
    pub(super) next: String,
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
