//! `GET /cars/compare`: two to four cars side by side, what they cost to own, and when one pays for itself.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, web};
use askama::Template;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::assume::{self, Assumed, Figures, Input};
use super::car::CostView;
use super::chart::Chart;
use super::facts::Brief;
use super::{kept, own_caching, usual};
use crate::auth::CurrentUser;
use crate::card::Row;
use crate::cars::compare::{Comparison, Line, MOST_COMPARED, compare as line_up};
use crate::cars::cost::{BreakEven, Cost, break_even, cost};
use crate::cars::{Car, Price, words};
use crate::error::{Error, FieldError};
use crate::state::App;
use crate::web::etag::WHO;
use crate::web::format::Format;
use crate::web::view::{Html, Shell, Show, View};

/// `GET /cars/compare?ids=a,b`.
#[utoipa::path(
    get,
    path = "/cars/compare",
    operation_id = "compare_cars",
    tag = "Cars",
    summary = "Two to four cars side by side",
    description = "With a token the figures that one has set stand where none are given.",
    params(
        ("ids" = Vec<String>, Query, min_items = 2, max_items = 4,
            description = "The ids of the cars", example = json!(["2022-toyota-rav4-hybrid-awd-45009", "2022-toyota-rav4-44992"])),
        Figures,
    ),
    security((), ("bearer" = []), ("login" = [])),
    responses((status = 200, description = "The cars, line by line", body = Answer), (status = 304)),
)]
pub async fn compare(
    app: web::Data<App>,
    req: HttpRequest,
    format: Format,
    current: Option<CurrentUser>,
) -> Result<Show<Compared>, Error> {
    let pairs = assume::pairs(req.query_string());
    let assumed = assume::read(&pairs, &["ids", "only"], usual(current.as_ref()));
    let ids = ids(&pairs);
    let catalogue = &*app.catalogue();
    let rows = ids.iter().filter_map(|id| catalogue.find(id));
    let rows: Vec<_> = rows.take(MOST_COMPARED).collect();
    let mut wrong = Vec::new();
    if let Some(detail) = wrong_ids(&ids, rows.len()) {
        wrong.push(FieldError {
            field: "ids".to_owned(),
            detail,
        });
    }
    let ids_wrong = wrong.first().map(|wrong| wrong.detail.clone());
    wrong.extend(assumed.wrong.iter().cloned());
    let status = match (wrong.is_empty(), format.is_html()) {
        (true, _) => StatusCode::OK,
        (false, true) => StatusCode::UNPROCESSABLE_ENTITY,
        (false, false) => return Err(Error::Invalid(wrong)),
    };
    let costs: Vec<Cost> = rows
        .iter()
        .enumerate()
        .map(|(at, row)| assumed.at_own_price(cost(catalogue, row, &assumed.assumptions), at))
        .collect();
    let cars: Vec<_> = rows.iter().map(|row| catalogue.car(row)).collect();
    let only = pairs
        .iter()
        .any(|(name, value)| name == "only" && value == "differences");
    let view = Compared {
        comparison: line_up(&cars),
        break_even: break_evens(&costs),
        costs,
        assumed,
        only,
        ids_wrong,
        kept: kept(&app, format, current.as_ref()).await?,
    };
    Show::with_status(view, status)
        .tagged()
        .header("cache-control", own_caching(format, current.as_ref()))?
        .header("vary", WHO)
}

/// The ids in their order, each once; from several fields or with commas between them.
fn ids(pairs: &[(String, String)]) -> Vec<&str> {
    let mut ids = Vec::new();
    let given = pairs.iter().filter(|(name, _)| name == "ids");
    for id in given.flat_map(|(_, value)| value.split(',')).map(str::trim) {
        if !id.is_empty() && !ids.contains(&id) {
            ids.push(id);
        }
    }
    ids
}

fn wrong_ids(ids: &[&str], known: usize) -> Option<String> {
    match ids.len() {
        // However many of them there are in the catalogue.
        count if count > MOST_COMPARED => Some(format!(
            "Choose 2 to {MOST_COMPARED} cars: these are {count}."
        )),
        _ if known < ids.len() => Some(match ids.len() - known {
            1 => "One of these cars is not in the catalogue.".to_owned(),
            count => format!("{count} of these cars are not in the catalogue."),
        }),
        0 => Some(format!("Choose 2 to {MOST_COMPARED} cars to compare.")),
        1 => Some(format!(
            "Choose at least one more car: 2 to {MOST_COMPARED} can be compared."
        )),
        _ => None,
    }
}

