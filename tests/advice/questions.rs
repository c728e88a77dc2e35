//! The checks on what the advisor asks, each a row of the table.

use autio::advisor::needs::question;
use autio::cars::Catalogue;
use autio::eval::oracle::Oracle;
use autio::eval::table::Row;

use crate::conversation::{Run, written};

/// At most three questions, none twice, none that is answered, and the one that must be asked.
pub fn rules(runs: &[Run]) -> Vec<Row> {
    let (mut asked, mut musts) = (0, 0);
    let (mut idle, mut unasked) = (Vec::new(), Vec::new());
    for run in runs {
        let mut before: Vec<String> = Vec::new();
        for (step, answer) in run.steps() {
            let last = answer.text.lines().last().unwrap_or("").to_owned();
            let told =
                |what: &str| format!("line {}: {:?}: {what}: {last}", run.case.line, step.said);
            let about = question::asked(&answer.text).map(|field| field.as_str());
            if answer.text.matches('?').count() > 1 {
                idle.push(told("more than one question"));
            }
            if last.ends_with('?') {
                asked += 1;
                if before.contains(&last) {
                    idle.push(told("asked twice"));
                }
                if answer
                    .needs
                    .iter()
                    .any(|need| Some(need.field.as_str()) == about)
                {
                    idle.push(told("answered already"));
                }
                before.push(last.clone());
            }
            if before.len() > 3 {
                idle.push(told("more than three"));
            }
            if let Some(must) = &step.asks {
                musts += 1;
                if about != Some(must.as_str()) {
                    unasked.push(told(&format!("{must} should be asked")));
                }
            }
        }
    }
    vec![
        Row::none_wrong(
            "Questions too many, twice or answered already",
            &format!("{asked} asked"),
            idle,
        ),
        Row::none_wrong(
            "Questions that had to be asked and weren't",
            &format!("{musts}"),
            unasked,
        ),
    ]
}

/// No other question that could have been asked would have taken away more.
pub fn best(runs: &[Run], oracle: &Oracle, catalogue: &Catalogue) -> Row {
    let mut wrong = Vec::new();
    let mut seen: Vec<(Vec<String>, &str)> = Vec::new();
    let mut compared = 0;
    for run in runs {
        let mut before: Vec<&str> = Vec::new();
        for (step, answer) in run.steps() {
            let Some(asked) = question::asked(&answer.text).map(|field| field.as_str()) else {
                continue;
            };
            let needs = written(&answer.needs);
            let has = |field: &str| answer.needs.iter().any(|need| need.field.as_str() == field);
            // What had to be asked goes first; so it isn't the best of all.
            let must = step.asks.is_some()
                || answer
                    .text
                    .lines()
                    .last()
                    .is_some_and(|line| line.contains(". "));
            let key = (needs.clone(), asked);
            if !must && before.is_empty() && !seen.contains(&key) {
                compared += 1;
                let left = oracle.left_by_question(catalogue, &needs);
                let open = left
                    .iter()
                    .filter(|(field, _)| !has(field) && !before.contains(field));
                let best = open.min_by(|(_, one), (_, other)| one.total_cmp(other));
                let of_asked = left.iter().find(|(field, _)| *field == asked);
                let least = best.map_or(1.0, |(_, left)| *left);
                let is_best = match of_asked {
                    Some((_, left)) => *left <= least + 1e-9,
                    // What matters most takes no car away: it is asked when nothing does.
                    None => least > 0.9,
                };
                if !is_best {
                    wrong.push(format!(
                        "line {}: {:?}: {asked} was asked, but {best:?} of {left:?}",
                        run.case.line, step.said
                    ));
                }
                seen.push(key);
            }
            before.push(asked);
        }
    }
    Row::none_wrong(
        "Questions that part less than another would",
        &format!("{compared} counted car by car"),
        wrong,
    )
}
