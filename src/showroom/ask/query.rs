//! The fields of a search, as the API describes them.

use utoipa::IntoParams;

use crate::cars::search::Sort;
use crate::cars::{Body, Drive, Fuel, Transmission};

/// They are read by [`super::read`].
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(
    dead_code,
    reason = "they are read by their names; this says which there are"
)]
pub struct Query {
    #[param(max_items = 20)]
    bodies: Option<Vec<Body>>,
    #[param(max_items = 20)]
    bodies_not: Option<Vec<Body>>,
    #[param(max_items = 20)]
    fuels: Option<Vec<Fuel>>,
    #[param(max_items = 20)]
    fuels_not: Option<Vec<Fuel>>,
    #[param(max_items = 20)]
    drives: Option<Vec<Drive>>,
    #[param(max_items = 20)]
    transmissions: Option<Vec<Transmission>>,
    #[param(max_items = 20)]
    transmissions_not: Option<Vec<Transmission>>,
    /// Makes of the catalogue: `Toyota`.
    #[param(max_items = 20)]
    makes: Option<Vec<String>>,
    #[param(max_items = 20)]
    makes_not: Option<Vec<String>>,
    /// Beginnings of models' names: `RAV4`.
    #[param(max_items = 20)]
    models: Option<Vec<String>>,
    #[param(max_items = 20)]
    models_not: Option<Vec<String>>,
    /// Miles a gallon, or MPGe.
    mpg_min: Option<u16>,
    /// Miles on electricity alone.
    electric_range_min: Option<u16>,
    /// Miles on everything aboard.
    range_min: Option<u16>,
    /// The newest three model years unless told otherwise.
    year_min: Option<u16>,
    year_max: Option<u16>,
    /// US dollars.
    #[param(value_type = Option<i64>, minimum = 0, maximum = 4294967295_i64)]
    budget_min: Option<u32>,
    #[param(value_type = Option<i64>, minimum = 0, maximum = 4294967295_i64)]
    budget_max: Option<u32>,
    seats_min: Option<u8>,
    /// NHTSA's overall stars.
    #[param(minimum = 1, maximum = 5)]
    stars_min: Option<u8>,
    horsepower_min: Option<u16>,
    /// Pounds.
    #[param(value_type = Option<i64>, minimum = 0, maximum = 4294967295_i64)]
    towing_min: Option<u32>,
    #[param(inline)]
    sort: Option<Sort>,
    /// Where to go on: `next` of the answer before.
    cursor: Option<String>,
    /// How many models are wanted at most, 20 unless told otherwise.
    #[param(minimum = 1, maximum = 50)]
    limit: Option<u32>,
}
