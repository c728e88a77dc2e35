//! For load balancers: whether the process lives, and whether it should get requests.

use actix_web::http::header::ContentType;
use actix_web::{HttpResponse, web};
use diesel::prelude::*;
use serde_json::{Value, json};

use crate::error::Error;
use crate::state::App;

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
        );
}

/// `GET /healthz`: the process answers.
async fn alive() -> HttpResponse {
    say(json!({ "status": "ok" }))
}

/// `GET /readyz`: not draining, and the database answers with the schema in place; and what is wrong with the model
/// and with Redis.
async fn ready(app: web::Data<App>) -> Result<HttpResponse, Error> {
    app.refuse_when_draining()?;
    app.db
        .read(|conn| {
            use crate::db::schema::users;
            let one: Option<String> = users::table.select(users::id).first(conn).optional()?;
            Ok(one.is_some())
        })
        .await?;
    Ok(say(
        json!({ "status": "ready", "advisor": advisor(&app), "redis": redis(&app) }),
    ))
}

/// Who answers, and what the operator has to know of it. A model that fails doesn't make the process unready: the
/// catalogue advisor answers meanwhile.
fn advisor(app: &App) -> Value {
    let trouble = app.advisor.trouble();
    json!({
        "model": app.advisor.model(),
        "status": match &trouble {
            None => "ok",
            Some(trouble) if trouble.is_open => "left alone for a while",
            Some(_) => "failing",
        },
        "detail": trouble.map(|trouble| trouble.failure.to_string()),
    })
}

/// What instances share, if they do. Without it each goes on by itself, so that doesn't make the process unready either.
fn redis(app: &App) -> Value {
    let Some(redis) = &app.redis else {
        return Value::Null;
    };
    let trouble = redis.trouble();
    let status = if trouble.is_none() { "ok" } else { "away" };
    json!({ "status": status, "detail": trouble })
}

fn say(body: Value) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header(ContentType::json())
        .body(body.to_string())
}
