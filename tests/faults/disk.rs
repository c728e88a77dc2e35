//! A full disk under SQLite: what can't be kept isn't acknowledged, reads go on, and it recovers by itself.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use reqwest::Client;
use serde_json::{Value, json};

use crate::Row;
use crate::process::{Process, start};
use crate::site::{Database, client};

/// What the small disk holds, and what is taken of it until there is to be room again; in bytes.
const DISK: usize = 8 << 20;
const FILLER: usize = 4 << 20;

/// A small disk in memory, on a folder. It goes with the test.
struct Disk<'a>(&'a Path);

impl<'a> Disk<'a> {
    /// None where mounting isn't allowed.
    fn mount(on: &'a Path) -> Option<Self> {
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={DISK}"), "tmpfs"]);
        let mounted = mount.arg(on).stderr(Stdio::null()).status();
        mounted
            .is_ok_and(|status| status.success())
            .then_some(Self(on))
    }
}

impl Drop for Disk<'_> {
    fn drop(&mut self) {
        // Lazily: the process that used it may not be quite gone.
        let unmounted = Command::new("umount").arg("-l").arg(self.0).status();
        assert!(unmounted.is_ok_and(|status| status.success()));
    }
}

/// None on PostgreSQL, and where no disk can be mounted.
pub async fn full() -> Option<Row> {
    let mut database = Database::new();
    if database.url.starts_with("postgres") {
        return None;
    }
    let folder = database.dir().join("small");
    std::fs::create_dir(&folder).expect("a folder");
    let Some(_disk) = Disk::mount(&folder) else {
        println!("no disk can be mounted here: a full one was not tried");
        return None;
    };
    database.url = folder.join("autio.db").to_string_lossy().into_owned();
    let filler = folder.join("filler");
    std::fs::write(&filler, vec![0; FILLER]).expect("room for the filler");

    let mut process = start(&database, &[]).await;
    let http = client().build().expect("a client");
    let token = process.sign_up(&http, "disk@example.com").await;
    let mut acknowledged = Vec::new();
    let mut refused = 0;
    let deadline = Instant::now() + Duration::from_secs(60);
    while refused < 20 {
        assert!(Instant::now() < deadline, "the disk never fills");
        match say(&process, &http, &token).await {
            Ok(id) => acknowledged.push(id),
            Err(status) => {
                assert_eq!(status, 503, "a full disk is no fault of the person's");
                refused += 1;
            }
        }
    }
    // Reading goes on while nothing can be written.
    assert!(read(&process, &http, &token, &acknowledged[0]).await);
    std::fs::remove_file(&filler).expect("the filler can go");
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        match say(&process, &http, &token).await {
            Ok(id) => break acknowledged.push(id),
            Err(_) => assert!(Instant::now() < deadline, "it doesn't recover"),
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    process.child.kill().await.expect("it could be killed");
    let process = start(&database, &[]).await;
    let (mut lost, mut unfinished) = (0, 0);
    let deadline = Instant::now() + Duration::from_secs(60);
    for id in &acknowledged {
        if !read(&process, &http, &token, id).await {
            lost += 1;
            continue;
        }
        while !finished(&process, &http, &token, id).await {
            if Instant::now() > deadline {
                unfinished += 1;
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
    Some(Row {
        fault: "a full disk".to_owned(),
        acknowledged: acknowledged.len(),
        lost,
        doubled: 0,
        unfinished,
        note: format!("{refused} refused with 503 meanwhile"),
    })
}

/// The id of the reply, or the status that it was refused with.
async fn say(process: &Process, http: &Client, token: &str) -> Result<String, u16> {
    let post = http
        .post(format!("{}/chat/", process.base))
        .bearer_auth(token)
        .header("prefer", "respond-async")
        .json(&json!({ "message": "a hybrid SUV ".repeat(400) }));
    let response = post.send().await.expect("it answers");
    match response.status().as_u16() {
        202 => {
            let body: Value = response.json().await.expect("JSON");
            Ok(body["message_id"].as_str().expect("an id").to_owned())
        }
        status => Err(status),
    }
}

async fn message(process: &Process, http: &Client, token: &str, id: &str) -> (u16, Value) {
    let get = http.get(format!("{}/chat/messages/{id}", process.base));
    let response = get.bearer_auth(token).send().await.expect("it answers");
    (
        response.status().as_u16(),
        response.json().await.expect("JSON"),
    )
}

async fn read(process: &Process, http: &Client, token: &str, id: &str) -> bool {
    message(process, http, token, id).await.0 == 200
}

async fn finished(process: &Process, http: &Client, token: &str, id: &str) -> bool {
    let (_, message) = message(process, http, token, id).await;
    !matches!(message["status"].as_str(), Some("pending" | "running"))
}
