//! `GET /cars`: a search with filters, what each choice would leave, and the models that fit, some at a time.

mod page;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, web};
use askama::Template;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::ask::{self, Asked, Query};
use super::{caching, here, kept};
use crate::auth::CurrentUser;
use crate::cars::search::facets::{Facet, facets, uncounted};
use crate::cars::search::{Change, Limit, changes, rank, versions};
use crate::cars::{Car, Catalogue};
use crate::error::Error;
use crate::state::App;
use crate::web::format::Format;
use crate::web::view::{Html, Shell, Show, View};

/// `GET /cars`.
#[utoipa::path(
    get,
    path = "/cars",
    operation_id = "search_cars",
    tag = "Cars",
    summary = "Search the catalogue",
    params(Query),
    security(()),
    responses((status = 200, description = "Some of the models that fit", body = Page), (status = 304)),
)]
pub async fn list(
    app: web::Data<App>,
    req: HttpRequest,
    format: Format,
    current: Option<CurrentUser>,
) -> Result<Show<Listing>, Error> {
    let catalogue = app.catalogue();
    let asked = ask::read(req.query_string(), &catalogue);
    if !asked.wrong.is_empty() && !format.is_html() {
        return Err(Error::Invalid(asked.wrong));
    }
    let kept = kept(&app, format, current.as_ref()).await?;
    let status = if asked.wrong.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let search = move || Listing::find(&catalogue, asked, kept);
    let mut found = web::block(search).await.map_err(Error::internal)?;
    found.here = here(&req);
    Show::with_status(found, status)
        .tagged()
        .header("cache-control", caching(format))
}

/// What a search found, with its form.
pub struct Listing {
    asked: Asked,
    facets: Vec<Facet>,
    cars: Vec<Car>,
    /// Of each car its versions that fit.
    versions: Vec<Vec<Car>>,
    total: usize,
    open: Vec<(Limit, usize)>,
    unknown: Vec<(Limit, usize)>,
    /// What would give cars where nothing does, the smallest change first.
    changes: Vec<Change>,
    years: (u16, u16),
    /// How many models there are to page through: those that are known to fit, and those after them.
    rows: usize,
    kept: Option<Vec<String>>,
    here: String,
}

impl Listing {
    /// Searches: some milliseconds, so off the threads that serve.
    fn find(catalogue: &Catalogue, asked: Asked, kept: Option<Vec<String>>) -> Self {
        if !asked.wrong.is_empty() {
            return Self::to_be_mended(catalogue, asked, kept);
        }
        let ranked = rank(catalogue, &asked.filter);
        let rows = ranked.rows.iter().skip(asked.cursor).take(asked.limit);
        let rows: Vec<_> = rows.copied().collect();
        let versions = versions(catalogue, &asked.filter, &rows);
        let cars_of = |rows: &Vec<_>| rows.iter().map(|row| catalogue.car(row)).collect();
        Self {
            facets: facets(catalogue, &asked.filter),
            cars: cars_of(&rows),
            versions: versions.iter().map(cars_of).collect(),
            total: ranked.known,
            open: ranked.open,
            unknown: ranked.unknown,
            changes: match ranked.rows.is_empty() {
                true => changes(catalogue, &asked.filter),
                false => Vec::new(),
            },
            years: ranked.years,
            rows: ranked.rows.len(),
            asked,
            kept,
            here: String::new(),
        }
    }

    /// A form that has to be mended, without cars: they would be those of another search.
    fn to_be_mended(catalogue: &Catalogue, asked: Asked, kept: Option<Vec<String>>) -> Self {
        Self {
            facets: uncounted(catalogue, &asked.filter),
            cars: Vec::new(),
            versions: Vec::new(),
            total: 0,
            open: Vec::new(),
            unknown: Vec::new(),
            changes: Vec::new(),
            years: catalogue.years(),
            rows: 0,
            asked,
            kept,
            here: String::new(),
        }
    }

    fn next(&self) -> Option<usize> {
        let next = self.asked.cursor.saturating_add(self.asked.limit);
        (next < self.rows).then_some(next)
    }
}

/// Some of the models that fit.
#[derive(Serialize, ToSchema)]
#[schema(as = CarsPage)]
pub struct Page<'a> {
    /// One for each model and kind of fuel: its newest year that fits.
    cars: &'a [Car],
    /// How many versions of each of them fit.
    versions: Vec<usize>,
    /// How many models are known to fit.
    total: usize,
    /// How many models come after those, by the figure that isn't known of them.
    open: Vec<Count>,
    /// How many models are left out, by the figure that isn't known of them.
    unknown: Vec<Count>,
    /// The model years that were looked at.
    years: Years,
    /// The cursor of the next page, if there is one.
    next: Option<String>,
    /// What each choice of the filter would leave.
    facets: &'a [Facet],
}

/// How many models there are for want of that figure.
#[derive(Serialize, ToSchema)]
pub struct Count {
    limit: Limit,
    count: usize,
}

/// The first and the last.
#[derive(Serialize, ToSchema)]
pub struct Years {
    min: u16,
    max: u16,
}

impl View for Listing {
    fn json(&self) -> Value {
        let counts = |counts: &[(Limit, usize)]| {
            let counts = counts.iter();
            counts
                .map(|&(limit, count)| Count { limit, count })
                .collect()
        };
        let (min, max) = self.years;
        json!(Page {
            cars: &self.cars,
            versions: self.versions.iter().map(Vec::len).collect(),
            total: self.total,
            open: counts(&self.open),
            unknown: counts(&self.unknown),
            years: Years { min, max },
            next: self.next().map(|next| next.to_string()),
            facets: &self.facets,
        })
    }

    fn page(&self, shell: &Shell) -> askama::Result<Html> {
        Ok(Html::Body(self.template(shell).render()?))
    }

    fn fragment(&self, shell: &Shell) -> askama::Result<Html> {
        Ok(Html::Body(self.template(shell).as_main().render()?))
    }
}
