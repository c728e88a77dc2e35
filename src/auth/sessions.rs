//! The sessions of a person, to see and to end: logins, and named tokens for programs.

use actix_session::Session as Cookie;
use actix_web::http::StatusCode;
use actix_web::web;
use chrono::Duration;
use serde_json::{Value, json};

use super::answers::{Login, Logins, NamedToken, NamedTokens, NewToken};
use super::preferences::Given;
use super::section::Section;
use super::settings::{Answer, Made, Settings, done, go_to, refuse};
use super::{CurrentUser, tokens};
use crate::db::account_events::{self, By, EventKind};
use crate::db::sessions::{self, Kind, NewSession, Session};
use crate::db::{self, Conn, users};
use crate::error::{Error, FieldError};
use crate::state::App;
use crate::web::format::Format;
use crate::web::input::{AUTH_LIMIT, Input, parse_id, read_line};
use crate::web::page::Paging;
use crate::web::view::Show;

/// What a person's browsers and programs logged in with.
const LOGINS: [Kind; 2] = [Kind::Browser, Kind::Api];
/// More tokens than anybody needs at a time.
const MOST_TOKENS: usize = 20;
/// The longest name of a token, in characters.
const LONGEST_NAME: usize = 60;
/// How long a token lasts, in days.
const DAYS: std::ops::RangeInclusive<i64> = 1..=365;
const USUAL_DAYS: i64 = 90;

/// `GET /auth/sessions`.
#[utoipa::path(
    get,
    path = "/auth/sessions",
    operation_id = "list_sessions",
    tag = "Sessions and tokens",
    summary = "Where I am logged in",
    params(Paging),
    responses((status = 200, description = "The logins that live", body = Logins)),
)]
pub async fn list(
    app: web::Data<App>,
    format: Format,
    current: CurrentUser,
    paging: web::Query<Paging>,
) -> Result<Show<Answer>, Error> {
    let this = current.session_id.clone();
    let (live, next) = live(&app, current, &LOGINS, &paging).await?;
    let sessions = live.iter().map(|one| Login::new(one, &this)).collect();
    let json = json!(Logins { sessions, next });
    Ok(go_to(format, "/auth/me#sessions".into(), json))
}

/// `DELETE /auth/sessions/{id}`, and `POST …/revoke` from a form. Ending the one that asks is logging out.
#[utoipa::path(
    delete,
    path = "/auth/sessions/{id}",
    tag = "Sessions and tokens",
    summary = "End one login; ending the one that asks is logging out",
    responses((status = 204, description = "It is dead at once"), (status = 403, description = "A named token can't end logins"), (status = 404)),
)]
pub async fn end_session(
    app: web::Data<App>,
    format: Format,
    cookie: Cookie,
    current: CurrentUser,
    id: web::Path<String>,
) -> Result<Show<Answer>, Error> {
    refuse_token(
        &current,
        "A token can't end logins. Log in with your password to end one.",
    )?;
    let is_this = *id == current.session_id;
    end(&app, current, &id, &LOGINS).await?;
    if is_this {
        cookie.purge();
        return Ok(go_to(format, "/".into(), Value::Null));
    }
    Ok(done(format, Section::Sessions, Value::Null))
}

/// `DELETE /auth/sessions`, and `POST /auth/sessions/revoke` from a form: logs out everywhere else. Tokens stay.
#[utoipa::path(
    delete,
    path = "/auth/sessions",
    tag = "Sessions and tokens",
    summary = "Log out everywhere else; tokens stay",
    responses(
        (status = 204, description = "Done"),
        (status = 403, description = "A named token can't end logins"),
    ),
)]
pub async fn end_others(
    app: web::Data<App>,
    format: Format,
    current: CurrentUser,
) -> Result<Show<Answer>, Error> {
    refuse_token(
        &current,
        "A token can't end logins. Log in with your password to end them.",
    )?;
    let by = current.by();
    let (id, user_id) = (current.session_id, current.user.id);
    app.db
        .write(move |conn| {
            sessions::revoke_others(conn, &id, &user_id, &LOGINS, db::now())?;
            account_events::record(conn, Some(&user_id), EventKind::SessionsRevoked, &by, None)
        })
        .await?;
    Ok(done(format, Section::Sessions, Value::Null))
}

