//! The binary itself: killed at any moment and started again, it has lost nothing; its bad settings
//! are one clear line.

use std::sync::Arc;
use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::process::Command;

use crate::chat::{read_events, text_of};
use crate::process::{Process, command, start};
use crate::site::{Database, Site, client, header};
use crate::upstream::{Script, Upstream};

#[tokio::test]
async fn a_kill_right_after_the_answer_loses_nothing() {
    let database = Database::new();
    let mut process = start(&database, &[]).await;
    let http = client().build().unwrap();
    let token = process.sign_up(&http, "rex@example.com").await;
    let body = json!({ "message": "an electric SUV with 300 miles of range" });
    let post = http
        .post(format!("{}/chat/", process.base))
        .bearer_auth(&token)
        .json(&body);
    let response = post.send().await.unwrap();
    assert_eq!(response.status(), 200);
    process.child.kill().await.unwrap();
    let answer: Value = response.json().await.unwrap();

    let process = start(&database, &[]).await;
    let path = format!(
        "{}/chat/{}",
        process.base,
        answer["conversation_id"].as_str().unwrap()
    );
    let whole: Value = http
        .get(path)
        .bearer_auth(&token)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(whole["messages"][0]["text"], body["message"]);
    assert_eq!(whole["messages"][1]["text"], answer["reply"]);
    assert_eq!(whole["messages"][1]["cars"], answer["cars"]);
}

