//! Hostile text wherever text goes: a reply at every byte of its stream, messages, titles, names, values and queries.

use std::time::Duration;

use autio::chat::views;
use autio::db::messages;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::Tally;
use crate::corpus::PAYLOADS;
use crate::judge;
use crate::people::Person;
use crate::site::{PASSWORD, Site, header};
use crate::upstream::{Script, Upstream};

pub async fn everywhere() -> Vec<Tally> {
    let upstream = Upstream::start([Script::Echo(Duration::from_millis(2))]).await;
    let settings = [
        ("OPENAI_API_KEY", "k"),
        ("OPENAI_BASE_URL", upstream.base_url.as_str()),
    ];
    let site = Site::start_with(&settings).await;
    let person = Person::new(&site, "eve").await;
    vec![
        cut_at_every_byte(&site, &person).await,
        streamed(&person).await,
        elsewhere(&site, &person).await,
    ]
}

/// Each state that a reader can meet: the fragment of the stream for every beginning of every payload.
async fn cut_at_every_byte(site: &Site, person: &Person) -> Tally {
    let mut tally = Tally::new("hostile replies cut at every byte");
    let said = person.program().say("hello", None).await;
    let (user, id) = (
        person.user_id.clone(),
        said["message_id"].as_str().unwrap().to_owned(),
    );
    let row = site
        .app
        .db
        .read(move |conn| messages::get(conn, &user, &id));
    let row = row.await.unwrap();
    let work = move || {
        for payload in PAYLOADS {
            let ends = (1..=payload.len()).filter(|end| payload.is_char_boundary(*end));
            for end in ends {
                let html = views::partial_reply(&row, None, &payload[..end]);
                let wrong = judge::fragment(&html.unwrap());
                tally.hold(wrong.is_none(), || {
                    format!("{:?}: {wrong:?}", &payload[..end])
                });
            }
        }
        tally
    };
    tokio::task::spawn_blocking(work).await.unwrap()
}

/// Over the wire, one character at a time from the model's server: each event, then the page, the print and the branch.
async fn streamed(person: &Person) -> Tally {
    let mut tally = Tally::new("hostile messages and replies as they are shown");
    let [browser, htmx, program] = &person.callers;
    for group in PAYLOADS.chunks(12) {
        let all =
            group
                .iter()
                .filter(|payload| !payload.contains('\0'))
                .map(|payload| async move {
                    let mut shown = Vec::new();
                    let form = [("message", *payload)];
                    let posted = htmx.post("/chat/").form(&form).send().await.unwrap();
                    assert_eq!(posted.status(), 200, "{payload}");
                    let place = header(&posted, "hx-push-url").to_owned();
                    let html = posted.text().await.unwrap();
                    let events = html.split("hx-sse:connect=\"").nth(1).unwrap();
                    let events = events.split('"').next().unwrap().to_owned();
                    shown.push(html);
                    let stream = htmx
                        .get(&events)
                        .send()
                        .await
                        .unwrap()
                        .text()
                        .await
                        .unwrap();
                    let pieces = stream.split("\n\n").map(|event| {
                        let lines = event.lines().filter_map(|line| line.strip_prefix("data: "));
                        lines.collect::<Vec<_>>().join("\n")
                    });
                    shown.extend(pieces);
                    let message = events.strip_suffix("/events").unwrap();
                    for (caller, path) in [
                        (browser, place.clone()),
                        (browser, format!("{place}/print")),
                        (browser, "/chat/".to_owned()),
                        (browser, message.to_owned()),
                        (htmx, message.to_owned()),
                    ] {
                        shown.push(
                            caller
                                .get(&path)
                                .send()
                                .await
                                .unwrap()
                                .text()
                                .await
                                .unwrap(),
                        );
                    }
                    let reply = program.read(message).await["text"].clone();
                    (*payload, shown, reply)
                });
        for (payload, shown, reply) in join_all(all).await {
            // It said what it was to say, else nothing was tried.
            let echoed = reply.as_str().unwrap_or_default();
            tally.hold(echoed.trim() == payload.trim(), || {
                format!("{payload:?} came as {reply}")
            });
            for html in shown {
                let wrong = judge(&html);
                tally.hold(wrong.is_none(), || format!("{payload:?}: {wrong:?}"));
            }
        }
    }
    tally
}

