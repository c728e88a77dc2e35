//! The product from outside, over real sockets and a real database: each route as browser, htmx,
//! program and stranger.
//!
//! On SQLite by default. With `AUTIO_TEST_POSTGRES=postgres://…` every test has a PostgreSQL
//! database of its own on that server instead.

mod accounts;
mod audit;
mod branches;
mod cars;
mod catalogue;
mod chat;
mod credentials;
mod database;
mod eval;
mod export;
mod formats;
mod goodbye;
mod idempotency;
mod law;
mod limits;
mod list;
mod model;
mod needs;
mod process;
mod readme;
mod restart;
mod search;
mod settings;
mod site;
mod tokens;
// The faults, which share it, use all of it.
#[allow(dead_code)]
mod upstream;
