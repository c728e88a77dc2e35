//! Traces: from the request through the queue to the model's server, and what a bad collector costs.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use reqwest::Client;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;

use crate::goodbye::until;
use crate::process::{self, Process};
use crate::site::{Database, client};
use crate::upstream::{Script, Upstream};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";

/// How a collector takes spans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    Takes,
    Refuses,
    Hangs,
}

/// A collector, and the spans that it was sent.
struct Collector {
    address: String,
    spans: Arc<Mutex<Vec<Span>>>,
}

impl Collector {
    async fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let spans: Arc<Mutex<Vec<Span>>> = Arc::default();
        let taken = spans.clone();
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(collect(socket, manner, taken.clone()));
            }
        });
        Self { address, spans }
    }

    /// The spans of that trace, once there is one of each of those names.
    async fn of_trace(&self, names: &[&str]) -> Vec<Span> {
        let of_trace = || {
            let spans = self.spans.lock().unwrap();
            let its = spans.iter().filter(|span| hex(&span.trace_id) == TRACE);
            its.cloned().collect::<Vec<_>>()
        };
        let is_there = |name: &&str| of_trace().iter().any(|span| span.name == *name);
        until(async || names.iter().all(is_there)).await;
        of_trace()
    }
}

async fn collect(mut socket: TcpStream, manner: Manner, spans: Arc<Mutex<Vec<Span>>>) {
    let mut bytes = Vec::new();
    let (mut chunk, mut end) = ([0; 4096], None);
    loop {
        let Ok(read @ 1..) = socket.read(&mut chunk).await else {
            return;
        };
        bytes.extend_from_slice(&chunk[..read]);
        if end.is_none() {
            let head = bytes.windows(4).position(|window| window == b"\r\n\r\n");
            let Some(at) = head else { continue };
            let head = String::from_utf8_lossy(&bytes[..at]).to_lowercase();
            assert!(head.starts_with("post /v1/traces "), "{head}");
            assert!(
                head.contains("content-type: application/x-protobuf"),
                "{head}"
            );
            let (_, length) = head.split_once("content-length: ").unwrap();
            let length: usize = length.lines().next().unwrap().parse().unwrap();
            end = Some((at + 4, at + 4 + length));
        }
        let Some((begin, end_at)) = end else { continue };
        if bytes.len() < end_at {
            continue;
        }
        let status = match manner {
            Manner::Hangs => return tokio::time::sleep(Duration::from_secs(600)).await,
            Manner::Refuses => 503,
            Manner::Takes => 200,
        };
        let sent = ExportTraceServiceRequest::decode(&bytes[begin..end_at]).unwrap();
        let scopes = sent.resource_spans.into_iter().flat_map(|r| r.scope_spans);
        spans
            .lock()
            .unwrap()
            .extend(scopes.flat_map(|scope| scope.spans));
        let answer = format!("HTTP/1.1 {status} X\r\ncontent-length: 0\r\n\r\n");
        socket.write_all(answer.as_bytes()).await.unwrap();
        bytes.clear();
        end = None;
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Says something in that process, as a part of [`TRACE`], and returns the answer.
async fn say(process: &Process, http: &Client) -> Value {
    let token = process.sign_up(http, "ann@example.com").await;
    let said = http
        .post(format!("{}/chat/", process.base))
        .bearer_auth(&token)
        .header("traceparent", format!("00-{TRACE}-{PARENT}-01"))
        .json(&json!({ "message": "A hybrid SUV" }));
    let said = said.send().await.unwrap();
    assert_eq!(said.status(), 200);
    said.json().await.unwrap()
}

async fn terminate(mut process: Process) {
    let id = process.child.id().unwrap().to_string();
    let mut kill = Command::new("kill");
    assert!(kill.args(["-TERM", &id]).status().await.unwrap().success());
    let ended = tokio::time::timeout(Duration::from_secs(20), process.child.wait()).await;
    assert!(
        ended
            .expect("it waits for the collector")
            .unwrap()
            .success()
    );
}

#[tokio::test]
async fn a_trace_leads_from_the_request_to_the_models_server() {
    let collector = Collector::start(Manner::Takes).await;
    let upstream = Upstream::start([Script::Say("A RAV4.", Duration::ZERO)]).await;
    let database = Database::new();
    let settings = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.address.as_str()),
        ("AUTIO_TRUSTED_PROXIES", "127.0.0.1"),
        ("AUTIO_TRACE_UPSTREAM", "on"),
        // Spans don't depend on it.
        ("AUTIO_LOG", "warn,autio=info"),
        ("OPENAI_API_KEY", "k"),
        ("OPENAI_BASE_URL", upstream.base_url.as_str()),
    ];
    let process = process::start(&database, &settings).await;
    say(&process, &client().build().unwrap()).await;
    let names = ["POST /chat", "store", "queue", "claim", "reply", "upstream"];
    let spans = collector.of_trace(&names).await;
    let one = |name: &str| spans.iter().find(|span| span.name == name).unwrap();
    let (request, reply, upstreams) = (one("POST /chat"), one("reply"), one("upstream"));
    assert_eq!(hex(&request.parent_span_id), PARENT);
    assert_eq!(reply.parent_span_id, request.span_id);
    for name in ["queue", "claim", "upstream"] {
        assert_eq!(one(name).parent_span_id, reply.span_id, "{name}");
    }
    for parent in [request, reply] {
        let mut stored = spans.iter().filter(|span| span.name == "store");
        assert!(stored.any(|span| span.parent_span_id == parent.span_id));
    }
    let queue = one("queue");
    assert!(queue.start_time_unix_nano <= queue.end_time_unix_nano);
    assert!(queue.end_time_unix_nano <= one("claim").end_time_unix_nano);
    let has = |span: &Span, key: &str| span.attributes.iter().any(|one| one.key == key);
    assert!(has(upstreams, "first_token_ms") && has(reply, "request_id"));
    assert!(has(request, "http.route") && has(reply, "attempt"));
    // Nothing that was said is in a trace.
    let all = format!("{spans:?}");
    assert!(!all.contains("hybrid") && !all.contains("RAV4"), "{all}");
    let (head, _) = upstream.requests().remove(0);
    let told = format!("traceparent: 00-{TRACE}-{}-01", hex(&upstreams.span_id));
    assert!(head.contains(&told), "{head}");
    terminate(process).await;
}

