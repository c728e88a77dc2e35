//! Thousands of open streams in one process: what each takes of memory, and how late its words come.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::json;
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::load::percentile;
use crate::process::{self, model};
use crate::table::ms;
use crate::upstream::{PACE, WORDS, moment};
use crate::{Bench, wire};

const STREAMS: usize = 5_000;
const MEMORY: f64 = 64.0;
const BOUND: Duration = Duration::from_millis(250);

pub async fn run(bench: &mut Bench) {
    // Two for each stream here, and two in the server, which inherits the limit.
    let limit = format!("--nofile={}", STREAMS * 2 + 1_000);
    let id = std::process::id().to_string();
    let raised = Command::new("prlimit")
        .args(["--pid", &id, &limit])
        .status();
    assert!(
        raised.is_ok_and(|raised| raised.success()),
        "more open files are needed: prlimit {limit}"
    );
    let model = model(bench.upstream, "paced");
    let settings = model
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    let autio = process::autio(&bench.folder("streams"), &settings).await;
    let bearer = autio.sign_up(0).await;
    let headers = format!("{bearer}accept: text/event-stream\r\n");
    let body = json!({ "message": "A hybrid SUV under $40,000" });
    let request = Arc::new(wire::post("/chat/", &headers, &body));
    let before = autio.memory();
    let (open, all_open) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
    let mut readers = JoinSet::new();
    for number in 0..STREAMS {
        let (request, open, all_open) = (request.clone(), open.clone(), all_open.clone());
        let addr = autio.addr;
        readers.spawn(async move {
            // Over ten seconds, as people come.
            tokio::time::sleep(PACE * 10 * number as u32 / STREAMS as u32).await;
            let mut wire = wire::Wire::open(addr).await.expect("it takes connections");
            wire.send(&request).await.expect("it listens");
            let (mut delays, mut tail, mut is_open) = (Vec::new(), Vec::new(), false);
            loop {
                let bytes = wire.next().await.expect("it goes on").to_vec();
                let now = moment();
                if bytes.is_empty() {
                    break;
                }
                tail.extend_from_slice(&bytes);
                let text = String::from_utf8_lossy(&tail).into_owned();
                let sent = text.split("\"text\":\"").skip(1).filter_map(|rest| {
                    let words = rest.split('"').next()?;
                    Some(
                        words
                            .split_whitespace()
                            .filter_map(|word| word.strip_prefix('t')?.parse::<u128>().ok())
                            .collect::<Vec<_>>(),
                    )
                });
                // What is in `done` was counted before.
                let is_over = text.contains("event: done") || text.contains("event: error");
                let cut = text.rfind("\n\n").map_or(0, |at| at + 2);
                if !is_over {
                    let whole = sent.flatten().filter(|_| cut > 0);
                    delays.extend(whole.map(|sent| now.saturating_sub(sent)));
                    tail.drain(..cut);
                }
                if !is_open && !delays.is_empty() {
                    is_open = true;
                    if open.fetch_add(1, Ordering::Relaxed) + 1 == STREAMS {
                        all_open.notify_one();
                    }
                }
                if is_over {
                    return (delays, text.contains("\"status\":\"done\""));
                }
            }
            (delays, false)
        });
    }
    // Until every stream has had its first word, or as long as a reply can take.
    let patience = PACE * WORDS as u32;
    tokio::time::timeout(patience, all_open.notified())
        .await
        .ok();
    let held = open.load(Ordering::Relaxed);
    let grown = autio.memory().saturating_sub(before);
    let each = grown as f64 / held.max(1) as f64;
    let cpu = autio.cpu();
    tokio::time::sleep(PACE * 5).await;
    let busy = (autio.cpu() - cpu).as_secs_f64() / (PACE * 5).as_secs_f64();
    let (mut delays, mut whole) = (Vec::new(), 0);
    while let Some(read) = readers.join_next().await {
        let (its, is_whole) = read.expect("a reader ended");
        delays.extend(its);
        whole += usize::from(is_whole);
    }
    delays.sort();
    let late = |percent| Duration::from_nanos(percentile(&delays, percent) as u64);
    bench.table.check(
        "streams of replies that are made at the same time in one process",
        format!("{held}"),
        format!("{whole} whole in the end; {busy:.1} cores"),
        "5,000",
        held == STREAMS && whole == STREAMS,
    );
    bench.table.check(
        "memory for each",
        format!("{each:.0} KiB"),
        "the reply, its upstream call and its reader".into(),
        "tens of KiB",
        each <= MEMORY,
    );
    bench.table.check(
        "delay of a word, p99",
        ms(late(99)),
        format!("{} at the median, a word a second in each", ms(late(50))),
        "at most 250 ms",
        late(99) <= BOUND,
    );
    autio.end().await;
}
