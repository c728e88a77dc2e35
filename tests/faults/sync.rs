//! An acknowledgement comes after a sync of the disk: seen from outside, by what the process asks of the kernel.

use std::process::Stdio;
use std::time::Duration;

use serde_json::json;
use tokio::process::Command;

use crate::Row;
use crate::process::start;
use crate::site::{Database, client};

/// How many messages are watched.
const MESSAGES: usize = 20;

/// Watches the process with strace. None on PostgreSQL, whose own process syncs, and where there is no strace.
pub async fn before_each_acknowledgement() -> Option<Row> {
    let database = Database::new();
    if database.url.starts_with("postgres") {
        return None;
    }
    let has_strace = std::process::Command::new("strace")
        .arg("-V")
        .stdout(Stdio::null())
        .status();
    if !has_strace.is_ok_and(|status| status.success()) {
        println!("no strace here: the order of sync and answer was not looked at");
        return None;
    }
    let mut process = start(&database, &[]).await;
    let http = client().build().expect("a client");
    let token = process.sign_up(&http, "sync@example.com").await;
    let log = database.dir().join("strace.log");
    let id = process.child.id().expect("it runs").to_string();
    let mut strace = Command::new("strace")
        .args([
            "-f",
            "-p",
            &id,
            "-s",
            "16",
            "-e",
            "trace=fdatasync,fsync,sendto,write,writev",
            "-o",
        ])
        .arg(&log)
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("strace starts");
    tokio::time::sleep(Duration::from_secs(1)).await;
    for number in 0..MESSAGES {
        let post = http
            .post(format!("{}/chat/", process.base))
            .bearer_auth(&token)
            .header("prefer", "respond-async")
            .json(&json!({ "message": format!("car {number}") }));
        assert_eq!(post.send().await.expect("it answers").status(), 202);
        // So that the work on one reply doesn't sync for the next message.
        tokio::time::sleep(Duration::from_millis(150)).await;
    }
    process.child.kill().await.expect("it could be killed");
    strace.wait().await.expect("strace ends with it");
    let text = std::fs::read_to_string(&log).expect("a log");
    let (mut synced, mut acknowledged, mut early) = (false, 0, 0);
    for line in text.lines() {
        // A call that another thread's interrupts is written in two lines; the second is its end.
        let is_sync =
            line.contains("fdatasync(") || line.contains("fsync(") || line.contains("sync resumed");
        if is_sync && !line.contains("<unfinished") {
            synced = true;
        }
        if line.contains("HTTP/1.1 202") {
            acknowledged += 1;
            early += usize::from(!synced);
            synced = false;
        }
    }
    Some(Row {
        fault: "an answer before its sync".to_owned(),
        acknowledged,
        lost: early,
        doubled: 0,
        unfinished: MESSAGES.abs_diff(acknowledged),
        note: "by strace".to_owned(),
    })
}