#[tokio::test]
async fn a_bad_collector_costs_nothing_but_the_spans() {
    // Its port was free a moment ago, and nobody listens there any more.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let gone = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let refusing = Collector::start(Manner::Refuses).await;
    let hanging = Collector::start(Manner::Hangs).await;
    let upstream = Upstream::start([Script::Say("A RAV4.", Duration::ZERO)]).await;
    let one = async |address: &str, counts: bool| {
        let database = Database::new();
        let settings = [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", address),
            ("OPENAI_API_KEY", "k"),
            ("OPENAI_BASE_URL", upstream.base_url.as_str()),
        ];
        let process = process::start(&database, &settings).await;
        let http = client().build().unwrap();
        assert_eq!(say(&process, &http).await["reply"], "A RAV4.");
        let failed = async || {
            let told = http.get(format!("{}/metrics", process.base)).send().await;
            let told = told.unwrap().text().await.unwrap();
            told.contains("autio_trace_spans_total{outcome=\"failed\"} ")
        };
        if counts {
            until(failed).await;
        }
        terminate(process).await;
    };
    tokio::join!(
        one(&gone, true),
        one(&refusing.address, true),
        one(&hanging.address, false)
    );
    // The model's server isn't told of the trace unless the operator wants it.
    for (head, _) in upstream.requests() {
        assert!(!head.contains("traceparent"), "{head}");
    }
}
