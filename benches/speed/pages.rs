//! What pages cost: the messages of a chat page, a search of the whole catalogue, and a file from memory.

use std::sync::Arc;
use std::time::{Duration, Instant};

use autio::advisor::catalogue::answer;
use autio::advisor::{self, CATALOGUE_MODEL, Knowledge, Turn};
use autio::cars::Catalogue;
use autio::cars::search::{Filter, search};
use autio::chat::views::{self, MessageView};
use autio::db::messages::{Message, Role};
use autio::web::view::Html;
use serde_json::json;

use crate::load::{self, median};
use crate::table::ms;
use crate::{Bench, message, process, upstream, wire};

const MESSAGES: usize = 100;
/// So many of them are on the page before somebody asks for the earlier ones.
const SHOWN: usize = 20;
const TIMES: usize = 200;
const PAGE: Duration = Duration::from_millis(1);
const SEARCH: Duration = Duration::from_millis(2);
/// The page over the wire, compressed.
const BYTES: usize = 40 * 1024;

pub async fn run(bench: &mut Bench) {
    let catalogue = Arc::new(Catalogue::built_in().expect("the built-in catalogue"));
    let asked = "A family SUV under $40,000 with all-wheel drive and good mileage";
    for (who, is_ours) in [("a model", false), ("the built-in advisor", true)] {
        let messages = conversation(&catalogue, asked, is_ours);
        let render_all = |messages: &[Message]| {
            let rendered = messages.iter().map(|message| render(message).len());
            rendered.sum::<usize>()
        };
        let page = time(|| render_all(&messages[MESSAGES - SHOWN..]));
        let all = time(|| render_all(&messages));
        bench.table.check(
            &format!("the page of a conversation of {MESSAGES} messages rendered, {who}'s"),
            ms(page),
            format!(
                "the newest {SHOWN} are on it; {} for all {MESSAGES}",
                ms(all)
            ),
            "well under 1 ms",
            page < PAGE,
        );
    }
    let everything = Filter {
        year_min: Some(2015),
        ..Filter::default()
    };
    let narrow: Filter = serde_json::from_value(json!({
        "bodies": ["suv"], "drives": ["awd", "4wd"], "budget_max": 40_000, "year_min": 2015, "seats_min": 7
    }))
    .expect("a filter");
    let nothing = Filter {
        budget_max: Some(9_000),
        seats_min: Some(8),
        stars_min: Some(5),
        ..everything.clone()
    };
    for (what, filter) in [
        ("no limit", everything),
        ("five limits", narrow),
        ("nothing fits, and what would", nothing),
    ] {
        let took = time(|| search(&catalogue, &filter, 20).total);
        bench.table.check(
            &format!("search of all {} cars, {what}", catalogue.len()),
            ms(took),
            String::new(),
            "under 2 ms",
            took < SEARCH,
        );
    }
    serve(bench, asked).await;
}

/// A question and an answer, fifty times.
fn conversation(catalogue: &Catalogue, asked: &str, is_ours: bool) -> Vec<Message> {
    let turn = Turn {
        message_id: "m".into(),
        role: advisor::Role::User,
        text: asked.into(),
        edits: Vec::new(),
    };
    let made = answer(catalogue, &[turn], Knowledge::Casual);
    let said = format!(
        "{}\n\n* **RAV4 Hybrid**: easy on fuel\n* **CR-V Hybrid**: more room\n\n{}",
        upstream::TEXT,
        upstream::TEXT
    );
    let shown = |number: usize| {
        let is_user = number.is_multiple_of(2);
        let reply = |text: String| (!is_user && is_ours).then_some(text);
        let json = |value| serde_json::to_string(&value).expect("JSON");
        let model = if is_ours { CATALOGUE_MODEL } else { "m" };
        let role = if is_user { Role::User } else { Role::Assistant };
        let text = match (is_user, is_ours) {
            (true, _) => asked.to_owned(),
            (false, true) => made.text.clone(),
            (false, false) => said.clone(),
        };
        Message {
            model: (!is_user).then(|| model.to_owned()),
            cars: reply(json(json!(made.cars))),
            needs: reply(json(json!(made.needs))),
            catalogue: Some(catalogue.version.clone()),
            ..message::finished(format!("m{number}"), role, text)
        }
    };
    (0..MESSAGES).map(shown).collect()
}

