//! `autio doctor`: each thing that it looks at is broken once, and it says so.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use autio::cars::Catalogue;
use autio::db::catalogues::{self, Stored};
use autio::db::{self, Db, Direction};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use serde_json::{Value, json};

use crate::copies::autio;
use crate::process;
use crate::site::Database;
use crate::upstream::{Script, Upstream};

/// What was found: the state and the words of each check. The exit code says whether one failed.
async fn doctor(
    database: &Database,
    settings: &[(&str, &str)],
) -> BTreeMap<String, (String, String)> {
    let said = autio(database, &["doctor", "--json"], settings).await;
    assert!(
        !said.out.contains("canary") && !said.err.contains("canary"),
        "{said:?}"
    );
    let mut found = BTreeMap::new();
    for line in said.out.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let word = |name: &str| line[name].as_str().unwrap().to_owned();
        found.insert(word("check"), (word("state"), word("says")));
    }
    let has_failed = found.values().any(|(state, _)| state == "fail");
    assert_eq!(said.code, i32::from(has_failed), "{said:?}");
    found
}

/// A port where nobody listens.
fn nobody() -> String {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    port.local_addr().unwrap().to_string()
}

fn ready() -> Database {
    let database = Database::new();
    db::migrate(&database.settings(&[]).database, Direction::Up).unwrap();
    database
}

fn run(database: &Database, sql: &str) {
    if database.url.starts_with("postgres") {
        let mut conn = PgConnection::establish(&database.url).unwrap();
        return conn.batch_execute(sql).unwrap();
    }
    let mut conn = SqliteConnection::establish(&database.url).unwrap();
    // Who has just closed it may be bringing its WAL in.
    conn.batch_execute("PRAGMA busy_timeout = 5000").unwrap();
    conn.batch_execute(sql).unwrap();
}

#[tokio::test]
async fn what_is_well_is_said_to_be_well() {
    let database = ready();
    let found = doctor(&database, &[]).await;
    for check in [
        "settings",
        "public url",
        "database",
        "migrations",
        "event log",
        "catalogue",
        "redis",
        "rabbitmq",
        "model",
    ] {
        assert_eq!(found[check].0, "ok", "{check}: {found:?}");
    }
    match database.url.starts_with("postgres") {
        true => assert_eq!(found["clock"].0, "ok"),
        false => {
            for check in ["key", "integrity", "wal"] {
                assert_eq!(found[check].0, "ok", "{check}: {found:?}");
            }
            assert!(found["disk"].1.contains("MiB free"));
        }
    }
    let said = autio(&database, &["doctor"], &[]).await;
    assert!(said.out.contains("\nok    migrations   all "), "{said:?}");
}

#[tokio::test]
async fn wrong_settings_are_found() {
    let database = ready();
    let found = doctor(
        &database,
        &[("AUTIO_SIGNUP", "canary-invite"), ("AUTIO_ADDR", "here")],
    )
    .await;
    assert_eq!(found["settings"].0, "fail");
    assert!(found["settings"].1.starts_with("AUTIO_ADDR: "), "{found:?}");
    for (url, part) in [
        ("http://cars.example", "in the clear"),
        ("https://cars.example", "AUTIO_TRUSTED_PROXIES"),
    ] {
        let settings = [("AUTIO_PUBLIC_URL", url), ("AUTIO_RATE_LIMITS", "on")];
        let found = doctor(&database, &settings).await;
        let (state, says) = &found["public url"];
        assert!(state == "warn" && says.contains(part), "{found:?}");
        assert!(!found.contains_key("limits"), "{found:?}");
    }
    let found = doctor(&database, &[("AUTIO_RATE_LIMITS", "off")]).await;
    assert_eq!(found["limits"].0, "warn");
    // Few open files.
    let mut command = process::command(&database);
    let settings = command.as_std_mut().get_envs();
    let settings: Vec<_> = settings
        .filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())))
        .collect();
    let line = format!("ulimit -n 256; exec {} doctor", env!("CARGO_BIN_EXE_autio"));
    let mut shell = tokio::process::Command::new("sh");
    shell
        .args(["-c", &line])
        .current_dir(database.dir())
        .env_clear()
        .envs(settings);
    let output = shell.output().await.unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    assert!(out.contains("\nwarn  open files   at most 256"), "{out}");
}

