//! Conversations: what people write, the replies that are made, and how both are shown.

mod answers;
mod batches;
pub mod bin;
mod branch;
mod conversations;
mod export;
mod idempotency;
mod list;
pub mod markdown;
mod messages;
mod needs;
mod open;
mod path;
mod post;
pub mod retention;
mod search;
mod spending;
mod store;
mod stream;
mod title;
pub mod views;
pub mod worker;

use actix_web::web;
use utoipa::OpenApi;

/// The routes of this module as programs see them.
#[derive(OpenApi)]
#[openapi(
    paths(
        conversations::list,
        post::post,
        search::search,
        messages::get,
        stream::events,
        messages::stop,
        messages::retry,
        needs::edit::edit,
        bin::restore,
        export::export,
        conversations::open,
        branch::change,
        bin::delete,
        batches::submit::submit,
        batches::list,
        batches::get,
        batches::results::results,
        batches::stop,
        batches::delete,
    ),
    components(schemas(answers::Delta, answers::Shown))
)]
pub struct Api;

/// Adds the routes of this module.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(
            web::resource("/chat")
                .route(web::get().to(conversations::list))
                .route(web::post().to(post::post)),
        )
        .service(web::resource("/chat/search").route(web::get().to(search::search)))
        .service(web::resource("/chat/messages/{id}").route(web::get().to(messages::get)))
        .service(web::resource("/chat/messages/{id}/events").route(web::get().to(stream::events)))
        .service(web::resource("/chat/messages/{id}/stop").route(web::post().to(messages::stop)))
        .service(web::resource("/chat/messages/{id}/retry").route(web::post().to(messages::retry)))
        .service(
            web::resource("/chat/{id}/needs")
                .route(web::patch().to(needs::edit::edit))
                .route(web::post().to(needs::edit::edit)),
        )
        .service(
            web::resource("/chat/batches")
                .route(web::get().to(batches::list))
                .route(web::post().to(batches::submit::submit)),
        )
        .service(
            web::resource("/chat/batches/{id}")
                .route(web::get().to(batches::get))
                .route(web::delete().to(batches::delete)),
        )
        .service(
            web::resource("/chat/batches/{id}/results")
                .route(web::get().to(batches::results::results)),
        )
        .service(web::resource("/chat/batches/{id}/stop").route(web::post().to(batches::stop)))
        .service(web::resource("/chat/batches/{id}/delete").route(web::post().to(batches::delete)))
        .service(web::resource("/chat/{id}/delete").route(web::post().to(bin::delete)))
        .service(web::resource("/chat/{id}/restore").route(web::post().to(bin::restore)))
        .service(web::resource("/chat/{id}/export").route(web::get().to(export::export)))
        .service(web::resource("/chat/{id}/print").route(web::get().to(export::print)))
        .service(
            web::resource("/chat/{id}")
                .route(web::get().to(conversations::open))
                .route(web::patch().to(branch::change))
                .route(web::post().to(branch::change))
                .route(web::delete().to(bin::delete)),
        );
}
