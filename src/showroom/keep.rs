//! The shortlist: the cars that a person keeps, each as it was when they kept it.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, web};
use askama::Template;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::facts::Brief;
use crate::auth::{CurrentUser, safe_next};
use crate::cars::Car;
use crate::db::shortlist::{self, Kept};
use crate::db::{self};
use crate::error::Error;
use crate::state::App;
use crate::web::format::Format;
use crate::web::page::Paging;
use crate::web::view::{Html, Shell, Show, View};

/// More than anybody can choose from.
const MOST: usize = 100;
const LIST: &str = "/shortlist";

/// `GET /shortlist`.
#[utoipa::path(
    get,
    path = "/shortlist",
    operation_id = "list_shortlist",
    tag = "Shortlist",
    summary = "The cars that I keep",
    params(Paging),
    responses((status = 200, description = "Each as it was when it was kept", body = KeptCars)),
)]
pub async fn list(
    app: web::Data<App>,
    current: CurrentUser,
    paging: web::Query<Paging>,
) -> Result<Show<Shortlist>, Error> {
    let user_id = current.user.id;
    let rows = app.db.read(move |conn| shortlist::list(conn, &user_id));
    // The order of the list: when it was kept, in digits of one length, and which it is.
    let key = |row: &Kept| {
        let micros = row.created_at.and_utc().timestamp_micros();
        format!("{micros:020}_{}", row.car_id)
    };
    let (rows, next) = paging.cut(rows.await?, key, |cursor| {
        let micros = cursor.split_once('_').map(|(micros, _)| micros);
        micros.is_some_and(|micros| micros.len() == 20 && micros.parse::<i64>().is_ok())
    })?;
    let catalogue = app.catalogue();
    let read = |row: Kept| {
        let car: Car = serde_json::from_str(&row.car)
            .inspect_err(|error| tracing::error!(%error, "a kept car can't be read"))
            .ok()
            .or_else(|| catalogue.get(&row.car_id))?;
        let now = catalogue.get(&row.car_id);
        Some(Item {
            has_changed: now.as_ref().is_some_and(|now| !is_same(now, &car)),
            is_gone: now.is_none(),
            kept_on: row.created_at.date().to_string(),
            car,
        })
    };
    let items = rows.into_iter().filter_map(read).collect();
    Ok(Show::new(Shortlist { items, next }))
}

/// Whether the catalogue still says the same: reasons aside, which belong to the advice.
fn is_same(now: &Car, kept: &Car) -> bool {
    let bare = |car: &Car| Car {
        why: Vec::new(),
        ..car.clone()
    };
    bare(now) == bare(kept)
}

/// Where a browser goes on.
#[derive(Debug, Deserialize)]
pub struct Going {
    next: Option<String>,
}

/// Programs send no body here.
type Onward = Option<web::Form<Going>>;

/// `PUT /shortlist/{car}`, and `POST` from a form.
#[utoipa::path(
    put,
    path = "/shortlist/{car}",
    tag = "Shortlist",
    summary = "Keep a car",
    responses(
        (status = 200, description = "It was kept already", body = Car),
        (status = 201, description = "It is kept as it is now", body = Car),
        (status = 404),
        (status = 409, description = "100 are kept already"),
    ),
)]
pub async fn keep(
    app: web::Data<App>,
    req: HttpRequest,
    format: Format,
    current: Result<CurrentUser, Error>,
    id: web::Path<String>,
    going: Onward,
) -> Result<Show<Keeping>, Error> {
    let car = app.catalogue().get(&id).ok_or(Error::NotFound)?;
    let current = match current {
        // What they were to keep is found again after the login.
        Err(Error::Unauthenticated) if format == Format::Page => {
            return Ok(Show::new(Keeping::login(&car)));
        }
        current => current?,
    };
    let row = Kept {
        user_id: current.user.id,
        car_id: car.id.clone(),
        car: serde_json::to_string(&car).map_err(Error::internal)?,
        created_at: db::now(),
    };
    let is_new = app
        .db
        .write(move |conn| {
            let known = shortlist::ids(conn, &row.user_id)?;
            if known.len() >= MOST && !known.contains(&row.car_id) {
                return Err(Error::State(
                    "Your shortlist is full: 100 cars are kept. Remove one first.",
                ));
            }
            shortlist::insert(conn, &row)
        })
        .await?;
    let status = match is_new && !format.is_html() && req.method() == actix_web::http::Method::PUT {
        true => StatusCode::CREATED,
        false => StatusCode::OK,
    };
    let view = Keeping {
        id: car.id.clone(),
        title: car.title(),
        car: Some(car),
        is_kept: true,
        next: next(going),
    };
    Ok(Show::with_status(view, status))
}

