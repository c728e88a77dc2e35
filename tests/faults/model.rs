//! Every way in which a model's server can fail, and what has been decided for each.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::Row;
use crate::site::{Caller, Site};
use crate::upstream::{Script, Upstream, delta};

const KEY: &str = "sk-canary-of-the-tests";
const NOW: Duration = Duration::ZERO;
const PART: &str = "One moment";

/// What comes of it.
#[derive(Clone, Copy)]
enum Outcome {
    /// The model answers after all.
    Answered,
    /// The catalogue advisor answers, and says why in words that hold this one.
    StoodInFor(&'static str),
    /// Failed, with a sentence that holds this word; what came of the text is kept.
    Failed(&'static str),
}
use Outcome::{Answered, Failed, StoodInFor};

struct Case {
    fault: &'static str,
    scripts: Vec<Script>,
    /// How often the server was called.
    calls: usize,
    outcome: Outcome,
    /// What `/readyz` tells the operator, if anything.
    operator: Option<&'static str>,
}

fn status(code: u16) -> Script {
    Script::Status(code, "", "{\"error\":{\"message\":\"it was sk-canary\"}}")
}

fn raw(events: &[Value]) -> Script {
    let events = events.iter().map(|event| format!("data: {event}\n\n"));
    Script::Raw(events.collect())
}

/// Scripts are used up in order and the last one stays.
fn cases() -> Vec<Case> {
    let case = |fault, scripts: Vec<Script>, calls, outcome, operator| Case {
        fault,
        scripts,
        calls,
        outcome,
        operator,
    };
    let once = |script| vec![script, Script::Say("Here I am.", NOW)];
    let bad_call = json!({ "tool_calls": [{ "index": 0, "id": "c", "type": "function",
        "function": { "name": "search_cars", "arguments": "{\"bodies\": [" } }] });
    let word = delta(json!({ "content": "word " }), None);
    let reach = Some("can't be reached");
    vec![
        case(
            "reset",
            vec![Script::Reset],
            3,
            StoodInFor("can't be reached"),
            reach,
        ),
        case("reset once", once(Script::Reset), 2, Answered, None),
        case(
            "hangs before its answer",
            vec![Script::Hang],
            1,
            StoodInFor("too long"),
            Some("silent"),
        ),
        case(
            "hangs before the first token",
            vec![Script::FallSilent("")],
            1,
            StoodInFor("too long"),
            Some("silent"),
        ),
        case(
            "hangs between tokens",
            vec![Script::FallSilent(PART)],
            1,
            Failed("too long"),
            Some("silent"),
        ),
        case(
            "only comments, for ever",
            vec![Script::GoOn(": ping\n\n".into(), Duration::from_secs(5))],
            1,
            StoodInFor("too long"),
            Some("silent"),
        ),
        case(
            "401",
            vec![status(401)],
            1,
            StoodInFor("isn't set up"),
            Some("OPENAI_API_KEY"),
        ),
        case(
            "403",
            vec![status(403)],
            1,
            StoodInFor("isn't set up"),
            Some("OPENAI_API_KEY"),
        ),
        case(
            "404, no such model",
            vec![status(404)],
            1,
            StoodInFor("isn't set up"),
            Some("OPENAI_MODEL"),
        ),
        // Once more without tools: it may be that it knows none.
        case(
            "400",
            vec![status(400)],
            2,
            StoodInFor("can't be reached"),
            Some("400"),
        ),
        case(
            "408",
            vec![status(408)],
            3,
            StoodInFor("can't be reached"),
            Some("408"),
        ),
        case("408 once", once(status(408)), 2, Answered, None),
        case(
            "409",
            vec![status(409)],
            3,
            StoodInFor("can't be reached"),
            Some("409"),
        ),
        case("409 once", once(status(409)), 2, Answered, None),
        case(
            "429",
            vec![status(429)],
            3,
            StoodInFor("too much to do"),
            Some("429"),
        ),
        case(
            "429 once, Retry-After 1 s",
            once(Script::Status(429, "retry-after: 1\r\n", "{}")),
            2,
            Answered,
            None,
        ),
        case(
            "429, Retry-After an hour",
            vec![Script::Status(429, "retry-after: 3600\r\n", "{}")],
            1,
            StoodInFor("too much to do"),
            Some("429"),
        ),
        case(
            "500",
            vec![status(500)],
            3,
            StoodInFor("can't be reached"),
            Some("500"),
        ),
        case("500 once", once(status(500)), 2, Answered, None),
        case(
            "503",
            vec![status(503)],
            3,
            StoodInFor("can't be reached"),
            Some("503"),
        ),
        case("503 once", once(status(503)), 2, Answered, None),
        // Once more without tools, and not three times each.
        case(
            "501",
            vec![status(501)],
            2,
            StoodInFor("can't be reached"),
            Some("501"),
        ),
        case(
            "redirect",
            vec![Script::Status(302, "location: http://127.0.0.1:1/\r\n", "")],
            1,
            StoodInFor("can't be reached"),
            Some("OPENAI_BASE_URL"),
        ),
        case(
            "wrong content type",
            vec![Script::WebPage],
            1,
            StoodInFor("nothing that can be used"),
            Some("event stream"),
        ),
        case(
            "truncated before the first token",
            vec![Script::BreakOff("")],
            1,
            StoodInFor("nothing that can be used"),
            Some("middle"),
        ),
        case(
            "truncated",
            vec![Script::BreakOff(PART)],
            1,
            Failed("broke off"),
            Some("middle"),
        ),
        case(
            "broken JSON at once",
            vec![Script::Garbage("")],
            1,
            StoodInFor("nothing that can be used"),
            Some("can't be read"),
        ),
        case(
            "broken JSON",
            vec![Script::Garbage(PART)],
            1,
            Failed("broke off"),
            Some("can't be read"),
        ),
        case(
            "an error in the stream",
            vec![raw(&[json!({ "error": { "code": "overloaded" } })])],
            1,
            StoodInFor("can't be reached"),
            Some("overloaded"),
        ),
        case(
            "a stream that never ends, slowly",
            vec![Script::GoOn(
                format!("data: {word}\n\n"),
                Duration::from_secs(2),
            )],
            1,
            Failed("too long"),
            Some("silent"),
        ),
        case(
            "a stream that never ends, at once",
            vec![Script::GoOn(format!("data: {word}\n\n"), NOW)],
            1,
            Failed("broke off"),
            Some("without end"),
        ),
        case(
            "a line of more than 64 KiB",
            vec![Script::Raw(format!("data: {}", "x".repeat(80 * 1024)))],
            1,
            StoodInFor("nothing that can be used"),
            Some("without end"),
        ),
        case(
            "a tool call that can't be parsed",
            once(raw(&[
                delta(bad_call.clone(), None),
                delta(json!({}), Some("tool_calls")),
            ])),
            2,
            Answered,
            None,
        ),
        case(
            "nothing but such calls",
            vec![raw(&[
                delta(bad_call, None),
                delta(json!({}), Some("tool_calls")),
            ])],
            7,
            StoodInFor("nothing that can be used"),
            Some("only called tools"),
        ),
        case(
            "content filter at once",
            vec![Script::Filter("")],
            1,
            Failed("declined"),
            None,
        ),
        case(
            "content filter",
            vec![Script::Filter(PART)],
            1,
            Failed("declined"),
            None,
        ),
    ]
}

/// All of them side by side, each with a server of its own: what is slow is the waiting.
pub async fn fails_in_every_way() -> Vec<Row> {
    let mut rows = join_all(cases().into_iter().map(one)).await;
    rows.push(is_not_there().await);
    rows.push(is_left_alone().await);
    rows
}

async fn one(case: Case) -> Row {
    let upstream = Upstream::start(case.scripts.clone()).await;
    let site = start(&upstream.base_url).await;
    let program = site.new_program().await;
    let (mut row, conversation) = ask(case.fault, case.outcome, &program).await;
    let name = case.fault;
    assert_eq!(upstream.requests().len(), case.calls, "{name}: calls");
    let told = site.stranger().read("/readyz").await["advisor"]["detail"].clone();
    match case.operator {
        None => assert_eq!(told, Value::Null, "{name}"),
        Some(word) => assert!(told.as_str().unwrap().contains(word), "{name}: {told}"),
    }

    // Whatever it was, the person can ask again, and the earlier answer stays.
    upstream.now(Script::Say("Better now.", NOW));
    let id = conversation["messages"][1]["id"].as_str().unwrap();
    let retry = program.post(&format!("/chat/messages/{id}/retry"));
    let retried: Value = retry.send().await.unwrap().json().await.unwrap();
    assert_eq!(
        (&retried["reply"], &retried["notice"]),
        (&json!("Better now."), &Value::Null),
        "{name}"
    );
    let earlier = program.read(&format!("/chat/messages/{id}")).await;
    assert_eq!(
        earlier["siblings"],
        json!([id, retried["message_id"]]),
        "{name}"
    );
    assert_eq!(
        site.stranger().read("/readyz").await["advisor"]["status"],
        "ok",
        "{name}"
    );
    row.note += &format!(", calls: {}", case.calls);
    row
}

async fn start(base_url: &str) -> Site {
    Site::start_with(&[("OPENAI_API_KEY", KEY), ("OPENAI_BASE_URL", base_url)]).await
}

/// Asks, and holds what came against what was decided.
async fn ask(fault: &str, outcome: Outcome, program: &Caller) -> (Row, Value) {
    let body = json!({ "message": "a hybrid minivan" });
    let mut response = program.post("/chat/").json(&body).send().await.unwrap();
    // Refused before anything was stored: so much goes on at once here.
    for _ in 0..30 {
        if response.status() != 503 {
            break;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        response = program.post("/chat/").json(&body).send().await.unwrap();
    }
    let code = response.status().as_u16();
    let answer: Value = response.json().await.unwrap();
    assert!(!answer.to_string().contains("sk-"), "{fault}: {answer}");
    let id = answer["conversation_id"].as_str().unwrap();
    let whole = program.read(&format!("/chat/{id}")).await;
    let messages = whole["messages"].as_array().unwrap();
    let (text, notice) = (&answer["reply"], answer["notice"].as_str());
    let note = match outcome {
        Answered => {
            assert_eq!((code, text), (200, &json!("Here I am.")), "{fault}");
            "retried, answered".to_owned()
        }
        StoodInFor(word) => {
            assert_eq!(
                (code, &answer["model"]),
                (200, &json!("catalogue")),
                "{fault}: {answer}"
            );
            let notice = notice.unwrap();
            assert!(
                notice.contains(word) && notice.contains("catalogue advisor"),
                "{fault}: {notice}"
            );
            assert!(text.as_str().unwrap().contains("Sienna"), "{fault}: {text}");
            "answered by the catalogue advisor".to_owned()
        }
        Failed(word) => {
            let detail = answer["detail"].as_str().unwrap();
            assert!(
                code == 502 && detail.contains(word),
                "{fault}: {code} {detail}"
            );
            assert_eq!(messages[1]["error"], answer["detail"], "{fault}");
            let part = messages[1]["text"].as_str().unwrap();
            assert!(
                part.is_empty() || part.starts_with(PART) || part.starts_with("word word"),
                "{fault}: {part}"
            );
            format!("failed with a sentence, {} bytes kept", part.len())
        }
    };
    let said = messages
        .iter()
        .filter(|m| m["text"] == "a hybrid minivan")
        .count();
    let finals = ["done", "failed"].map(Value::from);
    let row = Row {
        fault: format!("the model's server: {fault}"),
        acknowledged: 1,
        lost: usize::from(said == 0),
        doubled: messages.len().saturating_sub(2),
        unfinished: usize::from(!finals.contains(&messages[1]["status"])),
        note,
    };
    (row, whole)
}

async fn is_not_there() -> Row {
    // Bound and let go of, so that nobody listens there.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let base_url = format!("http://{}/v1", free.local_addr().unwrap());
    drop(free);
    let site = start(&base_url).await;
    let program = site.new_program().await;
    ask("refused", StoodInFor("can't be reached"), &program)
        .await
        .0
}

/// After five failures in a row the server is spared, and asked again after a while.
async fn is_left_alone() -> Row {
    let upstream = Upstream::start([status(401)]).await;
    let site = start(&upstream.base_url).await;
    let program = site.new_program().await;
    let mut total = Row {
        fault: "the model's server: keeps failing, then is well again".into(),
        acknowledged: 0,
        lost: 0,
        doubled: 0,
        unfinished: 0,
        note: String::new(),
    };
    for _ in 0..8 {
        let row = ask("401", StoodInFor("isn't set up"), &program).await.0;
        total.acknowledged += row.acknowledged;
        total.lost += row.lost;
        total.doubled += row.doubled;
        total.unfinished += row.unfinished;
    }
    assert_eq!(upstream.requests().len(), 5, "the breaker opened");
    let told = site.stranger().read("/readyz").await;
    assert_eq!(told["advisor"]["status"], "left alone for a while");
    upstream.now(Script::Say("Here I am.", NOW));
    tokio::time::sleep(Duration::from_secs(21)).await;
    ask("afterwards", Answered, &program).await;
    total.acknowledged += 1;
    total.note =
        "8 answers by the catalogue advisor, calls: 5; the model answered 21 s later".into();
    total
}
