//! What keeps other sites out: the cross-site rule, and the headers that every response carries.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error as ActixError, web};

use super::format::Format;
use crate::error::Error;
use crate::state::App;

const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
    font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'";

/// Carried by every response.
const HEADERS: [(&str, &str); 5] = [
    ("content-security-policy", CSP),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
];

/// Adds the security headers, and keeps personal pages out of caches unless told otherwise.
pub fn add_headers(headers: &mut HeaderMap, is_https: bool) {
    for (name, value) in HEADERS {
        // A handler may have said something else.
        let name = HeaderName::from_static(name);
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
    if is_https {
        headers.insert(
            header::STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=31536000; includeSubDomains"),
        );
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}

/// Middleware: an unsafe request that carries a cookie, or would set one, must come from our own pages.
pub async fn refuse_cross_site(
    req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, ActixError> {
    let is_ours = match req.app_data::<web::Data<App>>() {
        Some(app) => is_same_origin(req.headers(), &app.config.public_url),
        None => false,
    };
    if needs_check(&req) && !is_ours {
        return Ok(req.error_response(Error::CrossSite).map_into_right_body());
    }
    next.call(req)
        .await
        .map(ServiceResponse::map_into_left_body)
}

fn needs_check(req: &ServiceRequest) -> bool {
    let headers = req.headers();
    // With a token of its own the request never looks at a cookie, and other sites can't add one.
    if req.method().is_safe() || headers.contains_key(header::AUTHORIZATION) {
        return false;
    }
    // A login from a page sets a cookie; one from another site would log people in as somebody else.
    let sets_cookie = req.path().starts_with("/auth/") && Format::of(req.head()).is_html();
    headers.contains_key(header::COOKIE) || sets_cookie
}

/// `Sec-Fetch-Site` decides where there is one; browsers send it to https and to this machine.
fn is_same_origin(headers: &HeaderMap, public_url: &str) -> bool {
    match headers.get("sec-fetch-site") {
        Some(site) => site == "same-origin",
        None => headers
            .get(header::ORIGIN)
            .is_some_and(|origin| origin.as_bytes() == public_url.as_bytes()),
    }
}
