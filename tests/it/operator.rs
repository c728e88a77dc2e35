//! What the operator does with accounts: the commands as processes of their own, beside a server that runs.

use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;

use crate::goodbye::{rows, until};
use crate::process;
use crate::settings::{json_of, status};
use crate::site::{Database, PASSWORD, Site};
use crate::upstream::{Script, Upstream, delta};

pub const OTHER_PASSWORD: &str = "green kettle marmalade 12";

/// What a command said, and its exit code.
#[derive(Debug)]
pub struct Said {
    pub code: i32,
    pub out: String,
    pub err: String,
}

/// `autio users …` with that on its standard input.
pub async fn users_with(database: &Database, args: &[&str], stdin: &str) -> Said {
    let mut command = process::command(database);
    command.env("AUTIO_PUBLIC_URL", "http://autio.test");
    command.arg("users").args(args);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut pipe = child.stdin.take().unwrap();
    // One that reads nothing may have ended by now.
    pipe.write_all(stdin.as_bytes()).await.ok();
    drop(pipe);
    let output = child.wait_with_output().await.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Said {
        code: output.status.code().unwrap(),
        out: text(output.stdout),
        err: text(output.stderr),
    }
}

/// `autio users …`, which has to succeed; what it printed.
pub async fn users(database: &Database, args: &[&str]) -> String {
    let said = users_with(database, args, "").await;
    assert_eq!(said.code, 0, "{args:?}: {said:?}");
    said.out
}

