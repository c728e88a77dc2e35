//! Entity tags: who has an answer already gets 304 and not the answer again.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::http::header::{self, EntityTag, Header, HeaderValue, IfNoneMatch};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse};
use sha2::{Digest, Sha256};

/// What a personal answer depends on, for caches in between.
pub const WHO: &str = "Authorization, Cookie";

/// Tags an answer by what is in it. It is a weak tag, because the same answer may come compressed.
pub fn tag(req: &HttpRequest, response: HttpResponse) -> HttpResponse {
    if response.status() != StatusCode::OK || req.method() != Method::GET {
        return response;
    }
    let (response, body) = response.into_parts();
    let body = match body.try_into_bytes() {
        Ok(body) => body,
        // A stream can't be looked through.
        Err(body) => return response.set_body(body),
    };
    let digest = Sha256::digest(&body);
    let tag: String = digest[..16]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let tag = EntityTag::new_weak(tag);
    let is_known = match IfNoneMatch::parse(req) {
        Ok(IfNoneMatch::Any) => true,
        Ok(IfNoneMatch::Items(known)) => known.iter().any(|known| known.weak_eq(&tag)),
        Err(_) => false,
    };
    let mut response = match is_known {
        true => response.set_body(BoxBody::new(())),
        false => response.set_body(BoxBody::new(body)),
    };
    if is_known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        response.headers_mut().remove(header::CONTENT_TYPE);
    }
    if let Ok(value) = HeaderValue::from_str(&tag.to_string()) {
        response.headers_mut().insert(header::ETAG, value);
    }
    response
}
