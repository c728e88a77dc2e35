//! Logins, beside what the cores could hash at most, and what other people notice of a rush of them.

use std::time::{Duration, Instant};

use argon2::Argon2;
use argon2::password_hash::PasswordHasher;
use serde_json::json;

use crate::load::{self, Load};
use crate::process::{self, PASSWORD};
use crate::table::ms;
use crate::{Bench, wire};

const LENGTH: Duration = Duration::from_secs(5);
/// So many log in at the same time.
const AT_ONCE: usize = 64;
/// What others may wait for an answer while that goes on, at the 99th of a hundred.
const BOUND: Duration = Duration::from_millis(20);

pub async fn run(bench: &mut Bench) {
    let autio = process::autio(&bench.folder("logins"), &[]).await;
    let bearer = autio.sign_up(0).await;
    let body = json!({ "email": "person-0@example.com", "password": PASSWORD });
    let logins = [wire::post("/auth/login", "", &body)];
    let others = [wire::get("/auth/me", &bearer)];
    let look = || load::run(autio.addr, &others, 2, LENGTH);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let idle = look().await;
    let hashes = tokio::task::spawn_blocking(move || hashes(cores))
        .await
        .expect("hashes");
    let (busy, rush): (Load, Load) =
        tokio::join!(look(), load::run(autio.addr, &logins, AT_ONCE, LENGTH));
    // Half of the cores hash, so that the others serve.
    let allowed = (cores / 2).max(1);
    let most = hashes * allowed as f64 / cores as f64;
    let alone = load::run(autio.addr, &logins, AT_ONCE, LENGTH).await;
    bench.table.check(
        &format!("logins a second, {AT_ONCE} at a time"),
        format!("{:.0}", alone.rate),
        format!("{hashes:.0} bare Argon2id hashes on {cores} cores; logins may use {allowed}, so {most:.0}"),
        "at least 85 % of that",
        alone.rate >= 0.85 * most,
    );
    bench.table.check(
        "GET /auth/me while they log in, p99",
        ms(busy.percentile(99)),
        format!(
            "{} idle; {:.0} logins a second meanwhile",
            ms(idle.percentile(99)),
            rush.rate
        ),
        "at most 20 ms",
        busy.percentile(99) <= BOUND,
    );
    autio.end().await;
}

/// Hashes a second on so many cores, as Autio makes them.
fn hashes(cores: usize) -> f64 {
    let begun = Instant::now();
    let hash = move || {
        let mut count = 0;
        while begun.elapsed() < LENGTH {
            Argon2::default()
                .hash_password(PASSWORD.as_bytes())
                .expect("a hash");
            count += 1;
        }
        count
    };
    let threads: Vec<_> = (0..cores).map(|_| std::thread::spawn(hash)).collect();
    let count: u32 = threads
        .into_iter()
        .map(|thread| thread.join().expect("hashes"))
        .sum();
    f64::from(count) / begun.elapsed().as_secs_f64()
}
