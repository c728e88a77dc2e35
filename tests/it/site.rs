//! A whole server for one test, and the four kinds of callers that it has.

use std::sync::Arc;
use std::time::Duration;

use autio::config::{Config, DatabaseUrl};
use autio::server::Server;
use autio::state::App;
use diesel::prelude::*;
use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::{Client, ClientBuilder, RequestBuilder, Response, redirect};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

pub const PASSWORD: &str = "tin roof rusted 77";
const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

/// A running server. Its files and database go with it.
pub struct Site {
    pub base: String,
    pub app: App,
    _database: Arc<Database>,
}

/// A database of this test's own.
pub struct Database {
    pub url: String,
    /// For PostgreSQL: where to drop it.
    admin: Option<String>,
    dir: tempfile::TempDir,
}

impl Database {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let Ok(admin) = std::env::var("AUTIO_TEST_POSTGRES") else {
            let url = dir.path().join("autio.db").to_str().unwrap().to_owned();
            return Self {
                url,
                admin: None,
                dir,
            };
        };
        let name = format!("autio_{}", uuid::Uuid::now_v7().simple());
        let mut conn = PgConnection::establish(&admin).unwrap();
        diesel::sql_query(format!("CREATE DATABASE {name}"))
            .execute(&mut conn)
            .unwrap();
        let mut url = reqwest::Url::parse(&admin).unwrap();
        url.set_path(&name);
        Self {
            url: url.into(),
            admin: Some(admin),
            dir,
        }
    }

    /// Settings as the environment would give them, on a free port.
    pub fn settings(&self, more: &[(&str, &str)]) -> Config {
        let own = [
            ("AUTIO_ADDR", "127.0.0.1:0"),
            ("AUTIO_PUBLIC_URL", "http://autio.test"),
            ("DATABASE_URL", &self.url),
            ("JWT_SECRET", "a secret of the tests, longer than 32 bytes"),
            // One account says more in a test than a person would.
            ("AUTIO_RATE_LIMITS", "off"),
        ];
        Config::read(|name| {
            let mut all = more.iter().chain(&own);
            all.find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        })
        .unwrap()
    }

    pub fn dir(&self) -> &std::path::Path {
        self.dir.path()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Some(admin) = &self.admin {
            let name = self.url.rsplit('/').next().unwrap();
            let mut conn = PgConnection::establish(admin).unwrap();
            let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
            diesel::sql_query(drop).execute(&mut conn).unwrap();
        }
    }
}

impl Site {
    /// With the catalogue advisor.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// With settings of its own.
    pub async fn start_with(settings: &[(&str, &str)]) -> Self {
        Self::start_on(Arc::new(Database::new()), settings).await
    }

    pub async fn start_on(database: Arc<Database>, settings: &[(&str, &str)]) -> Self {
        let config = database.settings(settings);
        let server = Server::build(config).await.unwrap();
        let site = Self {
            base: format!("http://{}", server.addr()),
            app: server.app().clone(),
            _database: database,
        };
        tokio::spawn(server.run());
        site
    }

    /// Somebody without a session who asks as a program does.
    pub fn stranger(&self) -> Caller {
        Caller::new(&self.base, HeaderMap::new())
    }

    /// A browser, with cookies and the headers that it sends to its own site.
    pub fn browser(&self) -> Caller {
        let headers = [("accept", BROWSER), ("sec-fetch-site", "same-origin")];
        Caller::new(&self.base, header_map(&headers))
    }

    /// htmx in a browser; share its cookies by logging in with it.
    pub fn htmx(&self) -> Caller {
        let accept = "text/html, text/event-stream";
        let headers = [
            ("accept", accept),
            ("hx-request", "true"),
            ("sec-fetch-site", "same-origin"),
        ];
        Caller::new(&self.base, header_map(&headers))
    }

    /// A program with that token.
    pub fn program(&self, token: &str) -> Caller {
        let bearer = format!("Bearer {token}");
        Caller::new(&self.base, header_map(&[("authorization", &bearer)]))
    }

    /// A program with an account of its own.
    pub async fn new_program(&self) -> Caller {
        let email = format!("{}@example.com", uuid::Uuid::now_v7().simple());
        let entered = self.sign_up(&email).await;
        self.program(entered["access_token"].as_str().unwrap())
    }

