//! Tokens: JWT, HS256, `typ at+jwt`, every claim required. They name a session; its row decides.

use chrono::NaiveDateTime;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::config::JwtSecrets;
use crate::db::sessions::NewSession;
use crate::error::Error;

/// How long a login lasts, in seconds.
pub const LOGIN_LIFETIME: i64 = 12 * 60 * 60;

const ISSUER: &str = "autio";
const AUDIENCE: &str = "autio";
/// RFC 9068's type of access tokens, so that no other kind of JWT passes for one.
const TYPE: &str = "at+jwt";

/// What a token says. Times are seconds since 1970, UTC.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Claims {
    pub iss: String,
    pub aud: String,
    /// The user's id.
    pub sub: String,
    pub iat: i64,
    pub nbf: i64,
    pub exp: i64,
    /// The session's id.
    pub jti: String,
}

/// Signs a token for that session.
///
/// # Errors
/// When signing fails, which is a fault of ours.
pub fn sign(
    secrets: &JwtSecrets,
    user_id: &str,
    session_id: &str,
    issued_at: i64,
    expires_at: i64,
) -> Result<String, Error> {
    let claims = Claims {
        iss: ISSUER.into(),
        aud: AUDIENCE.into(),
        sub: user_id.into(),
        iat: issued_at,
        nbf: issued_at,
        exp: expires_at,
        jti: session_id.into(),
    };
    let header = Header {
        typ: Some(TYPE.into()),
        ..Header::new(Algorithm::HS256)
    };
    let key = EncodingKey::from_secret(secrets.current.expose_secret().as_bytes());
    jsonwebtoken::encode(&header, &claims, &key).map_err(Error::internal)
}

/// Signs the token of a session that is to be stored: it lives as long.
///
/// # Errors
/// As for [`sign`].
pub fn of_session(secrets: &JwtSecrets, session: &NewSession) -> Result<String, Error> {
    let seconds = |time: NaiveDateTime| time.and_utc().timestamp();
    sign(
        secrets,
        &session.user_id,
        &session.id,
        seconds(session.created_at),
        seconds(session.expires_at),
    )
}

/// Checks signature, type and every claim; whether the session lives is for its row to say.
///
/// # Errors
/// [`Error::Unauthenticated`], whatever is wrong with it.
pub fn check(secrets: &JwtSecrets, token: &str) -> Result<Claims, Error> {
    std::iter::once(&secrets.current)
        .chain(&secrets.previous)
        .find_map(|secret| check_with(secret, token))
        .ok_or(Error::Unauthenticated)
}

fn check_with(secret: &SecretString, token: &str) -> Option<Claims> {
    let mut rules = Validation::new(Algorithm::HS256);
    rules.leeway = 0;
    rules.validate_nbf = true;
    rules.set_issuer(&[ISSUER]);
    rules.set_audience(&[AUDIENCE]);
    rules.set_required_spec_claims(&["exp", "nbf", "iss", "aud", "sub"]);
    let key = DecodingKey::from_secret(secret.expose_secret().as_bytes());
    let token = jsonwebtoken::decode::<Claims>(token, &key, &rules).ok()?;
    let is_ours = token.header.typ.as_deref() == Some(TYPE);
    let is_begun = token.claims.iat <= chrono::Utc::now().timestamp();
    (is_ours && is_begun).then_some(token.claims)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn secrets() -> JwtSecrets {
        JwtSecrets {
            is_kept: true,
            current: "a-secret-of-more-than-32-bytes-in-length".into(),
            previous: None,
        }
    }

    fn now() -> i64 {
        chrono::Utc::now().timestamp()
    }

    fn forge(header: Header, change: impl FnOnce(&mut Value)) -> String {
        let mut claims = json!({
            "iss": ISSUER, "aud": AUDIENCE, "sub": "u", "jti": "s",
            "iat": now(), "nbf": now(), "exp": now() + 60,
        });
        change(&mut claims);
        let secrets = secrets();
        let key = EncodingKey::from_secret(secrets.current.expose_secret().as_bytes());
        jsonwebtoken::encode(&header, &claims, &key).unwrap()
    }

    fn good_header() -> Header {
        Header {
            typ: Some(TYPE.into()),
            ..Header::new(Algorithm::HS256)
        }
    }

    #[test]
    fn a_token_of_ours_passes_and_outlives_a_rotation() {
        let token = sign(&secrets(), "u", "s", now(), now() + 60).unwrap();
        assert_eq!(check(&secrets(), &token).unwrap().jti, "s");
        let rotated = JwtSecrets {
            is_kept: true,
            current: "another-secret-of-more-than-32-bytes-long".into(),
            previous: Some(secrets().current),
        };
        assert_eq!(check(&rotated, &token).unwrap().sub, "u");
        let without = JwtSecrets {
            previous: None,
            ..rotated
        };
        assert!(check(&without, &token).is_err());
    }

    #[test]
    fn every_claim_is_required_and_has_to_be_right() {
        assert!(check(&secrets(), &forge(good_header(), |_| {})).is_ok());
        for claim in ["iss", "aud", "sub", "iat", "nbf", "exp", "jti"] {
            for bad in [
                None,
                Some(json!(null)),
                Some(json!([])),
                Some(json!({"a": 1})),
            ] {
                let token = forge(good_header(), |claims| match &bad {
                    Some(value) => claims[claim] = value.clone(),
                    None => {
                        claims.as_object_mut().unwrap().remove(claim);
                    }
                });
                assert!(check(&secrets(), &token).is_err(), "{claim}: {bad:?}");
            }
        }
        for (claim, bad) in [
            ("iss", json!("other")),
            ("aud", json!("other")),
            ("exp", json!(now() - 1)),
            ("nbf", json!(now() + 60)),
            ("iat", json!(now() + 60)),
        ] {
            let token = forge(good_header(), |claims| claims[claim] = bad);
            assert!(check(&secrets(), &token).is_err(), "{claim}");
        }
    }

    #[test]
    fn other_types_and_algorithms_do_not_pass() {
        assert!(check(&secrets(), &forge(Header::new(Algorithm::HS256), |_| {})).is_err());
        let stronger = Header {
            alg: Algorithm::HS512,
            ..good_header()
        };
        assert!(check(&secrets(), &forge(stronger, |_| {})).is_err());
        // alg none: {"alg":"none","typ":"at+jwt"} with the good claims and no signature.
        let good = forge(good_header(), |_| {});
        let claims = good.split('.').nth(1).unwrap();
        let none = format!("eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0.{claims}.");
        for bad in [none.as_str(), "", "a.b.c", "....", "é"] {
            assert!(check(&secrets(), bad).is_err(), "{bad}");
        }
    }
}
