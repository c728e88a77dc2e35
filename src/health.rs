//! For load balancers: whether the process lives, and whether it should get requests.

use actix_web::http::header::ContentType;
use actix_web::{HttpResponse, web};
use diesel::prelude::*;

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
    say("ok")
}

/// `GET /readyz`: not draining, and the database answers with the schema in place.
async fn ready(app: web::Data<App>) -> Result<HttpResponse, Error> {
    app.refuse_when_draining()?;
    app.db
        .read(|conn| {
            use crate::db::schema::users;
            let one: Option<String> = users::table.select(users::id).first(conn).optional()?;
            Ok(one.is_some())
        })
        .await?;
    Ok(say("ready"))
}

fn say(status: &str) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header(ContentType::json())
        .body(serde_json::json!({ "status": status }).to_string())
}
