//! Clients that take for ever: with their head, with their body, with reading. Each is given up on, and nobody waits for it.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use crate::Tally;
use crate::process::{Process, start};
use crate::raw::connect;
use crate::site::{Database, client};

/// How many of each.
const EACH: usize = 20;
/// Longer than any of them is borne, on a busy machine too.
const LIMIT: Duration = Duration::from_secs(80);

pub async fn clients() -> Vec<Tally> {
    let mut tally = Tally::new("clients that take for ever");
    let database = Database::new();
    let process = start(&database, &[]).await;
    let http = client().build().unwrap();
    let token = process.sign_up(&http, "slow@example.com").await;
    let pid = process.child.id().expect("it runs");
    let before = connections(pid);
    let login = "POST /auth/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 4000\r\n\r\n{";
    let chat = format!(
        "POST /chat/ HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{{\r\n"
    );
    let unread = format!(
        "POST /auth/sessions/x/revoke HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\nContent-Length: 4000\r\n\r\n"
    );
    // What is begun, and what trickles after it.
    let dropped =
        "POST /auth/logout HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n";
    let kinds: [(&str, &str, &str); 6] = [
        (
            "a head that never ends",
            "GET / HTTP/1.1\r\nHost: a\r\n",
            "X: y\r\n",
        ),
        ("no word at all", "", ""),
        ("a body that trickles", login, " "),
        ("a chunked body that trickles", &chat, "1\r\n \r\n"),
        ("a body that nobody reads", &unread, "x"),
        ("a chunked body that nobody reads", dropped, "1\r\n \r\n"),
    ];
    let begun = Instant::now();
    let mut waiting = Vec::new();
    for (name, head, more) in kinds {
        for _ in 0..EACH {
            let mut socket = connect(&process.base).await;
            socket.write_all(head.as_bytes()).await.unwrap();
            waiting.push(async move { (name, trickle(socket, more).await) });
        }
    }
    let page = http.get(format!("{}/login", process.base));
    let page = page.header("accept", "text/html").send().await.unwrap();
    let page = page.text().await.unwrap();
    let styles = page.split('"').find(|part| part.ends_with(".css")).unwrap();
    let readers = idle_readers(&process, styles).await;
    let all = futures_util::future::join_all(waiting);
    let quick = async {
        // Meanwhile everybody else is served.
        let mut worst = Duration::ZERO;
        for _ in 0..50 {
            let asked = Instant::now();
            let page = http
                .get(format!("{}/login", process.base))
                .send()
                .await
                .unwrap();
            assert_eq!(page.status(), 200);
            worst = worst.max(asked.elapsed());
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        worst
    };
    let (ended, worst) = tokio::join!(all, quick);
    let mut longest = Duration::ZERO;
    for (name, took) in ended {
        tally.hold(took.is_some(), || {
            format!("{name} is still there after {LIMIT:?}")
        });
        longest = longest.max(took.unwrap_or_default());
    }
    // Only the process itself can tell that it has let go of them: they don't read, so they don't hear of it.
    let mut left = connections(pid);
    tally.hold(left >= before + EACH / 2, || {
        format!("the readers were gone before they were slow: {before}, {left}")
    });
    // Callers of our own may hold one or two more than at first.
    while left > before + 2 && begun.elapsed() < LIMIT {
        tokio::time::sleep(Duration::from_secs(1)).await;
        left = connections(pid);
    }
    let readers_took = begun.elapsed();
    for number in 0..EACH {
        tally.hold(left <= before + 2, || {
            format!("reader {number}: {left} are open, and {before} were")
        });
    }
    drop(readers);
    tally.note = format!(
        "given up on after {} s at most, readers after {} s; a page meanwhile {} ms at worst",
        longest.as_secs(),
        readers_took.as_secs(),
        worst.as_millis()
    );
    vec![tally]
}

/// Sends a little every second until the server has closed; how long that took.
async fn trickle(mut socket: TcpStream, more: &'static str) -> Option<Duration> {
    let begun = Instant::now();
    let mut answer = [0; 4096];
    while begun.elapsed() < LIMIT {
        match tokio::time::timeout(Duration::from_secs(1), socket.read(&mut answer)).await {
            Ok(Ok(0) | Err(_)) => return Some(begun.elapsed()),
            Ok(Ok(_)) => {}
            Err(_) => {
                if !more.is_empty() && socket.write_all(more.as_bytes()).await.is_err() {
                    return Some(begun.elapsed());
                }
            }
        }
    }
    None
}

/// They ask for a file so often that it is far more than fits on the way, and don't read it.
async fn idle_readers(process: &Process, file: &str) -> Vec<TcpStream> {
    let address = process.base.strip_prefix("http://").unwrap();
    let address = address.parse().unwrap();
    let mut readers = Vec::new();
    for _ in 0..EACH {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        let mut socket = socket.connect(address).await.unwrap();
        let ask = format!("GET {file} HTTP/1.1\r\nHost: a\r\n\r\n");
        let many = ask.repeat(1_000);
        // Once it can't write on, it doesn't read on either.
        let write = socket.write_all(many.as_bytes());
        tokio::time::timeout(Duration::from_millis(200), write)
            .await
            .ok();
        readers.push(socket);
    }
    readers
}

/// How many sockets the process holds.
fn connections(pid: u32) -> usize {
    let Ok(files) = std::fs::read_dir(format!("/proc/{pid}/fd")) else {
        return 0;
    };
    let targets = files.filter_map(|file| std::fs::read_link(file.ok()?.path()).ok());
    targets
        .filter(|target| target.to_string_lossy().starts_with("socket:"))
        .count()
}
