//! Requests that another site makes a browser send, with and without the headers that tell.

use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};

use crate::Tally;
use crate::people::{Person, WAYS, request, send, with_body};
use crate::routes::{self, Ids};
use crate::site::{PASSWORD, Site, session_cookie};

/// Sec-Fetch-Site and Origin, as another site's page, a link in a mail or an old browser would have them.
const FOREIGN: [(Option<&str>, Option<&str>); 11] = [
    (Some("cross-site"), None),
    (Some("same-site"), None),
    (Some("none"), None),
    (Some("Same-Origin"), None),
    (Some("cross-site"), Some("http://autio.test")),
    (None, None),
    (None, Some("null")),
    (None, Some("http://evil.example")),
    (None, Some("http://autio.test.evil.example")),
    (None, Some("https://autio.test")),
    (None, Some("http://autio.test:8080")),
];

pub async fn requests() -> Vec<Tally> {
    let mut tally = Tally::new("requests of other sites");
    let site = Site::start().await;
    let person = Person::new(&site, "ann").await;
    let said = person.program().say("a van", None).await;
    let ids = Ids {
        conversation: said["conversation_id"].as_str().unwrap().to_owned(),
        message: said["message_id"].as_str().unwrap().to_owned(),
        ..Ids::of_nothing()
    };
    // A caller's own headers can't be taken off again: these have nothing but the cookie.
    let form = [("email", "ann@example.com"), ("password", PASSWORD)];
    let entered = site.browser().post("/auth/login").form(&form);
    let entered = entered.send().await.unwrap();
    let cookie = session_cookie(&entered)
        .split(';')
        .next()
        .unwrap()
        .to_owned();
    for route in routes::all().iter().filter(|route| route.is_unsafe()) {
        // Who says who they are by a token, or has no cookie and gets none, is no browser that was led on.
        if !route.ends_sessions() {
            let program = person.program();
            let exempt = request(&site, program, 2, route, &Ids::of_nothing());
            let status = answer(as_foreign(exempt, 0)).await.status();
            tally.hold(status != 403, || {
                format!("{} with a token: {status}", route.pattern)
            });
        }
    }
    let before = belongings(&person).await;
    let bare = site.stranger();
    let attack = |route: &routes::Route, way: usize, foreign: usize| {
        let request = send(&site, &bare, &route.method, &route.path(&ids));
        let request = with_body(request, way, route, &route.body());
        as_foreign(in_way(request, way), foreign)
    };
    for route in routes::all().iter().filter(|route| route.is_unsafe()) {
        for (way, who) in WAYS.into_iter().enumerate() {
            for (foreign, told) in FOREIGN.into_iter().enumerate() {
                let answer = answer(attack(route, way, foreign).header("cookie", &cookie)).await;
                let status = answer.status();
                tally.hold(status == 403, || {
                    format!(
                        "{} {} as {who} {told:?}: {status}",
                        route.method, route.pattern
                    )
                });
                tally.hold(!answer.headers().contains_key("set-cookie"), || {
                    format!("{} sets a cookie", route.pattern)
                });
            }
        }
        let mixed = attack(route, 2, 0)
            .header("cookie", &cookie)
            .bearer_auth("x");
        let status = answer(mixed).await.status().as_u16();
        let looked = route.is_personal() && status != 401;
        tally.hold(!looked, || {
            format!("{}: a cookie beside a token: {status}", route.pattern)
        });
    }
    let after = belongings(&person).await;
    tally.hold(before == after, || format!("{before}\nbecame {after}"));
    let mut logins = Tally::new("logins and signups from other sites");
    for path in ["/auth/login", "/auth/signup"] {
        for (foreign, told) in FOREIGN.into_iter().enumerate() {
            for way in 0..2 {
                let form = [("email", "ann@example.com"), ("password", PASSWORD)];
                let post = in_way(bare.post(path).form(&form), way);
                let answer = answer(as_foreign(post, foreign)).await;
                let status = answer.status();
                logins.hold(status == 403, || format!("{path} {told:?}: {status}"));
                let given = answer.headers().contains_key("set-cookie");
                logins.hold(!given, || format!("{path} sets a cookie"));
            }
        }
    }
    let json = json!({ "email": "ann@example.com", "password": PASSWORD });
    let program = as_foreign(bare.post("/auth/login").json(&json), 0);
    let program = answer(program).await;
    let given = program.headers().contains_key("set-cookie");
    logins.hold(program.status() == 200 && !given, || {
        "a program's login".into()
    });
    vec![tally, logins]
}

/// All that is theirs.
async fn belongings(person: &Person) -> Value {
    let mut export = person.program().read("/auth/export").await;
    export["exported_at"].take();
    export
}

/// Sends it, again where a connection was just being closed: each refusal closes its own.
async fn answer(request: RequestBuilder) -> Response {
    let again = request.try_clone().unwrap();
    match request.send().await {
        Ok(answer) => answer,
        Err(_) => again.send().await.unwrap(),
    }
}

fn in_way(request: RequestBuilder, way: usize) -> RequestBuilder {
    match WAYS[way] {
        "page" => request.header("accept", "text/html"),
        "htmx" => request.header("hx-request", "true"),
        _ => request,
    }
}

fn as_foreign(mut request: RequestBuilder, foreign: usize) -> RequestBuilder {
    let (site, origin) = FOREIGN[foreign];
    if let Some(site) = site {
        request = request.header("sec-fetch-site", site);
    }
    if let Some(origin) = origin {
        request = request.header("origin", origin);
    }
    request
}
