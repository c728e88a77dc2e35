//! The outermost middleware: request id, format, log line, headers, and every error as the caller
//! wants it: a problem (RFC 9457), a page, or a fragment.

use std::time::{Duration, Instant};

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error as ActixError, HttpMessage, HttpRequest, HttpResponse, web};
use askama::Template;
use serde_json::{Value, json};
use tracing::Instrument;
use tracing::field::Empty;

use super::format::{Format, has_bearer};
use super::guard;
use super::origin::{self, RequestId};
use super::quota;
use super::view::{Html, Rendered, Shell, respond_html};
use crate::error::{Error, FieldError};
use crate::state::App;
use crate::trace::{self, milliseconds};

mod body;

pub use body::{Body, GrantError};

/// Middleware: goes around all others.
pub async fn answer(
    req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, ActixError> {
    let started = Instant::now();
    let app = req.app_data::<web::Data<App>>().cloned();
    let app = app.ok_or_else(|| Error::internal("the server was set up without its state"))?;
    let RequestId(id) = RequestId::choose(&req, &app.config.trusted_proxies);
    let format = Format::of(req.head());
    req.extensions_mut().insert(format);
    req.extensions_mut().insert(RequestId(id.clone()));
    let method = req.method().clone();
    let path = req.path().to_owned();

    // Whatever the level: the worst lines need it most.
    let span = tracing::error_span!("request", request_id = id, otel.kind = Empty);
    let is_traced = app.config.traces.is_some();
    if is_traced {
        let is_trusted = origin::has_trusted_peer(&req, &app.config.trusted_proxies);
        let parent = origin::traceparent(req.headers()).filter(|_| is_trusted);
        trace::adopt(&span, "server", parent);
    }
    let mut response = next
        .call(req)
        .instrument(span.clone())
        .await?
        .map_into_boxed_body();
    let _entered = span.enter();

    let status = response.status();
    let is_rendered = response.response().extensions().contains::<Rendered>();
    if (status.is_client_error() || status.is_server_error()) && !is_rendered {
        response = explain(response, format, &id);
    }
    let status = response.status();
    let request = response.request().clone();
    let headers = response.headers_mut();
    quota::add_headers(&request, headers);
    if status == StatusCode::UNAUTHORIZED {
        // RFC 6750, section 3: who sent a token is told that it is of no use, and who sent none is told nothing.
        let challenge = match has_bearer(request.headers()) {
            true => "Bearer realm=\"autio\", error=\"invalid_token\"",
            false => "Bearer realm=\"autio\"",
        };
        headers.insert(
            header::WWW_AUTHENTICATE,
            HeaderValue::from_static(challenge),
        );
    }
    if let Ok(value) = HeaderValue::from_str(&id) {
        headers.insert(HeaderName::from_static("x-request-id"), value);
    }
    if !path.starts_with("/static/") {
        headers.append(header::VARY, HeaderValue::from_static("Accept, HX-Request"));
    }
    guard::add_headers(headers, app.config.is_https());
    // The pattern, not the path: ids and queries are nobody's business here.
    let route = response.request().match_pattern();
    let took = started.elapsed();
    let requests = &app.metrics.requests;
    requests.answered(method.as_str(), route.as_deref(), status.as_u16(), took);
    log(&method, route.as_deref(), status, took);
    if is_traced {
        let route = route.as_deref().unwrap_or("other");
        trace::answered(&span, method.as_str(), route, status.as_u16());
    }
    Ok(response)
}

/// One line for each request; of those that ask every few seconds how the process is, only who wants to see it all has one.
fn log(method: &Method, route: Option<&str>, status: StatusCode, took: Duration) {
    let (route, status, ms) = (
        route.unwrap_or("(none)"),
        status.as_u16(),
        milliseconds(took),
    );
    match route {
        "/healthz" | "/readyz" | "/metrics" => tracing::debug!(%method, route, status, ms),
        _ => tracing::info!(%method, route, status, ms),
    }
}

/// Replaces an error's empty body by its explanation, and keeps its headers.
fn explain(response: ServiceResponse, format: Format, id: &str) -> ServiceResponse {
    let (request, response) = response.into_parts();
    let unnamed;
    let error = match response.error().and_then(|error| error.as_error::<Error>()) {
        Some(error) => Problem::of(error),
        None => {
            unnamed = response.status();
            Problem::of_status(unnamed)
        }
    };
    if let Some(error @ Error::Internal(_)) = response.error().and_then(|e| e.as_error::<Error>()) {
        tracing::error!(cause = error.causes(), "a request failed");
    }
    let mut explained = match error.render(&request, format, id) {
        Ok(explained) => explained,
        // Even without a template the caller gets the sentence.
        Err(fault) => {
            tracing::error!(%fault, "an error page can't be rendered");
            HttpResponse::build(error.status).body(error.detail.clone())
        }
    };
    let headers = explained.headers_mut();
    for (name, value) in response.headers() {
        // What describes a body that isn't there any more.
        let is_bodys = [
            header::CONTENT_TYPE,
            header::CONTENT_LENGTH,
            header::CONTENT_ENCODING,
        ]
        .contains(name);
        if !is_bodys {
            headers.append(name.clone(), value.clone());
        }
    }
    ServiceResponse::new(request, explained)
}

/// An error on its way to the caller.
struct Problem {
    status: StatusCode,
    detail: String,
    retry_after: Option<u64>,
    fields: Vec<FieldError>,
    /// The conversation and the id of a reply that failed.
    reply: Option<(String, String)>,
    /// An error of the OAuth2 password grant, in RFC 6749's form.
    grant: Option<&'static str>,
}

impl Problem {
    fn of(error: &Error) -> Self {
        use actix_web::ResponseError;
        Self {
            status: error.status_code(),
            detail: error.to_string(),
            retry_after: error.retry_after(),
            fields: error.fields().to_vec(),
            reply: match error {
                Error::ReplyFailed {
                    conversation_id,
                    message_id,
                    ..
                } => Some((conversation_id.clone(), message_id.clone())),
                _ => None,
            },
            grant: match error {
                Error::Grant { code, .. } => Some(code),
                _ => None,
            },
        }
    }

    /// For what the framework refuses before a handler sees it.
    fn of_status(status: StatusCode) -> Self {
        let detail = match status {
            StatusCode::NOT_FOUND => Error::NotFound.to_string(),
            StatusCode::METHOD_NOT_ALLOWED => {
                "That can't be done here: this address takes other methods.".into()
            }
            status if status.is_client_error() => "That request can't be read.".into(),
            _ => "Something went wrong on our side; please try again.".into(),
        };
        Self {
            status,
            detail,
            retry_after: None,
            fields: Vec::new(),
            reply: None,
            grant: None,
        }
    }

    fn title(&self) -> &'static str {
        self.status.canonical_reason().unwrap_or("Error")
    }

    fn json(&self, id: &str) -> Value {
        if let Some(error) = self.grant {
            return json!(GrantError {
                error,
                error_description: &self.detail,
            });
        }
        let reply = self.reply.as_ref();
        json!(Body {
            title: self.title(),
            status: self.status.as_u16(),
            detail: &self.detail,
            request_id: Some(id),
            errors: &self.fields,
            conversation_id: reply.map(|(conversation_id, _)| conversation_id.as_str()),
            message_id: reply.map(|(_, message_id)| message_id.as_str()),
            ..Body::default()
        })
    }

    fn render(
        &self,
        request: &HttpRequest,
        format: Format,
        id: &str,
    ) -> Result<HttpResponse, Error> {
        let mut response = match format {
            Format::Json => {
                let kind = match self.grant {
                    Some(_) => "application/json",
                    None => "application/problem+json",
                };
                HttpResponse::build(self.status)
                    .content_type(kind)
                    .body(self.json(id).to_string())
            }
            // Who isn't logged in goes to the login form, and from there back.
            Format::Page if self.status == StatusCode::UNAUTHORIZED => {
                let place = login_address(request);
                respond_html(Html::GoTo(place), format, self.status)
            }
            Format::Page => {
                let page = ErrorPage {
                    shell: &Shell::of(request)?,
                    status: self.status.as_u16(),
                    title: self.title(),
                    detail: &self.detail,
                    id,
                };
                let body = page.render().map_err(Error::internal)?;
                respond_html(Html::Body(body), format, self.status)
            }
            Format::Fragment => {
                let is_logged_out = self.status == StatusCode::UNAUTHORIZED;
                // Who was writing keeps the page and what is on it, and gets a way to log in beside it.
                let stays = is_logged_out && !request.method().is_safe();
                let notice = Notice {
                    detail: &self.detail,
                    login: stays.then(|| login_address(request)),
                };
                let body = notice.render().map_err(Error::internal)?;
                let mut response = respond_html(Html::Body(body), format, self.status);
                let headers = response.headers_mut();
                // Every page has a place for notices, where a screen reader hears them.
                headers.insert(
                    HeaderName::from_static("hx-retarget"),
                    HeaderValue::from_static("#notice"),
                );
                headers.insert(
                    HeaderName::from_static("hx-reswap"),
                    HeaderValue::from_static("innerHTML"),
                );
                if is_logged_out && !stays {
                    let place = HeaderValue::from_str(&login_address(request));
                    headers.insert(
                        HeaderName::from_static("hx-redirect"),
                        place.map_err(Error::internal)?,
                    );
                }
                response
            }
        };
        if let Some(seconds) = self.retry_after {
            let headers = response.headers_mut();
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        Ok(response)
    }
}

/// The login form, with the way back to where the person was going.
fn login_address(request: &HttpRequest) -> String {
    let back = match *request.method() {
        Method::GET => request
            .uri()
            .path_and_query()
            .map_or("/chat", |place| place.as_str()),
        // What was to be done is lost with the session; the chat is where it can be done again.
        _ => "/chat",
    };
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("next", back)
        .finish();
    format!("/login?{query}")
}

#[derive(Template)]
#[template(path = "error/page.html")]
struct ErrorPage<'a> {
    shell: &'a Shell,
    status: u16,
    title: &'a str,
    detail: &'a str,
    id: &'a str,
}

#[derive(Template)]
#[template(path = "error/_notice.html")]
struct Notice<'a> {
    detail: &'a str,
    /// Where to log in, in another tab.
    login: Option<String>,
}
