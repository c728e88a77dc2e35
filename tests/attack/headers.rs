//! Methods, headers, redirects and paths: what every answer carries, and where none of them leads.

use reqwest::{Method, Url};

use crate::Tally;
use crate::people::{Person, WAYS, send};
use crate::raw::exchange;
use crate::routes::{self, Ids};
use crate::site::{PASSWORD, Site, header};

const METHODS: [&str; 11] = [
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "get", "X",
];

/// What comes after `next=`, as people read it.
const ELSEWHERE: [&str; 24] = [
    "https://evil.example",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "\t//evil.example",
    " //evil.example",
    "/ /evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "http:evil.example",
    "http:/evil.example",
    "https:@evil.example",
    "evil.example",
    "@evil.example",
    ".evil.example",
    "/chat\r\nSet-Cookie: a=b",
    "/chat\r\n\r\n<script>alert(1)</script>",
    "/\u{2f}evil.example",
    "／／evil.example",
    "/%0d%0aSet-Cookie:a=b",
    "/..//evil.example",
];

pub async fn of_every_answer() -> Vec<Tally> {
    let site = Site::start().await;
    let person = Person::new(&site, "hal").await;
    vec![
        methods(&site, &person).await,
        redirects(&site).await,
        hosts_and_paths(&site).await,
    ]
}

async fn methods(site: &Site, person: &Person) -> Tally {
    let mut tally = Tally::new("every route by every method");
    let mut routes = routes::all().to_vec();
    routes.dedup_by(|a, b| a.pattern == b.pattern);
    let mut turn = 0;
    for route in &routes {
        for method in METHODS {
            let is_there = routes::all()
                .iter()
                .any(|one| one.pattern == route.pattern && one.method == method);
            // What really does something is tried by the other attacks.
            if is_there && !Method::from_bytes(method.as_bytes()).unwrap().is_safe() {
                continue;
            }
            // In turn, so that each route meets each way by some method.
            turn += 1;
            let way = turn % WAYS.len();
            let caller = &person.callers[way];
            {
                let method = Method::from_bytes(method.as_bytes()).unwrap();
                let path = route.path(&Ids::of_nothing());
                let request = send(site, caller, &method, &path)
                    .header("x-canary", "echo-me")
                    .header("x-http-method-override", "DELETE")
                    .header("x-method-override", "DELETE");
                let answer = request.send().await.unwrap();
                let who = format!("{method} {path} as {}", WAYS[way]);
                let status = answer.status().as_u16();
                tally.hold(status < 500, || format!("{who}: {status}"));
                let is_read = is_there || (method == "HEAD" && !path.ends_with("/events"));
                tally.hold(is_read || matches!(status, 404 | 405), || {
                    format!("{who}: {status}")
                });
                let csp = header(&answer, "content-security-policy");
                let closed = [
                    "default-src 'none'",
                    "frame-ancestors 'none'",
                    "base-uri 'none'",
                ];
                let is_closed = closed.iter().all(|part| csp.contains(part));
                tally.hold(is_closed && !csp.contains("unsafe"), || {
                    format!("{who}: {csp}")
                });
                for (name, wanted) in [
                    ("x-content-type-options", "nosniff"),
                    ("referrer-policy", "no-referrer"),
                    ("cross-origin-opener-policy", "same-origin"),
                    ("cross-origin-resource-policy", "same-origin"),
                    ("access-control-allow-origin", ""),
                    ("server", ""),
                    ("x-powered-by", ""),
                ] {
                    let value = header(&answer, name);
                    tally.hold(value == wanted, || format!("{who}: {name} is {value:?}"));
                }
                let cache = header(&answer, "cache-control").to_owned();
                let is_kept_out = cache == "no-store";
                let is_nobodys =
                    !route.is_personal() && (status < 400 || cache.starts_with("private"));
                let fine = is_kept_out || is_nobodys;
                tally.hold(fine, || format!("{who}: {status} {cache}"));
                let text = answer.text().await.unwrap();
                tally.hold(!text.contains("echo-me"), || format!("{who}: it echoes"));
            }
        }
    }
    tally
}