#[tokio::test]
async fn a_database_that_is_not_well_is_found() {
    let database = ready();
    let is_postgres = database.url.starts_with("postgres");
    // The last migration is missing.
    db::migrate(&database.settings(&[]).database, Direction::Down).unwrap();
    let found = doctor(&database, &[]).await;
    assert!(
        found["migrations"].0 == "warn" && found["migrations"].1.starts_with("1 still to be run"),
        "{found:?}"
    );
    db::migrate(&database.settings(&[]).database, Direction::Up).unwrap();
    run(
        &database,
        "INSERT INTO __diesel_schema_migrations (version) VALUES ('29990101000000')",
    );
    let found = doctor(&database, &[]).await;
    assert!(found["migrations"].1.contains("newer version"), "{found:?}");
    let on = if is_postgres {
        " ON account_events"
    } else {
        ""
    };
    run(&database, &format!("DROP TRIGGER account_events_stay{on}"));
    assert_eq!(doctor(&database, &[]).await["event log"].0, "warn");

    // A catalogue of long ago, and one that can't be read.
    let db = Db::open(&database.settings(&[]).database).unwrap();
    let mut old = Catalogue::built_in().unwrap();
    old.version = "EPA 2020-02-03".into();
    let stored = Stored::of(&old).unwrap();
    db.write(move |conn| catalogues::replace(conn, &stored))
        .await
        .unwrap();
    let found = doctor(&database, &[]).await;
    assert!(
        found["catalogue"].0 == "warn" && found["catalogue"].1.contains("more than a year old"),
        "{found:?}"
    );
    drop(db);
    run(&database, "UPDATE catalogues SET content = 'AAAA'");
    assert_eq!(doctor(&database, &[]).await["catalogue"].0, "fail");

    let away = format!("postgres://ann:canary@{}/autio", nobody());
    let found = doctor(&database, &[("DATABASE_URL", away.as_str())]).await;
    assert!(
        found["database"].0 == "fail" && found["database"].1.contains("refused"),
        "{found:?}"
    );
    let found = doctor(&database, &[("DATABASE_URL", "nowhere.db")]).await;
    assert_eq!(found["database"].0, "warn");
    assert!(
        !database.dir().join("nowhere.db").exists(),
        "it is only looked for"
    );
    if is_postgres {
        return;
    }
    // Others can read it, something keeps its WAL long, and at last it is damaged.
    let file = std::path::Path::new(&database.url);
    let everybody = PermissionsExt::from_mode(0o644);
    std::fs::set_permissions(file, everybody).unwrap();
    let key = database.dir().join("autio.key");
    std::fs::write(&key, "0123456789abcdef0123456789abcdef").unwrap();
    std::fs::set_permissions(&key, PermissionsExt::from_mode(0o640)).unwrap();
    let wal = std::fs::File::create(database.dir().join("autio.db-wal")).unwrap();
    wal.set_len(80 * 1024 * 1024).unwrap();
    let found = doctor(&database, &[]).await;
    for (check, part) in [
        ("file", "mode 644"),
        ("key", "chmod 600"),
        ("wal", "80 MiB"),
    ] {
        assert!(
            found[check].0 == "warn" && found[check].1.contains(part),
            "{check}: {found:?}"
        );
    }
    let size = file.metadata().unwrap().len();
    let damaged = std::fs::OpenOptions::new().write(true).open(file).unwrap();
    let some = vec![0x5a; usize::try_from(size - 8192).unwrap()];
    std::os::unix::fs::FileExt::write_all_at(&damaged, &some, 8192).unwrap();
    let found = doctor(&database, &[]).await;
    let is_found = found.get("integrity").or(found.get("database"));
    assert_eq!(is_found.unwrap().0, "fail", "{found:?}");
}

