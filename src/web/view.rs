//! What handlers return: one result that knows its page, its fragment and its JSON, rendered here.

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpMessage, HttpRequest, HttpResponse, Responder, ResponseError, web};
use serde_json::Value;

use super::assets::Assets;
use super::etag;
use super::format::Format;
use crate::cars::units::{self, Units};
use crate::config::Signup;
use crate::db::users::Theme;
use crate::error::Error;
use crate::state::App;

/// One result in all the formats that it has.
pub trait View {
    fn json(&self) -> Value;

    /// A whole page, or where the browser is to go.
    ///
    /// # Errors
    /// When the template can't be rendered, which is a fault of ours.
    fn page(&self, shell: &Shell) -> askama::Result<Html>;

    /// A piece for htmx; the page where there is no better one.
    ///
    /// # Errors
    /// As for [`View::page`].
    fn fragment(&self, shell: &Shell) -> askama::Result<Html> {
        self.page(shell)
    }
}

/// What people are shown.
pub enum Html {
    Body(String),
    /// Another page of ours, by GET.
    GoTo(String),
}

/// What is around every page: assets, who is logged in, who answers.
pub struct Shell {
    assets: web::Data<Assets>,
    pub person: Option<Person>,
    /// The name of the advisor, as people read it.
    pub advisor: String,
    pub is_built_in: bool,
    pub catalogue: String,
    /// The origin that browsers see.
    pub public_url: String,
    /// Who may sign up.
    pub signup: Signup,
    /// How far the person's clock is behind UTC; nothing where their browser doesn't say.
    pub behind_utc: chrono::Duration,
}

/// Who is logged in; left in the request by the check of their session.
#[derive(Clone, Debug)]
pub struct Person {
    pub email: String,
    pub theme: Theme,
    pub units: Units,
}

impl Shell {
    /// The shell for that request.
    pub fn of(req: &HttpRequest) -> Result<Self, Error> {
        let missing = || Error::internal("the server was set up without its state");
        let app = req.app_data::<web::Data<App>>().ok_or_else(missing)?;
        let assets = req.app_data::<web::Data<Assets>>().ok_or_else(missing)?;
        let model = app.advisor.model();
        Ok(Self {
            assets: assets.clone(),
            person: req.extensions().get::<Person>().cloned(),
            advisor: crate::advisor::model_label(model).to_owned(),
            is_built_in: model == crate::advisor::CATALOGUE_MODEL,
            catalogue: app.catalogue().version.clone(),
            public_url: app.config.public_url.clone(),
            signup: app.config.signup,
            behind_utc: behind_utc(req),
        })
    }

    /// Where a visitor goes in: to sign up, if everybody may.
    pub fn entrance(&self) -> &'static str {
        match self.signup.refusal() {
            None => "/signup",
            Some(_) => "/login",
        }
    }

    /// The colours that the person chose; `None` leaves them to the browser.
    pub fn theme(&self) -> Option<&'static str> {
        let theme = self.person.as_ref()?.theme;
        (theme != Theme::System).then(|| theme.as_str())
    }

    /// The units that the person chose, where they aren't those of the US.
    pub fn units(&self) -> Option<&'static str> {
        let units = self.person.as_ref()?.units;
        (units != Units::Mpg).then(|| units.as_str())
    }

    /// A sentence of ours with its figures in the units that the person chose.
    pub fn in_units(&self, text: impl AsRef<str>) -> String {
        let text = text.as_ref();
        match self.units() {
            Some(_) => units::text::metric(text),
            None => text.to_owned(),
        }
    }

    /// The address of a static file, with its hash in its name.
    pub fn asset(&self, name: &str) -> &str {
        self.assets.address(name)
    }
}

/// The minutes that app.js leaves in a cookie, so that days begin and end where the person is.
fn behind_utc(req: &HttpRequest) -> chrono::Duration {
    // Read by hand: actix keeps cookies in the request's extensions, which may be in use here.
    let cookies = req.headers().get_all(header::COOKIE);
    let minutes = cookies
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .find_map(|cookie| cookie.trim().strip_prefix("autio-behind-utc="))
        .and_then(|minutes| minutes.parse::<i64>().ok())
        // From Kiribati to Baker Island.
        .filter(|minutes| (-14 * 60..=12 * 60).contains(minutes));
    chrono::Duration::minutes(minutes.unwrap_or(0))
}

