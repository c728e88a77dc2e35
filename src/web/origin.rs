//! Which request it is, in every log: an id of our own, or the one that a trusted proxy gave it.

use actix_web::HttpMessage;
use actix_web::HttpRequest;
use actix_web::dev::ServiceRequest;
use actix_web::http::header::HeaderMap;

use crate::config::TrustedProxies;

/// The longest id that is taken over.
const LONGEST: usize = 128;

/// The id that the log, the response's `X-Request-Id` and every problem share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(pub String);

impl RequestId {
    /// The id of a request that came in: a trusted proxy's `X-Request-Id`, or else the trace of its `traceparent`, if they are
    /// well formed; a new one for everybody else.
    pub fn choose(req: &ServiceRequest, trusted: &TrustedProxies) -> Self {
        let given = has_trusted_peer(req, trusted)
            .then(|| given(req.headers()))
            .flatten();
        Self(given.unwrap_or_else(|| uuid::Uuid::now_v7().simple().to_string()))
    }

    /// The id of a request that has one: all have.
    pub fn of(req: &HttpRequest) -> Option<String> {
        let extensions = req.extensions();
        extensions.get::<RequestId>().map(|id| id.0.clone())
    }
}

/// Whether a proxy of ours sends that request.
pub fn has_trusted_peer(req: &ServiceRequest, trusted: &TrustedProxies) -> bool {
    let peer = req.peer_addr().map(|peer| peer.ip().to_canonical());
    peer.is_some_and(|peer| trusted.contains(peer))
}

fn given(headers: &HeaderMap) -> Option<String> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
    // Of several nobody knows which is the proxy's.
    let mut ids = headers.get_all("x-request-id");
    if let (Some(id), None) = (ids.next(), ids.next())
        && let Ok(id) = id.to_str()
        && (1..=LONGEST).contains(&id.len())
        && id.bytes().all(is_plain)
    {
        return Some(id.to_owned());
    }
    traceparent(headers).map(|parent| parent[3..35].to_owned())
}

/// The one `traceparent` of a request, if it is as W3C has it in its first version.
pub fn traceparent(headers: &HeaderMap) -> Option<&str> {
    let mut all = headers.get_all("traceparent");
    let (Some(value), None) = (all.next(), all.next()) else {
        return None;
    };
    let text = value.to_str().ok()?;
    let mut parts = text.split('-');
    let mut part = |length: usize| {
        let part = parts.next().filter(|part| part.len() == length)?;
        let is_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        part.bytes().all(is_hex).then_some(part)
    };
    let (version, trace, span, _flags) = (part(2)?, part(32)?, part(16)?, part(2)?);
    let is_nothing = |part: &str| part.bytes().all(|byte| byte == b'0');
    let is_first = version == "00" && parts.next().is_none();
    (is_first && !is_nothing(trace) && !is_nothing(span)).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::{HeaderName, HeaderValue};

    fn of(lines: &[(&'static str, &'static str)]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            let name = HeaderName::from_static(name);
            headers.append(name, HeaderValue::from_static(value));
        }
        given(&headers)
    }

    #[test]
    fn only_what_is_well_formed_is_taken_over() {
        const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        const LONG: &str = concat!(
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        );
        let id = |value| of(&[("x-request-id", value)]);
        assert_eq!(id("a-1_b.c:d").as_deref(), Some("a-1_b.c:d"));
        for bad in ["", "two words", "a\"b", "a\\b", "<b>", LONG] {
            assert_eq!(id(bad), None, "{bad}");
        }
        assert_eq!(of(&[("x-request-id", "a"), ("x-request-id", "b")]), None);
        let trace = |value| of(&[("x-request-id", "two words"), ("traceparent", value)]);
        assert_eq!(
            trace(TRACE).as_deref(),
            Some("4bf92f3577b34da6a3ce929d0e0e4736")
        );
        for bad in [
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        ] {
            assert_eq!(trace(bad), None, "{bad}");
        }
    }
}
