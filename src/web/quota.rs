//! What a request takes of its caller's limits, and the `RateLimit` headers that say what is left
//! (draft-ietf-httpapi-ratelimit-headers).

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};

use super::client::Client;
use super::origin::RequestId;
use crate::db::messages::Origin;
use crate::error::Error;
use crate::limit::{Action, Caller, Left};
use crate::state::App;
use crate::trace;

/// The limits as they are for whoever sends a request. What is taken through it is told in the answer, whatever it is.
pub struct Quota {
    app: web::Data<App>,
    req: HttpRequest,
    /// Where it comes from.
    pub client: Client,
}

/// All that was taken for one request.
struct Taken(Vec<(Action, Left)>);

impl FromRequest for Quota {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let app = req.app_data::<web::Data<App>>().cloned();
        let app = app.ok_or_else(|| Error::internal("the server was set up without its state"));
        ready(app.map(|app| Self {
            client: Client::of_request(req, &app.config.trusted_proxies),
            app,
            req: req.clone(),
        }))
    }
}

impl Quota {
    /// The client's address, as a caller.
    pub fn address(&self) -> Caller<'static> {
        Caller::Address(self.client.0)
    }

    /// Which request it is.
    pub fn origin(&self) -> Origin {
        Origin {
            request_id: RequestId::of(&self.req),
            traceparent: self
                .app
                .config
                .traces
                .as_ref()
                .and_then(|_| trace::current()),
        }
    }

    /// Takes one for that caller.
    ///
    /// # Errors
    /// [`Error::TooMany`] when none is left. Nothing is taken then.
    pub async fn take(&self, action: Action, caller: Caller<'_>) -> Result<(), Error> {
        let taken = self.app.limiter.take(action, caller).await;
        match &taken {
            Ok(Some(left)) => self.note(action, *left),
            Err(Error::TooMany {
                limit, retry_after, ..
            }) => {
                self.app.metrics.limit_hit(limit);
                self.note(action, Left::none(*retry_after));
            }
            Ok(None) | Err(_) => {}
        }
        taken.map(drop)
    }

    /// Puts one back: what was taken last, and for nothing.
    pub async fn give_back(&self, action: Action, caller: Caller<'_>) {
        self.app.limiter.give_back(action, caller).await;
        if let Some(Taken(all)) = self.req.extensions_mut().get_mut::<Taken>()
            && let Some((_, left)) = all.last_mut()
        {
            left.remaining += 1;
        }
    }

    /// Leaves what was taken or refused last out of the answer: another bucket stands in for it.
    pub fn forget_last(&self) {
        if let Some(Taken(all)) = self.req.extensions_mut().get_mut::<Taken>() {
            all.pop();
        }
    }

    fn note(&self, action: Action, left: Left) {
        let mut notes = self.req.extensions_mut();
        match notes.get_mut::<Taken>() {
            Some(Taken(all)) => all.push((action, left)),
            None => drop(notes.insert(Taken(vec![(action, left)]))),
        }
    }
}

/// Adds what is left to the answer. Of several that count for the same action it is the one with the least: who has none
/// left by their address is helped by nothing that their account has.
pub fn add_headers(req: &HttpRequest, headers: &mut HeaderMap) {
    let notes = req.extensions();
    let Some(Taken(all)) = notes.get::<Taken>() else {
        return;
    };
    let least = all.iter().min_by_key(|(_, left)| left.remaining);
    let app = req.app_data::<web::Data<App>>();
    let Some((app, (action, left))) = app.zip(least) else {
        return;
    };
    let Some(rate) = action.rate(&app.config.limits) else {
        return;
    };
    let (name, burst) = (action.as_str(), rate.burst);
    let window = seconds(rate.interval() * burst);
    let policy = format!("\"{name}\";q={burst};w={window}");
    let (remaining, more_in) = (left.remaining, seconds(left.more_in));
    let limit = format!("\"{name}\";r={remaining};t={more_in}");
    for (name, value) in [("ratelimit-policy", policy), ("ratelimit", limit)] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
}

/// Whole seconds, never too few.
fn seconds(time: std::time::Duration) -> u64 {
    let whole = time.as_secs() + u64::from(time.subsec_nanos() > 0);
    whole.max(1)
}
