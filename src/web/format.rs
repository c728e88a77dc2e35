//! The one place that chooses between page, fragment and JSON.

use std::future::{Ready, ready};

use actix_web::dev::{Payload, RequestHead};
use actix_web::http::header::{self, Accept, HeaderMap, QualityItem};
use actix_web::mime::Mime;
use actix_web::{FromRequest, HttpMessage, HttpRequest};

/// How the caller wants to be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A whole HTML page.
    Page,
    /// A piece of HTML, for htmx to swap in.
    Fragment,
    Json,
}

impl Format {
    /// A Bearer token asks for JSON, htmx for a fragment, an Accept that names HTML for a page; the
    /// rest is JSON.
    pub fn of(head: &RequestHead) -> Self {
        let headers = head.headers();
        if has_bearer(headers) {
            Format::Json
        } else if headers
            .get("hx-request")
            .is_some_and(|value| value == "true")
        {
            Format::Fragment
        } else if prefers_html(head) {
            Format::Page
        } else {
            Format::Json
        }
    }

    /// Whether people read it.
    pub fn is_html(self) -> bool {
        self != Format::Json
    }
}

/// Chosen by the outermost middleware before anything else looks at the request.
impl FromRequest for Format {
    type Error = std::convert::Infallible;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let chosen = req.extensions().get::<Format>().copied();
        ready(Ok(chosen.unwrap_or_else(|| Format::of(req.head()))))
    }
}

/// Whether there is an `Authorization: Bearer …`, good or bad.
pub fn has_bearer(headers: &HeaderMap) -> bool {
    headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.get(..7))
        .is_some_and(|scheme| scheme.eq_ignore_ascii_case("bearer "))
}

/// Whether the caller asks for server-sent events. htmx names them on every request, so a fragment
/// is asked about apart.
pub fn accepts_events(headers: &HeaderMap) -> bool {
    headers
        .get_all(header::ACCEPT)
        .filter_map(|value| value.to_str().ok())
        .any(|value| value.to_ascii_lowercase().contains("text/event-stream"))
}

/// HTML is named, and nothing that we also speak is liked better.
fn prefers_html(head: &RequestHead) -> bool {
    let values = head.headers().get_all(header::ACCEPT);
    let Ok(ranges) = header::from_comma_delimited::<_, QualityItem<Mime>>(values) else {
        return false;
    };
    let accept = Accept(ranges);
    let ranked = accept.ranked();
    let known = ranked
        .iter()
        .map(|mime| mime.essence_str())
        .find(|essence| matches!(*essence, "text/html" | "application/json"));
    known == Some("text/html")
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    fn of(headers: &[(&'static str, &str)]) -> Format {
        let request = headers
            .iter()
            .fold(TestRequest::default(), |request, header| {
                request.append_header(*header)
            });
        Format::of(request.to_http_request().head())
    }

    #[test]
    fn the_format_follows_the_request() {
        let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
        assert_eq!(of(&[]), Format::Json);
        assert_eq!(of(&[("accept", "*/*")]), Format::Json);
        assert_eq!(of(&[("accept", "image/png")]), Format::Json);
        assert_eq!(of(&[("accept", browser)]), Format::Page);
        assert_eq!(
            of(&[("accept", "application/json, text/html;q=0.5")]),
            Format::Json
        );
        assert_eq!(
            of(&[
                ("accept", "text/html, text/event-stream"),
                ("hx-request", "true")
            ]),
            Format::Fragment
        );
        assert_eq!(
            of(&[
                ("accept", browser),
                ("hx-request", "true"),
                ("authorization", "bearer x")
            ]),
            Format::Json
        );
    }
}
