//! A model's server that does what the test tells it, good or bad, and remembers what it was asked.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Longer than any caller waits.
const FOR_EVER: Duration = Duration::from_secs(600);

/// What it does with one request.
#[derive(Clone, Debug)]
pub enum Script {
    /// Streams the text in pieces with that pause between them, and ends well.
    Say(&'static str, Duration),
    /// Asks for a tool call with these arguments.
    Call(&'static str, Value),
    /// A status with headers and a body.
    Status(u16, &'static str, &'static str),
    /// Streams a piece and closes in the middle.
    BreakOff(&'static str),
    /// Streams a piece and then sends what isn't JSON.
    Garbage(&'static str),
    /// Answers 200 with a web page.
    WebPage,
    /// Streams these very bytes.
    Raw(String),
    /// Streams a piece and the finish reason `content_filter`.
    Filter(&'static str),
    /// Resets the connection without a word.
    Reset,
    /// Takes the request and never answers.
    Hang,
    /// Streams a piece and then nothing, with the connection open.
    FallSilent(&'static str),
    /// Says what the person said, a character at a time with that pause between them, each byte for itself on the wire.
    Echo(Duration),
    /// Streams this with that pause before each, for ever.
    GoOn(String, Duration),
}

/// The server. Scripts are used up in order; the last one stays.
#[derive(Clone)]
pub struct Upstream {
    pub base_url: String,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    scripts: VecDeque<Script>,
    requests: Vec<(String, Value)>,
    broken_off_by_caller: usize,
}

impl Upstream {
    pub async fn start(scripts: impl IntoIterator<Item = Script>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let upstream = Self {
            base_url: format!("http://{}/v1", listener.local_addr().unwrap()),
            state: Arc::new(Mutex::new(State {
                scripts: scripts.into_iter().collect(),
                ..State::default()
            })),
        };
        let state = upstream.state.clone();
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(serve(socket, state.clone()));
            }
        });
        upstream
    }

    /// The head and the body of every request so far.
    pub fn requests(&self) -> Vec<(String, Value)> {
        self.state.lock().unwrap().requests.clone()
    }

    /// How many streams the caller ended before they were over.
    pub fn broken_off_by_caller(&self) -> usize {
        self.state.lock().unwrap().broken_off_by_caller
    }

    /// What it does from now on.
    pub fn now(&self, script: Script) {
        self.state.lock().unwrap().scripts = VecDeque::from([script]);
    }
}

async fn serve(mut socket: TcpStream, state: Arc<Mutex<State>>) {
    let Some((head, body)) = read_request(&mut socket).await else {
        return;
    };
    let said = said(&body);
    let script = {
        let mut state = state.lock().unwrap();
        state.requests.push((head, body));
        match state.scripts.len() {
            0 | 1 => state.scripts.front().cloned().unwrap(),
            _ => state.scripts.pop_front().unwrap(),
        }
    };
    if answer(&mut socket, script, &said).await.is_err() {
        state.lock().unwrap().broken_off_by_caller += 1;
    }
}

/// The last thing that the person said.
fn said(request: &Value) -> String {
    let mut messages = request["messages"].as_array().into_iter().flatten();
    let last = messages.rfind(|message| message["role"] == "user");
    let text = last.and_then(|message| message["content"].as_str());
    text.unwrap_or_default().to_owned()
}

async fn answer(socket: &mut TcpStream, script: Script, said: &str) -> std::io::Result<()> {
    let stream_head =
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
    match script {
        Script::Status(status, headers, body) => {
            let length = body.len();
            let head = format!(
                "HTTP/1.1 {status} X\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n"
            );
            socket.write_all((head + body).as_bytes()).await
        }
        Script::WebPage => {
            let page = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 2\r\nconnection: close\r\n\r\nhi";
            socket.write_all(page.as_bytes()).await
        }
        Script::Say(text, pause) => {
            socket.write_all(stream_head.as_bytes()).await?;
            for word in text.split_inclusive(' ') {
                send(socket, &delta(json!({ "content": word }), None)).await?;
                pause_or_notice(socket, pause).await?;
            }
            send(socket, &delta(json!({}), Some("stop"))).await?;
            let usage = json!({ "prompt_tokens": 100, "completion_tokens": 20 });
            send(socket, &json!({ "choices": [], "usage": usage })).await?;
            socket.write_all(b"data: [DONE]\n\n").await
        }
        Script::Call(name, arguments) => {
            socket.write_all(stream_head.as_bytes()).await?;
            let arguments = arguments.to_string();
            // Arguments come in pieces, as the real ones do.
            let (first, second) = arguments.split_at(arguments.len() / 2);
            let begin = json!({ "index": 0, "id": "call_1", "type": "function",
                "function": { "name": name, "arguments": first } });
            send(socket, &delta(json!({ "tool_calls": [begin] }), None)).await?;
            let rest = json!({ "index": 0, "function": { "arguments": second } });
            send(socket, &delta(json!({ "tool_calls": [rest] }), None)).await?;
            send(socket, &delta(json!({}), Some("tool_calls"))).await?;
            socket.write_all(b"data: [DONE]\n\n").await
        }
        Script::BreakOff(text) => {
            socket.write_all(stream_head.as_bytes()).await?;
            send(socket, &delta(json!({ "content": text }), None)).await
        }
        Script::Garbage(text) => {
            socket.write_all(stream_head.as_bytes()).await?;
            send(socket, &delta(json!({ "content": text }), None)).await?;
            socket.write_all(b"data: {oops\n\n").await
        }
        Script::Raw(stream) => {
            socket.write_all(stream_head.as_bytes()).await?;
            socket.write_all(stream.as_bytes()).await
        }
        Script::Filter(text) => {
            socket.write_all(stream_head.as_bytes()).await?;
            send(socket, &delta(json!({ "content": text }), None)).await?;
            send(socket, &delta(json!({}), Some("content_filter"))).await
        }
        Script::Reset => socket.set_zero_linger(),
        Script::Hang => pause_or_notice(socket, FOR_EVER).await,
        Script::FallSilent(text) => {
            socket.write_all(stream_head.as_bytes()).await?;
            send(socket, &delta(json!({ "content": text }), None)).await?;
            pause_or_notice(socket, FOR_EVER).await
        }
        Script::Echo(pause) => {
            socket.set_nodelay(true)?;
            socket.write_all(stream_head.as_bytes()).await?;
            for letter in said.chars() {
                let chunk = delta(json!({ "content": letter }), None);
                for byte in format!("data: {chunk}\n\n").bytes() {
                    socket.write_all(&[byte]).await?;
                }
                pause_or_notice(socket, pause).await?;
            }
            send(socket, &delta(json!({}), Some("stop"))).await?;
            socket.write_all(b"data: [DONE]\n\n").await
        }
        Script::GoOn(bytes, pause) => {
            socket.write_all(stream_head.as_bytes()).await?;
            loop {
                pause_or_notice(socket, pause).await?;
                socket.write_all(bytes.as_bytes()).await?;
            }
        }
    }
}

/// A chunk as Chat Completions has it.
pub fn delta(delta: Value, finish: Option<&str>) -> Value {
    json!({ "choices": [{ "index": 0, "delta": delta, "finish_reason": finish }] })
}

async fn send(socket: &mut TcpStream, chunk: &Value) -> std::io::Result<()> {
    socket
        .write_all(format!("data: {chunk}\n\n").as_bytes())
        .await
}

/// Waits, and notices a caller who closes meanwhile.
async fn pause_or_notice(socket: &mut TcpStream, pause: Duration) -> std::io::Result<()> {
    let mut byte = [0];
    match tokio::time::timeout(pause, socket.read(&mut byte)).await {
        Err(_) => Ok(()),
        Ok(_) => Err(std::io::ErrorKind::ConnectionAborted.into()),
    }
}

async fn read_request(socket: &mut TcpStream) -> Option<(String, Value)> {
    let mut bytes = Vec::new();
    loop {
        let mut chunk = [0; 4096];
        let read = socket
            .read(&mut chunk)
            .await
            .ok()
            .filter(|read| *read > 0)?;
        bytes.extend_from_slice(&chunk[..read]);
        let text = String::from_utf8_lossy(&bytes);
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let head = head.to_lowercase();
        let length = head.split("content-length: ").nth(1)?;
        let length: usize = length.lines().next()?.parse().ok()?;
        if body.len() >= length {
            let body = serde_json::from_str(body).ok()?;
            return Some((head, body));
        }
    }
}
