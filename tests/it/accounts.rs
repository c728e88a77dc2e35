//! Signing up, logging in and out: as program, browser and htmx, and as somebody who shouldn't.

use autio::auth::tokens;
use autio::db::{self, sessions, users};
use reqwest::Response;
use serde_json::{Value, json};

use crate::site::{PASSWORD, Site, client, header, session_cookie};

#[tokio::test]
async fn sign_up_answers_as_the_caller_wants() {
    let site = Site::start().await;
    let entered = site.sign_up(" Ann@Example.com ").await;
    assert_eq!(entered["token_type"], "bearer");
    assert_eq!(entered["expires_in"], 43_200);
    assert_eq!(entered["user"]["email"], "ann@example.com");
    assert_eq!(entered["user"]["knowledge"], "casual");
    let program = site.program(entered["access_token"].as_str().unwrap());
    assert_eq!(program.read("/auth/me").await["email"], "ann@example.com");

    let form = [("email", "bo@example.com"), ("password", PASSWORD)];
    let page = site
        .browser()
        .post("/auth/signup")
        .form(&form)
        .send()
        .await
        .unwrap();
    assert_eq!(
        (page.status().as_u16(), header(&page, "location")),
        (303, "/chat/")
    );
    let cookie = session_cookie(&page);
    for part in ["autio=", "HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }

    let form = [
        ("email", "cy@example.com"),
        ("password", PASSWORD),
        ("next", "/chat/?draft=a"),
    ];
    let htmx = site.htmx();
    let fragment = htmx.post("/auth/signup").form(&form).send().await.unwrap();
    assert_eq!(header(&fragment, "hx-redirect"), "/chat/?draft=a");
    assert_eq!(htmx.get("/chat/").send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn what_is_wrong_with_a_sign_up_is_said_beside_the_field() {
    let site = Site::start().await;
    site.sign_up("taken@example.com").await;
    for (email, password, field, status) in [
        ("", PASSWORD, "email", 422),
        ("nobody", PASSWORD, "email", 422),
        ("nul\0@example.com", PASSWORD, "email", 422),
        ("dee@example.com", "short", "password", 422),
        ("dee@example.com", "password1", "password", 422),
        ("taken@example.com", PASSWORD, "email", 409),
    ] {
        let body = json!({ "email": email, "password": password });
        let problem = site
            .stranger()
            .post("/auth/signup")
            .json(&body)
            .send()
            .await
            .unwrap();
        assert_eq!(problem.status(), status, "{email}");
        assert_eq!(header(&problem, "content-type"), "application/problem+json");
        let problem: Value = problem.json().await.unwrap();
        assert_eq!(problem["errors"][0]["field"], field, "{problem}");
        let sentence = problem["errors"][0]["detail"].as_str().unwrap();

        for caller in [site.browser(), site.htmx()] {
            let form = [("email", email), ("password", password)];
            let page = caller
                .post("/auth/signup")
                .form(&form)
                .send()
                .await
                .unwrap();
            assert_eq!(page.status(), status, "{email}");
            assert!(header(&page, "set-cookie").is_empty());
            let html = unescape(&page.text().await.unwrap());
            assert!(html.contains(sentence), "{sentence} is not in {html}");
            assert!(html.contains(&format!(r#"id="{field}-error""#)));
            assert!(
                !html.contains(password) || password.is_empty(),
                "the password came back"
            );
        }
    }
}

#[tokio::test]
async fn one_answer_for_a_wrong_password_and_an_unknown_email() {
    let site = Site::start().await;
    site.sign_up("eve@example.com").await;
    let mut details = Vec::new();
    for (email, password) in [
        ("eve@example.com", "wrong password"),
        ("who@example.com", PASSWORD),
    ] {
        let body = json!({ "email": email, "password": password });
        let response = site
            .stranger()
            .post("/auth/login")
            .json(&body)
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 401);
        assert!(header(&response, "www-authenticate").starts_with("Bearer"));
        let problem: Value = response.json().await.unwrap();
        details.push(problem["detail"].as_str().unwrap().to_owned());

        for caller in [site.browser(), site.htmx()] {
            let form = [("email", email), ("password", password)];
            let page = caller.post("/auth/login").form(&form).send().await.unwrap();
            assert_eq!(page.status(), 401);
            let html = unescape(&page.text().await.unwrap());
            assert!(html.contains(&details[0]) && html.contains(email), "{html}");
        }
    }
    assert_eq!(details[0], details[1]);
}

#[tokio::test]
async fn the_password_grant_speaks_oauth2() {
    let site = Site::start().await;
    site.sign_up("flo@example.com").await;
    let login = async |form: &[(&str, &str)]| -> Response {
        site.stranger()
            .post("/auth/login")
            .form(form)
            .send()
            .await
            .unwrap()
    };
    let good = login(&[
        ("grant_type", "password"),
        ("username", "flo@example.com"),
        ("password", PASSWORD),
        ("scope", ""),
    ])
    .await;
    assert_eq!(good.status(), 200);
    assert!(
        header(&good, "set-cookie").is_empty(),
        "a program gets no cookie"
    );
    assert_eq!(header(&good, "cache-control"), "no-store");
    let good: Value = good.json().await.unwrap();
    let program = site.program(good["access_token"].as_str().unwrap());
    assert_eq!(program.get("/auth/me").send().await.unwrap().status(), 200);

    for (form, code) in [
        (
            &[
                ("grant_type", "password"),
                ("username", "flo@example.com"),
                ("password", "no"),
            ][..],
            "invalid_grant",
        ),
        (
            &[("grant_type", "password"), ("username", "flo@example.com")],
            "invalid_request",
        ),
        (
            &[("grant_type", "client_credentials")],
            "unsupported_grant_type",
        ),
    ] {
        let refused = login(form).await;
        assert_eq!(refused.status(), 400);
        assert_eq!(header(&refused, "content-type"), "application/json");
        let refused: Value = refused.json().await.unwrap();
        assert_eq!(refused["error"], code);
        assert!(refused["error_description"].is_string());
    }
}

#[tokio::test]
async fn a_session_that_has_ended_opens_nothing() {
    let site = Site::start().await;
    let entered = site.sign_up("gus@example.com").await;
    let user_id = entered["user"]["id"].as_str().unwrap().to_owned();
    let good = entered["access_token"].as_str().unwrap();

    // Expired by its claims, and expired or revoked by its row.
    let now = chrono::Utc::now().timestamp();
    let jwt = &site.app.config.jwt;
    let expired = tokens::sign(jwt, &user_id, &db::new_id(), now - 100, now - 1).unwrap();
    let never_stored = tokens::sign(jwt, &user_id, &db::new_id(), now, now + 60).unwrap();
    let mut bad = vec![
        expired,
        never_stored,
        format!("{good}x"),
        "x".into(),
        String::new(),
    ];
    for (expires_in, revoke) in [(-60, false), (60, true)] {
        let session = sessions::NewSession {
            id: db::new_id(),
            user_id: user_id.clone(),
            kind: "api",
            name: None,
            created_at: db::now(),
            expires_at: db::now() + chrono::Duration::seconds(expires_in),
        };
        let (id, user) = (session.id.clone(), user_id.clone());
        let stored = site.app.db.write(move |conn| {
            sessions::insert(conn, &session)?;
            match revoke {
                true => sessions::revoke(conn, &session.id, &user, db::now()).map(drop),
                false => Ok(()),
            }
        });
        stored.await.unwrap();
        bad.push(tokens::sign(jwt, &user_id, &id, now, now + 60).unwrap());
    }
    for token in &bad {
        let response = site.program(token).get("/auth/me").send().await.unwrap();
        assert_eq!(response.status(), 401, "{token}");
        // Who sent none isn't told that it is bad.
        let challenge = header(&response, "www-authenticate");
        let is_told = challenge == "Bearer realm=\"autio\", error=\"invalid_token\"";
        assert_eq!(is_told, !token.is_empty(), "{token}: {challenge}");
    }
    // With a bad token of its own, a request never falls back on its cookie.
    let browser = site.browser();
    browser.log_in("gus@example.com").await;
    let mixed = browser
        .get("/auth/me")
        .bearer_auth("x")
        .send()
        .await
        .unwrap();
    assert_eq!(mixed.status(), 401);

    assert_eq!(
        site.program(good)
            .get("/auth/me")
            .send()
            .await
            .unwrap()
            .status(),
        200
    );
    let out = site
        .program(good)
        .post("/auth/logout")
        .send()
        .await
        .unwrap();
    assert_eq!(out.status(), 204);
    assert_eq!(
        site.program(good)
            .get("/auth/me")
            .send()
            .await
            .unwrap()
            .status(),
        401
    );
}

#[tokio::test]
async fn a_browser_that_is_logged_out_goes_to_the_login_form_and_back() {
    let site = Site::start().await;
    site.sign_up("hal@example.com").await;
    let browser = site.browser();
    let away = browser.get("/chat/?draft=a%20van").send().await.unwrap();
    assert_eq!(away.status(), 303);
    let login = header(&away, "location").to_owned();
    assert_eq!(login, "/login?next=%2Fchat%3Fdraft%3Da%2520van");
    let form = browser
        .get(&login)
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(
        form.contains(r#"name="next" value="/chat?draft=a%20van""#),
        "{form}"
    );
    let form = [
        ("email", "hal@example.com"),
        ("password", PASSWORD),
        ("next", "/chat/?draft=a%20van"),
    ];
    let back = browser
        .post("/auth/login")
        .form(&form)
        .send()
        .await
        .unwrap();
    assert_eq!(header(&back, "location"), "/chat/?draft=a%20van");
    let chat = browser.get("/chat/?draft=a%20van").send().await.unwrap();
    assert!(chat.text().await.unwrap().contains(">a van</textarea>"));

    let fragment = site.htmx().get("/chat/").send().await.unwrap();
    assert_eq!(fragment.status(), 401);
    assert!(header(&fragment, "hx-redirect").starts_with("/login?next="));

    // The old cookie is dead after logging out, also for somebody who kept it.
    let cookie = session_cookie(&back).split(';').next().unwrap().to_owned();
    let out = browser.post("/auth/logout").send().await.unwrap();
    assert_eq!(
        (out.status().as_u16(), header(&out, "location")),
        (303, "/")
    );
    let kept = site.browser().get("/auth/me").header("cookie", cookie);
    assert_eq!(kept.send().await.unwrap().status(), 303);
}

#[tokio::test]
async fn an_account_that_is_turned_off_is_shut_out_at_once() {
    let site = Site::start().await;
    let entered = site.sign_up("ida@example.com").await;
    let browser = site.browser();
    browser.log_in("ida@example.com").await;
    let id = entered["user"]["id"].as_str().unwrap().to_owned();
    let off = site
        .app
        .db
        .write(move |conn| users::set_active(conn, &id, false));
    off.await.unwrap();

    let token = entered["access_token"].as_str().unwrap();
    assert_eq!(
        site.program(token)
            .get("/auth/me")
            .send()
            .await
            .unwrap()
            .status(),
        401
    );
    assert_eq!(browser.get("/auth/me").send().await.unwrap().status(), 303);

    let body = json!({ "email": "ida@example.com", "password": PASSWORD });
    let right = site
        .stranger()
        .post("/auth/login")
        .json(&body)
        .send()
        .await
        .unwrap();
    assert_eq!(right.status(), 403);
    let body = json!({ "email": "ida@example.com", "password": "a wrong one" });
    let wrong = site
        .stranger()
        .post("/auth/login")
        .json(&body)
        .send()
        .await
        .unwrap();
    assert_eq!(
        wrong.status(),
        401,
        "only who knows the password hears of it"
    );
    for caller in [site.browser(), site.htmx()] {
        let form = [("email", "ida@example.com"), ("password", PASSWORD)];
        let page = caller.post("/auth/login").form(&form).send().await.unwrap();
        assert_eq!(page.status(), 403);
        assert!(page.text().await.unwrap().contains("turned off"));
    }
}

#[tokio::test]
async fn other_sites_can_do_nothing_in_a_persons_name() {
    let site = Site::start().await;
    site.sign_up("joy@example.com").await;
    let ours = site.browser();
    ours.log_in("joy@example.com").await;
    let form = [("email", "joy@example.com"), ("password", PASSWORD)];
    let login = || {
        client()
            .build()
            .unwrap()
            .post(format!("{}/auth/login", site.base))
            .form(&form)
    };

    // A login from a page sets a cookie, so it has to come from a page of ours.
    for (name, value, status) in [
        ("x-nothing", "", 403),
        ("sec-fetch-site", "cross-site", 403),
        ("sec-fetch-site", "same-site", 403),
        ("sec-fetch-site", "none", 403),
        ("origin", "http://evil.test", 403),
        ("origin", "null", 403),
        ("origin", "http://autio.test.evil.test", 403),
        ("origin", "http://autio.test", 303),
        ("sec-fetch-site", "same-origin", 303),
    ] {
        let response = login()
            .header("accept", "text/html")
            .header(name, value)
            .send();
        // Redirects are followed by this client, so a 303 shows as the chat page's answer.
        let response = response.await.unwrap();
        let refused = response.status() == 403;
        assert_eq!(
            refused,
            status == 403,
            "{name}: {value} gave {}",
            response.status()
        );
    }
    // Without a cookie, neither sent nor set, there is nothing to protect.
    assert_eq!(login().send().await.unwrap().status(), 200);

    // A cookie with a request from elsewhere.
    for (name, value, status) in [
        ("sec-fetch-site", "cross-site", 403),
        ("sec-fetch-site", "same-origin", 303),
    ] {
        let change = ours
            .post("/auth/me")
            .header(name, value)
            .form(&[("knowledge", "beginner")]);
        assert_eq!(change.send().await.unwrap().status(), status, "{value}");
    }
}

#[tokio::test]
async fn one_can_say_how_much_one_knows() {
    let site = Site::start().await;
    let program = site.new_program().await;
    let change = program
        .patch("/auth/me")
        .json(&json!({ "knowledge": "professional" }));
    let changed: Value = change.send().await.unwrap().json().await.unwrap();
    assert_eq!(changed["knowledge"], "professional");
    assert_eq!(program.read("/auth/me").await["knowledge"], "professional");
    let wrong = program
        .patch("/auth/me")
        .json(&json!({ "knowledge": "genius" }));
    let wrong = wrong.send().await.unwrap();
    assert_eq!(wrong.status(), 422);
    let wrong: Value = wrong.json().await.unwrap();
    assert_eq!(wrong["errors"][0]["field"], "knowledge");
}

#[tokio::test]
async fn sixteen_sign_ups_with_one_email_make_one_account() {
    let site = Site::start().await;
    let body = json!({ "email": "kit@example.com", "password": PASSWORD });
    let all = (0..16).map(|_| site.stranger().post("/auth/signup").json(&body).send());
    let answers = futures_util::future::join_all(all).await;
    let mut statuses: Vec<u16> = answers
        .into_iter()
        .map(|a| a.unwrap().status().as_u16())
        .collect();
    statuses.sort_unstable();
    assert_eq!(statuses[0], 201);
    assert!(
        statuses[1..].iter().all(|status| *status == 409),
        "{statuses:?}"
    );
}

fn unescape(html: &str) -> String {
    html.replace("&#39;", "'")
        .replace("&#34;", "\"")
        .replace("&amp;", "&")
}

#[tokio::test]
async fn what_a_visitor_began_to_write_waits_for_them() {
    let site = Site::start().await;
    let browser = site.browser();
    let draft = "🚙 ein Auto für fünf ".repeat(20);
    let form = browser
        .get("/signup")
        .query(&[("draft", &draft)])
        .send()
        .await
        .unwrap();
    assert_eq!(form.status(), 200);
    let account = [
        ("email", "una@example.com"),
        ("password", PASSWORD),
        ("next", "/chat/"),
    ];
    let entered = browser
        .post("/auth/signup")
        .form(&account)
        .send()
        .await
        .unwrap();
    assert_eq!(header(&entered, "location"), "/chat/");
    let chat = browser
        .get("/chat/")
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(chat.contains(&format!(">{draft}</textarea>")), "{chat}");
    let again = browser
        .get("/chat/")
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(again.contains("></textarea>"), "it comes once");
    let long = "x".repeat(3_000);
    let refused = site
        .browser()
        .get("/signup")
        .query(&[("draft", &long)])
        .send()
        .await
        .unwrap();
    assert_eq!(refused.status(), 422);
}

#[tokio::test]
async fn htmx_after_a_logout_elsewhere_keeps_the_page() {
    let site = Site::start().await;
    let posted = site
        .htmx()
        .post("/chat/")
        .form(&[("message", "a van")])
        .send()
        .await
        .unwrap();
    assert_eq!(
        (posted.status().as_u16(), header(&posted, "hx-retarget")),
        (401, "#notice")
    );
    assert!(
        header(&posted, "hx-redirect").is_empty(),
        "the page and what is on it would be gone"
    );
    assert!(posted.text().await.unwrap().contains("href=\"/login?next="));
}
