//! Batches: many prompts in one request, stored all or nothing, answered at the operator's pace behind what people ask.

use std::sync::Arc;
use std::time::Duration;

use autio::config::RESERVED_TOKENS;
use autio::db::schema::budgets::dsl as day;
use autio::db::schema::{batches, messages};
use autio::db::{self, budgets};
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

    // Stopped, it asks no more and ends what hangs; what it never asked was never counted.
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
async fn what_a_day_cannot_bear_waits_and_holds_nobody_up() {
    // Of five messages a batch takes four.
    let settings = [
        &FAST[..],
        &[
            ("AUTIO_RATE_LIMITS", "on"),
            ("AUTIO_LIMIT_CHAT", "off"),
            ("AUTIO_BUDGET_MESSAGES", "5"),
        ],
    ]
    .concat();
    let site = Site::start_with(&settings).await;
    let email = "batcher@example.com";
    let entered = site.sign_up(email).await;
    let program = site.program(entered["access_token"].as_str().unwrap());
    let place = header(&send(&program, &many(10)).await, "location").to_owned();
    let later = header(&send(&program, &many(2)).await, "location").to_owned();
    let asked = |batch: &Value| 10 - batch["counts"]["waiting"].as_i64().unwrap();
    let batch = until(&program, &place, |batch| batch["waits_for_budget"] == true).await;
    let other = program.read(&later).await;
    assert_eq!(
        asked(&batch) + 2 - other["counts"]["waiting"].as_i64().unwrap(),
        4
    );
    let browser = site.browser();
    browser.log_in(email).await;
    for path in ["/chat/batches", &place] {
        let page = read_page(&browser, path).await;
        assert!(page.contains("waits for the budget of a new day"), "{page}");
    }
    // Somebody else's is answered in the meantime.
    let stranger = site.new_program().await;
    let short = header(&send(&stranger, &many(3)).await, "location").to_owned();
    let short = until_done(&stranger, &short).await;
    assert_eq!(
        (&short["counts"]["done"], &short["waits_for_budget"]),
        (&json!(3), &json!(false))
    );
    // The fifth is the person's own; what waits was never counted.
    program.say("A hybrid", None).await;
    assert_eq!(used(&site, &program).await.messages, 5);
    let sixth = program
        .post("/chat/")
        .json(&json!({ "message": "A hybrid" }));
    assert_eq!(sixth.send().await.unwrap().status(), 429);

    // With each new day four more, and no more.
    for left in [4, 0] {
        new_day(&site).await;
        let waiting = |batch: &Value| batch["counts"]["waiting"].as_i64().unwrap();
        loop {
            let both = waiting(&program.read(&place).await) + waiting(&program.read(&later).await);
            assert!(both >= left, "{both}");
            if both == left {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(used(&site, &program).await.messages, 4);
    }
    for (place, total) in [(&place, 10), (&later, 2)] {
        let batch = until_done(&program, place).await;
        assert_eq!(batch["counts"]["done"], total);
        assert_eq!(batch["waits_for_budget"], false);
    }
}

#[tokio::test]
async fn a_batch_takes_tokens_as_it_is_asked_and_leaves_some() {
    let upstream = Upstream::start([Script::Hang]).await;
    let model = [
        ("OPENAI_API_KEY", "k"),
        ("OPENAI_BASE_URL", upstream.base_url.as_str()),
        ("AUTIO_RATE_LIMITS", "on"),
        ("AUTIO_BATCH_RATE", "1000/s"),
        ("AUTIO_BATCH_AT_ONCE", "100"),
    ];
    // Of a person's tokens batches may take what four replies want, and of the service's what six do.
    let own = [
        ("AUTIO_BUDGET_TOKENS", "160000"),
        ("AUTIO_BUDGET_SERVICE_TOKENS", "256000"),
    ];
    let site = Site::start_with(&[&model[..], &own].concat()).await;
    let program = site.new_program().await;
    let place = header(&send(&program, &many(1_000)).await, "location").to_owned();
    until(&program, &place, |batch| batch["waits_for_budget"] == true).await;
    let day = used(&site, &program).await;
    assert_eq!((day.messages, day.tokens), (4, 4 * RESERVED_TOKENS));
    let other = site.new_program().await;
    let second = header(&send(&other, &many(5)).await, "location").to_owned();
    until(&other, &second, |batch| batch["waits_for_budget"] == true).await;
    let day = used(&site, &other).await;
    assert_eq!((day.messages, day.tokens), (2, 2 * RESERVED_TOKENS));
    assert_eq!(service(&site).await, 6 * RESERVED_TOKENS);

    while upstream.requests().len() < 6 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }

    // A question of the person's own still goes to the model.
    upstream.now(Script::Say("one two three", Duration::ZERO));
    assert_eq!(program.say("count", None).await["reply"], "one two three");

    // Stopped, and deleted, they leave in the budgets what their replies took.
    let stop = program.post(&format!("{place}/stop")).send().await.unwrap();
    let stopped: Value = stop.json().await.unwrap();
    assert_eq!(stopped["waits_for_budget"], false);
    assert_eq!(stopped["counts"]["stopped"], 1_000);
    let gone = other.delete(&second).send().await.unwrap();
    assert_eq!(gone.status(), 204);
    check_sums(&site, &[&program, &other]).await;
    assert_eq!(used(&site, &program).await.messages, 5);
}

#[tokio::test]
async fn batches_messages_and_stops_at_once_leave_the_sums_right() {
    let upstream = Upstream::start([Script::Say("one two three", Duration::from_millis(4))]).await;
    let settings = [
        ("OPENAI_API_KEY", "k"),
        ("OPENAI_BASE_URL", upstream.base_url.as_str()),
        ("AUTIO_RATE_LIMITS", "on"),
        ("AUTIO_LIMIT_SIGNUP", "off"),
        ("AUTIO_LIMIT_CHAT", "off"),
        ("AUTIO_LIMIT_IN_FLIGHT", "off"),
        ("AUTIO_BUDGET_TOKENS", "10000000"),
    ];
    let site = Site::start_with(&[&FAST[..], &settings].concat()).await;
    let people = [site.new_program().await, site.new_program().await];
    let both = people.iter().map(|program| async {
        let stopped = header(&send(program, &many(30)).await, "location").to_owned();
        let whole = header(&send(program, &many(10)).await, "location").to_owned();
        for _ in 0..10 {
            let message = program.post("/chat/").header("prefer", "respond-async");
            let message = message.json(&json!({ "message": "count" })).send().await;
            assert_eq!(message.unwrap().status(), 202);
        }
        let stop = program.post(&format!("{stopped}/stop")).send().await;
        assert_eq!(stop.unwrap().status(), 200);
        until_done(program, &stopped).await;
        assert_eq!(until_done(program, &whole).await["counts"]["done"], 10);
    });
    futures_util::future::join_all(both).await;
    check_sums(&site, &[&people[0], &people[1]]).await;
}

#[tokio::test]
async fn a_thousand_fit_whatever_a_day_allows_and_so_many_may_wait() {
    let upstream = Upstream::start([Script::Hang]).await;
    let model = [
        ("OPENAI_API_KEY", "k"),
        ("OPENAI_BASE_URL", upstream.base_url.as_str()),
        ("AUTIO_RATE_LIMITS", "on"),
        SLOW,
    ];
    // All budgets as they are by default, with a model and without.
    let site = Site::start_with(&model).await;
    let program = site.new_program().await;
    assert_eq!(send(&program, &many(1_000)).await.status(), 201);
    let few = [
        ("AUTIO_RATE_LIMITS", "on"),
        ("AUTIO_LIMIT_WAITING", "2000"),
        SLOW,
    ];
    let site = Site::start_with(&few).await;
    let program = site.new_program().await;
    let most = many(1_000);
    let sent = futures_util::future::join_all((0..4).map(|_| send(&program, &most))).await;
    let (stored, refused): (Vec<_>, Vec<_>) =
        sent.into_iter().partition(|answer| answer.status() == 201);
    assert_eq!((stored.len(), refused.len()), (2, 2));
    for refused in refused {
        assert_eq!(refused.status(), 429);
        assert!(header(&refused, "retry-after").parse::<u64>().unwrap() >= 60);
        let problem: Value = refused.json().await.unwrap();
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains("at most 2000 may wait"), "{detail}");
    }
    // It is each person's own.
    let other = site.new_program().await;
    assert_eq!(send(&other, &many(1)).await.status(), 201);
}

