//! The OpenAI module against a server that behaves, and one that misbehaves on purpose.

use std::time::{Duration, Instant};

use autio::db::schema::messages;
use diesel::prelude::*;
use serde_json::{Value, json};

use crate::chat::{read_events, text_of};
use crate::goodbye::until;
use crate::site::{Caller, Site, header};
use crate::upstream::{Script, Upstream};

const KEY: &str = "sk-canary-of-the-tests";
const NOW: Duration = Duration::ZERO;

async fn start(scripts: impl IntoIterator<Item = Script>) -> (Site, Caller, Upstream) {
    start_with(scripts, &[]).await
}

async fn start_with(
    scripts: impl IntoIterator<Item = Script>,
    more: &[(&str, &str)],
) -> (Site, Caller, Upstream) {
    let upstream = Upstream::start(scripts).await;
    let mut settings = vec![
        ("OPENAI_API_KEY", KEY),
        ("OPENAI_BASE_URL", upstream.base_url.as_str()),
    ];
    settings.extend_from_slice(more);
    let site = Site::start_with(&settings).await;
    let program = site.new_program().await;
    (site, program, upstream)
}

#[tokio::test]
async fn the_model_searches_the_catalogue_and_answers_with_real_cars() {
    let search = json!({ "bodies": ["minivan"], "fuels": ["hybrid"] });
    let (site, program, upstream) = start([
        Script::Call("search_cars", search),
        Script::Say("The 2025 Toyota Sienna 2WD is the one.", NOW),
    ])
    .await;
    let answer = program.say("a hybrid minivan", None).await;
    assert_eq!(answer["reply"], "The 2025 Toyota Sienna 2WD is the one.");
    assert_eq!(answer["model"], "gpt-4o-mini");
    // Only the second call said what it took.
    assert_eq!(
        answer["usage"],
        json!({ "prompt_tokens": 100, "completion_tokens": 20 })
    );
    for car in answer["cars"].as_array().unwrap() {
        let known = site
            .app
            .catalogue()
            .get(car["id"].as_str().unwrap())
            .unwrap();
        assert_eq!(car["mpg"]["combined"], known.mpg.unwrap().combined);
    }

    let requests = upstream.requests();
    assert_eq!(requests.len(), 2);
    let (head, first) = &requests[0];
    assert!(
        head.starts_with("post /v1/chat/completions http/1.1"),
        "{head}"
    );
    assert!(head.contains(&format!("authorization: bearer {KEY}")));
    assert_eq!(
        (&first["model"], &first["temperature"]),
        (&json!("gpt-4o-mini"), &json!(0.7))
    );
    assert_eq!(
        (&first["stream"], &first["stream_options"]["include_usage"]),
        (&json!(true), &json!(true))
    );
    assert_eq!(first["tools"][0]["function"]["name"], "search_cars");
    let system = first["messages"][0]["content"].as_str().unwrap();
    assert!(
        system.starts_with("You are Autio, recommending cars.\n"),
        "{system}"
    );
    assert!(
        system.contains("casual driver") && system.contains("minivan"),
        "{system}"
    );
    let last = first["messages"].as_array().unwrap().last().unwrap();
    assert_eq!(
        last,
        &json!({ "role": "user", "content": "a hybrid minivan" })
    );
    // The second call carries the first one's tool call, and what it found.
    let second = requests[1].1["messages"].as_array().unwrap();
    let found = &second[second.len() - 1];
    assert_eq!(
        (&found["role"], &found["tool_call_id"]),
        (&json!("tool"), &json!("call_1"))
    );
    assert!(found["content"].as_str().unwrap().contains("Sienna"));
    for (_, body) in requests {
        let body = body.to_string();
        assert!(
            !body.contains(KEY) && !body.contains(site.secret()) && !body.contains("@example.com")
        );
    }

    // What was said before goes along with the next turn.
    let id = answer["conversation_id"].as_str().unwrap();
    upstream.now(Script::Say("Yes.", NOW));
    program.say("is it roomy?", Some(id)).await;
    let third = upstream.requests().pop().unwrap().1;
    let roles: Vec<_> = third["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| m["role"].clone())
        .collect();
    assert_eq!(json!(roles), json!(["system", "user", "assistant", "user"]));
}

#[tokio::test]
async fn bad_tool_calls_are_told_to_the_model_and_never_go_on_for_ever() {
    let (_site, program, upstream) = start([Script::Call(
        "search_cars",
        json!({ "bodies": ["spaceship"] }),
    )])
    .await;
    let body = json!({ "message": "a spaceship" });
    let response = program.post("/chat/").json(&body).send().await.unwrap();
    // It never says a word, so somebody else does.
    let answer: Value = response.json().await.unwrap();
    assert_eq!(answer["model"], "catalogue");
    let requests = upstream.requests();
    assert_eq!(requests.len(), 7);
    assert!(
        requests[6].1.get("tools").is_none(),
        "the last round can only answer"
    );
    let told = requests[1].1["messages"]
        .as_array()
        .unwrap()
        .last()
        .unwrap()
        .clone();
    assert!(
        told["content"].as_str().unwrap().contains("error"),
        "{told}"
    );
}

#[tokio::test]
async fn a_model_that_fails_in_the_middle_is_a_clear_answer_and_can_be_tried_again() {
    // Every other fault, and what has been decided for it, is in `tests/faults/model.rs`.
    let (_site, program, upstream) = start([Script::BreakOff("One moment")]).await;
    let body = json!({ "message": "a quiet car" });
    let response = program.post("/chat/").json(&body).send().await.unwrap();
    assert_eq!(response.status(), 502);
    let problem: Value = response.json().await.unwrap();
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("broke off"), "{detail}");

    // Both the message and the failure are stored.
    let conversation = problem["conversation_id"].as_str().unwrap();
    let whole = program.read(&format!("/chat/{conversation}")).await;
    assert_eq!(whole["messages"][0]["text"], "a quiet car");
    let failed = &whole["messages"][1];
    assert_eq!(
        (&failed["status"], &failed["error"], &failed["id"]),
        (&json!("failed"), &problem["detail"], &problem["message_id"])
    );

    let post = program
        .post("/chat/")
        .header("accept", "text/event-stream")
        .json(&body);
    let events = read_events(post.send().await.unwrap()).await;
    let last = events.last().unwrap();
    assert_eq!(
        (last.name.as_str(), &last.data["status"]),
        ("error", &json!(502))
    );
    assert!(last.data["message_id"].is_string());

    upstream.now(Script::Say("Better now.", NOW));
    let id = problem["message_id"].as_str().unwrap();
    let retry = program.post(&format!("/chat/messages/{id}/retry"));
    let retried: Value = retry.send().await.unwrap().json().await.unwrap();
    assert_eq!(retried["reply"], "Better now.");
}

