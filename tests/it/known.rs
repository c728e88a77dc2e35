//! Whoever guesses at an account can't keep out the browsers and addresses that have logged in to it before.

use reqwest::Response;
use serde_json::{Value, json};

use crate::settings::{HYBRID, page, status};
use crate::site::{Caller, PASSWORD, Site, header};

const LIMITS: [(&str, &str); 3] = [
    ("AUTIO_RATE_LIMITS", "on"),
    ("AUTIO_LIMIT_LOGIN", "3,1/h"),
    ("AUTIO_TRUSTED_PROXIES", "127.0.0.1"),
];

/// Logs in through the form, as somebody at that address.
async fn log_in(browser: &Caller, address: &str, email: &str, password: &str) -> Response {
    let form = [("email", email), ("password", password)];
    let post = browser.post("/auth/login").form(&form);
    let post = post.header("x-forwarded-for", address.to_owned());
    post.send().await.unwrap()
}

/// The same as a program does.
async fn enter(site: &Site, address: &str, email: &str, password: &str) -> u16 {
    let body = json!({ "email": email, "password": password });
    let post = site.stranger().post("/auth/login").json(&body);
    status(post.header("x-forwarded-for", address.to_owned())).await
}

/// Guesses from more and more addresses until the account has no tries left.
async fn besiege(site: &Site, email: &str) {
    let mut guesses = 0;
    while enter(site, &format!("6.6.6.{guesses}"), email, "a guess").await == 401 {
        guesses += 1;
        assert!(guesses < 10, "nobody is refused");
    }
}

#[tokio::test]
async fn guessing_from_elsewhere_does_not_keep_the_owner_out() {
    let site = Site::start_with(&LIMITS).await;
    site.sign_up("ann@example.com").await;
    let (browser, phone) = (site.browser(), site.browser());
    let entered = log_in(&browser, "1.1.1.1", "ann@example.com", PASSWORD).await;
    assert_eq!(entered.status(), 303);
    assert_eq!(
        enter(&site, "2.2.2.2", "ann@example.com", PASSWORD).await,
        200
    );
    besiege(&site, "ann@example.com").await;

    // The browser wherever it is, and also after logging out; the program where it was.
    assert_eq!(status(browser.post("/auth/logout")).await, 303);
    let again = log_in(&browser, "9.9.9.9", " ANN@example.com", PASSWORD).await;
    assert_eq!(again.status(), 303);
    assert_eq!(
        enter(&site, "2.2.2.2", "ann@example.com", PASSWORD).await,
        200
    );
    // Who was never in has to wait, with the right password too.
    assert_eq!(
        enter(&site, "3.3.3.3", "ann@example.com", PASSWORD).await,
        429
    );
    let new = log_in(&phone, "4.4.4.4", "ann@example.com", PASSWORD).await;
    assert_eq!(new.status(), 429);
    assert!(!new.headers().contains_key("set-cookie"), "{new:?}");
    // A full network is no matter to a browser that is known, and one that was in elsewhere is none.
    for number in 0..4 {
        enter(
            &site,
            "5.5.5.5",
            &format!("{number}@example.com"),
            "a guess",
        )
        .await;
    }
    let at_work = log_in(&browser, "5.5.5.5", "ann@example.com", PASSWORD).await;
    assert_eq!(at_work.status(), 303);
    assert_eq!(
        log_in(&phone, "5.5.5.5", "bob@example.com", "x")
            .await
            .status(),
        429
    );
}

