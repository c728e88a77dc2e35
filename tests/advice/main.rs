//! Judges the built-in advisor by shopper requests, prints a table, and fails when a row of it does.

mod conversation;
mod questions;
mod rows;

use std::process::ExitCode;

use autio::cars::Catalogue;
use autio::eval::oracle::Oracle;
use autio::eval::table::Table;

fn main() -> ExitCode {
    let catalogue = match Catalogue::built_in() {
        Ok(catalogue) => catalogue,
        Err(error) => panic!("the built-in catalogue: {error}"),
    };
    let oracle = Oracle::of(&catalogue);
    let cases = conversation::cases().into_iter();
    let runs: Vec<_> = cases
        .map(|case| conversation::run(&catalogue, case))
        .collect();
    let mut table = rows::counts(&runs);
    table.extend(rows::cars(&runs, &oracle));
    table.extend(rows::understood(&runs));
    table.push(rows::ledger(&runs));
    table.extend(rows::said(&runs));
    table.extend(questions::rules(&runs));
    table.push(questions::best(&runs, &oracle, &catalogue));
    table.push(rows::swaps(&runs, &catalogue));
    table.push(rows::relaxation(&catalogue));
    for row in &table {
        for note in &row.notes {
            println!("{}: {note}", row.name);
        }
    }
    println!("\n{}", Table(&table));
    match table.iter().all(|row| row.passed) {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}
