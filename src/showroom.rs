//! The showroom: cars to look through, one car with its sources, cars side by side, what they cost, and the shortlist.

use actix_web::HttpRequest;
use actix_web::web;
use utoipa::OpenApi;

use crate::auth::CurrentUser;
use crate::cars::cost::Assumptions;
use crate::db::shortlist;
use crate::error::Error;
use crate::state::App;
use crate::web::format::Format;

mod ask;
mod assume;
mod car;
mod chart;
mod compare;
mod facts;
mod keep;
mod list;

/// The routes of this module as programs see them.
#[derive(OpenApi)]
#[openapi(paths(
    list::list,
    compare::compare,
    car::car,
    car::cost,
    keep::list,
    keep::keep,
    keep::drop,
))]
pub struct Api;

/// Adds the routes of this module.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/cars").route(web::get().to(list::list)))
        .service(web::resource("/cars/compare").route(web::get().to(compare::compare)))
        .service(web::resource("/cars/{id}").route(web::get().to(car::car)))
        .service(web::resource("/cars/{id}/cost").route(web::get().to(car::cost)))
        .service(web::resource("/shortlist").route(web::get().to(keep::list)))
        .service(
            web::resource("/shortlist/{car}")
                .route(web::put().to(keep::keep))
                .route(web::delete().to(keep::drop))
                // A form without JavaScript can only post.
                .route(web::post().to(keep::keep)),
        )
        .service(web::resource("/shortlist/{car}/drop").route(web::post().to(keep::drop)));
}

/// What a cache may do with an answer: JSON is the same for everybody, a page says who is logged in.
fn caching(format: Format) -> &'static str {
    match format {
        Format::Json => "public, max-age=3600",
        Format::Page | Format::Fragment => "private, no-cache",
    }
}

/// The same for what is worked out by the figures of whoever is asking: nobody else's are to be kept.
fn own_caching(format: Format, current: Option<&CurrentUser>) -> &'static str {
    match current {
        Some(_) => "private, no-cache",
        None => caching(format),
    }
}

/// How whoever is asking drives, as far as they have set it.
fn usual(current: Option<&CurrentUser>) -> Assumptions {
    current.map_or_else(Assumptions::default, |current| {
        current.user.preferences.assumptions()
    })
}

/// The ids of the cars that whoever is asking keeps; `None` for a stranger. Programs aren't shown it and don't wait for it.
async fn kept(
    app: &App,
    format: Format,
    current: Option<&CurrentUser>,
) -> Result<Option<Vec<String>>, Error> {
    let Some(current) = current.filter(|_| format.is_html()) else {
        return Ok(None);
    };
    let user_id = current.user.id.clone();
    let ids = app.db.read(move |conn| shortlist::ids(conn, &user_id));
    ids.await.map(Some)
}

/// The page that is asked for, as a place to come back to.
fn here(req: &HttpRequest) -> String {
    let place = req.uri().path_and_query();
    place.map_or_else(|| "/cars".to_owned(), |place| place.as_str().to_owned())
}
