//! `GET /cars/{id}`: one car with every figure's source, and `/cars/{id}/cost`: what it costs to own.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, web};
use askama::Template;
use serde_json::{Value, json};

use super::assume::{self, Assumed, Figures, Input};
use super::facts::{self, Brief, PriceView, Version};
use super::{caching, here, kept, own_caching, usual};
use crate::auth::CurrentUser;
use crate::cars::compare::{Line, compare};
use crate::cars::cost::{Cost, PaidKind, Used, cost as cost_of};
use crate::cars::words::{UNKNOWN, dollars, thousands};
use crate::cars::{Car, Row};
use crate::error::Error;
use crate::state::App;
use crate::web::etag::WHO;
use crate::web::format::Format;
use crate::web::view::{Html, Shell, Show, View};

/// `GET /cars/{id}`.
#[utoipa::path(
    get,
    path = "/cars/{id}",
    tag = "Cars",
    summary = "One car with the source of every figure",
    security(()),
    responses((status = 200, description = "The car", body = Car), (status = 304), (status = 404)),
)]
pub async fn car(
    app: web::Data<App>,
    req: HttpRequest,
    format: Format,
    id: web::Path<String>,
    current: Option<CurrentUser>,
) -> Result<Show<Details>, Error> {
    let details = Details::find(&app, &req, &id, format, current, Wanted::Car).await?;
    Show::new(details)
        .tagged()
        .header("cache-control", caching(format))
}

/// `GET /cars/{id}/cost`: the same page with the person's own figures; for programs the cost alone.
#[utoipa::path(
    get,
    path = "/cars/{id}/cost",
    tag = "Cars",
    summary = "What a car costs to own",
    description = "With a token the figures that one has set stand where none are given.",
    params(Figures),
    security((), ("bearer" = []), ("login" = [])),
    responses((status = 200, description = "The cost", body = Cost), (status = 304), (status = 404)),
)]
pub async fn cost(
    app: web::Data<App>,
    req: HttpRequest,
    format: Format,
    id: web::Path<String>,
    current: Option<CurrentUser>,
) -> Result<Show<Details>, Error> {
    let caching = own_caching(format, current.as_ref());
    let details = Details::find(&app, &req, &id, format, current, Wanted::Cost).await?;
    let wrong = &details.assumed.wrong;
    let status = match (wrong.is_empty(), format.is_html()) {
        (true, _) => StatusCode::OK,
        (false, true) => StatusCode::UNPROCESSABLE_ENTITY,
        (false, false) => return Err(Error::Invalid(wrong.clone())),
    };
    Show::with_status(details, status)
        .tagged()
        .header("cache-control", caching)?
        .header("vary", WHO)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Car,
    Cost,
}

/// One car with its cost.
pub struct Details {
    car: Car,
    row: Row,
    /// All cars of that model and year, whatever they run on.
    siblings: Vec<Car>,
    cost: Cost,
    assumed: Assumed,
    wanted: Wanted,
    kept: Option<Vec<String>>,
    here: String,
}

impl Details {
    async fn find(
        app: &App,
        req: &HttpRequest,
        id: &str,
        format: Format,
        current: Option<CurrentUser>,
        wanted: Wanted,
    ) -> Result<Self, Error> {
        let catalogue = &*app.catalogue();
        let row = *catalogue.find(id).ok_or(Error::NotFound)?;
        let pairs = match wanted {
            Wanted::Car => Vec::new(),
            Wanted::Cost => assume::pairs(req.query_string()),
        };
        let assumed = assume::read(&pairs, &[], usual(current.as_ref()));
        let cost = cost_of(catalogue, &row, &assumed.assumptions);
        let own = catalogue.entry(&row);
        let siblings = catalogue.rows().iter().filter(|other| {
            let other = catalogue.entry(other);
            (other.make, other.base, other.facts.year) == (own.make, own.base, own.facts.year)
        });
        Ok(Self {
            car: catalogue.car(&row),
            siblings: siblings.map(|row| catalogue.car(row)).collect(),
            row,
            cost: assumed.at_own_price(cost, 0),
            assumed,
            wanted,
            kept: kept(app, format, current.as_ref()).await?,
            here: here(req),
        })
    }

