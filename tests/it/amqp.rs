//! Replies through RabbitMQ: made by workers, read and stopped at the server; and what happens where there is no broker or
//! no worker.

use std::sync::Arc;
use std::time::Duration;

use autio::config::Config;
use autio::server::work::Work;
use autio::state::App;
use lapin::options::{BasicPublishOptions, QueueDeclareOptions};
use lapin::types::FieldTable;
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties};
use serde_json::{Value, json};

use crate::chat::{read_events, text_of};
use crate::process::{command, start, start_worker};
use crate::site::{Caller, Database, Site, client};
use crate::upstream::{Script, Upstream};

/// Settings for queues of this test's own.
struct Own {
    url: String,
    prefix: String,
}

impl Own {
    fn new() -> Self {
        Self {
            url: std::env::var("AUTIO_TEST_AMQP").expect("AUTIO_TEST_AMQP: see tests/run"),
            prefix: format!("test-{}", uuid::Uuid::now_v7()),
        }
    }

    fn settings<'a>(&'a self, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
        let own = [
            ("AMQP_URL", self.url.as_str()),
            ("AUTIO_AMQP_QUEUE", &self.prefix),
        ];
        own.iter().chain(more).copied().collect()
    }

    async fn channel(&self) -> (Connection, Channel) {
        let properties = ConnectionProperties::default();
        let connection = Connection::connect(&self.url, properties).await.unwrap();
        let channel = connection.create_channel().await.unwrap();
        (connection, channel)
    }

    async fn publish(&self, channel: &Channel, body: &[u8]) {
        let queue = format!("{}.replies", self.prefix);
        let options = BasicPublishOptions::default();
        let properties = BasicProperties::default();
        let sent = channel.basic_publish("".into(), queue.into(), options, body, properties);
        sent.await.unwrap().await.unwrap();
    }
}

/// A worker in this process.
async fn work(config: Config) -> App {
    let work = Work::build(config).await.unwrap();
    let app = work.app().clone();
    tokio::spawn(work.run());
    app
}

/// Asks something, and gets the pending reply.
async fn ask(program: &Caller) -> Value {
    let post = program.post("/chat/").header("prefer", "respond-async");
    let post = post
        .json(&json!({ "message": "count" }))
        .send()
        .await
        .unwrap();
    assert_eq!(post.status(), 202);
    post.json().await.unwrap()
}