/// The same, as the JSON objects that it printed on each line.
pub async fn users_json(database: &Database, args: &[&str]) -> Vec<Value> {
    let printed = users(database, &[args, &["--json"]].concat()).await;
    let lines = printed.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

pub async fn start(settings: &[(&str, &str)]) -> (Arc<Database>, Site) {
    let database = Arc::new(Database::new());
    let site = Site::start_on(database.clone(), settings).await;
    (database, site)
}

pub async fn log_in(site: &Site, email: &str, password: &str) -> (u16, Value) {
    let body = json!({ "email": email, "password": password });
    let answer = site.stranger().post("/auth/login").json(&body).send().await;
    let answer = answer.unwrap();
    (answer.status().as_u16(), json_of(answer).await)
}

#[tokio::test]
async fn an_account_is_made_listed_turned_off_and_on_and_reset() {
    let (database, site) = start(&[]).await;
    // As strict as signing up, and with the same advice.
    for (email, password, wanted) in [
        ("nobody", PASSWORD, "name@example.com"),
        ("ann@example.com", "password1", "too easy to guess"),
        ("ann@example.com", "short", "at least 8"),
        ("ann@example.com", "two\nlines", "one line"),
    ] {
        let said = users_with(&database, &["create", email, "--password-stdin"], password).await;
        assert_eq!(said.code, 2, "{said:?}");
        assert!(said.err.contains(wanted) && said.out.is_empty(), "{said:?}");
    }
    let unasked = users_with(&database, &["create", "ann@example.com"], PASSWORD).await;
    assert_eq!(unasked.code, 2);
    assert!(
        unasked.err.contains("--password-stdin or --generate"),
        "{unasked:?}"
    );
    assert_eq!(users(&database, &["list"]).await, "");

    let line = format!("{PASSWORD}\n");
    let create = ["create", " Ann@Example.com", "--password-stdin", "--json"];
    let made = users_with(&database, &create, &line).await;
    let made: Value = serde_json::from_str(&made.out).unwrap();
    let id = made["id"].as_str().unwrap();
    assert_eq!(made["email"], "ann@example.com");
    assert_eq!(made.get("password"), None);
    let again = users_with(&database, &create, &line).await;
    assert_eq!(again.code, 1);
    assert!(again.err.contains("already an account"), "{again:?}");
    let (entered, ann) = log_in(&site, "ann@example.com", PASSWORD).await;
    assert_eq!(entered, 200);
    let ann = site.program(ann["access_token"].as_str().unwrap());
    let token = json!({ "name": "job" });
    let token = json_of(ann.post("/auth/tokens").json(&token).send().await.unwrap()).await;
    let token = site.program(token["token"].as_str().unwrap());
    site.sign_up("bo@example.com").await;

    let listed = users_json(&database, &["list"]).await;
    let emails: Vec<_> = listed
        .iter()
        .map(|one| one["email"].as_str().unwrap())
        .collect();
    assert_eq!(emails, ["ann@example.com", "bo@example.com"]);
    // Nothing that is secret is ever printed.
    let shown = users_json(&database, &["show", "ANN@example.com"]).await;
    assert!(!shown[0].to_string().contains("argon2"), "{shown:?}");
    assert_eq!(
        (&shown[0]["sessions"], &shown[0]["tokens"]),
        (&json!(1), &json!(1))
    );
    assert!(shown[0]["last_login_at"].is_string());

    users(&database, &["deactivate", id]).await;
    for caller in [&ann, &token] {
        assert_eq!(status(caller.get("/auth/me")).await, 401);
    }
    assert_eq!(log_in(&site, "ann@example.com", PASSWORD).await.0, 403);
    assert_eq!(
        users_json(&database, &["list", "--inactive"]).await[0]["id"],
        id
    );
    assert_eq!(users_json(&database, &["list", "--active"]).await.len(), 1);
    assert!(
        users(&database, &["deactivate", id])
            .await
            .contains("off already")
    );
    users(&database, &["activate", "ann@example.com"]).await;
    // What ended stays ended.
    for caller in [&ann, &token] {
        assert_eq!(status(caller.get("/auth/me")).await, 401);
    }
    let (entered, ann) = log_in(&site, "ann@example.com", PASSWORD).await;
    assert_eq!(entered, 200);
    let ann = site.program(ann["access_token"].as_str().unwrap());

    let reset = users_json(
        &database,
        &["reset-password", "ann@example.com", "--generate"],
    )
    .await;
    let password = reset[0]["password"].as_str().unwrap();
    assert_eq!(status(ann.get("/auth/me")).await, 401);
    assert_eq!(log_in(&site, "ann@example.com", PASSWORD).await.0, 401);
    assert_eq!(log_in(&site, "ann@example.com", password).await.0, 200);
    let reset = ["reset-password", "ann@example.com", "--password-stdin"];
    let reset = users_with(&database, &reset, &format!("{OTHER_PASSWORD}\r\n")).await;
    assert_eq!(reset.code, 0, "{reset:?}");
    assert_eq!(
        log_in(&site, "ann@example.com", OTHER_PASSWORD).await.0,
        200
    );

    for command in [
        "show",
        "deactivate",
        "activate",
        "delete",
        "sessions",
        "events",
    ] {
        let said = users_with(&database, &[command, "who@example.com"], "").await;
        assert_eq!(said.code, 1, "{said:?}");
        assert!(said.err.contains("`autio users list`"), "{said:?}");
    }
}

#[tokio::test]
async fn sessions_are_listed_and_ended_and_an_account_leaves_one_line() {
    let (database, site) = start(&[]).await;
    let entered = site.sign_up("cy@example.com").await;
    let first = site.program(entered["access_token"].as_str().unwrap());
    let token = first.post("/auth/tokens").json(&json!({ "name": "<job>" }));
    let token = json_of(token.send().await.unwrap()).await;
    let job = site.program(token["token"].as_str().unwrap());
    let browser = site.browser();
    browser.log_in("cy@example.com").await;
    let id = entered["user"]["id"].as_str().unwrap();

    let listed = users_json(&database, &["sessions", id]).await;
    let kinds: Vec<_> = listed
        .iter()
        .map(|one| one["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["browser", "token", "api"]);
    assert_eq!(listed[1]["name"], "<job>");
    let revoke = async |which: &str| {
        users_with(
            &database,
            &["sessions", "cy@example.com", "--revoke", which],
            "",
        )
        .await
        .code
    };
    assert_eq!(revoke(token["id"].as_str().unwrap()).await, 0);
    assert_eq!(revoke(token["id"].as_str().unwrap()).await, 1);
    // Somebody else's.
    let other = site.sign_up("di@example.com").await;
    let other_id = other["user"]["id"].as_str().unwrap();
    let others = users_json(&database, &["sessions", other_id]).await;
    assert_eq!(revoke(others[0]["id"].as_str().unwrap()).await, 1);
    assert_eq!(status(job.get("/auth/me")).await, 401);
    assert_eq!(status(first.get("/auth/me")).await, 200);
    assert_eq!(revoke("all").await, 0);
    assert_eq!(status(first.get("/auth/me")).await, 401);
    assert_eq!(status(browser.get("/auth/me")).await, 303);

    let refused = users_with(&database, &["delete", "cy@example.com"], "yes\n").await;
    assert_eq!(refused.code, 2);
    assert!(refused.err.contains("--yes"), "{refused:?}");
    assert_eq!(log_in(&site, "cy@example.com", PASSWORD).await.0, 200);
    users(&database, &["delete", "cy@example.com", "--yes"]).await;
    let left = rows(&site, id).await;
    assert!(left.values().all(|count| *count == 0), "{left:?}");
    assert_eq!(log_in(&site, "cy@example.com", PASSWORD).await.0, 401);
    let events = users_json(&database, &["events", id]).await;
    assert_eq!(events.len(), 1, "{events:?}");
    let deleted = &events[0];
    assert_eq!(
        (&deleted["kind"], &deleted["actor"]),
        (&json!("account_deleted"), &json!("operator"))
    );
    assert_eq!(deleted["subject_id"], id);
    for nothing in ["email", "client", "session_id", "user_id"] {
        assert_eq!(deleted[nothing], Value::Null, "{deleted}");
    }
    assert_eq!(
        status(
            site.program(other["access_token"].as_str().unwrap())
                .get("/auth/me")
        )
        .await,
        200
    );
}

#[tokio::test]
async fn turning_an_account_off_ends_what_the_server_makes_for_it() {
    let word = format!("data: {}\n\n", delta(json!({ "content": "word " }), None));
    let upstream = Upstream::start([
        Script::GoOn(word.clone(), Duration::from_millis(20)),
        Script::GoOn(word, Duration::from_millis(20)),
    ])
    .await;
    let model = [
        ("OPENAI_BASE_URL", upstream.base_url.as_str()),
        ("OPENAI_API_KEY", "k"),
    ];
    let (database, site) = start(&model).await;
    for (number, (email, end)) in [
        ("ed@example.com", &["deactivate"][..]),
        ("fay@example.com", &["delete", "--yes"]),
    ]
    .into_iter()
    .enumerate()
    {
        let entered = site.sign_up(email).await;
        let program = site.program(entered["access_token"].as_str().unwrap());
        let body = json!({ "message": "A hybrid SUV" });
        let begun = program
            .post("/chat/")
            .header("prefer", "respond-async")
            .json(&body);
        let begun = json_of(begun.send().await.unwrap()).await;
        let place = format!("/chat/messages/{}", begun["message_id"].as_str().unwrap());
        until(async || program.read(&place).await["text"] != "").await;
        users(&database, &[end, &[email]].concat()).await;
        until(async || upstream.broken_off_by_caller() == number + 1).await;
        assert_eq!(status(program.post("/chat/").json(&body)).await, 401);
    }
    users(&database, &["activate", "ed@example.com"]).await;
    let (_, entered) = log_in(&site, "ed@example.com", PASSWORD).await;
    let program = site.program(entered["access_token"].as_str().unwrap());
    let conversations = program.read("/chat/").await;
    let id = conversations["conversations"][0]["id"].as_str().unwrap();
    let messages = program.read(&format!("/chat/{id}")).await;
    assert_eq!(messages["messages"][1]["status"], "stopped", "{messages}");
}

#[tokio::test]
async fn nobody_becomes_an_operator_over_http() {
    let (database, site) = start(&[]).await;
    let claims = json!({ "is_active": true, "is_admin": true, "role": "operator", "actor": "operator", "id": "x" });
    let mut account = claims.clone();
    account["email"] = json!("hal@example.com");
    account["password"] = json!(PASSWORD);
    let entered = site.stranger().post("/auth/signup").json(&account);
    let entered = json_of(entered.send().await.unwrap()).await;
    assert_ne!(entered["user"]["id"], "x");
    let program = site.program(entered["access_token"].as_str().unwrap());
    for (name, value) in claims.as_object().unwrap() {
        let change = json!({ name: value });
        assert_eq!(
            status(program.patch("/auth/me").json(&change)).await,
            422,
            "{name}"
        );
    }
    let form: Vec<_> = [
        ("email", "ida@example.com"),
        ("password", PASSWORD),
        ("is_active", "0"),
        ("role", "operator"),
    ]
    .into();
    assert_eq!(
        status(site.browser().post("/auth/signup").form(&form)).await,
        303
    );
    // What was done so is what anybody does, and by no operator.
    for event in users_json(&database, &["events"]).await {
        assert_eq!(event["actor"], "person", "{event}");
    }
    for account in users_json(&database, &["list"]).await {
        assert_eq!(account["is_active"], true, "{account}");
    }
    for path in [
        "/users",
        "/admin",
        "/operator",
        "/auth/users",
        "/auth/invitations",
        "/invitations",
        "/auth/activate",
    ] {
        assert_eq!(status(program.get(path)).await, 404, "{path}");
        assert_eq!(
            status(program.post(path).json(&claims)).await,
            404,
            "{path}"
        );
    }
    // A query that is for the operator alone is asked by the commands alone.
    let src = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for file in crate::law::rust_files(&src) {
        let name = file.strip_prefix(&src).unwrap().to_str().unwrap();
        let is_below =
            name.starts_with("cli") || name.starts_with("db") || name == "auth/ending.rs";
        let text = std::fs::read_to_string(&file).unwrap();
        for only in [
            "from_nowhere(",
            "list_all(",
            "users::page(",
            "set_active(",
            "reset_password(",
            "invitations::insert(",
            "ending::deactivate(",
        ] {
            assert!(is_below || !text.contains(only), "{only} in {name}");
        }
    }
}
