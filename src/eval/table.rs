//! What was measured, as a table for people: each row a check that passes or doesn't.

use std::fmt::{Display, Formatter, Result};

/// One check, what it measured and what it asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub name: String,
    pub measured: String,
    pub wanted: String,
    pub passed: bool,
    /// What is wrong, one thing a line; a row may pass with some.
    pub notes: Vec<String>,
}

impl Row {
    /// A check that passes when nothing is wrong; `of` says what was looked at.
    pub fn none_wrong(name: &str, of: &str, wrong: Vec<String>) -> Self {
        Row {
            name: name.to_owned(),
            measured: format!("{} of {of}", wrong.len()),
            wanted: "0".to_owned(),
            passed: wrong.is_empty(),
            notes: wrong,
        }
    }

    /// A share that must not fall below a floor, both in tenths of a percent.
    pub fn at_least(
        name: &str,
        right: usize,
        all: usize,
        floor: usize,
        wrong: Vec<String>,
    ) -> Self {
        let permille = (right * 1000).checked_div(all).unwrap_or(1000);
        let percent = |permille: usize| format!("{}.{} %", permille / 10, permille % 10);
        Row {
            name: name.to_owned(),
            measured: format!("{} ({right} of {all})", percent(permille)),
            wanted: format!("at least {}", percent(floor)),
            passed: permille >= floor,
            notes: wrong,
        }
    }

    /// A count that is told and not judged.
    pub fn count(name: &str, measured: String) -> Self {
        Row {
            name: name.to_owned(),
            measured,
            wanted: String::new(),
            passed: true,
            notes: Vec::new(),
        }
    }
}

/// Rows under each other, in Markdown.
pub struct Table<'a>(pub &'a [Row]);

impl Display for Table<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let width = |text: fn(&Row) -> &str, least: usize| {
            let longest = self.0.iter().map(|row| text(row).chars().count()).max();
            longest.unwrap_or(0).max(least)
        };
        let names = width(|row| &row.name, 5);
        let measured = width(|row| &row.measured, 8);
        let wanted = width(|row| &row.wanted, 6);
        let mut line = |a: &str, b: &str, c: &str, d: &str| {
            writeln!(f, "| {a:names$} | {b:measured$} | {c:wanted$} | {d:4} |")
        };
        line("Check", "Measured", "Wanted", "")?;
        line(
            &"-".repeat(names),
            &"-".repeat(measured),
            &"-".repeat(wanted),
            "----",
        )?;
        for row in self.0 {
            let verdict = match (row.passed, row.wanted.is_empty()) {
                (_, true) => "",
                (true, _) => "pass",
                (false, _) => "FAIL",
            };
            line(&row.name, &row.measured, &row.wanted, verdict)?;
        }
        Ok(())
    }
}