#[tokio::test]
async fn a_model_that_never_began_is_stood_in_for_and_the_page_says_so() {
    let (site, program, _upstream) = start([Script::Status(401, "", "{}")]).await;
    let answer = program.say("a hybrid minivan", None).await;
    let notice = answer["notice"].as_str().unwrap();
    assert!(
        notice.contains("isn't set up") && notice.contains("built-in catalogue advisor"),
        "{notice}"
    );
    assert!(
        !notice.contains("key") && !notice.contains("401"),
        "{notice}"
    );

    let email = "reader@example.com";
    site.sign_up(email).await;
    let browser = site.browser();
    browser.log_in(email).await;
    let form = [("message", "a hybrid minivan")];
    let posted = browser.post("/chat/").form(&form).send().await.unwrap();
    let place = header(&posted, "location").to_owned();
    let page = loop {
        let page = browser
            .get(&place)
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap();
        if !page.contains("/stop\"") {
            break page;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let shown = notice.replace('\'', "&#39;");
    assert!(page.contains(&shown) && page.contains("Built-in catalogue advisor"));
    assert!(page.contains("/retry\""), "it can be asked again");
}

#[tokio::test]
async fn text_streams_as_it_comes_and_a_late_reader_gets_all_of_it() {
    let (_site, program, _upstream) = start([Script::Say(
        "one two three four five six",
        Duration::from_millis(100),
    )])
    .await;
    let pending = program.say_and_go_on("count").await;
    let path = format!(
        "/chat/messages/{}/events",
        pending["message_id"].as_str().unwrap()
    );
    let early = tokio::spawn({
        let stream = program.get(&path);
        async move { read_events(stream.send().await.unwrap()).await }
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    let late = read_events(program.get(&path).send().await.unwrap()).await;
    let early = early.await.unwrap();
    assert_eq!(text_of(&early), "one two three four five six");
    assert_eq!(text_of(&late), text_of(&early));
    let deltas =
        |events: &[crate::chat::Event]| events.iter().filter(|e| e.name == "delta").count();
    assert!(deltas(&early) >= 4, "it came in {} pieces", deltas(&early));
    assert!(
        deltas(&late) < deltas(&early),
        "who comes late catches up in one step"
    );
}

#[tokio::test]
async fn stop_ends_the_call_and_keeps_the_part() {
    let long = "word word word word word word word word word word word word word word word word";
    let (_site, program, upstream) = start([Script::Say(long, Duration::from_millis(200))]).await;
    let pending = program.say_and_go_on("talk about an SUV").await;
    let id = pending["message_id"].as_str().unwrap();
    tokio::time::sleep(Duration::from_millis(700)).await;

    // While it runs the conversation takes no other message.
    let conversation = &pending["conversation_id"];
    let body = json!({ "message": "and?", "conversation_id": conversation });
    assert_eq!(
        program
            .post("/chat/")
            .json(&body)
            .send()
            .await
            .unwrap()
            .status(),
        409
    );

    let asked = Instant::now();
    let stopped = program
        .post(&format!("/chat/messages/{id}/stop"))
        .send()
        .await
        .unwrap();
    let stopped: Value = stopped.json().await.unwrap();
    assert_eq!(stopped["status"], "stopped");
    let part = stopped["text"].as_str().unwrap().to_owned();
    assert!(
        part.starts_with("word word ") && part.len() < long.len(),
        "{part}"
    );
    while upstream.broken_off_by_caller() == 0 {
        assert!(
            asked.elapsed() < Duration::from_secs(5),
            "the call upstream goes on"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    let later = program.read(&format!("/chat/messages/{id}")).await;
    assert_eq!(
        (&later["status"], &later["text"]),
        (&json!("stopped"), &json!(part))
    );
    // What was understood is known all the same.
    let whole = program
        .read(&format!("/chat/{}", conversation.as_str().unwrap()))
        .await;
    assert_eq!(whole["messages"][1]["model"], "gpt-4o-mini");
    assert_eq!(whole["needs"][0]["field"], "body", "{whole}");
    // A second stop changes nothing.
    let again = program
        .post(&format!("/chat/messages/{id}/stop"))
        .send()
        .await
        .unwrap();
    assert_eq!(again.json::<Value>().await.unwrap()["status"], "stopped");
}

#[tokio::test]
async fn a_part_whose_worker_is_gone_still_says_who_was_asked() {
    let (site, program, _upstream) = start([Script::FallSilent("One moment")]).await;
    let pending = program.say_and_go_on("talk about an SUV").await;
    let id = pending["message_id"].as_str().unwrap().to_owned();
    let path = format!("/chat/messages/{id}");
    // As if a process had died that held it.
    until(async || {
        let id = id.clone();
        let taken = site.app.db.write(move |conn| {
            let begun = messages::table
                .filter(messages::id.eq(id))
                .filter(messages::text.ne(""));
            let gone = diesel::update(begun).set(messages::lease_owner.eq("gone"));
            Ok(gone.execute(conn)?)
        });
        taken.await.unwrap() == 1
    })
    .await;
    let stop = program.post(&format!("{path}/stop")).send().await.unwrap();
    let stopped: Value = stop.json().await.unwrap();
    assert_eq!(
        (&stopped["status"], &stopped["text"]),
        (&json!("stopped"), &json!("One moment"))
    );
    let conversation = pending["conversation_id"].as_str().unwrap();
    let whole = program.read(&format!("/chat/{conversation}")).await;
    assert_eq!(whole["messages"][1]["model"], "gpt-4o-mini", "{whole}");
}

#[tokio::test]
async fn an_empty_temperature_sends_none() {
    let more = [
        ("OPENAI_TEMPERATURE", ""),
        ("OPENAI_MODEL", "tiny"),
        ("AUTIO_SYSTEM_PROMPT", "You are somebody else."),
    ];
    let (_site, program, upstream) = start_with([Script::Say("Hi.", NOW)], &more).await;
    let answer = program.say("hello", None).await;
    assert_eq!(answer["model"], "tiny");
    let request = &upstream.requests()[0].1;
    assert!(request.get("temperature").is_none());
    let system = request["messages"][0]["content"].as_str().unwrap();
    assert!(system.starts_with("You are somebody else.\n") && system.contains("House rules"));
}

#[tokio::test]
async fn every_level_of_knowledge_is_told_to_the_model() {
    let (_site, program, upstream) = start([Script::Say("Hi.", NOW)]).await;
    for (level, words) in [
        ("beginner", "explain each technical term"),
        ("casual", "plain words"),
        ("enthusiast", "technical terms are welcome"),
        ("professional", "terse, with all relevant figures"),
    ] {
        let body = json!({ "knowledge": level });
        let changed = program.patch("/auth/me").json(&body).send().await.unwrap();
        assert_eq!(changed.status(), 200, "{level}");
        program.say("hello", None).await;
        let system = upstream.requests().pop().unwrap().1["messages"][0]["content"].clone();
        assert!(
            system.as_str().unwrap().contains(words),
            "{level}: {system}"
        );
    }
}

#[tokio::test]
async fn a_server_without_tools_gets_what_a_search_found() {
    let (_site, program, upstream) = start([
        Script::Status(400, "", "{\"error\":{\"type\":\"invalid_request_error\"}}"),
        Script::Say("Then look at the list.", NOW),
    ])
    .await;
    let answer = program.say("an electric pickup", None).await;
    assert_eq!(answer["reply"], "Then look at the list.");
    let second = &upstream.requests()[1].1;
    assert!(second.get("tools").is_none());
    let found = second["messages"][1]["content"].as_str().unwrap();
    assert!(
        found.contains("\"fuel\":\"electric\"") && found.contains("\"body\":\"pickup\""),
        "{found}"
    );
}

#[tokio::test]
async fn servers_that_do_it_their_own_way_are_understood() {
    let chunk = |text: &str| {
        format!("data: {{\"choices\":[{{\"delta\":{{\"content\":\"{text}\"}}}}]}}\n\n")
    };
    let end = |reason: &str| {
        format!("data: {{\"choices\":[{{\"delta\":null,\"finish_reason\":\"{reason}\"}}]}}\n\n")
    };
    let usage = |total: &str| format!("data: {{\"choices\":[],\"usage\":{{{total}}}}}\n\n");
    // What is streamed, the answer, and what it took.
    let cases = [
        // No usage at all is unknown, not zero.
        ([chunk("Hi."), end("stop")].concat(), "Hi.", Value::Null),
        // A running total counts once.
        (
            [
                chunk("Hi."),
                usage("\"prompt_tokens\":7,\"completion_tokens\":1"),
                usage("\"prompt_tokens\":7,\"completion_tokens\":2"),
                end("stop"),
            ]
            .concat(),
            "Hi.",
            json!({ "prompt_tokens": 7, "completion_tokens": 2 }),
        ),
        (
            [chunk("Hi."), end("stop"), usage("\"prompt_tokens\":7")].concat(),
            "Hi.",
            json!({ "prompt_tokens": 7, "completion_tokens": 0 }),
        ),
        (
            [chunk("H\\u0000i."), end("stop")].concat(),
            "Hi.",
            Value::Null,
        ),
        (
            [chunk("Hi."), end("length")].concat(),
            "Hi.\n\n*The answer was cut off here: the model's limit of length was reached.*",
            Value::Null,
        ),
    ];
    for (stream, reply, took) in cases {
        let (_site, program, _upstream) = start([Script::Raw(stream.clone())]).await;
        let answer = program.say("hello", None).await;
        assert_eq!(
            (&answer["reply"], &answer["usage"]),
            (&json!(reply), &took),
            "{stream}"
        );
    }
    // An empty finish reason is none, and a line without end is not waited for.
    let endless = [chunk("Hi"), format!("data: {}", "x".repeat(1 << 20))];
    for stream in [[chunk("Hi"), end("")].concat(), endless.concat()] {
        let (_site, program, _upstream) = start([Script::Raw(stream)]).await;
        let body = json!({ "message": "hello" });
        let response = program.post("/chat/").json(&body).send().await.unwrap();
        assert_eq!(response.status(), 502);
    }
}

#[tokio::test]
async fn whoever_reads_along_when_the_conversation_is_deleted_is_told() {
    let script = Script::Say("word word word word word word", Duration::from_secs(1));
    let (_site, program, _upstream) = start([script]).await;
    let pending = program.say_and_go_on("talk").await;
    let events = format!(
        "/chat/messages/{}/events",
        pending["message_id"].as_str().unwrap()
    );
    let stream = program.get(&events).send().await.unwrap();
    let conversation = format!("/chat/{}", pending["conversation_id"].as_str().unwrap());
    let deleted = program.delete(&conversation).send().await.unwrap();
    assert_eq!(deleted.status(), 204);
    let events = read_events(stream).await;
    let last = events.last().unwrap();
    assert_eq!(
        (last.name.as_str(), &last.data["status"]),
        ("error", &json!(404))
    );
}

#[tokio::test]
async fn counts_that_cannot_be_are_no_counts() {
    let end =
        "data: {\"choices\":[{\"delta\":{\"content\":\"Hi.\"},\"finish_reason\":\"stop\"}]}\n\n";
    for tokens in ["-5", "99999999999"] {
        let usage = format!(
            "data: {{\"choices\":[],\"usage\":{{\"prompt_tokens\":{tokens},\"completion_tokens\":1}}}}\n\n"
        );
        let (_site, program, _upstream) = start([Script::Raw(format!("{end}{usage}"))]).await;
        let answer = program.say("hello", None).await;
        assert_eq!(
            (&answer["reply"], &answer["usage"]),
            (&json!("Hi."), &Value::Null)
        );
    }
}

/// Whoever asks again in the very moment in which an answer ends is answered by one that knows it: both may be in one commit.
#[tokio::test]
async fn a_question_in_the_moment_of_an_answer_is_asked_with_that_answer() {
    let more = [
        ("AUTIO_RATE_LIMITS", "off"),
        ("AUTIO_BUDGET_MESSAGES", "off"),
        ("AUTIO_BUDGET_TOKENS", "off"),
    ];
    let (_site, program, upstream) = start_with([Script::Say("A RAV4.", NOW)], &more).await;
    let first = program.say("a hybrid", None).await;
    for number in 0..60 {
        let body = json!({
            "message": format!("number {number}"), "conversation_id": first["conversation_id"]
        });
        loop {
            let asked = program.post("/chat/").header("prefer", "respond-async");
            let status = asked.json(&body).send().await.unwrap().status();
            if status == 202 || status == 200 {
                break;
            }
            assert_eq!(status, 409);
        }
    }
    for (_, body) in upstream.requests() {
        let roles = body["messages"].as_array().unwrap();
        let roles = roles.iter().map(|message| message["role"].as_str());
        let roles: Vec<&str> = roles.map(Option::unwrap).skip(1).collect();
        let is_in_turns = roles.windows(2).all(|pair| pair[0] != pair[1]);
        assert!(is_in_turns, "{roles:?}");
    }
}

#[tokio::test]
async fn whoever_waits_for_an_answer_waits_for_the_database_too() {
    let pause = Duration::from_millis(700);
    let slow = Script::Say("A RAV4 fits what you said so far, and well.", pause);
    let (site, program, upstream) = start_with([slow], &[]).await;
    let asked = program
        .post("/chat/")
        .json(&json!({ "message": "a hybrid" }));
    let asked = tokio::spawn(asked.send());
    while upstream.requests().is_empty() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    // From now on nobody else reads for some seconds, and each who tries is refused after two.
    let readers = (0..32).map(|_| {
        site.app.db.read(|_| {
            std::thread::sleep(Duration::from_millis(4_800));
            Ok(())
        })
    });
    let readers = futures_util::future::join_all(readers).await;
    assert!(
        readers.iter().any(Result::is_err),
        "there was room for more"
    );
    assert!(!asked.is_finished(), "it was sent away");
    let answer = asked.await.unwrap().unwrap();
    assert_eq!(answer.status(), 200);
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(answer["status"], "done");
}
