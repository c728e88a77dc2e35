//! `GET /chat/batches/{id}/results`: what was answered so far, in the order of the requests; some at a time, or as lines.

use actix_web::http::header;
use actix_web::{Either, HttpRequest, HttpResponse, web};
use futures_util::stream;
use serde::Deserialize;
use serde_json::json;
use utoipa::IntoParams;

use super::answers::{BatchResult, BatchResults};
use super::views::{Answered, Results};
use crate::auth::CurrentUser;
use crate::db::batches::{self, Batch};
use crate::error::Error;
use crate::state::App;
use crate::web::input::parse_id;
use crate::web::page::{read_limit, take_off, wrong_cursor};
use crate::web::view::Show;

/// How many come at once, unless told otherwise.
const USUAL: i64 = 50;
const LINES: &str = "application/x-ndjson";

/// Where to go on, and how far.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Wish {
    /// Where to go on: `next` of the answer before.
    cursor: Option<String>,
    /// How many results are wanted at most, 50 unless told otherwise. Lines come all at once.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100)]
    limit: Option<String>,
}

impl Wish {
    /// The position after which to go on; -1 at the beginning.
    pub fn after(&self) -> Result<i32, Error> {
        match self.cursor.as_deref().filter(|cursor| !cursor.is_empty()) {
            None => Ok(-1),
            Some(cursor) => {
                let position = cursor.parse().ok().filter(|position| *position >= 0);
                position.ok_or_else(wrong_cursor)
            }
        }
    }

    fn limit(&self) -> Result<i64, Error> {
        match read_limit(self.limit.as_deref())? {
            None => Ok(USUAL),
            Some(limit) => i64::try_from(limit).map_err(Error::internal),
        }
    }
}

/// `GET /chat/batches/{id}/results`.
#[utoipa::path(
    get,
    path = "/chat/batches/{id}/results",
    operation_id = "batch_results",
    tag = "Batches",
    summary = "What was answered so far, in the order of the requests",
    description = "Some at a time, or with `Accept: application/x-ndjson` all of them, one JSON object a line.",
    params(Wish),
    responses(
        (status = 200, description = "Some results, or all as lines", content(
            (BatchResults = "application/json"),
            (String = "application/x-ndjson"),
        )),
        (status = 404),
    ),
)]
pub async fn results(
    app: web::Data<App>,
    current: CurrentUser,
    req: HttpRequest,
    id: web::Path<String>,
    wish: web::Query<Wish>,
) -> Result<Either<Show<Results>, HttpResponse>, Error> {
    let id = parse_id(&id)?;
    let (after, limit) = (wish.after()?, wish.limit()?);
    let user_id = current.user.id;
    if accepts_lines(&req) {
        return write_lines(app, user_id, id, after)
            .await
            .map(Either::Right);
    }
    let results = read(&app, user_id, id, after, limit).await?;
    Ok(Either::Left(Show::new(results)))
}

fn accepts_lines(req: &HttpRequest) -> bool {
    req.headers()
        .get_all(header::ACCEPT)
        .filter_map(|value| value.to_str().ok())
        .any(|value| value.to_ascii_lowercase().contains(LINES))
}

/// The results after that position, at most `limit`.
pub(super) async fn read(
    app: &App,
    user_id: String,
    id: String,
    after: i32,
    limit: i64,
) -> Result<Results, Error> {
    let (batch, mut items) = app
        .db
        .read(move |conn| {
            let batch: Batch = batches::get(conn, &user_id, &id)?;
            let items = batches::page(conn, &user_id, &id, after, limit + 1)?;
            Ok((batch, items))
        })
        .await?;
    let wanted = usize::try_from(limit).map_err(Error::internal)?;
    let next = take_off(&mut items, wanted, |(item, _)| item.position.to_string());
    let answered = |(item, reply)| Answered::new(&batch, item, reply);
    Ok(Results {
        items: items.into_iter().map(answered).collect(),
        next,
        batch,
    })
}

/// All that follow, one JSON object a line, written while they are read. What can't be finished breaks off.
async fn write_lines(
    app: web::Data<App>,
    user_id: String,
    id: String,
    after: i32,
) -> Result<HttpResponse, Error> {
    // Before the answer begins, so that a stranger gets a 404 and not an empty list.
    let first = read(&app, user_id.clone(), id.clone(), after, USUAL).await?;
    let parts = stream::try_unfold(Some(first), move |results| {
        let (app, user_id, id) = (app.clone(), user_id.clone(), id.clone());
        async move {
            let Some(results) = results else {
                return Ok(None);
            };
            let lines: String = results
                .items
                .iter()
                .map(|item| format!("{}\n", json!(BatchResult::from(item))))
                .collect();
            let rest = match results.items.last().filter(|_| results.next.is_some()) {
                None => None,
                Some(last) => {
                    let after = last.item.position;
                    let rest = read(&app, user_id, id, after, USUAL).await;
                    Some(rest.inspect_err(|error| {
                        tracing::error!(cause = error.causes(), "a list of results broke off");
                    })?)
                }
            };
            Ok::<_, Error>(Some((web::Bytes::from(lines), rest)))
        }
    });
    Ok(HttpResponse::Ok().content_type(LINES).streaming(parts))
}