    /// Makes an account and returns the answer to it.
    pub async fn sign_up(&self, email: &str) -> Value {
        let body = json!({ "email": email, "password": PASSWORD });
        let response = self
            .stranger()
            .post("/auth/signup")
            .json(&body)
            .send()
            .await;
        let response = response.unwrap();
        assert_eq!(response.status(), 201);
        response.json().await.unwrap()
    }

    /// Whether the tests run on PostgreSQL.
    pub fn is_postgres(&self) -> bool {
        matches!(self.app.config.database, DatabaseUrl::Postgres(_))
    }

    /// The secret that tokens are signed with, to forge some.
    pub fn secret(&self) -> &str {
        self.app.config.jwt.current.expose_secret()
    }
}

/// One kind of caller: fixed headers, a cookie jar, and no redirects followed.
#[derive(Clone)]
pub struct Caller {
    base: String,
    pub http: Client,
}

impl Caller {
    fn new(base: &str, headers: HeaderMap) -> Self {
        let http = client()
            .default_headers(headers)
            .cookie_store(true)
            .redirect(redirect::Policy::none())
            .build()
            .unwrap();
        Self {
            base: base.to_owned(),
            http,
        }
    }

    pub fn get(&self, path: &str) -> RequestBuilder {
        self.http.get(format!("{}{path}", self.base))
    }

    pub fn post(&self, path: &str) -> RequestBuilder {
        self.http.post(format!("{}{path}", self.base))
    }

    pub fn put(&self, path: &str) -> RequestBuilder {
        self.http.put(format!("{}{path}", self.base))
    }

    pub fn patch(&self, path: &str) -> RequestBuilder {
        self.http.patch(format!("{}{path}", self.base))
    }

    pub fn delete(&self, path: &str) -> RequestBuilder {
        self.http.delete(format!("{}{path}", self.base))
    }

    /// Logs in through the form, which leaves the cookie in the jar.
    pub async fn log_in(&self, email: &str) {
        let form = [("email", email), ("password", PASSWORD)];
        let response = self.post("/auth/login").form(&form).send().await.unwrap();
        assert!(
            response.headers().contains_key("set-cookie"),
            "{response:?}"
        );
    }

    /// Says something, and returns the whole answer.
    pub async fn say(&self, message: &str, conversation: Option<&str>) -> Value {
        let body = json!({ "message": message, "conversation_id": conversation });
        let response = self.post("/chat/").json(&body).send().await.unwrap();
        assert_eq!(response.status(), 200);
        response.json().await.unwrap()
    }

    /// Says something, and returns at once what tells where the answer will be.
    pub async fn say_and_go_on(&self, message: &str) -> Value {
        let post = self.post("/chat/").header("prefer", "respond-async");
        let response = post.json(&json!({ "message": message })).send().await;
        response.unwrap().json().await.unwrap()
    }

    /// A JSON answer that has to be a 200.
    pub async fn read(&self, path: &str) -> Value {
        let response = self.get(path).send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        response.json().await.unwrap()
    }
}

/// A client to build on. TLS is set up as the program sets it up, though nothing here uses it.
pub fn client() -> ClientBuilder {
    rustls::crypto::ring::default_provider()
        .install_default()
        .ok();
    // Shorter than any server keeps them, so that no request meets a connection that is being closed.
    Client::builder().pool_idle_timeout(Duration::from_secs(2))
}

/// A header of a response, or nothing.
pub fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    let value = response.headers().get(name);
    value.map_or("", |value| value.to_str().unwrap())
}

/// The `Set-Cookie` of the browser's session, or nothing.
pub fn session_cookie(response: &Response) -> &str {
    let cookies = response.headers().get_all("set-cookie").iter();
    let mut cookies = cookies.map(|value| value.to_str().unwrap());
    let is_session = |cookie: &&str| cookie.trim_start_matches("__Host-").starts_with("autio=");
    cookies.find(is_session).unwrap_or_default()
}

fn header_map(headers: &[(&'static str, &str)]) -> HeaderMap {
    let pairs = headers.iter().map(|(name, value)| {
        let value = HeaderValue::from_str(value).unwrap();
        (name.parse().unwrap(), value)
    });
    pairs.collect()
}
