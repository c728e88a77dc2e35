//! Batches: many prompts in one request of a program, each answered in a conversation of its own at the pace that the
//! operator set, behind what people ask.

mod answers;
pub mod pace;
pub mod results;
pub mod submit;
mod views;

use actix_web::http::StatusCode;
use actix_web::web;
use serde::Deserialize;
use utoipa::IntoParams;

use self::answers::Counts;
use self::views::{Gone, List, One, Standing, Stopped};
use super::messages::halt_all;
use super::spending;
use crate::auth::CurrentUser;
use crate::db::batches::{self, Batch};
use crate::db::{self, Conn, conversations};
use crate::error::Error;
use crate::state::App;
use crate::web::format::Format;
use crate::web::input::parse_id;
use crate::web::page::{read_id, read_limit, take_off};
use crate::web::view::Show;

/// How many batches come at once, unless told otherwise.
const USUAL: usize = 50;

/// Where to go on, and how far.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Wish {
    /// Where to go on: `next` of the answer before.
    cursor: Option<String>,
    /// How many batches are wanted at most, 50 unless told otherwise.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100)]
    limit: Option<String>,
}

/// `GET /chat/batches`: newest first.
#[utoipa::path(
    get,
    path = "/chat/batches",
    operation_id = "list_batches",
    tag = "Batches",
    summary = "My batches",
    params(Wish),
    responses((status = 200, description = "Some of them", body = answers::Batches)),
)]
pub async fn list(
    app: web::Data<App>,
    current: CurrentUser,
    wish: web::Query<Wish>,
) -> Result<Show<List>, Error> {
    let before = read_id(wish.cursor.as_deref().filter(|cursor| !cursor.is_empty()))?;
    let limit = read_limit(wish.limit.as_deref())?.unwrap_or(USUAL);
    let user_id = current.user.id;
    let (found, next) = app
        .db
        .read(move |conn| {
            let wanted = i64::try_from(limit).map_err(Error::internal)? + 1;
            let mut found = batches::list(conn, &user_id, before.as_deref(), wanted)?;
            let next = take_off(&mut found, limit, |last| last.id.clone());
            Ok((count(conn, &user_id, found)?, next))
        })
        .await?;
    Ok(Show::new(List {
        batches: found,
        next,
    }))
}

/// `GET /chat/batches/{id}`: how far it has come. A page shows results as well, from where `cursor` says.
#[utoipa::path(
    get,
    path = "/chat/batches/{id}",
    operation_id = "batch",
    tag = "Batches",
    summary = "How far a batch has come",
    responses((status = 200, description = "The batch", body = answers::Batch), (status = 404)),
)]
pub async fn get(
    app: web::Data<App>,
    format: Format,
    current: CurrentUser,
    id: web::Path<String>,
    page: web::Query<results::Wish>,
) -> Result<Show<One>, Error> {
    let id = parse_id(&id)?;
    let one = One::read(&app, format, current.user.id, id, page.after()?).await?;
    Ok(Show::new(one))
}

/// `POST /chat/batches/{id}/stop`: asks nothing more and stops what is being answered. What is there already stays.
#[utoipa::path(
    post,
    path = "/chat/batches/{id}/stop",
    operation_id = "stop_batch",
    tag = "Batches",
    summary = "Stop the rest of a batch, and keep what is there",
    responses((status = 200, description = "The batch", body = answers::Batch), (status = 404)),
)]
pub async fn stop(
    app: web::Data<App>,
    format: Format,
    current: CurrentUser,
    id: web::Path<String>,
) -> Result<Show<Stopped>, Error> {
    let id = parse_id(&id)?;
    let (user_id, stopped) = (current.user.id.clone(), id.clone());
    let before = app
        .db
        .write(move |conn| spending::stop_batch(conn, &user_id, &stopped))
        .await?;
    halt_all(&app, &before);
    let one = One::read(&app, format, current.user.id, id, -1).await;
    Ok(Show::new(Stopped(one.map_err(Error::after_a_change)?)))
}

/// `DELETE /chat/batches/{id}`, and `POST /chat/batches/{id}/delete` for forms: stops it, and removes it with every
/// conversation that nobody took up.
#[utoipa::path(
    delete,
    path = "/chat/batches/{id}",
    operation_id = "delete_batch",
    tag = "Batches",
    summary = "Stop a batch, and delete it with its answers",
    description = "Conversations that somebody has gone on with stay.",
    responses((status = 204, description = "It is gone"), (status = 404)),
)]
pub async fn delete(
    app: web::Data<App>,
    current: CurrentUser,
    id: web::Path<String>,
) -> Result<Show<Gone>, Error> {
    let id = parse_id(&id)?;
    let user_id = current.user.id;
    let before = app
        .db
        .write(move |conn| {
            let before = spending::stop_batch(conn, &user_id, &id)?;
            conversations::delete_of_batch(conn, &user_id, &id, db::now())?;
            batches::delete(conn, &user_id, &id)?;
            Ok(before)
        })
        .await?;
    halt_all(&app, &before);
    Ok(Show::with_status(Gone, StatusCode::NO_CONTENT))
}

/// The batches, which are the user's newest first without a gap, each with how many of its items stand where.
fn count(conn: &mut Conn, user_id: &str, found: Vec<Batch>) -> Result<Vec<Standing>, Error> {
    let (Some(newest), Some(oldest)) = (found.first(), found.last()) else {
        return Ok(Vec::new());
    };
    let counted = batches::count(conn, user_id, &oldest.id, &newest.id)?;
    let standing = |batch: Batch| Standing {
        counts: Counts::of(&batch, &counted),
        batch,
    };
    Ok(found.into_iter().map(standing).collect())
}
