//! What a cache between instances could save: the built-in advisor's answers to the landing page's questions, and the check
//! of a session. Prints a table.
//!
//! `AUTIO_TEST_POSTGRES=postgres://… AUTIO_TEST_REDIS=redis://… cargo bench --bench shared`; what isn't set is left out.

use std::time::{Duration, Instant};

use autio::advisor::catalogue::answer;
use autio::advisor::starters::QUESTIONS;
use autio::advisor::{Knowledge, Role, Turn};
use autio::cars::Catalogue;
use autio::config::{DatabaseUrl, PostgresConfig};
use autio::db::sessions::{self, Kind, NewSession};
use autio::db::users::{self, Preferences, User};
use autio::db::{self, Db, Direction};
use futures_util::future::join_all;
use serde_json::json;

const TIMES: usize = 2_000;
/// How many ask at once in the second figure of each line.
const AT_ONCE: usize = 32;

fn main() {
    // `cargo test --benches` only wants to know that it builds.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(run());
}

async fn run() {
    println!("| what | one at a time, ms | {AT_ONCE} at once, a second |");
    println!("| --- | ---: | ---: |");
    let mut size = 0;
    let catalogue = Catalogue::built_in().expect("the built-in catalogue");
    for text in QUESTIONS {
        let turn = Turn {
            message_id: "m".into(),
            role: Role::User,
            text: text.into(),
            edits: Vec::new(),
        };
        let mut took = Vec::new();
        for _ in 0..50 {
            let begun = Instant::now();
            let made = answer(&catalogue, std::slice::from_ref(&turn), Knowledge::Casual);
            took.push(begun.elapsed());
            let kept = json!({ "text": made.text, "cars": made.cars, "needs": made.needs });
            size = size.max(kept.to_string().len());
        }
        println!("| answer: {text} | {} | |", middle(took));
    }
    let dir = tempfile::tempdir().expect("a folder");
    let sqlite = DatabaseUrl::Sqlite(dir.path().join("bench.db"));
    check_session("SQLite", sqlite).await;
    if let Ok(url) = std::env::var("AUTIO_TEST_POSTGRES") {
        let postgres = PostgresConfig {
            url: url.into(),
            connections: 16,
        };
        check_session("PostgreSQL", DatabaseUrl::Postgres(postgres)).await;
    }
    if let Ok(url) = std::env::var("AUTIO_TEST_REDIS") {
        get_from_redis(&url, "a session", 600).await;
        get_from_redis(&url, "an answer", size).await;
    }
}

async fn check_session(name: &str, url: DatabaseUrl) {
    let opening = tokio::task::spawn_blocking(move || {
        db::migrate(&url, Direction::Up).expect("the schema");
        Db::open(&url).expect("the database")
    });
    let db = opening.await.expect("it opens");
    let (id, user_id, now) = (db::new_id(), db::new_id(), db::now());
    let user = User {
        id: user_id.clone(),
        email: format!("{user_id}@example.com"),
        hashed_pw: "x".repeat(97),
        is_active: true,
        knowledge: "casual".into(),
        created_at: now,
        preferences: Preferences::default(),
    };
    let session = NewSession {
        id: id.clone(),
        user_id: user_id.clone(),
        kind: Kind::Browser.as_str(),
        name: None,
        created_at: now,
        expires_at: now + chrono::Duration::hours(1),
    };
    let stored = db.write(move |conn| {
        users::insert(conn, &user)?;
        sessions::insert(conn, &session)
    });
    stored.await.expect("rows");
    let ask = || {
        let (id, user_id) = (id.clone(), user_id.clone());
        let found = db.read(move |conn| sessions::live_user(conn, &id, &user_id, db::now()));
        async { assert!(found.await.expect("it answers").is_some()) }
    };
    time(&format!("session from {name}"), ask).await;
    let gone = user_id.clone();
    let gone = db.write(move |conn| users::delete(conn, &gone));
    gone.await.expect("gone");
}

async fn get_from_redis(url: &str, what: &str, size: usize) {
    let client = redis::Client::open(url).expect("a URL of Redis");
    let connecting = client.get_multiplexed_async_connection();
    let mut connection = connecting.await.expect("Redis");
    let key = format!("autio:bench:{size}");
    let mut set = redis::cmd("SET");
    set.arg(&key).arg("x".repeat(size)).arg("EX").arg(600);
    set.exec_async(&mut connection).await.expect("it is kept");
    let ask = || {
        let (mut connection, key) = (connection.clone(), key.clone());
        async move {
            let mut get = redis::cmd("GET");
            let value: String = get.arg(key).query_async(&mut connection).await.expect("it");
            assert_eq!(value.len(), size);
        }
    };
    time(&format!("{what} from Redis, {size} bytes"), ask).await;
}

async fn time<F: Future<Output = ()>>(what: &str, ask: impl Fn() -> F) {
    let mut took = Vec::new();
    for _ in 0..TIMES {
        let begun = Instant::now();
        ask().await;
        took.push(begun.elapsed());
    }
    let begun = Instant::now();
    for _ in 0..TIMES / AT_ONCE {
        join_all((0..AT_ONCE).map(|_| ask())).await;
    }
    let all = (TIMES / AT_ONCE * AT_ONCE) as f64;
    let rate = all / begun.elapsed().as_secs_f64();
    println!("| {what} | {} | {rate:.0} |", middle(took));
}

fn middle(mut took: Vec<Duration>) -> String {
    took.sort();
    format!("{:.3}", took[took.len() / 2].as_secs_f64() * 1_000.0)
}
