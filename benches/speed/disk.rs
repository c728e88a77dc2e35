//! How often a second the disk can be told to keep what was written.

use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

/// Syncs a second of a file that grows by a page each time, as a database's log does.
pub fn syncs(dir: &Path) -> f64 {
    let mut file = std::fs::File::create(dir.join("syncs")).expect("a file");
    let page = [7; 4096];
    let (begun, mut count) = (Instant::now(), 0);
    while begun.elapsed() < Duration::from_secs(2) {
        file.write_all(&page).expect("room");
        file.sync_data().expect("a disk");
        count += 1;
    }
    f64::from(count) / begun.elapsed().as_secs_f64()
}
