//! kill -9, or a database that goes, at random moments while many people write: nothing that was acknowledged is lost, and nothing is there twice.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use autio::db::Db;
use autio::db::budgets::Budget;
use diesel::prelude::*;
use reqwest::Client;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::Row;
use crate::process::{Process, start};
use crate::reader::random;
use crate::site::{Database, client};
use crate::upstream::{Script, Upstream};

/// How many write at once.
const WRITERS: usize = 8;
pub const ANSWER: &str = "one two three four five six seven eight";
/// How long unfinished replies have after the last kill.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a writer was told.
pub struct Acknowledged {
    pub said: String,
    pub conversation: String,
    pub reply: String,
}

/// What goes wrong while people write.
pub enum Fault {
    /// The process is killed and started again.
    Kill,
    /// This command stops PostgreSQL at once and starts it again.
    Database(String),
}

/// Lets it go wrong that often, at random moments.
pub async fn at_random_moments(fault: Fault, cycles: usize) -> Row {
    let began = Instant::now();
    // Slow enough that many replies are in the middle when their process dies.
    let upstream = Upstream::start([Script::Say(ANSWER, Duration::from_millis(8))]).await;
    let settings = [
        ("OPENAI_API_KEY", "k"),
        ("OPENAI_BASE_URL", upstream.base_url.as_str()),
        // One account says more here than a person would; what it says is counted all the same.
        ("AUTIO_RATE_LIMITS", "on"),
        ("AUTIO_LIMIT_CHAT", "off"),
        ("AUTIO_LIMIT_IN_FLIGHT", "off"),
        ("AUTIO_BUDGET_MESSAGES", "1000000"),
        ("AUTIO_BUDGET_TOKENS", "1000000000"),
        ("AUTIO_BUDGET_SERVICE_TOKENS", "1000000000"),
    ];
    let database = Database::new();
    let mut process = start(&database, &settings).await;
    let http = client()
        .timeout(Duration::from_secs(10))
        .build()
        .expect("a client");
    let token = process.sign_up(&http, "faults@example.com").await;
    let (base, bases) = watch::channel(Some(process.base.clone()));
    let (stop, stopping) = watch::channel(false);
    let writers: Vec<_> = (0..WRITERS)
        .map(|number| {
            let writer = Writer {
                number,
                http: http.clone(),
                token: token.clone(),
                bases: bases.clone(),
                stopping: stopping.clone(),
            };
            tokio::spawn(writer.write())
        })
        .collect();

    for _ in 0..cycles {
        tokio::time::sleep(Duration::from_millis(u64::from(random()) * 2)).await;
        match &fault {
            Fault::Kill => {
                base.send_replace(None);
                process.child.kill().await.expect("it could be killed");
                process = start(&database, &settings).await;
                base.send_replace(Some(process.base.clone()));
            }
            Fault::Database(command) => {
                let mut shell = tokio::process::Command::new("sh");
                let restarted = shell.args(["-c", command]).status().await;
                assert!(restarted.is_ok_and(|status| status.success()), "{command}");
                // Time to find it again, and to write.
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
        }
    }
    stop.send_replace(true);
    let mut acknowledged = Vec::new();
    for writer in writers {
        acknowledged.extend(writer.await.expect("a writer ended"));
    }
    let checked = check(&process, &http, &token, &acknowledged).await;
    let tokens = check_budgets(&database).await;
    Row {
        fault: match fault {
            Fault::Kill => format!("kill -9, {cycles} times"),
            Fault::Database(_) => format!("PostgreSQL restarted, {cycles} times"),
        },
        acknowledged: acknowledged.len(),
        lost: checked.lost,
        doubled: checked.doubled,
        unfinished: checked.unfinished,
        note: format!(
            "{} given up after three tries; {tokens} tokens in the budgets as in the replies; {:.0} s",
            checked.given_up,
            began.elapsed().as_secs_f64()
        ),
    }
}

struct Writer {
    number: usize,
    http: Client,
    token: String,
    bases: watch::Receiver<Option<String>>,
    stopping: watch::Receiver<bool>,
}

impl Writer {
    /// Says one thing after the other. What isn't acknowledged is said again under the same key.
    async fn write(mut self) -> Vec<Acknowledged> {
        let mut told = Vec::new();
        for count in 0.. {
            if *self.stopping.borrow() {
                break;
            }
            let said = format!("writer {} wants car {count}", self.number);
            let key = format!("{}-{count}", self.number);
            told.push(loop {
                if let Some(answer) = self.say(&said, &key).await {
                    break Acknowledged {
                        conversation: text(&answer["conversation_id"]),
                        reply: text(&answer["message_id"]),
                        said,
                    };
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            });
            tokio::time::sleep(Duration::from_millis(u64::from(random()) / 4)).await;
        }
        told
    }

    /// None when no acknowledgement came.
    async fn say(&mut self, said: &str, key: &str) -> Option<Value> {
        let base = self.bases.wait_for(Option::is_some).await.ok()?.clone()?;
        let post = self
            .http
            .post(format!("{base}/chat/"))
            .bearer_auth(&self.token)
            .header("prefer", "respond-async")
            .header("idempotency-key", key)
            .json(&json!({ "message": said }));
        let response = post.send().await.ok()?;
        // 200 where an earlier try was kept and has been answered since; 502 where it was given up.
        match response.status().as_u16() {
            200 | 202 | 502 => response.json().await.ok(),
            503 => None,
            other => panic!("{other} for {said}"),
        }
    }
}

/// How what was acknowledged is found afterwards.
#[derive(Default)]
pub struct Checked {
    pub lost: usize,
    pub doubled: usize,
    pub unfinished: usize,
    pub given_up: usize,
}

/// Compares what that person was told with what is stored.
pub async fn check(
    process: &Process,
    http: &Client,
    token: &str,
    told: &[Acknowledged],
) -> Checked {
    let get = async |path: String| {
        let get = http
            .get(format!("{}{path}", process.base))
            .bearer_auth(token);
        let response = get.send().await.expect("it answers");
        let status = response.status();
        let body: Value = response.json().await.expect("JSON");
        // Anything else is no proof of a loss, and a fault of its own.
        assert!(status == 200 || status == 404, "{status}: {body}");
        (status == 200).then_some(body)
    };
    let mut checked = Checked::default();
    let deadline = Instant::now() + PATIENCE;
    for one in told {
        let message = loop {
            let message = get(format!("/chat/messages/{}", one.reply)).await;
            let status = message.as_ref().map(|message| text(&message["status"]));
            let is_open = matches!(status.as_deref(), Some("pending" | "running"));
            if !is_open || Instant::now() >= deadline {
                break message;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        };
        let Some(message) = message else {
            println!("lost: {} {} {}", one.said, one.conversation, one.reply);
            checked.lost += 1;
            continue;
        };
        match message["status"].as_str() {
            Some("done") if message["text"] == ANSWER => {}
            // A part of one try and a part of the next would be a doubled answer.
            Some("done") => checked.doubled += 1,
            Some("failed") => {
                checked.given_up += 1;
            }
            _ => checked.unfinished += 1,
        }
        let Some(open) = get(format!("/chat/{}", one.conversation)).await else {
            println!(
                "lost its conversation: {} {} {}",
                one.said, one.conversation, one.reply
            );
            checked.lost += 1;
            continue;
        };
        let messages = open["messages"].as_array().expect("messages");
        match messages
            .iter()
            .filter(|m| m["text"] == one.said.as_str())
            .count()
        {
            0 => checked.lost += 1,
            1 if messages.len() == 2 => {}
            _ => checked.doubled += 1,
        }
    }
    // Whatever is stored beyond what was acknowledged was stored twice: every message was sent until it was acknowledged.
    let known: HashSet<&str> = told.iter().map(|one| one.conversation.as_str()).collect();
    checked.doubled += told.len() - known.len();
    let mut path = "/chat/".to_owned();
    loop {
        let list = get(path).await.expect("the list");
        let listed = list["conversations"].as_array().expect("conversations");
        let unknown = listed
            .iter()
            .filter(|c| !known.contains(c["id"].as_str().unwrap_or("")));
        checked.doubled += unknown.count();
        match list["next"].as_str() {
            Some(cursor) => path = format!("/chat/?cursor={cursor}"),
            None => break,
        }
    }
    checked
}

/// What a day's budgets hold is what its replies took, to the token. Returns the tokens.
async fn check_budgets(database: &Database) -> i64 {
    use autio::db::schema::{budgets, messages};
    let db = Db::open(&database.settings(&[]).database).expect("the database opens");
    let read = db.read(|conn| {
        let rows = budgets::table.load::<Budget>(conn)?;
        let replies = messages::table
            .filter(messages::role.eq("assistant"))
            .filter(messages::timestamp.ge(rows[0].day.and_time(chrono::NaiveTime::MIN)))
            .select((messages::status, messages::text, messages::reserved_tokens));
        let replies: Vec<(String, String, Option<i64>)> = replies.load(conn)?;
        Ok((rows, replies))
    });
    let (rows, replies) = read.await.expect("the budgets");
    let took: i64 = replies.iter().filter_map(|(_, _, tokens)| *tokens).sum();
    // Nobody is charged for what failed with nothing said.
    let answered = replies
        .iter()
        .filter(|(status, text, _)| status != "failed" || !text.is_empty());
    let messages: i64 = rows.iter().map(|row| row.messages).sum();
    assert_eq!(messages, answered.count() as i64);
    assert_eq!(rows.len(), 2, "a person and the service");
    for row in &rows {
        assert_eq!(row.tokens, took, "{row:?}");
    }
    took
}

/// A text in JSON; empty where there is none.
pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
