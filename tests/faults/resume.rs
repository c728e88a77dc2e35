//! Readers in the middle of a reply whose process ends, well or badly, or who leave and come back by themselves: each ends
//! with exactly the text that is stored.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::watch;

use crate::Row;
use crate::process::start;
use crate::reader::{Person, Read};
use crate::site::{Database, client};
use crate::upstream::{Script, Upstream};

/// How the first process ends.
#[derive(Clone, Copy, PartialEq)]
pub enum End {
    /// Asked to, while another is there already. The replies take longer than it has.
    Term,
    /// Killed, and then started again.
    Kill,
}

const REPLIES: usize = 4;
/// Half of them leave and come back by themselves as well.
const READERS: usize = 4;

/// Two attempts with other words.
pub async fn over(end: End) -> Row {
    let first: &'static str = "first attempt, word for word ".repeat(30).leak();
    let second: &'static str = "und dann ganz anders: Zwölf Boxkämpfer ".repeat(20).leak();
    let upstream = Upstream::start([Script::Say(first, Duration::from_millis(500))]).await;
    let settings = [
        ("OPENAI_API_KEY", "k"),
        ("OPENAI_BASE_URL", upstream.base_url.as_str()),
    ];
    let database = Database::new();
    let mut old = start(&database, &settings).await;
    let (base, bases) = watch::channel(Some(old.base.clone()));
    let person = sign_up(&old, bases, "resume@example.com").await;
    let (replies, readers) = ask(&person, REPLIES, |reader| reader % 2 == 1).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    upstream.now(Script::Say(second, Duration::from_millis(30)));
    let (mut new, mut ended_well) = (None, true);
    match end {
        End::Term => {
            new = Some(start(&database, &settings).await);
            terminate(&old).await;
            // Whoever comes anew comes to the other one, as a load balancer sees to.
            base.send_replace(new.as_ref().map(|new| new.base.clone()));
            let status = old.child.wait().await.expect("it ended");
            ended_well = status.success();
        }
        End::Kill => {
            base.send_replace(None);
            old.child.kill().await.expect("it could be killed");
            let again = start(&database, &settings).await;
            base.send_replace(Some(again.base.clone()));
            new = new.or(Some(again));
        }
    }
    let mut row = check(&person, &replies, readers, second).await;
    row.fault = match end {
        End::Term => "SIGTERM in the middle, read on".to_owned(),
        End::Kill => "kill -9 in the middle, read on".to_owned(),
    };
    if !ended_well {
        row.note.push_str("; it did not exit with 0");
        row.unfinished += 1;
    }
    drop(new);
    row
}

/// Nothing goes wrong but the readers' lines.
pub async fn wanderers() -> Row {
    let text: &'static str = "Öl, Gas und Strom: eins zwei drei ".repeat(20).leak();
    let upstream = Upstream::start([Script::Say(text, Duration::from_millis(30))]).await;
    let settings = [
        ("OPENAI_API_KEY", "k"),
        ("OPENAI_BASE_URL", upstream.base_url.as_str()),
    ];
    let database = Database::new();
    let process = start(&database, &settings).await;
    let (_base, bases) = watch::channel(Some(process.base.clone()));
    let person = sign_up(&process, bases, "wander@example.com").await;
    let (replies, readers) = ask(&person, 3 * REPLIES, |_| true).await;
    let mut row = check(&person, &replies, readers, text).await;
    row.fault = "readers who leave and come back".to_owned();
    row
}

pub async fn sign_up(
    process: &crate::process::Process,
    bases: watch::Receiver<Option<String>>,
    email: &str,
) -> Person {
    let http = client().build().expect("a client");
    let token = process.sign_up(&http, email).await;
    Person { http, token, bases }
}

pub async fn terminate(process: &crate::process::Process) {
    let id = process.child.id().expect("it runs").to_string();
    let mut kill = tokio::process::Command::new("kill");
    let told = kill.args(["-TERM", &id]).status().await;
    assert!(told.is_ok_and(|status| status.success()));
}

type Following = Vec<Vec<tokio::task::JoinHandle<Read>>>;

/// Asks for that many replies, and sits several readers before each.
async fn ask(
    person: &Person,
    replies: usize,
    wanders: impl Fn(usize) -> bool,
) -> (Vec<String>, Following) {
    let (mut ids, mut all) = (Vec::new(), Vec::new());
    for number in 0..replies {
        let id = person.ask(&format!("question {number}")).await;
        let follow = |reader| person.clone().follow(id.clone(), wanders(reader));
        all.push((0..READERS).map(|n| tokio::spawn(follow(n))).collect());
        ids.push(id);
    }
    (ids, all)
}

async fn check(person: &Person, ids: &[String], readers: Following, text: &str) -> Row {
    let (mut lost, mut doubled, mut unfinished) = (0, 0, 0);
    let (mut people, mut connections, mut restarts, mut sent_on) = (0, 0, 0, 0);
    for (id, readers) in ids.iter().zip(readers) {
        let Some(row) = person.stored(id).await else {
            unfinished += 1;
            continue;
        };
        let stored = row["text"].as_str().unwrap_or_default();
        lost += usize::from(stored != text);
        let ended = join_all(readers);
        let Ok(ended) = tokio::time::timeout(Duration::from_secs(30), ended).await else {
            unfinished += 1;
            continue;
        };
        for read in ended {
            let read = read.expect("a reader ended");
            people += 1;
            connections += read.connections;
            restarts += read.restarts;
            sent_on += read.sent_on;
            if read.text != stored || read.whole != stored {
                println!("read {:?}, stored {stored:?}", read.text);
                match read.text.len() > stored.len() {
                    true => doubled += 1,
                    false => lost += 1,
                }
            }
        }
    }
    Row {
        fault: String::new(),
        acknowledged: ids.len(),
        lost,
        doubled,
        unfinished,
        note: format!(
            "{people} readers, {connections} connections, {restarts} texts begun anew, {sent_on} sent on"
        ),
    }
}
