//! A whole cluster on this machine, under load and broken in every part: nginx with the configuration that ships, two that
//! serve, two that work, PostgreSQL, Redis, RabbitMQ. Prints a table, and fails unless nothing failed, was lost or came twice.
//!
//! Needs all of these, so it runs only where `AUTIO_TEST_CLUSTER` is set, as `tests/run` does. Any word on the command line
//! runs only the faults whose name holds it.

#[path = "../faults/reader.rs"]
#[allow(dead_code)]
mod reader;
#[path = "../it/site.rs"]
#[allow(dead_code)]
mod site;
#[path = "../it/upstream.rs"]
#[allow(dead_code)]
mod upstream;

mod engines;
mod people;

use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::process::Command;
use tokio::sync::watch;

use engines::{Engine, free_port};
use people::{Caller, Log};
use upstream::{Script, Upstream};

/// People who ask and read along, each one question after the other.
const ASKING: usize = 12;
/// Visitors who look around, each about fifteen times a second.
const LOOKING: usize = 6;
/// How long a part stays frozen or away: longer than anybody waits for the database.
const AWAY: Duration = Duration::from_secs(8);
/// How long the cluster has after each fault, and before the first.
const REST: Duration = Duration::from_secs(4);

/// What is done to which part.
#[derive(Clone, Copy)]
enum Fault {
    Nothing,
    /// Every serving and working process is asked to end, one after the other, and started again.
    Roll,
    /// Killed with all its processes and started again.
    Kill(Part),
    /// Stopped where it is, and told to go on.
    Freeze(Part),
}

#[derive(Clone, Copy)]
enum Part {
    Web,
    Worker,
    Postgres,
    Redis,
    RabbitMq,
    Nginx,
}

const FAULTS: [(&str, Fault); 14] = [
    ("nothing", Fault::Nothing),
    ("rolling restart of all four", Fault::Roll),
    ("a serving process killed", Fault::Kill(Part::Web)),
    ("a serving process frozen", Fault::Freeze(Part::Web)),
    ("a worker killed", Fault::Kill(Part::Worker)),
    ("a worker frozen", Fault::Freeze(Part::Worker)),
    ("Redis killed, back empty", Fault::Kill(Part::Redis)),
    ("Redis frozen", Fault::Freeze(Part::Redis)),
    ("RabbitMQ killed", Fault::Kill(Part::RabbitMq)),
    ("RabbitMQ frozen", Fault::Freeze(Part::RabbitMq)),
    ("PostgreSQL killed", Fault::Kill(Part::Postgres)),
    ("PostgreSQL frozen", Fault::Freeze(Part::Postgres)),
    ("nginx killed", Fault::Kill(Part::Nginx)),
    ("nginx frozen", Fault::Freeze(Part::Nginx)),
];

fn main() {
    if std::env::var_os("AUTIO_TEST_CLUSTER").is_none() {
        println!("The cluster needs nginx, PostgreSQL, Redis and RabbitMQ: tests/run");
        return;
    }
    let words: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'))
        .collect();
    let is_wanted =
        |name: &str| words.is_empty() || words.iter().any(|word| name.contains(word.as_str()));
    let faults = FAULTS
        .into_iter()
        .filter(|(name, _)| is_wanted(name))
        .collect();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let holds = runtime.block_on(run(faults));
    if !holds {
        std::process::exit(1);
    }
}

/// The parts of the cluster, in the order in which they are started.
struct Cluster {
    postgres: Engine,
    redis: Engine,
    rabbitmq: Engine,
    web: [Engine; 2],
    workers: [Engine; 2],
    nginx: Engine,
}

