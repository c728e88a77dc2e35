//! From the start to the first 200, the memory of a server that nobody asks, and the size of the binary.

use std::time::Duration;

use crate::load::median;
use crate::process::{self, binary};
use crate::table::ms;
use crate::{Bench, wire};

const TIMES: usize = 9;
const START: Duration = Duration::from_millis(100);
const IDLE: u64 = 40 * 1024;

pub async fn run(bench: &mut Bench) {
    let (mut new, mut again, mut idle) = (Vec::new(), Vec::new(), Vec::new());
    for time in 0..TIMES {
        let dir = bench.folder(&format!("start-{time}"));
        let first = process::autio(&dir, &[]).await;
        new.push(first.took);
        first.end().await;
        let second = process::autio(&dir, &[]).await;
        again.push(second.took);
        if time % 3 == 0 {
            // It has answered the pages that everybody opens, and rests.
            let mut wire = wire::Wire::open(second.addr)
                .await
                .expect("it takes connections");
            for path in ["/", "/cars", "/login", "/signup"] {
                let page = wire::get(path, "accept: text/html\r\n");
                assert_eq!(wire.ask(&page).await.expect("a page").status, 200, "{path}");
            }
            drop(wire);
            tokio::time::sleep(Duration::from_secs(3)).await;
            idle.push(second.memory());
        }
        second.end().await;
    }
    let (new, again, idle) = (median(new), median(again), median(idle));
    let beside = match bench.python.clone() {
        Some(python) => {
            let peer = process::peer(&python, &bench.folder("start"), bench.upstream).await;
            let took = format!("{} of the original stack", ms(peer.took));
            peer.end().await;
            took
        }
        None => String::new(),
    };
    bench.table.check(
        "start to the first 200",
        ms(again),
        beside,
        "at most 100 ms",
        again <= START,
    );
    bench.table.check(
        "the same with a database to be made",
        ms(new),
        String::new(),
        "at most 100 ms",
        new <= START,
    );
    bench.table.check(
        "memory, idle",
        format!("{:.1} MiB", idle as f64 / 1024.0),
        String::new(),
        "at most 40 MiB",
        idle <= IDLE,
    );
    let size = std::fs::metadata(binary()).expect("a binary").len();
    bench.table.note(
        "the binary",
        format!("{:.1} MB", size as f64 / 1e6),
        String::new(),
    );
}
