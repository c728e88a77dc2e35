//! A model's answer as it comes: events in, pieces of text and tool calls out, nothing without bounds.

use std::collections::VecDeque;
use std::pin::Pin;

use actix_web::web::Bytes;
use chrono::{DateTime, Utc};
use eventsource_stream::{Event, EventStreamError, Eventsource};
use futures_util::{Stream, StreamExt};
use reqwest::header;
use serde::Deserialize;
use serde_json::Value;
use tokio::time::Instant;

use super::failure::name_error;
use super::{Delta, Failure, IDLE, ToolCall, Usage};

/// The longest line of a stream and the longest stream, in bytes: nothing worth reading is longer.
const LONGEST_LINE: usize = 64 * 1024;
const LONGEST_STREAM: usize = 4 * 1024 * 1024;

/// More tokens than any model reads in one call.
const MOST_TOKENS: i64 = 4_000_000;

type Events = dyn Stream<Item = Result<Event, EventStreamError<BadStream>>> + Send;

/// Why the bytes of a stream end early.
#[derive(Debug, thiserror::Error)]
enum BadStream {
    #[error("{0}")]
    Transport(reqwest::Error),
    #[error("a line or a stream without end")]
    TooLong,
}

/// The body in pieces, as long as its lines and the whole are of a bearable length.
fn bounded(response: reqwest::Response) -> impl Stream<Item = Result<Bytes, BadStream>> + Send {
    let (mut line, mut total) = (0, 0);
    response.bytes_stream().map(move |chunk| {
        let chunk = chunk.map_err(BadStream::Transport)?;
        total += chunk.len();
        for part in chunk.split_inclusive(|byte| *byte == b'\n') {
            line += part.len();
            if line > LONGEST_LINE || total > LONGEST_STREAM {
                return Err(BadStream::TooLong);
            }
            if part.ends_with(b"\n") {
                line = 0;
            }
        }
        Ok(chunk)
    })
}

/// An answer as it comes. Dropping it ends the call.
pub struct Answer {
    events: Pin<Box<Events>>,
    /// One event may hold several pieces.
    waiting: VecDeque<Delta>,
    deadline: Instant,
    /// The last that the server said: some repeat a running total with each piece.
    usage: Option<Usage>,
    /// When the server says that it began.
    date: Option<DateTime<Utc>>,
    /// The tool call that pieces without an index belong to.
    last_call: usize,
    /// The model has said that it is finished.
    finished: bool,
    /// The stream is over.
    ended: bool,
}

impl Answer {
    /// What follows the head of a good response.
    pub(super) fn of(response: reqwest::Response, deadline: Instant) -> Self {
        let date = response.headers().get(header::DATE);
        let date = date.and_then(|value| DateTime::parse_from_rfc2822(value.to_str().ok()?).ok());
        Self {
            date: date.map(|date| date.to_utc()),
            events: Box::pin(bounded(response).eventsource()),
            waiting: VecDeque::new(),
            deadline,
            usage: None,
            last_call: 0,
            finished: false,
            ended: false,
        }
    }

    /// The next piece; None when the answer is whole.
    ///
    /// # Errors
    /// When the server breaks off, goes silent or sends what can't be read.
    pub async fn next(&mut self) -> Result<Option<Delta>, Failure> {
        loop {
            if let Some(delta) = self.waiting.pop_front() {
                return Ok(Some(delta));
            }
            if self.ended {
                return Ok(None);
            }
            let limit = self.deadline.min(Instant::now() + IDLE);
            let event = tokio::time::timeout_at(limit, self.events.next())
                .await
                .map_err(|_| Failure::TimedOut)?;
            match event {
                None if self.finished => self.ended = true,
                None => return Err(Failure::Truncated),
                Some(Err(_)) if self.finished => self.ended = true,
                Some(Err(EventStreamError::Transport(BadStream::Transport(error)))) => {
                    tracing::debug!(error = %error.without_url(), "the stream broke off");
                    return Err(Failure::Truncated);
                }
                Some(Err(EventStreamError::Transport(error @ BadStream::TooLong))) => {
                    return Err(Failure::Malformed(error.to_string()));
                }
                // Their own words would quote the stream.
                Some(Err(_)) => return Err(Failure::Malformed("no event stream".into())),
                Some(Ok(event)) if event.data.trim() == "[DONE]" => {
                    if !self.finished {
                        return Err(Failure::Truncated);
                    }
                    self.ended = true;
                }
                Some(Ok(event)) => self.read(&event.data)?,
            }
        }
    }

