//! A database that somebody else holds locked: every request is answered within seconds, with 503 and `Retry-After` where
//! it can't be done, and everything is served again once the lock is gone.

use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::Row;
use crate::process::start;
use crate::reader::Person;
use crate::resume::sign_up;
use crate::site::Database;

/// How many ask at once: more than there are connections.
const CALLERS: usize = 48;
/// How long the lock is held; longer than anybody should wait.
const HELD: Duration = Duration::from_secs(8);

pub async fn by_somebody_else() -> Row {
    let database = Database::new();
    let process = start(&database, &[]).await;
    let (_base, bases) = watch::channel(Some(process.base.clone()));
    let person = sign_up(&process, bases, "locked@example.com").await;
    let known = person.ask("before").await;

    let url = database.url.clone();
    let (held, release) = std::sync::mpsc::channel::<()>();
    let (locked, is_locked) = tokio::sync::oneshot::channel();
    let holder = tokio::task::spawn_blocking(move || {
        let mut holder = Holder::lock(&url);
        locked.send(()).ok();
        release.recv_timeout(HELD).ok();
        holder.let_go();
    });
    is_locked.await.expect("it is locked");
    // Everybody at once writes, reads a message, and asks who they are.
    let calls = (0..CALLERS).map(|number| {
        let (person, known) = (person.clone(), known.clone());
        async move {
            match number % 3 {
                0 => say(&person, &format!("locked {number}")).await,
                1 => (get(&person, &format!("/chat/messages/{known}")).await, None),
                _ => (get(&person, "/auth/me").await, None),
            }
        }
    });
    let answers = join_all(calls).await;
    drop(held);
    holder.await.expect("the lock is gone");

    let longest = answers.iter().map(|(answer, _)| answer.took).max();
    let refused = answers
        .iter()
        .filter(|(answer, _)| answer.status == 503)
        .count();
    let mut acknowledged: Vec<String> = answers.iter().filter_map(|(_, id)| id.clone()).collect();
    acknowledged.push(known);
    for (answer, _) in &answers {
        assert!(
            matches!(answer.status, 200 | 202) || (answer.status == 503 && answer.retry_after),
            "{} without Retry-After",
            answer.status
        );
    }
    // Nobody was kept until the lock was let go.
    let hung = answers.iter().filter(|(answer, _)| answer.took >= HELD);
    let mut unfinished = hung.count();
    let mut lost = 0;
    acknowledged.push(person.ask("after").await);
    for id in &acknowledged {
        match person.stored(id).await {
            Some(row) if row["status"] == "done" => {}
            Some(_) => lost += 1,
            None => unfinished += 1,
        }
    }
    Row {
        fault: match database.url.starts_with("postgres") {
            true => "PostgreSQL's table locked".to_owned(),
            false => "SQLite held by another writer".to_owned(),
        },
        acknowledged: acknowledged.len(),
        lost,
        doubled: 0,
        unfinished,
        note: format!(
            "{refused} of {CALLERS} refused with 503; the longest wait {:.1} s",
            longest.unwrap_or_default().as_secs_f64()
        ),
    }
}

/// Somebody with a connection of their own.
enum Holder {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Holder {
    fn lock(url: &str) -> Self {
        if url.starts_with("postgres") {
            let mut conn = PgConnection::establish(url).expect("a connection");
            conn.batch_execute("BEGIN; LOCK TABLE messages IN ACCESS EXCLUSIVE MODE")
                .expect("the table can be locked");
            return Holder::Postgres(conn);
        }
        let mut conn = SqliteConnection::establish(url).expect("a connection");
        conn.batch_execute("PRAGMA busy_timeout = 5000; BEGIN IMMEDIATE")
            .expect("the file can be locked");
        Holder::Sqlite(conn)
    }

    fn let_go(&mut self) {
        let released = match self {
            Holder::Sqlite(conn) => conn.batch_execute("ROLLBACK"),
            Holder::Postgres(conn) => conn.batch_execute("ROLLBACK"),
        };
        released.expect("the lock can be let go");
    }
}

struct Answer {
    status: u16,
    retry_after: bool,
    took: Duration,
}

/// With the id of the reply, where it was acknowledged.
async fn say(person: &Person, message: &str) -> (Answer, Option<String>) {
    let base = person.base().await;
    let post = person.http.post(format!("{base}/chat/"));
    let post = post
        .bearer_auth(&person.token)
        .header("prefer", "respond-async")
        .json(&json!({ "message": message }));
    let (answer, body) = send(post).await;
    let is_kept = answer.status == 202;
    let id = is_kept.then(|| body["message_id"].as_str().expect("an id").to_owned());
    (answer, id)
}

async fn get(person: &Person, path: &str) -> Answer {
    let base = person.base().await;
    let get = person.http.get(format!("{base}{path}"));
    send(get.bearer_auth(&person.token)).await.0
}

async fn send(request: reqwest::RequestBuilder) -> (Answer, Value) {
    let asked = Instant::now();
    let response = request.send().await.expect("it answers");
    let answer = Answer {
        status: response.status().as_u16(),
        retry_after: response.headers().contains_key("retry-after"),
        took: asked.elapsed(),
    };
    (answer, response.json().await.expect("JSON"))
}
