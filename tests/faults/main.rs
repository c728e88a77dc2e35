//! Faults on purpose, against the binary itself: prints what was acknowledged, lost and doubled, and fails unless the
//! last two are 0.
//!
//! On SQLite by default; with `AUTIO_TEST_POSTGRES=postgres://…` on that server. `cargo test --test faults -- --cycles 1000`
//! kills more often than the suite has time for; any other word runs only the faults whose name holds it.

#[allow(dead_code)]
#[path = "../it/process.rs"]
mod process;
#[allow(dead_code)]
#[path = "../it/site.rs"]
mod site;
#[allow(dead_code)]
#[path = "../it/upstream.rs"]
mod upstream;

mod disk;
mod kill;
mod model;
mod sync;

use kill::Fault;

/// One line of the table.
pub struct Row {
    pub fault: String,
    /// Messages that were acknowledged.
    pub acknowledged: usize,
    /// Of those, not there afterwards.
    pub lost: usize,
    /// Messages or replies that are there more than once.
    pub doubled: usize,
    /// Replies that weren't finished after a minute.
    pub unfinished: usize,
    pub note: String,
}

impl Row {
    fn holds(&self) -> bool {
        self.acknowledged > 0 && self.lost == 0 && self.doubled == 0 && self.unfinished == 0
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut cycles = 60;
    let mut only = Vec::new();
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "--cycles" => {
                let given = rest.next().and_then(|number| number.parse().ok());
                cycles = given.expect("--cycles takes a number");
            }
            // Flags that cargo hands to every test.
            flag if flag.starts_with('-') => {}
            word => only.push(word),
        }
    }
    let wanted = |name: &str| only.is_empty() || only.iter().any(|word| name.contains(word));
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let mut rows = Vec::new();
    if wanted("kill") {
        rows.push(runtime.block_on(kill::at_random_moments(&Fault::Kill, cycles)));
    }
    // Set where the tests have a PostgreSQL of their own to stop and start.
    if let Ok(command) = std::env::var("AUTIO_TEST_POSTGRES_RESTART")
        && wanted("database")
    {
        let fault = Fault::Database(command);
        rows.push(runtime.block_on(kill::at_random_moments(&fault, cycles.div_ceil(6))));
    }
    if wanted("sync") {
        rows.extend(runtime.block_on(sync::before_each_acknowledgement()));
    }
    if wanted("disk") {
        rows.extend(runtime.block_on(disk::full()));
    }
    if wanted("model") {
        rows.extend(runtime.block_on(model::fails_in_every_way()));
    }
    if rows.is_empty() {
        return;
    }
    println!("\n| fault | acknowledged | lost | doubled | unfinished | |");
    println!("| --- | ---: | ---: | ---: | ---: | --- |");
    for row in &rows {
        println!(
            "| {} | {} | {} | {} | {} | {} |",
            row.fault, row.acknowledged, row.lost, row.doubled, row.unfinished, row.note
        );
    }
    println!();
    if !rows.iter().all(Row::holds) {
        std::process::exit(1);
    }
}
