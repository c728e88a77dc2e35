//! Who has been in before: browsers and addresses that have logged in to an account have tries of their own, so that
//! whoever guesses from elsewhere can't keep its owner out.
//!
//! A browser is known by a cookie that outlives its sessions, as OWASP's "device cookies" have it; a program, which
//! keeps no cookies, by its address. Neither opens anything: both only choose the bucket that a try is taken from.

use std::future::{Ready, ready};

use actix_web::cookie::{Cookie, CookieJar, Key, SameSite, time};
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use chrono::Duration;
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::config::Config;
use crate::db::account_events::{self, By};
use crate::db::{self, users};
use crate::error::Error;
use crate::limit::{Action, Caller};
use crate::state::App;
use crate::web::client::Client;
use crate::web::input::is_storable;
use crate::web::quota::Quota;

/// How many accounts a browser is known to: those of a family.
const MOST_ACCOUNTS: usize = 5;
/// How long a browser stays known, in days; each login begins it anew.
const BROWSER_DAYS: i64 = 180;
/// How long an address does: others get it sooner or later.
const ADDRESS_DAYS: i64 = 30;

/// A browser as the limits know it.
#[derive(Clone, Debug)]
pub struct Device {
    /// Random, and a secret between the browser and us.
    name: String,
    /// Of the accounts that it has logged in to, the last one first.
    marks: Vec<String>,
}

/// Never refuses: a cookie that can't be read is as good as none.
impl FromRequest for Device {
    type Error = std::convert::Infallible;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let known = req
            .app_data::<web::Data<App>>()
            .and_then(|app| Self::read(req, &app.config));
        ready(Ok(known.unwrap_or_else(|| Self {
            name: db::new_id(),
            marks: Vec::new(),
        })))
    }
}

impl Device {
    fn read(req: &HttpRequest, config: &Config) -> Option<Self> {
        let mut jar = CookieJar::new();
        jar.add_original(req.cookie(cookie_name(config))?);
        let cookie = jar.private(&key(config)).get(cookie_name(config))?;
        let mut words = cookie.value().split(' ').map(str::to_owned);
        Some(Self {
            name: words.next()?,
            marks: words.collect(),
        })
    }

    /// The bucket that this browser has for an account: only if it has logged in to it before.
    fn bucket(&self, config: &Config, email: &str) -> Option<String> {
        let mark = self.mark(config, email);
        self.marks.contains(&mark).then_some(mark)
    }

    /// The `Set-Cookie` of this browser once it has logged in to that account.
    ///
    /// # Errors
    /// When there is no such cookie, which is a fault of ours.
    pub fn remember(mut self, config: &Config, email: &str) -> Result<String, Error> {
        let mark = self.mark(config, email);
        self.marks.retain(|known| *known != mark);
        self.marks.insert(0, mark);
        self.marks.truncate(MOST_ACCOUNTS);
        let value = format!("{} {}", self.name, self.marks.join(" "));
        let cookie = Cookie::build(cookie_name(config), value)
            .path("/")
            .http_only(true)
            .same_site(SameSite::Lax)
            .secure(config.is_https())
            .max_age(time::Duration::days(BROWSER_DAYS))
            .finish();
        let mut jar = CookieJar::new();
        jar.private_mut(&key(config)).add(cookie);
        jar.get(cookie_name(config))
            .map(ToString::to_string)
            .ok_or_else(|| Error::internal("the device's cookie is gone"))
    }

    fn mark(&self, config: &Config, email: &str) -> String {
        mark(config, "browser", &self.name, email)
    }
}

/// Takes one try to log in with that email, and returns the account's bucket that it was taken from.
///
/// From a browser that is known: its own, and no other. Else by address, against one who tries many accounts, and by
/// email, against many who try one; whether there is such an account and whether the password is right makes no
/// difference here. Once those of the email are used up, an address that is known has its own.
///
/// # Errors
/// [`Error::TooMany`] when none is left.
pub async fn take_try(
    app: &App,
    device: &Device,
    quota: &Quota,
    email: &str,
) -> Result<String, Error> {
    if let Some(own) = device.bucket(&app.config, email) {
        quota.take(Action::Login, Caller::Account(&own)).await?;
        return Ok(own);
    }
    quota.take(Action::Login, quota.address()).await?;
    let taken = quota.take(Action::Login, Caller::Account(email)).await;
    match taken {
        Ok(()) => Ok(email.to_owned()),
        Err(refused @ Error::TooMany { .. }) => {
            let Some(own) = known_address(app, quota.client, email).await? else {
                return Err(refused);
            };
            quota.forget_last();
            quota.take(Action::Login, Caller::Account(&own)).await?;
            Ok(own)
        }
        Err(error) => Err(error),
    }
}

/// The bucket of an address from which somebody has logged in to that account before.
async fn known_address(app: &App, client: Client, email: &str) -> Result<Option<String>, Error> {
    if !is_storable(email) {
        return Ok(None);
    }
    let email = email.to_owned();
    let known = app.db.read(move |conn| {
        let Some(user) = users::by_email(conn, &email)? else {
            return Ok(None);
        };
        let since = db::now() - Duration::days(ADDRESS_DAYS);
        let by = By::unknown(client.0);
        let is_known = account_events::is_known(conn, &user.id, &by, since)?;
        Ok(is_known.then_some(user.id))
    });
    let user_id = known.await?;
    Ok(user_id.map(|id| mark(&app.config, "address", &client.0.to_string(), &id)))
}

/// Sixteen bytes in hex that nobody can work out without our secret: so none of an attacker's emails is the name of
/// somebody's bucket.
fn mark(config: &Config, kind: &str, who: &str, account: &str) -> String {
    let key = config.jwt.derive("known clients");
    let mut hash = Hmac::<Sha256>::new(&key.into());
    hash.update(format!("{kind}\0{who}\0{account}").as_bytes());
    let bytes = hash.finalize().into_bytes();
    bytes[..16]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn cookie_name(config: &Config) -> &'static str {
    match config.is_https() {
        true => "__Host-autio-device",
        false => "autio-device",
    }
}

fn key(config: &Config) -> Key {
    Key::from(&config.jwt.derive("device cookie"))
}
