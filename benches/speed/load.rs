//! So many who ask again and again, each as soon as they have their answer.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::wire::Wire;

/// What came of it.
pub struct Load {
    /// Good answers a second.
    pub rate: f64,
    /// How many weren't good.
    pub failed: usize,
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

/// Asks for `length`, `at_once` at a time; who is number n sends the nth of the requests, round and round. What is refused
/// is quick, and no measure: it is counted apart.
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
            let (mut took, mut failed) = (Vec::new(), 0);
            while Instant::now() < end {
                let asked = Instant::now();
                match wire.ask(request).await {
                    Ok(answer) if (200..300).contains(&answer.status) => took.push(asked.elapsed()),
                    Ok(_) => failed += 1,
                    Err(_) => {
                        failed += 1;
                        wire = Wire::open(addr).await.expect("it takes connections");
                    }
                }
            }
            (took, failed)
        });
    }
    let (mut took, mut failed) = (Vec::new(), 0);
    for (its, failures) in people.join_all().await {
        took.extend(its);
        failed += failures;
    }
    let rate = took.len() as f64 / begun.elapsed().as_secs_f64();
    took.sort();
    Load { rate, failed, took }
}