#[tokio::test]
async fn what_cannot_be_reached_is_found() {
    let database = ready();
    let (redis, amqp) = (
        format!("redis://:canary@{}", nobody()),
        format!("amqp://a:canary@{}", nobody()),
    );
    let settings = [("REDIS_URL", redis.as_str()), ("AMQP_URL", amqp.as_str())];
    let found = doctor(&database, &settings).await;
    for check in ["redis", "rabbitmq"] {
        assert_eq!(found[check].0, "fail", "{found:?}");
    }
    // Somebody who takes connections and says nothing.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = format!("redis://:canary@{}", silent.local_addr().unwrap());
    let found = doctor(&database, &[("REDIS_URL", silent.as_str())]).await;
    assert!(found["redis"].1.contains("can't be used"), "{found:?}");
}

#[tokio::test]
async fn a_model_that_is_not_well_is_found() {
    let database = ready();
    let well = Script::Say("ok", Duration::ZERO);
    let call = Script::Call("weather", json!({ "city": "Paris" }));
    let refusal = Script::Status(400, "", r#"{"error":{"code":"no_tools"}}"#);
    let late = "content-type: text/event-stream\r\ndate: Mon, 05 Jan 2026 10:00:00 GMT\r\n";
    let body = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"ok\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
    let prices = "model,prompt_usd_per_million,completion_usd_per_million\nbig,1,2\n";
    std::fs::write(database.dir().join("prices.csv"), prices).unwrap();
    for (scripts, check, state, part) in [
        (
            vec![well.clone(), call.clone()],
            "model",
            "ok",
            "in a stream",
        ),
        (
            vec![well.clone(), call.clone()],
            "model tools",
            "ok",
            "calls them",
        ),
        (
            vec![well.clone(), call.clone()],
            "prices",
            "warn",
            "no price of small",
        ),
        (vec![well.clone()], "model tools", "warn", "didn't call"),
        (
            vec![well.clone(), refusal],
            "model tools",
            "warn",
            "no_tools",
        ),
        (
            vec![Script::Status(401, "", "{}")],
            "model",
            "fail",
            "OPENAI_API_KEY",
        ),
        (
            vec![Script::Status(404, "", "{}")],
            "model",
            "fail",
            "OPENAI_MODEL",
        ),
        (
            vec![Script::WebPage],
            "model",
            "fail",
            "not an event stream",
        ),
        (
            vec![Script::Status(200, late, body), call],
            "model clock",
            "warn",
            "behind",
        ),
        (
            vec![Script::Status(200, late, body)],
            "model",
            "warn",
            "estimates",
        ),
    ] {
        let upstream = Upstream::start(scripts).await;
        let settings = [
            ("OPENAI_API_KEY", "canary"),
            ("OPENAI_BASE_URL", upstream.base_url.as_str()),
            ("OPENAI_MODEL", "small"),
            ("AUTIO_PRICES", "prices.csv"),
        ];
        let found = doctor(&database, &settings).await;
        let (seen, says) = &found[check];
        assert!(seen == state && says.contains(part), "{check}: {found:?}");
    }
}

#[tokio::test]
#[ignore = "needs RabbitMQ: tests/run"]
async fn a_queue_from_which_nobody_takes_is_found() {
    let amqp = std::env::var("AUTIO_TEST_AMQP").expect("AUTIO_TEST_AMQP is set");
    let database = ready();
    let queue = format!("doctor-{}", uuid::Uuid::now_v7().simple());
    let settings = [
        ("AMQP_URL", amqp.as_str()),
        ("AUTIO_AMQP_QUEUE", queue.as_str()),
    ];
    let found = doctor(&database, &settings).await;
    assert_eq!(found["rabbitmq"].0, "ok", "{found:?}");
    assert!(found["queue"].1.contains("isn't there"), "{found:?}");
    let server = process::start(&database, &settings).await;
    let out = async || autio(&database, &["doctor"], &settings).await.out;
    crate::goodbye::until(async || {
        out()
            .await
            .contains("nobody takes from it; start `autio work`")
    })
    .await;
    let mut worker = process::start_worker(&database, &settings).await;
    crate::goodbye::until(async || !out().await.contains("nobody takes from it")).await;
    worker.kill().await.unwrap();
    drop(server);
}
