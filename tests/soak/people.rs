//! Those who use the servers while they soak, each in a way of their own and at a pace that leaves the machine some air.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::watch;

use crate::site::PASSWORD;

/// How long everybody waits between two things.
const PAUSE: Duration = Duration::from_millis(60);

/// What is counted.
#[derive(Default)]
pub struct Log {
    /// Answers by what was done and the status, and replies by who made them.
    counts: Mutex<BTreeMap<(&'static str, String), usize>>,
    /// What shouldn't have been.
    wrong: Mutex<Vec<String>>,
}

impl Log {
    fn count(&self, what: &'static str, how: impl ToString) {
        let mut counts = self.counts.lock().expect("nobody panicked");
        *counts.entry((what, how.to_string())).or_default() += 1;
    }

    pub fn print(&self) {
        println!("\n| what people did | how it went | times |");
        println!("| --- | --- | ---: |");
        for ((what, how), times) in &*self.counts.lock().expect("nobody panicked") {
            println!("| {what} | {how} | {times} |");
        }
        for wrong in self.wrong.lock().expect("nobody panicked").iter().take(10) {
            println!("wrong: {wrong}");
        }
    }

    /// Whether nothing went wrong, everybody did something, and both advisors answered.
    pub fn is_good(&self) -> bool {
        let counts = self.counts.lock().expect("nobody panicked");
        let has = |what: &str| counts.keys().any(|(did, _)| *did == what);
        let answered = |who: &str| {
            counts
                .keys()
                .any(|(did, how)| *did == "replies" && how == who)
        };
        self.wrong.lock().expect("nobody panicked").is_empty()
            && ALL.iter().all(|activity| has(activity.name()))
            && answered("gpt-4o-mini")
            && answered("catalogue")
    }
}

/// Somebody with an account.
#[derive(Clone)]
pub struct Person {
    base: String,
    email: String,
    token: String,
    http: Client,
    log: Arc<Log>,
}

/// What somebody does over and over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activity {
    Look,
    Ask,
    Follow,
    Leave,
    ReadNothing,
    LogIn,
    Search,
    Delete,
    Batch,
}

pub const ALL: [Activity; 9] = [
    Activity::Look,
    Activity::Ask,
    Activity::Follow,
    Activity::Leave,
    Activity::ReadNothing,
    Activity::LogIn,
    Activity::Search,
    Activity::Delete,
    Activity::Batch,
];

