//! Why the model's server gave no answer, and what is told of it.

use futures_util::StreamExt;
use reqwest::StatusCode;
use serde_json::Value;

use super::CONNECT;

/// Why a call failed. `Display` is for the operator's log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    #[error("the model's server can't be reached: {0}")]
    Unreachable(String),
    #[error("the model's server refused the key (status {0}); check OPENAI_API_KEY")]
    Key(u16),
    #[error(
        "the model's server knows no such model or path (status 404); check OPENAI_MODEL and OPENAI_BASE_URL: {0}"
    )]
    NoModel(String),
    #[error("the model's server says there are too many requests (status 429)")]
    TooMany,
    #[error("the model's server answered with status {0}: {1}")]
    Status(u16, String),
    #[error(
        "the model's server redirects (status {0}), which is not followed; check OPENAI_BASE_URL"
    )]
    Redirect(u16),
    #[error("the model's server began its answer and then told of an error: {0}")]
    Broken(String),
    #[error("the model said nothing, or only called tools")]
    Empty,
    #[error("the model's server was silent for too long")]
    TimedOut,
    #[error("the model's server ended its answer in the middle")]
    Truncated,
    #[error("the model's server sent what can't be read: {0}")]
    Malformed(String),
    #[error("the model's server filtered the answer")]
    Filtered,
    #[error("a fault of ours: {0}")]
    Ours(String),
}

impl Failure {
    /// What the person is told. The operator's own mistakes are not spelled out to the public.
    pub fn for_person(&self) -> String {
        let advice = match self {
            Failure::Key(_) | Failure::NoModel(_) => "try again later",
            Failure::TooMany => "try again in a minute",
            Failure::Unreachable(_)
            | Failure::Status(..)
            | Failure::Redirect(_)
            | Failure::Broken(_) => "try again in a moment",
            Failure::Filtered => "try putting it another way",
            Failure::TimedOut
            | Failure::Truncated
            | Failure::Malformed(_)
            | Failure::Empty
            | Failure::Ours(_) => "try again",
        };
        format!("{}. Your message is kept: {advice}.", self.what_happened())
    }

    /// The same as half a sentence, without what to do about it.
    pub fn what_happened(&self) -> &'static str {
        match self {
            Failure::Key(_) | Failure::NoModel(_) => "The model that answers isn't set up properly",
            Failure::TooMany => "The model that answers has too much to do right now",
            Failure::Unreachable(_)
            | Failure::Status(..)
            | Failure::Redirect(_)
            | Failure::Broken(_) => "The model that answers can't be reached right now",
            Failure::Empty => "The model that answers sent nothing that can be used",
            Failure::TimedOut => "The model that answers took too long",
            Failure::Truncated | Failure::Malformed(_) => {
                "The answer broke off before it was whole"
            }
            Failure::Ours(_) => "Something went wrong on our side",
            Failure::Filtered => "The model declined to answer this",
        }
    }

    /// Whether it tells of the server's health, rather than of what it was asked.
    pub fn is_the_servers(&self) -> bool {
        match self {
            Failure::Status(status, _) => !matches!(status, 400 | 413 | 422),
            Failure::Filtered | Failure::Ours(_) => false,
            _ => true,
        }
    }

    /// Its kind, for metrics.
    pub fn kind(&self) -> &'static str {
        match self {
            Failure::Unreachable(_) => "unreachable",
            Failure::Key(_) => "key",
            Failure::NoModel(_) => "no_model",
            Failure::TooMany => "too_many",
            Failure::Status(500.., _) => "status_5xx",
            Failure::Status(..) => "status_4xx",
            Failure::Redirect(_) => "redirect",
            Failure::Broken(_) => "broken",
            Failure::Empty => "empty",
            Failure::TimedOut => "timed_out",
            Failure::Truncated => "truncated",
            Failure::Malformed(_) => "malformed",
            Failure::Filtered => "filtered",
            Failure::Ours(_) => "ours",
        }
    }

    pub(super) fn is_worth_retrying(&self) -> bool {
        match self {
            Failure::Unreachable(_) | Failure::TooMany => true,
            // 501 says that it can't do this at all.
            Failure::Status(status, _) => *status != 501 && matches!(status, 408 | 409 | 500..=599),
            _ => false,
        }
    }
}

pub(super) fn from_reqwest(error: reqwest::Error) -> Failure {
    if error.is_timeout() && !error.is_connect() {
        Failure::TimedOut
    } else {
        // The address may hold a secret of the operator's.
        let error = error.without_url();
        let causes = std::iter::successors(Some(&error as &dyn std::error::Error), |e| e.source());
        let first = causes.last().map(ToString::to_string);
        Failure::Unreachable(first.unwrap_or_default())
    }
}

pub(super) async fn refusal(status: StatusCode, response: reqwest::Response) -> Failure {
    let reason = || async {
        let body = tokio::time::timeout(CONNECT, first_bytes(response)).await;
        error_code(&body.unwrap_or_default())
    };
    match status.as_u16() {
        401 | 403 => Failure::Key(status.as_u16()),
        404 => Failure::NoModel(reason().await),
        429 => Failure::TooMany,
        code @ 300..=399 => Failure::Redirect(code),
        code => Failure::Status(code, reason().await),
    }
}

/// The beginning of an error's body, however long it is.
async fn first_bytes(response: reqwest::Response) -> Vec<u8> {
    let mut stream = response.bytes_stream();
    let mut body = Vec::new();
    while let Some(Ok(bytes)) = stream.next().await {
        body.extend_from_slice(&bytes);
        if body.len() > 16 * 1024 {
            break;
        }
    }
    body
}

/// The error's code or type. Its message is left out: servers quote prompts and keys in it.
fn error_code(body: &[u8]) -> String {
    match serde_json::from_slice::<Value>(body) {
        Ok(body) => name_error(&body["error"]),
        Err(_) => "no reason that can be read".into(),
    }
}

pub(super) fn name_error(error: &Value) -> String {
    // A code is one short word, or a number; anything else may quote what was said.
    let is_code = |text: &str| {
        let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"_.-".contains(&b);
        text.len() <= 40 && text.bytes().all(is_plain)
    };
    let word = |field: &str| match &error[field] {
        Value::String(text) if is_code(text) && !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let code = word("code").or_else(|| word("type"));
    let code = code.unwrap_or_else(|| "no code".to_owned());
    // The setting that it doesn't like: `temperature`, say.
    match word("param") {
        Some(param) => format!("{code} ({param})"),
        None => code,
    }
}
