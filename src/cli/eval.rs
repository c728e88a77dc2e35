//! `autio eval`: how well the model in the settings advises, beside itself without tools and the catalogue advisor.

use clap::Args;

use super::{Failure, print};
use crate::cars::Catalogue;
use crate::config::{Config, ConfigError};
use crate::eval::cases;
use crate::eval::run::{self, Options};

#[derive(Debug, Args)]
pub struct Eval {
    /// How often each request is put to each advisor.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=100))]
    runs: u16,
    /// Take so many requests, spread over all, instead of all.
    #[arg(long)]
    limit: Option<usize>,
    /// How many conversations run at once.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=64))]
    concurrency: u16,
    /// Print JSON instead of a table.
    #[arg(long)]
    json: bool,
}

pub fn run(command: &Eval) -> Result<(), Failure> {
    let config = Config::from_env()?;
    let openai = config.openai.clone().ok_or_else(|| ConfigError {
        variable: "OPENAI_API_KEY",
        problem: "must be set to evaluate a model, and OPENAI_BASE_URL and OPENAI_MODEL where it isn't OpenAI's"
            .to_owned(),
    })?;
    let other = |error: &dyn std::fmt::Display| Failure::Other(error.to_string());
    let catalogue = Catalogue::built_in().map_err(|error| other(&error))?;
    let cases = cases::built_in().map_err(|error| other(&error))?;
    let options = Options {
        runs: command.runs.into(),
        limit: command.limit,
        concurrency: command.concurrency.into(),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| other(&error))?;
    let progress = |line: String| eprintln!("{line}");
    let report = runtime
        .block_on(run::run(
            &config, &openai, catalogue, cases, options, progress,
        ))
        .map_err(|error| other(&error))?;
    print(&match command.json {
        true => serde_json::to_string_pretty(&report).map_err(|error| other(&error))? + "\n",
        false => report.to_string(),
    });
    Ok(())
}
