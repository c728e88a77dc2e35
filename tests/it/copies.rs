//! Backups that are made while people write, and what comes of them: on SQLite the commands, on PostgreSQL its own tools.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use autio::config::DatabaseUrl;
use autio::db::{self, Direction};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use serde_json::{Value, json};
use tokio::process::Command;

use crate::operator::Said;
use crate::process::{self, Process, start};
use crate::site::{Database, PASSWORD, Site, client};

/// A command of the binary with more settings.
pub async fn autio(database: &Database, args: &[&str], settings: &[(&str, &str)]) -> Said {
    let mut command = process::command(database);
    command.env("AUTIO_PUBLIC_URL", "http://127.0.0.1:8000");
    command.args(args).envs(settings.iter().copied());
    let output = command.output().await.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Said {
        code: output.status.code().unwrap(),
        out: text(output.stdout),
        err: text(output.stderr),
    }
}

/// Logs in, and reads every one of those messages.
async fn has_all(process: &Process, messages: &[String]) {
    let http = client().build().unwrap();
    let login = json!({ "email": "ann@example.com", "password": PASSWORD });
    let login = http
        .post(format!("{}/auth/login", process.base))
        .json(&login);
    let entered: Value = login.send().await.unwrap().json().await.unwrap();
    let token = entered["access_token"].as_str().unwrap();
    for id in messages {
        let get = http.get(format!("{}/chat/messages/{id}", process.base));
        let answer = get.bearer_auth(token).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{id} is lost");
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.collect()
}

#[tokio::test]
async fn a_backup_made_while_people_write_has_all_that_was_acknowledged_before() {
    let database = Database::new();
    if database.url.starts_with("postgres") {
        for args in [["backup", "copy.db"], ["restore", "copy.db"]] {
            let said = autio(&database, &args, &[]).await;
            assert_eq!(said.code, 2, "{said:?}");
            assert!(said.err.contains("pg_dump") || said.err.contains("pg_restore"));
        }
        return;
    }
    let mut process = start(&database, &[]).await;
    let http = client().build().unwrap();
    let token = process.sign_up(&http, "ann@example.com").await;
    let acknowledged: Arc<Mutex<Vec<String>>> = Arc::default();
    let goes_on = Arc::new(AtomicBool::new(true));
    let writers: Vec<_> = (0..4)
        .map(|_| {
            let post = http
                .post(format!("{}/chat/", process.base))
                .bearer_auth(&token)
                .header("prefer", "respond-async")
                .json(&json!({ "message": "a wagon" }));
            let (told, goes_on) = (acknowledged.clone(), goes_on.clone());
            tokio::spawn(async move {
                while goes_on.load(Ordering::Relaxed) {
                    let Ok(answer) = post.try_clone().unwrap().send().await else {
                        return;
                    };
                    let stored: Value = answer.json().await.unwrap();
                    let id = stored["message_id"].as_str().unwrap().to_owned();
                    told.lock().unwrap().push(id);
                }
            })
        })
        .collect();
    let count = |at_least: usize| {
        let told = acknowledged.clone();
        async move {
            while told.lock().unwrap().len() < at_least {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
    };
    count(40).await;
    let before = acknowledged.lock().unwrap().clone();
    let said = autio(&database, &["backup", "copy.db"], &[]).await;
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.out.starts_with("wrote copy.db: "), "{said:?}");
    assert!(
        said.out.contains(" MiB, accounts 1, conversations "),
        "{said:?}"
    );
    let during = acknowledged.lock().unwrap().len();
    count(during + 20).await;
    let copy = database.dir().join("copy.db");
    assert_eq!(copy.metadata().unwrap().permissions().mode() & 0o777, 0o600);

    // What is there is replaced only when told so, and a stream is refused.
    let first = std::fs::read(&copy).unwrap();
    for (args, code, part) in [
        (vec!["backup", "copy.db"], 2, "--force"),
        (vec!["backup", "-"], 2, "no stream"),
        (
            vec!["backup", "autio.db", "--force"],
            2,
            "the database itself",
        ),
        (
            vec!["backup", "autio.db-wal", "--force"],
            2,
            "the database itself",
        ),
        (
            vec!["backup", "autio.key", "--force"],
            2,
            "the database itself",
        ),
        (vec!["backup", "nowhere/copy.db"], 1, "No such file"),
        (vec!["restore", "-"], 2, "no stream"),
        (vec!["restore", "copy.db"], 1, "is using it"),
    ] {
        let said = autio(&database, &args, &[]).await;
        assert!(said.code == code && said.err.contains(part), "{said:?}");
    }
    assert!(std::fs::read(&copy).unwrap() == first, "it was touched");
    let said = autio(&database, &["backup", "other.db"], &[]).await;
    assert_eq!(said.code, 0, "{said:?}");
    let said = autio(&database, &["backup", "--force", "other.db"], &[]).await;
    assert_eq!(said.code, 0, "{said:?}");

    process.child.kill().await.unwrap();
    goes_on.store(false, Ordering::Relaxed);
    for writer in writers {
        writer.await.unwrap();
    }
    // Another program that has it open stands in the way as well.
    let mut shell = SqliteConnection::establish(&database.url).unwrap();
    shell.batch_execute("SELECT COUNT(*) FROM users").unwrap();
    let said = autio(&database, &["restore", "copy.db"], &[]).await;
    assert!(
        said.code == 1 && said.err.contains("is using it"),
        "{said:?}"
    );
    drop(shell);
    // It is damaged now: that is what a backup is for.
    let file = std::fs::OpenOptions::new();
    let file = file.clone().write(true).open(&database.url).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&file, &[0xff; 40_000], 0).unwrap();
    drop(file);
    let said = autio(&database, &["restore", "copy.db"], &[]).await;
    assert_eq!(said.code, 0, "{said:?}");
    let process = start(&database, &[]).await;
    has_all(&process, &before).await;
    // Also the session of that time goes on.
    let me = http.get(format!("{}/auth/me", process.base));
    let me = me.bearer_auth(&token).send().await.unwrap();
    assert_eq!(me.status(), 200);
    let names = names(database.dir());
    assert!(
        !names.iter().any(|name| name.contains("draft")),
        "{names:?}"
    );
    let kept: Vec<_> = names
        .iter()
        .filter(|name| name.contains(".replaced-"))
        .collect();
    assert!(!kept.iter().any(|name| name.ends_with("-shm")), "{names:?}");
    let kept = kept.iter().find(|name| !name.ends_with("-wal"));
    let kept = std::fs::read(database.dir().join(kept.unwrap())).unwrap();
    assert!(kept.starts_with(&[0xff; 100]), "what was there is kept");
}

#[tokio::test]
async fn what_cannot_be_restored_leaves_everything_as_it_was() {
    let site = Site::start().await;
    if site.is_postgres() {
        return;
    }
    let database = Database::new();
    let config = database.settings(&[]);
    db::migrate(&config.database, Direction::Up).unwrap();
    let said = autio(&database, &["backup", "copy.db"], &[]).await;
    assert_eq!(said.code, 0, "{said:?}");
    let dir = database.dir();
    let make = |name: &str, sql: &str| {
        std::fs::copy(dir.join("copy.db"), dir.join(name)).unwrap();
        let path = dir.join(name);
        let mut conn = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
        conn.batch_execute(sql).unwrap();
    };
    make(
        "newer.db",
        "INSERT INTO __diesel_schema_migrations (version) VALUES ('29990101000000')",
    );
    make("other.db", "DROP TABLE messages");
    make(
        "orphan.db",
        "PRAGMA foreign_keys = OFF;
         INSERT INTO shortlist (user_id, car_id, car, created_at) VALUES ('nobody', 'c', '{}', '2026-01-01 00:00:00')",
    );
    let whole = std::fs::read(dir.join("copy.db")).unwrap();
    std::fs::write(dir.join("half.db"), &whole[..whole.len() / 2]).unwrap();
    std::fs::write(
        dir.join("text.db"),
        "a letter to the editor, of some length",
    )
    .unwrap();
    let before = std::fs::read(&database.url).unwrap();
    for (name, part) in [
        ("newer.db", "29990101000000"),
        ("other.db", "no database of Autio"),
        ("orphan.db", "shortlist belongs to one that isn't there"),
        ("half.db", "malformed"),
        ("text.db", "not a database"),
        ("none.db", "no such file"),
    ] {
        let said = autio(&database, &["restore", name], &[]).await;
        assert_eq!(said.code, 1, "{name}: {said:?}");
        assert!(
            said.err.contains(part) && said.err.contains(name),
            "{said:?}"
        );
        assert_eq!(said.err.trim().lines().count(), 1, "{said:?}");
        assert!(std::fs::read(&database.url).unwrap() == before, "{name}");
    }
    let left = names(dir);
    assert!(!left.iter().any(|name| name.contains("draft")), "{left:?}");

    // An older one is brought up, and its sessions can be ended.
    let older = DatabaseUrl::Sqlite(dir.join("copy.db"));
    db::migrate(&older, Direction::Down).unwrap();
    let said = autio(&database, &["restore", "--end-sessions", "copy.db"], &[]).await;
    assert_eq!(said.code, 0, "{said:?}");
    let steps = db::migrations(&config.database).unwrap();
    assert!(steps.iter().all(|step| step.is_applied));
    // Into a place where nothing was.
    let empty = Database::new();
    let copy = dir.join("copy.db");
    let said = autio(&empty, &["restore", copy.to_str().unwrap()], &[]).await;
    assert_eq!(said.code, 0, "{said:?}");
    assert!(Path::new(&empty.url).exists());
}

#[tokio::test]
async fn sessions_of_a_backup_can_be_ended() {
    let database = Arc::new(Database::new());
    if database.url.starts_with("postgres") {
        return;
    }
    let mut process = start(&database, &[]).await;
    let http = client().build().unwrap();
    let token = process.sign_up(&http, "ann@example.com").await;
    autio(&database, &["backup", "copy.db"], &[]).await;
    process.child.kill().await.unwrap();
    let said = autio(&database, &["restore", "copy.db", "--end-sessions"], &[]).await;
    assert_eq!(said.code, 0, "{said:?}");
    let process = start(&database, &[]).await;
    let me = http.get(format!("{}/auth/me", process.base));
    let me = me.bearer_auth(&token).send().await.unwrap();
    assert_eq!(me.status(), 401);
    has_all(&process, &[]).await;
}

/// One of PostgreSQL's own programs, of the newest version that is installed.
fn tool(name: &str) -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter();
    let versions = versions.flatten().map(|version| version.unwrap().path());
    let tools = versions.map(|version| version.join("bin").join(name));
    let newest = tools.filter(|tool| tool.exists()).max();
    newest.unwrap_or_else(|| name.into())
}

