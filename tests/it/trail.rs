//! One request's id in every log: its own process's, and that of whoever makes its reply.

use std::net::TcpListener;
use std::time::Duration;

use serde_json::{Value, json};

use crate::process::{self, Process};
use crate::site::{Database, Site, client, header};
use crate::upstream::{Script, Upstream};

const GIVEN: &str = "from-the-proxy_1:2.3";
const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// The lines with that in their `span`, or else in the line itself.
fn lines_of(log: &[String], request_id: &str) -> Vec<Value> {
    let lines = log.iter().map(|line| {
        let line: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"));
        assert!(line.is_object(), "{line}");
        line
    });
    lines
        .filter(|line| line["span"]["request_id"] == request_id)
        .collect()
}

#[tokio::test]
async fn a_replys_request_is_named_in_the_log_of_the_worker() {
    let database = Database::new();
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let work_addr = free.local_addr().unwrap().to_string();
    drop(free);
    // No broker is there: the worker finds the reply in the table.
    let settings = [
        ("AMQP_URL", "amqp://127.0.0.1:1"),
        ("AUTIO_LOG_FORMAT", "json"),
        ("AUTIO_TRUSTED_PROXIES", "127.0.0.1"),
        ("AUTIO_WORK_ADDR", work_addr.as_str()),
    ];
    let web = process::start(&database, &settings).await;
    let worker = process::start_work(&database, &settings).await;
    let http = client().build().unwrap();
    let token = web.sign_up(&http, "ann@example.com").await;
    let said = http
        .post(format!("{}/chat/", web.base))
        .bearer_auth(&token)
        .header("x-request-id", GIVEN)
        .header("prefer", "respond-async")
        .json(&json!({ "message": "A hybrid SUV" }));
    let said = said.send().await.unwrap();
    assert_eq!(said.status(), 202);
    assert_eq!(header(&said, "x-request-id"), GIVEN);
    let said: Value = said.json().await.unwrap();
    let reply = said["message_id"].as_str().unwrap();
    let ended = |process: &Process| {
        let lines = lines_of(&process.log(), GIVEN);
        let is_end = |line: &Value| line["fields"]["outcome"] == "done";
        lines.into_iter().find(is_end)
    };
    // It looks every three seconds, and leaves what is new to the queue for as long.
    let patience = Duration::from_secs(30);
    let made = async {
        while ended(&worker).is_none() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let made = tokio::time::timeout(patience, made).await;
    made.unwrap_or_else(|_| panic!("{:?}", worker.log()));
    let line = ended(&worker).unwrap();
    assert_eq!(line["span"]["reply_id"], reply, "{line}");
    assert_eq!(line["span"]["attempt"], 1, "{line}");
    assert!(line["fields"]["ms"].is_u64(), "{line}");
    assert!(!lines_of(&web.log(), GIVEN).is_empty());
    assert!(ended(&web).is_none(), "the worker makes the replies");
    // What the worker counts is told where it answers.
    for (path, part) in [
        (
            "/metrics",
            "autio_replies_total{advisor=\"built-in\",outcome=\"done\"} 1\n",
        ),
        ("/metrics", "autio_broker_up 0\n"),
        ("/readyz", "\"queue\":{\"status\":\"failing\""),
        ("/healthz", "\"ok\""),
    ] {
        let answer = http.get(format!("http://{work_addr}{path}")).send().await;
        let answer = answer.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        let text = answer.text().await.unwrap();
        assert!(text.contains(part), "{path}: {text}");
    }
}

#[tokio::test]
async fn only_a_trusted_proxy_names_requests() {
    let trusting = Site::start_with(&[("AUTIO_TRUSTED_PROXIES", "127.0.0.1,::1")]).await;
    let trusting_nobody = Site::start().await;
    let id = async |site: &Site, name: &'static str, value: &str| {
        let answer = site.stranger().get("/nowhere").header(name, value).send();
        let answer = answer.await.unwrap();
        let id = header(&answer, "x-request-id").to_owned();
        let problem: Value = answer.json().await.unwrap();
        assert_eq!(problem["request_id"], id.as_str());
        id
    };
    assert_eq!(id(&trusting, "x-request-id", GIVEN).await, GIVEN);
    let trace = id(&trusting, "traceparent", TRACE).await;
    assert_eq!(trace, "4bf92f3577b34da6a3ce929d0e0e4736");
    assert_eq!(id(&trusting, "x-request-id", "two words").await.len(), 32);
    let own = id(&trusting_nobody, "x-request-id", GIVEN).await;
    assert_ne!(own, GIVEN);
    let own = id(&trusting_nobody, "traceparent", TRACE).await;
    assert_ne!(own, trace);
}

#[tokio::test]
async fn why_the_catalogue_advisor_answered_is_in_the_log_of_each_reply() {
    let upstream = Upstream::start([Script::Status(401, "", "{}")]).await;
    let settings = [
        ("OPENAI_API_KEY", "k"),
        ("OPENAI_BASE_URL", upstream.base_url.as_str()),
        ("AUTIO_LOG_FORMAT", "json"),
    ];
    let database = Database::new();
    let process = process::start(&database, &settings).await;
    let http = client().build().unwrap();
    let token = process.sign_up(&http, "ann@example.com").await;
    let said = http
        .post(format!("{}/chat/", process.base))
        .bearer_auth(&token)
        .json(&json!({ "message": "A hybrid SUV" }));
    let said = said.send().await.unwrap();
    let id = header(&said, "x-request-id").to_owned();
    let said: Value = said.json().await.unwrap();
    assert_eq!(said["model"], "catalogue");
    let lines = lines_of(&process.log(), &id);
    let why = lines
        .iter()
        .find_map(|line| line["fields"]["failure"].as_str());
    assert!(
        why.is_some_and(|why| why.contains("OPENAI_API_KEY")),
        "{lines:?}"
    );
}
