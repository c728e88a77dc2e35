//! A reader of a reply's events who keeps to what the README says, and comes back however often the stream ends.

use std::time::Duration;

use reqwest::Client;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::Instant;

/// Somebody with an account, and where the server is now; None while there is none.
#[derive(Clone)]
pub struct Person {
    pub http: Client,
    pub token: String,
    pub bases: watch::Receiver<Option<String>>,
}

/// Where a reader got to.
#[derive(Debug, Default)]
pub struct Read {
    /// What its deltas made, by the rules.
    pub text: String,
    /// What `done` said the whole is; empty where `error` came.
    pub whole: String,
    pub connections: usize,
    pub restarts: usize,
    /// How often it was told to connect again.
    pub sent_on: usize,
    last_id: Option<String>,
}

impl Person {
    pub async fn base(&self) -> String {
        let mut bases = self.bases.clone();
        let base = bases.wait_for(Option::is_some).await;
        base.expect("the test goes on").clone().expect("a server")
    }

    /// Asks something, and returns the id of the reply. On a busy machine it may be refused with 503 at first.
    pub async fn ask(&self, message: &str) -> String {
        let key = uuid::Uuid::now_v7().to_string();
        loop {
            let post = self.http.post(format!("{}/chat/", self.base().await));
            let post = post
                .bearer_auth(&self.token)
                .header("prefer", "respond-async")
                .header("idempotency-key", &key)
                .json(&json!({ "message": message }));
            let response = post.send().await.expect("it answers");
            let status = response.status();
            if status != 503 {
                assert!(status == 200 || status == 202, "{status}");
                let pending: Value = response.json().await.expect("JSON");
                return pending["message_id"].as_str().expect("an id").to_owned();
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// A JSON answer, as soon as there is one.
    pub async fn read(&self, path: &str) -> Value {
        loop {
            let get = self.http.get(format!("{}{path}", self.base().await));
            let response = get.bearer_auth(&self.token).send().await;
            let response = response.expect("it answers");
            if response.status() == 200 {
                return response.json().await.expect("JSON");
            }
            assert_eq!(response.status(), 503, "{path}");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// The reply as it is stored, once it is finished; None if it isn't within a minute.
    pub async fn stored(&self, id: &str) -> Option<Value> {
        let deadline = Instant::now() + Duration::from_secs(60);
        while Instant::now() < deadline {
            let get = self
                .http
                .get(format!("{}/chat/messages/{id}", self.base().await));
            if let Ok(response) = get.bearer_auth(&self.token).send().await
                && response.status() == 200
            {
                let row: Value = response.json().await.expect("JSON");
                if !matches!(row["status"].as_str(), Some("pending" | "running")) {
                    return Some(row);
                }
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        None
    }

    /// Follows a reply to its end. One who `wanders` leaves at random moments and comes back.
    pub async fn follow(self, id: String, wanders: bool) -> Read {
        let mut read = Read::default();
        loop {
            let base = self.base().await;
            let mut get = self.http.get(format!("{base}/chat/messages/{id}/events"));
            get = get
                .bearer_auth(&self.token)
                .header("accept", "text/event-stream");
            if let Some(last) = &read.last_id {
                get = get.header("last-event-id", last);
            }
            let response = get.send().await;
            let Ok(mut response) = response.and_then(reqwest::Response::error_for_status) else {
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            };
            read.connections += 1;
            let stay = match wanders {
                true => Duration::from_millis(2 * u64::from(random())),
                false => Duration::from_secs(120),
            };
            let leaving = Instant::now() + stay;
            let mut bytes = Vec::new();
            // An event that isn't whole when the stream ends never came.
            while let Ok(Ok(Some(chunk))) = tokio::time::timeout_at(leaving, response.chunk()).await
            {
                bytes.extend_from_slice(&chunk);
                while let Some(end) = bytes.windows(2).position(|two| two == b"\n\n") {
                    let event: Vec<u8> = bytes.drain(..end + 2).collect();
                    if read.take(&String::from_utf8(event).expect("UTF-8")) {
                        return read;
                    }
                }
            }
        }
    }
}

impl Read {
    /// True for the last event.
    fn take(&mut self, event: &str) -> bool {
        let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name));
        let data: Value = field("data: ")
            .and_then(|data| serde_json::from_str(data).ok())
            .unwrap_or_default();
        if let Some(id) = field("id: ") {
            self.last_id = Some(id.to_owned());
        }
        match field("event: ") {
            Some("delta") => self.text.push_str(data["text"].as_str().expect("text")),
            Some("restart") => {
                self.restarts += 1;
                self.text.clear();
            }
            Some("reconnect") => self.sent_on += 1,
            Some("done") => self.whole = data["reply"].as_str().expect("a reply").to_owned(),
            Some("error" | "cars") | None => {}
            Some(other) => panic!("an event that nobody knows: {other}"),
        }
        matches!(field("event: "), Some("done" | "error"))
    }
}

/// A byte from the system's source of chance.
pub fn random() -> u8 {
    let mut byte = [0];
    getrandom::fill(&mut byte).expect("randomness");
    byte[0]
}
