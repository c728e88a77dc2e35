//! The model's server: whether it answers, in a stream, and calls tools; and clocks.

use std::time::Duration;

use chrono::{TimeDelta, Utc};
use serde_json::json;
use tokio::time::Instant;

use super::{Finding, fail, ok, warn};
use crate::config::Config;
use crate::metrics::Upstream;
use crate::openai::{Client, Delta, Failure, Message, Usage};

/// How long the server may take for one small answer, from loading the model to the last word.
const PATIENCE: Duration = Duration::from_secs(30);
/// Tokens and sessions go by the clock; some seconds don't matter.
const MOST_OFF: TimeDelta = TimeDelta::seconds(30);

/// What came of a small question.
struct Answered {
    text: String,
    has_called: bool,
    usage: Option<Usage>,
    /// How much the server's clock is ahead of ours.
    clock_is_off: Option<TimeDelta>,
}

pub async fn look(config: &Config) -> Vec<Finding> {
    let Some(openai) = &config.openai else {
        let says = "OPENAI_API_KEY isn't set: the built-in advisor answers";
        return vec![ok("model", says)];
    };
    let client = match Client::new(openai.clone(), Upstream::default()) {
        Ok(client) => client,
        Err(error) => return vec![fail("model", error.to_string())],
    };
    let name = format!("{} at {}", openai.model, openai.base_url);
    let began = Instant::now();
    let answered = match ask(&client, "Answer with the word ok.", false).await {
        Ok(answered) => answered,
        Err(failure) => {
            return vec![fail(
                "model",
                format!("{name}: {failure}; until it works the built-in advisor answers"),
            )];
        }
    };
    let took = began.elapsed().as_secs_f64();
    let mut found = vec![match (answered.text.trim().is_empty(), answered.usage) {
        (true, _) => warn(
            "model",
            format!("{name} answered in {took:.1} s, with nothing"),
        ),
        (_, None) => warn(
            "model",
            format!(
                "{name} answers in a stream ({took:.1} s) and doesn't say how many tokens that took, so budgets and costs go by estimates"
            ),
        ),
        _ => ok("model", format!("{name} answers in a stream ({took:.1} s)")),
    }];
    found.push(tools(&client).await);
    found.extend(
        answered
            .clock_is_off
            .map(|off| clock("model clock", "model's server", off)),
    );
    found
}

async fn tools(client: &Client) -> Finding {
    const CHECK: &str = "model tools";
    let question = "Call the function `weather` for Paris.";
    match ask(client, question, true).await {
        Ok(answered) if answered.has_called => ok(CHECK, "it calls them"),
        Ok(_) => warn(
            CHECK,
            "the server takes tools, but the model didn't call the one that it was told to call; answers with figures need that, so choose a model that is made for it (OPENAI_MODEL)",
        ),
        Err(failure) => warn(
            CHECK,
            format!(
                "the server doesn't take them ({failure}), so it is asked without and advises worse; choose a server and a model that do"
            ),
        ),
    }
}

/// A clock that isn't ours, and how much it is ahead.
pub fn clock(check: &'static str, whose: &str, ahead: TimeDelta) -> Finding {
    let seconds = ahead.num_seconds();
    match ahead.abs() > MOST_OFF {
        true => warn(
            check,
            format!(
                "the {whose}'s is {} seconds {} this machine's; sessions and tokens end by the clock, so keep both by NTP",
                seconds.abs(),
                if seconds > 0 { "ahead of" } else { "behind" },
            ),
        ),
        false => ok(check, format!("as the {whose}'s")),
    }
}

async fn ask(client: &Client, question: &str, with_tools: bool) -> Result<Answered, Failure> {
    let messages = [Message::User {
        content: question.into(),
    }];
    let tools = json!([{
        "type": "function",
        "function": {
            "name": "weather",
            "description": "The weather in a city.",
            "parameters": {
                "type": "object",
                "properties": { "city": { "type": "string" } },
                "required": ["city"],
                "additionalProperties": false,
            },
        },
    }]);
    let deadline = Instant::now() + PATIENCE;
    let tools = with_tools.then_some(&tools);
    let mut answer = client.stream(&messages, tools, deadline).await?;
    let clock_is_off = answer.date().map(|date| date - Utc::now());
    let (mut text, mut has_called) = (String::new(), false);
    while let Some(delta) = answer.next().await? {
        match delta {
            Delta::Text(part) => text += &part,
            Delta::ToolCall { .. } => has_called = true,
            Delta::CutOff => {}
        }
    }
    Ok(Answered {
        text,
        has_called,
        usage: answer.usage(),
        clock_is_off,
    })
}

#[cfg(test)]
mod tests {
    use super::super::State;
    use super::*;

    #[test]
    fn a_clock_may_be_off_by_some_seconds() {
        for (seconds, state) in [
            (-31, State::Warn),
            (-29, State::Ok),
            (0, State::Ok),
            (3_600, State::Warn),
        ] {
            let found = clock("clock", "database", TimeDelta::seconds(seconds));
            assert_eq!(found.state, state, "{}", found.says);
        }
    }
}
