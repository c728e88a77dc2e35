//! Ten thousand bodies that are broken, wrong or too much: none is a fault of ours, and one process bears them all.

use std::convert::Infallible;
use std::fmt::Write;
use std::time::Duration;

use futures_util::future::join_all;
use reqwest::{Body, Client};
use serde_json::Value;
use tokio::io::AsyncWriteExt;

use crate::Tally;
use crate::process::{memory, start};
use crate::random::SplitMix;
use crate::raw::connect;
use crate::routes::{self, CAR, Ids, Route};
use crate::site::{Database, client};

const ALL: usize = 10_000;
const AT_ONCE: usize = 16;
/// In so many parts, after each of which is looked at what the process holds.
const PARTS: usize = 5;
/// How long after each that is: what was freed goes back to the system within a second.
const SETTLING: Duration = Duration::from_millis(1500);
/// What it may grow by in the last two parts, in MiB, once pools and threads are there.
const BOUND: u64 = 32;

pub async fn malformed() -> Vec<Tally> {
    let mut tally = Tally::new("bodies that can't be used");
    let database = Database::new();
    let process = start(&database, &[]).await;
    let http = client().build().unwrap();
    let token = process.sign_up(&http, "body@example.com").await;
    let sender = Sender {
        ids: belongings(&http, &process.base, &token).await,
        routes: routes::all()
            .iter()
            .filter(|route| route.is_unsafe() && !route.ends_sessions())
            .collect(),
        base: process.base.clone(),
        token,
        http,
    };
    let pid = process.child.id().expect("it runs");
    let mut failures = Vec::new();
    let mut held = Vec::new();
    for part in 0..PARTS {
        failures.extend(sender.send_many(part as u64, ALL / PARTS).await);
        tokio::time::sleep(SETTLING).await;
        held.push(memory(pid) / 1024);
    }
    let grown = held[PARTS - 1].saturating_sub(held[PARTS - 3]);
    tally.tried = ALL - failures.len();
    for failure in failures {
        tally.hold(false, || failure);
    }
    tally.hold(grown < BOUND, || format!("it grew: {held:?} MiB"));
    let me = sender.http.get(format!("{}/auth/me", sender.base));
    let me = me.bearer_auth(&sender.token).send().await;
    let lives = me.is_ok_and(|answer| answer.status() == 200);
    tally.hold(lives && process.child.id() == Some(pid), || {
        "the process is another".into()
    });
    let log = process.log();
    let panics = log.iter().filter(|line| line.contains("panicked"));
    let panics = panics.count();
    tally.hold(panics == 0, || format!("{panics} panics"));
    tally.note = format!("same process, which held {held:?} MiB after each 2,000");
    vec![tally]
}

/// Who sends them, as whom and where to.
struct Sender {
    http: Client,
    base: String,
    token: String,
    ids: Ids,
    routes: Vec<&'static Route>,
}

impl Sender {
    /// Some at a time; what was answered as it must not be.
    async fn send_many(&self, part: u64, count: usize) -> Vec<String> {
        let tries = (0..AT_ONCE).map(|worker| async move {
            let mut random = SplitMix(part * 1_000 + worker as u64);
            let mut failures = Vec::new();
            for number in 0..count / AT_ONCE {
                let route = self.routes[(number + worker) % self.routes.len()];
                let body = make(&mut random, route);
                let status = match random.below(40) {
                    0 => self.cut_off(route, &body).await,
                    way => self.send(route, &body, way, &mut random).await,
                };
                if !(200..500).contains(&status) {
                    let start = String::from_utf8_lossy(&body[..body.len().min(300)]);
                    let (method, pattern) = (&route.method, &route.pattern);
                    failures.push(format!("{method} {pattern}: {status} for {start}"));
                }
            }
            failures
        });
        join_all(tries).await.into_iter().flatten().collect()
    }

