//! The checks on what was answered, each a row of the table.

use std::collections::BTreeMap;

use autio::cars::Catalogue;
use autio::eval::cases::Check;
use autio::eval::oracle::{Complaint, Kind, Oracle};
use autio::eval::relaxation;
use autio::eval::table::Row;

use crate::conversation::{Run, answer, sorted, written};

/// How much must be understood, in tenths of a percent: just below what was measured, so that it can't get worse unseen.
const FLOOR_PERMILLE: usize = 995;

/// What the catalogue says of every car that was shown.
pub fn cars(runs: &[Run], oracle: &Oracle) -> Vec<Row> {
    let mut shown = 0;
    let (mut broken, mut broken_as_meant, mut invented, mut kept) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for run in runs {
        let mut before = Vec::new();
        for (step, answer) in run.steps() {
            shown += answer.cars.len();
            let found = written(&answer.needs);
            let told = |complaint: &Complaint| format!("{:?}: {complaint}", step.said);
            let complaints = oracle.complaints(&found, answer);
            // Where the needs were understood, there is nothing more to judge.
            let as_meant = match found == sorted(&step.needs) {
                true => complaints.clone(),
                false => oracle.complaints(&step.needs, answer),
            };
            let as_meant = as_meant.iter().filter(|c| c.kind == Kind::Breaks);
            broken_as_meant.extend(as_meant.map(told));
            for complaint in complaints {
                match complaint.kind {
                    Kind::Breaks => broken.push(told(&complaint)),
                    Kind::Invented => invented.push(told(&complaint)),
                    // Nothing new was asked for: the answer is about something else.
                    Kind::KeptBack if answer.cars.is_empty() && found == before => {}
                    Kind::KeptBack | Kind::Uncalled => kept.push(told(&complaint)),
                }
            }
            before = found;
        }
    }
    let cars = format!("{shown} cars shown");
    vec![
        Row::none_wrong("Constraints violated, as understood", &cars, broken),
        Row::none_wrong("Constraints violated, as meant", &cars, broken_as_meant),
        Row::none_wrong("Cars or figures not in the catalogue", &cars, invented),
        Row::none_wrong("Fitting cars kept back, or unasked ones shown", &cars, kept),
    ]
}

/// How well the needs were read.
pub fn understood(runs: &[Run]) -> Vec<Row> {
    let (mut right, mut found_all, mut meant_all) = (0, 0, 0);
    let mut wrong = Vec::new();
    let mut requests = 0;
    for run in runs {
        let mut all_right = true;
        for (step, answer) in run.steps() {
            let (found, meant) = (written(&answer.needs), sorted(&step.needs));
            right += found.iter().filter(|need| meant.contains(need)).count();
            (found_all, meant_all) = (found_all + found.len(), meant_all + meant.len());
            if found != meant {
                all_right = false;
                wrong.push(format!(
                    "line {}: {:?}\n    meant {meant:?}\n    found {found:?}",
                    run.case.line, step.said
                ));
            }
        }
        requests += usize::from(all_right);
    }
    let floor = FLOOR_PERMILLE;
    vec![
        Row::at_least("Needs: precision", right, found_all, floor, Vec::new()),
        Row::at_least("Needs: recall", right, meant_all, floor, Vec::new()),
        Row::at_least(
            "Requests understood in every turn",
            requests,
            runs.len(),
            floor,
            wrong,
        ),
    ]
}

/// The words of a need stand in the message that it names.
pub fn ledger(runs: &[Run]) -> Row {
    let mut wrong = Vec::new();
    let mut needs = 0;
    for run in runs {
        for (_, answer) in run.steps() {
            for need in &answer.needs {
                needs += 1;
                // The person's messages have even numbers.
                let at = need.message_id[1..].parse::<usize>().unwrap_or(1);
                let said = run.case.steps.get(at / 2).filter(|_| at.is_multiple_of(2));
                let stands = said.is_some_and(|step| step.said.contains(&need.words));
                if !stands || need.words.is_empty() {
                    wrong.push(format!("{need:?}"));
                }
            }
        }
    }
    Row::none_wrong(
        "Needs without the shopper's own words",
        &format!("{needs} needs"),
        wrong,
    )
}

