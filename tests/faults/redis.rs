//! Redis killed, hung, and back with nothing in it, under load: no 5xx, a bounded delay, replies whole for readers at
//! another instance, and the limit on logins holds all the while.

use std::net::TcpListener;
use std::process::Stdio;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use reqwest::Client;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::sync::watch;

use crate::Row;
use crate::process::{Process, start};
use crate::reader::Person;
use crate::resume::sign_up;
use crate::site::Database;
use crate::upstream::{Script, Upstream};

/// What happens to Redis, for a while.
#[derive(Clone, Copy, PartialEq)]
pub enum How {
    Killed,
    /// It takes connections and bytes, and says nothing.
    Hung,
    /// Killed, and there again at once without what it knew.
    Emptied,
}

/// How many ask all the time, of either instance.
const CALLERS: usize = 4;
/// How long the load goes on, when it happens, and for how long.
const LOAD: Duration = Duration::from_secs(8);
const BEFORE: Duration = Duration::from_millis(1_500);
const AWAY: Duration = Duration::from_millis(2_500);
/// Nobody is kept that long.
const TOO_LONG: Duration = Duration::from_secs(5);
/// Attempts to log in that the settings allow at once.
const LOGINS: usize = 10;

/// None where there is no Redis to be started.
pub async fn fails(how: How) -> Option<Row> {
    let mut redis = Server::start(free_port()).await?;
    let text: &'static str = "Wort für Wort, mile by mile ".repeat(8).leak();
    let upstream = Upstream::start([Script::Say(text, Duration::from_millis(50))]).await;
    let url = format!("redis://127.0.0.1:{}", redis.port);
    let settings = [
        ("REDIS_URL", url.as_str()),
        ("OPENAI_API_KEY", "k"),
        ("OPENAI_BASE_URL", upstream.base_url.as_str()),
        ("AUTIO_RATE_LIMITS", "on"),
        ("AUTIO_TRUSTED_PROXIES", "127.0.0.1"),
        ("AUTIO_LIMIT_LOGIN", "10,1/h"),
        ("AUTIO_LIMIT_SIGNUP", "off"),
        // On, so that every message asks Redis.
        ("AUTIO_LIMIT_CHAT", "1000000,1000000/s"),
        ("AUTIO_LIMIT_IN_FLIGHT", "off"),
        ("AUTIO_BUDGET_MESSAGES", "off"),
        ("AUTIO_BUDGET_TOKENS", "off"),
        ("AUTIO_BUDGET_SERVICE_TOKENS", "off"),
    ];
    let database = Database::new();
    let pair = [
        start(&database, &settings).await,
        start(&database, &settings).await,
    ];
    let people = pair.each_ref().map(|process| {
        let (_, bases) = watch::channel(Some(process.base.clone()));
        (process, bases)
    });
    let person = sign_up(people[0].0, people[0].1.clone(), "load@example.com").await;
    let people = people.map(|(_, bases)| Person {
        bases,
        ..person.clone()
    });

    let begun = Instant::now();
    let load = join_all((0..CALLERS).map(|n| ask_on(people.clone(), n, begun + LOAD)));
    let trouble = async {
        let first = guess(&pair[0], "first@example.com", LOGINS).await;
        tokio::time::sleep_until((begun + BEFORE).into()).await;
        match how {
            How::Killed | How::Emptied => redis.kill().await,
            How::Hung => redis.signal("-STOP").await,
        }
        let since = Instant::now();
        if how == How::Emptied {
            redis = Server::start(redis.port).await.expect("Redis starts again");
        }
        // Who had used up what there is has still none, where it was counted; and everybody else has one instance's share.
        let again = guess(&pair[0], "first@example.com", LOGINS).await;
        let mut each = Vec::new();
        if how != How::Emptied {
            for process in &pair {
                each.push(guess(process, "second@example.com", 2 * LOGINS).await);
            }
        }
        tokio::time::sleep_until((since + AWAY).into()).await;
        match how {
            How::Killed => redis = Server::start(redis.port).await.expect("Redis starts again"),
            How::Hung => redis.signal("-CONT").await,
            How::Emptied => {}
        }
        let back = Instant::now();
        let is_back = wait_for_redis(&pair).await;
        let took = back.elapsed();
        let both = pair
            .each_ref()
            .map(|process| guess(process, "third@example.com", 2 * LOGINS));
        let together: usize = join_all(both).await.into_iter().sum();
        let is_exact = first == LOGINS && again == 0 && together == LOGINS;
        let holds = is_exact && each.iter().all(|passed| *passed <= LOGINS);
        if !holds {
            println!("logins: {first}, again {again}, each {each:?}, then {together}");
        }
        (holds, is_back, took, since, back)
    };
    let (asked, (holds, is_back, took, since, back)) = tokio::join!(load, trouble);
    let asked: Vec<Asked> = asked.into_iter().flatten().collect();

    let (mut lost, mut doubled, mut unfinished, mut readers) = (0, 0, 0, 0);
    let (mut ids, mut reading) = (Vec::new(), Vec::new());
    for one in asked.iter().filter_map(|one| one.reply.as_ref()) {
        ids.push(one.id.clone());
        reading.push(one.reading.lock().await.take());
    }
    for (id, reading) in ids.iter().zip(reading) {
        let Some(row) = people[0].stored(id).await else {
            unfinished += 1;
            continue;
        };
        lost += usize::from(row["status"] != "done" || row["text"] != text);
        let Some(reading) = reading else { continue };
        readers += 1;
        match tokio::time::timeout(Duration::from_secs(30), reading).await {
            Ok(Ok(read)) if read.text == text && read.whole == text => {}
            Ok(Ok(read)) if read.text.len() > text.len() => doubled += 1,
            Ok(_) => lost += 1,
            Err(_) => unfinished += 1,
        }
    }
    let refused = asked.iter().filter(|one| one.status >= 500).count();
    let longest = |is_then: &dyn Fn(&Asked) -> bool| {
        let then = asked.iter().filter(|one| is_then(one));
        then.map(|one| one.took).max().unwrap_or_default()
    };
    let before = longest(&|one| one.at + one.took <= since);
    let meanwhile = longest(&|one| one.at < back + took && one.at + one.took > since);
    unfinished += refused + usize::from(!is_back) + usize::from(!holds);
    unfinished += usize::from(meanwhile >= TOO_LONG);
    Some(Row {
        fault: match how {
            How::Killed => "Redis killed, and started again".to_owned(),
            How::Hung => "Redis hung (SIGSTOP), and going on".to_owned(),
            How::Emptied => "Redis restarted empty".to_owned(),
        },
        acknowledged: ids.len(),
        lost,
        doubled,
        unfinished,
        note: format!(
            "{} requests, {refused} of them 5xx; longest wait {} ms before, {} ms meanwhile; {readers} readers at the other instance; {}; in use again after {} ms",
            asked.len(),
            before.as_millis(),
            meanwhile.as_millis(),
            if holds {
                "the login limit held"
            } else {
                "THE LOGIN LIMIT DID NOT HOLD"
            },
            took.as_millis()
        ),
    })
}

