//! The binary as a process of its own, to be killed, asked to end and started again.

use std::process::Stdio;
use std::sync::{Arc, Mutex};

use reqwest::Client;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStderr, Command};

use crate::site::{Database, PASSWORD};

/// The lines that a process has written.
type Log = Arc<Mutex<Vec<String>>>;

/// A process of the binary. It ends with the test.
pub struct Process {
    pub child: Child,
    pub base: String,
    log: Log,
}

impl Process {
    /// What it has written since it was up.
    pub fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }

    /// Makes an account and returns its token.
    pub async fn sign_up(&self, http: &Client, email: &str) -> String {
        let account = json!({ "email": email, "password": PASSWORD });
        let signup = http
            .post(format!("{}/auth/signup", self.base))
            .json(&account);
        let entered: Value = signup.send().await.unwrap().json().await.unwrap();
        entered["access_token"].as_str().unwrap().to_owned()
    }
}

/// What a process holds in memory, in KiB.
///
/// # Panics
/// When it is gone, or this isn't Linux.
pub fn memory(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    number.expect("a number")
}

/// The binary with settings for that database and nothing else around it.
pub fn command(database: &Database) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_autio"));
    command
        .env_clear()
        .current_dir(database.dir())
        .env("AUTIO_ADDR", "127.0.0.1:0")
        .env("DATABASE_URL", &database.url)
        .env("JWT_SECRET", "a secret of the tests, longer than 32 bytes")
        .env("AUTIO_RATE_LIMITS", "off")
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

/// Starts it and waits until it is up.
pub async fn start(database: &Database, settings: &[(&str, &str)]) -> Process {
    let mut command = command(database);
    let mut child = command.envs(settings.iter().copied()).spawn().unwrap();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let (line, log) = read_until(lines, "Autio is up on ").await;
    let (_, address) = line.split_once("Autio is up on ").unwrap();
    // A line of JSON goes on with a quote.
    let base = address.split([' ', '"']).next().unwrap().to_owned();
    Process { child, base, log }
}

/// Starts a worker, and waits until it is at work.
pub async fn start_worker(database: &Database, settings: &[(&str, &str)]) -> Child {
    start_work(database, settings).await.child
}

/// The same, with its log. It serves nothing.
pub async fn start_work(database: &Database, settings: &[(&str, &str)]) -> Process {
    let mut command = command(database);
    let command = command.arg("work").envs(settings.iter().copied());
    let mut child = command.spawn().unwrap();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let (_, log) = read_until(lines, "Autio is at work").await;
    let base = String::new();
    Process { child, base, log }
}

/// Reads the log until a line has that in it, and returns the line and those after it. What follows is read as well, so that a full pipe never
/// blocks the process.
async fn read_until(mut lines: Lines<BufReader<ChildStderr>>, part: &str) -> (String, Log) {
    let found = loop {
        let line = lines.next_line().await.unwrap().expect("it ended");
        if line.contains(part) {
            break line;
        }
    };
    let show = std::env::var_os("AUTIO_TEST_LOG").is_some();
    let log = Log::default();
    let lines_of = log.clone();
    tokio::spawn(async move {
        while let Ok(Some(line)) = lines.next_line().await {
            if show {
                eprintln!("{line}");
            }
            lines_of.lock().unwrap().push(line);
        }
    });
    (found, log)
}