impl Cluster {
    fn new(dir: &Path, model: &str) -> Self {
        let postgres = engines::postgres(dir);
        let redis = engines::redis(dir);
        let rabbitmq = engines::rabbitmq(dir);
        let ports = [free_port(), free_port()];
        let nginx = engines::nginx(dir, ports);
        let settings = vec![
            (
                "AUTIO_PUBLIC_URL",
                format!("https://127.0.0.1:{}", nginx.port),
            ),
            ("AUTIO_TRUSTED_PROXIES", "127.0.0.1".to_owned()),
            (
                "DATABASE_URL",
                format!("postgres://autio@127.0.0.1:{}/postgres", postgres.port),
            ),
            ("REDIS_URL", format!("redis://127.0.0.1:{}", redis.port)),
            ("AMQP_URL", format!("amqp://127.0.0.1:{}", rabbitmq.port)),
            (
                "JWT_SECRET",
                "a secret of the cluster, longer than 32 bytes".to_owned(),
            ),
            ("OPENAI_API_KEY", "k".to_owned()),
            ("OPENAI_BASE_URL", model.to_owned()),
            // On, so that Redis is asked, and high: a person here says more than people do.
            ("AUTIO_LIMIT_CHAT", "600,600/min".to_owned()),
            ("AUTIO_LIMIT_IN_FLIGHT", "20".to_owned()),
            ("AUTIO_BUDGET_MESSAGES", "off".to_owned()),
            ("AUTIO_BUDGET_TOKENS", "off".to_owned()),
            ("AUTIO_BUDGET_SERVICE_TOKENS", "off".to_owned()),
        ];
        let autio = |name, port: u16, what: &'static str, address: &'static str| {
            let (dir, settings) = (dir.to_owned(), settings.clone());
            Engine::new(name, port, move || {
                let mut command = Command::new(env!("CARGO_BIN_EXE_autio"));
                command.env_clear().current_dir(&dir).arg(what);
                command.envs(settings.iter().map(|(name, value)| (name, value)));
                command.env(address, format!("127.0.0.1:{port}"));
                let log = dir.join(format!("{what}-{port}.log"));
                let log = std::fs::File::options().create(true).append(true).open(log);
                command.stderr(Stdio::from(log.expect("a log")));
                command
            })
        };
        Self {
            web: ports.map(|port| autio("web", port, "serve", "AUTIO_ADDR")),
            workers: [free_port(), free_port()]
                .map(|port| autio("worker", port, "work", "AUTIO_WORK_ADDR")),
            postgres,
            redis,
            rabbitmq,
            nginx,
        }
    }

    async fn start(&mut self) {
        let (postgres, redis, rabbitmq) = (&mut self.postgres, &mut self.redis, &mut self.rabbitmq);
        tokio::join!(postgres.start(), redis.start(), rabbitmq.start());
        for engine in self.web.iter_mut().chain(&mut self.workers) {
            engine.start().await;
        }
        self.nginx.start().await;
    }

    fn part(&mut self, part: Part) -> &mut Engine {
        match part {
            Part::Web => &mut self.web[0],
            Part::Worker => &mut self.workers[0],
            Part::Postgres => &mut self.postgres,
            Part::Redis => &mut self.redis,
            Part::RabbitMq => &mut self.rabbitmq,
            Part::Nginx => &mut self.nginx,
        }
    }

    /// Does it, and brings back what it took. Whether those who were asked to end ended well.
    async fn suffer(&mut self, fault: Fault) -> bool {
        match fault {
            Fault::Nothing => tokio::time::sleep(AWAY).await,
            Fault::Roll => {
                for engine in self.web.iter_mut().chain(&mut self.workers) {
                    if !engine.end().await {
                        return false;
                    }
                    engine.start().await;
                    // nginx leaves one that it couldn't reach alone for a second: not both at once, then.
                    tokio::time::sleep(Duration::from_secs(3)).await;
                }
            }
            Fault::Kill(part) => {
                let engine = self.part(part);
                engine.kill().await;
                tokio::time::sleep(AWAY / 2).await;
                engine.start().await;
            }
            Fault::Freeze(part) => {
                let engine = self.part(part);
                engine.freeze().await;
                tokio::time::sleep(AWAY).await;
                engine.thaw().await;
            }
        }
        true
    }
}

/// One line of the table, from the moment before a fault to the one before the next.
struct Phase {
    name: &'static str,
    is_roll: bool,
    ended_well: bool,
    begun: Instant,
    ended: Instant,
}