    /// Tokens that the call took, if the server said so by now.
    pub fn usage(&self) -> Option<Usage> {
        self.usage
    }

    /// When the server says that it began, if it says so.
    pub fn date(&self) -> Option<DateTime<Utc>> {
        self.date
    }

    fn read(&mut self, data: &str) -> Result<(), Failure> {
        // The error's own words would quote the reply, so only its kind and place go to the log.
        let chunk: Chunk = serde_json::from_str(data).map_err(|error| {
            let (kind, place) = (error.classify(), error.column());
            Failure::Malformed(format!(
                "an event that isn't a chunk: {kind:?} error at {place}"
            ))
        })?;
        if let Some(error) = chunk.error {
            return Err(Failure::Broken(name_error(&error)));
        }
        for choice in chunk.choices {
            let delta = choice.delta.unwrap_or_default();
            // PostgreSQL keeps no NUL, and nobody misses one.
            let text = delta.content.unwrap_or_default().replace('\0', "");
            if !text.is_empty() {
                self.waiting.push_back(Delta::Text(text));
            }
            for call in delta.tool_calls.unwrap_or_default() {
                let index = self.place_of(&call);
                let function = call.function.unwrap_or_default();
                self.waiting.push_back(Delta::ToolCall {
                    index,
                    part: ToolCall {
                        id: call.id.unwrap_or_default(),
                        name: function.name.unwrap_or_default(),
                        arguments: function.arguments.unwrap_or_default(),
                    },
                });
            }
            match choice.finish_reason.as_deref() {
                None | Some("") => {}
                Some("content_filter") => return Err(Failure::Filtered),
                Some("length") => {
                    self.finished = true;
                    self.waiting.push_back(Delta::CutOff);
                }
                Some(_) => self.finished = true,
            }
        }
        // What no answer can take is no count: nobody's budget is to be used up by a slip of the server's.
        let is_possible = |count: &i64| (0..=MOST_TOKENS).contains(count);
        let count = |field: &str| {
            let count = chunk.usage.as_ref()?.get(field)?.as_i64();
            count.filter(is_possible)
        };
        let counts = (count("prompt_tokens"), count("completion_tokens"));
        if let (Some(prompt_tokens), completion_tokens) = counts {
            self.usage = Some(Usage {
                prompt_tokens,
                completion_tokens: completion_tokens.unwrap_or(0),
            });
        }
        Ok(())
    }

    /// Which call a piece belongs to. Some servers give no index: there a new id is a new call.
    fn place_of(&mut self, part: &CallPart) -> usize {
        self.last_call = match part.index {
            Some(index) => index,
            None if part.id.as_deref().is_some_and(|id| !id.is_empty()) => self.last_call + 1,
            None => self.last_call,
        };
        self.last_call
    }
}

#[derive(Deserialize)]
struct Chunk {
    #[serde(default)]
    choices: Vec<Choice>,
    /// Read field by field: servers differ in what they count, and no answer is lost over it.
    usage: Option<Value>,
    error: Option<Value>,
}

#[derive(Deserialize)]
struct Choice {
    delta: Option<ChoiceDelta>,
    finish_reason: Option<String>,
}

#[derive(Default, Deserialize)]
struct ChoiceDelta {
    content: Option<String>,
    tool_calls: Option<Vec<CallPart>>,
}

#[derive(Deserialize)]
struct CallPart {
    index: Option<usize>,
    id: Option<String>,
    function: Option<FunctionPart>,
}

#[derive(Default, Deserialize)]
struct FunctionPart {
    name: Option<String>,
    arguments: Option<String>,
}
