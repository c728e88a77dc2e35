//! A stop that comes in at another instance than the one that makes the reply: the call upstream ends, and everybody sees
//! the same part.

use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::sync::watch;

use crate::Row;
use crate::process::start;
use crate::resume::sign_up;
use crate::site::Database;
use crate::upstream::{Script, Upstream};

const STOPS: usize = 12;

pub async fn elsewhere() -> Row {
    let text: &'static str = "word ".repeat(400).leak();
    let upstream = Upstream::start([Script::Say(text, Duration::from_millis(100))]).await;
    let settings = [
        ("OPENAI_API_KEY", "k"),
        ("OPENAI_BASE_URL", upstream.base_url.as_str()),
    ];
    let database = Database::new();
    let here = start(&database, &settings).await;
    let there = start(&database, &settings).await;
    let (_base, bases) = watch::channel(Some(here.base.clone()));
    let person = sign_up(&here, bases, "stop@example.com").await;
    let (mut lost, mut doubled, mut unfinished) = (0, 0, 0);
    let mut took = Vec::new();
    for number in 0..STOPS {
        let id = person.ask(&format!("question {number}")).await;
        // One reader at each.
        let mut other = person.clone();
        let (_other_base, bases) = watch::channel(Some(there.base.clone()));
        other.bases = bases;
        let readers = [person.clone(), other].map(|person| {
            let following = person.follow(id.clone(), false);
            tokio::spawn(following)
        });
        tokio::time::sleep(Duration::from_millis(
            700 + 2 * u64::from(crate::reader::random()),
        ))
        .await;
        let asked = Instant::now();
        let stop = person
            .http
            .post(format!("{}/chat/messages/{id}/stop", there.base))
            .bearer_auth(&person.token);
        let ended = async {
            while upstream.broken_off_by_caller() <= number {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            asked.elapsed()
        };
        let ended = tokio::time::timeout(Duration::from_secs(10), ended);
        let (stopped, ended) = tokio::join!(stop.send(), ended);
        match ended {
            Ok(after) => took.push(after),
            Err(_) => unfinished += 1,
        }
        let stopped: Value = stopped.expect("it answers").json().await.expect("JSON");
        assert_eq!(stopped["status"], "stopped");
        // What the stop itself said, what is stored, and what the readers have are one.
        let part = stopped["text"].as_str().expect("text");
        let row = person.stored(&id).await.unwrap_or_default();
        lost += usize::from(row["text"] != part || !part.starts_with("word "));
        for reader in readers {
            let read = tokio::time::timeout(Duration::from_secs(10), reader).await;
            match read {
                Ok(Ok(read)) if read.text == part && read.whole == part => {}
                Ok(Ok(read)) if read.text.len() > part.len() => doubled += 1,
                Ok(_) => lost += 1,
                Err(_) => unfinished += 1,
            }
        }
    }
    took.sort();
    let milliseconds = |at: usize| took.get(at).map_or(0, Duration::as_millis);
    Row {
        fault: "a stop through another instance".to_owned(),
        acknowledged: STOPS,
        lost,
        doubled,
        unfinished,
        note: format!(
            "the call upstream ended after {} ms in the middle, {} ms at most",
            milliseconds(took.len() / 2),
            milliseconds(took.len().saturating_sub(1))
        ),
    }
}