#[tokio::test]
async fn what_the_version_before_stored_is_paid_already() {
    let settings = [
        SLOW,
        ("AUTIO_RATE_LIMITS", "on"),
        ("AUTIO_BUDGET_MESSAGES", "3"),
    ];
    let site = Site::start_with(&settings).await;
    let limits = site.app.config.limits;
    let program = site.new_program().await;
    let never = db::now() + chrono::Days::new(1);
    set_pace(&site, never).await;
    let place = header(&send(&program, &many(3)).await, "location").to_owned();
    let id = id_of(&program).await;
    // As it was written then: all three are counted, which is what a day allows.
    let paid = site.app.db.write(move |conn| {
        for _ in 0..3 {
            budgets::reserve(conn, &limits, &id, false, db::now())?;
        }
        diesel::update(batches::table)
            .set(batches::is_prepaid.eq(true))
            .execute(conn)?;
        Ok(())
    });
    paid.await.unwrap();
    // Asked in spite of the budget, which it is a part of.
    set_pace(&site, db::now()).await;
    until(&program, &place, |batch| batch["counts"]["done"] == 1).await;
    assert_eq!(used(&site, &program).await.messages, 3);
    // And what is never asked is given back.
    let stop = program.post(&format!("{place}/stop")).send().await;
    assert_eq!(stop.unwrap().status(), 200);
    assert_eq!(used(&site, &program).await.messages, 1);
}

