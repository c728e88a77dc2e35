//! What instances share through Redis: two of them on one database, with a real Redis between them.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use autio::config::Limits;
use autio::limit::{Action, Caller as Who, Limiter};
use autio::redis::Redis;
use futures_util::future::join_all;
use redis::aio::MultiplexedConnection;
use serde_json::{Value, json};

use crate::chat::{read_events, text_of};
use crate::process::command;
use crate::site::{Database, PASSWORD, Site};
use crate::upstream::{Script, Upstream};

/// A database of Redis for one test, empty.
struct Cache {
    url: String,
    connection: MultiplexedConnection,
}

impl Cache {
    async fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let server = std::env::var("AUTIO_TEST_REDIS").expect("AUTIO_TEST_REDIS is set");
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let url = format!("{}/{number}", server.trim_end_matches('/'));
        let client = redis::Client::open(url.as_str()).unwrap();
        let mut connection = client.get_multiplexed_async_connection().await.unwrap();
        let flush = redis::cmd("FLUSHDB");
        flush.exec_async(&mut connection).await.unwrap();
        Self { url, connection }
    }

    /// Two instances on one database.
    async fn pair(&self, settings: &[(&str, &str)]) -> [Site; 2] {
        let database = Arc::new(Database::new());
        let settings = [&[("REDIS_URL", self.url.as_str())], settings].concat();
        [
            Site::start_on(database.clone(), &settings).await,
            Site::start_on(database, &settings).await,
        ]
    }

    async fn ask<T: redis::FromRedisValue>(&mut self, words: &[&str]) -> T {
        let mut command = redis::cmd(words[0]);
        command.arg(&words[1..]);
        command.query_async(&mut self.connection).await.unwrap()
    }
}

#[tokio::test]
#[ignore = "needs Redis: tests/run"]
async fn a_flood_over_two_instances_gets_exactly_the_burst() {
    let mut cache = Cache::new().await;
    let settings = [
        ("AUTIO_RATE_LIMITS", "on"),
        ("AUTIO_LIMIT_LOGIN", "10,1/h"),
        ("AUTIO_TRUSTED_PROXIES", "127.0.0.1"),
    ];
    let sites = cache.pair(&settings).await;
    sites[0].sign_up("ann@example.com").await;
    let log_in = |number: usize, password: &'static str| {
        let body = json!({ "email": "ann@example.com", "password": password });
        let post = sites[number % 2].stranger().post("/auth/login").json(&body);
        // Everybody from somewhere else.
        let post = post.header("x-forwarded-for", format!("1.1.{}.1", number / 2));
        async move { post.send().await.unwrap().status().as_u16() }
    };
    let statuses = join_all((0..64).map(|number| log_in(number, "wrong"))).await;
    let of = |status| statuses.iter().filter(|given| **given == status).count();
    assert_eq!((of(401), of(429)), (10, 54));
    // Neither instance lets anybody in any more, with the right password or not.
    assert_eq!(log_in(0, PASSWORD).await, 429);
    assert_eq!(log_in(1, PASSWORD).await, 429);

    // What is kept goes by itself, and says neither who nor from where.
    let keys: Vec<String> = cache.ask(&["KEYS", "*"]).await;
    assert!(keys.len() > 10, "{keys:?}");
    for key in &keys {
        assert!(!key.contains("ann") && !key.contains("1.1."), "{key}");
        let left: i64 = cache.ask(&["PTTL", key]).await;
        assert!(left > 0 && left <= 10 * 3_600_000, "{key}: {left}");
    }
}