/// `DELETE /shortlist/{car}`, and `POST /shortlist/{car}/drop` from a form. What isn't kept is as good as dropped.
#[utoipa::path(
    delete,
    path = "/shortlist/{car}",
    tag = "Shortlist",
    summary = "Drop a car; what isn't kept is as good as dropped",
    responses((status = 204, description = "It isn't kept")),
)]
pub async fn drop(
    app: web::Data<App>,
    format: Format,
    current: CurrentUser,
    id: web::Path<String>,
    going: Onward,
) -> Result<Show<Keeping>, Error> {
    let (user_id, car_id) = (current.user.id, id.into_inner());
    let dropped = car_id.clone();
    app.db
        .write(move |conn| shortlist::delete(conn, &user_id, &dropped))
        .await?;
    let status = match format {
        Format::Json => StatusCode::NO_CONTENT,
        Format::Page | Format::Fragment => StatusCode::OK,
    };
    let car = app.catalogue().get(&car_id);
    let view = Keeping {
        title: car.as_ref().map_or(String::new(), Car::title),
        id: car_id,
        car,
        is_kept: false,
        next: next(going),
    };
    Ok(Show::with_status(view, status))
}

fn next(going: Onward) -> String {
    match going.and_then(|going| going.into_inner().next) {
        Some(next) => safe_next(Some(&next)),
        None => LIST.to_owned(),
    }
}

/// A car that was kept or dropped.
pub struct Keeping {
    id: String,
    title: String,
    car: Option<Car>,
    is_kept: bool,
    /// Where a browser without JavaScript goes on.
    next: String,
}

impl Keeping {
    fn login(car: &Car) -> Self {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("next", &format!("/cars/{}", car.id))
            .finish();
        Self {
            id: car.id.clone(),
            title: car.title(),
            car: None,
            is_kept: false,
            next: format!("/login?{query}"),
        }
    }
}

#[derive(Template)]
#[template(path = "cars/_keeping.html")]
struct KeepingPartial<'a> {
    id: &'a str,
    title: &'a str,
    is_kept: bool,
    next: &'a str,
}

impl View for Keeping {
    fn json(&self) -> Value {
        json!(self.car)
    }

    fn page(&self, _: &Shell) -> askama::Result<Html> {
        Ok(Html::GoTo(self.next.clone()))
    }

    fn fragment(&self, _: &Shell) -> askama::Result<Html> {
        let partial = KeepingPartial {
            id: &self.id,
            title: &self.title,
            is_kept: self.is_kept,
            next: &self.next,
        };
        Ok(Html::Body(partial.render()?))
    }
}

/// The cars that a person keeps.
pub struct Shortlist {
    items: Vec<Item>,
    next: Option<String>,
}

/// The cars that one keeps, the newest first, each as it was when it was kept.
#[derive(Serialize, ToSchema)]
pub struct KeptCars<'a> {
    cars: Vec<&'a Car>,
    /// The cursor of the next page, if there is one.
    next: Option<&'a str>,
}

struct Item {
    car: Car,
    /// The day, UTC.
    kept_on: String,
    /// The catalogue says something else of it by now.
    has_changed: bool,
    /// It isn't in the catalogue any more.
    is_gone: bool,
}

#[derive(Template)]
#[template(path = "cars/shortlist.html", blocks = ["main"])]
struct ShortlistPage<'a> {
    shell: &'a Shell,
    items: Vec<(Brief, &'a Item)>,
    here: &'static str,
}

impl Shortlist {
    fn template<'a>(&'a self, shell: &'a Shell) -> ShortlistPage<'a> {
        let brief = |item: &'a Item| (Brief::of(&item.car, None), item);
        ShortlistPage {
            shell,
            items: self.items.iter().map(brief).collect(),
            here: LIST,
        }
    }
}

impl View for Shortlist {
    fn json(&self) -> Value {
        json!(KeptCars {
            cars: self.items.iter().map(|item| &item.car).collect(),
            next: self.next.as_deref(),
        })
    }

    fn page(&self, shell: &Shell) -> askama::Result<Html> {
        Ok(Html::Body(self.template(shell).render()?))
    }

    fn fragment(&self, shell: &Shell) -> askama::Result<Html> {
        Ok(Html::Body(self.template(shell).as_main().render()?))
    }
}