/// A Redis of this test's own. It ends with it.
struct Server {
    child: Child,
    port: u16,
}

impl Server {
    /// None where the program isn't installed.
    async fn start(port: u16) -> Option<Self> {
        let mut command = Command::new("redis-server");
        command
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1"])
            .args(["--save", "", "--appendonly", "no"])
            .current_dir(std::env::temp_dir())
            .stdout(Stdio::null())
            .kill_on_drop(true);
        let child = command.spawn().ok()?;
        while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Some(Self { child, port })
    }

    async fn kill(&mut self) {
        self.child.kill().await.expect("it could be killed");
    }

    async fn signal(&self, signal: &str) {
        let id = self.child.id().expect("it runs").to_string();
        let told = Command::new("kill").args([signal, &id]).status().await;
        assert!(told.is_ok_and(|status| status.success()));
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}

/// One request and what came of it.
struct Asked {
    at: Instant,
    took: Duration,
    status: u16,
    /// Where a message was acknowledged.
    reply: Option<Reply>,
}

struct Reply {
    id: String,
    reading: tokio::sync::Mutex<Option<tokio::task::JoinHandle<crate::reader::Read>>>,
}

/// Says something at one instance, reads the answer at the other, and asks who it is, again and again.
async fn ask_on(people: [Person; 2], number: usize, until: Instant) -> Vec<Asked> {
    let mut all = Vec::new();
    for round in number.. {
        if Instant::now() >= until {
            break;
        }
        let (teller, reader) = (&people[round % 2], &people[(round + 1) % 2]);
        let base = teller.base().await;
        let post = teller.http.post(format!("{base}/chat/"));
        let post = post.header("prefer", "respond-async");
        let post = post.json(&json!({ "message": format!("question {number} {round}") }));
        let (mut posted, body) = send(post.bearer_auth(&teller.token)).await;
        if let Some(id) = body["message_id"].as_str().filter(|_| posted.status == 202) {
            let following = reader.clone().follow(id.to_owned(), false);
            posted.reply = Some(Reply {
                id: id.to_owned(),
                reading: Some(tokio::spawn(following)).into(),
            });
        }
        all.push(posted);
        let me = reader.http.get(format!("{}/auth/me", reader.base().await));
        all.push(send(me.bearer_auth(&reader.token)).await.0);
        tokio::time::sleep(Duration::from_millis(150)).await;
    }
    all
}

async fn send(request: reqwest::RequestBuilder) -> (Asked, Value) {
    let at = Instant::now();
    let response = request.send().await.expect("it answers");
    let status = response.status().as_u16();
    let took = at.elapsed();
    let body = response.json().await.unwrap_or_default();
    let asked = Asked {
        at,
        took,
        status,
        reply: None,
    };
    (asked, body)
}

/// How many of so many attempts at once were let through to the password, each from somewhere else.
async fn guess(process: &Process, email: &str, times: usize) -> usize {
    let http: Client = crate::site::client().build().expect("a client");
    let guesses = (0..times).map(|number| {
        let body = json!({ "email": email, "password": "wrong" });
        let post = http
            .post(format!("{}/auth/login", process.base))
            .json(&body);
        let [a, b] = [crate::reader::random(), crate::reader::random()];
        let post = post.header("x-forwarded-for", format!("10.{a}.{b}.{number}"));
        async { post.send().await.expect("it answers").status().as_u16() }
    });
    let statuses = join_all(guesses).await;
    for status in &statuses {
        assert!(matches!(status, 401 | 429), "{status}");
    }
    statuses.iter().filter(|status| **status == 401).count()
}

/// Whether both instances use it again, within ten seconds.
async fn wait_for_redis(pair: &[Process; 2]) -> bool {
    let http = crate::site::client().build().expect("a client");
    let deadline = Instant::now() + Duration::from_secs(10);
    for process in pair {
        loop {
            let ready = http.get(format!("{}/readyz", process.base)).send().await;
            let ready: Value = ready.expect("it answers").json().await.expect("JSON");
            assert_eq!(ready["status"], "ready");
            if ready["redis"]["status"] == "ok" {
                break;
            }
            if Instant::now() >= deadline {
                return false;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    true
}
