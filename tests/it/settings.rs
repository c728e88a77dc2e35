//! What a person sets, and what follows from it: as program, browser, htmx and stranger.

use std::time::Duration;

use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::site::{Caller, PASSWORD, Site, header};
use crate::upstream::{Script, Upstream};

pub const HYBRID: &str = "2022-toyota-rav4-hybrid-awd-45009";
pub const GASOLINE: &str = "2022-toyota-rav4-44992";

/// A person as a program and as a browser.
pub async fn person(site: &Site, email: &str) -> (Caller, Caller, Value) {
    let entered = site.sign_up(email).await;
    let program = site.program(entered["access_token"].as_str().unwrap());
    let browser = site.browser();
    browser.log_in(email).await;
    (program, browser, entered)
}

pub async fn json_of(response: Response) -> Value {
    response.json().await.unwrap()
}

pub async fn page(browser: &Caller, path: &str) -> String {
    let response = browser.get(path).send().await.unwrap();
    assert_eq!(response.status(), 200, "{path}");
    response.text().await.unwrap()
}

pub async fn status(request: reqwest::RequestBuilder) -> u16 {
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
        html.contains(
            r#"<span class="us">40 mpg</span><span class="or"> or </span><span class="metric">5.9 L/100 km</span>"#
        ),
        "{html}"
    );
    assert!(!page(&site.browser(), "/cars").await.contains("data-theme"));
    // Programs always get mpg.
    assert_eq!(program.read(&car).await["mpg"]["combined"], 40);
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
