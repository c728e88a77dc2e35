//! Sessions and named tokens: seen, made and ended by whose they are, and by nobody else.

use std::collections::BTreeMap;

use autio::db::sessions::{self, NewSession};
use autio::db::{self};
use serde_json::json;

use crate::settings::{json_of, page, person, status};
use crate::site::{Site, header};

#[tokio::test]
async fn one_sees_where_one_is_logged_in_and_ends_it() {
    let site = Site::start().await;
    let (program, browser, _) = person(&site, "dan@example.com").await;
    let (other, _, _) = person(&site, "eve@example.com").await;
    let listed = program.read("/auth/sessions").await["sessions"].clone();
    let listed = listed.as_array().unwrap();
    let kinds: Vec<_> = listed
        .iter()
        .map(|one| {
            (
                one["kind"].as_str().unwrap(),
                one["current"].as_bool().unwrap(),
            )
        })
        .collect();
    assert_eq!(kinds, [("browser", false), ("api", true)]);
    let of_browser = listed[0]["id"].as_str().unwrap();

    // Somebody else's id is an id that never was, and so is one of nobody's.
    let mut bodies = Vec::new();
    for id in [of_browser, &db::new_id(), "x"] {
        let refused = other
            .delete(&format!("/auth/sessions/{id}"))
            .send()
            .await
            .unwrap();
        assert_eq!(refused.status(), 404);
        let mut body = json_of(refused).await;
        body["request_id"].take();
        bodies.push(body);
    }
    assert!(bodies.iter().all(|body| *body == bodies[0]));
    assert_eq!(status(browser.get("/auth/me")).await, 200);

    assert_eq!(
        status(program.delete(&format!("/auth/sessions/{of_browser}"))).await,
        204
    );
    assert_eq!(status(browser.get("/auth/me")).await, 303);
    assert_eq!(
        status(program.delete(&format!("/auth/sessions/{of_browser}"))).await,
        404
    );

    // In the browser: one's own is marked, and everywhere else means everywhere else but not the tokens.
    let token = json_of(
        program
            .post("/auth/tokens")
            .json(&json!({ "name": "script" }))
            .send()
            .await
            .unwrap(),
    )
    .await;
    browser.log_in("dan@example.com").await;
    let html = page(&browser, "/auth/me").await;
    assert_eq!(html.matches(">this one<").count(), 1);
    let ended = browser.post("/auth/sessions/revoke").send().await.unwrap();
    assert_eq!(
        header(&ended, "location"),
        "/auth/me?done=sessions#sessions"
    );
    assert_eq!(status(program.get("/auth/me")).await, 401);
    assert_eq!(status(browser.get("/auth/me")).await, 200);
    assert_eq!(status(other.get("/auth/me")).await, 200);
    let script = site.program(token["token"].as_str().unwrap());
    let mine = script.read("/auth/sessions").await["sessions"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    // Ending one's own is logging out.
    let out = browser
        .post(&format!("/auth/sessions/{mine}/revoke"))
        .send()
        .await
        .unwrap();
    assert_eq!(
        (out.status().as_u16(), header(&out, "location")),
        (303, "/")
    );
    assert!(header(&out, "set-cookie").contains("Max-Age=0"), "{out:?}");
    assert_eq!(status(browser.get("/auth/me")).await, 303);
}

#[tokio::test]
async fn a_named_token_is_shown_once_and_works_until_it_is_revoked() {
    let site = Site::start().await;
    let (program, browser, entered) = person(&site, "flo@example.com").await;
    let made = program
        .post("/auth/tokens")
        .json(&json!({ "name": " nightly job ", "expires_in_days": 7 }));
    let made = made.send().await.unwrap();
    assert_eq!(
        (made.status().as_u16(), header(&made, "cache-control")),
        (201, "no-store")
    );
    let made = json_of(made).await;
    assert_eq!(made["name"], "nightly job");
    let time =
        |name: &str| chrono::DateTime::parse_from_rfc3339(made[name].as_str().unwrap()).unwrap();
    assert_eq!((time("expires_at") - time("created_at")).num_days(), 7);
    let job = site.program(made["token"].as_str().unwrap());
    assert_eq!(job.read("/auth/me").await["email"], "flo@example.com");
    job.say("a van", None).await;
    // What leaks can't multiply.
    assert_eq!(
        status(job.post("/auth/tokens").json(&json!({ "name": "more" }))).await,
        403
    );

    let form = [("name", "<laptop>"), ("expires_in_days", "")];
    let shown = browser
        .post("/auth/tokens")
        .form(&form)
        .send()
        .await
        .unwrap();
    assert_eq!(shown.status(), 201);
    let html = shown.text().await.unwrap();
    let token = html
        .split(r#"id="token" type="text" value=""#)
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    assert_eq!(status(site.program(token).get("/auth/me")).await, 200);
    let later = page(&browser, "/auth/me").await;
    assert!(later.contains("&#60;laptop&#62;") && !later.contains(token));

    let listed = program.read("/auth/tokens").await;
    assert_eq!(listed["tokens"].as_array().unwrap().len(), 2);
    assert!(!listed.to_string().contains(token));
    let id = made["id"].as_str().unwrap();
    let other = site.new_program().await;
    assert_eq!(
        status(other.delete(&format!("/auth/tokens/{id}"))).await,
        404
    );
    // A login is no token.
    let session = program.read("/auth/sessions").await["sessions"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(
        status(program.delete(&format!("/auth/tokens/{session}"))).await,
        404
    );
    assert_eq!(status(job.get("/auth/me")).await, 200);
    let revoked = browser
        .post(&format!("/auth/tokens/{id}/revoke"))
        .send()
        .await
        .unwrap();
    assert_eq!(header(&revoked, "location"), "/auth/me?done=tokens#tokens");
    assert_eq!(status(job.get("/auth/me")).await, 401);

    // One whose days are over, by its row.
    let user_id = entered["user"]["id"].as_str().unwrap().to_owned();
    let now = db::now();
    let old = NewSession {
        id: db::new_id(),
        user_id,
        kind: "token",
        name: Some("old".into()),
        created_at: now - chrono::Duration::days(2),
        expires_at: now - chrono::Duration::days(1),
    };
    let row = old.clone();
    site.app
        .db
        .write(move |conn| sessions::insert(conn, &row))
        .await
        .unwrap();
    let seconds = now.and_utc().timestamp();
    let token = autio::auth::tokens::sign(
        &site.app.config.jwt,
        &old.user_id,
        &old.id,
        seconds,
        seconds + 60,
    );
    assert_eq!(
        status(site.program(&token.unwrap()).get("/auth/me")).await,
        401
    );
    assert!(
        !program
            .read("/auth/tokens")
            .await
            .to_string()
            .contains("\"old\"")
    );
}

#[tokio::test]
async fn a_token_has_a_name_an_end_and_nineteen_others_at_most() {
    let site = Site::start().await;
    let (program, browser, _) = person(&site, "gus@example.com").await;
    for (body, field) in [
        (json!({}), "name"),
        (json!({ "name": "  " }), "name"),
        (json!({ "name": "x".repeat(61) }), "name"),
        (json!({ "name": "a\0b" }), "name"),
        // Turned around, and not to be seen.
        (json!({ "name": "a\u{202e}b" }), "name"),
        (json!({ "name": "\u{200b}\u{3164}" }), "name"),
        (json!({ "name": 7 }), "name"),
        (
            json!({ "name": "a", "expires_in_days": 0 }),
            "expires_in_days",
        ),
        (
            json!({ "name": "a", "expires_in_days": 366 }),
            "expires_in_days",
        ),
        (
            json!({ "name": "a", "expires_in_days": 1.5 }),
            "expires_in_days",
        ),
        (
            json!({ "name": "a", "expires_in_days": true }),
            "expires_in_days",
        ),
    ] {
        let refused = program
            .post("/auth/tokens")
            .json(&body)
            .send()
            .await
            .unwrap();
        assert_eq!(refused.status(), 422, "{body}");
        assert_eq!(
            json_of(refused).await["errors"][0]["field"],
            field,
            "{body}"
        );
    }
    let form = [("name", "phone"), ("expires_in_days", "soon")];
    let refused = browser
        .post("/auth/tokens")
        .form(&form)
        .send()
        .await
        .unwrap();
    assert_eq!(refused.status(), 422);
    let html = refused.text().await.unwrap();
    assert!(
        html.contains(r#"value="phone""#) && html.contains(r#"id="expires-in-days-error""#),
        "{html}"
    );

    // However many are asked for at once.
    let all = (0..25).map(|number| {
        program
            .post("/auth/tokens")
            .json(&json!({ "name": format!("t{number}") }))
            .send()
    });
    let mut answers: BTreeMap<u16, usize> = BTreeMap::new();
    for answer in futures_util::future::join_all(all).await {
        *answers
            .entry(answer.unwrap().status().as_u16())
            .or_default() += 1;
    }
    assert_eq!(answers, BTreeMap::from([(201, 20), (409, 5)]));
    let refused = browser
        .post("/auth/tokens")
        .form(&[("name", "one more")])
        .send()
        .await
        .unwrap();
    assert_eq!(refused.status(), 409);
    assert!(refused.text().await.unwrap().contains("Revoke one first"));
}
