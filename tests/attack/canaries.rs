//! Secrets planted through a whole run at the most talkative log: none of them may turn up where it doesn't belong.

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use reqwest::Response;
use serde_json::{Value, json};

use crate::Tally;
use crate::process::{Process, start};
use crate::site::{Database, client};
use crate::upstream::{Script, Upstream};

const KEY: &str = "sk-canary-5e1f0c7b9d";
const JWT_SECRET: &str = "canary-signing-secret-0f9e8d7c6b5a4938";
const PREVIOUS_SECRET: &str = "canary-previous-secret-1a2b3c4d5e6f7081";
const PASSWORD: &str = "canary-heliotrope-wombat-41";
const NEW_PASSWORD: &str = "canary-persimmon-lantern-62";
const WRONG_PASSWORD: &str = "canary-wrong-teapot-83";
const NUMBER: u64 = 7_316_905_482_117;
const PROMPT: &str = "canary-prompt-marzipan";
const REPLY: &str = "canary-reply-gooseberry";
const EMAIL: &str = "canary-ann@example.com";

/// What came back, to be searched: status, headers and body.
struct Answers(Vec<String>);

impl Answers {
    async fn add(&mut self, response: Response) -> (Vec<String>, String) {
        let cookies = response.headers().get_all("set-cookie").iter();
        let cookies: Vec<String> = cookies
            .map(|value| {
                value
                    .to_str()
                    .unwrap()
                    .split(';')
                    .next()
                    .unwrap()
                    .to_owned()
            })
            .collect();
        let mut text = format!("{} {}", response.status(), response.url());
        for (name, value) in response.headers() {
            if name != "set-cookie" {
                text += &format!("\n{name}: {}", String::from_utf8_lossy(value.as_bytes()));
            }
        }
        let body = response.text().await.unwrap_or_default();
        self.0.push(format!("{text}\n\n{body}"));
        (cookies, body)
    }
}

pub async fn in_what_is_written() -> Vec<Tally> {
    let upstream = Upstream::start([Script::Say(REPLY, Duration::ZERO)]).await;
    let database = Database::new();
    let settings = [
        ("AUTIO_LOG", "debug,autio=trace"),
        ("JWT_SECRET", JWT_SECRET),
        ("JWT_SECRET_PREVIOUS", PREVIOUS_SECRET),
        ("OPENAI_API_KEY", KEY),
        ("OPENAI_BASE_URL", upstream.base_url.as_str()),
    ];
    let process = start(&database, &settings).await;
    let mut answers = Answers(Vec::new());
    let mut secrets = vec![
        ("the key", KEY.to_owned()),
        ("the secret", JWT_SECRET.to_owned()),
        ("the previous secret", PREVIOUS_SECRET.to_owned()),
        ("the password", PASSWORD.to_owned()),
        ("the new password", NEW_PASSWORD.to_owned()),
        ("a wrong password", WRONG_PASSWORD.to_owned()),
        ("a password that is a number", NUMBER.to_string()),
    ];
    let user_id = live(&process, &upstream, &mut answers, &mut secrets).await;

    let mut logs = Tally::new("secrets in the log");
    let log = process.log().join("\n");
    // It was as talkative as it was asked to be.
    logs.hold(log.contains("DEBUG") && log.contains("route="), || {
        "it says too little".into()
    });
    let private = [
        ("a prompt", PROMPT.to_owned()),
        ("a reply", REPLY.to_owned()),
        ("an email", EMAIL.to_owned()),
    ];
    for (name, secret) in secrets.iter().chain(&private) {
        let line = log
            .lines()
            .find(|line| forms(secret).iter().any(|form| line.contains(form)));
        logs.hold(line.is_none(), || format!("{name}: {line:?}"));
    }
    logs.note = format!("{} lines", log.lines().count());

    let mut back = Tally::new("secrets in answers and addresses");
    for answer in &answers.0 {
        for (name, secret) in &secrets {
            // The answers that hand a token out are for whoever asked for it.
            let is_handed_out = name.starts_with("a token") && answer.contains("token\":");
            let is_there = forms(secret).iter().any(|form| answer.contains(form));
            back.hold(!is_there || is_handed_out, || format!("{name} in {answer}"));
        }
        let address = answer
            .lines()
            .find(|line| line.to_lowercase().starts_with("location:"));
        let told = address.is_some_and(|line| line.contains("canary"));
        back.hold(!told, || format!("{address:?}"));
    }

    let mut sent = Tally::new("secrets sent to the model's server");
    let requests = upstream.requests();
    sent.hold(!requests.is_empty(), || "nothing was sent".into());
    for (head, body) in &requests {
        let body = body.to_string();
        sent.hold(body.contains(PROMPT) && head.contains(KEY), || {
            format!("{head} {body}")
        });
        let others = [
            ("the email", EMAIL.to_owned()),
            ("the user's id", user_id.clone()),
        ];
        for (name, secret) in secrets.iter().chain(&others) {
            let where_to = if *name == "the key" {
                body.clone()
            } else {
                format!("{head} {body}")
            };
            let is_there = forms(secret).iter().any(|form| where_to.contains(form));
            sent.hold(!is_there, || format!("{name} in {where_to}"));
        }
    }
    vec![logs, back, sent]
}

