//! The landing page: what Autio does, a prompt box, and questions to start from.

use actix_web::web;
use askama::Template;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::{OpenApi, ToSchema};

use crate::advisor::starters::QUESTIONS;
use crate::auth::CurrentUser;
use crate::card::Silhouette;
use crate::error::Error;
use crate::state::App;
use crate::web::view::{Html, Shell, Show, View};

/// The body that is drawn beside each of the questions.
const BODIES: [&str; 4] = ["suv", "sedan", "hatchback", "pickup"];

/// The routes of this module as programs see them.
#[derive(OpenApi)]
#[openapi(paths(landing))]
pub struct Api;

/// Adds the routes of this module.
pub fn routes(config: &mut web::ServiceConfig) {
    config.service(
        web::resource("/")
            .route(web::get().to(landing))
            .route(web::head().to(landing)),
    );
}

/// `GET /`. Who is logged in sees so in the header; nobody has to be.
#[utoipa::path(
    get,
    path = "/",
    tag = "Service",
    summary = "Which version is running",
    security(()),
    responses((status = 200, description = "It runs", body = Up)),
)]
async fn landing(app: web::Data<App>, _: Option<CurrentUser>) -> Show<Landing> {
    Show::new(Landing {
        cars: app.catalogue().len(),
    })
}

/// Every address that there is none of. Who is logged in is still seen to be.
pub async fn nowhere(_: Option<CurrentUser>) -> Result<Show<Landing>, Error> {
    Err(Error::NotFound)
}

/// That it runs.
#[derive(Serialize, ToSchema)]
pub struct Up {
    message: &'static str,
    version: &'static str,
}

/// The landing page.
pub struct Landing {
    cars: usize,
}

#[derive(Template)]
#[template(path = "home/landing.html", blocks = ["main"])]
struct LandingPage<'a> {
    shell: &'a Shell,
    cars: String,
    starters: [(Silhouette, &'static str); 4],
}

impl View for Landing {
    fn json(&self) -> Value {
        json!(Up {
            message: "Autio is up and running!",
            version: env!("CARGO_PKG_VERSION"),
        })
    }

    fn page(&self, shell: &Shell) -> askama::Result<Html> {
        Ok(Html::Body(self.template(shell).render()?))
    }

    fn fragment(&self, shell: &Shell) -> askama::Result<Html> {
        Ok(Html::Body(self.template(shell).as_main().render()?))
    }
}

impl Landing {
    fn template<'a>(&self, shell: &'a Shell) -> LandingPage<'a> {
        LandingPage {
            shell,
            // In thousands, rounded down: the exact number changes with each file.
            cars: format!("more than {},000", self.cars / 1000),
            starters: std::array::from_fn(|at| (Silhouette { body: BODIES[at] }, QUESTIONS[at])),
        }
    }
}