/// What each case says beside needs and questions.
pub fn said(runs: &[Run]) -> Vec<Row> {
    let (mut contradictions, mut others) = (0, 0);
    let (mut unnamed, mut wrong) = (Vec::new(), Vec::new());
    for run in runs {
        for (step, answer) in run.steps() {
            let text = answer.text.to_lowercase();
            for check in &step.checks {
                let holds = match check {
                    Check::Says(words) => text.contains(&words.to_lowercase()),
                    Check::Never(words) => !text.contains(&words.to_lowercase()),
                    Check::Conflict(one, other) => {
                        let question = answer.text.lines().last().unwrap_or("").to_lowercase();
                        [one, other]
                            .iter()
                            .all(|words| question.contains(&words.to_lowercase()))
                    }
                    Check::NothingFits => {
                        text.contains("nothing in the catalogue meets all of that")
                    }
                    Check::NoCars => answer.cars.is_empty(),
                };
                let told = || {
                    format!(
                        "line {}: {:?}: {check:?} in {:?}",
                        run.case.line, step.said, answer.text
                    )
                };
                match check {
                    Check::Conflict(..) => {
                        contradictions += 1;
                        unnamed.extend((!holds).then(told));
                    }
                    _ => {
                        others += 1;
                        wrong.extend((!holds).then(told));
                    }
                }
            }
        }
    }
    vec![
        Row::none_wrong(
            "Contradictions not asked about",
            &contradictions.to_string(),
            unnamed,
        ),
        Row::none_wrong(
            "Things that had to be said and weren't, or the reverse",
            &others.to_string(),
            wrong,
        ),
    ]
}

/// Another order of the same words, or another make that is only mentioned, changes no result.
pub fn swaps(runs: &[Run], catalogue: &Catalogue) -> Row {
    let ids = |answer: &autio::advisor::Answer| -> Vec<String> {
        answer.cars.iter().map(|car| car.id.clone()).collect()
    };
    let mut wrong = Vec::new();
    let mut pairs = 0;
    let mut first_of: BTreeMap<usize, &Run> = BTreeMap::new();
    for run in runs {
        let first = first_of.entry(run.case.line).or_insert(run);
        if !std::ptr::eq(*first, run)
            && first
                .case
                .steps
                .iter()
                .zip(&run.case.steps)
                .all(|(a, b)| a.needs == b.needs)
        {
            pairs += 1;
            if first
                .answers
                .iter()
                .zip(&run.answers)
                .any(|(a, b)| ids(a) != ids(b))
            {
                wrong.push(format!("{:?} shows other cars", run.case.steps[0].said));
            }
        }
        for (step, given) in run.steps() {
            for alike in &step.alike {
                pairs += 1;
                let other = answer(catalogue, alike);
                if written(&other.needs) != written(&given.needs) || ids(&other) != ids(given) {
                    wrong.push(format!(
                        "{alike:?} isn't read as {:?}: {:?}",
                        step.said,
                        written(&other.needs)
                    ));
                }
            }
        }
    }
    Row::none_wrong(
        "Results changed by order or by a make in passing",
        &format!("{pairs} swaps"),
        wrong,
    )
}

/// Made-up requests that nothing fits: the smallest changes, and no others, are offered.
pub fn relaxation(catalogue: &Catalogue) -> Row {
    let counts = relaxation::check(catalogue, 1, 300);
    let name = "Relaxation minimal, where nothing fits";
    Row::at_least(name, counts.minimal, counts.checked, 1000, counts.wrong)
}

/// How many cases and turns there are of each category.
pub fn counts(runs: &[Run]) -> Vec<Row> {
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for run in runs {
        let count = counts.entry(&run.case.category).or_default();
        *count = (count.0 + 1, count.1 + run.answers.len());
    }
    let told = |(requests, turns)| format!("{requests} requests, {turns} turns");
    let mut rows: Vec<Row> = counts
        .into_iter()
        .map(|(name, count)| Row::count(&format!("- {name}"), told(count)))
        .collect();
    let turns = runs.iter().map(|run| run.answers.len()).sum();
    rows.insert(0, Row::count("All", told((runs.len(), turns))));
    rows
}
