//! What takes the password: changing it, changing the email, and deleting the account.

use actix_session::Session as Cookie;
use actix_web::http::StatusCode;
use actix_web::{HttpMessage, HttpRequest, web};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::answers::Account;
use super::entering::check_email;
use super::preferences::Given;
use super::section::Section;
use super::settings::{Answer, done, refuse};
use super::{CurrentUser, ending, passwords};
use crate::db::account_events::{self, Actor, EventKind};
use crate::db::sessions::{self, Kind};
use crate::db::users::User;
use crate::db::{self, users};
use crate::error::{Error, FieldError};
use crate::limit::{Action, Caller};
use crate::state::App;
use crate::web::format::Format;
use crate::web::input::{AUTH_LIMIT, Input};
use crate::web::quota::Quota;
use crate::web::view::{Person, Show};

/// `{current_password, new_password}`
#[derive(Debug, Deserialize, ToSchema)]
pub struct NewPassword {
    #[serde(default)]
    #[schema(required, value_type = String, format = Password)]
    current_password: SecretString,
    /// 8 to 128 characters that are not easy to guess.
    #[serde(default)]
    #[schema(required, value_type = String, format = Password)]
    new_password: SecretString,
}

/// `{email, password}`
#[derive(Debug, Deserialize, ToSchema)]
pub struct NewEmail {
    #[serde(default)]
    #[schema(required, format = Email, max_length = 254)]
    email: String,
    #[serde(default)]
    #[schema(required, value_type = String, format = Password)]
    password: SecretString,
}

/// `{password}`
#[derive(Debug, Deserialize, ToSchema)]
pub struct Goodbye {
    #[serde(default)]
    #[schema(required, value_type = String, format = Password)]
    password: SecretString,
}

/// `POST /auth/password`: every other session and all tokens end; this session goes on.
#[utoipa::path(
    post,
    path = "/auth/password",
    tag = "Account",
    summary = "Change the password: every other session and all tokens end",
    request_body = NewPassword,
    responses(
        (status = 204, description = "Done; this session goes on"),
        (status = 409, description = "It was changed from somewhere else a moment ago"),
        (status = 429),
    ),
)]
pub async fn change_password(
    app: web::Data<App>,
    format: Format,
    quota: Quota,
    current: CurrentUser,
    body: Input<NewPassword, AUTH_LIMIT>,
) -> Result<Show<Answer>, Error> {
    match set_password(&app, &quota, &current, body.value).await {
        Ok(()) => Ok(done(format, Section::Password, Value::Null)),
        Err(error) => {
            refuse(
                &app,
                format,
                current,
                Section::Password,
                error,
                Given::new(),
            )
            .await
        }
    }
}

async fn set_password(
    app: &App,
    quota: &Quota,
    current: &CurrentUser,
    given: NewPassword,
) -> Result<(), Error> {
    let user = &current.user;
    let (password, email) = (given.new_password.clone(), user.email.clone());
    // First, so that looking for a better password costs no tries.
    tokio::task::spawn_blocking(move || passwords::check_strength(&password, &email))
        .await
        .map_err(Error::internal)?
        .map_err(|error| match error {
            Error::Invalid(fields) => Error::Invalid(rename(fields, "new_password")),
            other => other,
        })?;
    check_password(app, quota, user, given.current_password, "current_password").await?;
    let new = passwords::hash(app, given.new_password).await?;
    let (id, old, this) = (
        user.id.clone(),
        user.hashed_pw.clone(),
        current.session_id.clone(),
    );
    let by = current.by();
    app.db
        .write(move |conn| {
            users::hold(conn, &id)?;
            if !users::set_password(conn, &id, &old, &new)? {
                return Err(Error::State(
                    "Your password was changed from somewhere else a moment ago, so this change was not made. Load the page again.",
                ));
            }
            let all = [Kind::Browser, Kind::Api, Kind::Token];
            sessions::revoke_others(conn, &this, &id, &all, db::now())?;
            account_events::record(conn, Some(&id), EventKind::PasswordChanged, &by, None)
        })
        .await
}

