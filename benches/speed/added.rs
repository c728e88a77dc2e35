//! What Autio adds to a call of the model's server: to the first token, and to the whole reply.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::Bench;
use crate::load::median;
use crate::process::{self, model};
use crate::table::ms;
use crate::upstream;
use crate::wire::{self, Wire};

const PAIRS: usize = 400;
const BOUND: Duration = Duration::from_millis(1);

pub async fn run(bench: &mut Bench) {
    let dir = bench.folder("added");
    measure(bench, "SQLite", dir.join("autio.db").display().to_string()).await;
    if let Some(url) = bench.postgres("added") {
        measure(bench, "PostgreSQL", url).await;
    }
}

async fn measure(bench: &mut Bench, name: &str, url: String) {
    let model = model(bench.upstream, "now");
    let mut settings: Vec<(&str, &str)> = model
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    settings.push(("DATABASE_URL", &url));
    let autio = process::autio(&bench.folder("added"), &settings).await;
    let bearer = autio.sign_up(0).await;
    let direct = wire::post("/now/v1/chat/completions", "", &upstream::request(true));
    let body = json!({ "message": "A hybrid SUV under $40,000" });
    let accept = format!("{bearer}accept: text/event-stream\r\n");
    let asked = wire::post("/chat/", &accept, &body);
    let mut to_upstream = open(bench.upstream).await;
    let mut to_autio = open(autio.addr).await;
    let (mut first, mut whole) = ([Vec::new(), Vec::new()], [Vec::new(), Vec::new()]);
    for pair in 0..PAIRS + 20 {
        for (at, (wire, request, wanted)) in [
            (&mut to_upstream, &direct, "\"content\""),
            (&mut to_autio, &asked, "event: delta"),
        ]
        .into_iter()
        .enumerate()
        {
            let begun = Instant::now();
            let answer = wire
                .ask_for(request, wanted.as_bytes())
                .await
                .expect("an answer");
            assert_eq!(answer.status, 200, "{}", answer.head);
            assert!(
                wire::find(&answer.body, wanted.as_bytes()).is_some(),
                "{:?}",
                String::from_utf8_lossy(&answer.body)
            );
            // The first few find nothing warm.
            if pair >= 20 {
                first[at].push(answer.seen - begun);
                whole[at].push(answer.ended - begun);
            }
        }
    }
    for (what, [direct, through]) in [("the first token", first), ("the whole reply", whole)] {
        let (direct, through) = (median(direct), median(through));
        let added = through.saturating_sub(direct);
        bench.table.check(
            &format!("added to {what}, {name}"),
            ms(added),
            format!("{} through Autio, {} direct", ms(through), ms(direct)),
            "at most 1 ms",
            added <= BOUND,
        );
    }
    autio.end().await;
}

async fn open(addr: SocketAddr) -> Wire {
    Wire::open(addr).await.expect("it takes connections")
}
