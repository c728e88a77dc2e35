//! Forged tokens: each is the good one but for one thing.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use serde_json::{Value, json};
use sha2::{Sha256, Sha384, Sha512};

use crate::Tally;
use crate::site::{Caller, Site};

const PREVIOUS: &str = "the secret before, and longer than 32 bytes";
const OTHER: &str = "another secret that is longer than 32 bytes";

pub async fn forged() -> Vec<Tally> {
    let site = Site::start_with(&[("JWT_SECRET_PREVIOUS", PREVIOUS)]).await;
    let secret = site.secret().to_owned();
    let good = session(&site, "ann@example.com").await;
    let other = session(&site, "bob@example.com").await;
    let mut tally = Tally::new("forged tokens");
    let header = r#"{"alg":"HS256","typ":"at+jwt"}"#;
    let sign = |claims: &Value| token(header, &claims.to_string(), "HS256", &secret);

    // What makes the others mean something: these pass.
    let plain = sign(&good);
    let rotated = token(header, &good.to_string(), "HS256", PREVIOUS);
    for (name, passes) in [("the good one", &plain), ("the previous secret", &rotated)] {
        let status = ask(&site, passes).await;
        tally.hold(status == 200, || format!("{name}: {status}"));
    }

    let mut forged: Vec<(String, String)> = Vec::new();
    let mut forge = |name: &str, token: String| forged.push((name.to_owned(), token));
    let claims = good.to_string();
    let mut with_header = |header: &str, alg: &str, secret: &str| {
        forge(
            &format!("{header} by {alg}"),
            token(header, &claims, alg, secret),
        );
    };
    for alg in ["none", "None", "NONE", "nOnE", ""] {
        let header = format!(r#"{{"alg":"{alg}","typ":"at+jwt"}}"#);
        with_header(&header, "none", &secret);
        with_header(&header, "HS256", &secret);
    }
    for (alg, by) in [
        ("HS384", "HS384"),
        ("HS512", "HS512"),
        ("HS384", "HS256"),
        ("RS256", "HS256"),
        ("ES256", "HS256"),
        ("PS256", "HS256"),
        ("EdDSA", "HS256"),
        ("hs256", "HS256"),
        ("HS256", "HS512"),
        ("HS256", "none"),
    ] {
        let header = format!(r#"{{"alg":"{alg}","typ":"at+jwt"}}"#);
        with_header(&header, by, &secret);
    }
    for header in [
        r#"{"alg":"HS256"}"#,
        r#"{"alg":"HS256","typ":"JWT"}"#,
        r#"{"alg":"HS256","typ":"AT+JWT "}"#,
        r#"{"alg":"HS256","typ":null}"#,
        r#"{"alg":["HS256"],"typ":"at+jwt"}"#,
        r#"{"typ":"at+jwt"}"#,
        r#"{"alg":"none","alg":"HS256","typ":"at+jwt"}"#,
        "{}",
        "",
        "[]",
    ] {
        with_header(header, "HS256", &secret);
    }
    for (name, bad) in [("another", OTHER), ("an empty", ""), ("a known", "secret")] {
        forge(
            &format!("{name} secret"),
            token(header, &claims, "HS256", bad),
        );
    }
    let now = chrono::Utc::now().timestamp();
    for claim in ["iss", "aud", "sub", "iat", "nbf", "exp", "jti"] {
        let mut without = good.clone();
        without.as_object_mut().unwrap().remove(claim);
        forge(&format!("without {claim}"), sign(&without));
        let wrong_types = [json!(null), json!(true), json!([]), json!({}), json!(1.5)];
        let wrong_type = match good[claim].is_string() {
            true => vec![json!(7), json!([good[claim]])],
            false => vec![json!(good[claim].to_string()), json!([now]), json!(1e300)],
        };
        for value in wrong_types.into_iter().chain(wrong_type) {
            let name = format!("{claim} as {value}");
            forge(&name, sign(&with(&good, claim, value)));
        }
        // Twice: whoever reads the last is told otherwise than who reads the first.
        let twice = claims.replacen('{', &format!("{{\"{claim}\":{},", good[claim]), 1);
        forge(
            &format!("{claim} twice"),
            token(header, &twice, "HS256", &secret),
        );
    }
    for (claim, value) in [
        ("iss", json!("evil")),
        ("iss", json!("")),
        ("iss", json!("Autio")),
        ("aud", json!("evil")),
        ("aud", json!(["autio", "evil"])),
        ("exp", json!(now - 1)),
        ("exp", json!(0)),
        ("exp", json!(-1)),
        ("nbf", json!(now + 600)),
        ("iat", json!(now + 600)),
        ("jti", other["jti"].clone()),
        ("jti", json!(autio::db::new_id())),
        ("jti", json!("")),
        ("jti", json!("' OR '1'='1")),
        ("jti", json!("\0")),
        ("sub", other["sub"].clone()),
        ("sub", json!(autio::db::new_id())),
        ("sub", json!("")),
        ("sub", json!("%")),
    ] {
        forge(
            &format!("{claim} {value}"),
            sign(&with(&good, claim, value)),
        );
    }
    forge("trailing garbage", format!("{plain}x"));
    forge("a fourth part", format!("{plain}.x"));
    forge("padded", format!("{plain}="));
    forge("a space inside", plain.replacen('.', ". ", 1));
    for end in [1, plain.len() / 2, plain.len() - 1] {
        forge(&format!("cut to {end}"), plain[..end].to_owned());
    }
    let parts: Vec<&str> = plain.split('.').collect();
    forge("without signature", format!("{}.{}.", parts[0], parts[1]));
    forge("only signature", format!("..{}", parts[2]));
    forge("100 KB", "a".repeat(100_000));
    forge("100 KB of claims", {
        let huge = with(&good, "more", json!("x".repeat(75_000)));
        token(header, &huge.to_string(), "HS256", OTHER)
    });
    for (name, token) in &forged {
        let status = ask(&site, token).await;
        let fine = matches!(status, 400 | 401 | 431);
        tally.hold(fine, || format!("{name}: {status}"));
    }

    let of = |headers: &[&str]| {
        let mut request = site.stranger().get("/auth/me");
        for value in headers {
            request = request.header("authorization", *value);
        }
        request
    };
    let (bearer, bad) = (format!("Bearer {plain}"), "Bearer x");
    for headers in [
        &[bearer.as_str(), bad][..],
        &[bad, &bearer],
        &[&bearer, &bearer],
        &[&format!("{bearer}, {bearer}")],
        &[&format!("Basic {plain}")],
        &[&format!("Token {plain}")],
        &[&plain],
        &[&format!("Bearer{plain}")],
        &["Bearer "],
        &[""],
    ] {
        let status = of(headers).send().await.unwrap().status();
        tally.hold(status == 401, || {
            format!("Authorization {headers:?}: {status}")
        });
    }
    // Nowhere but in its header.
    let query = site
        .stranger()
        .get(&format!("/auth/me?access_token={plain}"));
    let form = site.stranger().post("/auth/me");
    let form = form.form(&[("access_token", plain.as_str()), ("theme", "dark")]);
    let cookie = site.stranger().get("/auth/me");
    let cookie = cookie.header("cookie", format!("autio={plain}; token={plain}"));
    for request in [query, form, cookie] {
        let status = request.send().await.unwrap().status();
        tally.hold(status == 401, || format!("elsewhere: {status}"));
    }
    vec![tally]
}

/// The claims of somebody who is logged in.
async fn session(site: &Site, email: &str) -> Value {
    let entered = site.sign_up(email).await;
    let token = entered["access_token"].as_str().unwrap();
    let claims = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap()
}

async fn ask(site: &Site, token: &str) -> u16 {
    let caller: Caller = site.stranger();
    let request = caller.get("/auth/me").bearer_auth(token);
    request.send().await.unwrap().status().as_u16()
}

fn with(claims: &Value, claim: &str, value: Value) -> Value {
    let mut claims = claims.clone();
    claims[claim] = value;
    claims
}

fn token(header: &str, claims: &str, by: &str, secret: &str) -> String {
    let encode = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
    let signed = format!(
        "{}.{}",
        encode(header.as_bytes()),
        encode(claims.as_bytes())
    );
    macro_rules! sign {
        ($hash:ty) => {{
            let mut mac = Hmac::<$hash>::new_from_slice(secret.as_bytes()).unwrap();
            mac.update(signed.as_bytes());
            mac.finalize().into_bytes().to_vec()
        }};
    }
    let signature = match by {
        "HS256" => sign!(Sha256),
        "HS384" => sign!(Sha384),
        "HS512" => sign!(Sha512),
        _ => Vec::new(),
    };
    format!("{signed}.{}", encode(&signature))
}
