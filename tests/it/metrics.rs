//! `GET /metrics`: what it tells, to whom, and what it never does: hang, fail with the database, or grow.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::goodbye::until;
use crate::site::{Site, header};
use crate::upstream::{Script, Upstream};

const TOKEN: &str = "a token for whoever scrapes";

/// All samples by their name and labels, as the text format 0.0.4 has them. Whatever isn't in it fails.
fn parse(text: &str) -> BTreeMap<String, f64> {
    assert!(text.ends_with('\n'));
    let mut samples = BTreeMap::new();
    let (mut family, mut kind) = ("", "");
    let mut seen = BTreeSet::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').unwrap();
            assert!(seen.insert(name), "{name} comes twice");
            assert!(help.len() > 5, "{line}");
            family = name;
            continue;
        }
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, of) = rest.split_once(' ').unwrap();
            assert_eq!(name, family, "{line}");
            assert!(["counter", "gauge", "histogram"].contains(&of), "{line}");
            kind = of;
            continue;
        }
        let (series, value) = line.rsplit_once(' ').unwrap();
        let name = series.split('{').next().unwrap();
        match kind {
            "histogram" => {
                let ending = name.strip_prefix(family).unwrap();
                assert!(["_bucket", "_sum", "_count"].contains(&ending), "{line}");
            }
            "counter" => assert!(name == family && name.ends_with("_total"), "{line}"),
            _ => assert_eq!(name, family, "{line}"),
        }
        check_labels(&series[name.len()..]);
        let value: f64 = value.parse().unwrap_or_else(|_| panic!("{line}"));
        assert!(samples.insert(series.to_owned(), value).is_none(), "{line}");
    }
    samples
}

fn check_labels(labels: &str) {
    let Some(inside) = labels.strip_prefix('{') else {
        return assert_eq!(labels, "");
    };
    for label in inside.strip_suffix('}').unwrap().split("\",") {
        let (name, value) = label.split_once("=\"").unwrap();
        assert!(
            name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'),
            "{labels}"
        );
        let value = value.strip_suffix('"').unwrap_or(value);
        assert!(!value.contains(['"', '\\', '\n']), "{labels}");
    }
}

async fn scrape(site: &Site) -> BTreeMap<String, f64> {
    let response = site.stranger().get("/metrics").send().await.unwrap();
    assert_eq!(response.status(), 200);
    let kind = header(&response, "content-type");
    assert_eq!(kind, "text/plain; version=0.0.4; charset=utf-8");
    assert_eq!(header(&response, "cache-control"), "no-store");
    parse(&response.text().await.unwrap())
}

