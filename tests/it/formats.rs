//! What holds for every route: formats, errors, headers, limits, static files.

use reqwest::Method;
use serde_json::Value;

use crate::site::{Site, header, session_cookie};

#[tokio::test]
async fn the_start_is_a_page_or_json() {
    let site = Site::start().await;
    let json = site.stranger().read("/").await;
    assert_eq!(json["message"], "Autio is up and running!");
    assert_eq!(json["version"], env!("CARGO_PKG_VERSION"));
    let page = site.browser().get("/").send().await.unwrap();
    assert_eq!(header(&page, "content-type"), "text/html; charset=utf-8");
    for path in ["/", "/login", "/signup", "/nowhere"] {
        let page = site.browser().get(path).send().await.unwrap();
        let html = page.text().await.unwrap();
        assert!(
            html.contains("built-in catalogue advisor"),
            "{path} doesn't say who answers"
        );
    }
    assert_eq!(site.stranger().read("/healthz").await["status"], "ok");
    assert_eq!(site.stranger().read("/readyz").await["status"], "ready");
}

#[tokio::test]
async fn every_error_comes_in_the_callers_format_with_the_same_status() {
    let site = Site::start().await;
    let program = site.new_program().await;
    let nobody = "01900000-0000-7000-8000-000000000000";
    for (method, path, status) in [
        (Method::GET, "/nowhere".to_owned(), 404),
        (Method::GET, format!("/chat/{nobody}"), 404),
        (Method::GET, "/chat/..%2f..%2fetc".into(), 404),
        (Method::GET, "/chat/%00".into(), 404),
        (Method::GET, format!("/chat/messages/{nobody}/events"), 404),
        (Method::POST, format!("/chat/messages/{nobody}/stop"), 404),
        (Method::PUT, "/chat/".into(), 405),
        (Method::DELETE, "/auth/login".into(), 405),
        (Method::GET, "/static/app.css".into(), 404),
        (Method::POST, "/chat/".into(), 415),
    ] {
        let url = format!("{}{path}", site.base);
        let response = program
            .http
            .request(method.clone(), url)
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), status, "{method} {path}");
        assert_eq!(
            header(&response, "content-type"),
            "application/problem+json",
            "{path}"
        );
        let id = header(&response, "x-request-id").to_owned();
        let problem: Value = response.json().await.unwrap();
        assert_eq!(problem["status"], status);
        assert_eq!(problem["request_id"], id);
        assert!(problem["detail"].is_string() && problem["title"].is_string());
    }
    let page = site.browser().get("/nowhere").send().await.unwrap();
    assert_eq!(page.status(), 404);
    assert!(page.text().await.unwrap().contains("<h1>Not Found</h1>"));
    let fragment = site.htmx().get("/nowhere").send().await.unwrap();
    assert_eq!(
        (fragment.status().as_u16(), header(&fragment, "hx-retarget")),
        (404, "#notice")
    );
}

#[tokio::test]
async fn bodies_that_cannot_be_used_are_told_apart() {
    let site = Site::start().await;
    let program = site.new_program().await;
    let send = async |kind: &str, body: Vec<u8>| {
        let post = program
            .post("/chat/")
            .header("content-type", kind)
            .body(body);
        post.send().await.unwrap().status().as_u16()
    };
    assert_eq!(send("application/json", b"{".to_vec()).await, 400);
    assert_eq!(send("application/json", b"[1]".to_vec()).await, 400);
    assert_eq!(
        send("application/json", b"{\"message\":1}".to_vec()).await,
        422
    );
    assert_eq!(
        send("application/json", b"{\"message\":\" \"}".to_vec()).await,
        422
    );
    assert_eq!(
        send("application/json", b"{\"message\":\"a\\u0000b\"}".to_vec()).await,
        422
    );
    assert_eq!(send("application/json", b"\xff\xfe".to_vec()).await, 400);
    assert_eq!(send("text/plain", b"hello".to_vec()).await, 415);
    assert_eq!(send("application/json", vec![b' '; 65 * 1024]).await, 413);
    let long = format!("{{\"message\":\"{}\"}}", "x".repeat(9_000));
    assert_eq!(send("application/json", long.into()).await, 422);
    let login = site
        .stranger()
        .post("/auth/login")
        .header("content-type", "application/json");
    let login = login.body(vec![b' '; 5 * 1024]).send().await.unwrap();
    assert_eq!(login.status(), 413);
}