async fn until_connected(app: &App) {
    while app.queue.broker() != Some(None) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
#[ignore = "needs RabbitMQ: tests/run"]
async fn a_worker_makes_what_is_asked_and_read_and_stopped_at_the_server() {
    let upstream = Upstream::start([Script::Say("one two three", Duration::ZERO)]).await;
    let own = Own::new();
    let settings = own.settings(&[
        ("OPENAI_API_KEY", "k"),
        ("OPENAI_BASE_URL", upstream.base_url.as_str()),
    ]);
    let database = Arc::new(Database::new());
    let site = Site::start_on(database.clone(), &settings).await;
    let worker = work(database.settings(&settings)).await;
    until_connected(&site.app).await;
    until_connected(&worker).await;
    let ready = site.stranger().read("/readyz").await;
    assert_eq!(ready["queue"]["status"], "ok");
    let program = site.new_program().await;
    assert_eq!(program.say("count", None).await["reply"], "one two three");
    let stream = program.post("/chat/").header("accept", "text/event-stream");
    let stream = stream.json(&json!({ "message": "count" })).send().await;
    let events = read_events(stream.unwrap()).await;
    assert_eq!(text_of(&events), "one two three");
    assert_eq!(events.last().unwrap().name, "done");
    // Nothing is left of readers at the server: no reply has a feed there.
    let last = events.last().unwrap().data["message_id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(site.app.feed.reader(&last).is_none());

    // A batch goes the same way, in a queue of its own.
    let batch = program.post("/chat/batches");
    let batch = batch
        .json(&json!({ "requests": [{ "message": "count" }] }))
        .send();
    let batch: Value = batch.await.unwrap().json().await.unwrap();
    let place = format!("/chat/batches/{}", batch["id"].as_str().unwrap());
    while program.read(&place).await["counts"]["done"] != 1 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }

    // A stop ends the call that the worker makes, and keeps what came.
    upstream.now(Script::FallSilent("one "));
    let before = upstream.requests().len();
    let pending = ask(&program).await;
    while upstream.requests().len() == before {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let stop = format!(
        "/chat/messages/{}/stop",
        pending["message_id"].as_str().unwrap()
    );
    let stopped = program.post(&stop).send().await.unwrap();
    let stopped: Value = stopped.json().await.unwrap();
    assert_eq!(
        (&stopped["status"], &stopped["text"]),
        (&json!("stopped"), &json!("one "))
    );
    while upstream.broken_off_by_caller() == 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
#[ignore = "needs RabbitMQ: tests/run"]
async fn what_comes_twice_is_made_once_and_what_names_nothing_is_a_dead_letter() {
    let upstream =
        Upstream::start([Script::Say("one two three", Duration::from_millis(300))]).await;
    let own = Own::new();
    let settings = own.settings(&[
        ("OPENAI_API_KEY", "k"),
        ("OPENAI_BASE_URL", upstream.base_url.as_str()),
    ]);
    let database = Arc::new(Database::new());
    let site = Site::start_on(database.clone(), &settings).await;
    until_connected(&site.app).await;
    for _ in 0..2 {
        until_connected(&work(database.settings(&settings)).await).await;
    }
    let program = site.new_program().await;
    let pending = ask(&program).await;
    let id = pending["message_id"].as_str().unwrap();
    let (_connection, channel) = own.channel().await;
    for _ in 0..20 {
        own.publish(&channel, id.as_bytes()).await;
    }
    // Nobody has ever heard of it: it isn't delivered for ever.
    let unknown = uuid::Uuid::now_v7().to_string();
    for body in [unknown.as_bytes(), b"not an id", b"\xff\xfe", b""] {
        own.publish(&channel, body).await;
    }
    let message = format!("/chat/messages/{id}");
    while program.read(&message).await["status"] != "done" {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let count = async |ending: &str| {
        let name = format!("{}.{ending}", own.prefix);
        let look = QueueDeclareOptions {
            passive: true,
            ..QueueDeclareOptions::default()
        };
        let queue = channel.queue_declare(name.into(), look, FieldTable::default());
        queue.await.unwrap().message_count()
    };
    while count("dead").await < 3 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!((count("replies").await, count("dead").await), (0, 3));
    assert_eq!(upstream.requests().len(), 1);
    assert_eq!(program.read(&message).await["text"], "one two three");
}

#[tokio::test]
#[ignore = "needs RabbitMQ: tests/run"]
async fn a_worker_that_is_asked_to_end_finishes_what_it_has_and_leaves_the_rest() {
    let upstream =
        Upstream::start([Script::Say("one two three", Duration::from_millis(500))]).await;
    let own = Own::new();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap().to_string();
    drop(free);
    let settings = own.settings(&[
        ("OPENAI_API_KEY", "k"),
        ("OPENAI_BASE_URL", upstream.base_url.as_str()),
        ("AUTIO_WORK_ADDR", &address),
    ]);
    let database = Arc::new(Database::new());
    let site = Site::start_on(database.clone(), &settings[..4]).await;
    until_connected(&site.app).await;
    let mut worker = start_worker(&database, &settings).await;
    let health = async || {
        let mut health = command(&database);
        let health = health.args(["health", "--work"]).envs(settings.clone());
        health.status().await.unwrap().success()
    };
    assert!(health().await);
    let program = site.new_program().await;
    let answer = tokio::spawn(async move { program.say("count", None).await });
    while upstream.requests().is_empty() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let id = worker.id().unwrap().to_string();
    let mut kill = tokio::process::Command::new("kill");
    assert!(kill.args(["-TERM", &id]).status().await.unwrap().success());
    assert_eq!(answer.await.unwrap()["reply"], "one two three");
    assert!(worker.wait().await.unwrap().success(), "it exits with 0");
    assert!(!health().await);
    assert_eq!(upstream.requests().len(), 1, "nobody else began it");
}

#[tokio::test]
#[ignore = "needs RabbitMQ: tests/run"]
async fn with_tls_only_a_broker_that_the_root_vouches_for_is_spoken_to() {
    let variable = |name: &str| std::env::var(name).expect("see tests/run");
    let url = variable("AUTIO_TEST_AMQPS");
    let own = Own::new();
    for (root, status) in [
        ("AUTIO_TEST_POSTGRES_STRANGER", "failing"),
        ("AUTIO_TEST_POSTGRES_ROOT", "ok"),
    ] {
        let root = variable(root);
        let settings = [
            ("AMQP_URL", url.as_str()),
            ("AUTIO_AMQP_QUEUE", &own.prefix),
            ("SSL_CERT_FILE", &root),
        ];
        let database = Database::new();
        let server = start(&database, &settings).await;
        let http = client().build().unwrap();
        let queue = async || {
            let ready = http.get(format!("{}/readyz", server.base)).send().await;
            let ready: Value = ready.unwrap().json().await.unwrap();
            ready["queue"].clone()
        };
        let mut last = queue().await;
        while last["status"] != status || last["detail"] == "it is being connected to" {
            tokio::time::sleep(Duration::from_millis(50)).await;
            last = queue().await;
        }
        let detail = last["detail"].as_str().unwrap_or_default();
        assert_eq!(
            status == "failing",
            detail.contains("certificate"),
            "{detail}"
        );
    }
}

#[tokio::test]
async fn without_a_worker_the_server_makes_it_after_a_while() {
    // Nobody listens there.
    let settings = [("AMQP_URL", "amqp://127.0.0.1:1")];
    let site = Site::start_with(&settings).await;
    let program = site.new_program().await;
    let ready = site.stranger().read("/readyz").await;
    assert_eq!(
        (&ready["status"], &ready["queue"]["status"]),
        (&json!("ready"), &json!("failing"))
    );
    // Whoever watches is told that it waits.
    let email = "waiter@example.com";
    let token = site.sign_up(email).await["access_token"].clone();
    let htmx = site.htmx();
    htmx.log_in(email).await;
    let pending = ask(&site.program(token.as_str().unwrap())).await;
    let events = format!(
        "/chat/messages/{}/events",
        pending["message_id"].as_str().unwrap()
    );
    let watching = tokio::spawn(htmx.get(&events).send());
    let answer = program.say("A hybrid SUV", None).await;
    assert_eq!(answer["status"], "done");
    let html = watching.await.unwrap().unwrap().text().await.unwrap();
    let (waiting, rest) = html.split_once("waits its turn").unwrap();
    assert!(
        rest.contains("event: done") && !waiting.contains("event: done"),
        "{html}"
    );
}

#[tokio::test]
async fn without_a_broker_workers_find_it_in_the_table_and_nobody_waits_for_the_broker() {
    // It takes connections and says nothing, ever.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("amqp://{}", silent.local_addr().unwrap());
    let settings = [("AMQP_URL", url.as_str())];
    let database = Arc::new(Database::new());
    let site = Site::start_on(database.clone(), &settings).await;
    let worker = work(database.settings(&settings)).await;
    let program = site.new_program().await;
    // Far less than the ten seconds after which the server would step in.
    let pending = tokio::time::timeout(Duration::from_secs(5), ask(&program)).await;
    let pending = pending.expect("acknowledged");
    let message = format!("/chat/messages/{}", pending["message_id"].as_str().unwrap());
    while program.read(&message).await["status"] != "done" {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    worker.draining.send_replace(true);
}

#[tokio::test]
async fn a_worker_without_a_broker_in_its_settings_says_what_it_needs() {
    let database = Database::new();
    let output = command(&database).arg("work").output().await.unwrap();
    let line = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{line}");
    assert!(
        line.contains("AMQP_URL") && line.trim().lines().count() == 1,
        "{line}"
    );
}