/// `GET /auth/tokens`.
#[utoipa::path(
    get,
    path = "/auth/tokens",
    tag = "Sessions and tokens",
    summary = "My named tokens",
    params(Paging),
    responses((status = 200, description = "Those that live, without the tokens themselves", body = NamedTokens)),
)]
pub async fn list_tokens(
    app: web::Data<App>,
    format: Format,
    current: CurrentUser,
    paging: web::Query<Paging>,
) -> Result<Show<Answer>, Error> {
    let (live, next) = live(&app, current, &[Kind::Token], &paging).await?;
    let tokens = live.iter().map(NamedToken::from).collect();
    let json = json!(NamedTokens { tokens, next });
    Ok(go_to(format, "/auth/me#tokens".into(), json))
}

/// `POST /auth/tokens`: the answer is the only place where the token ever stands.
#[utoipa::path(
    post,
    path = "/auth/tokens",
    tag = "Sessions and tokens",
    summary = "Make a named token, which is shown this once",
    description = "20 at most. A token can't make tokens.",
    request_body = NewToken,
    responses(
        (status = 201, description = "The token", body = NamedToken),
        (status = 403, description = "This is a token itself: log in with the password"),
        (status = 409, description = "There are 20 already"),
    ),
)]
pub async fn make_token(
    app: web::Data<App>,
    format: Format,
    current: CurrentUser,
    body: Input<Given, AUTH_LIMIT>,
) -> Result<Show<Answer>, Error> {
    let made = match create(&app, &current, &body.value).await {
        Ok(made) => made,
        Err(error) => {
            return refuse(&app, format, current, Section::Tokens, error, body.value).await;
        }
    };
    let mut settings = Settings::find(&app, format, current).await?;
    settings.made = Some(made);
    let answer = Answer::Settings(Box::new(settings));
    Ok(Show::with_status(answer, StatusCode::CREATED))
}

/// `DELETE /auth/tokens/{id}`, and `POST …/revoke` from a form.
#[utoipa::path(
    delete,
    path = "/auth/tokens/{id}",
    tag = "Sessions and tokens",
    summary = "Revoke a token",
    responses((status = 204, description = "It is dead at once"), (status = 404)),
)]
pub async fn revoke_token(
    app: web::Data<App>,
    format: Format,
    current: CurrentUser,
    id: web::Path<String>,
) -> Result<Show<Answer>, Error> {
    end(&app, current, &id, &[Kind::Token]).await?;
    Ok(done(format, Section::Tokens, Value::Null))
}

/// Some of the person's sessions of these kinds, and the cursor of the others.
async fn live(
    app: &App,
    current: CurrentUser,
    kinds: &[Kind],
    paging: &Paging,
) -> Result<(Vec<Session>, Option<String>), Error> {
    let user_id = current.user.id;
    let mut live = app
        .db
        .read(move |conn| sessions::live(conn, &user_id, db::now()))
        .await?;
    live.retain(|session| kinds.contains(&session.kind));
    paging.cut(
        live,
        |session| session.id.clone(),
        |id| parse_id(id).is_ok(),
    )
}

/// Ends one of the person's sessions of these kinds; any other id is one that never was.
async fn end(app: &App, current: CurrentUser, id: &str, kinds: &[Kind]) -> Result<(), Error> {
    let by = current.by();
    let (id, user_id, kinds) = (parse_id(id)?, current.user.id, kinds.to_vec());
    app.db
        .write(move |conn| end_one(conn, &user_id, &id, &kinds, &by))
        .await
}

