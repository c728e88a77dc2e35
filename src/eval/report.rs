//! What a live evaluation found, as a table for people and as JSON.

use std::fmt::{Display, Formatter, Result};

use serde::Serialize;

/// What came of one run of one request.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    pub passed: bool,
    /// Why the model's server gave no answer, if it gave none.
    pub failure: Option<String>,
    /// Cars that were named or shown, and how many of them break a need or don't exist.
    pub cars: usize,
    pub violations: usize,
    pub invented: usize,
    /// Turns after which the needs were as meant, and turns in all; `None` for who keeps no needs.
    pub needs: Option<(usize, usize)>,
    /// What is wrong with it, a sentence each.
    pub wrong: Vec<String>,
}

/// How many of the things that were wrong a table lists; JSON has them all.
const LISTED: usize = 12;

/// The figures of one advisor.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figures {
    pub advisor: String,
    pub requests: usize,
    /// Runs of each request.
    pub runs: usize,
    /// Runs that the model's server failed; they pass nothing.
    pub upstream_failures: usize,
    pub cars: usize,
    pub constraints_violated: usize,
    pub cars_not_in_the_catalogue: usize,
    /// The share of turns after which the needs were exactly as meant.
    pub needs: Option<f64>,
    /// The mean share of a request's runs that pass.
    pub pass_1: f64,
    /// The share of requests all of whose runs pass.
    pub pass_all: f64,
    /// What was wrong, each once.
    pub wrong: Vec<String>,
}

impl Figures {
    /// Sums up the runs of each request.
    pub fn of(advisor: &str, runs: usize, requests: &[Vec<Outcome>]) -> Self {
        let all = || requests.iter().flatten();
        let sum = |count: fn(&Outcome) -> usize| all().map(count).sum();
        let needs = all().filter_map(|outcome| outcome.needs);
        let (right, turns) = needs.fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        let passes = requests
            .iter()
            .map(|outcomes| outcomes.iter().filter(|o| o.passed).count());
        let mut wrong: Vec<String> = Vec::new();
        for one in all().flat_map(|outcome| &outcome.wrong) {
            if !wrong.contains(one) {
                wrong.push(one.clone());
            }
        }
        let share = |part: usize, whole: usize| part as f64 / whole.max(1) as f64;
        Figures {
            advisor: advisor.to_owned(),
            requests: requests.len(),
            runs,
            upstream_failures: sum(|outcome| usize::from(outcome.failure.is_some())),
            cars: sum(|outcome| outcome.cars),
            constraints_violated: sum(|outcome| outcome.violations),
            cars_not_in_the_catalogue: sum(|outcome| outcome.invented),
            needs: (turns > 0).then(|| share(right, turns)),
            pass_1: share(passes.clone().sum(), requests.len() * runs),
            pass_all: share(
                passes.filter(|passes| *passes == runs).count(),
                requests.len(),
            ),
            wrong,
        }
    }
}

/// All advisors, one beside the other.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    pub advisors: Vec<Figures>,
    /// The failures of the model's server, each once.
    pub failures: Vec<String>,
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let runs = self.advisors.first().map_or(1, |figures| figures.runs);
        let percent = |share: f64| format!("{:.1} %", 100.0 * share);
        // Of one run both would be the same.
        let all = |cell: String| if runs > 1 { cell } else { String::new() };
        writeln!(
            f,
            "| advisor | constraints violated | cars not in the catalogue | needs | pass^1 |{} upstream failures |\n\
             | --- | --- | --- | --- | --- |{} --- |",
            all(format!(" pass^{runs} |")),
            all(" --- |".to_owned()),
        )?;
        for figures in &self.advisors {
            let needs = figures.needs.map_or("–".to_owned(), percent);
            writeln!(
                f,
                "| {} | {} of {} cars | {} | {needs} | {} |{} {} of {} runs |",
                figures.advisor,
                figures.constraints_violated,
                figures.cars,
                figures.cars_not_in_the_catalogue,
                percent(figures.pass_1),
                all(format!(" {} |", percent(figures.pass_all))),
                figures.upstream_failures,
                figures.requests * figures.runs,
            )?;
        }
        for figures in self.advisors.iter().filter(|one| !one.wrong.is_empty()) {
            writeln!(
                f,
                "\nWhat was wrong with the answers of {}:\n",
                figures.advisor
            )?;
            for wrong in figures.wrong.iter().take(LISTED) {
                writeln!(f, "- {wrong}")?;
            }
            if let more @ 1.. = figures.wrong.len().saturating_sub(LISTED) {
                writeln!(f, "- and {more} more, which `--json` prints")?;
            }
        }
        for failure in &self.failures {
            writeln!(f, "\nThe model's server failed: {failure}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_passes_in_all_runs_or_in_a_share_of_them() {
        let outcome = |passed| Outcome {
            passed,
            needs: Some((1, 2)),
            ..Outcome::default()
        };
        let requests = [
            vec![outcome(true), outcome(true)],
            vec![outcome(true), outcome(false)],
        ];
        let figures = Figures::of("x", 2, &requests);
        assert_eq!(
            (figures.pass_1, figures.pass_all, figures.needs),
            (0.75, 0.5, Some(0.5))
        );
    }
}