#[tokio::test]
async fn every_response_carries_the_security_headers() {
    let site = Site::start().await;
    let page = site
        .browser()
        .get("/")
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    let css = page
        .split("href=\"")
        .find(|part| part.contains(".css"))
        .unwrap();
    let css = css.split('"').next().unwrap().to_owned();
    for path in ["/", "/login", "/nowhere", "/chat/", "/healthz", &css] {
        for caller in [site.browser(), site.stranger(), site.htmx()] {
            let response = caller.get(path).send().await.unwrap();
            let csp = header(&response, "content-security-policy");
            assert!(
                csp.starts_with("default-src 'none'; script-src 'self';"),
                "{path}"
            );
            assert!(!csp.contains("unsafe"));
            assert_eq!(header(&response, "x-content-type-options"), "nosniff");
            assert_eq!(header(&response, "referrer-policy"), "no-referrer");
            assert_eq!(
                header(&response, "cross-origin-opener-policy"),
                "same-origin"
            );
            assert_eq!(
                header(&response, "cross-origin-resource-policy"),
                "same-origin"
            );
            assert!(header(&response, "access-control-allow-origin").is_empty());
            assert!(header(&response, "strict-transport-security").is_empty());
            if path != css {
                assert_eq!(header(&response, "cache-control"), "no-store", "{path}");
                let vary: Vec<_> = response.headers().get_all("vary").iter().collect();
                assert!(
                    vary.iter().any(|v| *v == "Accept, HX-Request"),
                    "{path}: {vary:?}"
                );
            }
        }
    }
}

#[tokio::test]
async fn under_https_the_cookie_is_secure_and_bound_to_the_host() {
    let settings = [("AUTIO_PUBLIC_URL", "https://cars.example")];
    let site = Site::start_with(&settings).await;
    let form = [
        ("email", "lea@example.com"),
        ("password", crate::site::PASSWORD),
    ];
    let entered = site
        .browser()
        .post("/auth/signup")
        .form(&form)
        .send()
        .await
        .unwrap();
    let cookie = session_cookie(&entered);
    assert!(
        cookie.starts_with("__Host-autio=") && cookie.contains("Secure"),
        "{cookie}"
    );
    assert!(!cookie.contains("Domain"));
    assert!(header(&entered, "strict-transport-security").starts_with("max-age="));
}

#[tokio::test]
async fn static_files_are_hashed_compressed_and_cached_for_long() {
    let site = Site::start().await;
    let browser = site.browser();
    let entered = site.sign_up("mia@example.com").await;
    assert!(entered["access_token"].is_string());
    browser.log_in("mia@example.com").await;
    let page = browser
        .get("/chat/")
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    let parts = page.split('"').filter(|part| part.starts_with("/static/"));
    let files: Vec<&str> = parts.collect();
    assert!(files.len() >= 4, "{files:?}");
    for file in files {
        let response = browser
            .get(file)
            .header("accept-encoding", "gzip")
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 200, "{file}");
        assert_eq!(
            header(&response, "cache-control"),
            "public, max-age=31536000, immutable"
        );
        assert_eq!(header(&response, "content-encoding"), "gzip");
        let packed = response.bytes().await.unwrap();
        let plain = browser.get(file).send().await.unwrap();
        assert_ne!(header(&plain, "content-encoding"), "gzip");
        let plain = plain.bytes().await.unwrap();
        assert!(packed.len() < plain.len(), "{file}");
    }
}

#[tokio::test]
async fn a_trailing_slash_is_optional() {
    let site = Site::start().await;
    let program = site.new_program().await;
    let chat = program.say("a diesel pickup", None).await;
    let id = chat["conversation_id"].as_str().unwrap();
    for path in [
        "/chat",
        "/chat/",
        "/auth/me",
        "/auth/me/",
        &format!("/chat/{id}/"),
    ] {
        assert_eq!(
            program.get(path).send().await.unwrap().status(),
            200,
            "{path}"
        );
    }
}

#[tokio::test]
async fn htmx_gets_pieces_of_pages() {
    let site = Site::start().await;
    site.sign_up("vic@example.com").await;
    let htmx = site.htmx();
    htmx.log_in("vic@example.com").await;
    for path in ["/", "/chat/", "/auth/me"] {
        let piece = htmx.get(path).send().await.unwrap();
        assert_eq!(piece.status(), 200, "{path}");
        let html = piece.text().await.unwrap();
        assert!(
            !html.contains("<html") && html.contains("<section"),
            "{path}: {html}"
        );
    }
    let inside = htmx.get("/login").send().await.unwrap();
    assert_eq!(header(&inside, "hx-redirect"), "/chat/");
    assert_eq!(
        site.stranger()
            .http
            .head(format!("{}/healthz", site.base))
            .send()
            .await
            .unwrap()
            .status(),
        200
    );
}

#[tokio::test]
async fn what_can_be_read_can_be_asked_about() {
    let site = Site::start().await;
    let stranger = site.stranger();
    for path in ["/", "/cars", "/healthz", "/readyz", "/metrics", "/login"] {
        let url = format!("{}{path}", site.base);
        let head = stranger.http.head(&url).send().await.unwrap();
        let status = stranger.get(path).send().await.unwrap().status();
        assert_eq!(head.status(), status, "{path}");
        assert_eq!(head.text().await.unwrap(), "", "{path}");
    }
}