fn judge(html: &str) -> Option<String> {
    match html.starts_with("<!doctype") {
        true => judge::page(html),
        false => judge::fragment(html),
    }
}

/// Titles, tokens, emails, needs, settings, drafts and queries, each with what comes back.
async fn elsewhere(site: &Site, person: &Person) -> Tally {
    let mut tally = Tally::new("hostile titles, names, values and queries");
    let [browser, htmx, program] = &person.callers;
    let said = program.say("a hybrid SUV", None).await;
    let chat = format!("/chat/{}", said["conversation_id"].as_str().unwrap());
    for (number, payload) in PAYLOADS.into_iter().enumerate() {
        // In turn: the two differ in what is around the text.
        let caller = [browser, htmx][number % 2];
        let mut pages: Vec<String> = Vec::new();
        let token = json!({ "name": payload.chars().take(60).collect::<String>() });
        let made = program
            .post("/auth/tokens")
            .json(&token)
            .send()
            .await
            .unwrap();
        let made: Value = made.json().await.unwrap();
        let posts: [(&str, &[(&str, &str)]); 9] = [
            (&chat, &[("title", payload)]),
            (
                &format!("{chat}/needs"),
                &[("field", "make"), ("value", payload)],
            ),
            (
                &format!("{chat}/needs"),
                &[("id", payload), ("value", payload)],
            ),
            (
                "/auth/me",
                &[
                    ("section", "driving"),
                    ("miles_per_year", payload),
                    ("regular_usd", payload),
                ],
            ),
            ("/auth/me", &[("section", payload), ("theme", payload)]),
            ("/auth/email", &[("email", payload), ("password", payload)]),
            (
                "/auth/tokens",
                &[("name", payload), ("expires_in_days", payload)],
            ),
            (
                "/auth/login",
                &[("email", payload), ("password", "x"), ("next", payload)],
            ),
            (
                "/chat/",
                &[
                    ("message", ""),
                    ("conversation_id", payload),
                    ("replaces", payload),
                ],
            ),
        ];
        let posted = posts.map(|(path, form)| caller.post(path).form(form).send());
        for answer in join_all(posted).await {
            pages.push(answer.unwrap().text().await.unwrap());
        }
        for path in ["/auth/me", &chat, "/chat/", "/auth/sessions"] {
            pages.push(
                browser
                    .get(path)
                    .send()
                    .await
                    .unwrap()
                    .text()
                    .await
                    .unwrap(),
            );
        }
        if let Some(id) = made["id"].as_str() {
            program
                .delete(&format!("/auth/tokens/{id}"))
                .send()
                .await
                .unwrap();
        }
        let queries = [
            ("/chat/search", "q"),
            ("/chat/", "draft"),
            ("/chat/", "deleted"),
            ("/chat/", "cursor"),
            ("/cars", "q"),
            ("/cars", "makes"),
            ("/cars", "budget_max"),
            ("/cars", "sort"),
            ("/cars", "cursor"),
            ("/cars/compare", "ids"),
            ("/cars/2022-toyota-rav4-44992", "miles_per_year"),
            ("/login", "next"),
            ("/auth/me", "done"),
            ("/nowhere", "x"),
        ];
        let asked = queries.map(|(path, name)| caller.get(path).query(&[(name, payload)]).send());
        for answer in join_all(asked).await {
            pages.push(answer.unwrap().text().await.unwrap());
        }
        for html in pages.iter().filter(|html| !html.starts_with('{')) {
            let wrong = judge(html);
            tally.hold(wrong.is_none(), || format!("{payload:?}: {wrong:?}"));
        }
    }
    // Emails that are odd and may all the same be some.
    for (number, local) in [
        "\"<script>alert(1)</script>\"",
        "\"><img/src=x>\"",
        "a'onclick=alert(1)'",
        "{{7*7}}",
        "<b>",
    ]
    .iter()
    .enumerate()
    {
        let email = format!("{local}{number}@example.com").replace("\"0", "0\"");
        let body = [("email", email.as_str()), ("password", PASSWORD)];
        let visitor = site.browser();
        let answer = visitor
            .post("/auth/signup")
            .form(&body)
            .send()
            .await
            .unwrap();
        let html = answer.text().await.unwrap();
        let page = visitor
            .get("/auth/me")
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap();
        for html in [html, page] {
            let wrong = judge(&html);
            tally.hold(wrong.is_none(), || format!("{email}: {wrong:?}"));
        }
    }
    tally
}
