//! The versions of a model-year that fit: what a search's one row for each model stands for.

use std::collections::HashMap;

use super::test::{Fit, Test};
use super::{Filter, Row};
use crate::cars::Catalogue;

/// For each of these rows, all rows of the same model, fuel and year that fit or may fit, in the catalogue's order.
pub fn versions(catalogue: &Catalogue, filter: &Filter, rows: &[Row]) -> Vec<Vec<Row>> {
    let test = Test::new(catalogue, filter);
    let key = |row: &Row| (row.group, row.facts.year);
    let places: HashMap<(u32, u16), usize> = rows
        .iter()
        .enumerate()
        .map(|(at, row)| (key(row), at))
        .collect();
    let mut versions = vec![Vec::new(); rows.len()];
    for row in catalogue.rows() {
        if let Some(at) = places.get(&key(row))
            && matches!(test.fit(row), Fit::Yes | Fit::Open(_))
        {
            versions[*at].push(*row);
        }
    }
    versions
}