async fn redirects(site: &Site) -> Tally {
    let mut tally = Tally::new("redirects to elsewhere");
    let browser = site.browser();
    browser.log_in("hal@example.com").await;
    let htmx = site.htmx();
    htmx.log_in("hal@example.com").await;
    let home = Url::parse("http://autio.test/login").unwrap();
    for next in ELSEWHERE {
        let form = [
            ("email", "hal@example.com"),
            ("password", PASSWORD),
            ("next", next),
        ];
        let wrong = [
            ("email", "hal@example.com"),
            ("password", "x"),
            ("next", next),
        ];
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("next", next)
            .finish();
        let query = format!("/login?{query}");
        for (caller, name) in [(&browser, "location"), (&htmx, "hx-redirect")] {
            for request in [caller.post("/auth/login").form(&form), caller.get(&query)] {
                let answer = request.send().await.unwrap();
                let place = header(&answer, name).to_owned();
                let leads = home.join(&place).map(|url| url.origin());
                let stays = leads.is_ok_and(|origin| origin == home.origin());
                let stays = stays && place.starts_with('/') && !place.starts_with("//");
                tally.hold(stays, || format!("{next:?} leads to {place:?}"));
                let set = answer.headers().get_all("set-cookie").iter();
                let planted = set
                    .filter(|value| value.as_bytes().starts_with(b"a="))
                    .count();
                tally.hold(planted == 0, || format!("{next:?} sets a cookie"));
            }
        }
        let again = site.browser().post("/auth/login").form(&wrong).send().await;
        let html = again.unwrap().text().await.unwrap();
        tally.hold(!html.contains("evil.example"), || {
            format!("{next:?} stays in the form")
        });
    }
    // Where a stranger wanted to go is where they go on to, in whatever form it came.
    for target in [
        "//evil.example/chat",
        "/chat/%0d%0aSet-Cookie:%20a=b",
        "http://evil.example/chat",
        "/chat//evil.example",
        "/auth/me?x=//evil.example",
    ] {
        let bytes = format!(
            "GET {target} HTTP/1.1\r\nHost: a\r\nAccept: text/html\r\nConnection: close\r\n\r\n"
        );
        let answer = exchange(&site.base, bytes.as_bytes()).await;
        let head = answer.text.split("\r\n\r\n").next().unwrap().to_lowercase();
        let leads = head.lines().find(|line| line.starts_with("location:"));
        let fine = leads.is_none_or(|line| line.starts_with("location: /login?next=%2f"));
        tally.hold(fine, || format!("{target}: {leads:?}"));
        tally.hold(!head.contains("set-cookie: a=b"), || {
            format!("{target} sets a cookie")
        });
    }
    tally
}

async fn hosts_and_paths(site: &Site) -> Tally {
    let mut tally = Tally::new("hosts made up, and paths that climb");
    for lines in [
        "Host: evil.example",
        "Host: autio.test\r\nX-Forwarded-Host: evil.example",
        "Host: autio.test\r\nX-Host: evil.example\r\nForwarded: host=evil.example",
        "Host: autio.test@evil.example",
        "Host: autio.test\r\nX-Forwarded-Proto: evil.example\r\nX-Original-URL: /auth/me\r\nX-Rewrite-URL: /auth/me",
    ] {
        for path in [
            "/",
            "/login",
            "/chat",
            "/cars",
            "/nowhere",
            "http://evil.example/login",
        ] {
            let bytes = format!(
                "GET {path} HTTP/1.1\r\n{lines}\r\nAccept: text/html\r\nConnection: close\r\n\r\n"
            );
            let answer = exchange(&site.base, bytes.as_bytes()).await;
            let status = answer.statuses().first().copied().unwrap_or(0);
            let fine = (200..500).contains(&status) && !answer.text.contains("evil.example");
            tally.hold(fine, || format!("{path} {lines:?}: {status}"));
        }
    }
    let steps = [
        "..",
        "%2e%2e",
        "..%2f..",
        "..%5c..",
        "..\\..",
        "%252e%252e",
        "....//",
        "..;",
        "%c0%ae%c0%ae",
        "%00",
        ".",
        "app.css%00.png",
        "~root",
        "C:",
    ];
    let roots = ["/static/", "/static/vendor/", "/", "/chat/", "/cars/"];
    for (number, step) in steps.into_iter().enumerate() {
        for (other, end) in ["Cargo.toml", "etc/passwd", "autio.db", "autio.key", ""]
            .iter()
            .enumerate()
        {
            for root in ["/static/", roots[(number + other) % roots.len()]] {
                let path = format!("{root}{step}/{step}/{end}");
                let bytes = format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
                let answer = exchange(&site.base, bytes.as_bytes()).await;
                let status = answer.statuses().first().copied().unwrap_or(0);
                let fine = matches!(status, 400 | 401 | 404)
                    || (root == "/" && status == 200 && answer.text.contains("up and running"));
                let is_there = ["[dependencies]", "root:x:", "SQLite format"]
                    .iter()
                    .any(|word| answer.text.contains(word));
                tally.hold(fine && !is_there, || format!("{path}: {status}"));
            }
        }
    }
    tally
}
