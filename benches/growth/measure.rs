//! Measures what a login, a page, a reply and an open stream take: of one process with SQLite, and of the whole set.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use autio::config::{DatabaseUrl, PostgresConfig};
use autio::db::users::{self, Preferences, User};
use autio::db::{self, Db, Direction};
use diesel::prelude::*;
use futures_util::future::join_all;
use tokio::process::Command;

use super::engines::{self, Engine, free_port};
use super::meter::{Counts, Meter, resident};
use super::upstream::{Script, Upstream};
use super::visitor::{PAGES, Visitor, read_to_done};

/// What was measured of what.
pub type Measured = BTreeMap<String, Counts>;

/// How fast the model speaks here: 50 tokens a second, as hosted models do. A word is a token.
pub const TOKEN: Duration = Duration::from_millis(20);
pub const FEW: usize = 30;
pub const MANY: usize = 300;
/// How many ask at once.
const ASKING: usize = 16;
/// How many read one reply, to see what a stream takes.
const READING: usize = 500;
pub const QUESTION: &str = "I need a family SUV under $35,000 with all-wheel drive";

/// Everything, in about three minutes.
pub async fn measure() -> Measured {
    let mut measured = Measured::new();
    let dir = tempfile::tempdir().expect("a folder");
    // PostgreSQL's user has to get through.
    std::process::Command::new("chmod")
        .arg("755")
        .arg(dir.path())
        .status()
        .expect("chmod");
    let few = Upstream::start([Script::Say(words(FEW), TOKEN)]).await;
    let many = Upstream::start([Script::Say(words(MANY), TOKEN)]).await;

    let alone_idle = {
        let mut autio = alone(dir.path(), "built-in", &[]);
        autio.start().await;
        let meter = of(&autio);
        let visitors = visitors(&autio, 1).await;
        let idle = idle(&meter, "alone: nothing, a second", &mut measured).await;
        let mut note = |name: &str, counts| measured.insert(format!("alone: {name}"), counts);
        note("a login", logins(&meter, &idle, &visitors[0], 60).await);
        note("a page", pages(&meter, &idle, &visitors[0], 300).await);
        let reply = replies(&meter, &idle, &visitors, 200).await;
        note("a reply of the built-in advisor", reply);
        idle
    };
    for (upstream, tokens) in [(&few, FEW), (&many, MANY)] {
        let settings = model(&upstream.base_url);
        let mut autio = alone(dir.path(), &format!("model-{tokens}"), &settings);
        autio.start().await;
        let meter = of(&autio);
        let visitors = visitors(&autio, ASKING).await;
        // First: what other replies leave behind would be taken for room.
        if tokens == MANY {
            upstream.now(Script::Say(words(MANY), 5 * TOKEN));
            let stream = streams(&autio, &visitors[0]).await;
            measured.insert("alone: an open stream".into(), stream);
            upstream.now(Script::Say(words(MANY), TOKEN));
        }
        let reply = replies(&meter, &alone_idle, &visitors, 4 * ASKING).await;
        measured.insert(format!("alone: a reply of {tokens} tokens"), reply);
    }
    let sqlite = DatabaseUrl::Sqlite(dir.path().join("commits.db"));
    measured.insert("SQLite: a commit".into(), commits(sqlite).await);

    let mut set = Set::start(dir.path(), &few.base_url).await;
    let visitors = set.visitors().await;
    let meter = set.meter();
    let idle = idle(&meter, "set: nothing, a second", &mut measured).await;
    let login = logins(&meter, &idle, &visitors[0], 60).await;
    measured.insert("set: a login".into(), login);
    let page = pages(&meter, &idle, &visitors[0], 300).await;
    measured.insert("set: a page".into(), page);
    for (upstream, tokens) in [(&few, FEW), (&many, MANY)] {
        set.speak_to(&upstream.base_url).await;
        let meter = set.meter();
        let reply = replies(&meter, &idle, &visitors, 4 * ASKING).await;
        measured.insert(format!("set: a reply of {tokens} tokens"), reply);
    }
    let postgres = DatabaseUrl::Postgres(PostgresConfig {
        url: set.database.clone().into(),
        connections: 16,
    });
    measured.insert("PostgreSQL: a commit".into(), commits(postgres).await);
    measured
}

fn words(count: usize) -> &'static str {
    const TEN: &str = "Both are quiet, roomy and cheap to run each year. ";
    TEN.repeat(count / 10).leak()
}

