//! Who may sign up: everybody, nobody, or whoever has an invitation, and that once.

use autio::db::{self, invitations};
use serde_json::{Value, json};
use tokio::io::AsyncReadExt;

use crate::operator::{start, users, users_json, users_with};
use crate::process;
use crate::settings::{json_of, page, status};
use crate::site::{Database, PASSWORD, Site, header};

const BY_INVITATION: (&str, &str) = ("AUTIO_SIGNUP", "invitation");

fn secret_of(link: &str) -> &str {
    link.trim()
        .strip_prefix("http://autio.test/signup?invitation=")
        .unwrap()
}

async fn invite(database: &Database, args: &[&str]) -> String {
    let link = users(database, &[&["invite"], args].concat()).await;
    secret_of(&link).to_owned()
}

async fn sign_up(site: &Site, email: &str, invitation: &str) -> (u16, Value) {
    let body = json!({ "email": email, "password": PASSWORD, "invitation": invitation });
    let answer = site
        .stranger()
        .post("/auth/signup")
        .json(&body)
        .send()
        .await
        .unwrap();
    (answer.status().as_u16(), json_of(answer).await)
}

#[tokio::test]
async fn who_may_sign_up_is_said_on_every_page_that_leads_there() {
    for (mode, sentence) in [
        ("closed", "No new accounts are taken here."),
        ("invitation", "takes an invitation."),
    ] {
        let (database, site) = start(&[("AUTIO_SIGNUP", mode)]).await;
        let secret = invite(&database, &[]).await;
        let refused = sign_up(&site, "ann@example.com", "").await;
        assert_eq!(refused.0, 403);
        assert!(
            refused.1["detail"].as_str().unwrap().contains(sentence),
            "{}",
            refused.1
        );
        let signup = site.stranger().get("/signup").send().await.unwrap();
        assert_eq!(
            (signup.status().as_u16(), header(&signup, "content-type")),
            (403, "application/problem+json")
        );
        for caller in [site.browser(), site.htmx()] {
            let form = [("email", "ann@example.com"), ("password", PASSWORD)];
            for answer in [
                caller.get("/signup"),
                caller.post("/auth/signup").form(&form),
            ] {
                let answer = answer.send().await.unwrap();
                assert_eq!(answer.status(), 403);
                assert!(header(&answer, "set-cookie").is_empty());
                let html = answer.text().await.unwrap();
                assert!(
                    html.contains(sentence) && html.contains("whoever runs this site"),
                    "{html}"
                );
                assert!(
                    !html.contains(r#"name="password""#),
                    "a form that leads nowhere: {html}"
                );
            }
        }
        for path in ["/", "/login"] {
            let html = page(&site.browser(), path).await;
            assert!(
                html.contains(sentence) && !html.contains(r#""/signup""#),
                "{html}"
            );
        }
        // Closed is closed, whatever one has.
        let entered = sign_up(&site, "ann@example.com", &secret).await;
        assert_eq!(entered.0, if mode == "closed" { 403 } else { 201 });
        // Whom the operator let in is in.
        let made = users_with(
            &database,
            &["create", "bo@example.com", "--password-stdin"],
            PASSWORD,
        )
        .await;
        assert_eq!(made.code, 0, "{made:?}");
        site.browser().log_in("bo@example.com").await;
    }
    let (database, site) = start(&[]).await;
    let said = users_with(&database, &["invite"], "").await;
    assert!(
        said.code == 0 && said.err.contains("AUTIO_SIGNUP is open"),
        "{said:?}"
    );
    assert_eq!(
        sign_up(&site, "cy@example.com", secret_of(&said.out))
            .await
            .0,
        201
    );
    assert!(
        page(&site.browser(), "/")
            .await
            .contains(r#"href="/signup""#)
    );
}

#[tokio::test]
async fn an_invitation_lets_one_account_in_however_many_come_at_once() {
    let (database, site) = start(&[BY_INVITATION]).await;
    let secret = invite(&database, &[]).await;
    let emails: Vec<String> = (0..32)
        .map(|number| format!("p{number}@example.com"))
        .collect();
    let all = emails.iter().map(|email| sign_up(&site, email, &secret));
    let mut answers: Vec<(u16, Value)> = futures_util::future::join_all(all).await;
    answers.sort_by_key(|(status, _)| *status);
    let statuses: Vec<u16> = answers.iter().map(|(status, _)| *status).collect();
    assert_eq!(statuses[0], 201);
    assert!(
        statuses[1..].iter().all(|status| *status == 403),
        "{statuses:?}"
    );
    assert!(
        answers[1].1["detail"]
            .as_str()
            .unwrap()
            .contains("has been used")
    );
    let accounts = users_json(&database, &["list"]).await;
    assert_eq!(accounts.len(), 1);
    let id = accounts[0]["id"].as_str().unwrap();
    let used = &users_json(&database, &["invitations", "--all"]).await[0];
    assert_eq!(
        (&used["state"], &used["user_id"]),
        (&json!("used"), &json!(id))
    );
    let events = users_json(&database, &["events", used["id"].as_str().unwrap()]).await;
    let kinds: Vec<_> = events
        .iter()
        .map(|event| event["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["invitation_used", "invitation_made"]);
    assert_eq!(events[0]["user_id"], id);
}

#[tokio::test]
async fn an_invitation_ends_by_its_day_by_the_operator_and_with_its_account() {
    let (database, site) = start(&[BY_INVITATION]).await;
    let refused = users_with(&database, &["invite", "--email", "nobody"], "").await;
    assert_eq!(refused.code, 2, "{refused:?}");
    for days in ["0", "366", "soon"] {
        assert_eq!(
            users_with(&database, &["invite", "--expires-in-days", days], "")
                .await
                .code,
            2
        );
    }
    let made = users_json(
        &database,
        &["invite", "--count", "3", "--expires-in-days", "2"],
    )
    .await;
    assert_eq!(made.len(), 3);
    let secrets: Vec<&str> = made
        .iter()
        .map(|one| secret_of(one["link"].as_str().unwrap()))
        .collect();
    // Only hashes are kept, and none is shown again.
    let listed = users(&database, &["invitations", "--json"]).await;
    let kept = site
        .app
        .db
        .read(|conn| invitations::page(conn, None, None, 100));
    let kept = format!("{:?}", kept.await.unwrap());
    for secret in &secrets {
        assert!(!listed.contains(secret) && !kept.contains(secret));
    }
    let first = made[0]["id"].as_str().unwrap();
    users(&database, &["invitations", "--revoke", first]).await;
    assert_eq!(
        users_with(&database, &["invitations", "--revoke", first], "")
            .await
            .code,
        1
    );
    let hash = autio::auth::invitations::hash(&secrets[1].into());
    let day = chrono::Duration::days(1);
    let there = async |when| {
        let hash = hash.clone();
        let found = site
            .app
            .db
            .read(move |conn| invitations::open(conn, &hash, when));
        found.await.unwrap().is_some()
    };
    assert!(there(db::now() + day).await && !there(db::now() + day * 2).await);
    for secret in [secrets[0], "x", "", "é", &"x".repeat(3000)] {
        assert_eq!(
            sign_up(&site, "dee@example.com", secret).await.0,
            403,
            "{secret}"
        );
    }
    assert_eq!(users_json(&database, &["invitations"]).await.len(), 2);
    assert!(
        users(&database, &["invitations", "--revoke", "all"])
            .await
            .starts_with("2 ")
    );
    assert_eq!(sign_up(&site, "dee@example.com", secrets[2]).await.0, 403);

    // For one email alone, which whoever has the link doesn't hear when they try another.
    let secret = invite(&database, &["--email", "Eve@Example.com"]).await;
    let spare = invite(&database, &["--email", "eve@example.com"]).await;
    let (refused, problem) = sign_up(&site, "mallory@example.com", &secret).await;
    assert_eq!(
        (refused, &problem["errors"][0]["field"]),
        (422, &json!("email"))
    );
    assert!(!problem.to_string().contains("eve@"), "{problem}");
    // Nothing that was wrong used it up.
    let weak = json!({ "email": "eve@example.com", "password": "password1", "invitation": secret });
    assert_eq!(
        status(site.stranger().post("/auth/signup").json(&weak)).await,
        422
    );
    let browser = site.browser();
    let form = page(&browser, &format!("/signup?invitation={secret}")).await;
    assert!(
        form.contains(r#"value="eve@example.com""#)
            && form.contains(&format!(r#"name="invitation" value="{secret}""#))
    );
    let form = [
        ("email", "eve@example.com"),
        ("password", "short"),
        ("invitation", &secret),
    ];
    let again = browser
        .post("/auth/signup")
        .form(&form)
        .send()
        .await
        .unwrap();
    assert_eq!(
        (again.status().as_u16(), header(&again, "referrer-policy")),
        (422, "no-referrer")
    );
    assert!(
        again
            .text()
            .await
            .unwrap()
            .contains(&format!(r#"name="invitation" value="{secret}""#))
    );
    let form = [
        ("email", "eve@example.com"),
        ("password", PASSWORD),
        ("invitation", &secret),
    ];
    assert_eq!(status(browser.post("/auth/signup").form(&form)).await, 303);
    assert_eq!(sign_up(&site, "eve@example.com", &secret).await.0, 403);
    let taken = users_with(&database, &["invite", "--email", "eve@example.com"], "").await;
    assert!(
        taken.code == 1 && taken.err.contains("already an account"),
        "{taken:?}"
    );
    // Of a deleted account no email is left, nor a way in for it.
    users(&database, &["delete", "eve@example.com", "--yes"]).await;
    assert!(
        !users(&database, &["invitations", "--all"])
            .await
            .contains("eve@")
    );
    assert_eq!(sign_up(&site, "eve@example.com", &spare).await.0, 403);
}

#[tokio::test]
async fn no_log_has_an_invitations_secret() {
    let database = Database::new();
    let secret = invite(&database, &[]).await;
    let mut command = process::command(&database);
    command.envs([BY_INVITATION, ("AUTIO_LOG", "trace")]);
    let mut child = command.spawn().unwrap();
    let mut stderr = child.stderr.take().unwrap();
    let mut log = Vec::new();
    let base = loop {
        let mut part = [0; 4096];
        let count = stderr.read(&mut part).await.unwrap();
        assert!(count > 0, "it ended");
        log.extend_from_slice(&part[..count]);
        let text = String::from_utf8_lossy(&log);
        if let Some((_, rest)) = text.split_once("Autio is up on ")
            && let Some((base, _)) = rest.split_once('\n')
        {
            break base.split_whitespace().next().unwrap().to_owned();
        }
    };
    let reading = tokio::spawn(async move {
        stderr.read_to_end(&mut log).await.unwrap();
        log
    });
    let http = crate::site::client().build().unwrap();
    let link = format!("{base}/signup?invitation={secret}");
    for accept in ["text/html", "application/json"] {
        let form = http
            .get(&link)
            .header("accept", accept)
            .send()
            .await
            .unwrap();
        assert_eq!(
            (form.status().as_u16(), header(&form, "referrer-policy")),
            (200, "no-referrer")
        );
    }
    for _ in 0..2 {
        let body =
            json!({ "email": "fox@example.com", "password": PASSWORD, "invitation": secret });
        http.post(format!("{base}/auth/signup"))
            .json(&body)
            .send()
            .await
            .unwrap();
    }
    // As a refusal, and as a page that is missing.
    http.get(&link).send().await.unwrap();
    http.get(format!("{base}/nowhere?invitation={secret}"))
        .send()
        .await
        .unwrap();
    child.start_kill().unwrap();
    let log = String::from_utf8(reading.await.unwrap()).unwrap();
    assert!(log.contains("/auth/signup"), "{log}");
    for secret in [secret.as_str(), PASSWORD, "fox@example.com"] {
        let line = log.lines().find(|line| line.contains(secret));
        assert_eq!(line, None);
    }
}
