//! RabbitMQ and workers that die, hang and forget while people write: nothing is lost, nothing is made twice, and nobody
//! waits for a broker.

use std::time::{Duration, Instant};

use lapin::options::{QueueDeclareOptions, QueuePurgeOptions};
use lapin::types::FieldTable;
use lapin::{Connection, ConnectionProperties};
use reqwest::Client;
use serde_json::{Value, json};
use tokio::process::Child;
use tokio::sync::watch;

use crate::Row;
use crate::broker::Broker;
use crate::kill::{ANSWER, Acknowledged, check, text};
use crate::process::{Process, start, start_worker};
use crate::reader::random;
use crate::site::{Database, client};
use crate::upstream::{Script, Upstream};

/// How many write at once, each waiting for the answer before the next message.
const WRITERS: usize = 8;
/// How many prompts a batch has that runs while workers are killed.
const BATCH: usize = 60;
const KILLS: usize = 8;

/// A server and two workers around one broker; no rows where there is no RabbitMQ.
pub async fn fails_in_every_way() -> Vec<Row> {
    if std::env::var_os("AUTIO_TEST_AMQP").is_none() {
        return Vec::new();
    }
    let upstream = Upstream::start([Script::Say(ANSWER, Duration::from_millis(8))]).await;
    let broker = Broker::start().await;
    let url = broker.url();
    let settings = [
        ("OPENAI_API_KEY", "k"),
        ("OPENAI_BASE_URL", upstream.base_url.as_str()),
        ("AMQP_URL", url.as_str()),
        ("AUTIO_BATCH_RATE", "100/s"),
    ];
    let database = Database::new();
    let server = start(&database, &settings).await;
    let mut cluster = Cluster {
        workers: Vec::new(),
        database: &database,
        settings: &settings,
        server,
        broker,
        http: client()
            .timeout(Duration::from_secs(20))
            .build()
            .expect("a client"),
    };
    for _ in 0..2 {
        cluster.add_worker().await;
    }
    cluster.until_connected().await;
    vec![
        cluster.workers_are_killed().await,
        cluster.queue_is_purged().await,
        cluster.broker_hangs().await,
        cluster.broker_is_killed(false).await,
        cluster.broker_is_killed(true).await,
    ]
}

struct Cluster<'a> {
    server: Process,
    workers: Vec<Child>,
    broker: Broker,
    database: &'a Database,
    settings: &'a [(&'a str, &'a str)],
    http: Client,
}