#[tokio::test]
async fn a_kill_in_the_middle_of_an_answer_only_delays_it() {
    let slow = Script::Say("one two three four", Duration::from_secs(60));
    let upstream = Upstream::start([slow]).await;
    let settings = [
        ("OPENAI_API_KEY", "k"),
        ("OPENAI_BASE_URL", upstream.base_url.as_str()),
    ];
    let database = Database::new();
    let mut process = start(&database, &settings).await;
    let http = client().build().unwrap();
    let token = process.sign_up(&http, "sam@example.com").await;
    let post = http
        .post(format!("{}/chat/", process.base))
        .bearer_auth(&token);
    let post = post
        .header("prefer", "respond-async")
        .json(&json!({ "message": "count" }));
    let pending: Value = post.send().await.unwrap().json().await.unwrap();
    while upstream.requests().is_empty() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    process.child.kill().await.unwrap();

    upstream.now(Script::Say("one two three four", Duration::ZERO));
    let process = start(&database, &settings).await;
    let path = format!(
        "{}/chat/messages/{}",
        process.base,
        pending["message_id"].as_str().unwrap()
    );
    for _ in 0..300 {
        let row: Value = http
            .get(&path)
            .bearer_auth(&token)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        if row["status"] == "done" {
            assert_eq!(row["text"], "one two three four");
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("nobody took the reply up again");
}

#[tokio::test]
async fn a_reply_that_another_instance_makes_is_read_here_as_it_grows() {
    let text = "one two three four five six seven eight nine ten";
    let upstream = Upstream::start([Script::Say(text, Duration::from_millis(300))]).await;
    let settings = [
        ("OPENAI_API_KEY", "k"),
        ("OPENAI_BASE_URL", upstream.base_url.as_str()),
    ];
    let database = Arc::new(Database::new());
    let here = Site::start_on(database.clone(), &settings).await;
    let there = Site::start_on(database, &settings).await;
    let entered = here.sign_up("vic@example.com").await;
    let token = entered["access_token"].as_str().unwrap();
    let post = there.program(token).post("/chat/");
    let post = post
        .header("prefer", "respond-async")
        .json(&json!({ "message": "count" }));
    let pending: Value = post.send().await.unwrap().json().await.unwrap();
    let id = pending["message_id"].as_str().unwrap();
    while upstream.requests().is_empty() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // As if it had been announced here, and the other one had been quicker.
    here.app.feed.open(id);
    let stream = here
        .program(token)
        .get(&format!("/chat/messages/{id}/events"));
    let events = read_events(stream.send().await.unwrap()).await;
    assert_eq!(text_of(&events), text);
    assert!(events.iter().all(|event| event.name != "restart"));
    let deltas = events.iter().filter(|event| event.name == "delta").count();
    assert!(deltas > 1, "it comes as the other one keeps it");
}

#[cfg(unix)]
#[tokio::test]
async fn asked_to_end_it_finishes_what_runs() {
    let upstream =
        Upstream::start([Script::Say("one two three", Duration::from_millis(300))]).await;
    let settings = [
        ("OPENAI_API_KEY", "k"),
        ("OPENAI_BASE_URL", upstream.base_url.as_str()),
    ];
    let database = Database::new();
    let mut process = start(&database, &settings).await;
    let http = client().build().unwrap();
    let token = process.sign_up(&http, "tom@example.com").await;
    let post = http
        .post(format!("{}/chat/", process.base))
        .bearer_auth(&token);
    let post = tokio::spawn(post.json(&json!({ "message": "count" })).send());
    while upstream.requests().is_empty() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    terminate(&process).await;
    let answer: Value = post.await.unwrap().unwrap().json().await.unwrap();
    assert_eq!(answer["reply"], "one two three");
    assert!(
        process.child.wait().await.unwrap().success(),
        "it exits with 0"
    );
}

#[cfg(unix)]
#[tokio::test]
async fn asked_to_end_it_says_so_before_the_port_closes() {
    let text = "one two three four five six";
    let upstream = Upstream::start([Script::Say(text, Duration::from_millis(800))]).await;
    let settings = [
        ("OPENAI_API_KEY", "k"),
        ("OPENAI_BASE_URL", upstream.base_url.as_str()),
    ];
    let database = Database::new();
    let mut process = start(&database, &settings).await;
    // It keeps its connections.
    let http = client().build().unwrap();
    let token = process.sign_up(&http, "uma@example.com").await;
    let base = process.base.clone();
    let get = |path: &str| http.get(format!("{base}{path}")).bearer_auth(&token).send();
    let body = json!({ "message": "count" });
    let post = || {
        let post = http.post(format!("{base}/chat/")).bearer_auth(&token);
        post.header("prefer", "respond-async").json(&body).send()
    };
    let pending: Value = post().await.unwrap().json().await.unwrap();
    let message = format!("/chat/messages/{}", pending["message_id"].as_str().unwrap());
    let events = get(&format!("{message}/events")).await.unwrap();
    let reading = tokio::spawn(read_events(events));
    assert_eq!(get("/readyz").await.unwrap().status(), 200);
    // What nobody has begun is left to others.
    let state = async || {
        let row: Value = get(&message).await.unwrap().json().await.unwrap();
        row["status"].as_str().unwrap().to_owned()
    };
    while state().await == "pending" {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    terminate(&process).await;
    while get("/readyz").await.unwrap().status() == 200 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }

    // Not ready and no new work, for a while; but what is there can be read, and alive it is.
    let unready = get("/readyz").await.unwrap();
    assert_eq!(
        (unready.status(), header(&unready, "retry-after")),
        (StatusCode::SERVICE_UNAVAILABLE, "2")
    );
    let refused = post().await.unwrap();
    assert_eq!(
        (refused.status(), header(&refused, "retry-after")),
        (StatusCode::SERVICE_UNAVAILABLE, "2")
    );
    assert_eq!(get("/healthz").await.unwrap().status(), 200);
    let row = get(&message).await.unwrap();
    assert_eq!(
        header(&row, "connection"),
        "close",
        "the next request is for another instance"
    );
    assert_eq!(row.json::<Value>().await.unwrap()["status"], "running");

    // The open stream gets its end, and only then the port closes.
    let events = reading.await.unwrap();
    assert_eq!(text_of(&events), text);
    assert_eq!(events.last().unwrap().name, "done");
    assert!(
        process.child.wait().await.unwrap().success(),
        "it exits with 0"
    );
    assert!(get("/healthz").await.is_err());

    // What was refused is nowhere.
    let process = start(&database, &settings).await;
    let list = http
        .get(format!("{}/chat/", process.base))
        .bearer_auth(&token);
    let list: Value = list.send().await.unwrap().json().await.unwrap();
    assert_eq!(list["conversations"].as_array().unwrap().len(), 1);
}

/// Whoever got through before the port closed is answered; whoever comes after is refused, and may go elsewhere.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nobody_who_got_through_is_cut_off_as_the_port_closes() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    /// Asks over a new connection each, until refused. How many were answered.
    async fn knock(address: String) -> usize {
        let mut answered = 0;
        while let Ok(mut stream) = tokio::net::TcpStream::connect(&address).await {
            let request = "GET /healthz HTTP/1.1\r\nHost: autio\r\nConnection: close\r\n\r\n";
            let mut answer = String::new();
            let asked = stream.write_all(request.as_bytes()).await;
            let outcome = match asked {
                Ok(()) => stream.read_to_string(&mut answer).await.map(drop),
                Err(error) => Err(error),
            };
            assert!(
                outcome.is_ok() && answer.starts_with("HTTP/1.1 200"),
                "after {answered} answers: {outcome:?} {answer:?}"
            );
            answered += 1;
        }
        answered
    }

    let mut process = start(&Database::new(), &[]).await;
    let address = process.base.trim_start_matches("http://").to_owned();
    let knocking: Vec<_> = (0..16)
        .map(|_| tokio::spawn(knock(address.clone())))
        .collect();
    // It hears nothing yet as it says that it is up.
    tokio::time::sleep(Duration::from_millis(500)).await;
    terminate(&process).await;
    assert!(process.child.wait().await.unwrap().success());
    for knocking in knocking {
        assert!(knocking.await.unwrap() > 0, "the port was open for a while");
    }
}

#[cfg(unix)]
async fn terminate(process: &Process) {
    let id = process.child.id().unwrap().to_string();
    let mut kill = Command::new("kill");
    assert!(kill.args(["-TERM", &id]).status().await.unwrap().success());
}

#[tokio::test]
async fn a_bad_setting_is_one_line_and_exit_code_2() {
    let database = Database::new();
    for (name, value) in [
        ("AUTIO_ADDR", "nowhere"),
        ("JWT_SECRET", "short"),
        ("AUTIO_LOG", "a=b=c"),
    ] {
        let mut command = command(&database);
        let output = command.env(name, value).output().await.unwrap();
        let line = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{line}");
        assert!(
            line.contains(name) && line.trim().lines().count() == 1,
            "{line}"
        );
    }
    // What can't be read isn't unset.
    let closed = std::os::unix::ffi::OsStrExt::from_bytes(b"closed\xff");
    let mut garbled = command(&database);
    let output = garbled.env::<_, &std::ffi::OsStr>("AUTIO_SIGNUP", closed);
    let output = output.output().await.unwrap();
    let line = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{line}");
    assert!(line.contains("AUTIO_SIGNUP isn't UTF-8"), "{line}");
    let mut taken = command(&database);
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = port.local_addr().unwrap().to_string();
    let output = taken.env("AUTIO_ADDR", &address).output().await.unwrap();
    let line = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(line.contains(&address), "{line}");
}

#[tokio::test]
async fn the_settings_in_force_are_printed_without_secrets() {
    let database = Database::new();
    let mut command = command(&database);
    let output = command
        .arg("config")
        .env("OPENAI_API_KEY", "sk-canary")
        .output()
        .await
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("OPENAI_MODEL=gpt-4o-mini") && text.contains("JWT_SECRET=(hidden)"));
    assert!(!text.contains("canary") && !text.contains("a secret of the tests"));
}