async fn run(faults: Vec<(&'static str, Fault)>) -> bool {
    let text: &'static str = "Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich. "
        .repeat(2)
        .leak();
    let model = Upstream::start([Script::Say(text, Duration::from_millis(60))]).await;
    let dir = tempfile::tempdir().expect("a folder");
    // PostgreSQL's user has to get through.
    run_quietly(
        std::process::Command::new("chmod")
            .arg("755")
            .arg(dir.path()),
    );
    let mut cluster = Cluster::new(dir.path(), &model.base_url);
    cluster.start().await;

    let base = format!("https://127.0.0.1:{}", cluster.nginx.port);
    let root = engines::root_certificate(dir.path());
    let log = Arc::new(Mutex::new(Log::default()));
    let mut people = Vec::new();
    for number in 0..ASKING + LOOKING {
        people.push(Caller::new(&base, &root, number, log.clone()).await);
    }
    let (stop, stopped) = watch::channel(false);
    let mut running = Vec::new();
    for (number, person) in people.iter().cloned().enumerate() {
        running.push(match number < ASKING {
            true => tokio::spawn(person.ask_on(stopped.clone())),
            false => tokio::spawn(person.look_on(stopped.clone())),
        });
    }
    tokio::time::sleep(REST).await;
    let mut phases = Vec::new();
    for (name, fault) in faults {
        println!("{name} …");
        let begun = Instant::now();
        let ended_well = cluster.suffer(fault).await;
        tokio::time::sleep(REST).await;
        phases.push(Phase {
            name,
            is_roll: matches!(fault, Fault::Roll),
            ended_well,
            begun,
            ended: Instant::now(),
        });
    }
    stop.send_replace(true);
    for person in running {
        person.await.expect("nobody panics");
    }
    let doubled = count_doubled(&people, &log).await;
    let holds = report(&phases, &people, &log, text, doubled).await;
    if !holds && std::env::var_os("AUTIO_TEST_LOG").is_some() {
        println!("the logs are in {}", dir.keep().display());
    }
    holds
}

/// Conversations that nobody asked for.
async fn count_doubled(people: &[Caller], log: &Mutex<Log>) -> usize {
    let mut there = 0;
    for person in &people[..ASKING] {
        let mut next = String::from("/chat/");
        loop {
            let page = person.read(&next).await;
            there += page["conversations"].as_array().expect("a list").len();
            match page["next"].as_str() {
                Some(cursor) => next = format!("/chat/?cursor={cursor}"),
                None => break,
            }
        }
    }
    let asked = log.lock().expect("nobody panicked").asked.len();
    println!("{asked} questions were acknowledged, {there} conversations are there");
    there.saturating_sub(asked)
}

async fn report(
    phases: &[Phase],
    people: &[Caller],
    log: &Mutex<Log>,
    text: &str,
    doubled: usize,
) -> bool {
    let mut rows = vec![(0, 0, 0); phases.len()];
    let mut holds = doubled == 0;
    let Log { wishes, asked } = std::mem::take(&mut *log.lock().expect("nobody panicked"));
    // By the phase in which it was asked; what came before the first counts there.
    let phase_of = |begun: Instant| phases.iter().position(|phase| begun < phase.ended);
    for one in &asked {
        let Some(row) = phase_of(one.begun).map(|at| &mut rows[at]) else {
            continue;
        };
        let person = &people[one.owner];
        let stored = person.read(&format!("/chat/messages/{}", one.reply)).await;
        let is_whole = stored["status"] == "done" && stored["text"] == text;
        let is_read = one
            .read
            .as_ref()
            .is_some_and(|(deltas, whole)| deltas == text && whole == text);
        if !is_whole || !is_read {
            println!("lost: {stored}\nread: {:?}", one.read);
        }
        row.0 += 1;
        row.1 += usize::from(!is_whole || !is_read);
        let conversation = person.read(&format!("/chat/{}", one.conversation)).await;
        let messages = conversation["messages"].as_array().map_or(0, Vec::len);
        row.2 += usize::from(messages != 2);
    }
    println!();
    println!(
        "| fault | requests | failures | told to come again | longest wait | replies | lost | doubled | longest reply |"
    );
    println!("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
    for (at, phase) in phases.iter().enumerate() {
        let in_it = || {
            wishes
                .iter()
                .filter(|wish| phase_of(wish.begun) == Some(at))
        };
        let failures: Vec<&String> = in_it().filter_map(|wish| wish.failure.as_ref()).collect();
        let again: Vec<&String> = in_it().flat_map(|wish| &wish.again).collect();
        let longest = in_it().map(|wish| wish.took).max().unwrap_or_default();
        let replies = asked.iter().filter(|one| phase_of(one.begun) == Some(at));
        let slowest = replies.map(|one| one.took).max().unwrap_or_default();
        let (acknowledged, lost, twice) = rows[at];
        println!(
            "| {} | {} | {} | {} | {:.1} s | {acknowledged} | {lost} | {twice} | {:.1} s |",
            phase.name,
            in_it().count(),
            failures.len(),
            again.len(),
            longest.as_secs_f64(),
            slowest.as_secs_f64(),
        );
        for failure in failures.iter().take(5) {
            println!("{}: {failure}", phase.name);
        }
        holds &=
            failures.is_empty() && lost == 0 && twice == 0 && acknowledged > 0 && phase.ended_well;
        // Who replaces one after the other bothers nobody.
        if phase.is_roll {
            holds &= again.is_empty();
            for why in again.iter().take(5) {
                println!("{}: {why}", phase.name);
            }
        }
        debug_assert!(phase.begun < phase.ended);
    }
    println!("\nconversations that nobody asked for: {doubled}");
    holds
}

fn run_quietly(command: &mut std::process::Command) {
    let status = command.status().expect("it can be run");
    assert!(status.success(), "{command:?}");
}
