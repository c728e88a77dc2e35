//! The wire to a model's server: streaming Chat Completions, with deadlines, retries and no redirects.

mod answer;
pub mod breaker;
mod failure;

use std::time::Duration;

use actix_web::web::Bytes;
use reqwest::header;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::time::Instant;

pub use self::answer::Answer;
pub use self::failure::Failure;
use self::failure::{from_reqwest, refusal};
use crate::config::OpenAiConfig;
use crate::metrics::Upstream;
use crate::trace;

const CONNECT: Duration = Duration::from_secs(5);
/// The longest silence, before the first token and between two.
const IDLE: Duration = Duration::from_secs(30);
/// A whole reply: every call that it takes, their retries among them.
pub const TOTAL: Duration = Duration::from_secs(120);
const RETRIES: u32 = 2;
/// A longer Retry-After is not waited for: the person is told instead.
const LONGEST_WAIT: Duration = Duration::from_secs(20);

/// A message as Chat Completions has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "role", rename_all = "lowercase")]
pub enum Message {
    System {
        content: String,
    },
    User {
        content: String,
    },
    Assistant {
        content: String,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        tool_calls: Vec<ToolCall>,
    },
    Tool {
        tool_call_id: String,
        content: String,
    },
}

/// A call of one of our functions that the model asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ToolCall {
    pub id: String,
    pub name: String,
    /// JSON, as the model wrote it: to be checked.
    pub arguments: String,
}

impl Serialize for ToolCall {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        json!({
            "id": self.id,
            "type": "function",
            "function": { "name": self.name, "arguments": self.arguments },
        })
        .serialize(serializer)
    }
}

/// What a call says.
#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    messages: &'a [Message],
    stream: bool,
    stream_options: StreamOptions,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tools: Option<&'a Value>,
}

#[derive(Serialize)]
struct StreamOptions {
    include_usage: bool,
}

/// Tokens that a call took, as the server counts them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    pub prompt_tokens: i64,
    pub completion_tokens: i64,
}

impl std::ops::AddAssign for Usage {
    fn add_assign(&mut self, other: Self) {
        self.prompt_tokens = self.prompt_tokens.saturating_add(other.prompt_tokens);
        self.completion_tokens = self
            .completion_tokens
            .saturating_add(other.completion_tokens);
    }
}

/// A piece of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delta {
    Text(String),
    /// A part of the tool call with that index: id and name come once, arguments in pieces.
    ToolCall {
        index: usize,
        part: ToolCall,
    },
    /// The server's limit of length ended the answer.
    CutOff,
}

/// A model's server and how to speak to it.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    config: OpenAiConfig,
    metrics: Upstream,
}

impl Client {
    /// # Errors
    /// When TLS can't be set up on this machine.
    pub fn new(config: OpenAiConfig, metrics: Upstream) -> Result<Self, reqwest::Error> {
        // Fails only if a provider is installed already, and then there is one.
        rustls::crypto::ring::default_provider()
            .install_default()
            .ok();
        let http = reqwest::Client::builder()
            .user_agent(concat!("autio/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT)
            .redirect(reqwest::redirect::Policy::none())
            .tcp_nodelay(true)
            .build()?;
        Ok(Self {
            http,
            config,
            metrics,
        })
    }

    /// A reply failed for good.
    pub fn failed(&self, failure: &Failure) {
        self.metrics.failed(failure.kind());
    }

    /// The model's name.
    pub fn model(&self) -> &str {
        &self.config.model
    }

    /// Begins an answer to `messages`. Retried until its first byte has come, never after.
    ///
    /// # Errors
    /// The last try's failure.
    pub async fn stream(
        &self,
        messages: &[Message],
        tools: Option<&Value>,
        deadline: Instant,
    ) -> Result<Answer, Failure> {
        let body = Body {
            model: &self.config.model,
            messages,
            stream: true,
            stream_options: StreamOptions {
                include_usage: true,
            },
            temperature: self.config.temperature,
            tools,
        };
        // Written once, however often it is sent.
        let body = serde_json::to_vec(&body).map_err(|error| Failure::Ours(error.to_string()))?;
        let body = Bytes::from(body);
        let mut tries = 0;
        loop {
            self.metrics.asked();
            let (failure, asked_to_wait) = match self.begin(&body, deadline).await {
                Ok(answer) => return Ok(answer),
                Err(failed) => failed,
            };
            tries += 1;
            let wait = asked_to_wait.unwrap_or_else(|| backoff(tries));
            let out_of_time = wait > LONGEST_WAIT || Instant::now() + wait >= deadline;
            if tries > RETRIES || out_of_time || !failure.is_worth_retrying() {
                return Err(failure);
            }
            self.metrics.retried(failure.kind());
            tracing::warn!(%failure, wait_ms = trace::milliseconds(wait), "trying the model's server again");
            tokio::time::sleep(wait).await;
        }
    }

    /// One try: the request, up to the head of its response.
    async fn begin(
        &self,
        body: &Bytes,
        deadline: Instant,
    ) -> Result<Answer, (Failure, Option<Duration>)> {
        let request = self
            .http
            .post(format!("{}/chat/completions", self.config.base_url))
            .bearer_auth(self.config.key.expose_secret())
            .header(header::ACCEPT, "text/event-stream")
            .header(header::CONTENT_TYPE, "application/json")
            .body(body.clone());
        let parent = self.config.tells_trace.then(trace::current).flatten();
        let request = match parent {
            Some(parent) => request.header("traceparent", parent),
            None => request,
        };
        let request = request.send();
        let response = tokio::time::timeout_at(deadline.min(Instant::now() + IDLE), request)
            .await
            .map_err(|_| (Failure::TimedOut, None))?
            .map_err(|error| (from_reqwest(error), None))?;
        let status = response.status();
        if !status.is_success() {
            let wait = retry_after(response.headers());
            return Err((refusal(status, response).await, wait));
        }
        let content_type = response.headers().get(header::CONTENT_TYPE);
        let is_stream = content_type
            .and_then(|value| value.to_str().ok())
            .is_some_and(|value| value.starts_with("text/event-stream"));
        if !is_stream {
            return Err((
                Failure::Malformed("its answer is not an event stream".into()),
                None,
            ));
        }
        Ok(Answer::of(response, deadline))
    }
}

/// Half a second, then a second, each give or take a quarter, so that many don't come back at once.
fn backoff(tries: u32) -> Duration {
    let mut byte = [0u8];
    // Without randomness there is no jitter, which is no reason to fail.
    getrandom::fill(&mut byte).ok();
    let jitter = 0.75 + f64::from(byte[0]) / 510.0;
    Duration::from_millis(500 << (tries - 1)).mul_f64(jitter)
}

/// Retry-After in seconds; a date is rare and not waited for.
fn retry_after(headers: &header::HeaderMap) -> Option<Duration> {
    let seconds = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    seconds.parse().ok().map(Duration::from_secs)
}
