//! So many who ask again and again, each as soon as they have their answer.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::wire::Wire;

/// What came of it.
pub struct Load {
    /// Answers a second.
    pub rate: f64,
    /// How long each took, sorted.
    took: Vec<Duration>,
}

impl Load {
    /// How long the quickest so many in a hundred took at most.
    pub fn percentile(&self, percent: usize) -> Duration {
        percentile(&self.took, percent)
    }
}

/// Of a sorted list.
pub fn percentile<T: Copy + Default>(sorted: &[T], percent: usize) -> T {
    let at = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
    sorted.get(at).copied().unwrap_or_default()
}

/// The one in the middle.
pub fn median<T: Copy + Default + PartialOrd>(mut all: Vec<T>) -> T {
    all.sort_by(|a, b| a.partial_cmp(b).expect("numbers"));
    percentile(&all, 50)
}

/// Asks for `length`, `at_once` at a time; who is number n sends the nth of the requests, round and round.
///
/// # Panics
/// When an answer isn't a good one: what is refused is quick, and no measure.
pub async fn run(addr: SocketAddr, requests: &[Vec<u8>], at_once: usize, length: Duration) -> Load {
    let requests: Arc<Vec<Vec<u8>>> = Arc::new(requests.to_vec());
    let mut people = JoinSet::new();
    let begun = Instant::now();
    let end = begun + length;
    for number in 0..at_once {
        let requests = requests.clone();
        people.spawn(async move {
            let mut wire = Wire::open(addr).await.expect("it takes connections");
            let request = &requests[number % requests.len()];
            let mut took = Vec::new();
            while Instant::now() < end {
                let asked = Instant::now();
                let answer = wire.ask(request).await.expect("an answer");
                let status = answer.status;
                assert!(
                    (200..300).contains(&status),
                    "{status}: {}",
                    String::from_utf8_lossy(&answer.body)
                );
                took.push(asked.elapsed());
            }
            took
        });
    }
    let mut took: Vec<Duration> = people.join_all().await.into_iter().flatten().collect();
    let rate = took.len() as f64 / begun.elapsed().as_secs_f64();
    took.sort();
    Load { rate, took }
}
