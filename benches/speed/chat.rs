//! `POST /chat/` with an upstream that answers at once: Autio and the peer in turns, and what the disk has to do for it.

use std::path::Path;
use std::time::Duration;

use serde_json::json;

use crate::load::{self, median};
use crate::process::{self, Process, model};
use crate::table::ms;
use crate::{Bench, disk, wire};

const AT_ONCE: [usize; 3] = [1, 32, 256];
const ROUNDS: usize = 3;
const LENGTH: Duration = Duration::from_secs(3);
/// So many accounts ask.
const PEOPLE: usize = 4;
const RATIO: f64 = 20.0;

/// A server that is measured, and its figures.
struct Side {
    name: &'static str,
    server: Process,
    requests: Vec<Vec<u8>>,
    /// How many requests failed, of all.
    failed: usize,
    /// For each of [`AT_ONCE`]: requests a second, and the wait of the slowest in a hundred.
    rounds: [Vec<(f64, Duration)>; AT_ONCE.len()],
}

impl Side {
    async fn new(name: &'static str, server: Process) -> Self {
        let mut requests = Vec::new();
        for number in 0..PEOPLE {
            let bearer = server.sign_up(number).await;
            let body = json!({ "message": "A hybrid SUV under $40,000" });
            requests.push(wire::post("/chat/", &bearer, &body));
        }
        Self {
            name,
            server,
            requests,
            failed: 0,
            rounds: Default::default(),
        }
    }

    async fn measure(&mut self) {
        for (at, at_once) in AT_ONCE.into_iter().enumerate() {
            let load = load::run(self.server.addr, &self.requests, at_once, LENGTH).await;
            self.failed += load.failed;
            self.rounds[at].push((load.rate, load.percentile(99)));
        }
    }

    fn rate(&self, at: usize) -> f64 {
        median(self.rounds[at].iter().map(|(rate, _)| *rate).collect())
    }

    fn slowest(&self, at: usize) -> Duration {
        median(
            self.rounds[at]
                .iter()
                .map(|(_, slowest)| *slowest)
                .collect(),
        )
    }
}

pub async fn run(bench: &mut Bench) {
    let dir = bench.folder("chat");
    let model = model(bench.upstream, "now");
    let settings = model
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    let mut sides = vec![Side::new("SQLite", process::autio(&dir, &settings).await).await];
    if let Some(url) = bench.postgres("chat") {
        let mut settings = settings.to_vec();
        settings.push(("DATABASE_URL", &url));
        let server = process::autio(&dir, &settings).await;
        sides.push(Side::new("PostgreSQL", server).await);
    }
    if let Some(python) = bench.python.clone() {
        let server = process::peer(&python, &dir, bench.upstream).await;
        sides.push(Side::new("the original stack", server).await);
    }
    let mut syncs = Vec::new();
    for _ in 0..ROUNDS {
        syncs.push(disk::syncs(&dir));
        for side in &mut sides {
            side.measure().await;
        }
    }
    let syncs = median(syncs);
    let peer = (sides.last()).filter(|side| side.name == "the original stack");
    for side in &sides {
        for (at, at_once) in AT_ONCE.into_iter().enumerate() {
            let what = format!("POST /chat/ a second, {at_once} at a time, {}", side.name);
            let figure = format!("{:.0} (p99 {})", side.rate(at), ms(side.slowest(at)));
            match peer {
                Some(peer) if !std::ptr::eq(peer, side) => {
                    let ratio = side.rate(at) / peer.rate(at);
                    let beside = format!("{ratio:.1} times the original stack");
                    bench.table.check(
                        &what,
                        figure,
                        beside,
                        "at least 20 times",
                        ratio >= RATIO && side.failed == 0,
                    );
                }
                _ => bench.table.note(&what, figure, String::new()),
            }
        }
    }
    bench.table.note(
        "syncs of the disk a second",
        format!("{syncs:.0}"),
        "a page written before each".into(),
    );
    for side in sides.iter().filter(|side| side.failed > 0) {
        let what = format!("requests that failed, {}", side.name);
        let (figure, beside) = (side.failed.to_string(), "of all rounds".to_owned());
        bench.table.note(&what, figure, beside);
    }
    let rate = sides[0].rate(2);
    for side in sides {
        side.server.end().await;
    }
    let dir = bench.folder("commits");
    count_commits(bench, &dir, &settings, rate, syncs).await;
}

/// How many transactions share a sync: the writer says so at its most talkative.
async fn count_commits(
    bench: &mut Bench,
    dir: &Path,
    settings: &[(&str, &str)],
    rate: f64,
    syncs: f64,
) {
    let mut settings = settings.to_vec();
    let log = dir.join("commits.log");
    let file = std::fs::File::create(&log).expect("a file");
    settings.push(("AUTIO_LOG", "warn,autio::db::writer=trace"));
    let server = process::autio_logging(dir, &settings, file.into()).await;
    let side = Side::new("counted", server).await;
    load::run(side.server.addr, &side.requests, 256, LENGTH).await;
    side.server.end().await;
    let text = std::fs::read_to_string(log).expect("a log");
    let field = |line: &str, name: &str| {
        let (_, rest) = line.split_once(name)?;
        rest.split_whitespace().next()?.parse::<u64>().ok()
    };
    let groups: Vec<u64> = text
        .lines()
        .filter_map(|line| field(line, "transactions="))
        .collect();
    let each = groups.iter().sum::<u64>() as f64 / groups.len().max(1) as f64;
    bench.table.check(
        "transactions that share a sync, 256 at a time, SQLite",
        format!("{each:.1}"),
        format!(
            "{:.2} replies for each sync that the disk could do",
            rate / syncs
        ),
        "more than one reply for each",
        rate > syncs,
    );
}
