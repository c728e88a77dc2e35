//! What serves so many people a day, computed from what one login, page, reply and stream was measured to take, and held
//! against a load that is run for real. docs/growth.md tells what comes out.
//!
//!     cargo bench --bench growth                  all of it, in about four minutes: measures, computes, checks
//!     cargo bench --bench growth -- --keep        and keeps what was measured in benches/growth/measured.json
//!     cargo bench --bench growth -- --compute     only computes, from what was kept
//!     cargo bench --bench growth -- --check       only checks, from what was kept
//!
//! Measuring needs PostgreSQL, Redis, RabbitMQ and nginx as `tests/run` installs them. With `AUTIO_BIN` another build of the
//! program is measured.

mod check;
mod measure;
mod meter;
mod simulate;
mod sizes;
mod visitor;

#[path = "../../tests/cluster/engines.rs"]
#[allow(dead_code)]
mod engines;
#[path = "../../tests/it/upstream.rs"]
#[allow(dead_code)]
mod upstream;

use std::path::Path;

use measure::Measured;

fn main() {
    let has = |word: &str| std::env::args().any(|argument| argument == word);
    // `cargo test --benches` only wants to know that it builds.
    if !has("--bench") {
        return;
    }
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/growth/measured.json");
    let read = || -> Measured {
        let text = std::fs::read_to_string(&kept).expect("benches/growth/measured.json");
        serde_json::from_str(&text).expect("what was measured")
    };
    if has("--compute") {
        return sizes::report(&read());
    }
    rustls::crypto::ring::default_provider()
        .install_default()
        .expect("nobody was quicker");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    if has("--check") {
        return runtime.block_on(check::check(&read()));
    }
    let measured = runtime.block_on(measure::measure());
    if has("--keep") {
        let text = serde_json::to_string_pretty(&rounded(&measured)).expect("numbers");
        std::fs::write(&kept, text + "\n").expect("it can be written");
    }
    show(&measured);
    sizes::report(&measured);
    runtime.block_on(check::check(&measured));
}

/// Four digits tell all that there is to tell.
fn rounded(measured: &Measured) -> Measured {
    let mut rounded = measured.clone();
    for value in rounded.values_mut().flat_map(|counts| counts.values_mut()) {
        *value = format!("{value:.3e}").parse().expect("a number");
    }
    rounded
}

fn show(measured: &Measured) {
    println!("\n## Measured\n");
    for (what, counts) in measured {
        let counts = counts.iter().filter(|(_, value)| **value > 0.0);
        let counts = counts.map(|(name, value)| format!("{name} {value:.3}"));
        println!("- {what}: {}", counts.collect::<Vec<_>>().join(", "));
    }
}
