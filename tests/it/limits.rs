//! Rate limits by account and by address, and what the budgets hold at each end that a reply can come to.

use std::sync::Arc;
use std::time::Duration;

use autio::config::RESERVED_TOKENS;
use autio::db::budgets::{self, SERVICE};
use autio::db::schema::messages;
use autio::db::{Db, users};
use diesel::prelude::*;
use futures_util::future::join_all;
use reqwest::Response;
use serde_json::{Value, json};

use crate::process::start;
use crate::site::{Caller, Database, PASSWORD, Site, client, header};
use crate::upstream::{Script, Upstream};

/// Long enough for every test: what a limit takes doesn't come back by itself meanwhile.
const SLOW: Script = Script::Say("one two three four", Duration::from_secs(60));

#[tokio::test]
async fn a_flood_of_logins_is_refused_by_address_and_by_account() {
    let site = limited(&[
        ("AUTIO_LIMIT_LOGIN", "10,1/h"),
        ("AUTIO_TRUSTED_PROXIES", "127.0.0.1"),
    ])
    .await;
    site.sign_up("ann@example.com").await;
    site.sign_up("bob@example.com").await;
    // Exactly as many pass as the bucket holds, however many come at once, and only those cost a hash.
    let flood = (0..40).map(|_| try_to_log_in(&site, "1.1.1.1", "ann@example.com", "wrong"));
    let answers = join_all(flood).await;
    let of = |status| answers.iter().filter(|a| a.status() == status).count();
    assert_eq!((of(401), of(429)), (10, 30));
    let refused = answers.into_iter().find(|a| a.status() == 429).unwrap();
    assert_eq!(header(&refused, "content-type"), "application/problem+json");
    assert!((3000..=3600).contains(&retry_after(&refused)));
    let problem: Value = refused.json().await.unwrap();
    assert_eq!(problem["title"], "Too Many Requests");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("Wait 60 minutes"), "{detail}");

    // A botnet on one account, with the right password or not, and one address on many accounts.
    for (address, email, password, status) in [
        ("2.2.2.2", "ANN@example.com ", "wrong", 429),
        ("2.2.2.3", "ann@example.com", PASSWORD, 429),
        ("1.1.1.1", "bob@example.com", PASSWORD, 429),
        ("1.1.1.1", "nobody@example.com", "wrong", 429),
        ("2.2.2.2", "bob@example.com", PASSWORD, 200),
        ("2.2.2.2", "nobody@example.com", "wrong", 401),
        // Of IPv6 the network counts.
        ("2001:db8::1", "nobody@example.com", "wrong", 401),
    ] {
        let answer = try_to_log_in(&site, address, email, password).await;
        assert_eq!(answer.status(), status, "{email} from {address}");
    }
    // The password grant is the same login.
    let form = [
        ("grant_type", "password"),
        ("username", "ann@example.com"),
        ("password", PASSWORD),
    ];
    let from_elsewhere = ("x-forwarded-for", "2.2.2.4");
    let grant = site.stranger().post("/auth/login").form(&form);
    let grant = grant.header(from_elsewhere.0, from_elsewhere.1);
    let grant = grant.send().await.unwrap();
    assert_eq!(grant.status(), 429);
    assert!(retry_after(&grant) > 0);
    // Everything else goes on for whoever is refused.
    let page = site
        .browser()
        .get("/login")
        .header("x-forwarded-for", "1.1.1.1");
    assert_eq!(page.send().await.unwrap().status(), 200);
    // A browser gets the form again, with the sentence and the email.
    let form = [("email", "ann@example.com"), ("password", PASSWORD)];
    let again = site.browser().post("/auth/login").form(&form);
    let again = again.header(from_elsewhere.0, from_elsewhere.1);
    let again = again.send().await.unwrap();
    assert_eq!(again.status(), 429);
    assert!(retry_after(&again) > 0);
    let html = again.text().await.unwrap();
    assert!(html.contains("Too many attempts to log in with this email. Wait 60 minutes"));
    assert!(html.contains(r#"value="ann@example.com""#));
}

#[tokio::test]
async fn who_logs_in_often_and_well_is_not_locked_out_of_the_account() {
    let site = limited(&[
        ("AUTIO_LIMIT_LOGIN", "2,1/h"),
        ("AUTIO_TRUSTED_PROXIES", "127.0.0.0/8"),
    ])
    .await;
    site.sign_up("ann@example.com").await;
    for number in 0..5 {
        let address = format!("1.1.1.{number}");
        let answer = try_to_log_in(&site, &address, "ann@example.com", PASSWORD).await;
        assert_eq!(answer.status(), 200);
    }
}

#[tokio::test]
async fn an_address_that_nobody_vouches_for_is_not_believed() {
    let site = limited(&[("AUTIO_LIMIT_LOGIN", "3,1/h")]).await;
    for number in 0..6 {
        let address = format!("1.1.1.{number}");
        let email = format!("{number}@example.com");
        let answer = try_to_log_in(&site, &address, &email, "wrong").await;
        assert_eq!(answer.status(), if number < 3 { 401 } else { 429 });
    }
}

#[tokio::test]
async fn answers_say_what_is_left_of_a_limit() {
    let site = limited(&[
        ("AUTIO_LIMIT_LOGIN", "3,3/h"),
        ("AUTIO_LIMIT_SIGNUP", "2,1/min"),
        ("AUTIO_LIMIT_CHAT", "2,1/h"),
        ("AUTIO_TRUSTED_PROXIES", "127.0.0.1"),
    ])
    .await;
    let told = |answer: &Response| {
        let status = answer.status().as_u16();
        let [policy, limit] = ["ratelimit-policy", "ratelimit"].map(|name| header(answer, name));
        // The seconds until there is one more depend on the moment.
        let (limit, seconds) = limit.split_once(";t=").unwrap();
        let seconds: u64 = seconds.parse().unwrap();
        assert!((1..=3600).contains(&seconds), "{seconds}");
        if status == 429 {
            assert_eq!(seconds, retry_after(answer));
        }
        format!("{status} {policy} {limit}")
    };
    let ann = json!({ "email": "ann@example.com", "password": PASSWORD });
    let signed_up = site.stranger().post("/auth/signup").json(&ann);
    let signed_up = signed_up.send().await.unwrap();
    assert_eq!(told(&signed_up), r#"201 "signup";q=2;w=120 "signup";r=1"#);
    let body: Value = signed_up.json().await.unwrap();
    let token = body["access_token"].as_str().unwrap().to_owned();
    // What a good login takes of the account comes back, of the address it doesn't; the fewest that are left are told.
    for (address, password, wanted) in [
        ("1.1.1.1", "wrong", "401 r=2"),
        ("1.1.1.1", PASSWORD, "200 r=1"),
        ("1.1.1.2", "wrong", "401 r=1"),
        ("1.1.1.3", "wrong", "401 r=0"),
        ("1.1.1.4", PASSWORD, "429 r=0"),
    ] {
        let answer = try_to_log_in(&site, address, "ann@example.com", password).await;
        let (status, left) = wanted.split_once(' ').unwrap();
        let wanted = format!(r#"{status} "login";q=3;w=3600 "login";{left}"#);
        assert_eq!(told(&answer), wanted);
    }
    // However the reply is asked for; a repeat takes nothing.
    let says = |key: &'static str, wish: (&'static str, &'static str)| {
        let post = site.stranger().post("/chat/").bearer_auth(&token);
        let post = post.json(&json!({ "message": format!("A hybrid, {key}") }));
        post.header("idempotency-key", key).header(wish.0, wish.1)
    };
    let events = ("accept", "text/event-stream");
    for (key, wish, wanted) in [
        ("one", events, "200 r=1"),
        ("one", events, "200 r=1"),
        ("two", ("prefer", "respond-async"), "202 r=0"),
        ("three", events, "429 r=0"),
    ] {
        let answer = says(key, wish).send().await.unwrap();
        let (status, left) = wanted.split_once(' ').unwrap();
        let wanted = format!(r#"{status} "chat";q=2;w=7200 "chat";{left}"#);
        assert_eq!(told(&answer), wanted, "{key}");
        answer.bytes().await.unwrap();
    }
    let elsewhere = site.stranger().get("/cars").send().await.unwrap();
    assert!(elsewhere.headers().get("ratelimit").is_none());
}

#[tokio::test]
async fn accounts_are_made_a_few_at_a_time() {
    let site = limited(&[("AUTIO_TRUSTED_PROXIES", "127.0.0.1,::1")]).await;
    let sign_up = |address: &'static str, email: String, password: &'static str| {
        let body = json!({ "email": email, "password": password });
        let post = site.stranger().post("/auth/signup").json(&body);
        async move {
            post.header("x-forwarded-for", address)
                .send()
                .await
                .unwrap()
        }
    };
    // Looking for a good password is no attempt.
    for _ in 0..5 {
        let weak = sign_up("1.1.1.1", "ann@example.com".into(), "password").await;
        assert_eq!(weak.status(), 422);
    }
    let all = (0..6).map(|n| sign_up("1.1.1.1", format!("{n}@example.com"), PASSWORD));
    let answers = join_all(all).await;
    let made = answers.iter().filter(|answer| answer.status() == 201);
    assert_eq!(made.count(), 3);
    let refused = answers.iter().find(|a| a.status() == 429).unwrap();
    assert!((1_000..=1_200).contains(&retry_after(refused)));
    // What the client itself wrote in front changes nothing; another client is another.
    let spoofed = sign_up("9.9.9.9, 1.1.1.1", "eve@example.com".into(), PASSWORD).await;
    assert_eq!(spoofed.status(), 429);
    let other = sign_up("9.9.9.9", "eve@example.com".into(), PASSWORD).await;
    assert_eq!(other.status(), 201);
}

#[tokio::test]
async fn the_twenty_first_message_waits_and_nothing_written_is_lost() {
    let site = limited(&[
        ("AUTIO_LIMIT_CHAT", "20,1/h"),
        ("AUTIO_LIMIT_IN_FLIGHT", "off"),
    ])
    .await;
    let (program, _) = new_program(&site, "ann@example.com").await;
    let mut last = Value::Null;
    for _ in 0..20 {
        last = program.say("a wagon", None).await;
    }
    let refused = send(&program, "a van").await;
    assert_eq!(refused.status(), 429);
    assert!(retry_after(&refused) > 0);
    let retry = format!(
        "/chat/messages/{}/retry",
        last["message_id"].as_str().unwrap()
    );
    assert_eq!(program.post(&retry).send().await.unwrap().status(), 429);

    let form = [("message", "a van for <six>")];
    let browser = site.browser();
    browser.log_in("ann@example.com").await;
    let page = browser.post("/chat/").form(&form).send().await.unwrap();
    assert_eq!(page.status(), 429);
    assert!(retry_after(&page) > 0);
    let html = page.text().await.unwrap();
    assert!(
        html.contains("a van for &#60;six&#62;</textarea>"),
        "{html}"
    );
    assert!(html.contains("then send it again."), "{html}");
    let htmx = site.htmx();
    htmx.log_in("ann@example.com").await;
    let notice = htmx.post("/chat/").form(&form).send().await.unwrap();
    assert_eq!(notice.status(), 429);
    assert_eq!(header(&notice, "hx-retarget"), "#notice");
    assert!(retry_after(&notice) > 0);
    assert!(notice.text().await.unwrap().contains("then send it again."));

    let (other, _) = new_program(&site, "bob@example.com").await;
    other.say("a wagon", None).await;
}

#[tokio::test]
async fn two_answers_at_a_time_and_the_third_waits_for_one() {
    let upstream = Upstream::start([SLOW]).await;
    let site = with_model(&upstream, &[]).await;
    let (program, user_id) = new_program(&site, "ann@example.com").await;
    // At once, each in a conversation of its own.
    let answers = join_all((0..12).map(|_| send(&program, "count"))).await;
    let of = |status| answers.iter().filter(|a| a.status() == status).count();
    assert_eq!((of(202), of(429)), (2, 10));
    let refused = answers.iter().find(|a| a.status() == 429).unwrap();
    assert_eq!(retry_after(refused), 5);
    let used = of_user(&site.app.db, &user_id).await;
    assert_eq!(used, (2, 2 * RESERVED_TOKENS), "the refused left nothing");

    let first = answers.into_iter().find(|a| a.status() == 202).unwrap();
    let stop = format!("{}/stop", header(&first, "location"));
    assert_eq!(program.post(&stop).send().await.unwrap().status(), 200);
    assert_eq!(send(&program, "count").await.status(), 202);
    let (other, _) = new_program(&site, "bob@example.com").await;
    assert_eq!(send(&other, "count").await.status(), 202);
}

#[tokio::test]
async fn a_reply_is_settled_to_what_it_took_however_it_ends() {
    let upstream = Upstream::start([Script::Say("Two seats.", Duration::ZERO)]).await;
    let site = with_model(&upstream, &[]).await;
    let (program, user_id) = new_program(&site, "ann@example.com").await;
    let db = &site.app.db;
    // Done: what the server counted.
    let done = program.say("a roadster", None).await;
    assert_eq!(done["usage"]["prompt_tokens"], 100);
    assert_eq!(of_user(db, &user_id).await, (1, 120));
    assert_eq!(of_service(db).await, 120);

    // Failed with nothing said: as if it had never been.
    upstream.now(Script::Filter(""));
    assert_eq!(say(&program, "a roadster").await.status(), 502);
    assert_eq!(of_user(db, &user_id).await, (1, 120));
    assert_eq!(of_service(db).await, 120);

    // Broken off: about what came and what was asked.
    upstream.now(Script::Filter("Half of an answer"));
    assert_eq!(say(&program, "a roadster").await.status(), 502);
    let (count, broken_off) = of_user(db, &user_id).await;
    assert_eq!(count, 2);
    assert!((2_500..3_000).contains(&(broken_off - 120)), "{broken_off}");

    // Stopped in the middle, after whoever read it had gone.
    upstream.now(SLOW);
    let begun = send(&program, "count").await;
    let place = header(&begun, "location").to_owned();
    drop(begun);
    wait_for_text(&program, &place).await;
    let while_it_runs = of_user(db, &user_id).await;
    assert_eq!(while_it_runs, (3, broken_off + RESERVED_TOKENS));
    for _ in 0..3 {
        let stop = program.post(&format!("{place}/stop")).send().await;
        let row: Value = stop.unwrap().json().await.unwrap();
        assert_eq!(
            (&row["status"], &row["text"]),
            (&json!("stopped"), &json!("one "))
        );
    }
    let (count, stopped) = of_user(db, &user_id).await;
    assert_eq!(count, 3);
    assert!(
        (2_500..3_000).contains(&(stopped - broken_off)),
        "{stopped}"
    );

    // Thrown away with its conversation while it runs.
    let begun = send(&program, "count").await;
    let row: Value = begun.json().await.unwrap();
    let path = format!("/chat/{}", row["conversation_id"].as_str().unwrap());
    wait_for_text(
        &program,
        &format!("/chat/messages/{}", row["message_id"].as_str().unwrap()),
    )
    .await;
    assert_eq!(program.delete(&path).send().await.unwrap().status(), 204);
    let (count, thrown_away) = of_user(db, &user_id).await;
    assert_eq!(count, 4);
    assert!(
        (2_500..3_000).contains(&(thrown_away - stopped)),
        "{thrown_away}"
    );

    // Stopped before anybody began, here as a server leaves it that ends: as if it had never been.
    let waiting = send(&program, "count").await;
    let place = header(&waiting, "location").to_owned();
    wait_for_text(&program, &place).await;
    site.app.draining.send_replace(true);
    let hand_back = "UPDATE messages SET status = 'pending', text = '', lease_owner = NULL WHERE status = 'running'";
    db.write(move |conn| Ok(diesel::sql_query(hand_back).execute(conn)?))
        .await
        .unwrap();
    assert_eq!(
        of_user(db, &user_id).await,
        (5, thrown_away + RESERVED_TOKENS)
    );
    let stop = format!("{place}/stop");
    for _ in 0..2 {
        assert_eq!(program.post(&stop).send().await.unwrap().status(), 200);
    }
    assert_eq!(of_user(db, &user_id).await, (4, thrown_away));
    assert_eq!(of_service(db).await, thrown_away);

    // The account goes, and what the service used stays, which is nobody's.
    let id = user_id.clone();
    db.write(move |conn| users::delete(conn, &id))
        .await
        .unwrap();
    let left = db.read(move |conn| budgets::get(conn, &user_id));
    assert_eq!(left.await.unwrap(), None);
    assert_eq!(of_service(db).await, thrown_away);
}

#[tokio::test]
async fn stops_that_race_the_end_leave_the_sums_right() {
    let upstream = Upstream::start([Script::Say("one two three", Duration::from_millis(4))]).await;
    let settings = [
        ("AUTIO_LIMIT_IN_FLIGHT", "off"),
        ("AUTIO_LIMIT_CHAT", "off"),
        ("AUTIO_BUDGET_TOKENS", "off"),
    ];
    let site = with_model(&upstream, &settings).await;
    let (program, user_id) = new_program(&site, "ann@example.com").await;
    let races = (0..60).map(|number| {
        let program = program.clone();
        async move {
            let begun = send(&program, "count").await;
            let place = header(&begun, "location").to_owned();
            tokio::time::sleep(Duration::from_millis(number)).await;
            let stops = (0..2).map(|_| program.post(&format!("{place}/stop")).send());
            for stop in join_all(stops).await {
                assert_eq!(stop.unwrap().status(), 200);
            }
        }
    });
    join_all(races).await;
    let (mut sums, mut tries) = (all_sums(&site.app.db, &user_id).await, 0);
    // A worker whose reply was stopped may still be keeping its part.
    while sums.0 != sums.1 && tries < 50 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        sums = all_sums(&site.app.db, &user_id).await;
        tries += 1;
    }
    assert_eq!(sums.0, sums.1, "the person's row, and the replies");
    assert_eq!(of_service(&site.app.db).await, sums.1.1);
}

#[tokio::test]
async fn a_kill_leaves_the_sums_right() {
    let upstream = Upstream::start([SLOW]).await;
    let settings = [
        ("OPENAI_API_KEY", "k"),
        ("OPENAI_BASE_URL", upstream.base_url.as_str()),
        ("AUTIO_RATE_LIMITS", "on"),
    ];
    let database = Database::new();
    let mut process = start(&database, &settings).await;
    let http = client().build().unwrap();
    let token = process.sign_up(&http, "ann@example.com").await;
    let post = |base: &str, path: &str, body: Value| {
        let post = http.post(format!("{base}{path}")).bearer_auth(&token);
        let post = post.header("prefer", "respond-async").json(&body);
        async move { post.send().await.unwrap().json::<Value>().await.unwrap() }
    };
    let mut replies = Vec::new();
    for _ in 0..2 {
        let pending = post(&process.base, "/chat/", json!({ "message": "count" })).await;
        replies.push(pending["message_id"].as_str().unwrap().to_owned());
    }
    while upstream.requests().len() < 2 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    process.child.kill().await.unwrap();
    let db = Db::open(&database.settings(&[]).database).unwrap();
    assert_eq!(of_service(&db).await, 2 * RESERVED_TOKENS);

    upstream.now(Script::Say("one two three four", Duration::ZERO));
    let process = start(&database, &settings).await;
    // One is stopped while nobody holds it, the other is taken up by another worker.
    let stop = format!("/chat/messages/{}/stop", replies[0]);
    let stopped = post(&process.base, &stop, json!({})).await;
    assert_eq!(stopped["status"], "stopped");
    let mut settled = 0;
    for _ in 0..300 {
        settled = of_service(&db).await;
        if settled < RESERVED_TOKENS {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!((2_620..3_120).contains(&settled), "{settled}");
    let rows = db.read(|conn| {
        let rows = messages::table.filter(messages::role.eq("assistant"));
        Ok(rows
            .select(messages::reserved_tokens)
            .load::<Option<i64>>(conn)?)
    });
    let rows = rows.await.unwrap();
    assert_eq!(rows.iter().flatten().sum::<i64>(), settled);
    assert!(rows.contains(&Some(120)), "{rows:?}");
}

#[tokio::test]
async fn messages_at_once_cannot_overdraw_a_budget() {
    let upstream = Upstream::start([SLOW]).await;
    // Three replies fit what a person has, and four what everybody has.
    let settings = [
        ("AUTIO_LIMIT_IN_FLIGHT", "off"),
        ("AUTIO_BUDGET_TOKENS", "100000"),
        ("AUTIO_BUDGET_SERVICE_TOKENS", "130000"),
    ];
    let site = with_model(&upstream, &settings).await;
    let db = &site.app.db;
    let (ann, ann_id) = new_program(&site, "ann@example.com").await;
    for answer in join_all((0..8).map(|_| send(&ann, "count"))).await {
        assert_eq!(answer.status(), 202, "taken all the same");
    }
    assert_eq!(of_user(db, &ann_id).await, (8, 3 * RESERVED_TOKENS));
    assert_eq!(reserved(db, &ann_id).await, (3, 5));
    let (bob, bob_id) = new_program(&site, "bob@example.com").await;
    join_all((0..4).map(|_| send(&bob, "count"))).await;
    assert_eq!(of_user(db, &bob_id).await, (4, RESERVED_TOKENS));
    assert_eq!(reserved(db, &bob_id).await, (1, 3));
    assert_eq!(of_service(db).await, 4 * RESERVED_TOKENS);
    // Who has none left is answered from the catalogue, and told why.
    let answer = ann.say("a wagon", None).await;
    assert_eq!(
        (&answer["model"], &answer["status"]),
        (&json!("catalogue"), &json!("done"))
    );
    let notice = answer["notice"].as_str().unwrap();
    assert!(notice.contains("used up"), "{notice}");
    assert_eq!(of_user(db, &ann_id).await, (9, 3 * RESERVED_TOKENS));
}

#[tokio::test]
async fn the_days_messages_are_counted_once_and_then_used_up() {
    let settings = [
        ("AUTIO_LIMIT_IN_FLIGHT", "off"),
        ("AUTIO_BUDGET_MESSAGES", "4"),
    ];
    let site = limited(&settings).await;
    let (program, user_id) = new_program(&site, "ann@example.com").await;
    // The same message again is the same message.
    for _ in 0..3 {
        let post = program.post("/chat/").header("idempotency-key", "once");
        let post = post.json(&json!({ "message": "a wagon" }));
        assert_eq!(post.send().await.unwrap().status(), 200);
    }
    assert_eq!(of_user(&site.app.db, &user_id).await, (1, 0));
    let answers = join_all((0..8).map(|_| send(&program, "a wagon"))).await;
    let taken = answers.iter().filter(|answer| answer.status() == 202);
    assert_eq!(taken.count(), 3);
    let refused = answers.into_iter().find(|a| a.status() == 429).unwrap();
    assert!((1..=86_400).contains(&retry_after(&refused)));
    let problem: Value = refused.json().await.unwrap();
    let detail = problem["detail"].as_str().unwrap();
    assert!(
        detail.starts_with("You have sent 4 messages today"),
        "{detail}"
    );
    // A new day begins with a new count.
    site.app.db.write(yesterday).await.unwrap();
    program.say("a wagon", None).await;
    assert_eq!(of_user(&site.app.db, &user_id).await, (1, 0));
}

/// A server with limits, which the other tests do without.
async fn limited(settings: &[(&str, &str)]) -> Site {
    let all = [&[("AUTIO_RATE_LIMITS", "on")], settings].concat();
    Site::start_on(Arc::new(Database::new()), &all).await
}

async fn with_model(upstream: &Upstream, settings: &[(&str, &str)]) -> Site {
    let model = [
        ("OPENAI_API_KEY", "k"),
        ("OPENAI_BASE_URL", upstream.base_url.as_str()),
    ];
    limited(&[&model, settings].concat()).await
}

async fn new_program(site: &Site, email: &str) -> (Caller, String) {
    let entered = site.sign_up(email).await;
    let program = site.program(entered["access_token"].as_str().unwrap());
    (program, entered["user"]["id"].as_str().unwrap().to_owned())
}

async fn try_to_log_in(site: &Site, address: &str, email: &str, password: &str) -> Response {
    let body = json!({ "email": email, "password": password });
    let post = site.stranger().post("/auth/login").json(&body);
    post.header("x-forwarded-for", address)
        .send()
        .await
        .unwrap()
}

/// Says something without waiting for the answer.
async fn send(program: &Caller, message: &str) -> Response {
    let post = program.post("/chat/").header("prefer", "respond-async");
    post.json(&json!({ "message": message }))
        .send()
        .await
        .unwrap()
}

async fn say(program: &Caller, message: &str) -> Response {
    let post = program.post("/chat/").json(&json!({ "message": message }));
    post.send().await.unwrap()
}

/// Waits until the first words of a reply are on disk.
async fn wait_for_text(program: &Caller, place: &str) {
    for _ in 0..200 {
        if program.read(place).await["text"] == "one " {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("no text came");
}

fn retry_after(response: &Response) -> u64 {
    header(response, "retry-after").parse().unwrap()
}

/// Messages and tokens of that person today.
async fn of_user(db: &Db, user_id: &str) -> (i64, i64) {
    let scope = user_id.to_owned();
    let row = db
        .read(move |conn| budgets::get(conn, &scope))
        .await
        .unwrap();
    row.map_or((0, 0), |row| (row.messages, row.tokens))
}

async fn of_service(db: &Db) -> i64 {
    of_user(db, SERVICE).await.1
}

/// Messages and tokens of that person, as in their row and as in their replies.
async fn all_sums(db: &Db, user_id: &str) -> ((i64, i64), (i64, i64)) {
    let id = user_id.to_owned();
    let rows = db.read(move |conn| {
        let replies = messages::table
            .filter(messages::user_id.eq(id))
            .filter(messages::role.eq("assistant"));
        let columns = (messages::text, messages::reserved_tokens);
        Ok(replies
            .select(columns)
            .load::<(String, Option<i64>)>(conn)?)
    });
    let rows = rows.await.unwrap();
    // Stopped before anybody began: neither words nor tokens, and the message isn't counted.
    let counted = rows.iter().filter(|row| row.1 != Some(0)).count();
    let tokens = rows.iter().filter_map(|row| row.1).sum();
    (of_user(db, user_id).await, (counted as i64, tokens))
}

/// How many of that person's replies have tokens, and how many have none.
async fn reserved(db: &Db, user_id: &str) -> (usize, usize) {
    let user_id = user_id.to_owned();
    let rows = db.read(move |conn| {
        let replies = messages::table
            .filter(messages::user_id.eq(user_id))
            .filter(messages::role.eq("assistant"));
        Ok(replies
            .select(messages::reserved_tokens)
            .load::<Option<i64>>(conn)?)
    });
    let rows = rows.await.unwrap();
    let with = rows.iter().filter(|row| **row == Some(RESERVED_TOKENS));
    let without = rows.iter().filter(|row| row.is_none());
    (with.count(), without.count())
}

fn yesterday(conn: &mut autio::db::Conn) -> Result<(), autio::error::Error> {
    use autio::db::schema::budgets::dsl;
    let before = autio::db::now().date() - chrono::Days::new(1);
    diesel::update(dsl::budgets)
        .set(dsl::day.eq(before))
        .execute(conn)?;
    Ok(())
}
