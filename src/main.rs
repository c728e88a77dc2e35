//! The `autio` command.

use std::process::ExitCode;

/// Gives memory back to the system once a burst is over, which glibc's allocator, with one heap for each thread, doesn't.
#[cfg(unix)]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    autio::cli::run()
}