#[tokio::test]
async fn they_tell_what_the_process_did() {
    let upstream = Upstream::start([
        Script::Status(503, "", ""),
        Script::Say("A Toyota RAV4 would do.", Duration::from_millis(20)),
        Script::Status(401, "", ""),
    ])
    .await;
    let site = Site::start_with(&[
        ("OPENAI_API_KEY", "k"),
        ("OPENAI_BASE_URL", &upstream.base_url),
        ("OPENAI_MODEL", "a \"model\""),
        ("AUTIO_RATE_LIMITS", "on"),
        ("AUTIO_LIMIT_CHAT", "2,1/h"),
    ])
    .await;
    let program = site.new_program().await;
    program.say("A hybrid SUV", None).await;
    // The key is refused: the built-in advisor stands in.
    program.say("A pickup", None).await;
    let message = json!({ "message": "One too many" });
    let refused = program.post("/chat/").json(&message).send().await.unwrap();
    assert_eq!(refused.status(), 429);
    let conversations = program.read("/chat/").await;
    let id = conversations["conversations"][0]["id"].as_str().unwrap();
    program.read(&format!("/chat/{id}")).await;
    let told = site.stranger().get("/metrics").send().await.unwrap();
    let text = told.text().await.unwrap();
    // The name of the model is the operator's, quotes and all.
    let tokens = r#"autio_tokens_total{model="a \"model\"",direction="prompt"} 100"#;
    assert!(text.contains(tokens), "{text}");
    let told = parse(&text.replace(r#"a \"model\""#, "m"));
    for (series, value) in [
        (
            r#"autio_replies_total{advisor="model",outcome="done"}"#,
            1.0,
        ),
        (
            r#"autio_replies_total{advisor="built-in",outcome="done"}"#,
            1.0,
        ),
        (r#"autio_stand_ins_total{reason="failed"}"#, 1.0),
        (r#"autio_reply_wait_seconds_count"#, 2.0),
        (
            r#"autio_reply_first_token_seconds_count{advisor="model"}"#,
            1.0,
        ),
        (
            r#"autio_reply_duration_seconds_count{advisor="built-in"}"#,
            1.0,
        ),
        (
            r#"autio_tokens_total{model="m",direction="completion"}"#,
            20.0,
        ),
        ("autio_upstream_requests_total", 3.0),
        ("autio_upstream_retries_total", 1.0),
        (r#"autio_upstream_errors_total{kind="status_5xx"}"#, 1.0),
        (r#"autio_upstream_errors_total{kind="key"}"#, 1.0),
        ("autio_upstream_breaker_open", 0.0),
        (r#"autio_limits_hit_total{limit="chat"}"#, 1.0),
        (
            r#"autio_http_requests_total{method="POST",route="/chat",status="200"}"#,
            2.0,
        ),
        (
            r#"autio_http_requests_total{method="POST",route="/chat",status="429"}"#,
            1.0,
        ),
        (
            r#"autio_http_requests_total{method="GET",route="/chat/{id}",status="200"}"#,
            1.0,
        ),
        (
            r#"autio_http_request_duration_seconds_count{method="POST",route="/chat"}"#,
            3.0,
        ),
        (r#"autio_queue_replies{status="pending"}"#, 0.0),
        ("autio_queue_oldest_pending_seconds", 0.0),
        ("autio_batch_requests_waiting", 0.0),
        ("autio_database_up", 1.0),
        ("autio_draining", 0.0),
        ("autio_streams_open", 0.0),
        (r#"autio_leases_total{event="taken_over"}"#, 0.0),
        (r#"autio_reply_room{lane="batch"}"#, 4.0),
    ] {
        assert_eq!(told.get(series), Some(&value), "{series}\n{text}");
    }
    let ours = r#"autio_build_info{version=""#;
    assert!(text.contains(ours), "{text}");
    if cfg!(target_os = "linux") {
        assert!(told["process_resident_memory_bytes"] > 1e6, "{text}");
        assert!(told["process_open_fds"] > 3.0, "{text}");
    }
    if !site.is_postgres() {
        let shared = told["autio_sqlite_transactions_total"];
        assert!(shared >= told["autio_sqlite_commits_total"], "{text}");
    }
    let first = &told[r#"autio_reply_first_token_seconds_sum{advisor="model"}"#];
    let whole = &told[r#"autio_reply_duration_seconds_sum{advisor="model"}"#];
    assert!((0.1..60.0).contains(first) && first < whole, "{text}");
}

#[tokio::test]
async fn what_anybody_makes_up_adds_no_series() {
    let site = Site::start().await;
    let stranger = site.stranger();
    let made_up = async |number: usize| {
        let url = format!("{}/no/{number}", site.base);
        let method = Method::from_bytes(format!("M{number}").as_bytes()).unwrap();
        for request in [
            stranger.http.get(&url),
            stranger.http.request(method.clone(), &url),
            stranger.http.request(method, format!("{}/cars", site.base)),
            stranger.get(&format!("/cars/{number}")),
            stranger.get(&format!("/static/{number}.css")),
            stranger.get(&format!("/chat/{number}?q={number}")),
            stranger
                .get("/cars")
                .header("host", format!("h{number}.example")),
            stranger
                .get("/cars")
                .header("user-agent", format!("u{number}")),
            stranger
                .post("/chat/")
                .json(&json!({ "message": "x", "model": number.to_string() })),
        ] {
            let answer = request.send().await.unwrap();
            assert!(answer.status().as_u16() < 500, "{answer:?}");
        }
    };
    made_up(0).await;
    scrape(&site).await;
    let before: BTreeSet<String> = scrape(&site).await.into_keys().collect();
    for number in 1..60 {
        made_up(number).await;
    }
    let after = scrape(&site).await;
    let other = r#"autio_http_requests_total{method="other",route="other",status="404"}"#;
    assert_eq!(after[other], 60.0);
    assert_eq!(after.into_keys().collect::<BTreeSet<_>>(), before);
}

#[tokio::test]
async fn they_are_for_the_operator() {
    let site = Site::start().await;
    let status = async |site: &Site, name: &'static str, value: &str| {
        let request = site.stranger().get("/metrics").header(name, value);
        request.send().await.unwrap().status().as_u16()
    };
    // This machine itself, and nobody whom a proxy passes on.
    scrape(&site).await;
    for name in [
        "x-forwarded-for",
        "x-forwarded-host",
        "forwarded",
        "via",
        "x-real-ip",
        "cf-connecting-ip",
    ] {
        assert_eq!(status(&site, name, "127.0.0.1").await, 403, "{name}");
    }
    let open = Site::start_with(&[("AUTIO_METRICS_TOKEN", &TOKEN.replace(' ', "-"))]).await;
    let bearer = format!("Bearer {}", TOKEN.replace(' ', "-"));
    assert_eq!(status(&open, "authorization", &bearer).await, 200);
    assert_eq!(status(&open, "authorization", &bearer[..20]).await, 401);
    assert_eq!(status(&open, "accept", "*/*").await, 401);
    let person = open.new_program().await;
    assert_eq!(person.get("/metrics").send().await.unwrap().status(), 401);
}

#[tokio::test]
async fn a_database_that_hangs_is_told_of_and_waited_for_by_nobody() {
    let upstream = Upstream::start([Script::Hang]).await;
    let site = Site::start_with(&[
        ("AUTIO_POSTGRES_CONNECTIONS", "4"),
        ("OPENAI_API_KEY", "k"),
        ("OPENAI_BASE_URL", &upstream.base_url),
    ])
    .await;
    let program = site.new_program().await;
    let message = json!({ "message": "A hybrid SUV" });
    let post = program.post("/chat/").header("prefer", "respond-async");
    post.json(&message).send().await.unwrap();
    let running = r#"autio_queue_replies{status="running"}"#;
    until(async || scrape(&site).await[running] == 1.0).await;
    let mut held = Vec::new();
    // As many connections as there are.
    for _ in 0..4 {
        let (sender, receiver) = mpsc::channel::<()>();
        held.push(sender);
        let db = site.app.db.clone();
        tokio::spawn(async move {
            db.read(move |_| {
                receiver.recv().ok();
                Ok(())
            })
            .await
        });
    }
    until(async || site.app.db.load().in_use == 4).await;
    let answer = site.stranger().get("/metrics").send();
    let answer = tokio::time::timeout(Duration::from_secs(10), answer).await;
    let answer = answer.expect("it waits for the database").unwrap();
    assert_eq!(answer.status(), 200);
    let told = parse(&answer.text().await.unwrap());
    assert_eq!(told["autio_database_up"], 0.0);
    assert_eq!(told[r#"autio_database_connections{state="in_use"}"#], 4.0);
    let of_rows = |name: &str| name.starts_with("autio_queue_") || name.starts_with("autio_batch");
    assert!(!told.keys().any(|name| of_rows(name)), "{told:?}");
    let ready = site.stranger().get("/readyz").send();
    let ready = tokio::time::timeout(Duration::from_secs(10), ready).await;
    let ready = ready.expect("it waits for the database").unwrap();
    assert_eq!(ready.status(), 503);
    assert_eq!(header(&ready, "content-type"), "application/problem+json");
    let problem: Value = ready.json().await.unwrap();
    let detail = problem["detail"].as_str().unwrap();
    assert!(
        detail.starts_with("The database doesn't answer"),
        "{detail}"
    );
    assert_eq!(site.stranger().read("/healthz").await["status"], "ok");
    drop(held);
    until(async || scrape(&site).await["autio_database_up"] == 1.0).await;
    assert_eq!(site.stranger().read("/readyz").await["status"], "ready");
}
