//! How fast Autio is, measured on this machine beside what it could be at best and beside the design's original stack.
//! Prints one table.
//!
//! `cargo bench --bench speed`, or with the names of some sections: chat, added, streams, pages, logins, start. The peer needs
//! python3 with venv, and pip's index; PostgreSQL needs Debian's package. What isn't there is left out, and the bench says so.
//! `AUTIO_BIN` measures another binary than the one that is built with it.

#[path = "../../tests/cluster/engines.rs"]
#[allow(dead_code)]
mod engines;

#[path = "../rows/message.rs"]
mod message;

mod added;
mod chat;
mod disk;
mod load;
mod logins;
mod pages;
mod peer;
mod process;
mod start;
mod streams;
mod table;
mod upstream;
mod wire;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use engines::Engine;
use table::Table;

/// What every section has.
struct Bench {
    dir: tempfile::TempDir,
    upstream: SocketAddr,
    postgres: Option<Engine>,
    /// The peer's Python.
    python: Option<PathBuf>,
    table: Table,
}

impl Bench {
    /// A new folder for a server's files.
    fn folder(&self, name: &str) -> PathBuf {
        let folder = self.dir.path().join(name);
        std::fs::create_dir_all(&folder).expect("a folder");
        folder
    }

    /// A new database on PostgreSQL, if that is there.
    fn postgres(&self, name: &str) -> Option<String> {
        use diesel::prelude::*;
        let base = format!(
            "postgres://autio@127.0.0.1:{}",
            self.postgres.as_ref()?.port
        );
        let conn = diesel::pg::PgConnection::establish(&format!("{base}/postgres"));
        let make = diesel::sql_query(format!("CREATE DATABASE {name}"));
        make.execute(&mut conn.expect("PostgreSQL"))
            .expect("a database");
        Some(format!("{base}/{name}"))
    }
}

fn main() {
    // `cargo test --benches` only wants to know that it builds.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let words: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'))
        .collect();
    let wants = |name: &str| words.is_empty() || words.iter().any(|word| word == name);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        // On a disk, where the folder for what is temporary may be memory, and where PostgreSQL's own user gets through.
        let dir = tempfile::tempdir_in("/var/tmp").expect("a folder");
        let_others_in(dir.path());
        let is_alone = wants("chat") || wants("added");
        let mut bench = Bench {
            upstream: upstream::start().await,
            postgres: if is_alone {
                postgres(dir.path()).await
            } else {
                None
            },
            python: if wants("chat") || wants("start") {
                peer::python()
            } else {
                None
            },
            dir,
            table: Table::default(),
        };
        if wants("start") {
            start::run(&mut bench).await;
        }
        if wants("pages") {
            pages::run(&mut bench).await;
        }
        if wants("added") {
            added::run(&mut bench).await;
        }
        if wants("chat") {
            chat::run(&mut bench).await;
        }
        if wants("logins") {
            logins::run(&mut bench).await;
        }
        if wants("streams") {
            streams::run(&mut bench).await;
        }
        bench.table.print();
    });
}

/// PostgreSQL in a folder of its own, synced as in production.
async fn postgres(dir: &Path) -> Option<Engine> {
    if !Path::new("/usr/lib/postgresql").exists() {
        println!("PostgreSQL isn't installed: it is left out.");
        return None;
    }
    let mut engine = engines::postgres(dir);
    engine.start().await;
    Some(engine)
}

/// PostgreSQL runs as a user of its own, who has to get through.
fn let_others_in(dir: &Path) {
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(dir, mode).expect("it is ours");
}
