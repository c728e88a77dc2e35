//! Accounts and sessions: who is asking, checked in one way for cookies and for tokens.

mod accounts;
mod forms;
pub mod passwords;
pub mod tokens;

pub use forms::safe_next;

use actix_session::{Session, SessionExt};
use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use futures_util::future::LocalBoxFuture;

use crate::db::{self, sessions, users::User};
use crate::error::Error;
use crate::state::App;
use crate::web::view::Person;

/// Where the browser's session keeps the token.
const TOKEN: &str = "token";
/// Where it keeps what a visitor wrote before they had an account.
const DRAFT: &str = "draft";

/// What a visitor wrote on the landing page, once: it waits in the encrypted cookie until they are in.
pub fn take_draft(session: &Session) -> Option<String> {
    session.remove_as(DRAFT).and_then(Result::ok)
}

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
                .route(web::get().to(accounts::me))
                .route(web::patch().to(accounts::change))
                // A form without JavaScript can only post.
                .route(web::post().to(accounts::change)),
        );
}

/// Who is asking. As a handler's argument it refuses everybody without a live session.
#[derive(Clone, Debug)]
pub struct CurrentUser {
    pub user: User,
    /// The row of `sessions`, and the token's `jti`.
    pub session_id: String,
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
            let user = app
                .db
                .read(move |conn| sessions::live_user(conn, &claims.jti, &user_id, db::now()))
                .await?
                .ok_or(Error::Unauthenticated)?;
            req.extensions_mut().insert(Person {
                email: user.email.clone(),
            });
            Ok(Self { user, session_id })
        })
    }
}

/// The Bearer token, or else the one in the session cookie. With `Authorization` no cookie counts.
fn token_of(req: &HttpRequest) -> Option<String> {
    match req.headers().get(header::AUTHORIZATION) {
        Some(value) => {
            let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
            scheme
                .eq_ignore_ascii_case("bearer")
                .then(|| token.trim().to_owned())
        }
        // A cookie that can't be read is as good as none.
        None => req.get_session().get(TOKEN).ok().flatten(),
    }
}
