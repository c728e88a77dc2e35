//! A model's server that costs next to nothing: under `/now` it answers at once, under `/paced` a word at a time, each with
//! the moment in which it was sent.

use std::io::Result;
use std::net::SocketAddr;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::wire::find;

/// What it says.
pub const TEXT: &str = "A RAV4 Hybrid or a CR-V Hybrid would suit you well: both have all-wheel drive, and both are easy on fuel. Do you need a third row?";

/// How many words it says under `/paced`, and how far they are apart.
pub const WORDS: usize = 40;
pub const PACE: Duration = Duration::from_millis(1_000);

/// What moments are counted from.
static BEGINNING: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Nanoseconds since the beginning.
pub fn moment() -> u128 {
    BEGINNING.elapsed().as_nanos()
}

/// Starts it; it ends with the program.
pub async fn start() -> SocketAddr {
    moment();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let addr = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            // Who breaks off has nothing more to hear.
            tokio::spawn(async { serve(socket).await.ok() });
        }
    });
    addr
}

/// The request that Autio makes of it, or one like that.
pub fn request(stream: bool) -> Value {
    let said = json!([{ "role": "user", "content": "A hybrid SUV under $40,000" }]);
    json!({ "model": "m", "stream": stream, "messages": said })
}

async fn serve(mut socket: TcpStream) -> Result<()> {
    socket.set_nodelay(true)?;
    let at_once = events_at_once();
    let whole = whole();
    let mut bytes = Vec::with_capacity(64 * 1024);
    loop {
        let Some(end) = read_request(&mut socket, &mut bytes).await? else {
            return Ok(());
        };
        let request = &bytes[..end];
        if find(&request[..request.len().min(64)], b"/paced").is_some() {
            say_slowly(&mut socket).await?;
        } else if find(request, b"\"stream\":true").is_some() {
            socket.write_all(&at_once).await?;
        } else {
            socket.write_all(&whole).await?;
        }
        bytes.drain(..end);
    }
}

/// Reads until a whole request is there, and says where it ends.
async fn read_request(socket: &mut TcpStream, bytes: &mut Vec<u8>) -> Result<Option<usize>> {
    loop {
        if let Some(head) = find(bytes, b"\r\n\r\n") {
            let text = String::from_utf8_lossy(&bytes[..head]).to_ascii_lowercase();
            let length = text.split("content-length: ").nth(1);
            let length = length.and_then(|rest| rest.lines().next()?.parse().ok());
            let end = head + 4 + length.unwrap_or(0);
            if bytes.len() >= end {
                return Ok(Some(end));
            }
        }
        if socket.read_buf(bytes).await? == 0 {
            return Ok(None);
        }
    }
}

fn event(text: &str, finish: Option<&str>) -> String {
    let delta = match text {
        "" => json!({}),
        text => json!({ "content": text }),
    };
    let choice = json!({ "index": 0, "delta": delta, "finish_reason": finish });
    let chunk = json!({ "id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice] });
    format!("data: {chunk}\n\n")
}

fn chunk(text: &str) -> String {
    format!("{:x}\r\n{text}\r\n", text.len())
}

const HEAD: &str =
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
const USAGE: &str = r#"{"prompt_tokens":100,"completion_tokens":30,"total_tokens":130}"#;

fn ending() -> String {
    let usage = format!("data: {{\"choices\":[],\"usage\":{USAGE}}}\n\ndata: [DONE]\n\n");
    chunk(&(event("", Some("stop")) + &usage)) + "0\r\n\r\n"
}

fn events_at_once() -> Vec<u8> {
    let words = TEXT.split_inclusive(' ').map(|word| event(word, None));
    (HEAD.to_owned() + &chunk(&words.collect::<String>()) + &ending()).into_bytes()
}

fn whole() -> Vec<u8> {
    let message = json!({ "role": "assistant", "content": TEXT });
    let choice = json!({ "index": 0, "message": message, "finish_reason": "stop" });
    let usage: Value = serde_json::from_str(USAGE).expect("JSON");
    let body = json!({ "id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], "usage": usage });
    let body = body.to_string();
    let length = body.len();
    format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}").into_bytes()
}

/// Each word is the moment in which it is sent.
async fn say_slowly(socket: &mut TcpStream) -> Result<()> {
    socket.write_all(HEAD.as_bytes()).await?;
    for _ in 0..WORDS {
        tokio::time::sleep(PACE).await;
        let word = event(&format!("t{} ", moment()), None);
        socket.write_all(chunk(&word).as_bytes()).await?;
    }
    socket.write_all(ending().as_bytes()).await
}