/// A view with its status and headers.
pub struct Show<V> {
    view: V,
    status: StatusCode,
    headers: Vec<(HeaderName, HeaderValue)>,
    is_tagged: bool,
}

impl<V: View> Show<V> {
    /// 200.
    pub fn new(view: V) -> Self {
        Self::with_status(view, StatusCode::OK)
    }

    pub fn with_status(view: V, status: StatusCode) -> Self {
        Self {
            view,
            status,
            headers: Vec::new(),
            is_tagged: false,
        }
    }

    /// What is shown with an error: its status, and when another try makes sense.
    pub fn with_error(error: Error, view: impl FnOnce(Error) -> V) -> Self {
        let wait = error.retry_after();
        let wait = wait.map(|seconds| (header::RETRY_AFTER, HeaderValue::from(seconds)));
        Self {
            status: error.status_code(),
            headers: wait.into_iter().collect(),
            is_tagged: false,
            view: view(error),
        }
    }

    /// The same answer with another view made of this one.
    pub fn map<W>(self, view: impl FnOnce(V) -> W) -> Show<W> {
        Show {
            view: view(self.view),
            status: self.status,
            headers: self.headers,
            is_tagged: self.is_tagged,
        }
    }

    /// Who has it already gets 304.
    pub fn tagged(mut self) -> Self {
        self.is_tagged = true;
        self
    }

    /// A program may keep its own, and ask whether it is still so. Pages of a person are kept nowhere.
    pub fn tagged_for_programs(self, format: Format) -> Result<Self, Error> {
        match format {
            Format::Json => Ok(self
                .header("cache-control", "private, no-cache")?
                .header("vary", etag::WHO)?
                .tagged()),
            Format::Page | Format::Fragment => Ok(self),
        }
    }

    /// Adds a header, in JSON as in HTML. One whose value can't be a header is a fault of ours.
    pub fn header(mut self, name: &'static str, value: &str) -> Result<Self, Error> {
        let value = HeaderValue::from_str(value).map_err(Error::internal)?;
        self.headers.push((HeaderName::from_static(name), value));
        Ok(self)
    }
}

/// Says to the outermost middleware that an error's body is already as the caller wants it.
pub struct Rendered;

impl<V: View> Responder for Show<V> {
    type Body = BoxBody;

    fn respond_to(self, req: &HttpRequest) -> HttpResponse {
        let format = req.extensions().get::<Format>().copied();
        let format = format.unwrap_or_else(|| Format::of(req.head()));
        match self.render(req, format) {
            Ok(mut response) => {
                response.extensions_mut().insert(Rendered);
                response
            }
            Err(error) => HttpResponse::from_error(error),
        }
    }
}

impl<V: View> Show<V> {
    fn render(self, req: &HttpRequest, format: Format) -> Result<HttpResponse, Error> {
        let mut response = match format {
            Format::Json if self.status == StatusCode::NO_CONTENT => {
                HttpResponse::NoContent().finish()
            }
            Format::Json => HttpResponse::build(self.status).json(self.view.json()),
            Format::Page | Format::Fragment => {
                let shell = Shell::of(req)?;
                let html = match format {
                    Format::Page => self.view.page(&shell),
                    _ => self.view.fragment(&shell),
                };
                respond_html(html.map_err(Error::internal)?, format, self.status)
            }
        };
        for (name, value) in self.headers {
            response.headers_mut().insert(name, value);
        }
        Ok(match self.is_tagged {
            true => etag::tag(req, response),
            false => response,
        })
    }
}

/// HTML with its status, or the way to another page as browsers and htmx each want it.
pub fn respond_html(html: Html, format: Format, status: StatusCode) -> HttpResponse {
    match (html, format) {
        (Html::Body(body), _) => HttpResponse::build(status)
            .content_type("text/html; charset=utf-8")
            .body(body),
        // htmx would follow a 303 by itself and swap the whole page in as a fragment.
        (Html::GoTo(place), Format::Fragment) => HttpResponse::Ok()
            .insert_header(("HX-Redirect", place))
            .finish(),
        (Html::GoTo(place), _) => HttpResponse::SeeOther()
            .insert_header((header::LOCATION, place))
            .finish(),
    }
}
