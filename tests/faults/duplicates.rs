//! The same message from many at once, programs and double-clicked forms, while the process is killed: it is stored once,
//! and everybody gets the same reply.

use std::collections::HashSet;
use std::time::Duration;

use futures_util::future::join_all;
use reqwest::{Client, redirect};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::Row;
use crate::process::start;
use crate::reader::{Person, random};
use crate::resume::sign_up;
use crate::site::{Database, PASSWORD, client};

const ROUNDS: usize = 16;
/// How many send each message at once.
const AT_ONCE: usize = 32;

pub async fn at_once() -> Row {
    let database = Database::new();
    let mut process = start(&database, &[]).await;
    let (base, bases) = watch::channel(Some(process.base.clone()));
    let person = sign_up(&process, bases, "twice@example.com").await;
    let browser = log_in(&process.base, "twice@example.com").await;
    let (mut acknowledged, mut doubled, mut lost) = (0, 0, 0);
    let mut replies = HashSet::new();
    for round in 0..ROUNDS {
        // Every second message comes from forms.
        let is_form = round % 2 == 1;
        let callers = (0..AT_ONCE).map(|_| {
            let caller = Caller {
                person: person.clone(),
                browser: browser.clone(),
            };
            tokio::spawn(async move {
                match is_form {
                    true => caller.submit(round).await,
                    false => caller.send(round).await,
                }
            })
        });
        let callers: Vec<_> = callers.collect();
        tokio::time::sleep(Duration::from_millis(u64::from(random()) / 8)).await;
        base.send_replace(None);
        process.child.kill().await.expect("it could be killed");
        process = start(&database, &[]).await;
        base.send_replace(Some(process.base.clone()));
        let answers = join_all(callers).await;
        let distinct: HashSet<String> = answers
            .into_iter()
            .map(|id| id.expect("a caller ended"))
            .collect();
        acknowledged += 1;
        doubled += distinct.len() - 1;
        replies.extend(distinct);
    }
    // One conversation for each round, with one question and one answer.
    let mut path = "/chat/".to_owned();
    let mut conversations = Vec::new();
    loop {
        let list = person.read(&path).await;
        let listed = list["conversations"].as_array().expect("conversations");
        conversations.extend(listed.iter().map(|one| one["id"].clone()));
        match list["next"].as_str() {
            Some(cursor) => path = format!("/chat/?cursor={cursor}"),
            None => break,
        }
    }
    doubled += conversations.len().saturating_sub(ROUNDS);
    lost += ROUNDS.saturating_sub(conversations.len());
    for id in conversations {
        let place = format!("/chat/{}", id.as_str().expect("an id"));
        let open = person.read(&place).await;
        let messages = open["messages"].as_array().expect("messages");
        doubled += messages.len().saturating_sub(2);
    }
    let mut unfinished = 0;
    for id in &replies {
        match person.stored(id).await {
            Some(row) => lost += usize::from(row["status"] != "done"),
            None => unfinished += 1,
        }
    }
    Row {
        fault: format!("each message {AT_ONCE} times at once, and kill -9"),
        acknowledged,
        lost,
        doubled,
        unfinished,
        note: "half from programs, half from forms".to_owned(),
    }
}

struct Caller {
    person: Person,
    browser: Client,
}

impl Caller {
    /// As a program, until it is acknowledged; the reply's id.
    async fn send(self, round: usize) -> String {
        loop {
            let base = self.person.base().await;
            let post = self.person.http.post(format!("{base}/chat/"));
            let post = post
                .bearer_auth(&self.person.token)
                .header("prefer", "respond-async")
                .header("idempotency-key", format!("round {round}"))
                .json(&json!({ "message": format!("a wagon, please, for the {round}th time") }));
            if let Ok(response) = post.send().await
                && is_kept(response.status().as_u16())
                && let Ok(body) = response.json::<Value>().await
            {
                return body["message_id"].as_str().expect("an id").to_owned();
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// As a browser without JavaScript, until it is sent on to the conversation; the id of its reply.
    async fn submit(self, round: usize) -> String {
        loop {
            let base = self.person.base().await;
            let form = [
                (
                    "message",
                    format!("a coupe, please, for the {round}th time"),
                ),
                ("form_key", format!("form {round}")),
            ];
            let post = self.browser.post(format!("{base}/chat/")).form(&form);
            let post = post
                .header("accept", "text/html")
                .header("sec-fetch-site", "same-origin");
            if let Ok(response) = post.send().await
                && response.status() == 303
            {
                let place = response.headers()["location"].to_str().expect("a place");
                if let Some(id) = self.reply_in(place).await {
                    return id;
                }
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn reply_in(&self, place: &str) -> Option<String> {
        let base = self.person.base().await;
        let get = self.person.http.get(format!("{base}{place}"));
        let response = get.bearer_auth(&self.person.token).send().await.ok()?;
        let open: Value = response.json().await.ok()?;
        let reply = open["messages"].as_array()?.get(1)?;
        Some(reply["id"].as_str()?.to_owned())
    }
}

/// A browser with a cookie that is good on every port.
async fn log_in(base: &str, email: &str) -> Client {
    let browser = client()
        .cookie_store(true)
        .redirect(redirect::Policy::none())
        .build()
        .expect("a client");
    let form = [("email", email), ("password", PASSWORD)];
    let post = browser.post(format!("{base}/auth/login")).form(&form);
    let post = post
        .header("accept", "text/html")
        .header("sec-fetch-site", "same-origin");
    assert_eq!(post.send().await.expect("it answers").status(), 303);
    browser
}

/// Whether a try was kept; one that is refused for good would be made for ever.
fn is_kept(status: u16) -> bool {
    assert!(matches!(status, 200 | 202 | 500..), "{status}");
    matches!(status, 200 | 202)
}