#[tokio::test]
async fn who_is_known_has_no_more_tries_than_others() {
    let site = Site::start_with(&LIMITS).await;
    site.sign_up("ann@example.com").await;
    site.sign_up("bob@example.com").await;
    let browser = site.browser();
    let entered = log_in(&browser, "1.1.1.1", "ann@example.com", PASSWORD).await;
    assert_eq!(entered.status(), 303);
    // Somebody else sits down at it.
    for (address, wanted) in [
        ("1.1.1.1", 401),
        ("1.1.1.2", 401),
        ("1.1.1.3", 401),
        ("1.1.1.4", 429),
    ] {
        let guess = log_in(&browser, address, "ann@example.com", "a guess").await;
        assert_eq!(guess.status(), wanted, "{address}");
    }
    // Those were its own: the account's are all there for everybody else.
    assert_eq!(
        enter(&site, "2.2.2.2", "ann@example.com", PASSWORD).await,
        200
    );
    // It is known to Ann's account and to no other.
    besiege(&site, "bob@example.com").await;
    let other = log_in(&browser, "7.7.7.7", "bob@example.com", PASSWORD).await;
    assert_eq!(other.status(), 429);
    // An address that is known: its own tries, once those of the account are used up, and then no more.
    besiege(&site, "ann@example.com").await;
    let mut answers = Vec::new();
    for _ in 0..3 {
        answers.push(enter(&site, "2.2.2.2", "ann@example.com", "a guess").await);
    }
    assert_eq!(answers, [401, 401, 429]);
}

#[tokio::test]
async fn a_device_cookie_that_is_not_ours_is_worth_nothing() {
    let site = Site::start_with(&LIMITS).await;
    site.sign_up("ann@example.com").await;
    let secret = [
        LIMITS[0],
        ("JWT_SECRET", "some other secret of more than 32 bytes"),
    ];
    let other = Site::start_with(&secret).await;
    other.sign_up("ann@example.com").await;
    let foreign = log_in(&other.browser(), "1.1.1.1", "ann@example.com", PASSWORD).await;
    let foreign = foreign.headers().get_all("set-cookie").iter();
    let foreign = foreign
        .filter_map(|value| value.to_str().unwrap().split(';').next())
        .find(|cookie| cookie.starts_with("autio-device="))
        .unwrap()
        .to_owned();
    besiege(&site, "ann@example.com").await;
    for cookie in [
        foreign.as_str(),
        "autio-device=",
        "autio-device=x y z",
        "autio-device=ann@example.com",
    ] {
        let form = [("email", "ann@example.com"), ("password", PASSWORD)];
        let post = site.browser().post("/auth/login").form(&form);
        let post = post
            .header("cookie", cookie)
            .header("x-forwarded-for", "8.8.8.8");
        assert_eq!(status(post).await, 429, "{cookie}");
    }
}

#[tokio::test]
async fn who_is_in_can_change_the_password_while_others_guess() {
    let site = Site::start_with(&LIMITS).await;
    let entered = site.sign_up("ann@example.com").await;
    let program = site.program(entered["access_token"].as_str().unwrap());
    besiege(&site, "ann@example.com").await;
    let new = json!({ "current_password": PASSWORD, "new_password": "green kettle marmalade 12" });
    assert_eq!(status(program.post("/auth/password").json(&new)).await, 204);
}

#[tokio::test]
async fn a_family_shares_a_browser_and_what_is_typed_wrong_is_not_repeated() {
    let site = Site::start_with(&LIMITS).await;
    let browser = site.browser();
    for email in ["ann@example.com", "bob@example.com"] {
        site.sign_up(email).await;
        assert_eq!(
            log_in(&browser, "1.1.1.1", email, PASSWORD).await.status(),
            303
        );
        assert_eq!(status(browser.post("/auth/logout")).await, 303);
    }
    for email in ["ann@example.com", "bob@example.com"] {
        besiege(&site, email).await;
        assert_eq!(
            log_in(&browser, "1.1.1.9", email, PASSWORD).await.status(),
            303
        );
    }
    assert!(
        page(&browser, &format!("/cars/{HYBRID}"))
            .await
            .contains("bob@example.com")
    );
    let wrong = site.stranger().post("/auth/login");
    let wrong = wrong.json(&json!({ "email": "ann@example.com", "password": 7_316_905 }));
    let wrong = wrong.send().await.unwrap();
    assert_eq!(header(&wrong, "content-type"), "application/problem+json");
    let wrong: Value = wrong.json().await.unwrap();
    assert_eq!(wrong["errors"][0]["field"], "password");
    assert!(!wrong.to_string().contains("7316905"), "{wrong}");
}