#[tokio::test]
#[ignore = "needs Redis: tests/run"]
async fn buckets_are_shared_to_the_last_token_and_refill() {
    let cache = Cache::new().await;
    let database = Database::new();
    let config = database.settings(&[("REDIS_URL", &cache.url)]);
    let limits = Limits {
        chat: Some("50,1/h".parse().unwrap()),
        signup: Some("2,4/s".parse().unwrap()),
        ..Limits::default()
    };
    let redis = Redis::open(config.redis.as_ref().unwrap()).await;
    let limiter = || Limiter::redis(redis.clone(), &limits, &config.jwt.current);
    let limiters: Vec<Limiter> = (0..4).map(|_| limiter()).collect();
    let ann = Who::Account("ann");
    let takes = (0..400).map(|number| limiters[number % 4].take(Action::Chat, ann));
    let passed = join_all(takes).await.into_iter().filter(Result::is_ok);
    assert_eq!(passed.count(), 50);
    let refused = limiters[3].take(Action::Chat, ann).await.unwrap_err();
    assert!(matches!(refused.retry_after(), Some(3_500..=3_600)));
    // What one gives back another can take, and no more than that.
    limiters[0].give_back(Action::Chat, ann).await;
    // And is told what all of them have left.
    let left = limiters[3].take(Action::Chat, Who::Account("cid")).await;
    assert_eq!(left.unwrap().unwrap().remaining, 49);
    let left = limiters[2].take(Action::Chat, Who::Account("cid")).await;
    assert_eq!(left.unwrap().unwrap().remaining, 48);
    limiters[0]
        .take(Action::Chat, Who::Account("bob"))
        .await
        .unwrap();
    assert!(limiters[0].take(Action::Chat, ann).await.is_ok());
    assert!(limiters[1].take(Action::Chat, ann).await.is_err());
    // A new instance knows at once.
    assert!(limiter().take(Action::Chat, ann).await.is_err());

    for _ in 0..2 {
        limiters[0].take(Action::Signup, ann).await.unwrap();
    }
    assert!(limiters[1].take(Action::Signup, ann).await.is_err());
    tokio::time::sleep(Duration::from_millis(260)).await;
    limiters[1].take(Action::Signup, ann).await.unwrap();
    // More given back than taken is a full bucket.
    for _ in 0..5 {
        limiters[2].give_back(Action::Signup, ann).await;
    }
    let passed = join_all((0..4).map(|n| limiters[n].take(Action::Signup, ann))).await;
    assert_eq!(passed.iter().filter(|taken| taken.is_ok()).count(), 2);
}

#[tokio::test]
#[ignore = "needs Redis: tests/run"]
async fn a_reply_made_elsewhere_is_read_here_word_by_word_and_resumed() {
    let text = "one two three four five six seven eight nine ten eleven twelve";
    let upstream = Upstream::start([Script::Say(text, Duration::from_millis(100))]).await;
    let cache = Cache::new().await;
    let [here, there] = cache.pair(&model(&upstream)).await;
    let (token, path) = ask_there(&here, &there, &upstream).await;
    // As if it had been announced here, and the other one had been quicker.
    here.app.feed.open(path.rsplit('/').next().unwrap());
    let events = format!("{path}/events");
    let first = here.program(&token).get(&events).send();
    let first = tokio::spawn(async { read_events(first.await.unwrap()).await });
    tokio::time::sleep(Duration::from_millis(500)).await;
    // Who comes late gets the whole so far at once, and then the rest.
    let late = here.program(&token).get(&events).send().await.unwrap();
    let late = read_events(late).await;
    let first = first.await.unwrap();
    for read in [&first, &late] {
        assert_eq!(text_of(read), text);
        assert_eq!(read.last().unwrap().name, "done");
        assert!(read.iter().all(|event| event.name != "restart"));
    }
    // The row has the text once in 800 ms: that would be two or three.
    let deltas: Vec<_> = first.iter().filter(|event| event.name == "delta").collect();
    assert!(deltas.len() >= 6, "{} deltas", deltas.len());
    // From any place on, at either instance, nothing is missing and nothing comes twice.
    for (site, at) in [(&here, 1), (&there, 3)] {
        let known: String = deltas[..=at]
            .iter()
            .map(|event| event.data["text"].as_str().unwrap())
            .collect();
        let get = site.program(&token).get(&events);
        let get = get.header("last-event-id", &deltas[at].id);
        let rest = read_events(get.send().await.unwrap()).await;
        assert_eq!(known + &text_of(&rest), text);
    }
}

