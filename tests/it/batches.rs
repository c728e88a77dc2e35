//! Batches: many prompts in one request, stored all or nothing, answered at the operator's pace behind what people ask.

use std::sync::Arc;
use std::time::Duration;

use autio::db::budgets;
use autio::db::schema::messages;
use chrono::NaiveDateTime;
use diesel::prelude::*;
use reqwest::Response;
use serde_json::{Value, json};

use crate::site::{Caller, Database, Site, header};
use crate::upstream::{Script, Upstream};

/// As fast as it goes.
const FAST: [(&str, &str); 2] = [("AUTIO_BATCH_RATE", "1000/s"), ("AUTIO_BATCH_AT_ONCE", "8")];
/// Nothing after the first.
const SLOW: (&str, &str) = ("AUTIO_BATCH_RATE", "1/day");

#[tokio::test]
async fn a_batch_is_answered_and_stays_out_of_the_way() {
    let site = Site::start_with(&FAST).await;
    let email = "batcher@example.com";
    let token = site.sign_up(email).await["access_token"].clone();
    let program = site.program(token.as_str().unwrap());
    let requests = json!([
        { "id": "hybrid", "message": "A hybrid SUV from 2022 on" },
        { "message": "An electric car with 300 miles of range" },
        { "id": "truck", "message": "A pickup that tows 10,000 lb" },
    ]);
    let sent = send(&program, &requests).await;
    assert_eq!(sent.status(), 201);
    let place = header(&sent, "location").to_owned();
    let batch: Value = sent.json().await.unwrap();
    assert_eq!(
        place,
        format!("/chat/batches/{}", batch["id"].as_str().unwrap())
    );
    assert_eq!(batch["counts"]["total"], 3);
    let batch = until_done(&program, &place).await;
    assert_eq!(batch["counts"]["done"], 3);

    // A page at a time, in the order in which they were sent, each as a chat answers it.
    let results = batch["results"].as_str().unwrap();
    let first = program.read(&format!("{results}?limit=2")).await;
    let next = first["next"].as_str().unwrap();
    let rest = program
        .read(&format!("{results}?limit=2&cursor={next}"))
        .await;
    assert!(rest["next"].is_null());
    let all: Vec<Value> = [&first, &rest]
        .iter()
        .flat_map(|page| page["results"].as_array().unwrap().clone())
        .collect();
    let names: Vec<&Value> = all.iter().map(|one| &one["id"]).collect();
    assert_eq!(names, [&json!("hybrid"), &Value::Null, &json!("truck")]);
    for (index, one) in all.iter().enumerate() {
        assert_eq!(
            (&one["index"], &one["status"]),
            (&json!(index), &json!("done"))
        );
        assert!(!one["answer"]["cars"].as_array().unwrap().is_empty() && one["error"].is_null());
    }
    // The same as lines.
    let lines = program
        .get(results)
        .header("accept", "application/x-ndjson");
    let lines = lines.send().await.unwrap();
    assert_eq!(header(&lines, "content-type"), "application/x-ndjson");
    let lines = lines.text().await.unwrap();
    let lines = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap());
    assert_eq!(lines.collect::<Vec<Value>>(), all);
    for (bad, field) in [("limit=0", "limit"), ("cursor=x", "cursor")] {
        let refused = program
            .get(&format!("{results}?{bad}"))
            .send()
            .await
            .unwrap();
        assert_eq!(refused.status(), 422);
        let problem: Value = refused.json().await.unwrap();
        assert_eq!(problem["errors"][0]["field"], field);
    }

    // People find it apart from their conversations.
    let listed = program.read("/chat/batches").await;
    assert_eq!(listed["batches"][0], batch);
    assert_eq!(program.read("/chat/").await["conversations"], json!([]));
    let found = program.read("/chat/search?q=pickup").await;
    assert_eq!(found["results"], json!([]));
    let browser = site.browser();
    browser.log_in(email).await;
    let page = read_page(&browser, "/chat/batches").await;
    assert!(page.contains("3 of 3 answered") && page.contains(&place));
    let page = read_page(&browser, &place).await;
    assert!(page.contains("truck") && page.contains("Delete the batch"));
    let export = program.read("/auth/export").await;
    let kept = export["conversations"].as_array().unwrap();
    assert!(kept.len() == 3 && kept.iter().all(|one| one["batch_id"] == batch["id"]));
    assert_eq!(export["asked_in_batches"][2]["id"], "truck");

    // What is deleted is deleted there as well, from the first moment on.
    let truck = all[2]["answer"]["conversation_id"].as_str().unwrap();
    let deleted = program.delete(&format!("/chat/{truck}")).send().await;
    assert_eq!(deleted.unwrap().status(), 204);
    let counts = program.read(&place).await["counts"].clone();
    assert_eq!(
        (&counts["done"], &counts["deleted"]),
        (&json!(2), &json!(1))
    );
    let after = program.read(results).await["results"][2].clone();
    assert_eq!(
        (&after["status"], &after["answer"]),
        (&json!("deleted"), &Value::Null)
    );

    // Who goes on with one has it in the list from then on, also when the batch is deleted.
    let taken = all[0]["answer"]["conversation_id"].as_str().unwrap();
    program.say("and not a Toyota", Some(taken)).await;
    let gone = program.delete(&place).send().await.unwrap();
    assert_eq!(gone.status(), 204);
    assert_eq!(program.get(&place).send().await.unwrap().status(), 404);
    let left = program.read("/chat/").await;
    let left = left["conversations"].as_array().unwrap();
    assert_eq!((left.len(), left[0]["id"].as_str().unwrap()), (1, taken));
    let other = format!(
        "/chat/{}",
        all[1]["answer"]["conversation_id"].as_str().unwrap()
    );
    assert_eq!(program.get(&other).send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn a_batch_is_stored_whole_or_not_at_all_and_once() {
    let site = Site::start_with(&[SLOW]).await;
    let program = site.new_program().await;
    let wrong = json!([
        { "id": "a", "message": "A hybrid" },
        { "id": "a", "message": "" },
        { "id": "", "message": "x".repeat(8_001) },
    ]);
    let refused = send(&program, &wrong).await;
    assert_eq!(refused.status(), 422);
    let problem: Value = refused.json().await.unwrap();
    let fields: Vec<&str> = problem["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["field"].as_str().unwrap())
        .collect();
    assert_eq!(
        fields,
        [
            "requests[1].id",
            "requests[1].message",
            "requests[2].id",
            "requests[2].message"
        ]
    );
    let many = |count: usize| Value::from(vec![json!({ "message": "A hybrid" }); count]);
    let large = json!([{ "message": "x".repeat(2 * 1024 * 1024) }]);
    for (requests, status) in [
        (many(0), 422),
        (many(1_001), 422),
        (large, 413),
        (json!("one"), 422),
    ] {
        assert_eq!(send(&program, &requests).await.status(), status);
    }
    let page = site.browser().post("/chat/batches").json(&json!({})).send();
    assert_eq!(page.await.unwrap().status(), 303, "to the login form");
    assert_eq!(program.read("/chat/batches").await["batches"], json!([]));

    // The most that can be sent, twenty times at once under one key.
    let most = Value::from(vec![json!({ "message": "x".repeat(2_000) }); 1_000]);
    let sent = (0..20).map(|_| {
        let call = program.post("/chat/batches").header("idempotency-key", "k");
        call.json(&json!({ "requests": most })).send()
    });
    let mut ids = std::collections::HashSet::new();
    for sent in futures_util::future::join_all(sent).await {
        let sent = sent.unwrap();
        assert_eq!(sent.status(), 201);
        let batch: Value = sent.json().await.unwrap();
        assert_eq!(batch["counts"]["total"], 1_000);
        ids.insert(batch["id"].as_str().unwrap().to_owned());
    }
    assert_eq!(ids.len(), 1);
    let other = program.post("/chat/batches").header("idempotency-key", "k");
    let other = other.json(&json!({ "requests": many(1) })).send().await;
    assert_eq!(other.unwrap().status(), 422);

    // It is nobody else's.
    let stranger = site.new_program().await;
    let place = format!("/chat/batches/{}", ids.iter().next().unwrap());
    for call in [
        stranger.get(&place),
        stranger.delete(&place),
        stranger.post(&format!("{place}/stop")),
        stranger.get(&format!("{place}/results")),
        stranger
            .get(&format!("{place}/results"))
            .header("accept", "application/x-ndjson"),
    ] {
        assert_eq!(call.send().await.unwrap().status(), 404);
    }
    assert_eq!(stranger.read("/chat/batches").await["batches"], json!([]));
    assert_eq!(program.delete(&place).send().await.unwrap().status(), 204);
    let again = program.post("/chat/batches").header("idempotency-key", "k");
    let again = again.json(&json!({ "requests": most })).send().await;
    assert_eq!(
        again.unwrap().status(),
        404,
        "as for a conversation that was deleted"
    );
}

#[tokio::test]
async fn a_person_is_not_kept_waiting_by_a_full_batch() {
    let upstream = Upstream::start([Script::Hang]).await;
    let settings = [
        ("OPENAI_API_KEY", "k"),
        ("OPENAI_BASE_URL", upstream.base_url.as_str()),
        ("AUTIO_BATCH_RATE", "1000/s"),
        ("AUTIO_BATCH_AT_ONCE", "3"),
        ("AUTIO_RATE_LIMITS", "on"),
        ("AUTIO_LIMIT_IN_FLIGHT", "1"),
        ("AUTIO_BUDGET_MESSAGES", "2000"),
        ("AUTIO_BUDGET_TOKENS", "off"),
        ("AUTIO_BUDGET_SERVICE_TOKENS", "off"),
    ];
    let site = Site::start_with(&settings).await;
    let program = site.new_program().await;
    let requests = Value::from(vec![json!({ "message": "count" }); 1_000]);
    let sent = send(&program, &requests).await;
    let place = header(&sent, "location").to_owned();
    // All that a batch may take is taken, and hangs.
    while upstream.requests().len() < 3 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    upstream.now(Script::Say("one two three", Duration::ZERO));
    // The batch's own person is answered all the same, and what a batch has under way takes none of their room.
    for _ in 0..3 {
        assert_eq!(program.say("count", None).await["reply"], "one two three");
    }
    assert_eq!(
        upstream.requests().len(),
        6,
        "nothing of the batch in between"
    );
    let batch = program.read(&place).await;
    assert_eq!(
        (&batch["counts"]["running"], &batch["counts"]["done"]),
        (&json!(3), &json!(0))
    );

    // Stopped, it asks no more, ends what hangs, and gives back what it never took.
    let stopped = program.post(&format!("{place}/stop")).send().await.unwrap();
    let stopped: Value = stopped.json().await.unwrap();
    assert_eq!(
        (&stopped["status"], &stopped["counts"]["stopped"]),
        (&json!("stopped"), &json!(1_000))
    );
    while upstream.broken_off_by_caller() < 3 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let again = program.post(&format!("{place}/stop")).send().await.unwrap();
    assert_eq!(again.json::<Value>().await.unwrap(), stopped);
    let used = used(&site, &program).await;
    // Three were said, and three of the batch were begun.
    assert_eq!(used.messages, 6);
}

#[tokio::test]
async fn a_batch_has_to_fit_into_the_day() {
    let upstream = Upstream::start([Script::Hang]).await;
    let settings = [
        ("OPENAI_API_KEY", "k"),
        ("OPENAI_BASE_URL", upstream.base_url.as_str()),
        SLOW,
        ("AUTIO_RATE_LIMITS", "on"),
        ("AUTIO_LIMIT_CHAT", "off"),
        ("AUTIO_BUDGET_MESSAGES", "10"),
        ("AUTIO_BUDGET_TOKENS", "256000"),
        ("AUTIO_BUDGET_SERVICE_TOKENS", "384000"),
    ];
    let site = Site::start_with(&settings).await;
    let program = site.new_program().await;
    let many = |count: usize| Value::from(vec![json!({ "message": "A hybrid" }); count]);
    // More than any day allows, and more than is left of this one.
    for (count, status, said) in [
        (11, 422, "a day allows 10"),
        (9, 422, "needs 288000 tokens"),
        (8, 201, ""),
        (3, 429, "2 of today's 10 are left"),
        (1, 429, "0 of today's 256000 are left"),
    ] {
        let answer = send(&program, &many(count)).await;
        assert_eq!(answer.status(), status, "{count}");
        if status == 429 {
            assert!(header(&answer, "retry-after").parse::<u64>().unwrap() > 0);
        }
        let body: Value = answer.json().await.unwrap();
        let detail = body["detail"].as_str().unwrap_or_default();
        assert!(detail.contains(said), "{detail}");
    }
    let other = site.new_program().await;
    let refused = send(&other, &many(5)).await;
    assert_eq!(refused.status(), 429, "the service's own budget");
    assert_eq!(
        used(&site, &other).await.messages,
        0,
        "nothing is left of what didn't fit"
    );

    // Who goes away gives back what waits: to the service, since nobody else is left.
    let owner = site.sign_up("leaver@example.com").await;
    let leaver = site.program(owner["access_token"].as_str().unwrap());
    assert_eq!(send(&leaver, &many(4)).await.status(), 201);
    let delete = leaver
        .delete("/auth/me")
        .json(&json!({ "password": crate::site::PASSWORD }));
    assert_eq!(delete.send().await.unwrap().status(), 204);
    let service = site
        .app
        .db
        .read(|conn| budgets::get(conn, budgets::SERVICE));
    assert_eq!(service.await.unwrap().unwrap().tokens, 8 * 32_000);
}

#[tokio::test]
async fn the_pace_is_one_for_all_instances() {
    let database = Arc::new(Database::new());
    let settings = [("AUTIO_BATCH_RATE", "10/s"), ("AUTIO_BATCH_AT_ONCE", "100")];
    let here = Site::start_on(database.clone(), &settings).await;
    let _there = Site::start_on(database, &settings).await;
    let program = here.new_program().await;
    let other = here.new_program().await;
    let requests = |count| Value::from(vec![json!({ "message": "A hybrid" }); count]);
    let long = header(&send(&program, &requests(24)).await, "location").to_owned();
    let short = header(&send(&other, &requests(3)).await, "location").to_owned();
    until_done(&other, &short).await;
    until_done(&program, &long).await;
    let times = here.app.db.read(|conn| {
        let asked = messages::table.filter(messages::role.eq("user"));
        Ok(asked
            .order(messages::timestamp)
            .select((messages::user_id, messages::timestamp))
            .load(conn)?)
    });
    let asked: Vec<(String, NaiveDateTime)> = times.await.unwrap();
    assert_eq!(asked.len(), 27);
    // They take turns: the short one didn't wait for the end of the long one.
    let is_short = |user_id: &str| asked.iter().filter(|(id, _)| id == user_id).count() == 3;
    let last_of_short = asked.iter().rposition(|(id, _)| is_short(id)).unwrap();
    assert!(last_of_short < 26, "{asked:?}");
    let times: Vec<NaiveDateTime> = asked.iter().map(|(_, at)| *at).collect();
    for window in times.windows(11) {
        // Ten intervals, of which what a tick gathers may come half a second early.
        let took = window[10] - window[0];
        assert!(took.num_milliseconds() >= 400, "{took}");
    }
}

async fn send(program: &Caller, requests: &Value) -> Response {
    let post = program.post("/chat/batches");
    post.json(&json!({ "requests": requests }))
        .send()
        .await
        .unwrap()
}

async fn until_done(program: &Caller, place: &str) -> Value {
    loop {
        let batch = program.read(place).await;
        if batch["status"] != "running" {
            return batch;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn read_page(browser: &Caller, path: &str) -> String {
    let page = browser.get(path).send().await.unwrap();
    assert_eq!(page.status(), 200, "{path}");
    page.text().await.unwrap()
}

/// What counts against the day of that program's person.
async fn used(site: &Site, program: &Caller) -> budgets::Budget {
    let me = program.read("/auth/me").await;
    let id = me["id"]
        .as_str()
        .or(me["user"]["id"].as_str())
        .unwrap()
        .to_owned();
    let row = site
        .app
        .db
        .read(move |conn| budgets::get(conn, &id))
        .await
        .unwrap();
    row.unwrap_or(budgets::Budget {
        scope: String::new(),
        user_id: None,
        day: chrono::Utc::now().date_naive(),
        messages: 0,
        tokens: 0,
    })
}
