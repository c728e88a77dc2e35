//! `/docs`: Swagger UI from the binary, under a content security policy of its own.

use std::io::Read;
use std::sync::Arc;

use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use flate2::read::GzDecoder;
use utoipa_swagger_ui::Config;

use crate::error::Error;
use crate::web::view::Shell;
use crate::web::{assets, etag};

/// The policy of all pages with what Swagger UI can't do without: its style sheet has its small pictures in itself.
const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Of Swagger UI's files those that the page names.
const FILES: [&str; 2] = ["swagger-ui.css", "swagger-ui-bundle.js"];

#[derive(Template)]
#[template(path = "api/docs.html")]
struct DocsPage<'a> {
    shell: &'a Shell,
}

/// `GET /docs`.
pub async fn docs(req: HttpRequest) -> Result<HttpResponse, Error> {
    let page = DocsPage {
        shell: &Shell::of(&req)?,
    };
    let body = page.render().map_err(Error::internal)?;
    let response = HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CACHE_CONTROL, "public, max-age=3600"))
        .insert_header((header::CONTENT_SECURITY_POLICY, CSP))
        .body(body);
    Ok(etag::tag(&req, response))
}

/// `GET /docs/{file}`. The files are compressed in the binary; who can't read that gets them unpacked.
pub async fn file(req: HttpRequest, name: web::Path<String>) -> Result<HttpResponse, Error> {
    if !FILES.contains(&name.as_str()) {
        return Err(Error::NotFound);
    }
    let config = Arc::new(Config::from("/openapi.json"));
    let file = utoipa_swagger_ui::serve(&name, config)
        .map_err(|error| Error::internal(error.to_string()))?
        .ok_or(Error::NotFound)?;
    let mut response = HttpResponse::Ok();
    response
        .content_type(file.content_type)
        .insert_header((header::CACHE_CONTROL, "public, max-age=86400"))
        .insert_header((header::VARY, "Accept-Encoding"));
    if !file.gzpipped {
        return Ok(etag::tag(&req, response.body(file.bytes.into_owned())));
    }
    if assets::accepts_gzip(req.headers()) {
        response.insert_header((header::CONTENT_ENCODING, HeaderValue::from_static("gzip")));
        return Ok(etag::tag(&req, response.body(file.bytes.into_owned())));
    }
    let mut plain = Vec::new();
    GzDecoder::new(&*file.bytes)
        .read_to_end(&mut plain)
        .map_err(Error::internal)?;
    Ok(etag::tag(&req, response.body(plain)))
}
