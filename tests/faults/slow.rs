//! Readers who don't read while a long answer comes: they cost the server next to nothing, and then they catch up at once.

use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::watch;

use crate::Row;
use crate::process::{memory, start};
use crate::resume::sign_up;
use crate::site::{Database, PASSWORD, client, session_cookie};
use crate::upstream::{Script, Upstream};

const READERS: usize = 100;
/// Every tenth is a browser, for which the server renders the whole answer again and again; the others are programs.
const IS_BROWSER: fn(usize) -> bool = |number| number % 10 == 9;
/// 60 KiB, in pieces of 100 bytes.
const PIECES: usize = 614;
/// What the server may grow by for all of them, in KiB. Each event of a browser's stream is the whole answer so far:
/// if they were kept, this would be several times as much.
const BOUND: u64 = 100 * 1024;

pub async fn readers() -> Row {
    let piece = format!("{} ", "longword".repeat(12) + "abc");
    let text: &'static str = piece.repeat(PIECES).leak();
    let upstream = Upstream::start([Script::Say(text, Duration::from_millis(20))]).await;
    let settings = [
        ("OPENAI_API_KEY", "k"),
        ("OPENAI_BASE_URL", upstream.base_url.as_str()),
    ];
    let database = Database::new();
    let process = start(&database, &settings).await;
    let (_base, bases) = watch::channel(Some(process.base.clone()));
    let person = sign_up(&process, bases, "slow@example.com").await;
    let cookie = log_in(&process.base, "slow@example.com").await;
    let id = person.ask("tell me everything").await;
    let attentive = tokio::spawn(person.clone().follow(id.clone(), false));
    let as_program = format!("authorization: Bearer {}", person.token);
    let as_browser = format!("cookie: {cookie}\r\nhx-request: true");
    let server = process.child.id().expect("it runs");
    let before = memory(server);
    let mut sleepers = Vec::new();
    for number in 0..READERS {
        let who = match IS_BROWSER(number) {
            true => &as_browser,
            false => &as_program,
        };
        sleepers.push(loop {
            let sleeper = open(&process.base, &id, who).await;
            // Looked at, not read. On a busy machine it may be refused with 503 at first.
            let mut status = [0; 12];
            while sleeper.peek(&mut status).await.expect("it answers") < status.len() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            if status.ends_with(b" 200") {
                break sleeper;
            }
        });
    }
    let mut most = before;
    while !attentive.is_finished() {
        most = most.max(memory(server));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let attentive = attentive.await.expect("a reader ended");
    let stored = person.stored(&id).await.unwrap_or_default();
    let stored = stored["text"].as_str().unwrap_or_default();
    let mut lost = usize::from(stored != text || attentive.text != stored);
    let (mut unfinished, mut events) = (0, 0);
    for (number, mut sleeper) in sleepers.into_iter().enumerate() {
        let mut bytes = Vec::new();
        let reading = sleeper.read_to_end(&mut bytes);
        if tokio::time::timeout(Duration::from_secs(60), reading)
            .await
            .is_err()
        {
            unfinished += 1;
            continue;
        }
        let body = body_of(&bytes);
        events += body.matches("\n\n").count();
        lost += usize::from(match IS_BROWSER(number) {
            true => !body.ends_with("event: done\ndata: \n\n"),
            false => said(&body) != stored,
        });
    }
    let grown = most.saturating_sub(before);
    if grown > BOUND {
        println!("the server grew by {grown} KiB");
        unfinished += 1;
    }
    Row {
        fault: format!("{READERS} readers who don't read, 60 KiB"),
        acknowledged: 1,
        lost,
        doubled: 0,
        unfinished,
        note: format!(
            "the server grew by {:.1} MiB; {} events for each sleeper at last",
            grown as f64 / 1024.0,
            events / READERS
        ),
    }
}

/// The body of an answer that came in chunks.
fn body_of(bytes: &[u8]) -> String {
    let head = bytes.windows(4).position(|four| four == b"\r\n\r\n");
    let (head, mut rest) = bytes.split_at(head.expect("a head") + 4);
    assert!(head.starts_with(b"HTTP/1.1 200 "));
    let mut body = Vec::new();
    while let Some(end) = rest.windows(2).position(|two| two == b"\r\n") {
        let length = std::str::from_utf8(&rest[..end]).expect("a length");
        let length = usize::from_str_radix(length, 16).expect("a length");
        body.extend_from_slice(&rest[end + 2..end + 2 + length]);
        rest = &rest[end + 2 + length + 2..];
    }
    String::from_utf8(body).expect("UTF-8")
}

/// What the deltas of a stream make.
fn said(body: &str) -> String {
    let data = body
        .split("\n\n")
        .filter(|event| event.contains("event: delta"))
        .filter_map(|event| event.lines().find_map(|line| line.strip_prefix("data: ")));
    data.map(|data| {
        let data: Value = serde_json::from_str(data).expect("JSON");
        data["text"].as_str().expect("text").to_owned()
    })
    .collect()
}

/// A stream that is asked for and not read.
async fn open(base: &str, id: &str, who: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket
        .set_recv_buffer_size(32 * 1024)
        .expect("a small buffer");
    let address = base.trim_start_matches("http://");
    let connect = socket.connect(address.parse().expect("an address"));
    let mut stream = connect.await.expect("it listens");
    let head = format!(
        "GET /chat/messages/{id}/events HTTP/1.1\r\nconnection: close\r\nhost: {address}\r\naccept: text/event-stream\r\n{who}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.expect("it is sent");
    stream
}

/// The session's cookie.
async fn log_in(base: &str, email: &str) -> String {
    let http = client().build().expect("a client");
    let form = [("email", email), ("password", PASSWORD)];
    let post = http.post(format!("{base}/auth/login")).form(&form);
    let post = post
        .header("hx-request", "true")
        .header("sec-fetch-site", "same-origin");
    let response = post.send().await.expect("it answers");
    let cookie = session_cookie(&response);
    cookie.split(';').next().unwrap_or_default().to_owned()
}
