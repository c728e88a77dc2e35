//! For load balancers: whether the process lives, and whether it should get requests.

use std::time::Duration;

use actix_web::{HttpResponse, web};
use serde::Serialize;
use utoipa::{OpenApi, ToSchema};

use crate::db::{self, Conn};
use crate::error::Error;
use crate::state::App;

mod process;
mod scrape;

/// How long the database has to answer whether it is there: less than most who ask wait.
const PATIENCE: Duration = Duration::from_secs(2);

const AWAY: &str =
    "The database doesn't answer as it should, so this process should get no requests for now.";
const BEHIND: &str = "The database lacks a migration of this version, so this process should get no requests: `autio migrate` runs it.";

/// The routes of this module as programs see them.
#[derive(OpenApi)]
#[openapi(paths(alive, ready, scrape::metrics))]
pub struct Api;

/// Adds the routes of this module.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(
            web::resource("/healthz")
                .route(web::get().to(alive))
                .route(web::head().to(alive)),
        )
        .service(
            web::resource("/readyz")
                .route(web::get().to(ready))
                .route(web::head().to(ready)),
        )
        .service(
            web::resource("/metrics")
                .route(web::get().to(scrape::metrics))
                .route(web::head().to(scrape::metrics)),
        );
}

/// `GET /healthz`: the process answers.
#[utoipa::path(
    get,
    path = "/healthz",
    tag = "Service",
    summary = "The process lives",
    security(()),
    responses((status = 200, description = "It does", body = Alive)),
)]
async fn alive() -> HttpResponse {
    say(&Alive { status: "ok" })
}

/// `GET /readyz`: not draining, and the database answers with the schema in place; and what is wrong with the model,
/// with Redis and with RabbitMQ.
#[utoipa::path(
    get,
    path = "/readyz",
    tag = "Service",
    summary = "Ready for requests: the database answers, and the process isn't about to end",
    security(()),
    responses((status = 200, description = "It is", body = Ready)),
)]
async fn ready(app: web::Data<App>) -> Result<HttpResponse, Error> {
    app.refuse_when_draining()?;
    match ask(&app, PATIENCE, db::is_current).await {
        Ok(true) => {}
        Ok(false) => return Err(Error::Unready(BEHIND)),
        Err(Error::Unavailable) => return Err(Error::Unready(AWAY)),
        Err(error) => {
            tracing::warn!(cause = error.causes(), "the database can't be used");
            return Err(Error::Unready(AWAY));
        }
    }
    Ok(say(&Ready {
        status: "ready",
        advisor: advisor(&app),
        redis: redis(&app),
        queue: queue(&app),
    }))
}

/// Asks the database, for so long at most. One question at a time, until the database has answered it: however often it is
/// asked while it hangs, that takes one connection.
async fn ask<T, F>(app: &App, patience: Duration, query: F) -> Result<T, Error>
where
    T: Send + 'static,
    F: FnOnce(&mut Conn) -> Result<T, Error> + Send + 'static,
{
    let answer = async {
        let turn = app.probing.clone().lock_owned().await;
        let query = move |conn: &mut Conn| {
            // Held until it is answered, also when nobody waits for that any more.
            let _turn = turn;
            query(conn)
        };
        app.db.read(query).await
    };
    let answer = tokio::time::timeout(patience, answer).await;
    answer.unwrap_or(Err(Error::Unavailable))
}

/// Who answers, and what the operator has to know of it. A model that fails doesn't make the process unready: the
/// catalogue advisor answers meanwhile.
fn advisor(app: &App) -> Answers {
    let trouble = app.advisor.trouble();
    Answers {
        model: app.advisor.model().to_owned(),
        status: match &trouble {
            None => "ok",
            Some(trouble) if trouble.is_open => "left alone for a while",
            Some(_) => "failing",
        },
        detail: trouble.map(|trouble| trouble.failure.to_string()),
    }
}

/// What instances share, if they do. Without it each goes on by itself, so that doesn't make the process unready either.
fn redis(app: &App) -> Option<Shared> {
    let trouble = app.redis.as_ref()?.trouble();
    Some(Shared {
        status: if trouble.is_none() { "ok" } else { "away" },
        detail: trouble,
    })
}

/// How RabbitMQ is, where there is one. What no queue delivers is found in the table, so it doesn't make the process unready
/// either.
fn queue(app: &App) -> Option<Broker> {
    let trouble = app.queue.broker()?;
    Some(Broker {
        status: if trouble.is_none() { "ok" } else { "failing" },
        detail: trouble,
    })
}

/// The process answers.
#[derive(Serialize, ToSchema)]
struct Alive {
    status: &'static str,
}

/// The process is ready for requests.
#[derive(Serialize, ToSchema)]
struct Ready {
    status: &'static str,
    advisor: Answers,
    /// Null where no Redis is set up.
    redis: Option<Shared>,
    /// Null where no RabbitMQ is set up.
    queue: Option<Broker>,
}

/// Who answers.
#[derive(Serialize, ToSchema)]
#[schema(as = Advisor)]
struct Answers {
    /// A model's name, or `catalogue` for the built-in advisor.
    model: String,
    /// `ok`, `failing`, or `left alone for a while`.
    status: &'static str,
    /// What is wrong with the model, for the operator.
    detail: Option<String>,
}

/// Redis.
#[derive(Serialize, ToSchema)]
#[schema(as = Redis)]
struct Shared {
    /// `ok`, or `away`.
    status: &'static str,
    /// What is wrong with it, for the operator.
    detail: Option<String>,
}

/// RabbitMQ.
#[derive(Serialize, ToSchema)]
#[schema(as = Queue)]
struct Broker {
    /// `ok`, or `failing`.
    status: &'static str,
    /// What is wrong with it, for the operator.
    detail: Option<String>,
}

fn say(body: &impl Serialize) -> HttpResponse {
    HttpResponse::Ok().json(body)
}
