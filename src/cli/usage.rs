//! `autio usage`: what was answered, the tokens that it took, and what they cost.

use chrono::NaiveDate;
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::database::Database;
use super::users::plain;
use super::{Failure, print_on};
use crate::cars::words::thousands;
use crate::config::Prices;
use crate::db::usage::{self, Apart, Sum};

/// What a person is called whose account is gone.
const DELETED: &str = "(deleted)";
const UNKNOWN: &str = "unknown";

#[derive(Debug, Args)]
pub struct Usage {
    /// What to tell apart; several with commas between them.
    #[arg(long, value_delimiter = ',', default_value = "day")]
    by: Vec<By>,
    /// The first day, as YYYY-MM-DD (UTC).
    #[arg(long)]
    from: Option<NaiveDate>,
    /// The last day.
    #[arg(long)]
    to: Option<NaiveDate>,
    /// Print a JSON object for each line.
    #[arg(long, conflicts_with = "csv")]
    json: bool,
    /// Print CSV.
    #[arg(long)]
    csv: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum By {
    Day,
    User,
    Model,
}

/// A line of the report.
#[derive(Clone, Debug)]
struct Line {
    day: Option<NaiveDate>,
    user_id: Option<String>,
    email: Option<String>,
    model: Option<String>,
    answers: i64,
    estimated_answers: i64,
    prompt_tokens: i64,
    completion_tokens: i64,
    /// `None` as soon as the price of a part isn't known.
    cost_usd: Option<f64>,
}

impl Line {
    fn of(sum: &Sum, prices: &Prices, by_model: bool) -> Self {
        Self {
            day: sum.day,
            user_id: sum.user_id.clone(),
            email: sum.email.clone(),
            model: by_model.then(|| sum.model.clone()),
            answers: sum.answers,
            estimated_answers: sum.estimated_answers,
            prompt_tokens: sum.prompt_tokens,
            completion_tokens: sum.completion_tokens,
            cost_usd: prices.cost(&sum.model, sum.prompt_tokens, sum.completion_tokens),
        }
    }

    fn is_beside(&self, other: &Self) -> bool {
        (self.day, &self.user_id, &self.model) == (other.day, &other.user_id, &other.model)
    }

    fn add(&mut self, other: &Self) {
        self.answers += other.answers;
        self.estimated_answers += other.estimated_answers;
        self.prompt_tokens += other.prompt_tokens;
        self.completion_tokens += other.completion_tokens;
        self.cost_usd = self
            .cost_usd
            .zip(other.cost_usd)
            .map(|(one, other)| one + other);
    }
}

impl Usage {
    pub fn run(&self) -> Result<(), Failure> {
        let (from, to) = (
            self.from.unwrap_or(NaiveDate::MIN),
            self.to.unwrap_or(NaiveDate::MAX),
        );
        if from > to {
            return Err(Failure::Argument(format!(
                "--from {from} is after --to {to}"
            )));
        }
        let database = Database::existing()?;
        let apart = Apart {
            days: self.has(By::Day),
            people: self.has(By::User),
        };
        // Both databases know these years.
        let first = from.max(NaiveDate::from_ymd_opt(2000, 1, 1).unwrap_or(from));
        let last = to.min(NaiveDate::from_ymd_opt(9999, 12, 31).unwrap_or(to));
        let sums = database.read(move |conn| usage::sums(conn, apart, first, last))?;
        let prices = &database.config.prices;
        let mut lines: Vec<Line> = Vec::new();
        for sum in &sums {
            let line = Line::of(sum, prices, self.has(By::Model));
            // The models of one line come one after the other.
            match lines.last_mut().filter(|last| last.is_beside(&line)) {
                Some(last) => last.add(&line),
                None => lines.push(line),
            }
        }
        match (self.json, self.csv) {
            (true, _) => self.print_json(&lines),
            (_, true) => self.print_csv(&lines),
            _ => {
                self.print_table(&lines)?;
                advise(&sums, prices);
                Ok(())
            }
        }
    }

    fn has(&self, by: By) -> bool {
        self.by.contains(&by)
    }

    fn print_json(&self, lines: &[Line]) -> Result<(), Failure> {
        for line in lines {
            let mut object = serde_json::Map::new();
            let mut put = |name: &str, value: Value| object.insert(name.into(), value);
            if self.has(By::Day) {
                put("day", json!(line.day));
            }
            if self.has(By::User) {
                put("user_id", json!(line.user_id));
                put("email", json!(line.email));
            }
            if self.has(By::Model) {
                put("model", json!(line.model));
            }
            put("answers", json!(line.answers));
            put("estimated_answers", json!(line.estimated_answers));
            put("prompt_tokens", json!(line.prompt_tokens));
            put("completion_tokens", json!(line.completion_tokens));
            put("cost_usd", json!(line.cost_usd));
            print_on(&format!("{}\n", Value::Object(object)))?;
        }
        Ok(())
    }

