//! The API's description, made from the handlers, and the pages in which it can be tried.

mod complete;
mod pages;

use std::collections::{BTreeMap, BTreeSet};

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error as ActixError, HttpRequest, HttpResponse, web};
use serde_json::Value;
use utoipa::OpenApi;

use crate::auth;
use crate::chat;
use crate::error::Error;
use crate::health;
use crate::home;
use crate::showroom;
use crate::web::etag;
use crate::web::problem::{Body, GrantError};

/// What holds for the whole of it.
#[derive(OpenApi)]
#[openapi(
    paths(describe),
    components(schemas(Body, GrantError)),
    info(
        title = "Autio",
        description = "A car advisor that you talk to. Pages and programs have the same addresses: a Bearer token or \
            `Accept: application/json` gets JSON. A trailing slash is optional everywhere. Bodies come as JSON or as a form. \
            Errors are problems (RFC 9457) whose `detail` says what to do; every answer has an `X-Request-Id`, which is the \
            `request_id` of a problem and in the log. What isn't known is `null`, never 0. Ignore fields that you don't know: \
            there may be more of them.",
        license(name = "MIT", identifier = "MIT"),
    ),
    servers((url = "/")),
    security(("bearer" = []), ("login" = [])),
    tags(
        (name = "Account", description = "Signing up, logging in, and what one sets for oneself"),
        (name = "Sessions and tokens", description = "Where one is logged in, and tokens for programs"),
        (name = "Chat", description = "Conversations, and the replies that are made"),
        (name = "Batches", description = "Many prompts in one request, for programs"),
        (name = "Cars", description = "The catalogue; no account is needed"),
        (name = "Shortlist", description = "The cars that one keeps"),
        (name = "Service", description = "The process, and this description"),
    ),
)]
struct Whole;

/// What browsers without JavaScript post, because a form can't put, patch or delete. It does the same as the route above it
/// in the description.
pub const FORMS: [(&str, &str); 12] = [
    ("post", "/auth/me"),
    ("post", "/auth/me/delete"),
    ("post", "/auth/sessions/revoke"),
    ("post", "/auth/sessions/{id}/revoke"),
    ("post", "/auth/tokens/{id}/revoke"),
    ("post", "/chat/{id}"),
    ("post", "/chat/{id}/delete"),
    ("post", "/chat/{id}/needs"),
    ("post", "/chat/batches/{id}/delete"),
    ("post", "/shortlist/{car}"),
    ("post", "/shortlist/{car}/drop"),
    ("get", "/chat/{id}/print"),
];

/// The description as it is sent, and what follows from it.
pub struct Description {
    json: web::Bytes,
    /// The methods of each route, as `Allow` has them.
    methods: BTreeMap<String, String>,
}

impl Description {
    /// Puts it together: some milliseconds, once.
    ///
    /// # Errors
    /// When it can't be written as JSON, which is a fault of ours.
    pub fn build() -> Result<Self, Error> {
        let mut api = Whole::openapi();
        for part in [
            auth::Api::openapi(),
            chat::Api::openapi(),
            showroom::Api::openapi(),
            home::Api::openapi(),
            health::Api::openapi(),
        ] {
            api.merge(part);
        }
        let mut api = serde_json::to_value(&api).map_err(Error::internal)?;
        complete::complete(&mut api).map_err(Error::internal)?;
        Ok(Self {
            json: api.to_string().into(),
            methods: methods(&api),
        })
    }
}

/// The methods of every route of the description and of [`FORMS`].
fn methods(api: &Value) -> BTreeMap<String, String> {
    let mut all: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let paths = api["paths"].as_object().into_iter().flatten();
    let documented = paths.flat_map(|(path, item)| {
        let methods = item.as_object().into_iter().flatten();
        methods.map(move |(method, _)| (method.as_str(), path.as_str()))
    });
    for (method, path) in documented.chain(FORMS) {
        let methods = all.entry(path).or_default();
        methods.insert(method.to_uppercase());
        if method == "get" {
            methods.insert("HEAD".to_owned());
        }
    }
    let allow = |methods: BTreeSet<String>| Vec::from_iter(methods).join(", ");
    let all = all.into_iter();
    all.map(|(path, methods)| (path.to_owned(), allow(methods)))
        .collect()
}

/// Adds the routes of this module.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/openapi.json").route(web::get().to(describe)))
        .service(web::resource("/docs").route(web::get().to(pages::docs)))
        .service(web::resource("/docs/{file}").route(web::get().to(pages::file)));
}

#[utoipa::path(
    get,
    path = "/openapi.json",
    tag = "Service",
    summary = "This description (OpenAPI 3.1)",
    security(()),
    responses((status = 200, description = "The description", body = Object), (status = 304)),
)]
async fn describe(req: HttpRequest, description: web::Data<Description>) -> HttpResponse {
    let response = HttpResponse::Ok()
        .content_type("application/json")
        .insert_header((header::CACHE_CONTROL, "public, max-age=3600"))
        .body(description.json.clone());
    etag::tag(&req, response)
}

/// Middleware: who asks by a method that a route doesn't have hears which it has (RFC 9110, section 15.5.6).
pub async fn allow(
    req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, ActixError> {
    let mut response = next.call(req).await?;
    if response.status() == StatusCode::METHOD_NOT_ALLOWED {
        let request = response.request();
        let description = request.app_data::<web::Data<Description>>();
        let route = request.match_pattern();
        let methods = description
            .zip(route)
            .and_then(|(description, route)| description.methods.get(&route))
            // The rest are pages and files.
            .map_or("GET, HEAD", String::as_str);
        if let Ok(methods) = HeaderValue::from_str(methods) {
            response.headers_mut().insert(header::ALLOW, methods);
        }
    }
    Ok(response)
}
