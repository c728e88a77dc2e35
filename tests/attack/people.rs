//! Who attacks: each with a browser, htmx and a program, and with what has happened to them.

use autio::db::users;
use diesel::prelude::*;
use diesel::sql_types::Text;
use reqwest::{Method, RequestBuilder};
use serde_json::Value;

use crate::routes::{Ids, Route};
use crate::site::{Caller, Site};

/// The three ways to ask.
pub const WAYS: [&str; 3] = ["page", "htmx", "program"];

/// Somebody with an account, in all three ways.
pub struct Person {
    pub email: String,
    pub user_id: String,
    /// In the order of [`WAYS`].
    pub callers: [Caller; 3],
}

/// What has happened to an account or its sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Revoked,
    Expired,
    Inactive,
    Deleted,
}

pub const FATES: [Fate; 4] = [Fate::Revoked, Fate::Expired, Fate::Inactive, Fate::Deleted];

impl Person {
    pub async fn new(site: &Site, name: &str) -> Self {
        let email = format!("{name}@example.com");
        let entered = site.sign_up(&email).await;
        let token = entered["access_token"].as_str().unwrap();
        let person = Self {
            user_id: entered["user"]["id"].as_str().unwrap().to_owned(),
            callers: [site.browser(), site.htmx(), site.program(token)],
            email,
        };
        person.callers[0].log_in(&person.email).await;
        person.callers[1].log_in(&person.email).await;
        person
    }

    /// Nobody, in all three ways.
    pub fn stranger(site: &Site) -> Self {
        Self {
            email: String::new(),
            user_id: String::new(),
            callers: [site.browser(), site.htmx(), site.stranger()],
        }
    }

    /// In again, after the sessions have ended.
    pub async fn log_in_again(&mut self, site: &Site) {
        for caller in &self.callers[..2] {
            caller.log_in(&self.email).await;
        }
        let form = [
            ("email", self.email.as_str()),
            ("password", crate::site::PASSWORD),
        ];
        let entered = site.stranger().post("/auth/login").form(&form);
        let entered: Value = entered.send().await.unwrap().json().await.unwrap();
        self.callers[2] = site.program(entered["access_token"].as_str().unwrap());
    }

    pub fn program(&self) -> &Caller {
        &self.callers[2]
    }

    pub async fn meet(&self, site: &Site, fate: Fate) {
        let id = self.user_id.clone();
        let run = move |sql: &'static str, id: String| {
            site.app
                .db
                .write(move |conn| Ok(diesel::sql_query(sql).bind::<Text, _>(id).execute(conn)?))
        };
        match fate {
            Fate::Revoked => {
                let sql = "UPDATE sessions SET revoked_at = created_at WHERE user_id = $1";
                assert_eq!(run(sql, id).await.unwrap(), 3);
            }
            Fate::Expired => {
                let sql = "UPDATE sessions SET expires_at = created_at WHERE user_id = $1";
                assert_eq!(run(sql, id).await.unwrap(), 3);
            }
            Fate::Inactive => {
                let off = site
                    .app
                    .db
                    .write(move |conn| users::set_active(conn, &id, false));
                off.await.unwrap();
            }
            Fate::Deleted => {
                let gone = site.app.db.write(move |conn| users::delete(conn, &id));
                gone.await.unwrap();
            }
        }
    }
}

/// The request of that route as that caller sends it: programs in JSON, browsers as a form.
pub fn request(
    site: &Site,
    caller: &Caller,
    way: usize,
    route: &Route,
    ids: &Ids,
) -> RequestBuilder {
    with_body(
        send(site, caller, &route.method, &route.path(ids)),
        way,
        route,
        &route.body(),
    )
}

pub fn send(site: &Site, caller: &Caller, method: &Method, path: &str) -> RequestBuilder {
    caller
        .http
        .request(method.clone(), format!("{}{path}", site.base))
}

/// The same with another body.
pub fn with_body(
    request: RequestBuilder,
    way: usize,
    route: &Route,
    body: &Value,
) -> RequestBuilder {
    match (route.is_unsafe(), WAYS[way]) {
        (false, _) => request,
        (true, "program") => request.json(body),
        (true, _) => request.form(body),
    }
}
