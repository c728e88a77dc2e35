//! What a process takes, and whether that stays flat.

use std::time::Duration;

/// How much more memory the last third may take than the middle one, at the median: allocators settle slowly, and what leaks
/// with every request is more than that after two minutes of them.
const MEMORY: f64 = 1.10;
/// And in KiB, where that is little.
const SLACK: u64 = 6 * 1024;
/// And how many open files: those of people who happen to be there.
const FILES: usize = 24;
/// How many lines the table has at most.
const LINES: usize = 12;

/// What one process takes at a moment.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sample {
    /// KiB.
    pub memory: u64,
    pub files: usize,
    pub threads: usize,
}

/// Looks at a process.
///
/// # Panics
/// When it is gone.
pub fn sample(id: u32) -> Sample {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).expect("it runs");
    let number = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|line| line.split_whitespace().next()?.parse().ok())
    };
    let files = std::fs::read_dir(format!("/proc/{id}/fd")).expect("it runs");
    Sample {
        memory: number("VmRSS:").expect("a number"),
        threads: number("Threads:").expect("a number") as usize,
        files: files.count(),
    }
}

/// What it took over time.
pub struct Samples(pub Vec<(Duration, Sample)>);

impl Samples {
    /// Prints them, and says whether the last third is no higher than the middle one. The first is for warming up.
    pub fn judge(&self, name: &str, rested: Sample) -> bool {
        println!("\n| the server {name}, after | memory | open files | threads |");
        println!("| --- | ---: | ---: | ---: |");
        let step = self.0.len().div_ceil(LINES).max(1);
        for (when, sample) in self.0.iter().step_by(step) {
            line(&format!("{} s", when.as_secs()), *sample);
        }
        line("at rest again", rested);
        let third = self.0.len() / 3;
        let of = |part: &[(Duration, Sample)]| Sample {
            memory: middle(part.iter().map(|(_, sample)| sample.memory)),
            files: middle(part.iter().map(|(_, sample)| sample.files)),
            threads: middle(part.iter().map(|(_, sample)| sample.threads)),
        };
        let (before, after) = (of(&self.0[third..2 * third]), of(&self.0[2 * third..]));
        line("middle third, median", before);
        line("last third, median", after);
        let most = ((before.memory as f64 * MEMORY) as u64).max(before.memory + SLACK);
        let is_flat = third > 0
            && after.memory <= most
            && after.files <= before.files + FILES
            && rested.files <= before.files + FILES;
        if !is_flat {
            println!(
                "it grew: at most {most} KiB and {} files were allowed",
                before.files + FILES
            );
        }
        is_flat
    }
}

fn line(what: &str, sample: Sample) {
    let mib = sample.memory as f64 / 1024.0;
    println!(
        "| {what} | {mib:.1} MiB | {} | {} |",
        sample.files, sample.threads
    );
}

fn middle<T: Ord + Default>(all: impl Iterator<Item = T>) -> T {
    let mut all: Vec<T> = all.collect();
    all.sort();
    let at = all.len() / 2;
    all.into_iter().nth(at).unwrap_or_default()
}
