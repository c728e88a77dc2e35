//! The list of conversations: titles, paging at a thousand, and deleting with the way back, as program, browser, htmx and
//! stranger.

use std::time::Duration;

use autio::chat::bin;
use autio::db::conversations::{self, Conversation};
use autio::db::messages::{self, NewMessage};
use autio::db::{self, schema, users};
use diesel::prelude::*;
use serde_json::{Value, json};

use crate::site::{Caller, Site, header};
use crate::upstream::{Script, Upstream};

async fn status(request: reqwest::RequestBuilder) -> u16 {
    request.send().await.unwrap().status().as_u16()
}

async fn conversation(program: &Caller, words: &str) -> (String, Value) {
    let answer = program.say(words, None).await;
    let id = answer["conversation_id"].as_str().unwrap().to_owned();
    (id, answer)
}

#[tokio::test]
async fn a_conversation_is_called_after_its_first_needs_unless_the_person_named_it() {
    let site = Site::start().await;
    let program = site.new_program().await;
    let title = async |id: &str| program.read(&format!("/chat/{id}")).await["title"].clone();

    let (id, _) = conversation(&program, "Hello there, good morning").await;
    assert_eq!(title(&id).await, "Hello there, good morning");
    program
        .say("a hybrid SUV with all-wheel drive under $35,000", Some(&id))
        .await;
    assert_eq!(title(&id).await, "Hybrid SUV, AWD, under $35,000");
    program.say("rather a wagon", Some(&id)).await;
    assert_eq!(title(&id).await, "Hybrid SUV, AWD, under $35,000");
    let list = program.read("/chat/").await;
    assert_eq!(
        list["conversations"][0]["title"],
        "Hybrid SUV, AWD, under $35,000"
    );

    let (id, _) = conversation(&program, "Hi!").await;
    let rename = || program.patch(&format!("/chat/{id}"));
    for title in ["turned \u{202e}around", "\u{2060}", "  ", "a\nb"] {
        let refused = status(rename().json(&json!({ "title": title }))).await;
        assert_eq!(refused, 422, "{title:?}");
    }
    assert_eq!(
        status(rename().json(&json!({ "title": "Mum's" }))).await,
        200
    );
    program.say("an electric car", Some(&id)).await;
    assert_eq!(title(&id).await, "Mum's");
}

#[tokio::test]
async fn the_page_that_follows_a_reply_gets_its_title() {
    let site = Site::start().await;
    let email = "titles@example.com";
    site.sign_up(email).await;
    let htmx = site.htmx();
    htmx.log_in(email).await;
    let form = [("message", "a hybrid minivan please")];
    let posted = htmx.post("/chat/").form(&form).send().await.unwrap();
    let place = header(&posted, "hx-push-url").to_owned();
    let html = posted.text().await.unwrap();
    assert!(html.contains("id=\"talk-title\" class=\"talk-title\">a hybrid minivan please"));
    assert!(html.contains(&format!(
        "<a href=\"{place}#latest\" aria-current=\"page\">"
    )));
    let reply = html.split("/chat/messages/").nth(1).unwrap();
    let events = format!("/chat/messages/{}/events", &reply[..36]);
    let events = htmx.get(&events).send().await.unwrap();
    let events = events.text().await.unwrap();
    for target in ["#talk-title", "title", "#c-", "#new-title"] {
        assert!(
            events.contains(&format!("hx-target=\"{target}")),
            "{target}"
        );
    }
    assert!(events.contains(">Hybrid minivan</"), "{events}");
}