/// As it is, and as it may be wrapped.
fn forms(secret: &str) -> [String; 2] {
    // The middle of it, since what stands around changes the ends in base64.
    let inside = BASE64_STANDARD.encode(&secret[..secret.len() / 3 * 3]);
    [secret.to_owned(), inside]
}

/// A whole life with the site, good and bad.
async fn live(
    process: &Process,
    upstream: &Upstream,
    answers: &mut Answers,
    secrets: &mut Vec<(&'static str, String)>,
) -> String {
    let http = client()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let url = |path: &str| format!("{}{path}", process.base);
    let account = json!({ "email": EMAIL, "password": PASSWORD });
    let (_, body) = answers
        .add(
            http.post(url("/auth/signup"))
                .json(&account)
                .send()
                .await
                .unwrap(),
        )
        .await;
    let entered: Value = serde_json::from_str(&body).unwrap();
    let token = entered["access_token"].as_str().unwrap().to_owned();
    let user_id = entered["user"]["id"].as_str().unwrap().to_owned();
    secrets.push(("a token", token.clone()));

    // What is wrong in every way that a login and a signup can be.
    for body in [
        json!({ "email": EMAIL, "password": WRONG_PASSWORD }),
        json!({ "email": EMAIL, "password": NUMBER }),
        json!({ "email": EMAIL, "password": [WRONG_PASSWORD] }),
        json!({ "email": EMAIL, "password": { "a": WRONG_PASSWORD } }),
        json!({ "email": WRONG_PASSWORD, "password": WRONG_PASSWORD }),
        json!({ "grant_type": WRONG_PASSWORD, "username": EMAIL, "password": WRONG_PASSWORD }),
        json!({ "username": EMAIL, "email": EMAIL, "password": WRONG_PASSWORD }),
    ] {
        for path in ["/auth/login", "/auth/signup"] {
            let hidden = path == "/auth/signup" && body["email"] == WRONG_PASSWORD;
            let json = http.post(url(path)).json(&body).send().await.unwrap();
            answers.add(json).await;
            // What is typed where an email belongs stays in the form, as it should.
            if body["email"] == WRONG_PASSWORD || hidden || !body["password"].is_string() {
                continue;
            }
            for html in [("accept", "text/html"), ("hx-request", "true")] {
                let form = http.post(url(path)).form(&body).header(html.0, html.1);
                let form = form.header("sec-fetch-site", "same-origin");
                answers.add(form.send().await.unwrap()).await;
            }
        }
    }
    for broken in [
        format!("{{\"email\":\"{EMAIL}\",\"password\":\"{WRONG_PASSWORD}\""),
        format!("{{\"password\":{WRONG_PASSWORD}}}"),
        format!("{{\"password\":\"{WRONG_PASSWORD}\\ud800\"}}"),
    ] {
        let post = http
            .post(url("/auth/login"))
            .header("content-type", "application/json");
        answers.add(post.body(broken).send().await.unwrap()).await;
    }

    // A browser's day.
    let form = [("email", EMAIL), ("password", PASSWORD)];
    let browser = |request: reqwest::RequestBuilder, cookies: &str| {
        let request = request
            .header("sec-fetch-site", "same-origin")
            .header("accept", "text/html");
        request.header("cookie", cookies.to_owned())
    };
    let entered = browser(http.post(url("/auth/login")).form(&form), "")
        .send()
        .await
        .unwrap();
    let (cookies, _) = answers.add(entered).await;
    for cookie in &cookies {
        secrets.push(("a cookie", cookie.split_once('=').unwrap().1.to_owned()));
    }
    let cookies = cookies.join("; ");
    for path in [
        "/auth/me",
        "/chat/",
        "/auth/sessions",
        "/nowhere",
        "/chat/x",
        "/auth/export",
    ] {
        answers
            .add(browser(http.get(url(path)), &cookies).send().await.unwrap())
            .await;
    }
    let made = http
        .post(url("/auth/tokens"))
        .bearer_auth(&token)
        .json(&json!({ "name": "t" }));
    let (_, body) = answers.add(made.send().await.unwrap()).await;
    let made: Value = serde_json::from_str(&body).unwrap();
    secrets.push((
        "a token that was named",
        made["token"].as_str().unwrap().to_owned(),
    ));

    // What the model's server does well, and what it does badly.
    let say = |token: &str| {
        let body = json!({ "message": format!("{PROMPT} a hybrid SUV") });
        http.post(url("/chat/")).bearer_auth(token).json(&body)
    };
    answers.add(say(&token).send().await.unwrap()).await;
    for script in [
        Script::Status(
            401,
            "",
            r#"{"error":{"message":"Incorrect API key: sk-canary-5e1f0c7b9d"}}"#,
        ),
        Script::Status(400, "", "canary-reply-gooseberry canary-prompt-marzipan"),
        Script::Garbage(REPLY),
        Script::BreakOff(REPLY),
        Script::Raw(format!("data: {{\"canary\": \"{REPLY} {PROMPT}\n\n")),
        Script::Call("no_such_tool", json!({ "a": PROMPT })),
        Script::Call("search_cars", json!({ "bodies": [PROMPT] })),
    ] {
        upstream.now(script);
        answers.add(say(&token).send().await.unwrap()).await;
    }
    let search = http
        .get(url(&format!("/chat/search?q={PROMPT}")))
        .bearer_auth(&token);
    answers.add(search.send().await.unwrap()).await;
    answers
        .add(http.get(url("/readyz")).send().await.unwrap())
        .await;

    // Passwords, given rightly and wrongly.
    for body in [
        json!({ "current_password": WRONG_PASSWORD, "new_password": NEW_PASSWORD }),
        json!({ "current_password": PASSWORD, "new_password": NUMBER }),
        json!({ "current_password": PASSWORD, "new_password": NEW_PASSWORD }),
    ] {
        let change = http
            .post(url("/auth/password"))
            .bearer_auth(&token)
            .json(&body);
        answers.add(change.send().await.unwrap()).await;
    }
    let email = json!({ "email": "canary-bea@example.com", "password": WRONG_PASSWORD });
    let email = http
        .post(url("/auth/email"))
        .bearer_auth(&token)
        .json(&email);
    answers.add(email.send().await.unwrap()).await;
    for bad in [format!("{token}x"), format!("x{token}"), KEY.to_owned()] {
        answers
            .add(
                http.get(url("/auth/me"))
                    .bearer_auth(bad)
                    .send()
                    .await
                    .unwrap(),
            )
            .await;
    }
    answers
        .add(
            http.post(url("/auth/logout"))
                .bearer_auth(&token)
                .send()
                .await
                .unwrap(),
        )
        .await;
    user_id
}