/// Ends a session of that user of these kinds, and writes it down.
///
/// # Errors
/// [`Error::NotFound`] if there is none of that id that lives.
pub fn end_one(
    conn: &mut Conn,
    user_id: &str,
    id: &str,
    kinds: &[Kind],
    by: &By,
) -> Result<(), Error> {
    let now = db::now();
    let mut live = sessions::live(conn, user_id, now)?.into_iter();
    let one = live.find(|one| one.id == id && kinds.contains(&one.kind));
    match one {
        Some(one) if sessions::revoke(conn, id, user_id, now)? => {
            let kind = match one.kind {
                Kind::Token => EventKind::TokenRevoked,
                Kind::Browser | Kind::Api => EventKind::SessionRevoked,
            };
            account_events::record(conn, Some(user_id), kind, by, Some(id))
        }
        _ => Err(Error::NotFound),
    }
}

async fn create(app: &App, current: &CurrentUser, given: &Given) -> Result<Made, Error> {
    // Else one that leaked would live on in those it made.
    refuse_token(
        current,
        "A token can't make tokens. Log in with your password to make one.",
    )?;
    let (name, days) = read(given)?;
    let now = db::now();
    let row = NewSession {
        id: db::new_id(),
        user_id: current.user.id.clone(),
        kind: Kind::Token.as_str(),
        name: Some(name.clone()),
        created_at: now,
        expires_at: now + Duration::days(days),
    };
    let made = Made {
        token: tokens::of_session(&app.config.jwt, &row)?,
        session: Session {
            id: row.id.clone(),
            kind: Kind::Token,
            name: Some(name),
            created_at: row.created_at,
            expires_at: row.expires_at,
        },
    };
    let by = current.by();
    let this = current.session_id.clone();
    app.db
        .write(move |conn| {
            users::hold(conn, &row.user_id)?;
            // Ended while this was under way: what it makes would outlive it.
            if sessions::live_user(conn, &this, &row.user_id, now)?.is_none() {
                return Err(Error::Unauthenticated);
            }
            let live = sessions::live(conn, &row.user_id, now)?;
            let tokens = live.iter().filter(|one| one.kind == Kind::Token);
            if tokens.count() >= MOST_TOKENS {
                return Err(Error::State(
                    "You have 20 tokens, which is as many as there can be. Revoke one first.",
                ));
            }
            sessions::insert(conn, &row)?;
            let made = Some(row.id.as_str());
            account_events::record(conn, Some(&row.user_id), EventKind::TokenMade, &by, made)
        })
        .await?;
    Ok(made)
}

/// What a named token can't do, lest one that leaked shuts its owner out.
fn refuse_token(current: &CurrentUser, why: &'static str) -> Result<(), Error> {
    match current.kind {
        Kind::Token => Err(Error::Forbidden(why)),
        Kind::Browser | Kind::Api => Ok(()),
    }
}

/// The name and the days of a token that is to be made.
fn read(given: &Given) -> Result<(String, i64), Error> {
    let mut wrong = Vec::new();
    let mut blame = |field: &str, detail: String| {
        wrong.push(FieldError {
            field: field.to_owned(),
            detail,
        });
    };
    let name = given.get("name").and_then(Value::as_str);
    let name = read_line(name.unwrap_or_default(), LONGEST_NAME);
    if name.is_none() {
        let detail =
            format!("Give the token a name of 1 to {LONGEST_NAME} characters that can be seen.");
        blame("name", detail);
    }
    let days = match given.get("expires_in_days") {
        None | Some(Value::Null) => Some(USUAL_DAYS),
        Some(Value::Number(days)) => days.as_i64(),
        Some(Value::String(text)) if text.trim().is_empty() => Some(USUAL_DAYS),
        Some(Value::String(text)) => text.trim().parse().ok(),
        Some(_) => None,
    };
    let days = days.filter(|days| DAYS.contains(days));
    if days.is_none() {
        let (first, last) = (DAYS.start(), DAYS.end());
        let detail = format!("A token lasts {first} to {last} days.");
        blame("expires_in_days", detail);
    }
    match (name, days) {
        (Some(name), Some(days)) => Ok((name.to_owned(), days)),
        _ => Err(Error::Invalid(wrong)),
    }
}