/// Every two of the cars, the earlier first.
fn break_evens(costs: &[Cost]) -> Vec<(usize, usize, BreakEven)> {
    let mut all = Vec::new();
    for (one, first) in costs.iter().enumerate() {
        for (other, second) in costs.iter().enumerate().skip(one + 1) {
            all.push((one, other, break_even(first, second)));
        }
    }
    all
}

/// Cars side by side.
pub struct Compared {
    comparison: Comparison,
    costs: Vec<Cost>,
    break_even: Vec<(usize, usize, BreakEven)>,
    assumed: Assumed,
    /// Only the lines where the cars differ.
    only: bool,
    ids_wrong: Option<String>,
    kept: Option<Vec<String>>,
}

#[derive(Template)]
#[template(path = "cars/compare.html", blocks = ["main"])]
struct ComparePage<'a> {
    shell: &'a Shell,
    cars: Vec<Brief>,
    rows: Vec<Row>,
    ids: String,
    only: bool,
    ids_wrong: Option<&'a str>,
    inputs: Vec<Input>,
    own_prices: Vec<&'a str>,
    price_wrong: Option<&'a str>,
    other_wrong: Vec<&'a str>,
    default_prices: &'static str,
    costs: Vec<CostView>,
    is_wrong: bool,
    pairs: Vec<Pair<'a>>,
    chart: Option<Chart>,
}

/// What two of the cars cost against each other, and where their chart is.
struct Pair<'a> {
    ids: String,
    detail: &'a str,
}

impl Compared {
    fn template<'a>(&'a self, shell: &'a Shell) -> ComparePage<'a> {
        let cars = &self.comparison.cars;
        let ids: Vec<&str> = cars.iter().map(|car| car.id.as_str()).collect();
        let lines = self
            .comparison
            .rows
            .iter()
            .filter(|line| line.differs || !self.only);
        let pair = |(one, other, result): &'a (usize, usize, BreakEven)| Pair {
            ids: format!("{},{}", self.costs[*one].car, self.costs[*other].car),
            detail: &result.detail,
        };
        let basis =
            |price: &Price| format!("{}; source: {}", words::price_basis(price), price.source);
        ComparePage {
            shell,
            cars: cars
                .iter()
                .map(|car| Brief::of(car, self.kept.as_deref()))
                .collect(),
            rows: lines.map(|line| Row::of(line, cars, &basis)).collect(),
            ids: ids.join(","),
            only: self.only,
            ids_wrong: self.ids_wrong.as_deref(),
            inputs: self.assumed.inputs(&self.costs),
            own_prices: (0..cars.len())
                .map(|at| self.assumed.price_input(at))
                .collect(),
            price_wrong: self.assumed.wrong("price_usd"),
            other_wrong: self.assumed.misplaced(&self.costs),
            default_prices: self.assumed.usual_prices(),
            costs: self.costs.iter().map(CostView::of).collect(),
            is_wrong: !self.assumed.wrong.is_empty(),
            pairs: self.break_even.iter().map(pair).collect(),
            chart: match (&self.costs[..], &self.break_even[..]) {
                ([one, other], [(.., result)]) => Chart::of([one, other], result),
                _ => None,
            },
        }
    }
}

/// Cars side by side.
#[derive(Serialize, ToSchema)]
#[schema(as = Comparison)]
pub struct Answer<'a> {
    cars: &'a [Car],
    /// A line for each figure.
    rows: &'a [Line],
    /// What each of them costs to own.
    costs: &'a [Cost],
    /// Of every two of them, when the dearer one has paid for itself.
    break_even: Vec<PairAnswer>,
}

/// When one of two cars has paid for itself.
#[derive(Serialize, ToSchema)]
#[schema(as = Pair)]
pub struct PairAnswer {
    /// Their ids.
    cars: [String; 2],
    #[serde(flatten)]
    result: BreakEven,
}

impl View for Compared {
    fn json(&self) -> Value {
        let pair = |(one, other, result): &(usize, usize, BreakEven)| PairAnswer {
            cars: [*one, *other].map(|at| self.costs[at].car.clone()),
            result: result.clone(),
        };
        json!(Answer {
            cars: &self.comparison.cars,
            rows: &self.comparison.rows,
            costs: &self.costs,
            break_even: self.break_even.iter().map(pair).collect(),
        })
    }

    fn page(&self, shell: &Shell) -> askama::Result<Html> {
        Ok(Html::Body(self.template(shell).render()?))
    }

    fn fragment(&self, shell: &Shell) -> askama::Result<Html> {
        Ok(Html::Body(self.template(shell).as_main().render()?))
    }
}
