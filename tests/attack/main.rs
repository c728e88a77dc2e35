//! The product as an attacker meets it: prints what was tried and what got through, and fails unless that is nothing.
//!
//! On SQLite by default; with `AUTIO_TEST_POSTGRES=postgres://…` on that server. Any word after
//! `cargo test --test attack --` runs only the attacks whose name holds it.

#[allow(dead_code)]
#[path = "../it/process.rs"]
mod process;
#[allow(dead_code)]
#[path = "../it/site.rs"]
mod site;
#[allow(dead_code)]
#[path = "../it/upstream.rs"]
mod upstream;

mod access;
mod bodies;
mod canaries;
mod cookies;
mod corpus;
mod crosssite;
mod forwarded;
mod headers;
mod judge;
mod markup;
mod people;
mod random;
mod raw;
mod routes;
mod rush;
mod slow;
mod smuggling;
mod tokens;

use std::time::Instant;

use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;

/// What came of one attack: one line of the table.
pub struct Tally {
    attack: &'static str,
    tried: usize,
    got_through: Vec<String>,
    /// What was measured.
    pub note: String,
}

impl Tally {
    pub fn new(attack: &'static str) -> Self {
        Self {
            attack,
            tried: 0,
            got_through: Vec::new(),
            note: String::new(),
        }
    }

    /// Counts one try; `what` says what got through unless it held.
    pub fn hold(&mut self, held: bool, what: impl FnOnce() -> String) {
        self.tried += 1;
        if !held {
            self.got_through.push(what());
        }
    }
}

type Trial = LocalBoxFuture<'static, Vec<Tally>>;
type Attack = (&'static str, fn() -> Trial);

/// What wants quiet, because it is measured.
const ALONE: [Attack; 1] = [("rush", || rush::of_logins().boxed_local())];
/// The rest, side by side.
const TOGETHER: [Attack; 11] = [
    ("slow", || slow::clients().boxed_local()),
    ("bodies", || bodies::malformed().boxed_local()),
    ("markup", || markup::everywhere().boxed_local()),
    ("access", || {
        access::of_everybody_to_everything().boxed_local()
    }),
    ("tokens", || tokens::forged().boxed_local()),
    ("cookies", || cookies::planted_and_replayed().boxed_local()),
    ("crosssite", || crosssite::requests().boxed_local()),
    ("forwarded", || forwarded::headers().boxed_local()),
    ("smuggling", || smuggling::of_requests().boxed_local()),
    ("headers", || headers::of_every_answer().boxed_local()),
    ("canaries", || canaries::in_what_is_written().boxed_local()),
];

/// Begins an attack in a thread of its own: one that breaks down is one row that doesn't hold, and the others go on.
fn begin((name, attack): Attack) -> impl FnOnce() -> Vec<Tally> {
    let thread = std::thread::spawn(move || {
        let begun = Instant::now();
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let rows = runtime.block_on(attack());
        println!("{name} took {} s", begun.elapsed().as_secs());
        // What it has started ends with the program.
        runtime.shutdown_background();
        rows
    });
    move || {
        thread.join().unwrap_or_else(|_| {
            let mut broken = Tally::new(name);
            broken.hold(false, || "it broke down".into());
            vec![broken]
        })
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // The rest are flags that cargo hands to every test.
    let only: Vec<&String> = arguments.iter().filter(|a| !a.starts_with('-')).collect();
    let wanted =
        |(name, _): &Attack| only.is_empty() || only.iter().any(|word| name.contains(*word));
    let mut rows = Vec::new();
    for attack in ALONE.into_iter().filter(wanted) {
        rows.extend(begin(attack)());
    }
    let begun: Vec<_> = TOGETHER.into_iter().filter(wanted).map(begin).collect();
    rows.extend(begun.into_iter().flat_map(|end| end()));
    if rows.is_empty() {
        return;
    }
    for row in &rows {
        for leak in row.got_through.iter().take(12) {
            println!("{}: {leak}", row.attack);
        }
    }
    println!("\n| attack | tried | got through | |");
    println!("| --- | ---: | ---: | --- |");
    for row in &rows {
        let through = row.got_through.len();
        println!(
            "| {} | {} | {through} | {} |",
            row.attack, row.tried, row.note
        );
    }
    println!();
    let holds = |row: &Tally| row.tried > 0 && row.got_through.is_empty();
    if !rows.iter().all(holds) {
        std::process::exit(1);
    }
}
