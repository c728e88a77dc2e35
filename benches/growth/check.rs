//! Runs a small load for real and simulates that very load, to the millisecond at which each request comes.

use std::time::{Duration, Instant};

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use super::measure::{self, Measured};
use super::meter::{cpu, machine_busy, own_cpu};
use super::simulate::{Arrivals, Serving, Shown, Simulation, Step, Time, quantile};
use super::sizes::{Costs, SLICE};
use super::visitor::{PAGES, Refused};

const SECONDS: f64 = 30.0;
/// Of all cores, by what was measured, with those who ask.
const BUSY: f64 = 0.45;
const VISITORS: usize = 24;
const KINDS: [(&str, &str, f64); 3] = [
    // How much of the work each is.
    ("a login", "alone: a login", 0.35),
    ("a page", "alone: a page", 0.35),
    ("a reply", "alone: a reply of the built-in advisor", 0.30),
];

/// Prints predicted beside measured.
pub async fn check(measured: &Measured) {
    let costs = Costs(measured);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let mut random = ChaCha8Rng::seed_from_u64(5);
    let times: Vec<Vec<f64>> = KINDS
        .iter()
        .map(|(_, what, share)| {
            let work = costs.seconds(what, "web ms") + costs.seconds(what, "client ms");
            by_chance(&mut random, cores as f64 * BUSY * share / work)
        })
        .collect();
    let real = run(&times).await;
    let predicted = predict(&costs, cores, times);

    println!("\n## Predicted and measured: one process with SQLite, {cores} cores, {SECONDS} s\n");
    println!("| what | predicted | measured |\n| --- | ---: | ---: |");
    println!(
        "| cores in use, with those who ask | {:.0} % | {:.0} % |",
        predicted.loads[0].used * 100.0,
        real.used / cores as f64 * 100.0
    );
    for (at, (name, _, _)) in KINDS.iter().enumerate() {
        let (known, found) = (&predicted.kinds[at].took, &real.took[at]);
        for (share, word) in [(0.5, "median"), (0.99, "99 of 100 within")] {
            println!(
                "| {name} ({} of them), {word} | {:.1} ms | {:.1} ms |",
                found.len(),
                quantile(known, share) * 1e3,
                quantile(found, share) * 1e3
            );
        }
    }
    println!(
        "\nOthers on this machine used {:.0} % of the cores meanwhile, which the simulation knows nothing of; {} were told to come again.",
        real.others / cores as f64 * 100.0,
        real.refused
    );
}

fn by_chance(random: &mut ChaCha8Rng, rate: f64) -> Vec<f64> {
    let mut times = Vec::new();
    let mut now = 0.0;
    loop {
        let chance = ((random.next_u64() >> 11) + 1) as f64 / (1_u64 << 53) as f64;
        now -= chance.ln() / rate;
        if now > SECONDS {
            return times;
        }
        times.push(now);
    }
}

struct Real {
    /// Sorted, by kind, in seconds.
    took: Vec<Vec<f64>>,
    /// Told to come again.
    refused: usize,
    /// Cores.
    used: f64,
    others: f64,
}

async fn run(times: &[Vec<f64>]) -> Real {
    let dir = tempfile::tempdir().expect("a folder");
    let mut autio = measure::alone(dir.path(), "check", &[]);
    autio.start().await;
    let id = autio.id().expect("it runs");
    let visitors = measure::visitors(&autio, VISITORS).await;
    let used = || cpu(id) + own_cpu();
    let (used_before, machine_before) = (used(), machine_busy());
    let begun = Instant::now();
    let mut asking = Vec::new();
    for (kind, times) in times.iter().enumerate() {
        for (number, time) in times.iter().enumerate() {
            let visitor = visitors[number % VISITORS].clone();
            let due = begun + Duration::from_secs_f64(*time);
            asking.push((
                kind,
                tokio::spawn(async move {
                    tokio::time::sleep_until(due.into()).await;
                    let answered = match kind {
                        0 => visitor.log_in().await,
                        1 => visitor.look(PAGES[number % PAGES.len()]).await,
                        _ => visitor.ask(measure::QUESTION).await,
                    };
                    // From when it was due: who asks late waits as well.
                    answered.map(|()| due.elapsed().as_secs_f64())
                }),
            ));
        }
    }
    let mut took = vec![Vec::new(); times.len()];
    let mut refused = 0;
    for (kind, one) in asking {
        match one.await.expect("nobody panics") {
            Ok(seconds) => took[kind].push(seconds),
            Err(Refused) => refused += 1,
        }
    }
    for took in &mut took {
        took.sort_by(f64::total_cmp);
    }
    let seconds = begun.elapsed().as_secs_f64() * 1e3;
    let used = (used() - used_before) / seconds;
    Real {
        took,
        refused,
        used,
        others: ((machine_busy() - machine_before) / seconds - used).max(0.0),
    }
}

fn predict(costs: &Costs, cores: usize, times: Vec<Vec<f64>>) -> Shown {
    let mut simulation = Simulation::new(1);
    let (sync, write) = costs.sqlite();
    let cpu = simulation.resource(Serving::Sliced(cores, SLICE));
    let hashes = simulation.resource(Serving::Units((cores / 2).max(1)));
    let writer = simulation.resource(Serving::Grouped {
        most: 64,
        once: sync,
    });
    let commits = costs
        .of("set: a reply of 30 tokens", "postgres commits")
        .round() as usize;
    for ((_, what, _), times) in KINDS.iter().zip(times) {
        let client = costs.seconds(what, "client ms");
        let server = costs.seconds(what, "web ms");
        let mut steps = vec![Step::Use(cpu, Time::Exactly(client / 2.0))];
        let commit = |share: f64, steps: &mut Vec<Step>| {
            steps.push(Step::Use(cpu, Time::Exactly(server * share)));
            steps.push(Step::Use(writer, Time::Exactly(write)));
        };
        match *what {
            "alone: a login" => {
                steps.push(Step::Take(hashes));
                steps.push(Step::Use(cpu, Time::Exactly(server)));
                steps.push(Step::Give(hashes));
                commit(0.0, &mut steps);
            }
            "alone: a page" => steps.push(Step::Use(cpu, Time::Exponential(server))),
            _ => (0..commits).for_each(|_| commit(1.0 / commits as f64, &mut steps)),
        }
        steps.push(Step::Use(cpu, Time::Exactly(client / 2.0)));
        simulation.kind(Arrivals::At(times), &steps);
    }
    simulation.run(0.0, SECONDS)
}