impl Cluster<'_> {
    async fn add_worker(&mut self) {
        let worker = start_worker(self.database, self.settings).await;
        self.workers.push(worker);
    }

    async fn kill_worker(&mut self) {
        let mut worker = self.workers.remove(0);
        worker.kill().await.expect("it could be killed");
    }

    async fn queue_status(&self) -> String {
        let ready = self.http.get(format!("{}/readyz", self.server.base));
        let ready: Value = ready
            .send()
            .await
            .expect("it answers")
            .json()
            .await
            .expect("JSON");
        text(&ready["queue"]["status"])
    }

    async fn until_connected(&self) {
        while self.queue_status().await != "ok" {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    async fn workers_are_killed(&mut self) -> Row {
        let people = People::begin(&self.server, &self.http, "workers").await;
        let requests = vec![json!({ "message": "count" }); BATCH];
        let batch = self.http.post(format!("{}/chat/batches", self.server.base));
        let batch = batch
            .bearer_auth(&people.token)
            .json(&json!({ "requests": requests }));
        let batch = batch.send().await.expect("it answers");
        let batch: Value = batch.json().await.expect("JSON");
        for _ in 0..KILLS {
            tokio::time::sleep(Duration::from_millis(200 + 2 * u64::from(random()))).await;
            self.kill_worker().await;
            self.add_worker().await;
        }
        let place = format!("{}/chat/batches/{}", self.server.base, text(&batch["id"]));
        let read = async |path: &str| -> Value {
            let get = self
                .http
                .get(format!("{place}{path}"))
                .bearer_auth(&people.token);
            get.send()
                .await
                .expect("it answers")
                .json()
                .await
                .expect("JSON")
        };
        while read("").await["status"] == "running" {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let results = read("/results?limit=100").await;
        let results = results["results"].as_array().expect("results").clone();
        let is_whole = |one: &&Value| one["status"] == "done" && one["answer"]["reply"] == ANSWER;
        let broken = results.len() - results.iter().filter(is_whole).count();
        let mut row = people
            .end(self, format!("workers killed -9, {KILLS} times"))
            .await;
        row.acknowledged += BATCH;
        row.lost += broken + BATCH - results.len();
        row.note += &format!("; {BATCH} of them in a batch");
        row
    }

    /// With nobody there to take it, so that the queue holds everything.
    async fn queue_is_purged(&mut self) -> Row {
        while !self.workers.is_empty() {
            self.kill_worker().await;
        }
        let people = People::begin(&self.server, &self.http, "purged").await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        let (forgotten, queued) = self.purge().await;
        for _ in 0..2 {
            self.add_worker().await;
        }
        let mut row = people
            .end(self, "the queue purged, with no worker there".into())
            .await;
        row.note += &format!("; {forgotten} of {queued} forgotten");
        // Else nothing was tried.
        row.unfinished += usize::from(forgotten == 0);
        row
    }

    async fn purge(&self) -> (u32, u32) {
        let properties = ConnectionProperties::default();
        let connection = Connection::connect(&self.broker.url(), properties).await;
        let connection = connection.expect("the broker");
        let channel = connection.create_channel().await.expect("a channel");
        let look = QueueDeclareOptions {
            passive: true,
            ..QueueDeclareOptions::default()
        };
        let queue = channel.queue_declare("autio.replies".into(), look, FieldTable::default());
        let queued = queue.await.expect("the queue").message_count();
        let purge = channel.queue_purge("autio.replies".into(), QueuePurgeOptions::default());
        (purge.await.expect("purged"), queued)
    }

    async fn broker_hangs(&mut self) -> Row {
        let people = People::begin(&self.server, &self.http, "hangs").await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        self.broker.signal("-STOP").await;
        tokio::time::sleep(Duration::from_secs(6)).await;
        let noticed = self.queue_status().await;
        self.broker.signal("-CONT").await;
        let begun = Instant::now();
        self.until_connected().await;
        let back = begun.elapsed();
        let mut row = people.end(self, "RabbitMQ hung for 6 s".into()).await;
        row.unfinished += usize::from(noticed != "failing");
        row.note += &format!("; in use again {:.1} s after", back.as_secs_f64());
        row
    }

    async fn broker_is_killed(&mut self, is_empty: bool) -> Row {
        let people = People::begin(&self.server, &self.http, &format!("killed{is_empty}")).await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        self.broker.signal("-KILL").await;
        tokio::time::sleep(Duration::from_secs(2)).await;
        self.broker.start_again(is_empty).await;
        let begun = Instant::now();
        self.until_connected().await;
        let back = begun.elapsed();
        let fault = match is_empty {
            false => "RabbitMQ killed -9 and started again",
            true => "RabbitMQ killed -9 and started again empty",
        };
        let mut row = people.end(self, fault.into()).await;
        row.note += &format!("; in use again {:.1} s after", back.as_secs_f64());
        row
    }
}

/// People who write, of one account.
struct People {
    token: String,
    stop: watch::Sender<bool>,
    writers: Vec<tokio::task::JoinHandle<Told>>,
}

/// What one of them was told, and how long it took at worst.
#[derive(Default)]
struct Told {
    acknowledged: Vec<Acknowledged>,
    refused: usize,
    acknowledgement: Duration,
    answer: Duration,
}

impl People {
    async fn begin(server: &Process, http: &Client, name: &str) -> Self {
        let token = server.sign_up(http, &format!("{name}@example.com")).await;
        let (stop, stopping) = watch::channel(false);
        let writers = (0..WRITERS).map(|number| {
            let (base, token) = (server.base.clone(), token.clone());
            tokio::spawn(write(number, base, http.clone(), token, stopping.clone()))
        });
        let writers = writers.collect();
        Self {
            token,
            stop,
            writers,
        }
    }

    /// Lets them write for another second, and compares.
    async fn end(self, cluster: &Cluster<'_>, fault: String) -> Row {
        tokio::time::sleep(Duration::from_secs(1)).await;
        self.stop.send_replace(true);
        let mut all = Told::default();
        for writer in self.writers {
            let told = writer.await.expect("a writer ended");
            all.acknowledged.extend(told.acknowledged);
            all.refused += told.refused;
            all.acknowledgement = all.acknowledgement.max(told.acknowledgement);
            all.answer = all.answer.max(told.answer);
        }
        let (server, http) = (&cluster.server, &cluster.http);
        let checked = check(server, http, &self.token, &all.acknowledged).await;
        Row {
            fault,
            acknowledged: all.acknowledged.len(),
            lost: checked.lost,
            doubled: checked.doubled,
            // A broker is no reason to refuse, nor to give up.
            unfinished: checked.unfinished + all.refused + checked.given_up,
            note: format!(
                "acknowledged after {} ms at most, answered after {:.1} s at most",
                all.acknowledgement.as_millis(),
                all.answer.as_secs_f64()
            ),
        }
    }
}

/// Says one thing after the other, each when the last is answered.
async fn write(
    number: usize,
    base: String,
    http: Client,
    token: String,
    stopping: watch::Receiver<bool>,
) -> Told {
    let mut told = Told::default();
    for count in 0.. {
        if *stopping.borrow() {
            break;
        }
        let said = format!("writer {number} wants car {count}");
        let began = Instant::now();
        let post = http.post(format!("{base}/chat/")).bearer_auth(&token);
        let post = post
            .header("prefer", "respond-async")
            .json(&json!({ "message": said }));
        let response = post.send().await.expect("it answers");
        if !response.status().is_success() {
            told.refused += 1;
            continue;
        }
        told.acknowledgement = told.acknowledgement.max(began.elapsed());
        let pending: Value = response.json().await.expect("JSON");
        let reply = text(&pending["message_id"]);
        loop {
            let get = http.get(format!("{base}/chat/messages/{reply}"));
            let row = get.bearer_auth(&token).send().await.expect("it answers");
            let row: Value = row.json().await.expect("JSON");
            let is_open = matches!(row["status"].as_str(), Some("pending" | "running"));
            if !is_open || began.elapsed() > Duration::from_secs(60) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        told.answer = told.answer.max(began.elapsed());
        told.acknowledged.push(Acknowledged {
            said,
            conversation: text(&pending["conversation_id"]),
            reply,
        });
    }
    told
}