impl Activity {
    fn name(self) -> &'static str {
        match self {
            Activity::Look => "looks at pages",
            Activity::Ask => "asks, and waits for the whole",
            Activity::Follow => "follows a stream to its end",
            Activity::Leave => "leaves a stream",
            Activity::ReadNothing => "opens a stream and reads nothing",
            Activity::LogIn => "logs in and out",
            Activity::Search => "searches what was said",
            Activity::Delete => "deletes conversations and accounts",
            Activity::Batch => "sends a batch",
        }
    }

    pub async fn go_on(self, person: Person, stop: watch::Receiver<bool>) {
        for round in 0.. {
            if *stop.borrow() {
                return;
            }
            match self {
                Activity::Look => person.look(round).await,
                Activity::Ask => person.ask(round).await,
                Activity::Follow => person.follow(round).await,
                Activity::Leave => person.leave(Duration::from_millis(30)).await,
                Activity::ReadNothing => person.leave(Duration::from_secs(2)).await,
                Activity::LogIn => person.log_in(round).await,
                Activity::Search => person.search().await,
                Activity::Delete => person.delete(round).await,
                Activity::Batch => person.send_batch().await,
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

impl Person {
    /// Signs up.
    pub async fn new(base: &str, number: usize, http: Client, log: Arc<Log>) -> Self {
        let mut person = Self {
            base: base.to_owned(),
            email: format!("person-{number}@example.com"),
            token: String::new(),
            http,
            log,
        };
        let account = json!({ "email": person.email, "password": PASSWORD });
        let entered = person
            .post("/auth/signup")
            .json(&account)
            .send()
            .await
            .expect("an account");
        let entered: Value = entered.json().await.expect("JSON");
        person.token = entered["access_token"]
            .as_str()
            .expect("a token")
            .to_owned();
        person
    }

    fn get(&self, path: &str) -> RequestBuilder {
        self.http.get(format!("{}{path}", self.base))
    }

    fn post(&self, path: &str) -> RequestBuilder {
        self.http.post(format!("{}{path}", self.base))
    }

    fn delete_at(&self, path: &str) -> RequestBuilder {
        self.http.delete(format!("{}{path}", self.base))
    }

    /// Sends it, counts the answer, and returns its JSON where there is any. Who is told to come again does so later.
    async fn send(&self, what: Activity, request: RequestBuilder, fine: &[u16]) -> Option<Value> {
        let response = match request.send().await {
            Ok(response) => response,
            Err(error) => {
                self.wrong(format!("{}: {error}", what.name()));
                return None;
            }
        };
        let status = response.status().as_u16();
        let again = status == 503 && response.headers().contains_key("retry-after");
        self.log.count(what.name(), status);
        if !again && !fine.contains(&status) {
            self.wrong(format!("{}: {status}", what.name()));
        }
        let body = response.bytes().await.unwrap_or_default();
        serde_json::from_slice(&body).ok()
    }

    fn wrong(&self, what: String) {
        self.log.wrong.lock().expect("nobody panicked").push(what);
    }

    async fn look(&self, round: usize) {
        const PAGES: [&str; 7] = [
            "/",
            "/cars?bodies=suv&drives=awd&budget_max=40000",
            "/cars/2022-toyota-rav4-hybrid-awd-45009",
            "/cars/compare?ids=2022-toyota-rav4-hybrid-awd-45009,2022-toyota-rav4-44992",
            "/login",
            "/openapi.json",
            "/readyz",
        ];
        let page = self.get(PAGES[round % PAGES.len()]);
        let page = match round % 3 {
            0 => page,
            _ => page
                .header("accept", "text/html")
                .header("accept-encoding", "gzip"),
        };
        self.send(Activity::Look, page, &[200]).await;
    }

    /// A question, and in every other conversation another.
    async fn ask(&self, round: usize) {
        let mut conversation = None;
        for message in ["A hybrid SUV under $40,000", "2022 or newer"]
            .into_iter()
            .take(1 + round % 2)
        {
            let body = json!({ "message": message, "conversation_id": conversation });
            let post = self.post("/chat/").bearer_auth(&self.token).json(&body);
            // 502 is a reply that failed, as some have to; 404 one whose conversation went, as the person clears away old ones.
            let reply = self.send(Activity::Ask, post, &[200, 404, 502]).await;
            if let (Some(404), Some(id)) = (status_of(&reply), &conversation) {
                let gone = self.get(&format!("/chat/{id}")).bearer_auth(&self.token);
                self.send(Activity::Ask, gone, &[404]).await;
            }
            let Some(reply) = reply.filter(|reply| reply["status"] == "done") else {
                return;
            };
            let who = reply["model"].as_str().unwrap_or("nobody").to_owned();
            self.log.count("replies", who);
            conversation = reply["conversation_id"].as_str().map(str::to_owned);
        }
    }

    /// Asks for later, and reads along.
    async fn follow(&self, round: usize) {
        let body = json!({ "message": format!("A pickup that tows {},000 lb", 5 + round % 5) });
        let post = self
            .post("/chat/")
            .bearer_auth(&self.token)
            .header("prefer", "respond-async");
        let pending = self
            .send(Activity::Follow, post.json(&body), &[200, 202, 502])
            .await;
        let Some(id) =
            pending.and_then(|pending| pending["message_id"].as_str().map(str::to_owned))
        else {
            return;
        };
        let get = self
            .get(&format!("/chat/messages/{id}/events"))
            .bearer_auth(&self.token);
        let Ok(events) = get.send().await else {
            return self.wrong("a stream that can't be opened".to_owned());
        };
        let text = events.text().await.unwrap_or_default();
        let end = ["done", "error"]
            .into_iter()
            .find(|end| text.contains(&format!("event: {end}")));
        self.log.count("streams", end.unwrap_or("broken off"));
        if end.is_none() {
            self.wrong(format!("a stream without an end: {text:?}"));
        }
    }

    /// Asks for a stream on a connection of its own, and is gone after a while without having read a byte.
    async fn leave(&self, after: Duration) {
        let body = json!({ "message": "Tell me everything about hybrids" }).to_string();
        let request = format!(
            "POST /chat/ HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\naccept: text/event-stream\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            self.token,
            body.len()
        );
        let what = if after < Duration::from_secs(1) {
            Activity::Leave
        } else {
            Activity::ReadNothing
        };
        let address = self.base.trim_start_matches("http://");
        let Ok(mut socket) = TcpStream::connect(address).await else {
            return self.wrong(format!("{}: no connection", what.name()));
        };
        let sent = socket.write_all(request.as_bytes()).await;
        tokio::time::sleep(after).await;
        self.log
            .count(what.name(), if sent.is_ok() { "gone" } else { "refused" });
    }

    /// Every third time with a wrong password.
    async fn log_in(&self, round: usize) {
        let (password, fine) = match round % 3 {
            2 => ("not my password at all", 401),
            _ => (PASSWORD, 200),
        };
        let body = json!({ "email": self.email, "password": password });
        let entered = self
            .send(
                Activity::LogIn,
                self.post("/auth/login").json(&body),
                &[fine],
            )
            .await;
        let token = entered.and_then(|entered| entered["access_token"].as_str().map(str::to_owned));
        if let Some(token) = token {
            let out = self.post("/auth/logout").bearer_auth(&token);
            self.send(Activity::LogIn, out, &[204]).await;
            let dead = self.get("/auth/me").bearer_auth(token);
            self.send(Activity::LogIn, dead, &[401]).await;
        }
        tokio::time::sleep(PAUSE * 5).await;
    }

    async fn search(&self) {
        for path in ["/chat/search?q=hybrid", "/chat/?limit=20", "/auth/sessions"] {
            let get = self.get(path).bearer_auth(&self.token);
            self.send(Activity::Search, get, &[200]).await;
        }
    }

    /// Keeps the person's conversations few, and now and then a whole account goes.
    async fn delete(&self, round: usize) {
        let list = self.get("/chat/?limit=100").bearer_auth(&self.token);
        let list = self
            .send(Activity::Delete, list, &[200])
            .await
            .unwrap_or_default();
        let old = list["conversations"]
            .as_array()
            .into_iter()
            .flatten()
            .skip(20);
        for id in old.filter_map(|one| one["id"].as_str()) {
            let delete = self
                .delete_at(&format!("/chat/{id}"))
                .bearer_auth(&self.token);
            // It may be in a batch that was deleted just now.
            self.send(Activity::Delete, delete, &[204, 404]).await;
        }
        if round.is_multiple_of(20) {
            let email = format!("{}@example.com", uuid::Uuid::now_v7().simple());
            let account = json!({ "email": email, "password": PASSWORD });
            let made = self.post("/auth/signup").json(&account);
            let made = self
                .send(Activity::Delete, made, &[201])
                .await
                .unwrap_or_default();
            let token = made["access_token"].as_str().unwrap_or_default();
            let gone = self.delete_at("/auth/me").bearer_auth(token);
            let gone = gone.json(&json!({ "password": PASSWORD }));
            self.send(Activity::Delete, gone, &[204]).await;
        }
        tokio::time::sleep(PAUSE * 5).await;
    }

    async fn send_batch(&self) {
        let requests: Vec<Value> = (0..3)
            .map(|number| json!({ "id": number.to_string(), "message": "A minivan with 8 seats" }))
            .collect();
        let post = self.post("/chat/batches").bearer_auth(&self.token);
        let post = post.json(&json!({ "requests": requests }));
        let made = self
            .send(Activity::Batch, post, &[201])
            .await
            .unwrap_or_default();
        let Some(id) = made["id"].as_str() else {
            return;
        };
        let at = format!("/chat/batches/{id}");
        for _ in 0..20 {
            tokio::time::sleep(PAUSE * 5).await;
            let get = self.get(&at).bearer_auth(&self.token);
            let how = self
                .send(Activity::Batch, get, &[200])
                .await
                .unwrap_or_default();
            if how["status"] == "done" {
                break;
            }
        }
        let delete = self.delete_at(&at).bearer_auth(&self.token);
        self.send(Activity::Batch, delete, &[204]).await;
    }
}

/// The status that a problem tells of.
fn status_of(answer: &Option<Value>) -> Option<u64> {
    answer.as_ref()?["status"].as_u64()
}
