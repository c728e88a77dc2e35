//! How many instructions the hot paths take, held against what is kept in counts.txt: a figure that a busy machine doesn't
//! change. `cargo test --bench counts` compares, and `cargo test --bench counts -- --accept` keeps the new ones.
//!
//! Callgrind counts, so without valgrind nothing is compared. It counts the code that tests are built to, not optimised:
//! that is there already wherever the tests run, and what does more work there does so in a release as well.

#[path = "../rows/message.rs"]
mod message;
mod paths;

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

/// How far a count may be off, in percent: hash tables differ a little from run to run.
const TOLERANCE: f64 = 5.0;

fn main() -> ExitCode {
    let has = |wanted: &str| std::env::args().any(|argument| argument == wanted);
    if has("--count") {
        paths::run();
        return ExitCode::SUCCESS;
    }
    let found = Command::new("valgrind")
        .arg("--version")
        .stdout(Stdio::null())
        .status();
    if !found.is_ok_and(|status| status.success()) {
        println!("Instructions aren't counted: valgrind isn't installed.");
        return ExitCode::SUCCESS;
    }
    let counts = count();
    let compiler = compiler();
    if has("--accept") {
        std::fs::write(kept_in(), write(&compiler, &counts)).expect("counts.txt");
        println!(
            "Kept in {}:\n{}",
            kept_in().display(),
            write(&compiler, &counts)
        );
        return ExitCode::SUCCESS;
    }
    if !cfg!(debug_assertions) {
        println!(
            "Optimised, and so for reading only:\n{}",
            write(&compiler, &counts)
        );
        return ExitCode::SUCCESS;
    }
    compare(&compiler, &counts)
}

fn kept_in() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/counts/counts.txt")
}

/// Runs all paths under callgrind once for each, which counts while that one runs.
fn count() -> Vec<u64> {
    paths::FUNCTIONS.map(count_one).to_vec()
}

fn count_one(function: &str) -> u64 {
    let dir = tempfile::tempdir().expect("a folder");
    let out = dir.path().join("out");
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--quiet", "--tool=callgrind", "--collect-atstart=no"]);
    valgrind.arg(format!("--toggle-collect=*{function}*"));
    valgrind.arg(format!("--callgrind-out-file={}", out.display()));
    valgrind
        .arg(std::env::current_exe().expect("a path"))
        .arg("--count");
    let output = valgrind.output().expect("valgrind");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let text = std::fs::read_to_string(out).expect("callgrind's file");
    let total = text.lines().find_map(|line| line.strip_prefix("totals: "));
    let total = total.and_then(|total| total.trim().parse().ok());
    total.filter(|total| *total > 0).expect("a total")
}

fn compiler() -> String {
    let output = Command::new("rustc")
        .arg("--version")
        .output()
        .expect("rustc");
    let version = String::from_utf8_lossy(&output.stdout);
    version
        .split_whitespace()
        .nth(1)
        .unwrap_or("unknown")
        .to_owned()
}

fn write(compiler: &str, counts: &[u64]) -> String {
    let mut text = format!("rustc {compiler}\n");
    for (name, count) in paths::NAMES.iter().zip(counts) {
        writeln!(text, "{count:>12} {name}").expect("a string takes it");
    }
    text
}

fn compare(compiler: &str, counts: &[u64]) -> ExitCode {
    let kept = std::fs::read_to_string(kept_in()).unwrap_or_default();
    let mut lines = kept.lines();
    let is_same_compiler = lines.next() == Some(&format!("rustc {compiler}"));
    let before = |name: &str| {
        let line = lines
            .clone()
            .find_map(|line| line.trim().strip_suffix(name));
        line.and_then(|count| count.trim().parse::<u64>().ok())
    };
    let mut differ = 0;
    println!("| path | instructions | kept | |");
    println!("| --- | ---: | ---: | ---: |");
    for (name, count) in paths::NAMES.iter().zip(counts) {
        let Some(kept) = before(name) else {
            println!("| {name} | {count} | none | new |");
            differ += 1;
            continue;
        };
        let change = (*count as f64 / kept as f64 - 1.0) * 100.0;
        println!("| {name} | {count} | {kept} | {change:+.1} % |");
        differ += usize::from(change.abs() > TOLERANCE);
    }
    match (differ, is_same_compiler) {
        (0, _) => ExitCode::SUCCESS,
        (_, false) => {
            println!(
                "{differ} differ, but they were kept with another compiler, so that is no failure."
            );
            ExitCode::SUCCESS
        }
        _ => {
            println!(
                "{differ} differ by more than {TOLERANCE} %. If that is meant, say why in the commit, and keep them: cargo test --bench counts -- --accept"
            );
            ExitCode::FAILURE
        }
    }
}
