//! The `autio` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    autio::cli::run()
}