fn model(base_url: &str) -> [(&'static str, String); 2] {
    [
        ("OPENAI_API_KEY", "k".to_owned()),
        ("OPENAI_BASE_URL", base_url.to_owned()),
    ]
}

/// One process with SQLite, and nothing else.
pub fn alone(dir: &Path, name: &str, settings: &[(&'static str, String)]) -> Engine {
    let dir = dir.join(name);
    std::fs::create_dir(&dir).expect("a folder");
    let settings = settings.iter().cloned().chain(limits()).collect();
    autio(&dir, "serve", free_port(), settings)
}

/// On, so that all is counted that is counted, and high: a person here does more than people do.
fn limits() -> [(&'static str, String); 4] {
    let many = "1000,1000/min".to_owned();
    [
        ("AUTIO_LIMIT_LOGIN", many.clone()),
        ("AUTIO_LIMIT_SIGNUP", many.clone()),
        ("AUTIO_LIMIT_CHAT", many),
        ("AUTIO_LIMIT_IN_FLIGHT", "100".to_owned()),
    ]
}

fn autio(
    dir: &Path,
    what: &'static str,
    port: u16,
    settings: Vec<(&'static str, String)>,
) -> Engine {
    let address = match what {
        "serve" => "AUTIO_ADDR",
        _ => "AUTIO_WORK_ADDR",
    };
    let dir = dir.to_owned();
    let program = std::env::var("AUTIO_BIN");
    let program = program.unwrap_or_else(|_| env!("CARGO_BIN_EXE_autio").to_owned());
    Engine::new(what, port, move || {
        let mut command = Command::new(&program);
        command.env_clear().current_dir(&dir).arg(what);
        command.envs(settings.iter().map(|(name, value)| (name, value)));
        command.env(address, format!("127.0.0.1:{port}"));
        command.env("AUTIO_LOG", "warn").stderr(Stdio::null());
        command
    })
}

pub fn of(autio: &Engine) -> Meter {
    Meter {
        processes: vec![("web", autio.id().expect("it runs"))],
        ..Meter::default()
    }
}

pub async fn visitors(autio: &Engine, count: usize) -> Vec<Visitor> {
    let base = format!("http://127.0.0.1:{}", autio.port);
    let mut visitors = Vec::new();
    for _ in 0..count {
        visitors.push(Visitor::new(&base, None).await);
    }
    visitors
}

/// What goes on while nobody does anything, by the second.
async fn idle(meter: &Meter, name: &str, measured: &mut Measured) -> Counts {
    let mark = meter.mark();
    tokio::time::sleep(Duration::from_secs(10)).await;
    let counts = meter.since(&mark, 10, &Counts::new());
    measured.insert(name.to_owned(), counts.clone());
    counts
}

async fn logins(meter: &Meter, idle: &Counts, visitor: &Visitor, times: usize) -> Counts {
    visitor.log_in().await.expect("a session");
    let mark = meter.mark();
    for _ in 0..times {
        visitor.log_in().await.expect("a session");
    }
    meter.since(&mark, times, idle)
}

async fn pages(meter: &Meter, idle: &Counts, visitor: &Visitor, times: usize) -> Counts {
    for page in PAGES {
        visitor.look(page).await.expect("a page");
    }
    let mark = meter.mark();
    for page in PAGES.iter().cycle().take(times) {
        visitor.look(page).await.expect("a page");
        // nginx lets nobody ask for more than 100 in a second.
        tokio::time::sleep(Duration::from_millis(11)).await;
    }
    meter.since(&mark, times, idle)
}

/// All ask at once, and again when they have their answer.
async fn replies(meter: &Meter, idle: &Counts, visitors: &[Visitor], times: usize) -> Counts {
    join_all(visitors.iter().map(|visitor| visitor.ask(QUESTION))).await;
    let each = times / visitors.len();
    let mark = meter.mark();
    let asking = visitors.iter().map(|visitor| async move {
        for _ in 0..each {
            visitor.ask(QUESTION).await.expect("a reply");
        }
    });
    join_all(asking).await;
    meter.since(&mark, each * visitors.len(), idle)
}

/// Many read one reply.
async fn streams(autio: &Engine, visitor: &Visitor) -> Counts {
    let id = autio.id().expect("it runs");
    let meter = of(autio);
    let reply = visitor.ask_and_leave(QUESTION).await;
    let before = resident(id);
    let opening = (0..READING).map(|_| visitor.open(&reply));
    let open = join_all(opening).await;
    let mut reading: Vec<_> = open
        .into_iter()
        .map(|stream| tokio::spawn(read_to_done(stream)))
        .collect();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let mark = meter.mark();
    let span = Duration::from_secs(8);
    tokio::time::sleep(span).await;
    let tokens = span.as_secs_f64() / (5 * TOKEN).as_secs_f64();
    let mut counts = meter.since(&mark, 1, &Counts::new());
    let memory = (resident(id) - before) / READING as f64;
    let a_token = counts["web ms"] / tokens / READING as f64;
    counts.clear();
    counts.insert("kibibytes".into(), memory);
    counts.insert("web ms a token".into(), a_token);
    for reader in reading.drain(..) {
        reader.await.expect("it read to the end");
    }
    counts
}

/// Accounts stored one after the other, and 64 at a time.
async fn commits(url: DatabaseUrl) -> Counts {
    let opening = tokio::task::spawn_blocking(move || {
        db::migrate(&url, Direction::Up).expect("the schema");
        Db::open(&url).expect("the database")
    });
    let db = opening.await.expect("it opens");
    let store = || {
        let id = db::new_id();
        let user = User {
            email: format!("{id}@example.com"),
            id,
            hashed_pw: "x".repeat(97),
            is_active: true,
            knowledge: "casual".into(),
            created_at: db::now(),
            preferences: Preferences::default(),
        };
        let stored = db.write(move |conn| users::insert(conn, &user));
        async { stored.await.expect("it is stored") }
    };
    store().await;
    let read = || {
        let found = db.read(|conn| users::by_email(conn, "nobody@example.com"));
        async { assert!(found.await.expect("it answers").is_none()) }
    };
    const TIMES: usize = 640;
    let mut counts = Counts::new();
    let begun = Instant::now();
    for _ in 0..TIMES {
        read().await;
    }
    counts.insert("a read ms".into(), each(begun, TIMES));
    let begun = Instant::now();
    for _ in 0..TIMES {
        store().await;
    }
    counts.insert("alone ms".into(), each(begun, TIMES));
    let begun = Instant::now();
    for _ in 0..TIMES / 64 {
        join_all((0..64).map(|_| store())).await;
    }
    counts.insert("of 64 at once ms".into(), each(begun, TIMES));
    counts
}

fn each(begun: Instant, times: usize) -> f64 {
    begun.elapsed().as_secs_f64() * 1_000.0 / times as f64
}

/// nginx, one that serves, one that works, PostgreSQL, Redis, RabbitMQ.
struct Set {
    postgres: Engine,
    redis: Engine,
    rabbitmq: Engine,
    nginx: Engine,
    web: Engine,
    worker: Engine,
    database: String,
    settings: Vec<(&'static str, String)>,
    dir: std::path::PathBuf,
}

impl Set {
    async fn start(dir: &Path, model_url: &str) -> Self {
        let mut postgres = engines::postgres(dir);
        let mut redis = engines::redis(dir);
        let mut rabbitmq = engines::rabbitmq(dir);
        tokio::join!(postgres.start(), redis.start(), rabbitmq.start());
        let database = format!("postgres://autio@127.0.0.1:{}/postgres", postgres.port);
        let url = database.clone();
        let extension = tokio::task::spawn_blocking(move || {
            let mut conn = PgConnection::establish(&url).expect("PostgreSQL");
            diesel::sql_query("CREATE EXTENSION pg_walinspect").execute(&mut conn)
        });
        extension.await.expect("it ends").expect("pg_walinspect");
        let web = free_port();
        let mut nginx = engines::nginx(dir, [web, web]);
        nginx.start().await;
        let mut settings = vec![
            (
                "AUTIO_PUBLIC_URL",
                format!("https://127.0.0.1:{}", nginx.port),
            ),
            ("AUTIO_TRUSTED_PROXIES", "127.0.0.1".to_owned()),
            ("DATABASE_URL", database.clone()),
            ("REDIS_URL", format!("redis://127.0.0.1:{}", redis.port)),
            ("AMQP_URL", format!("amqp://127.0.0.1:{}", rabbitmq.port)),
            (
                "JWT_SECRET",
                "a secret of the bench, longer than 32 bytes".to_owned(),
            ),
        ];
        settings.extend(limits());
        let mut set = Self {
            web: autio(dir, "serve", web, Vec::new()),
            worker: autio(dir, "work", free_port(), Vec::new()),
            nginx,
            postgres,
            redis,
            rabbitmq,
            database,
            settings,
            dir: dir.to_owned(),
        };
        set.speak_to(model_url).await;
        set
    }

    /// Starts those that serve and work, with that model's server.
    async fn speak_to(&mut self, model_url: &str) {
        let mut settings = self.settings.clone();
        settings.extend(model(model_url));
        for engine in [&mut self.web, &mut self.worker] {
            if engine.id().is_some() {
                assert!(engine.end().await, "it ends well");
            }
            *engine = autio(&self.dir, engine.name, engine.port, settings.clone());
            engine.start().await;
        }
        // The connection to the broker takes a moment.
        tokio::time::sleep(Duration::from_secs(2)).await;
    }

    async fn visitors(&self) -> Vec<Visitor> {
        let base = format!("https://127.0.0.1:{}", self.nginx.port);
        let root = engines::root_certificate(&self.dir);
        let mut visitors = Vec::new();
        for _ in 0..ASKING {
            visitors.push(Visitor::new(&base, Some(&root)).await);
        }
        visitors
    }

    fn meter(&self) -> Meter {
        let part = |name, engine: &Engine| (name, engine.id().expect("it runs"));
        Meter {
            processes: vec![
                part("web", &self.web),
                part("worker", &self.worker),
                part("nginx", &self.nginx),
                part("postgres", &self.postgres),
                part("rabbitmq", &self.rabbitmq),
            ],
            postgres: Some(self.database.clone()),
            redis: Some(format!("redis://127.0.0.1:{}", self.redis.port)),
            rabbitmq: Some(self.dir.join("rabbitmq")),
        }
    }
}
