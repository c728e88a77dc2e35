//! Those who use the cluster while it is being broken: people who ask and read along, and visitors who look around.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use reqwest::{Client, RequestBuilder, Response};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::reader;
use crate::site::{PASSWORD, client};

/// How long anybody tries before it counts as a failure.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long they wait for the first byte of any answer.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Something that somebody wanted, from the first try to the answer.
pub struct Wish {
    pub begun: Instant,
    pub took: Duration,
    /// What each try before the last got: to be told to come again (503 or 429 with `Retry-After`), or no answer at all.
    pub again: Vec<String>,
    /// What became of it, where that isn't what was wanted.
    pub failure: Option<String>,
}

/// A reply that was acknowledged, and what somebody read of it.
pub struct Asked {
    pub begun: Instant,
    pub reply: String,
    pub conversation: String,
    pub owner: usize,
    /// What the deltas made, and what `done` said; `None` where the reader never came to the end.
    pub read: Option<(String, String)>,
    /// From the question to the whole answer.
    pub took: Duration,
}

/// All that happened, in the order in which it ended.
#[derive(Default)]
pub struct Log {
    pub wishes: Vec<Wish>,
    pub asked: Vec<Asked>,
}

/// Somebody, with an address of their own as far as loopback has them.
#[derive(Clone)]
pub struct Caller {
    base: String,
    number: usize,
    http: Client,
    token: String,
    log: Arc<Mutex<Log>>,
}

impl Caller {
    /// Signs up.
    pub async fn new(base: &str, root: &[u8], number: usize, log: Arc<Mutex<Log>>) -> Self {
        let last = u8::try_from(number + 10).expect("few people");
        let root = reqwest::Certificate::from_pem(root).expect("a certificate");
        let http = client()
            .local_address(std::net::IpAddr::from([127, 0, 0, last]))
            .tls_certs_only([root])
            .connect_timeout(Duration::from_secs(5))
            .read_timeout(TIMEOUT)
            .build()
            .expect("a client");
        let mut caller = Self {
            base: base.to_owned(),
            number,
            http,
            token: String::new(),
            log,
        };
        let email = format!("person-{number}@example.com");
        let account = json!({ "email": email, "password": PASSWORD });
        let post = |caller: &Self| caller.http.post(caller.at("/auth/signup")).json(&account);
        let entered = caller.wish(post).await.expect("an account");
        let token = entered["access_token"].as_str().expect("a token");
        caller.token = token.to_owned();
        caller
    }

    fn at(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// Asks, reads along to the end, and begins anew, until told to stop.
    pub async fn ask_on(self, stop: watch::Receiver<bool>) {
        let mut count = 0;
        while !*stop.borrow() {
            count += 1;
            self.ask(&format!("question {count} of person {}", self.number))
                .await;
        }
    }

    async fn ask(&self, message: &str) {
        let begun = Instant::now();
        let key = uuid::Uuid::now_v7().to_string();
        let body = json!({ "message": message });
        let post = |caller: &Self| {
            let post = caller.http.post(caller.at("/chat/")).json(&body);
            post.header("prefer", "respond-async")
                .header("idempotency-key", &key)
        };
        let Some(pending) = self.wish(post).await else {
            return;
        };
        let id = |name: &str| pending[name].as_str().expect("an id").to_owned();
        let (reply, conversation) = (id("message_id"), id("conversation_id"));
        let (_base, bases) = watch::channel(Some(self.base.clone()));
        let reader = reader::Person {
            http: self.http.clone(),
            token: self.token.clone(),
            bases,
        };
        let read = reader.follow(reply.clone(), false);
        let read = tokio::time::timeout(2 * PATIENCE, read).await.ok();
        self.log.lock().expect("nobody panicked").asked.push(Asked {
            begun,
            reply,
            conversation,
            owner: self.number,
            read: read.map(|read| (read.text, read.whole)),
            took: begun.elapsed(),
        });
    }

    /// Looks around, until told to stop.
    pub async fn look_on(self, stop: watch::Receiver<bool>) {
        const PLACES: [&str; 6] = [
            "/",
            "/cars?bodies=suv&limit=5",
            "/chat/",
            "/auth/me",
            "/shortlist",
            "/login",
        ];
        for place in PLACES.iter().cycle() {
            if *stop.borrow() {
                return;
            }
            let get = |caller: &Self| match *place {
                "/login" => caller
                    .http
                    .get(caller.at(place))
                    .header("accept", "text/html"),
                _ => caller.http.get(caller.at(place)),
            };
            self.wish(get).await;
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Makes a request as the README has it: who is told to come again does, and who gets no answer tries again. The answer
    /// as JSON, or null for a page; `None` for a failure, which is logged.
    async fn wish(&self, request: impl Fn(&Self) -> RequestBuilder) -> Option<Value> {
        let begun = Instant::now();
        let mut again = Vec::new();
        let outcome = loop {
            let mut request = request(self);
            if !self.token.is_empty() {
                request = request.bearer_auth(&self.token);
            }
            let last = match attempt(request).await {
                Attempt::Answered(answer) => break Ok(answer),
                Attempt::Failed(why) => break Err(why),
                Attempt::ComeAgain(why) => why,
            };
            if begun.elapsed() > PATIENCE {
                break Err(last);
            }
            again.push(last);
            tokio::time::sleep(Duration::from_millis(300)).await;
        };
        let (answer, failure) = match outcome {
            Ok(answer) => (Some(answer), None),
            Err(why) => (None, Some(why)),
        };
        self.log.lock().expect("nobody panicked").wishes.push(Wish {
            begun,
            took: begun.elapsed(),
            again,
            failure,
        });
        answer
    }

    /// A JSON answer that somebody who comes again gets.
    pub async fn read(&self, path: &str) -> Value {
        let get = |caller: &Self| caller.http.get(caller.at(path));
        self.wish(get)
            .await
            .unwrap_or_else(|| panic!("{path} can be read"))
    }
}

enum Attempt {
    Answered(Value),
    ComeAgain(String),
    Failed(String),
}

async fn attempt(request: RequestBuilder) -> Attempt {
    let response = match request.send().await {
        Ok(response) => response,
        Err(error) => return Attempt::ComeAgain(format!("{error:?}")),
    };
    let status = response.status().as_u16();
    let is_told = response.headers().contains_key("retry-after");
    match status {
        200..=299 => body(response).await,
        429 | 503 if is_told => {
            let path = response.url().path().to_owned();
            let said = response.text().await.unwrap_or_default();
            Attempt::ComeAgain(format!("{status} for {path}: {said}"))
        }
        _ => Attempt::Failed(format!("{status} for {}", response.url().path())),
    }
}

async fn body(response: Response) -> Attempt {
    let is_json = response
        .headers()
        .get("content-type")
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    match response.bytes().await {
        Ok(bytes) if is_json => match serde_json::from_slice(&bytes) {
            Ok(value) => Attempt::Answered(value),
            Err(error) => Attempt::Failed(format!("what isn't JSON: {error}")),
        },
        Ok(_) => Attempt::Answered(Value::Null),
        Err(error) => Attempt::ComeAgain(format!("{error:?}")),
    }
}
