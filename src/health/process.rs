//! What the kernel says of this process. On other systems than Linux there is nothing.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::{Atomic, Gauge};
use prometheus_client::registry::{Registry, Unit};

/// Under the names that other programs have for the same.
pub fn registry(started: f64) -> Registry {
    use std::sync::atomic::AtomicU64;
    let mut registry = Registry::with_prefix("process");
    let start = Gauge::<f64, AtomicU64>::default();
    start.set(started);
    registry.register_with_unit(
        "start_time",
        "When the process started, since 1970",
        Unit::Seconds,
        start,
    );
    if let Some(bytes) = resident_bytes() {
        let resident = Gauge::<u64, AtomicU64>::default();
        resident.set(bytes);
        registry.register_with_unit(
            "resident_memory",
            "Memory of the process that is in RAM",
            Unit::Bytes,
            resident,
        );
    }
    if let Some(seconds) = cpu_seconds() {
        let cpu = Counter::<f64, AtomicU64>::default();
        cpu.inner().inc_by(seconds);
        registry.register_with_unit(
            "cpu",
            "Processor time of the process, its own and the system's for it",
            Unit::Seconds,
            cpu,
        );
    }
    if let Ok(open) = std::fs::read_dir("/proc/self/fd") {
        let fds = Gauge::<u64, AtomicU64>::default();
        // Without the one that reads them.
        fds.set((open.count() as u64).saturating_sub(1));
        registry.register("open_fds", "Open file descriptors", fds);
    }
    if let Some(most) = most_fds() {
        let fds = Gauge::<u64, AtomicU64>::default();
        fds.set(most);
        registry.register("max_fds", "The most file descriptors that may be open", fds);
    }
    registry
}

fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

fn cpu_seconds() -> Option<f64> {
    /// What Linux counts processor time in for programs, on every machine that Rust's library runs on.
    const TICKS: f64 = 100.0;
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The name comes second, in brackets, and may have spaces.
    let (_, after) = stat.rsplit_once(") ")?;
    let mut fields = after.split(' ').skip(11);
    let user: f64 = fields.next()?.parse().ok()?;
    let system: f64 = fields.next()?.parse().ok()?;
    Some((user + system) / TICKS)
}

fn most_fds() -> Option<u64> {
    let limits = std::fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}