    async fn send(&self, route: &Route, body: &[u8], way: usize, random: &mut SplitMix) -> u16 {
        let kind = match (way, body.first()) {
            (1..=4, _) => random.pick(&KINDS),
            (_, Some(b'{' | b'[')) => KINDS[0],
            _ => random.pick(&[KINDS[0], KINDS[1]]),
        };
        let key = random.pick(&["", "k", "\"k\"", "ключ"]);
        let request = || {
            let address = format!("{}{}", self.base, route.path(&self.ids));
            let mut request = self.http.request(route.method.clone(), address);
            // Nobody waits for an answer here.
            request = request
                .bearer_auth(&self.token)
                .header("prefer", "respond-async");
            if !kind.is_empty() {
                request = request.header("content-type", kind);
            }
            if way == 5 {
                request = request.header("idempotency-key", key.as_bytes());
            }
            if !way.is_multiple_of(4) {
                return request.body(body.to_vec());
            }
            // Without a length, in chunks.
            let pieces = body
                .chunks(97)
                .map(|piece| Ok::<_, Infallible>(piece.to_vec()));
            let pieces: Vec<_> = pieces.collect();
            request.body(Body::wrap_stream(futures_util::stream::iter(pieces)))
        };
        // A connection may be closed while the next request goes into it; not twice, but on what is too much.
        for _ in 0..2 {
            if let Ok(answer) = request().send().await {
                return answer.status().as_u16();
            }
        }
        if body.len() > 4_096 { 413 } else { 0 }
    }

    /// Says that more comes than does, and goes away.
    async fn cut_off(&self, route: &Route, body: &[u8]) -> u16 {
        let head = format!(
            "{} {} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            route.method,
            route.path(&self.ids),
            self.token,
            body.len() + 10
        );
        let mut socket = connect(&self.base).await;
        socket.write_all(head.as_bytes()).await.ok();
        socket.write_all(body).await.ok();
        200
    }
}

/// A conversation to break, and ids of nothing for the rest: what is ended would shut out whoever sends the rest.
async fn belongings(http: &Client, base: &str, token: &str) -> Ids {
    let said = http.post(format!("{base}/chat/")).bearer_auth(token);
    let said = said.json(&serde_json::json!({ "message": "a van" })).send();
    let said: Value = said.await.unwrap().json().await.unwrap();
    Ids {
        conversation: said["conversation_id"].as_str().unwrap().to_owned(),
        message: said["message_id"].as_str().unwrap().to_owned(),
        ..Ids::of_nothing()
    }
}

const KINDS: [&str; 9] = [
    "application/json",
    "application/x-www-form-urlencoded",
    "text/plain",
    "application/json; charset=utf-16",
    "multipart/form-data; boundary=x",
    "application/octet-stream",
    "APPLICATION/JSON",
    "application/json, text/html",
    "",
];

const FIELDS: [&str; 29] = [
    "message",
    "conversation_id",
    "replaces",
    "title",
    "head",
    "id",
    "field",
    "value",
    "name",
    "expires_in_days",
    "email",
    "username",
    "password",
    "grant_type",
    "next",
    "current_password",
    "new_password",
    "knowledge",
    "theme",
    "units",
    "miles_per_year",
    "city_percent",
    "regular_usd",
    "section",
    "form_key",
    "is_active",
    "",
    "__proto__",
    "a",
];

/// A body: most are the one that the route takes, and then something happens to it.
fn make(random: &mut SplitMix, route: &Route) -> Vec<u8> {
    let mut text = match random.below(8) {
        0 => deep(random),
        1 => raw(random),
        2 => form(random, route),
        _ => {
            let mut object = route.body();
            // What is right so far that it costs a hash or a reply is made now and then.
            if random.below(12) > 0 {
                for field in ["password", "current_password", "message"] {
                    if object.get(field).is_some() {
                        object[field] = "".into();
                    }
                }
            }
            for _ in 0..random.below(4) + 1 {
                let field = random.pick(&FIELDS);
                object[field] = value(random, 0);
            }
            let json = object.to_string();
            // Numbers, surrogates and keys that serde_json wouldn't write.
            match random.below(6) {
                0 => json
                    .replacen(':', &format!(":{},\"x\":", odd(random)), 1)
                    .into_bytes(),
                1 => json
                    .replacen(
                        '}',
                        &format!(",\"{}\":{}}}", random.pick(&FIELDS), odd(random)),
                        1,
                    )
                    .into_bytes(),
                _ => json.into_bytes(),
            }
        }
    };
    for _ in 0..random.below(3) {
        if text.is_empty() {
            break;
        }
        let at = random.below(text.len());
        match random.below(5) {
            0 => text[at] = random.next() as u8,
            1 => text.truncate(at),
            2 => text.insert(at, random.next() as u8),
            3 => text.splice(at..at, [0xed, 0xa0, 0x80]).for_each(drop),
            _ => text.splice(at..at, *b"\0").for_each(drop),
        }
    }
    // Now and then more than any route takes.
    if random.below(60) == 0 {
        text.extend(std::iter::repeat_n(b' ', 70_000));
    }
    text
}