    fn template<'a>(&'a self, shell: &'a Shell) -> CarPage<'a> {
        let costs = std::slice::from_ref(&self.cost);
        CarPage {
            shell,
            brief: Brief::of(&self.car, self.kept.as_deref()),
            lines: compare(std::slice::from_ref(&self.car)).rows,
            price: PriceView::of(&self.car),
            grade: facts::grade(&self.row),
            versions: self
                .siblings
                .iter()
                .map(|car| Version::of(car, &self.car.id))
                .collect(),
            inputs: self.assumed.inputs(costs),
            own_price: self.assumed.price_input(0),
            price_wrong: self.assumed.wrong("price_usd"),
            other_wrong: self.assumed.misplaced(costs),
            default_prices: self.assumed.usual_prices(),
            cost: CostView::of(&self.cost),
            is_wrong: !self.assumed.wrong.is_empty(),
            here: &self.here,
        }
    }
}

/// A cost in words.
pub struct CostView {
    pub title: String,
    /// What is used, at which price, and what that comes to.
    pub energy: Vec<(String, String)>,
    pub fuel: Option<String>,
    pub price: String,
    pub total: Option<String>,
    pub years: u8,
    pub unknown: Vec<String>,
    pub notes: Vec<String>,
}

impl CostView {
    pub fn of(cost: &Cost) -> Self {
        let line = |used: &Used| {
            let amount = thousands(used.amount.round() as u64);
            let price = match used.usd_per_unit {
                Some(usd) => format!("${usd:.2}"),
                None => "an unknown price".to_owned(),
            };
            let unit = match used.unit {
                "kWh" => "kWh".to_owned(),
                "gallon equivalent" => "gallons equivalent".to_owned(),
                unit => format!("{unit}s"),
            };
            let what = format!("{amount} {unit} of {} at {price}", used.kind.label());
            let usd = used.usd_per_year.map_or(UNKNOWN.to_owned(), dollars);
            (what, format!("{usd} a year"))
        };
        let price = match &cost.price {
            None => UNKNOWN.to_owned(),
            Some(paid) => {
                let usd = dollars(paid.usd.into());
                let year = paid.year.unwrap_or_default();
                match paid.kind {
                    PaidKind::Msrp => format!("{usd}, the MSRP of {year} ({})", paid.source),
                    PaidKind::Estimate => {
                        format!(
                            "about {usd}, an estimate from the MSRP of {year} ({})",
                            paid.source
                        )
                    }
                    PaidKind::Operator => format!("{usd}, {}", paid.source),
                    PaidKind::Own => format!("{usd}, your own figure"),
                }
            }
        };
        Self {
            title: cost.title.clone(),
            energy: cost.energy.iter().map(line).collect(),
            fuel: cost.fuel_usd_per_year.map(dollars),
            price,
            total: cost.total_usd.map(|usd| match &cost.price {
                // No surer than the price in it.
                Some(paid) if paid.kind == PaidKind::Estimate => format!("about {}", dollars(usd)),
                _ => dollars(usd),
            }),
            years: cost.assumptions.years,
            unknown: cost
                .unknown
                .iter()
                .map(|unknown| unknown.detail.clone())
                .collect(),
            notes: cost.notes.clone(),
        }
    }
}

#[derive(Template)]
#[template(path = "cars/car.html", blocks = ["main"])]
struct CarPage<'a> {
    shell: &'a Shell,
    brief: Brief,
    lines: Vec<Line>,
    price: Option<PriceView>,
    grade: Option<&'static str>,
    versions: Vec<Version>,
    inputs: Vec<Input>,
    own_price: &'a str,
    price_wrong: Option<&'a str>,
    other_wrong: Vec<&'a str>,
    default_prices: &'static str,
    cost: CostView,
    is_wrong: bool,
    here: &'a str,
}

impl View for Details {
    fn json(&self) -> Value {
        match self.wanted {
            Wanted::Car => json!(self.car),
            Wanted::Cost => json!(self.cost),
        }
    }

    fn page(&self, shell: &Shell) -> askama::Result<Html> {
        Ok(Html::Body(self.template(shell).render()?))
    }

    fn fragment(&self, shell: &Shell) -> askama::Result<Html> {
        Ok(Html::Body(self.template(shell).as_main().render()?))
    }
}