#[tokio::test]
async fn what_is_deleted_is_nowhere_and_comes_back_as_it_was() {
    let site = Site::start().await;
    let program = site.new_program().await;
    let (id, answer) = conversation(&program, "a diesel pickup, nothing but a diesel").await;
    let (place, reply) = (
        format!("/chat/{id}"),
        answer["message_id"].as_str().unwrap(),
    );
    let key = json!({ "message": "a coupe", "conversation_id": id });
    let keyed = || {
        let request = program.post("/chat/").header("idempotency-key", "k1");
        request.json(&key)
    };
    assert_eq!(status(keyed()).await, 200);
    let before = program.read(&place).await;

    // Others can't, and don't learn that it is there.
    let somebody = site.new_program().await;
    let restore = format!("{place}/restore");
    assert_eq!(status(somebody.delete(&place)).await, 404);
    assert_eq!(status(site.stranger().delete(&place)).await, 401);
    assert_eq!(
        status(program.post(&restore)).await,
        404,
        "it isn't deleted"
    );

    assert_eq!(status(program.delete(&place)).await, 204);
    assert_eq!(status(program.delete(&place)).await, 404);
    let message = format!("/chat/messages/{reply}");
    for path in [
        place.clone(),
        format!("{place}/export?format=md"),
        format!("{place}/export?format=json"),
        format!("{place}/print"),
        message.clone(),
        format!("{message}/events"),
    ] {
        assert_eq!(status(program.get(&path)).await, 404, "{path}");
    }
    for path in [format!("{message}/stop"), format!("{message}/retry")] {
        assert_eq!(status(program.post(&path)).await, 404, "{path}");
    }
    let title = json!({ "title": "x" });
    assert_eq!(status(program.patch(&place).json(&title)).await, 404);
    let need = json!({ "field": "fuel", "value": "hybrid" });
    let needs = format!("{place}/needs");
    assert_eq!(status(program.patch(&needs).json(&need)).await, 404);
    assert_eq!(status(keyed()).await, 404, "the same request again");
    let more = json!({ "message": "go on", "conversation_id": id });
    assert_eq!(status(program.post("/chat/").json(&more)).await, 404);
    let edit = json!({ "message": "go on", "replaces": before["messages"][0]["id"] });
    assert_eq!(status(program.post("/chat/").json(&edit)).await, 404);
    assert_eq!(program.read("/chat/").await["conversations"], json!([]));
    assert_eq!(
        program.read("/chat/search?q=pickup").await["results"],
        json!([])
    );

    assert_eq!(status(somebody.post(&restore)).await, 404);
    assert_eq!(status(site.stranger().post(&restore)).await, 401);
    let back: Value = program
        .post(&restore)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(back, before);
    assert_eq!(program.read(&place).await, before);
    assert_eq!(status(keyed()).await, 200);

    // After ten minutes it is gone for good, and what isn't deleted stays.
    let (other, _) = conversation(&program, "a wagon").await;
    assert_eq!(status(program.delete(&place)).await, 204);
    bin::empty(&site.app, bin::since()).await.unwrap();
    assert_eq!(status(program.post(&restore)).await, 200);
    assert_eq!(status(program.delete(&place)).await, 204);
    let later = db::now() + Duration::from_secs(1);
    bin::empty(&site.app, later).await.unwrap();
    assert_eq!(status(program.post(&restore)).await, 404);
    assert_eq!(status(program.get(&format!("/chat/{other}"))).await, 200);
    let left = site.app.db.read(move |conn| {
        let of_it = schema::messages::table.filter(schema::messages::conversation_id.eq(id));
        Ok(of_it.count().get_result::<i64>(conn)?)
    });
    assert_eq!(left.await.unwrap(), 0);
}

