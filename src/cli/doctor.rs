//! `autio doctor`: looks at everything that Autio stands on, and says what to do about what is wrong.

mod data;
mod machine;
mod model;
mod settings;
mod shared;

use std::sync::mpsc;
use std::time::Duration;

use clap::Args;
use serde_json::json;

use super::users::plain;
use super::{Failure, print_on, runtime};
use crate::config::Config;

#[derive(Debug, Args)]
pub struct Doctor {
    /// Print a JSON object for each line.
    #[arg(long)]
    json: bool,
}

/// How a thing stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Ok,
    /// It works, and may not for long, or not as well as it could.
    Warn,
    Fail,
}

impl State {
    fn as_str(self) -> &'static str {
        match self {
            State::Ok => "ok",
            State::Warn => "warn",
            State::Fail => "fail",
        }
    }
}

/// What was found out about one thing.
#[derive(Debug)]
struct Finding {
    check: &'static str,
    state: State,
    /// What was seen and, where it isn't well, what to do.
    says: String,
}

fn ok(check: &'static str, says: impl Into<String>) -> Finding {
    finding(check, State::Ok, says)
}

fn warn(check: &'static str, says: impl Into<String>) -> Finding {
    finding(check, State::Warn, says)
}

fn fail(check: &'static str, says: impl Into<String>) -> Finding {
    finding(check, State::Fail, says)
}

fn finding(check: &'static str, state: State, says: impl Into<String>) -> Finding {
    Finding {
        check,
        state,
        says: says.into(),
    }
}

impl Doctor {
    /// Each finding is printed as it comes. The exit code is 1 if one failed.
    pub fn run(&self) -> Result<(), Failure> {
        let mut has_failed = false;
        let mut print = |found: Vec<Finding>| {
            has_failed |= found.iter().any(|found| found.state == State::Fail);
            self.print(&found)
        };
        let config = match Config::from_env() {
            Ok(config) => config,
            Err(error) => {
                print(vec![fail("settings", error.to_string())])?;
                return Err(Failure::Told);
            }
        };
        print(settings::look(&config))?;
        print(machine::look(&config))?;
        print(data::look(&config))?;
        let runtime = runtime()?;
        print(runtime.block_on(shared::look_at_redis(&config)))?;
        print(runtime.block_on(shared::look_at_rabbitmq(&config)))?;
        print(runtime.block_on(model::look(&config)))?;
        // What hangs is left behind.
        runtime.shutdown_background();
        match has_failed {
            true => Err(Failure::Told),
            false => Ok(()),
        }
    }

    fn print(&self, found: &[Finding]) -> Result<(), Failure> {
        for Finding { check, state, says } in found {
            let state = state.as_str();
            // A line each, whatever a server has answered.
            let lines: Vec<&str> = says.lines().map(str::trim).collect();
            let says = plain(&lines.join(" "));
            print_on(&match self.json {
                true => format!(
                    "{}\n",
                    json!({ "check": check, "state": state, "says": says })
                ),
                false => format!("{state:<4}  {check:<11}  {says}\n"),
            })?;
        }
        Ok(())
    }
}

/// Does what may hang, and gives it up after so long; `None` then.
fn in_time<T: Send + 'static>(
    patience: Duration,
    look: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let (sender, receiver) = mpsc::channel();
    // It ends with the process.
    std::thread::spawn(move || sender.send(look()).ok());
    receiver.recv_timeout(patience).ok()
}