fn render(message: &Message) -> String {
    match views::message(MessageView::of(message, None)).expect("it renders") {
        Html::Body(html) | Html::GoTo(html) => html,
    }
}

/// What it takes as a rule.
fn time(mut run: impl FnMut() -> usize) -> Duration {
    let took = (0..TIMES).map(|_| {
        let begun = Instant::now();
        std::hint::black_box(run());
        begun.elapsed()
    });
    median(took.collect())
}

/// Whole requests to a server.
async fn serve(bench: &mut Bench, asked: &str) {
    let autio = process::autio(&bench.folder("pages"), &[]).await;
    let bearer = autio.sign_up(0).await;
    let mut wire = wire::Wire::open(autio.addr)
        .await
        .expect("it takes connections");
    let mut conversation = None::<String>;
    for _ in 0..MESSAGES / 2 {
        let body = json!({ "message": asked, "conversation_id": conversation });
        let answer = wire
            .ask(&wire::post("/chat/", &bearer, &body))
            .await
            .expect("an answer");
        assert_eq!(answer.status, 200);
        conversation = answer.json()["conversation_id"].as_str().map(str::to_owned);
    }
    // A program's token gets JSON, so the browser's cookie.
    let form = [
        ("email", "person-0@example.com"),
        ("password", process::PASSWORD),
    ];
    let form = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(form)
        .finish();
    let head = format!(
        "POST /auth/login HTTP/1.1\r\nhost: localhost\r\naccept: text/html\r\nsec-fetch-site: same-origin\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{form}",
        form.len()
    );
    let entered = wire.ask(head.as_bytes()).await.expect("an answer");
    let cookies = entered
        .head
        .lines()
        .filter_map(|line| line.strip_prefix("set-cookie: "));
    let cookies: Vec<&str> = cookies
        .filter_map(|cookie| cookie.split(';').next())
        .collect();
    let headers = format!(
        "cookie: {}\r\naccept: text/html\r\naccept-encoding: gzip\r\n",
        cookies.join("; ")
    );
    let page = wire::get(
        &format!("/chat/{}", conversation.expect("a conversation")),
        &headers,
    );
    let plain = String::from_utf8_lossy(&page).replace("accept-encoding: gzip\r\n", "");
    let html = wire.ask(plain.as_bytes()).await.expect("a page").body;
    let html = String::from_utf8(html).expect("UTF-8");
    assert_eq!(html.matches("<article class=\"message").count(), SHOWN);
    let first = wire.ask(&page).await.expect("a page");
    assert_eq!(first.status, 200, "{}", first.head);
    bench.table.check(
        "the chat page over the wire",
        format!("{:.1} KiB", first.body.len() as f64 / 1024.0),
        format!("{MESSAGES} messages, of which the newest {SHOWN} are on it"),
        "under 40 KiB",
        first.body.len() < BYTES,
    );
    let before = autio.cpu();
    for _ in 0..TIMES {
        wire.ask(&page).await.expect("a page");
    }
    let each = (autio.cpu() - before) / TIMES as u32;
    bench.table.note(
        "the whole of it, CPU of the server",
        ms(each),
        "session, database, page, compression".into(),
    );
    let html = wire
        .ask(&wire::get("/", "accept: text/html\r\n"))
        .await
        .expect("a page");
    let html = String::from_utf8(html.body).expect("UTF-8");
    let css = html
        .split('"')
        .find(|part| part.starts_with("/static/app.") && part.ends_with(".css"));
    let file = wire::get(css.expect("a style sheet"), "accept-encoding: gzip\r\n");
    let before = autio.cpu();
    let load = load::run(autio.addr, &[file], 32, Duration::from_secs(3)).await;
    let busy = (autio.cpu() - before).as_secs_f64() / 3.0;
    bench.table.note(
        "static files a second, 32 at a time",
        format!("{:.0}", load.rate),
        format!("from memory, compressed once; {busy:.1} cores"),
    );
    autio.end().await;
}
