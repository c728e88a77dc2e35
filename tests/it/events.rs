//! The log of what happened to accounts: written with what it records, seen by whose it is, and never changed.

use autio::db::account_events;
use diesel::connection::SimpleConnection;
use serde_json::{Value, json};

use crate::goodbye::until;
use crate::settings::{json_of, page, person, status};
use crate::site::{Caller, PASSWORD, Site};

const OTHER_PASSWORD: &str = "green kettle marmalade 12";

async fn kinds(program: &Caller) -> Vec<String> {
    let events = program.read("/auth/events").await;
    let events = events["events"].as_array().unwrap().iter();
    events
        .map(|event| event["kind"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn everything_that_is_done_to_an_account_is_written_down_once() {
    let site = Site::start().await;
    let (program, browser, entered) = person(&site, "kay@example.com").await;
    let other = site.new_program().await;
    let token = program.post("/auth/tokens").json(&json!({ "name": "t" }));
    let token = json_of(token.send().await.unwrap()).await;
    let id = token["id"].as_str().unwrap().to_owned();
    // What is refused is not written down as done.
    assert_eq!(
        status(program.post("/auth/tokens").json(&json!({}))).await,
        422
    );
    assert_eq!(
        status(other.delete(&format!("/auth/tokens/{id}"))).await,
        404
    );
    program
        .delete(&format!("/auth/tokens/{id}"))
        .send()
        .await
        .unwrap();
    let email = json!({ "email": "kim@example.com", "password": PASSWORD });
    program
        .post("/auth/email")
        .json(&email)
        .send()
        .await
        .unwrap();
    let password = json!({ "current_password": PASSWORD, "new_password": OTHER_PASSWORD });
    assert_eq!(
        status(program.post("/auth/password").json(&password)).await,
        204
    );
    assert_eq!(status(browser.get("/auth/me")).await, 303);
    assert_eq!(status(program.delete("/auth/sessions")).await, 204);
    let login = json!({ "email": "kim@example.com", "password": OTHER_PASSWORD });
    let again = json_of(
        site.stranger()
            .post("/auth/login")
            .json(&login)
            .send()
            .await
            .unwrap(),
    )
    .await;
    let again = site.program(again["access_token"].as_str().unwrap());
    let sessions = program.read("/auth/sessions").await;
    let newest = sessions["sessions"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(status(again.post("/auth/logout")).await, 204);
    let wanted = [
        "logout",
        "login",
        "sessions_revoked",
        "password_changed",
        "email_changed",
        "token_revoked",
        "token_made",
        "login",
        "signup",
    ];
    assert_eq!(kinds(&program).await, wanted);

    let events = program.read("/auth/events").await;
    assert_eq!(events["next"], Value::Null);
    let events = events["events"].as_array().unwrap();
    for event in events {
        assert_eq!(
            (&event["actor"], &event["client"]),
            (&json!("person"), &json!("127.0.0.1")),
            "{event}"
        );
        assert!(event["session_id"].is_string() && event["created_at"].is_string());
    }
    assert_eq!(events[0]["session_id"], newest);
    assert_eq!(events[5]["subject_id"], id);
    assert_eq!(kinds(&other).await, ["signup"]);
    let export = program.read("/auth/export").await;
    assert_eq!(export["events"].as_array().unwrap(), events);
    for secret in [
        PASSWORD,
        OTHER_PASSWORD,
        "kay@example.com",
        token["token"].as_str().unwrap(),
    ] {
        assert!(!export.to_string().contains(secret), "{secret}");
    }
    let oldest = events[8]["id"].as_str().unwrap();
    assert_eq!(
        program.read(&format!("/auth/events?cursor={oldest}")).await["events"],
        json!([])
    );
    let bad = program.get("/auth/events?cursor=x").send().await.unwrap();
    assert_eq!(bad.status(), 422);
    assert_eq!(status(site.stranger().get("/auth/events")).await, 401);

    let browser = site.browser();
    let form = [("email", "kim@example.com"), ("password", OTHER_PASSWORD)];
    browser
        .post("/auth/login")
        .form(&form)
        .send()
        .await
        .unwrap();
    let html = page(&browser, "/auth/me").await;
    for seen in [
        "Recent activity",
        "Token made",
        "Password changed",
        "from 127.0.0.1",
        ">this session<",
    ] {
        assert!(html.contains(seen), "{seen}");
    }
    let there = browser.get("/auth/events").send().await.unwrap();
    assert_eq!(crate::site::header(&there, "location"), "/auth/me#activity");
    assert_eq!(entered["user"]["email"], "kay@example.com");
}

#[tokio::test]
async fn failed_logins_are_written_down_but_not_without_end() {
    let site = Site::start().await;
    let program = site.new_program().await;
    let email = program.read("/auth/me").await["email"]
        .as_str()
        .unwrap()
        .to_owned();
    let wrong = json!({ "email": email, "password": "not mine at all" });
    let most = usize::try_from(account_events::MOST_FAILURES).unwrap();
    let all = (0..most + 8).map(|_| status(site.stranger().post("/auth/login").json(&wrong)));
    for status in futures_util::future::join_all(all).await {
        assert_eq!(status, 401);
    }
    // Written after the answer, which mustn't tell whether there is such an account.
    until(async || kinds(&program).await.len() > most).await;
    let nobody = json!({ "email": "nobody@example.com", "password": "not mine at all" });
    assert_eq!(
        status(site.stranger().post("/auth/login").json(&nobody)).await,
        401
    );
    let last = json!({ "email": email, "password": PASSWORD });
    assert_eq!(
        status(site.stranger().post("/auth/login").json(&last)).await,
        200
    );
    let kinds = kinds(&program).await;
    assert_eq!(
        kinds.iter().filter(|kind| *kind == "login_failed").count(),
        most
    );
    assert_eq!(kinds.len(), most + 2, "{kinds:?}");
}

#[tokio::test]
async fn the_database_itself_refuses_to_change_the_log() {
    let site = Site::start().await;
    let (program, _, entered) = person(&site, "lou@example.com").await;
    let id = entered["user"]["id"].as_str().unwrap();
    let other = site.new_program().await;
    let goodbye = json!({ "password": PASSWORD });
    assert_eq!(status(other.delete("/auth/me").json(&goodbye)).await, 204);
    let run = async |sql: String| {
        let changed = site.app.db.write(move |conn| Ok(conn.batch_execute(&sql)?));
        changed.await
    };
    for sql in [
        format!("UPDATE account_events SET actor = 'operator' WHERE user_id = '{id}'"),
        "UPDATE account_events SET client = NULL".to_owned(),
        format!("DELETE FROM account_events WHERE user_id = '{id}'"),
        "DELETE FROM account_events WHERE kind = 'account_deleted'".to_owned(),
    ] {
        let refused = run(sql.clone()).await.expect_err(&sql);
        assert!(
            refused.causes().contains("append-only"),
            "{sql}: {refused:?}"
        );
    }
    if site.is_postgres() {
        assert!(run("TRUNCATE account_events".to_owned()).await.is_err());
    } else {
        let replace = "INSERT OR REPLACE INTO account_events SELECT * FROM account_events";
        let refused = run(replace.to_owned()).await.expect_err(replace);
        assert!(refused.causes().contains("append-only"), "{refused:?}");
    }
    assert_eq!(kinds(&program).await, ["login", "signup"]);
    // With the account it goes, and one line about it stays.
    assert_eq!(status(program.delete("/auth/me").json(&goodbye)).await, 204);
    let left = site
        .app
        .db
        .read(|conn| account_events::list_all(conn, None, None, 100));
    let left = left.await.unwrap();
    let about: Vec<_> = left
        .iter()
        .map(|(event, _)| (event.kind.as_str(), &event.client))
        .collect();
    assert_eq!(about, [("account_deleted", &None); 2]);
}
