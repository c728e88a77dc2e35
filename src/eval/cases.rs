//! Reads the shopper requests that advice is judged by: what is said, and what must come of it.

/// A conversation with a shopper.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// What it tries: `hard constraints`, `retractions` …
    pub category: String,
    /// Where it starts in the file, counted from 1.
    pub line: usize,
    pub steps: Vec<Step>,
}

/// One turn of the shopper, and what must stand after it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Step {
    pub said: String,
    /// Other words for the same: the answer must show the same cars in the same order.
    pub alike: Vec<String>,
    /// The needs that must stand after this turn, and no others, each as `field=value`.
    pub needs: Vec<String>,
    /// The field that the answer must ask about.
    pub asks: Option<String>,
    pub checks: Vec<Check>,
}

/// What else must be true of an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Check {
    /// The text has these words in it, in whatever case.
    Says(String),
    /// The text doesn't.
    Never(String),
    /// It names these two needs as ones that can't both hold, and asks which counts.
    Conflict(String, String),
    /// It says that nothing fits, and what would.
    NothingFits,
    /// It shows no car.
    NoCars,
}

/// What is wrong with a file of cases, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct CaseError {
    pub line: usize,
    pub what: String,
}

/// Reads a file of cases; its format is told at the top of `tests/advice/cases.txt`.
///
/// # Errors
/// When a line isn't one of that format, or stands where it can't.
pub fn parse(text: &str) -> Result<Vec<Case>, CaseError> {
    let mut cases: Vec<Case> = Vec::new();
    let mut category = String::new();
    let mut open = false;
    for (at, line) in text.lines().enumerate() {
        let line_number = at + 1;
        let wrong = |what: &str| CaseError {
            line: line_number,
            what: what.to_owned(),
        };
        let (mark, rest) = match line.split_once(' ') {
            Some((mark, rest)) => (mark, rest.trim()),
            None => (line, ""),
        };
        match mark {
            "" => open = false,
            "#" => {
                if let Some(name) = rest.strip_prefix("category:") {
                    category = name.trim().to_owned();
                }
            }
            ">" => {
                if !open {
                    cases.push(Case {
                        category: category.clone(),
                        line: line_number,
                        steps: Vec::new(),
                    });
                    open = true;
                }
                let case = cases.last_mut().ok_or_else(|| wrong("no case is open"))?;
                case.steps.push(Step {
                    said: rest.replace("\\n", "\n"),
                    ..Step::default()
                });
            }
            _ => {
                let step = cases.last_mut().filter(|_| open);
                let step = step
                    .and_then(|case| case.steps.last_mut())
                    .ok_or_else(|| wrong("nothing was said before this"))?;
                match mark {
                    "~" => step.alike.push(rest.to_owned()),
                    "=" => step.needs = needs(rest).ok_or_else(|| wrong("no field=value"))?,
                    "?" => step.asks = Some(rest.to_owned()),
                    "!" => step.checks.push(check(rest).ok_or_else(|| {
                        wrong("says, never, conflict, nothing fits or no cars was expected")
                    })?),
                    _ => return Err(wrong("a line starts with #, >, ~, =, ? or !")),
                }
            }
        }
    }
    Ok(cases)
}

/// The cases that ship with the program: those of `tests/advice/cases.txt`.
///
/// # Errors
/// When the file isn't of its format, which its test rules out for a build that passed.
pub fn built_in() -> Result<Vec<Case>, CaseError> {
    parse(include_str!("../../tests/advice/cases.txt"))
}

/// The makes that take the place of `{make}`, in the case's text and in its needs.
pub const SWAPPED: [&str; 5] = ["Toyota", "Ford", "Hyundai", "BMW", "Subaru"];

impl Case {
    /// Whether a make is to be put in.
    pub fn swaps(&self) -> bool {
        self.steps.iter().any(|step| step.said.contains("{make}"))
    }

    /// The case with that make in the place of `{make}`.
    pub fn with_make(&self, make: &str) -> Case {
        let mut case = self.clone();
        for step in &mut case.steps {
            step.said = step.said.replace("{make}", make);
            for need in &mut step.needs {
                *need = need.replace("{make}", make);
            }
        }
        case
    }
}

fn needs(list: &str) -> Option<Vec<String>> {
    let needs = list.split(';').map(str::trim).filter(|n| !n.is_empty());
    needs
        .map(|need| need.contains('=').then(|| need.to_owned()))
        .collect()
}

fn check(text: &str) -> Option<Check> {
    let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
    let rest = rest.trim();
    match (word, rest) {
        (_, "") => None,
        ("says", words) => Some(Check::Says(words.to_owned())),
        ("never", words) => Some(Check::Never(words.to_owned())),
        ("conflict", pair) => {
            let (one, other) = pair.split_once(" / ")?;
            Some(Check::Conflict(one.to_owned(), other.to_owned()))
        }
        ("nothing", "fits") => Some(Check::NothingFits),
        ("no", "cars") => Some(Check::NoCars),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_is_read_with_all_that_is_expected() {
        let text = "# Notes.\n# category: traps\n> a boat\n~ my boat\n= body=suv; make={make}\n? towing_min\n> no\n=\n\
            ! says boat\n! never <b>\n! conflict a / b\n! nothing fits\n! no cars\n\n> {make}\n=\n";
        let cases = parse(text).unwrap();
        assert_eq!(cases.len(), 2);
        let [first, second] = &cases[0].steps[..] else {
            panic!("two steps")
        };
        assert_eq!((cases[0].category.as_str(), cases[0].line), ("traps", 3));
        assert_eq!(first.needs, ["body=suv", "make={make}"]);
        assert_eq!(
            (first.asks.as_deref(), first.alike.as_slice()),
            (Some("towing_min"), &["my boat".to_owned()][..])
        );
        assert_eq!(second.checks.len(), 5);
        assert!(cases[1].swaps());
        assert_eq!(cases[1].with_make("Kia").steps[0].said, "Kia");
    }

    #[test]
    fn what_is_no_case_is_told_with_its_line() {
        for (text, line) in [
            ("= body=suv", 1),
            ("> a\n= body", 2),
            ("> a\nb", 2),
            ("> a\n\n! says b", 3),
            ("> a\n! sings b", 2),
        ] {
            assert_eq!(parse(text).unwrap_err().line, line, "{text}");
        }
    }
}