fn odd(random: &mut SplitMix) -> &'static str {
    random.pick(&[
        "1e400",
        "-1e400",
        "1e-400",
        "99999999999999999999999999999999",
        "-0",
        "0.1e1",
        "\"\\ud800\"",
        "\"\\udc00\\ud800\"",
        "\"\\u0000\"",
        "NaN",
        "Infinity",
        "01",
        "+1",
        "\"\\x\"",
        "nul",
        "\"\u{1}\"",
        "'a'",
        "/**/1",
        "9223372036854775808",
        "2147483648",
        "-2147483649",
        "4294967296",
        "18446744073709551616",
    ])
}

fn value(random: &mut SplitMix, depth: usize) -> Value {
    match random.below(if depth < 3 { 13 } else { 9 }) {
        0 => Value::Null,
        1 => (random.below(2) == 0).into(),
        2 => (random.next() as i64).into(),
        3 => (random.below(100) as i64 - 50).into(),
        4 => ((random.next() as i64) as f64 / 1000.0).into(),
        5 => "x".repeat(random.below(9_000)).into(),
        6 => CAR.into(),
        7 | 8 => random
            .pick(&[
                "", " ", "\0", "a\0b", "\u{feff}", "\u{202e}evil", "null", "true", "-1", "1e999", "NaN", "%00", "' OR 1=1 --",
                "\u{10ffff}", "\n", "..", "{{7*7}}", "${x}", "<script>", "budget_max", "seats_min", "ALL", "9999999999999999999999999999999999999999",
                "\u{0345}\u{0345}\u{0345}", "ﷺ", "İ", "under $9e9", "between 1 and 0 seats", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            ])
            .into(),
        9 | 10 => (0..random.below(5)).map(|_| value(random, depth + 1)).collect(),
        _ => {
            let mut object = serde_json::Map::new();
            for _ in 0..random.below(5) {
                object.insert(random.pick(&FIELDS).to_owned(), value(random, depth + 1));
            }
            object.into()
        }
    }
}

fn deep(random: &mut SplitMix) -> Vec<u8> {
    let field = random.pick(&FIELDS);
    let depth = random.below(20_000);
    let (open, close) = match random.below(2) {
        0 => ("[", "]"),
        _ => ("{\"a\":", "}"),
    };
    let closes = if random.below(2) == 0 { depth } else { 0 };
    format!(
        "{{\"{field}\":{}1{}}}",
        open.repeat(depth),
        close.repeat(closes)
    )
    .into_bytes()
}

fn raw(random: &mut SplitMix) -> Vec<u8> {
    (0..random.below(300))
        .map(|_| random.next() as u8)
        .collect()
}

fn form(random: &mut SplitMix, route: &Route) -> Vec<u8> {
    let mut text = String::new();
    for (field, given) in route.body().as_object().unwrap() {
        let is_dear = field.contains("password") || field == "message";
        let given = if is_dear {
            ""
        } else {
            given.as_str().unwrap_or("1")
        };
        write!(text, "{field}={given}&").unwrap();
    }
    for _ in 0..random.below(4) {
        let value = random.pick(&[
            "", "%", "%zz", "%00", "%ff%fe", "%ed%a0%80", "+", "a=b", "[]", "-1", "1e400", "99999999999999999999999999999999999999999999999999999999999999999999999999999999999999999", "%u0041", ";",
        ]);
        write!(text, "{}={value}&", random.pick(&FIELDS)).unwrap();
    }
    text.into_bytes()
}