/// As docs/postgresql.md says it.
#[tokio::test]
async fn a_dump_of_postgres_is_restored_into_another_database() {
    let site = Site::start().await;
    if !site.is_postgres() {
        return;
    }
    let DatabaseUrl::Postgres(postgres) = &site.app.config.database else {
        unreachable!()
    };
    let url = secrecy::ExposeSecret::expose_secret(&postgres.url);
    let entered = site.sign_up("ann@example.com").await;
    let token = entered["access_token"].as_str().unwrap();
    let program = site.program(token);
    let said = program.say("a wagon with four-wheel drive", None).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("autio.dump");
    let mut dump = Command::new(tool("pg_dump"));
    dump.arg("--format=custom")
        .arg("--file")
        .arg(&file)
        .arg(url);
    let dumped = dump.output().await.unwrap();
    assert!(dumped.status.success(), "{dumped:?}");
    // What comes later isn't in it.
    program.say("and a tow bar", None).await;

    let other = Arc::new(Database::new());
    let mut restore = Command::new(tool("pg_restore"));
    restore.args([
        "--no-owner",
        "--exit-on-error",
        "--single-transaction",
        "--dbname",
    ]);
    let restored = restore.arg(&other.url).arg(&file).output().await.unwrap();
    assert!(restored.status.success(), "{restored:?}");
    let again = Site::start_on(other.clone(), &[]).await;
    let program = again.program(token);
    let id = said["message_id"].as_str().unwrap();
    let kept = program.read(&format!("/chat/messages/{id}")).await;
    assert_eq!(kept["text"], said["reply"]);
    let list = program.read("/chat/").await;
    assert_eq!(list["conversations"].as_array().unwrap().len(), 1);
    program.say("and a sunroof", None).await;
    let mut conn = PgConnection::establish(&other.url).unwrap();
    for change in [
        "UPDATE account_events SET kind = 'login'",
        "DELETE FROM account_events",
        "TRUNCATE account_events",
    ] {
        let refused = conn.batch_execute(change).unwrap_err().to_string();
        assert!(refused.contains("append-only"), "{change}: {refused}");
    }
    let said = autio(&other, &["doctor"], &[]).await;
    assert!(said.out.contains("event log    sealed"), "{said:?}");
}