    /// The names of what is told apart.
    fn names(&self) -> Vec<&'static str> {
        let all = [(By::Day, "day"), (By::User, "user"), (By::Model, "model")];
        let wanted = all.into_iter().filter(|(by, _)| self.has(*by));
        wanted.map(|(_, name)| name).collect()
    }

    fn keys(&self, line: &Line) -> Vec<String> {
        let mut keys = Vec::new();
        if self.has(By::Day) {
            keys.push(line.day.map_or_else(String::new, |day| day.to_string()));
        }
        if self.has(By::User) {
            keys.push(plain(line.email.as_deref().unwrap_or(DELETED)));
        }
        if self.has(By::Model) {
            keys.push(plain(line.model.as_deref().unwrap_or_default()));
        }
        keys
    }

    fn print_csv(&self, lines: &[Line]) -> Result<(), Failure> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let cannot = |error: csv::Error| Failure::Other(error.to_string());
        let mut head = self.names();
        head.extend([
            "answers",
            "estimated_answers",
            "prompt_tokens",
            "completion_tokens",
            "cost_usd",
        ]);
        writer.write_record(&head).map_err(cannot)?;
        for line in lines {
            let mut row = self.keys(line);
            row.extend([
                line.answers.to_string(),
                line.estimated_answers.to_string(),
                line.prompt_tokens.to_string(),
                line.completion_tokens.to_string(),
                line.cost_usd
                    .map_or_else(|| UNKNOWN.into(), |usd| format!("{usd:.6}")),
            ]);
            writer.write_record(&row).map_err(cannot)?;
        }
        let written = writer
            .into_inner()
            .map_err(|error| Failure::Other(error.to_string()))?;
        print_on(&String::from_utf8_lossy(&written))
    }

    fn print_table(&self, lines: &[Line]) -> Result<(), Failure> {
        if lines.is_empty() {
            return print_on("Nothing was answered in that time.\n");
        }
        let mut head: Vec<String> = self.names().into_iter().map(str::to_owned).collect();
        let keys = head.len();
        head.extend(["answers", "tokens read", "tokens written", "cost"].map(str::to_owned));
        let numbers = |line: &Line| {
            let count = |number: i64| thousands(u64::try_from(number).unwrap_or(0));
            let cost = line.cost_usd.map(|usd| format!("${usd:.4}"));
            [
                count(line.answers),
                count(line.prompt_tokens),
                count(line.completion_tokens),
                cost.unwrap_or_else(|| UNKNOWN.into()),
            ]
        };
        let mut rows = vec![head];
        let mut total = Line {
            cost_usd: Some(0.0),
            answers: 0,
            estimated_answers: 0,
            prompt_tokens: 0,
            completion_tokens: 0,
            ..lines[0].clone()
        };
        for line in lines {
            let mut row = self.keys(line);
            row.extend(numbers(line));
            rows.push(row);
            total.add(line);
        }
        let mut last = vec![String::new(); keys];
        last[0] = "in all".into();
        last.extend(numbers(&total));
        rows.push(last);
        print_on(&in_columns(&rows, keys))?;
        match total.estimated_answers {
            0 => Ok(()),
            count => print_on(&format!(
                "Of {count} answers the tokens are estimates: the model's server didn't count them.\n"
            )),
        }
    }
}

/// Words to the left, numbers to the right.
fn in_columns(rows: &[Vec<String>], words: usize) -> String {
    let width = |at: usize| rows.iter().map(|row| row[at].chars().count()).max();
    let widths: Vec<usize> = (0..rows[0].len())
        .map(|at| width(at).unwrap_or(0))
        .collect();
    let mut text = String::new();
    for row in rows {
        let cells = row.iter().zip(&widths).enumerate();
        let cells = cells.map(|(at, (cell, &width))| match at < words {
            true => format!("{cell:<width$}"),
            false => format!("{cell:>width$}"),
        });
        text += cells.collect::<Vec<_>>().join("  ").trim_end();
        text.push('\n');
    }
    text
}

/// Says on the side why a cost isn't known.
fn advise(sums: &[Sum], prices: &Prices) {
    let mut unknown: Vec<&str> = sums
        .iter()
        .filter(|sum| sum.prompt_tokens + sum.completion_tokens > 0 && !prices.know(&sum.model))
        .map(|sum| sum.model.as_str())
        .collect();
    unknown.sort_unstable();
    unknown.dedup();
    if unknown.is_empty() {
        return;
    }
    let models = plain(&unknown.join(", "));
    match prices.is_unset() {
        true => eprintln!("autio: no prices are set: name a file of them in AUTIO_PRICES"),
        false => eprintln!("autio: AUTIO_PRICES has no price of {models}"),
    }
}
