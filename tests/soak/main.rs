//! A soak: people of every kind at once, a model's server that fails in every way, and two servers whose memory and open
//! files have to stay flat. Prints a table, and fails where something grows or is answered with what it shouldn't be.
//!
//! `cargo test --test soak -- --minutes 2`, or any other number; without it nothing is run.

#[path = "../it/process.rs"]
#[allow(dead_code)]
mod process;
#[path = "../it/site.rs"]
#[allow(dead_code)]
mod site;
#[path = "../it/upstream.rs"]
#[allow(dead_code)]
mod upstream;

mod flat;
mod people;

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::task::JoinSet;

use flat::{Samples, sample};
use people::{Log, Person};
use process::Process;
use site::{Database, client};
use upstream::{Script, Upstream};

/// How often it is looked at what the servers take.
const LOOK: Duration = Duration::from_secs(2);
/// How long the model's server does the same thing.
const MOOD: Duration = Duration::from_secs(4);
/// How long the servers rest before and after.
const REST: Duration = Duration::from_secs(6);

fn main() {
    let mut arguments = std::env::args().skip_while(|argument| argument != "--minutes");
    let minutes = arguments.nth(1).map(|minutes| minutes.parse::<f64>());
    let Some(minutes) = minutes else {
        println!("The soak runs with `-- --minutes 2`.");
        return;
    };
    let minutes = minutes.expect("--minutes takes a number");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    if !runtime.block_on(run(Duration::from_secs_f64(minutes * 60.0))) {
        std::process::exit(1);
    }
}

async fn run(length: Duration) -> bool {
    let model = Upstream::start([mood(0)]).await;
    let settings = [
        ("OPENAI_API_KEY", "k"),
        ("OPENAI_BASE_URL", model.base_url.as_str()),
        // Its failures are meant.
        ("AUTIO_LOG", "off,autio::cli=info"),
    ];
    // One with a model, and one whose built-in advisor answers.
    let (first, second) = (Database::new(), Database::new());
    let servers = [
        process::start(&first, &settings).await,
        process::start(&second, &[]).await,
    ];
    let log = Arc::new(Log::default());
    let (stop, stopped) = watch::channel(false);
    let mut running = JoinSet::new();
    for (at, server) in servers.iter().enumerate() {
        let http = client().timeout(Duration::from_secs(60));
        let person = Person::new(
            &server.base,
            at,
            http.build().expect("a client"),
            log.clone(),
        )
        .await;
        for activity in people::ALL {
            running.spawn(activity.go_on(person.clone(), stopped.clone()));
        }
    }
    let moods = tokio::spawn(change_moods(model.clone()));
    let ids = servers
        .each_ref()
        .map(|server| server.child.id().expect("it runs"));
    let begun = Instant::now();
    let mut samples = Vec::new();
    while begun.elapsed() < length {
        tokio::time::sleep(LOOK).await;
        samples.push((begun.elapsed(), ids.map(sample)));
    }
    stop.send_replace(true);
    moods.abort();
    model.now(mood(0));
    while let Some(ended) = running.join_next().await {
        ended.expect("nobody panics");
    }
    tokio::time::sleep(REST).await;
    let rested = ids.map(sample);
    log.print();
    let mut holds = log.is_good();
    for (at, name) in ["with a model", "with the built-in advisor"]
        .into_iter()
        .enumerate()
    {
        let all = samples
            .iter()
            .map(|(when, both)| (*when, both[at]))
            .collect();
        holds &= Samples(all).judge(name, rested[at]);
    }
    holds &= servers_live(&servers).await;
    println!(
        "{}",
        if holds {
            "It is flat."
        } else {
            "It is NOT flat, or not right."
        }
    );
    holds
}

async fn servers_live(servers: &[Process]) -> bool {
    let mut live = true;
    for server in servers {
        let asked = client()
            .build()
            .expect("a client")
            .get(format!("{}/healthz", server.base));
        live &= asked
            .send()
            .await
            .is_ok_and(|answer| answer.status() == 200);
    }
    live
}

/// The model's server is well every other time, and otherwise fails in one of the ways that it can.
fn mood(number: usize) -> Script {
    const TEXT: &str = "A hybrid would suit you: easy on fuel, and there are many with **all-wheel drive**. Do you need a third row?";
    let faults = [
        Script::Status(500, "", "{}"),
        Script::BreakOff("A hybr"),
        Script::Reset,
        Script::Garbage("A hy"),
        Script::Status(429, "retry-after: 1\r\n", "{}"),
        Script::Hang,
        Script::WebPage,
        Script::FallSilent("A "),
        Script::Filter("A"),
    ];
    match number % 2 {
        0 => Script::Say(TEXT, Duration::from_millis(10)),
        _ => faults[number / 2 % faults.len()].clone(),
    }
}

async fn change_moods(model: Upstream) {
    for number in 1.. {
        tokio::time::sleep(MOOD).await;
        model.now(mood(number));
    }
}
