//! Cookies that were planted, kept, swapped or changed, and what they look like.

use serde_json::json;

use crate::Tally;
use crate::site::{Caller, PASSWORD, Site, header};

pub async fn planted_and_replayed() -> Vec<Tally> {
    vec![fixed().await, replayed().await, flags().await]
}

/// The cookies of a login through the form, as `name=value`.
async fn log_in(site: &Site, email: &str, cookies: &str) -> Vec<String> {
    let form = [("email", email), ("password", PASSWORD)];
    let mut request = site.browser().post("/auth/login").form(&form);
    if !cookies.is_empty() {
        request = request.header("cookie", cookies);
    }
    set_cookies(request.send().await.unwrap())
        .iter()
        .map(|cookie| cookie.split(';').next().unwrap().to_owned())
        .collect()
}

fn set_cookies(response: reqwest::Response) -> Vec<String> {
    let all = response.headers().get_all("set-cookie").iter();
    all.map(|value| value.to_str().unwrap().to_owned())
        .collect()
}

fn named<'a>(cookies: &'a [String], name: &str) -> &'a str {
    let begin = format!("{name}=");
    cookies.iter().find(|c| c.starts_with(&begin)).unwrap()
}

/// Whose page that cookie opens; nobody's is empty.
async fn whose(site: &Site, cookie: &str) -> String {
    let page = site.browser().get("/auth/me").header("cookie", cookie);
    let page = page.send().await.unwrap();
    match page.status().as_u16() {
        200 => {
            let html = page.text().await.unwrap();
            let email = html.split("logged in as <strong>").nth(1).unwrap();
            email.split('<').next().unwrap().to_owned()
        }
        _ => String::new(),
    }
}

async fn fixed() -> Tally {
    let mut tally = Tally::new("cookies planted before a login");
    let site = Site::start().await;
    site.sign_up("victim@example.com").await;
    site.sign_up("evil@example.com").await;
    let evil = log_in(&site, "evil@example.com", "").await;
    let draft = site
        .browser()
        .get("/login?draft=planted")
        .send()
        .await
        .unwrap();
    let draft = set_cookies(draft)[0].split(';').next().unwrap().to_owned();
    for planted in [
        named(&evil, "autio"),
        draft.as_str(),
        "autio=garbage",
        "autio=",
    ] {
        let given = log_in(&site, "victim@example.com", planted).await;
        let new = named(&given, "autio");
        tally.hold(new != planted, || format!("{planted} is kept"));
        let of_new = whose(&site, new).await;
        tally.hold(of_new == "victim@example.com", || {
            format!("{new}: {of_new}")
        });
        let of_planted = whose(&site, planted).await;
        let is_worth_nothing = of_planted != "victim@example.com";
        tally.hold(is_worth_nothing, || format!("{planted} opens the victim's"));
    }
    // A session is one thing and a device another, and neither passes for the other.
    let device = named(&evil, "autio-device").to_owned();
    let value = device.split_once('=').unwrap().1;
    for cookie in [device.clone(), format!("autio={value}")] {
        let opened = whose(&site, &cookie).await;
        tally.hold(opened.is_empty(), || format!("{cookie} opens {opened}"));
    }
    // Made by somebody with another secret.
    let settings = [("JWT_SECRET", "some other secret of more than 32 bytes")];
    let elsewhere = Site::start_with(&settings).await;
    elsewhere.sign_up("victim@example.com").await;
    let foreign = log_in(&elsewhere, "victim@example.com", "").await;
    let opened = whose(&site, named(&foreign, "autio")).await;
    tally.hold(opened.is_empty(), || "another site's cookie".into());
    tally
}

async fn replayed() -> Tally {
    let mut tally = Tally::new("cookies kept, or changed");
    let site = Site::start().await;
    let email = "kim@example.com";
    site.sign_up(email).await;
    let cookies = log_in(&site, email, "").await;
    let cookie = named(&cookies, "autio").to_owned();
    tally.hold(whose(&site, &cookie).await == email, || {
        "the good one".into()
    });
    let start = cookie.find('=').unwrap() + 1;
    for at in (start..cookie.len()).step_by(7) {
        let mut bytes = cookie.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(bytes).unwrap();
        let opened = whose(&site, &changed).await;
        tally.hold(opened.is_empty(), || format!("changed at {at}"));
    }
    let post = |path: &str, cookie: &str| {
        let caller: Caller = site.browser();
        caller.post(path).header("cookie", cookie.to_owned())
    };
    let other = log_in(&site, email, "").await;
    let other = named(&other, "autio");
    let form = [("current_password", PASSWORD), ("new_password", PASSWORD)];
    let changed = post("/auth/password", other).form(&form).send().await;
    assert_eq!(changed.unwrap().status(), 303);
    let old = whose(&site, &cookie).await;
    tally.hold(old.is_empty(), || {
        "an old cookie outlived the password".into()
    });
    tally.hold(whose(&site, other).await == email, || {
        "the one that changed it".into()
    });
    let out = post("/auth/logout", other).send().await.unwrap();
    let gone = set_cookies(out);
    tally.hold(gone.iter().any(|c| c.contains("Max-Age=0")), || {
        format!("{gone:?}")
    });
    let kept = whose(&site, other).await;
    tally.hold(kept.is_empty(), || "a cookie outlived the logout".into());
    tally
}

async fn flags() -> Tally {
    let mut tally = Tally::new("what cookies look like");
    for (public_url, prefix) in [
        ("http://autio.test", ""),
        ("https://cars.example", "__Host-"),
    ] {
        let site = Site::start_with(&[("AUTIO_PUBLIC_URL", public_url)]).await;
        let form = [("email", "lea@example.com"), ("password", PASSWORD)];
        let entered = site.browser().post("/auth/signup").form(&form);
        let entered = entered.send().await.unwrap();
        let is_secure = prefix == "__Host-";
        let hsts = header(&entered, "strict-transport-security").is_empty();
        tally.hold(hsts != is_secure, || "HSTS".into());
        let cookies = set_cookies(entered);
        tally.hold(cookies.len() == 2, || format!("{cookies:?}"));
        for name in ["autio", "autio-device"] {
            let begin = format!("{prefix}{name}=");
            let cookie = cookies.iter().find(|c| c.starts_with(&begin));
            let parts: Vec<&str> = cookie.map_or(Vec::new(), |c| c.split("; ").collect());
            for wanted in ["HttpOnly", "SameSite=Lax", "Path=/"] {
                tally.hold(parts.contains(&wanted), || format!("{parts:?}"));
            }
            tally.hold(parts.contains(&"Secure") == is_secure, || {
                format!("{parts:?}")
            });
            let has_domain = parts.iter().any(|part| part.starts_with("Domain"));
            tally.hold(!has_domain, || format!("{parts:?}"));
        }
        let json = json!({ "email": "lea@example.com", "password": PASSWORD });
        let program = site.stranger().post("/auth/login").json(&json);
        let given = set_cookies(program.send().await.unwrap());
        tally.hold(given.is_empty(), || format!("a program got {given:?}"));
    }
    tally
}