#[tokio::test]
async fn the_pace_is_one_for_all_instances() {
    let database = Arc::new(Database::new());
    let settings = [("AUTIO_BATCH_RATE", "10/s"), ("AUTIO_BATCH_AT_ONCE", "100")];
    let here = Site::start_on(database.clone(), &settings).await;
    let _there = Site::start_on(database, &settings).await;
    let program = here.new_program().await;
    let other = here.new_program().await;
    let long = header(&send(&program, &many(24)).await, "location").to_owned();
    let short = header(&send(&other, &many(3)).await, "location").to_owned();
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

fn many(count: usize) -> Value {
    Value::from(vec![json!({ "message": "A hybrid" }); count])
}

async fn until_done(program: &Caller, place: &str) -> Value {
    until(program, place, |batch| batch["status"] != "running").await
}

/// The batch, once it stands like that.
async fn until(program: &Caller, place: &str, is_so: impl Fn(&Value) -> bool) -> Value {
    loop {
        let batch = program.read(place).await;
        if is_so(&batch) {
            return batch;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Lets the day be a new one, on which what waits is looked at again.
async fn new_day(site: &Site) {
    let turned = site.app.db.write(|conn| {
        let yesterday = db::now().date() - chrono::Days::new(1);
        diesel::update(day::budgets)
            .set(day::day.eq(yesterday))
            .execute(conn)?;
        diesel::update(batches::table.filter(batches::waits_until.is_not_null()))
            .set(batches::waits_until.eq(db::now()))
            .execute(conn)?;
        Ok(())
    });
    turned.await.unwrap();
}

/// Lets nothing of a batch be asked before then.
async fn set_pace(site: &Site, next_at: NaiveDateTime) {
    let set = site.app.db.write(move |conn| {
        autio::db::batches::set_pace(conn, next_at)?;
        Ok(())
    });
    set.await.unwrap();
    site.app.turns.notify_one();
}

/// What counts against the service's day, in tokens.
async fn service(site: &Site) -> i64 {
    let row = site
        .app
        .db
        .read(|conn| budgets::get(conn, budgets::SERVICE));
    row.await.unwrap().map_or(0, |row| row.tokens)
}

/// Holds the budgets of all people that there are, and the service's, against what stands against them for their replies.
/// Those of replies that were stopped are given time, in which their workers keep what came.
async fn check_sums(site: &Site, people: &[&Caller]) {
    for tries in 0.. {
        let replies = site.app.db.read(|conn| {
            let all = messages::table.filter(messages::reserved_tokens.gt(0));
            let columns = (
                messages::user_id,
                messages::reserved_tokens.assume_not_null(),
            );
            Ok(all.select(columns).load::<(String, i64)>(conn)?)
        });
        let replies = replies.await.unwrap();
        let took: i64 = replies.iter().map(|(_, tokens)| tokens).sum();
        let mut sums = vec![((0, service(site).await), (0, took))];
        for program in people {
            let id = id_of(program).await;
            let own = replies.iter().filter(|(owner, _)| *owner == id);
            let took: (i64, i64) = (
                own.clone().count() as i64,
                own.map(|(_, tokens)| tokens).sum(),
            );
            let day = used(site, program).await;
            sums.push(((day.messages, day.tokens), took));
        }
        if sums.iter().all(|(counted, took)| counted == took) {
            return;
        }
        assert!(tries < 50, "counted, and taken: {sums:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn read_page(browser: &Caller, path: &str) -> String {
    let page = browser.get(path).send().await.unwrap();
    assert_eq!(page.status(), 200, "{path}");
    page.text().await.unwrap()
}

async fn id_of(program: &Caller) -> String {
    let me = program.read("/auth/me").await;
    let id = me["id"].as_str().or(me["user"]["id"].as_str());
    id.unwrap().to_owned()
}

/// What counts against the day of that program's person.
async fn used(site: &Site, program: &Caller) -> budgets::Budget {
    let id = id_of(program).await;
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