#[tokio::test]
async fn a_reply_that_runs_is_stopped_with_its_conversation() {
    let slow = Script::Say("one two three four five", Duration::from_secs(1));
    let upstream = Upstream::start([slow]).await;
    let settings = [
        ("OPENAI_API_KEY", "k"),
        ("OPENAI_BASE_URL", upstream.base_url.as_str()),
    ];
    let site = Site::start_with(&settings).await;
    let program = site.new_program().await;
    let body = json!({ "message": "tell me" });
    let request = program.post("/chat/").header("prefer", "respond-async");
    let pending: Value = request
        .json(&body)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let message = format!("/chat/messages/{}", pending["message_id"].as_str().unwrap());
    while program.read(&message).await["text"] == "" {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let place = format!("/chat/{}", pending["conversation_id"].as_str().unwrap());
    assert_eq!(status(program.delete(&place)).await, 204);
    for _ in 0..100 {
        if upstream.broken_off_by_caller() > 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(upstream.broken_off_by_caller(), 1);
    assert_eq!(status(program.post(&format!("{place}/restore"))).await, 200);
    let message = program.read(&message).await;
    assert_eq!(message["status"], "stopped");
    assert!(message["text"].as_str().unwrap().starts_with("one"));
}

#[tokio::test]
async fn a_browser_deletes_takes_back_and_renames_with_forms_alone() {
    let site = Site::start().await;
    let email = "forms@example.com";
    let token = site.sign_up(email).await["access_token"].clone();
    let program = site.program(token.as_str().unwrap());
    let (id, _) = conversation(&program, "an <b>electric</b> wagon").await;
    for caller in [site.browser(), site.htmx()] {
        caller.log_in(email).await;
        let place = format!("/chat/{id}");
        let go = async |path: String, form: &[(&str, &str)]| {
            let answer = caller.post(&path).form(form).send().await.unwrap();
            [header(&answer, "location"), header(&answer, "hx-redirect")].concat()
        };
        let gone = go(format!("{place}/delete"), &[]).await;
        assert_eq!(gone, format!("/chat/?deleted={id}"));
        let page = caller
            .get(&gone)
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap();
        assert!(page.contains("“Electric wagon” was deleted."), "{page}");
        assert!(page.contains(&format!("action=\"{place}/restore\"")));
        assert_eq!(go(format!("{place}/restore"), &[]).await, place);
        let page = caller
            .get(&gone)
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap();
        assert!(!page.contains("was deleted"), "it is back");

        assert_eq!(go(place.clone(), &[("title", "Ours")]).await, place);
        assert_eq!(program.read(&place).await["title"], "Ours");
        let wrong = caller.post(&place).form(&[("title", "  ")]);
        let wrong = wrong.send().await.unwrap();
        assert_eq!(wrong.status(), 422);
        let wrong = wrong.text().await.unwrap();
        assert!(
            wrong.contains("Give a title of 1 to 120 characters that can be seen."),
            "{wrong}"
        );
        let first = json!({ "title": "Electric wagon" });
        assert_eq!(status(program.patch(&place).json(&first)).await, 200);
    }
}

#[tokio::test]
async fn a_thousand_conversations_come_page_by_page_each_once() {
    let site = Site::start().await;
    let email = "many@example.com";
    let token = site.sign_up(email).await["access_token"].clone();
    let program = site.program(token.as_str().unwrap());
    // Noon, so that a page never ends where a day does.
    let now = db::now().date().and_hms_opt(12, 0, 0).unwrap() - Duration::from_secs(86_400);
    let filled = site.app.db.write(move |conn| {
        let user = users::by_email(conn, email)?.unwrap();
        for number in 0..1000 {
            let at = now - Duration::from_secs(number * 3600);
            conversations::insert(
                conn,
                &Conversation {
                    id: db::new_id(),
                    user_id: user.id.clone(),
                    title: format!("Number {number}"),
                    head_id: None,
                    created_at: at,
                    updated_at: at,
                    is_titled: true,
                    deleted_at: None,
                    batch_id: None,
                },
            )?;
        }
        Ok(())
    });
    filled.await.unwrap();

    let mut titles = Vec::new();
    let mut path = "/chat/".to_owned();
    loop {
        let page = program.read(&path).await;
        let list = page["conversations"].as_array().unwrap();
        titles.extend(
            list.iter()
                .map(|one| one["title"].as_str().unwrap().to_owned()),
        );
        match page["next"].as_str() {
            Some(next) => path = format!("/chat/?cursor={next}"),
            None => break,
        }
    }
    let wanted: Vec<String> = (0..1000).map(|number| format!("Number {number}")).collect();
    assert_eq!(titles, wanted);

    let (browser, htmx) = (site.browser(), site.htmx());
    browser.log_in(email).await;
    htmx.log_in(email).await;
    let text = async |caller: &Caller, path: &str| {
        let answer = caller.get(path).send().await.unwrap();
        answer.text().await.unwrap()
    };
    let page = text(&browser, "/chat/").await;
    assert!(page.contains("<h3>Yesterday</h3>"));
    let next = page.split("href=\"/chat/?cursor=").nth(1).unwrap();
    let next = format!("/chat/?cursor={}", next.split('"').next().unwrap());
    let (whole, piece) = (text(&browser, &next).await, text(&htmx, &next).await);
    assert!(whole.contains("<!doctype html>") && whole.contains(">Number 50</a>"));
    assert!(whole.contains("Newest conversations"));
    assert!(!piece.contains("<html") && piece.contains(">Number 50</a>"));
    assert_eq!(piece.matches("<li ").count(), 50);
    // The day that goes on has its heading once.
    assert_eq!(
        whole.matches("<h3>").count(),
        piece.matches("<h3>").count() + 1
    );
}

#[tokio::test]
async fn the_last_question_comes_with_short_answers_and_cards_know_what_is_kept() {
    let site = Site::start().await;
    let email = "answers@example.com";
    let token = site.sign_up(email).await["access_token"].clone();
    let program = site.program(token.as_str().unwrap());
    let (id, answer) = conversation(&program, "an SUV").await;
    let offered = answer["suggestions"].as_array().unwrap();
    assert!((2..=5).contains(&offered.len()), "{answer}");
    let again = program.say(offered[0].as_str().unwrap(), Some(&id)).await;
    assert!(again["needs"].as_array().unwrap().len() > answer["needs"].as_array().unwrap().len());

    let browser = site.browser();
    browser.log_in(email).await;
    let page = async || {
        let page = browser.get(&format!("/chat/{id}")).send().await.unwrap();
        page.text().await.unwrap()
    };
    // Those of the last answer alone.
    let count = again["suggestions"].as_array().unwrap().len();
    let first = page().await;
    let form = first.split("class=\"suggestions\"").nth(1).unwrap();
    let form = form.split("</form>").next().unwrap();
    assert_eq!(form.matches("<button").count(), count);
    assert_eq!(first.matches("class=\"suggestions\"").count(), 1);

    let car = again["cars"][0]["id"].as_str().unwrap();
    let drop = format!("action=\"/shortlist/{car}/drop\"");
    assert!(!first.contains(&drop));
    assert_eq!(status(program.put(&format!("/shortlist/{car}"))).await, 201);
    assert!(page().await.contains(&drop));
    let events = format!(
        "/chat/messages/{}/events",
        again["message_id"].as_str().unwrap()
    );
    let htmx = site.htmx();
    htmx.log_in(email).await;
    let events = htmx.get(&events).send().await.unwrap();
    assert!(events.text().await.unwrap().contains(&drop));
}

#[tokio::test]
async fn of_a_long_conversation_a_page_shows_the_end_and_the_way_back() {
    let site = Site::start().await;
    let email = "long@example.com";
    let token = site.sign_up(email).await["access_token"].clone();
    let program = site.program(token.as_str().unwrap());
    let (id, answer) = conversation(&program, "a hybrid SUV").await;
    let (conversation_id, mut parent) = (
        id.clone(),
        answer["message_id"].as_str().unwrap().to_owned(),
    );
    let filled = site.app.db.write(move |conn| {
        let user = users::by_email(conn, email)?.unwrap();
        for number in 3..=500 {
            let message = NewMessage {
                id: db::new_id(),
                user_id: user.id.clone(),
                conversation_id: conversation_id.clone(),
                parent_id: Some(parent),
                role: if number % 2 == 1 { "user" } else { "assistant" },
                text: format!("Number {number}"),
                timestamp: db::now(),
                status: "done",
                reserved_tokens: None,
                request_id: None,
                traceparent: None,
            };
            messages::insert(conn, &message)?;
            parent = message.id;
        }
        conversations::set_head(conn, &user.id, &conversation_id, &parent, db::now())
    });
    filled.await.unwrap();

    let whole = program.read(&format!("/chat/{id}")).await;
    let all = whole["messages"].as_array().unwrap();
    assert_eq!(all.len(), 500, "programs get all of it");
    let browser = site.browser();
    browser.log_in(email).await;
    let htmx = site.htmx();
    htmx.log_in(email).await;
    let shown = async |caller: &Caller, more: &str| {
        let answer = caller
            .get(&format!("/chat/{id}{more}"))
            .send()
            .await
            .unwrap();
        let html = answer.text().await.unwrap();
        let articles = html.split("<article class=\"message").skip(1);
        let ids = articles.map(|one| one.split("id=\"m-").nth(1).unwrap()[..36].to_owned());
        (ids.collect::<Vec<_>>(), html)
    };
    let ids = |from: usize, to: usize| -> Vec<String> {
        let some = all[from..to].iter();
        some.map(|message| message["id"].as_str().unwrap().to_owned())
            .collect()
    };
    let (last, html) = shown(&browser, "").await;
    assert_eq!(last, ids(480, 500));
    assert!(
        html.matches("id=\"latest\"").count() == 1,
        "the way from the list ends there"
    );
    let (first, before) = (&ids(480, 481)[0], &ids(430, 431)[0]);
    assert!(html.contains(&format!("href=\"/chat/{id}?at={before}#m-{first}\"")));
    assert!(html.contains("Earlier messages (480)"));
    // Without JavaScript the same link brings a longer page, with htmx just what is missing.
    assert_eq!(
        shown(&browser, &format!("?at={before}")).await.0,
        ids(430, 500)
    );
    let (earlier, html) = shown(&htmx, &format!("?before={first}")).await;
    assert_eq!(earlier, ids(430, 480));
    assert!(html.contains("Earlier messages (430)") && !html.contains("<html"));
    let (all_of_it, html) = shown(&browser, &format!("?at={}", ids(0, 1)[0])).await;
    assert_eq!(
        (all_of_it.len(), html.contains("Earlier messages")),
        (500, false)
    );
    // Nobody else's, and nothing that isn't there, changes what is shown.
    let never = "01900000-0000-7000-8000-000000000000";
    assert_eq!(shown(&browser, &format!("?at={never}")).await.0.len(), 20);
    assert_eq!(shown(&browser, "?at=x").await.0.len(), 20);
}
