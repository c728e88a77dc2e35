//! Headers that claim another address: nobody gets more tries to log in by them than the limit allows.

use reqwest::RequestBuilder;

use crate::Tally;
use crate::site::{Site, client};

/// How many tries an address has.
const TRIES: usize = 3;

pub async fn headers() -> Vec<Tally> {
    let mut tally = Tally::new("forwarding headers made up");
    let limit = ("AUTIO_LIMIT_LOGIN", "3,1/h");
    let limits = [("AUTIO_RATE_LIMITS", "on"), limit];
    // Nobody vouches for them: all tries are those of one address.
    let names = [
        "x-forwarded-for",
        "forwarded",
        "x-real-ip",
        "x-client-ip",
        "true-client-ip",
        "cf-connecting-ip",
        "x-originating-ip",
        "via",
    ];
    let site = Site::start_with(&limits).await;
    let claims = names.iter().flat_map(|name| {
        (0..3).map(move |number| match *name {
            "forwarded" => vec![(*name, format!("for=9.9.9.{number}"))],
            _ => vec![(*name, format!("9.9.9.{number}"))],
        })
    });
    within(&mut tally, "without a proxy", &site, claims).await;

    // Behind a proxy of ours, which adds the last address: only that counts.
    let trusted = ("AUTIO_TRUSTED_PROXIES", "127.0.0.0/8,10.0.0.0/8");
    let site = Site::start_with(&[limits[0], limits[1], trusted]).await;
    let xff = |value: String| vec![("x-forwarded-for", value)];
    let many = (0..8).map(|number| xff(format!("9.9.9.{number}, 1.1.1.1")));
    within(&mut tally, "written in front", &site, many).await;
    let lines = (0..8).map(|number| {
        vec![
            ("x-forwarded-for", format!("9.9.9.{number}")),
            ("x-forwarded-for", "1.1.1.2, 10.0.0.9".to_owned()),
        ]
    });
    within(&mut tally, "another line in front", &site, lines).await;
    let beside = (0..8).map(|number| {
        vec![
            ("x-forwarded-for", "1.1.1.3".to_owned()),
            ("forwarded", format!("for=9.9.9.{number}")),
            ("x-real-ip", format!("9.9.9.{number}")),
        ]
    });
    within(&mut tally, "other headers beside it", &site, beside).await;
    let ports = (0..8).map(|number| xff(format!("1.1.1.4:{}", 4000 + number)));
    within(&mut tally, "other ports", &site, ports).await;
    let mapped = [
        "1.1.1.5",
        "::ffff:1.1.1.5",
        "[::ffff:1.1.1.5]:80",
        "::ffff:101:105",
    ];
    let mapped = mapped.map(|value| xff(value.to_owned()));
    within(&mut tally, "the same address as IPv6", &site, mapped).await;
    let network = (0..8).map(|number| xff(format!("[2001:db8:1:2::{number}]:99")));
    within(&mut tally, "the same /64", &site, network).await;
    // Nothing that a proxy writes: all of it counts as the proxy.
    let garbage = [
        "",
        " ",
        ",",
        "unknown",
        "_hidden",
        "1.1.1",
        "1.1.1.1.1",
        "999.1.1.1",
        "0x7f.1",
        "127.1",
        "fe80::1%eth0",
        "[fe80::1%25eth0]:80",
        "2001:db8::1:80:",
        "[2001:db8::1",
        "9.9.9.9;",
        "\"9.9.9.9\"",
        "for=9.9.9.9",
        "9.9.9.9 evil",
        "a, b, c",
        "9.9.9.9, evil",
        "１.１.１.１",
    ];
    let garbage = garbage.map(|value| xff(value.to_owned()));
    within(&mut tally, "garbage", &site, garbage).await;
    let long = vec!["9.9.9.9"; 400].join(",") + ", 1.1.1.6";
    let long = (0..5).map(|_| xff(long.clone()));
    within(&mut tally, "four hundred hops", &site, long).await;
    vec![tally]
}

/// Tries with each claim, each for another account: no more than the limit get an answer about the password.
async fn within(
    tally: &mut Tally,
    name: &str,
    site: &Site,
    claims: impl IntoIterator<Item = Vec<(&'static str, String)>>,
) {
    let http = client().build().unwrap();
    let mut answered = 0;
    for (number, claim) in claims.into_iter().enumerate() {
        let email = format!("{}-{number}@example.com", name.replace(' ', "-"));
        let form = [("email", email.as_str()), ("password", "wrong")];
        let mut request: RequestBuilder =
            http.post(format!("{}/auth/login", site.base)).form(&form);
        for (header, value) in &claim {
            request = request.header(*header, value.as_bytes());
        }
        let status = request.send().await.unwrap().status().as_u16();
        answered += usize::from(status == 401);
        let fine = matches!(status, 401 | 429) && answered <= TRIES;
        tally.hold(fine, || {
            format!("{name}: {claim:?}: {status}, {answered} answered")
        });
    }
}
