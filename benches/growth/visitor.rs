//! Somebody who does what is measured: logs in, looks at pages, asks and reads along.

use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::{Certificate, Client, Response, redirect};
use serde_json::{Value, json};

/// What people look at.
pub const PAGES: [&str; 3] = ["/", "/cars?bodies=suv", "/chat/"];
const PASSWORD: &str = "tin roof rusted 77";
const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

/// Somebody was told to come again: the machine has too much to do.
#[derive(Debug)]
pub struct Refused;

#[derive(Clone)]
pub struct Visitor {
    base: String,
    email: String,
    /// With the cookie of a browser.
    browser: Client,
    program: Client,
    token: String,
}

impl Visitor {
    /// Signs up and logs in, as a program and with a browser.
    pub async fn new(base: &str, root: Option<&[u8]>) -> Self {
        let client = || {
            let builder = Client::builder()
                .timeout(Duration::from_secs(60))
                // Shorter than any server keeps them, so that no request meets a connection that is being closed.
                .pool_idle_timeout(Duration::from_secs(2));
            match root {
                Some(root) => {
                    let root = Certificate::from_pem(root).expect("a certificate");
                    builder.tls_certs_only([root])
                }
                None => builder,
            }
        };
        let headers = HeaderMap::from_iter([
            (reqwest::header::ACCEPT, HeaderValue::from_static(BROWSER)),
            (
                "sec-fetch-site".parse().expect("a name"),
                HeaderValue::from_static("same-origin"),
            ),
        ]);
        let browser = client().cookie_store(true).default_headers(headers);
        let browser = browser.redirect(redirect::Policy::none()).build();
        let mut visitor = Self {
            base: base.to_owned(),
            email: format!("{}@example.com", uuid::Uuid::now_v7().simple()),
            browser: browser.expect("a client"),
            program: client().build().expect("a client"),
            token: String::new(),
        };
        let entered = visitor.enter("/auth/signup").await.expect("an account");
        visitor.token = entered["access_token"].as_str().expect("a token").into();
        let form = [("email", visitor.email.as_str()), ("password", PASSWORD)];
        let post = visitor.browser.post(visitor.at("/auth/login")).form(&form);
        let cookie = post.send().await.expect("an answer");
        assert!(cookie.headers().contains_key("set-cookie"), "{cookie:?}");
        visitor
    }

    fn at(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    async fn enter(&self, path: &str) -> Result<Value, Refused> {
        let account = json!({ "email": self.email, "password": PASSWORD });
        let post = self.program.post(self.at(path)).json(&account);
        Ok(fine(post.send().await)?.json().await.expect("JSON"))
    }

    pub async fn log_in(&self) -> Result<(), Refused> {
        self.enter("/auth/login").await?;
        Ok(())
    }

    pub async fn look(&self, page: &str) -> Result<(), Refused> {
        let get = self.browser.get(self.at(page)).send();
        let body = fine(get.await)?.bytes().await.expect("a page");
        assert!(!body.is_empty());
        Ok(())
    }

    /// Asks in a new conversation, and reads along to the end.
    pub async fn ask(&self, message: &str) -> Result<(), Refused> {
        let post = self.program.post(self.at("/chat/"));
        let post = post.bearer_auth(&self.token);
        let post = post.header("accept", "text/event-stream");
        let post = post.json(&json!({ "message": message })).send();
        read_to_done(fine(post.await)?).await;
        Ok(())
    }

    /// Asks, and leaves; the reply's id.
    pub async fn ask_and_leave(&self, message: &str) -> String {
        let post = self.program.post(self.at("/chat/"));
        let post = post.bearer_auth(&self.token);
        let post = post.header("prefer", "respond-async");
        let post = post.json(&json!({ "message": message })).send();
        let pending = fine(post.await).expect("it is taken");
        let pending: Value = pending.json().await.expect("JSON");
        pending["message_id"].as_str().expect("an id").to_owned()
    }

    /// Opens the stream of a reply.
    pub async fn open(&self, reply: &str) -> Response {
        let get = self
            .program
            .get(self.at(&format!("/chat/messages/{reply}/events")));
        let get = get.bearer_auth(&self.token);
        fine(get.header("accept", "text/event-stream").send().await).expect("a stream")
    }
}

/// Reads a stream until it has told the whole reply.
pub async fn read_to_done(mut stream: Response) {
    let mut tail = String::new();
    while let Some(chunk) = stream.chunk().await.expect("it goes on") {
        tail.push_str(&String::from_utf8_lossy(&chunk));
        if tail.contains("event: done") {
            return;
        }
        let keep = tail.len().saturating_sub(64);
        let keep = (keep..tail.len()).find(|at| tail.is_char_boundary(*at));
        tail = tail.split_off(keep.unwrap_or(tail.len()));
    }
    panic!("a stream ended without the whole reply: {tail}");
}

fn fine(response: Result<Response, reqwest::Error>) -> Result<Response, Refused> {
    let response = response.expect("an answer");
    match response.status().as_u16() {
        503 => Err(Refused),
        status => {
            assert!((200..300).contains(&status), "{response:?}");
            Ok(response)
        }
    }
}