#[tokio::test]
#[ignore = "needs Redis: tests/run"]
async fn many_readers_share_two_connections() {
    let text = "one two three four five six seven eight nine ten";
    let upstream = Upstream::start([Script::Say(text, Duration::from_millis(250))]).await;
    let mut cache = Cache::new().await;
    let [here, there] = cache.pair(&model(&upstream)).await;
    let (token, path) = ask_there(&here, &there, &upstream).await;
    let reader = here.program(&token);
    let readers = (0..200).map(|_| {
        let get = reader.get(&format!("{path}/events")).send();
        tokio::spawn(async { read_events(get.await.unwrap()).await })
    });
    let readers: Vec<_> = readers.collect();
    tokio::time::sleep(Duration::from_millis(1_000)).await;
    let clients: String = cache.ask(&["CLIENT", "LIST"]).await;
    let number = cache.url.rsplit('/').next().unwrap();
    let ours = clients.lines().filter(|line| {
        let words: HashSet<&str> = line.split_whitespace().collect();
        words.contains(format!("db={number}").as_str())
    });
    // Two for each instance, and the test's own.
    assert_eq!(ours.count(), 5, "{clients}");
    for reader in readers {
        assert_eq!(text_of(&reader.await.unwrap()), text);
    }
    // And what was told of the reply goes by itself.
    let keys: Vec<String> = cache.ask(&["KEYS", "autio:feed:*"]).await;
    for key in keys {
        let left: i64 = cache.ask(&["PTTL", &key]).await;
        assert!(left <= 5_000, "{key}: {left}");
    }
}

#[tokio::test]
#[ignore = "needs Redis: tests/run"]
async fn without_redis_everything_goes_on_and_the_operator_is_told() {
    let text = "one two three four five six";
    let upstream = Upstream::start([Script::Say(text, Duration::from_millis(300))]).await;
    let cache = Cache::new().await;
    let up = cache.pair(&[]).await;
    assert_eq!(
        up[0].stranger().read("/readyz").await["redis"]["status"],
        "ok"
    );
    // A port where nobody listens.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let away = format!("redis://{}", port.local_addr().unwrap());
    drop(port);
    let settings = [&model(&upstream)[..], &[("REDIS_URL", away.as_str())]].concat();
    let database = Arc::new(Database::new());
    let here = Site::start_on(database.clone(), &settings).await;
    let there = Site::start_on(database, &settings).await;
    let ready = here.stranger().read("/readyz").await;
    assert_eq!(
        (&ready["status"], &ready["redis"]["status"]),
        (&json!("ready"), &json!("away"))
    );
    let (token, path) = ask_there(&here, &there, &upstream).await;
    let read = here.program(&token).get(&format!("{path}/events")).send();
    assert_eq!(text_of(&read_events(read.await.unwrap()).await), text);
}

#[tokio::test]
async fn where_redis_is_is_printed_without_its_password() {
    let database = Database::new();
    let mut command = command(&database);
    command.arg("config");
    let output = command.env("REDIS_URL", "redis://:canary@cache:6379/2");
    let text = String::from_utf8(output.output().await.unwrap().stdout).unwrap();
    assert!(
        text.contains("REDIS_URL=redis://:hidden@cache:6379/2\n"),
        "{text}"
    );
    let output = command
        .env("REDIS_URL", "cache:canary")
        .output()
        .await
        .unwrap();
    let line = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(
        line.starts_with("autio: REDIS_URL: must be redis://"),
        "{line}"
    );
    assert!(
        line.trim().lines().count() == 1 && !line.contains("canary"),
        "{line}"
    );
}

fn model(upstream: &Upstream) -> [(&'static str, &str); 2] {
    [
        ("OPENAI_API_KEY", "k"),
        ("OPENAI_BASE_URL", &upstream.base_url),
    ]
}

/// Somebody's token, and the address of a reply that the second instance has begun to make.
async fn ask_there(here: &Site, there: &Site, upstream: &Upstream) -> (String, String) {
    let entered = here.sign_up("vic@example.com").await;
    let token = entered["access_token"].as_str().unwrap();
    let post = there.program(token).post("/chat/");
    let post = post
        .header("prefer", "respond-async")
        .json(&json!({ "message": "count" }));
    let pending: Value = post.send().await.unwrap().json().await.unwrap();
    while upstream.requests().is_empty() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let id = pending["message_id"].as_str().unwrap();
    (token.to_owned(), format!("/chat/messages/{id}"))
}
