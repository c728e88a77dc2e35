//! The machine: room on the disk, and how many files may be open.

use std::path::Path;

use super::{Finding, State, finding};
use crate::config::{Config, DatabaseUrl};

/// A stream takes two, and so does a connection with a proxy in front.
const FEW_FILES: u64 = 4_096;
const MIB: u64 = 1024 * 1024;
/// SQLite stops writing when nothing is left.
const LITTLE_ROOM: u64 = 100 * MIB;

#[cfg(unix)]
pub fn look(config: &Config) -> Vec<Finding> {
    let mut found = Vec::new();
    if let DatabaseUrl::Sqlite(path) = &config.database {
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        let size = path.metadata().map_or(0, |data| data.len());
        found.push(match rustix::fs::statvfs(folder) {
            Ok(disk) => room(disk.f_bavail.saturating_mul(disk.f_frsize), size),
            Err(error) => super::fail("disk", format!("{}: {error}", folder.display())),
        });
    }
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    found.push(files(limit.current));
    found
}

#[cfg(not(unix))]
pub fn look(_: &Config) -> Vec<Finding> {
    Vec::new()
}

/// Whether so many free bytes do, beside a database of that size.
fn room(free: u64, size: u64) -> Finding {
    let (free_mib, size_mib) = (free / MIB, size.div_ceil(MIB));
    let (state, advice) = match free {
        _ if free < LITTLE_ROOM => (
            State::Fail,
            "; messages are refused once none is left, so make room now",
        ),
        // For a backup, or for SQLite to write itself anew.
        _ if free < size.saturating_mul(2).max(10 * LITTLE_ROOM) => {
            (State::Warn, "; make room before it runs out")
        }
        _ => (State::Ok, ""),
    };
    let says = format!("{free_mib} MiB free beside a database of {size_mib} MiB{advice}");
    finding("disk", state, says)
}

/// Whether so many open files do; `None` is no limit.
fn files(limit: Option<u64>) -> Finding {
    match limit {
        None => super::ok("open files", "without a limit"),
        Some(limit) if limit < FEW_FILES => super::warn(
            "open files",
            format!(
                "at most {limit}, and each open stream takes one or two; raise it (ulimit -n 65536, or LimitNOFILE=65536 of systemd) where the server is started"
            ),
        ),
        Some(limit) => super::ok("open files", format!("at most {limit}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_to_be_room_for_twice_the_database() {
        let gib = 1024 * MIB;
        for (free, size, state) in [
            (50 * MIB, MIB, State::Fail),
            (500 * MIB, MIB, State::Warn),
            (5 * gib, 3 * gib, State::Warn),
            (5 * gib, gib, State::Ok),
        ] {
            assert_eq!(room(free, size).state, state, "{free} {size}");
        }
        assert_eq!(files(Some(1_024)).state, State::Warn);
        assert_eq!(files(Some(65_536)).state, State::Ok);
        assert_eq!(files(None).state, State::Ok);
    }
}
