//! Accounts and sessions: who is asking, checked in one way for cookies and for tokens.

mod accounts;
mod activity;
mod answers;
mod credentials;
pub mod ending;
mod entering;
mod export;
mod forms;
pub mod invitations;
mod known;
pub mod passwords;
mod preferences;
mod section;
mod sessions;
mod settings;
pub mod tokens;
mod usage;

pub use activity::Happening;
pub use entering::check_email;
pub use forms::safe_next;
pub use sessions::end_one;

use actix_session::{Session, SessionExt};
use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use futures_util::future::LocalBoxFuture;
use utoipa::OpenApi;

use crate::db::account_events::By;
use crate::db::sessions::Kind;
use crate::db::{self, users::User};
use crate::error::Error;
use crate::state::App;
use crate::web::client::Client;
use crate::web::view::Person;

/// Where the browser's session keeps the token.
const TOKEN: &str = "token";
/// Where it keeps what a visitor wrote before they had an account.
const DRAFT: &str = "draft";

/// Keeps what somebody wrote whose session has ended, until they are in again; what is too long for a cookie can't be.
///
/// # Errors
/// [`Error::Internal`] when it can't be written down.
pub fn keep_draft(session: &Session, text: &str) -> Result<(), Error> {
    match text.len() <= forms::LONGEST_DRAFT {
        true => session.insert(DRAFT, text).map_err(Error::internal),
        false => Ok(()),
    }
}

/// What a visitor wrote on the landing page, once: it waits in the encrypted cookie until they are in.
pub fn take_draft(session: &Session) -> Option<String> {
    session.remove_as(DRAFT).and_then(Result::ok)
}

/// The routes of this module as programs see them.
#[derive(OpenApi)]
#[openapi(paths(
    accounts::signup,
    accounts::login,
    accounts::logout,
    settings::me,
    settings::change,
    credentials::delete_account,
    credentials::change_password,
    credentials::change_email,
    activity::list,
    usage::read,
    export::export,
    sessions::list,
    sessions::end_others,
    sessions::end_session,
    sessions::list_tokens,
    sessions::make_token,
    sessions::revoke_token,
))]
pub struct Api;

/// Adds the routes of this module.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(
            web::resource("/login")
                .name("login")
                .route(web::get().to(forms::login)),
        )
        .service(web::resource("/signup").route(web::get().to(forms::signup)))
        .service(web::resource("/auth/signup").route(web::post().to(accounts::signup)))
        .service(web::resource("/auth/login").route(web::post().to(accounts::login)))
        .service(web::resource("/auth/logout").route(web::post().to(accounts::logout)))
        .service(
            web::resource("/auth/me")
                .route(web::get().to(settings::me))
                .route(web::patch().to(settings::change))
                // A form without JavaScript can only post.
                .route(web::post().to(settings::change))
                .route(web::delete().to(credentials::delete_account)),
        )
        .service(
            web::resource("/auth/me/delete").route(web::post().to(credentials::delete_account)),
        )
        .service(
            web::resource("/auth/password").route(web::post().to(credentials::change_password)),
        )
        .service(web::resource("/auth/email").route(web::post().to(credentials::change_email)))
        .service(web::resource("/auth/events").route(web::get().to(activity::list)))
        .service(web::resource("/auth/usage").route(web::get().to(usage::read)))
        .service(web::resource("/auth/export").route(web::get().to(export::export)))
        .service(
            web::resource("/auth/sessions")
                .route(web::get().to(sessions::list))
                .route(web::delete().to(sessions::end_others)),
        )
        .service(web::resource("/auth/sessions/revoke").route(web::post().to(sessions::end_others)))
        .service(
            web::resource("/auth/sessions/{id}").route(web::delete().to(sessions::end_session)),
        )
        .service(
            web::resource("/auth/sessions/{id}/revoke")
                .route(web::post().to(sessions::end_session)),
        )
        .service(
            web::resource("/auth/tokens")
                .route(web::get().to(sessions::list_tokens))
                .route(web::post().to(sessions::make_token)),
        )
        .service(web::resource("/auth/tokens/{id}").route(web::delete().to(sessions::revoke_token)))
        .service(
            web::resource("/auth/tokens/{id}/revoke").route(web::post().to(sessions::revoke_token)),
        );
}

/// Who is asking. As a handler's argument it refuses everybody without a live session.
#[derive(Clone, Debug)]
pub struct CurrentUser {
    pub user: User,
    /// The row of `sessions`, and the token's `jti`.
    pub session_id: String,
    /// How that session began.
    pub kind: Kind,
    /// Where the request comes from.
    pub client: Client,
}

impl CurrentUser {
    /// As the log of events has it.
    pub fn by(&self) -> By {
        By::person(self.client.0, &self.session_id)
    }
}

impl FromRequest for CurrentUser {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self, Error>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let req = req.clone();
        Box::pin(async move {
            let app = req
                .app_data::<web::Data<App>>()
                .ok_or_else(|| Error::internal("the server was set up without its state"))?;
            let token = token_of(&req).ok_or(Error::Unauthenticated)?;
            let claims = tokens::check(&app.config.jwt, &token)?;
            let (session_id, user_id) = (claims.jti.clone(), claims.sub);
            let (user, kind) = app
                .db
                .read(move |conn| db::sessions::live_user(conn, &claims.jti, &user_id, db::now()))
                .await?
                .ok_or(Error::Unauthenticated)?;
            req.extensions_mut().insert(Person {
                email: user.email.clone(),
                theme: user.preferences.theme,
                units: user.preferences.units,
            });
            Ok(Self {
                user,
                session_id,
                kind,
                client: Client::of_request(&req, &app.config.trusted_proxies),
            })
        })
    }
}

/// The Bearer token, or else the one in the session cookie. With `Authorization` no cookie counts, and with two of them
/// nothing does: whoever stands in between may have read the other one.
fn token_of(req: &HttpRequest) -> Option<String> {
    let mut given = req.headers().get_all(header::AUTHORIZATION);
    match (given.next(), given.next()) {
        (Some(value), None) => {
            let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
            scheme
                .eq_ignore_ascii_case("bearer")
                .then(|| token.trim().to_owned())
        }
        (Some(_), Some(_)) => None,
        // A cookie that can't be read is as good as none.
        (None, _) => req.get_session().get(TOKEN).ok().flatten(),
    }
}
