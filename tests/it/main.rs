//! The product from outside, over real sockets and a real database: each route as browser, htmx,
//! program and stranger.
//!
//! On SQLite by default. With `AUTIO_TEST_POSTGRES=postgres://…` every test has a PostgreSQL
//! database of its own on that server instead. What needs Redis is ignored but with
//! `AUTIO_TEST_REDIS=redis://…` and `-- --include-ignored`: each test has a database of its own there, by number.

mod accounts;
mod amqp;
mod api;
mod audit;
mod batches;
mod branches;
mod cars;
mod catalogue;
mod chat;
mod copies;
mod credentials;
mod database;
mod doctor;
mod eval;
mod events;
mod export;
mod formats;
mod goodbye;
mod growth;
mod idempotency;
mod invitations;
mod known;
mod law;
mod limits;
mod list;
mod memory;
mod metrics;
mod model;
mod needs;
mod operator;
mod paging;
#[allow(dead_code)]
mod process;
mod readme;
mod restart;
mod retention;
mod search;
mod settings;
mod shared;
mod site;
#[cfg(target_os = "linux")]
mod terminal;
mod tokens;
mod traces;
mod trail;
// The faults, which share it, use all of it.
#[allow(dead_code)]
mod upstream;
mod usage;
