//! Faults on purpose, against the binary itself: prints what was acknowledged, lost and doubled, and fails unless the
//! last two are 0.
//!
//! On SQLite by default; with `AUTIO_TEST_POSTGRES=postgres://…` on that server. `cargo test --test faults -- --cycles 1000`
//! kills more often than the suite has time for; any other word runs only the faults whose name holds it.

#[path = "../it/broker.rs"]
mod broker;
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
mod duplicates;
mod kill;
mod locked;
mod model;
mod queue;
mod reader;
mod redis;
mod resume;
mod slow;
mod stop;
mod sync;

use futures_util::FutureExt;
use futures_util::future::{LocalBoxFuture, join_all};
use kill::Fault;
use redis::How;
use resume::End;

/// One line of the table.
pub struct Row {
    pub fault: String,
    /// Messages that were acknowledged.
    pub acknowledged: usize,
    /// Of those, not there afterwards; and readers who ended with less than what is stored.
    pub lost: usize,
    /// Messages or replies that are there more than once; and readers who ended with more than what is stored.
    pub doubled: usize,
    /// Replies that weren't finished after a minute, and whatever else had to end and didn't.
    pub unfinished: usize,
    pub note: String,
}

/// Faults being tried; no row where that can't be done here.
type Trial = LocalBoxFuture<'static, Vec<Row>>;

fn trial(of: impl Future<Output: IntoIterator<Item = Row>> + 'static) -> Trial {
    async { of.await.into_iter().collect() }.boxed_local()
}

impl Row {
    fn holds(&self) -> bool {
        self.acknowledged > 0 && self.lost == 0 && self.doubled == 0 && self.unfinished == 0
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // On PostgreSQL, where each start takes longer, half as many.
    let is_postgres = std::env::var_os("AUTIO_TEST_POSTGRES").is_some();
    let mut cycles = match is_postgres {
        true => 100,
        false => 200,
    };
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
    // Redis fails in the same way on either database. So does the model's server, and there nearly forty sites would want
    // sixteen connections each.
    let is_left_out = |name: &str| is_postgres && matches!(name, "model" | "redis");
    let is_named = |name: &str| only.is_empty() || only.iter().any(|word| name.contains(word));
    let wanted = |name: &str| is_named(name) && !is_left_out(name);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    // Set where the tests have a PostgreSQL of their own to stop and start.
    let restart = std::env::var("AUTIO_TEST_POSTGRES_RESTART").ok();
    let mut rows = Vec::new();
    // Side by side, but where what is measured wants quiet, or everybody's database goes.
    let alone: [(&str, Trial); 5] = [
        ("stop", trial(stop::elsewhere().map(Some))),
        ("sync", trial(sync::before_each_acknowledgement())),
        ("slow", trial(slow::readers().map(Some))),
        (
            "redis",
            trial(async {
                let killed = redis::fails(How::Killed).await;
                let hung = redis::fails(How::Hung).await;
                let emptied = redis::fails(How::Emptied).await;
                [killed, hung, emptied].into_iter().flatten()
            }),
        ),
        ("queue", trial(queue::fails_in_every_way())),
    ];
    let together: [(&str, Trial); 8] = [
        (
            "kill",
            trial(kill::at_random_moments(Fault::Kill, cycles).map(Some)),
        ),
        ("duplicates", trial(duplicates::at_once().map(Some))),
        ("wander", trial(resume::wanderers().map(Some))),
        ("resume", trial(resume::over(End::Term).map(Some))),
        ("resume", trial(resume::over(End::Kill).map(Some))),
        ("disk", trial(disk::full())),
        ("locked", trial(locked::by_somebody_else().map(Some))),
        ("model", trial(model::fails_in_every_way())),
    ];
    runtime.block_on(async {
        for (_, trial) in alone.into_iter().filter(|(name, _)| wanted(name)) {
            rows.extend(trial.await);
        }
        let wanted_together = together.into_iter().filter(|(name, _)| wanted(name));
        let all = join_all(wanted_together.map(|(_, trial)| trial)).await;
        rows.extend(all.into_iter().flatten());
        if let Some(command) = restart
            && wanted("database")
        {
            let fault = Fault::Database(command);
            rows.push(kill::at_random_moments(fault, cycles.div_ceil(10)).await);
        }
    });
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
