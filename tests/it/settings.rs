//! What a person sets and does with their account: as program, browser and htmx, as somebody else and as a stranger.

use std::collections::BTreeMap;
use std::time::Duration;

use autio::db::messages::{self, NewMessage};
use autio::db::sessions::{self, NewSession};
use autio::db::{self, Conn, budgets};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::site::{Caller, PASSWORD, Site, header};
use crate::upstream::{Script, Upstream};

const HYBRID: &str = "2022-toyota-rav4-hybrid-awd-45009";
const GASOLINE: &str = "2022-toyota-rav4-44992";
const OTHER_PASSWORD: &str = "green kettle marmalade 12";

/// A person as a program and as a browser.
async fn person(site: &Site, email: &str) -> (Caller, Caller, Value) {
    let entered = site.sign_up(email).await;
    let program = site.program(entered["access_token"].as_str().unwrap());
    let browser = site.browser();
    browser.log_in(email).await;
    (program, browser, entered)
}

async fn json_of(response: Response) -> Value {
    response.json().await.unwrap()
}

async fn page(browser: &Caller, path: &str) -> String {
    let response = browser.get(path).send().await.unwrap();
    assert_eq!(response.status(), 200, "{path}");
    response.text().await.unwrap()
}

async fn status(request: reqwest::RequestBuilder) -> u16 {
    request.send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn what_is_set_stays_and_what_is_emptied_goes_back() {
    let site = Site::start().await;
    let program = site.new_program().await;
    let before = program.read("/auth/me").await;
    assert_eq!(before["miles_per_year"], Value::Null);
    assert_eq!(
        (&before["units"], &before["theme"]),
        (&json!("mpg"), &json!("system"))
    );

    let some = json!({ "miles_per_year": 9000, "electricity_usd": 0.135, "theme": "dark" });
    let changed = program.patch("/auth/me").json(&some).send().await.unwrap();
    assert_eq!(changed.status(), 200);
    let more = json!({ "city_percent": 80, "hydrogen_usd": 16, "units": "l_per_100km" });
    program.patch("/auth/me").json(&more).send().await.unwrap();
    let none = json!({ "hydrogen_usd": null });
    let changed = json_of(program.patch("/auth/me").json(&none).send().await.unwrap()).await;
    let after = program.read("/auth/me").await;
    assert_eq!(changed, after);
    for (name, wanted) in [
        ("miles_per_year", json!(9000)),
        ("city_percent", json!(80)),
        ("electricity_usd", json!(0.135)),
        ("hydrogen_usd", Value::Null),
        ("regular_usd", Value::Null),
        ("units", json!("l_per_100km")),
        ("theme", json!("dark")),
        ("knowledge", json!("casual")),
    ] {
        assert_eq!(after[name], wanted, "{name}");
    }

    // All or nothing, and every field is blamed.
    let wrong =
        json!({ "theme": "light", "miles_per_year": 0, "regular_usd": "3,50", "is_active": false });
    let wrong = program.patch("/auth/me").json(&wrong).send().await.unwrap();
    assert_eq!(wrong.status(), 422);
    let wrong = json_of(wrong).await;
    let blamed = wrong["errors"].as_array().unwrap().iter();
    let blamed: Vec<_> = blamed.map(|one| one["field"].as_str().unwrap()).collect();
    assert_eq!(blamed, ["is_active", "regular_usd", "miles_per_year"]);
    assert_eq!(program.read("/auth/me").await["theme"], "dark");
}

#[tokio::test]
async fn costs_begin_with_the_persons_figures() {
    let site = Site::start().await;
    let (program, browser, _) = person(&site, "ann@example.com").await;
    let own = json!({ "miles_per_year": 9000, "regular_usd": 4.1 });
    program.patch("/auth/me").json(&own).send().await.unwrap();
    let cost = format!("/cars/{HYBRID}/cost");
    let compare = format!("/cars/compare?ids={HYBRID},{GASOLINE}");

    let assumed = program.read(&cost).await["assumptions"].clone();
    assert_eq!(
        (&assumed["miles_per_year"], &assumed["regular_usd"]),
        (&json!(9000), &json!(4.1))
    );
    assert_eq!(assumed["city_percent"], 55);
    let costs = program.read(&compare).await["costs"].clone();
    assert!(
        costs
            .as_array()
            .unwrap()
            .iter()
            .all(|cost| cost["assumptions"]["miles_per_year"] == 9000)
    );
    // What is asked for wins.
    let asked = program.read(&format!("{cost}?miles_per_year=20000")).await;
    assert_eq!(asked["assumptions"]["miles_per_year"], 20_000);
    assert_eq!(asked["assumptions"]["regular_usd"], 4.1);
    // Nobody else's, and no cache may mix them up.
    let stranger = site.stranger().get(&cost).send().await.unwrap();
    assert!(header(&stranger, "cache-control").starts_with("public"));
    assert_eq!(
        json_of(stranger).await["assumptions"]["miles_per_year"],
        15_000
    );
    let own = program.get(&cost).send().await.unwrap();
    assert!(header(&own, "cache-control").starts_with("private"));
    let vary = own.headers().get_all("vary").iter();
    assert!(
        vary.map(|one| one.to_str().unwrap())
            .any(|one| one.contains("Authorization"))
    );

    for place in [format!("/cars/{HYBRID}"), cost, compare] {
        let html = page(&browser, &place).await;
        assert!(
            html.contains(r#"name="miles_per_year" type="text" inputmode="decimal" value="9000""#),
            "{place}"
        );
        assert!(html.contains("those in your settings"), "{place}");
    }
}

#[tokio::test]
async fn a_models_cost_to_own_begins_with_them_too() {
    let call = json!({ "ids": [HYBRID, GASOLINE] });
    let upstream = Upstream::start([
        Script::Call("cost_to_own", call),
        Script::Say("There you are.", Duration::ZERO),
    ])
    .await;
    let settings = [
        ("OPENAI_BASE_URL", upstream.base_url.as_str()),
        ("OPENAI_API_KEY", "k"),
    ];
    let site = Site::start_with(&settings).await;
    let program = site.new_program().await;
    let own = json!({ "miles_per_year": 9000, "regular_usd": 4.1 });
    program.patch("/auth/me").json(&own).send().await.unwrap();
    program.say("What do these two cost me?", None).await;
    let requests = upstream.requests();
    let told = requests[1].1["messages"]
        .as_array()
        .unwrap()
        .last()
        .unwrap()["content"]
        .clone();
    let told: Value = serde_json::from_str(told.as_str().unwrap()).unwrap();
    assert_eq!(told["assumptions"]["miles_per_year"], 9000, "{told}");
    assert_eq!(told["assumptions"]["regular_usd"], 4.1);
}

#[tokio::test]
async fn a_form_comes_back_to_its_section_and_what_was_typed_stays() {
    let site = Site::start().await;
    let (program, browser, _) = person(&site, "bea@example.com").await;
    let good = [
        ("section", "driving"),
        ("miles_per_year", "12,000"),
        ("city_percent", ""),
        ("regular_usd", "$3.60"),
    ];
    let saved = browser.post("/auth/me").form(&good).send().await.unwrap();
    assert_eq!(
        (saved.status().as_u16(), header(&saved, "location")),
        (303, "/auth/me?done=driving#driving")
    );
    assert_eq!(program.read("/auth/me").await["miles_per_year"], 12_000);
    let html = page(&browser, "/auth/me?done=driving").await;
    let section = html
        .split(r#"<section id="driving""#)
        .nth(1)
        .unwrap()
        .split("</section>")
        .next()
        .unwrap();
    assert!(section.contains(r#"role="status">Saved.<"#), "{section}");
    assert_eq!(html.matches(r#"role="status""#).count(), 1);
    assert!(section.contains(r#"value="3.60""#));

    let htmx = site.htmx();
    htmx.log_in("bea@example.com").await;
    let saved = htmx.post("/auth/me").form(&good).send().await.unwrap();
    assert_eq!(
        header(&saved, "hx-redirect"),
        "/auth/me?done=driving#driving"
    );

    let bad = [
        ("section", "driving"),
        ("miles_per_year", "<many>"),
        ("city_percent", "300"),
        ("regular_usd", "4.20"),
    ];
    for caller in [&browser, &htmx] {
        let refused = caller.post("/auth/me").form(&bad).send().await.unwrap();
        assert_eq!(refused.status(), 422);
        let html = refused.text().await.unwrap();
        for part in [
            r#"value="&#60;many&#62;""#,
            r#"id="miles_per_year-error""#,
            r#"id="city_percent-error""#,
            r#"value="4.20""#,
        ] {
            assert!(html.contains(part), "{part} is not in {html}");
        }
        assert_eq!(html.matches(" autofocus").count(), 1);
    }
    assert_eq!(program.read("/auth/me").await["regular_usd"], 3.6);
    let refused = browser
        .post("/auth/me")
        .form(&[("section", "display"), ("theme", "neon")])
        .send()
        .await
        .unwrap();
    assert!(
        refused
            .text()
            .await
            .unwrap()
            .contains(r#"id="theme-error""#)
    );
}

#[tokio::test]
async fn pages_have_the_colours_and_units_of_who_looks_at_them() {
    let site = Site::start().await;
    let (program, browser, _) = person(&site, "cy@example.com").await;
    let plain = page(&browser, "/cars").await;
    assert!(plain.contains("<html lang=\"en\">") && plain.contains(r#"content="light dark""#));
    let own = json!({ "theme": "dark", "units": "l_per_100km" });
    program.patch("/auth/me").json(&own).send().await.unwrap();
    let car = format!("/cars/{HYBRID}");
    for place in ["/", "/cars", "/chat/", "/auth/me", "/shortlist", &car] {
        let html = page(&browser, place).await;
        assert!(
            html.contains(r#"<html lang="en" data-theme="dark" data-units="l_per_100km">"#),
            "{place}"
        );
        assert!(
            html.contains(r#"<meta name="color-scheme" content="dark">"#),
            "{place}"
        );
    }
    let html = page(&browser, &car).await;
    assert!(
        html.contains(r#"<span class="us">40 mpg</span> <span class="metric">5.9 L/100 km</span>"#),
        "{html}"
    );
    assert!(!page(&site.browser(), "/cars").await.contains("data-theme"));
    // Programs always get mpg.
    assert_eq!(program.read(&car).await["mpg"]["combined"], 40);
}

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

#[tokio::test]
async fn a_new_password_ends_all_but_the_session_that_made_it() {
    let site = Site::start().await;
    let (program, browser, _) = person(&site, "hal@example.com").await;
    let token = json_of(
        program
            .post("/auth/tokens")
            .json(&json!({ "name": "t" }))
            .send()
            .await
            .unwrap(),
    )
    .await;
    let token = site.program(token["token"].as_str().unwrap());

    for (current, new, field) in [
        ("", OTHER_PASSWORD, "current_password"),
        ("not mine at all", OTHER_PASSWORD, "current_password"),
        (PASSWORD, "short", "new_password"),
        (PASSWORD, "hal@example.com", "new_password"),
    ] {
        let body = json!({ "current_password": current, "new_password": new });
        let refused = program
            .post("/auth/password")
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
        let form = [("current_password", current), ("new_password", new)];
        let refused = browser
            .post("/auth/password")
            .form(&form)
            .send()
            .await
            .unwrap();
        assert_eq!(refused.status(), 422);
        let html = refused.text().await.unwrap();
        let id = field.replace('_', "-");
        assert!(html.contains(&format!(r#"id="{id}-error""#)), "{html}");
        assert!(
            !html.contains(OTHER_PASSWORD) && !html.contains("not mine"),
            "a password came back"
        );
    }
    assert_eq!(status(token.get("/auth/me")).await, 200);

    let form = [
        ("current_password", PASSWORD),
        ("new_password", OTHER_PASSWORD),
    ];
    let changed = browser
        .post("/auth/password")
        .form(&form)
        .send()
        .await
        .unwrap();
    assert_eq!(
        header(&changed, "location"),
        "/auth/me?done=password#password"
    );
    assert!(
        page(&browser, "/auth/me?done=password")
            .await
            .contains("Your password is changed.")
    );
    assert_eq!(status(program.get("/auth/me")).await, 401);
    assert_eq!(status(token.get("/auth/me")).await, 401);
    let login = |password: &'static str| {
        let body = json!({ "email": "hal@example.com", "password": password });
        site.stranger().post("/auth/login").json(&body)
    };
    assert_eq!(status(login(PASSWORD)).await, 401);
    let entered = json_of(login(OTHER_PASSWORD).send().await.unwrap()).await;

    let program = site.program(entered["access_token"].as_str().unwrap());
    let back = json!({ "current_password": OTHER_PASSWORD, "new_password": PASSWORD });
    assert_eq!(
        status(program.post("/auth/password").json(&back)).await,
        204
    );
    assert_eq!(status(program.get("/auth/me")).await, 200);
    assert_eq!(status(browser.get("/auth/me")).await, 303);
}

#[tokio::test]
async fn guessing_at_a_password_in_the_settings_counts_as_guessing_at_the_login() {
    let limits = [("AUTIO_RATE_LIMITS", "on"), ("AUTIO_LIMIT_LOGIN", "4,1/h")];
    let site = Site::start_with(&limits).await;
    let program = site.new_program().await;
    let wrong = json!({ "current_password": "not mine at all", "new_password": OTHER_PASSWORD });
    assert_eq!(
        status(program.post("/auth/password").json(&wrong)).await,
        422
    );
    let wrong = json!({ "email": "new@example.com", "password": "not mine at all" });
    assert_eq!(status(program.post("/auth/email").json(&wrong)).await, 422);
    for wanted in [422, 422, 429] {
        let wrong = json!({ "password": "not mine at all" });
        assert_eq!(
            status(program.delete("/auth/me").json(&wrong)).await,
            wanted
        );
    }
    let right = json!({ "current_password": PASSWORD, "new_password": OTHER_PASSWORD });
    let refused = program
        .post("/auth/password")
        .json(&right)
        .send()
        .await
        .unwrap();
    assert_eq!(refused.status(), 429);
    assert!(!header(&refused, "retry-after").is_empty());
    assert_eq!(status(program.get("/auth/me")).await, 200);
}

#[tokio::test]
async fn an_email_can_be_changed_to_one_that_nobody_has() {
    let site = Site::start().await;
    let (program, browser, _) = person(&site, "ida@example.com").await;
    site.sign_up("joy@example.com").await;
    for (email, password, field, wanted) in [
        ("nobody", PASSWORD, "email", 422),
        ("new@example.com", "not mine at all", "password", 422),
        (" JOY@example.com", PASSWORD, "email", 409),
    ] {
        let body = json!({ "email": email, "password": password });
        let refused = program
            .post("/auth/email")
            .json(&body)
            .send()
            .await
            .unwrap();
        assert_eq!(refused.status(), wanted, "{email}");
        assert_eq!(json_of(refused).await["errors"][0]["field"], field);
        let form = [("email", email), ("password", password)];
        let refused = browser
            .post("/auth/email")
            .form(&form)
            .send()
            .await
            .unwrap();
        assert_eq!(refused.status(), wanted);
        let html = refused.text().await.unwrap();
        assert!(
            html.contains(&format!(r#"type="email" value="{email}""#)),
            "{html}"
        );
    }
    let body = json!({ "email": " New@Example.com", "password": PASSWORD });
    let changed = json_of(
        program
            .post("/auth/email")
            .json(&body)
            .send()
            .await
            .unwrap(),
    )
    .await;
    assert_eq!(changed["email"], "new@example.com");
    assert!(
        page(&browser, "/auth/me")
            .await
            .contains("<strong>new@example.com</strong>")
    );
    site.browser().log_in("new@example.com").await;
    site.sign_up("ida@example.com").await;
}

#[tokio::test]
async fn an_export_holds_all_of_ones_own_and_nothing_else() {
    let site = Site::start().await;
    let (program, browser, entered) = person(&site, "kit@example.com").await;
    let (other, _, _) = person(&site, "lea@example.com").await;
    other.say("a secret wish for a pickup", None).await;
    let own = json!({ "regular_usd": 4.1 });
    program.patch("/auth/me").json(&own).send().await.unwrap();
    let token = json_of(
        program
            .post("/auth/tokens")
            .json(&json!({ "name": "t" }))
            .send()
            .await
            .unwrap(),
    )
    .await;
    program
        .put(&format!("/shortlist/{HYBRID}"))
        .send()
        .await
        .unwrap();
    let said = program.say("A hybrid SUV under $40,000", None).await;
    let conversation = said["conversation_id"].as_str().unwrap();
    let need = json!({ "field": "seats_min", "value": 7 });
    let edited = program
        .patch(&format!("/chat/{conversation}/needs"))
        .json(&need)
        .send()
        .await
        .unwrap();
    assert_eq!(edited.status(), 200);
    program.say("An electric hatchback", None).await;

    // As many as anybody has, in one of several conversations.
    let user_id = entered["user"]["id"].as_str().unwrap().to_owned();
    let (id, owner) = (conversation.to_owned(), user_id.clone());
    let many = site.app.db.write(move |conn| {
        for number in 0..10_000 {
            messages::insert(
                conn,
                &NewMessage {
                    id: db::new_id(),
                    user_id: owner.clone(),
                    conversation_id: id.clone(),
                    parent_id: None,
                    role: "user",
                    text: format!("number {number}"),
                    timestamp: db::now(),
                    status: "done",
                    reserved_tokens: None,
                },
            )?;
        }
        Ok(())
    });
    many.await.unwrap();

    for caller in [&program, &browser] {
        let response = caller.get("/auth/export").send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(header(&response, "content-type"), "application/json");
        assert_eq!(
            header(&response, "content-disposition"),
            "attachment; filename=\"autio-export.json\""
        );
        let text = response.text().await.unwrap();
        for secret in [
            "argon2",
            "secret wish",
            "lea@example.com",
            token["token"].as_str().unwrap(),
        ] {
            assert!(!text.contains(secret), "{secret} is in the export");
        }
        let export: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(export["account"]["email"], "kit@example.com");
        assert_eq!(export["account"]["regular_usd"], 4.1);
        assert_eq!(export["sessions"].as_array().unwrap().len(), 2);
        assert_eq!(export["tokens"][0]["name"], "t");
        assert_eq!(export["shortlist"][0]["car"]["id"], HYBRID);
        let conversations = export["conversations"].as_array().unwrap();
        let counts: Vec<_> = conversations
            .iter()
            .map(|one| one["messages"].as_array().unwrap().len())
            .collect();
        assert_eq!(counts, [2, 10_002]);
        assert_eq!(
            conversations[1]["need_edits"][0]["need"]["field"],
            "seats_min"
        );
        let messages = &conversations[1]["messages"];
        assert_eq!(messages[0]["text"], "A hybrid SUV under $40,000");
        assert!(messages[1]["cars"][0]["id"].is_string());
        assert_eq!(messages[10_001]["text"], "number 9999");
    }
}

#[tokio::test]
async fn a_deleted_account_leaves_no_row_and_stops_what_runs() {
    let upstream = Upstream::start([Script::GoOn("word ".into(), Duration::from_millis(20))]).await;
    let settings = [
        ("OPENAI_BASE_URL", upstream.base_url.as_str()),
        ("OPENAI_API_KEY", "k"),
        ("AUTIO_RATE_LIMITS", "on"),
        ("AUTIO_LIMIT_LOGIN", "off"),
    ];
    let site = Site::start_with(&settings).await;
    let (program, browser, entered) = person(&site, "max@example.com").await;
    let (other, _, _) = person(&site, "ned@example.com").await;
    let user_id = entered["user"]["id"].as_str().unwrap().to_owned();
    other
        .put(&format!("/shortlist/{HYBRID}"))
        .send()
        .await
        .unwrap();
    program
        .put(&format!("/shortlist/{HYBRID}"))
        .send()
        .await
        .unwrap();
    let token = json_of(
        program
            .post("/auth/tokens")
            .json(&json!({ "name": "t" }))
            .send()
            .await
            .unwrap(),
    )
    .await;
    let body = json!({ "message": "A hybrid SUV under $40,000" });
    let begun = program
        .post("/chat/")
        .header("prefer", "respond-async")
        .header("idempotency-key", "k1")
        .json(&body);
    let begun = json_of(begun.send().await.unwrap()).await;
    let need = json!({ "field": "seats_min", "value": 7 });
    let conversation = begun["conversation_id"].as_str().unwrap();
    let edited = program
        .patch(&format!("/chat/{conversation}/needs"))
        .json(&need)
        .send()
        .await
        .unwrap();
    assert_eq!(edited.status(), 200);
    let place = format!("/chat/messages/{}", begun["message_id"].as_str().unwrap());
    until(async || {
        !program.read(&place).await["text"]
            .as_str()
            .unwrap()
            .is_empty()
    })
    .await;
    let before = rows(&site, &user_id).await;
    for table in [
        "budgets",
        "conversations",
        "idempotency_keys",
        "messages",
        "need_edits",
        "sessions",
        "shortlist",
        "users",
    ] {
        assert!(before[table] > 0, "{table}: {before:?}");
    }

    // Not without the password.
    for form in [
        &[("password", "")][..],
        &[("password", "not mine at all")],
        &[],
    ] {
        let refused = browser
            .post("/auth/me/delete")
            .form(form)
            .send()
            .await
            .unwrap();
        assert_eq!(refused.status(), 422);
        assert!(
            refused
                .text()
                .await
                .unwrap()
                .contains(r#"id="delete-password-error""#)
        );
    }
    assert_eq!(rows(&site, &user_id).await, before);

    let gone = browser
        .post("/auth/me/delete")
        .form(&[("password", PASSWORD)])
        .send()
        .await
        .unwrap();
    assert_eq!(gone.status(), 200);
    assert!(
        header(&gone, "set-cookie").contains("Max-Age=0"),
        "{gone:?}"
    );
    let html = gone.text().await.unwrap();
    assert!(
        html.contains("Your account is deleted") && !html.contains("max@example.com"),
        "{html}"
    );
    let left = rows(&site, &user_id).await;
    assert!(left.values().all(|count| *count == 0), "{left:?}");
    until(async || upstream.broken_off_by_caller() == 1).await;
    // The estimate of what came, not what was set aside.
    let service = site
        .app
        .db
        .read(|conn| budgets::get(conn, budgets::SERVICE))
        .await
        .unwrap()
        .unwrap();
    assert!((1..10_000).contains(&service.tokens), "{service:?}");

    for caller in [&program, &site.program(token["token"].as_str().unwrap())] {
        assert_eq!(status(caller.get("/auth/me")).await, 401);
    }
    assert_eq!(status(browser.get("/auth/me")).await, 303);
    let login = json!({ "email": "max@example.com", "password": PASSWORD });
    assert_eq!(
        status(site.stranger().post("/auth/login").json(&login)).await,
        401
    );
    assert_eq!(
        other.read("/shortlist").await["cars"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    // Nothing is written by the worker that was just stopped.
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(
        rows(&site, &user_id)
            .await
            .values()
            .all(|count| *count == 0)
    );

    // As a program, with nothing left to stop.
    let again = site.sign_up("max@example.com").await;
    let again = site.program(again["access_token"].as_str().unwrap());
    let goodbye = json!({ "password": PASSWORD });
    assert_eq!(status(again.delete("/auth/me").json(&goodbye)).await, 204);
    assert_eq!(status(again.get("/auth/me")).await, 401);
}

#[tokio::test]
async fn a_stranger_is_let_nowhere() {
    let site = Site::start().await;
    let (program, _, _) = person(&site, "oda@example.com").await;
    let session = program.read("/auth/sessions").await["sessions"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let routes = [
        (Method::GET, "/auth/me".to_owned()),
        (Method::PATCH, "/auth/me".into()),
        (Method::POST, "/auth/me".into()),
        (Method::DELETE, "/auth/me".into()),
        (Method::POST, "/auth/me/delete".into()),
        (Method::POST, "/auth/password".into()),
        (Method::POST, "/auth/email".into()),
        (Method::GET, "/auth/export".into()),
        (Method::GET, "/auth/sessions".into()),
        (Method::DELETE, "/auth/sessions".into()),
        (Method::POST, "/auth/sessions/revoke".into()),
        (Method::DELETE, format!("/auth/sessions/{session}")),
        (Method::POST, format!("/auth/sessions/{session}/revoke")),
        (Method::GET, "/auth/tokens".into()),
        (Method::POST, "/auth/tokens".into()),
        (Method::DELETE, format!("/auth/tokens/{session}")),
        (Method::POST, format!("/auth/tokens/{session}/revoke")),
    ];
    for (method, path) in routes {
        for (caller, wanted) in [
            (site.stranger(), 401),
            (site.program("x"), 401),
            (site.htmx(), 401),
            (site.browser(), 303),
        ] {
            let url = format!("{}{path}", site.base);
            let mut request = caller.http.request(method.clone(), url);
            if method != Method::GET {
                request = request.form(&[("password", PASSWORD)]);
            }
            assert_eq!(status(request).await, wanted, "{method} {path}");
        }
    }
    assert_eq!(status(program.get("/auth/me")).await, 200);
}

async fn until(look: impl AsyncFn() -> bool) {
    for _ in 0..100 {
        if look().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("waited in vain");
}

#[derive(QueryableByName)]
struct Table {
    #[diesel(sql_type = Text)]
    name: String,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// How many rows of that person there are, in every table that has people's rows.
async fn rows(site: &Site, user_id: &str) -> BTreeMap<String, i64> {
    let tables = match site.is_postgres() {
        true => {
            "SELECT table_name::text AS name FROM information_schema.columns WHERE column_name = 'user_id' AND table_schema = 'public'"
        }
        false => {
            "SELECT m.name AS name FROM sqlite_master m JOIN pragma_table_info(m.name) c ON c.name = 'user_id' WHERE m.type = 'table'"
        }
    };
    let user_id = user_id.to_owned();
    let counted = site.app.db.read(move |conn: &mut Conn| {
        let tables: Vec<Table> = diesel::sql_query(tables).load(conn)?;
        let mut places: Vec<(String, &str)> = tables
            .into_iter()
            .map(|table| (table.name, "user_id"))
            .collect();
        places.push(("users".into(), "id"));
        let mut counts = BTreeMap::new();
        for (table, column) in places {
            let query = diesel::sql_query(format!(
                "SELECT COUNT(*) AS count FROM {table} WHERE {column} = $1"
            ));
            let Count { count } = query.bind::<Text, _>(&user_id).get_result(conn)?;
            counts.insert(table, count);
        }
        Ok(counts)
    });
    counted.await.unwrap()
}