/// `POST /auth/email`.
#[utoipa::path(
    post,
    path = "/auth/email",
    tag = "Account",
    summary = "Change the email",
    request_body = NewEmail,
    responses(
        (status = 200, description = "The account", body = Account),
        (status = 409, description = "There is an account with that email"),
        (status = 429),
    ),
)]
pub async fn change_email(
    app: web::Data<App>,
    format: Format,
    quota: Quota,
    current: CurrentUser,
    body: Input<NewEmail, AUTH_LIMIT>,
) -> Result<Show<Answer>, Error> {
    let typed = Value::from(body.value.email.as_str());
    match set_email(&app, &quota, &current, body.value).await {
        Ok(changed) => Ok(done(format, Section::Email, json!(Account::from(&changed)))),
        Err(error) => {
            let typed = Given::from_iter([("email".to_owned(), typed)]);
            refuse(&app, format, current, Section::Email, error, typed).await
        }
    }
}

async fn set_email(
    app: &App,
    quota: &Quota,
    current: &CurrentUser,
    given: NewEmail,
) -> Result<User, Error> {
    let email = check_email(&given.email)?;
    check_password(app, quota, &current.user, given.password, "password").await?;
    let (id, by) = (current.user.id.clone(), current.by());
    app.db
        .write(move |conn| {
            users::set_email(conn, &id, &email)?;
            account_events::record(conn, Some(&id), EventKind::EmailChanged, &by, None)?;
            users::get(conn, &id)
        })
        .await
}

/// `DELETE /auth/me`, and `POST /auth/me/delete` from a form: nothing of the person stays, and replies that run are stopped.
#[utoipa::path(
    delete,
    path = "/auth/me",
    tag = "Account",
    summary = "Delete the account and every row of it",
    request_body = Goodbye,
    responses((status = 204, description = "It is gone, with every session"), (status = 429)),
)]
pub async fn delete_account(
    req: HttpRequest,
    app: web::Data<App>,
    format: Format,
    quota: Quota,
    cookie: Cookie,
    current: CurrentUser,
    body: Input<Goodbye, AUTH_LIMIT>,
) -> Result<Show<Answer>, Error> {
    let password = body.value.password;
    let checked = check_password(&app, &quota, &current.user, password, "password").await;
    if let Err(error) = checked {
        return refuse(&app, format, current, Section::Delete, error, Given::new()).await;
    }
    ending::delete(&app.db, &current.user.id, Actor::Person, |reply| {
        app.stops.tell(&reply);
    })
    .await?;
    cookie.purge();
    // The page that says so is nobody's.
    req.extensions_mut().remove::<Person>();
    let status = match format.is_html() {
        true => StatusCode::OK,
        false => StatusCode::NO_CONTENT,
    };
    Ok(Show::with_status(Answer::Gone, status))
}

/// Whether it is the person's own password. Whoever finds a browser open can't guess faster here than at the login, but
/// the tries are those of who is logged in: guessing from elsewhere doesn't keep anybody from a new password.
async fn check_password(
    app: &App,
    quota: &Quota,
    user: &User,
    password: SecretString,
    field: &str,
) -> Result<(), Error> {
    if password.expose_secret().is_empty() {
        return Err(Error::field(field, "Enter your password."));
    }
    let account = Caller::Account(&user.id);
    quota.take(Action::Login, account).await?;
    if !passwords::verify(app, password, Some(user.hashed_pw.clone())).await? {
        return Err(Error::field(field, "That is not your password."));
    }
    quota.give_back(Action::Login, account).await;
    Ok(())
}

fn rename(fields: Vec<FieldError>, name: &str) -> Vec<FieldError> {
    let renamed = fields.into_iter().map(|field| FieldError {
        field: name.to_owned(),
        ..field
    });
    renamed.collect()
}
