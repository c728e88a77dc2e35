//! What takes the password: another password and another email, and how often one may guess.

use serde_json::json;

use crate::settings::{json_of, page, person, status};
use crate::site::{PASSWORD, Site, header};

const OTHER_PASSWORD: &str = "green kettle marmalade 12";

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
