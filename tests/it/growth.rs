//! The simulation behind docs/growth.md, held against what queueing theory knows exactly.

#[path = "../../benches/growth/simulate.rs"]
#[allow(dead_code)]
mod simulate;

use simulate::{Arrivals, Serving, Shown, Simulation, Step, Time, quantile};

/// One queue with jobs that come by chance, at `rate` a second, and stay for a second each on average.
fn queue(serving: Serving, rate: f64, time: Time) -> Shown {
    let mut simulation = Simulation::new(7);
    let at = simulation.resource(serving);
    simulation.kind(Arrivals::Poisson(rate), &[Step::Use(at, time)]);
    simulation.run(1_000.0, 100_000.0 / rate)
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

#[track_caller]
fn is_near(found: f64, known: f64, within: f64) {
    let off = (found / known - 1.0).abs();
    assert!(off < within, "{found} instead of {known}");
}

/// Erlang's C: the chance of having to wait for one of `units` at that many units' worth of work.
fn waits(units: usize, offered: f64) -> f64 {
    let blocked = (1..=units).fold(1.0, |b, n| offered * b / (n as f64 + offered * b));
    blocked / (1.0 - offered / units as f64 * (1.0 - blocked))
}

#[test]
fn one_server_makes_people_wait_as_theory_has_it() {
    for load in [0.5, 0.7] {
        let shown = queue(Serving::Units(1), load, Time::Exponential(1.0));
        let took = &shown.kinds[0].took;
        // M/M/1: the time in the system is exponential with the mean 1/(1-load).
        is_near(mean(took), 1.0 / (1.0 - load), 0.05);
        is_near(quantile(took, 0.99), 100_f64.ln() / (1.0 - load), 0.06);
        is_near(shown.loads[0].used, load, 0.02);
        is_near(shown.loads[0].waiting, load * load / (1.0 - load), 0.08);
        // M/D/1, by Pollaczek and Khinchine: half the wait.
        let shown = queue(Serving::Units(1), load, Time::Exactly(1.0));
        let known = 1.0 + load / (2.0 * (1.0 - load));
        is_near(mean(&shown.kinds[0].took), known, 0.03);
    }
}

#[test]
fn several_servers_make_people_wait_as_theory_has_it() {
    for (units, offered) in [(2, 1.6), (4, 3.2), (16, 14.4)] {
        let shown = queue(Serving::Units(units), offered, Time::Exponential(1.0));
        let known = 1.0 + waits(units, offered) / (units as f64 - offered);
        is_near(mean(&shown.kinds[0].took), known, 0.04);
        is_near(shown.loads[0].used, offered / units as f64, 0.02);
    }
    // M/M/∞: as many are there as come in the time that one stays.
    let shown = queue(Serving::Units(usize::MAX), 5.0, Time::Exponential(1.0));
    is_near(shown.loads[0].units, 5.0, 0.02);
    is_near(mean(&shown.kinds[0].took), 1.0, 0.02);
}

#[test]
fn slices_let_short_work_pass_long_work() {
    // Processor sharing: the mean depends on the load alone, whatever the work is like.
    for time in [Time::Exactly(1.0), Time::Exponential(1.0)] {
        let shown = queue(Serving::Sliced(1, 0.05), 0.8, time);
        is_near(mean(&shown.kinds[0].took), 5.0, 0.05);
    }
}

#[test]
fn one_sync_serves_all_that_wait_for_it() {
    let grouped = |most| Serving::Grouped { most, once: 1.0 };
    // One at a time it is M/D/1.
    let shown = queue(grouped(1), 0.8, Time::Exactly(0.0));
    is_near(mean(&shown.kinds[0].took), 1.0 + 0.8 / 0.4, 0.03);
    is_near(shown.loads[0].used, 0.8, 0.02);
    // Without a limit nobody waits for more than the group before: 1.5 s on average when somebody comes always.
    let shown = queue(grouped(usize::MAX), 100.0, Time::Exactly(0.0));
    is_near(mean(&shown.kinds[0].took), 1.5, 0.01);
    assert!(quantile(&shown.kinds[0].took, 1.0) <= 2.0);
    assert!(shown.loads[0].units > 0.999 && shown.loads[0].used < 1e-9);
}

#[test]
fn what_is_taken_is_kept_until_it_is_given_back_and_pauses_are_nobodys_fault() {
    let mut simulation = Simulation::new(7);
    let pool = simulation.resource(Serving::Units(1));
    let steps = [
        Step::Take(pool),
        Step::Mark,
        Step::Pause(Time::Exactly(1.0)),
        Step::Give(pool),
    ];
    simulation.kind(Arrivals::At(vec![0.0, 0.0, 0.5]), &steps);
    let shown = simulation.run(0.0, 10.0);
    // Each holds it for a second, and the pause isn't counted.
    assert_eq!(shown.kinds[0].took, [0.0, 1.0, 1.5]);
    assert_eq!(shown.kinds[0].marked, [0.0, 1.0, 1.5]);
    is_near(shown.loads[0].used, 0.3, 1e-9);
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let run = || queue(Serving::Units(3), 2.5, Time::Exponential(1.0));
    assert_eq!(run(), run());
}
