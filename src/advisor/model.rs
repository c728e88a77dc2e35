//! The advisor behind OpenAI's protocol: rounds of text and tool calls until the answer is whole.

mod cards;
mod desk;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc;
use tokio::time::Instant;
use tracing::field::Empty;
use tracing::{Instrument, Span};

use self::cards::{meant, named_in, with_compared};
use self::desk::{Desk, search_needs, too_many};
use super::audit::{self, Evidence, Names};
use super::{Answer, Made, Piece, Request, aside, prompt, tools};
use crate::cars::{Car, Catalogue};
use crate::config::OpenAiConfig;
use crate::metrics::Upstream;
use crate::openai::breaker::{Breaker, Trouble};
use crate::openai::{self, Client, Delta, Failure, Message, ToolCall, Usage};
use crate::trace::milliseconds;

/// How often the model may call tools before it has to answer.
const ROUNDS: usize = 6;
/// How many calls of one round are carried out; the others are told so.
const CALLS: usize = 8;
/// With so many calls in one round, nothing that a model could mean is left.
const MOST_CALLS: usize = 64;
/// How many further readings decide which versions the cards show.
const READINGS: usize = 12;
/// The longest text that is read again for it, in bytes.
const READ_AGAIN: usize = 16 * 1024;
/// The longest reply that is kept, in bytes: a model that never stops is stopped.
const LONGEST: usize = 64 * 1024;
/// Said after an answer that the server's limit of length ended.
const CUT_OFF: &str = "\n\n*The answer was cut off here: the model's limit of length was reached.*";

/// A model, and what it is told first.
#[derive(Clone, Debug)]
pub struct Model {
    client: Client,
    first_line: String,
    /// The names of the catalogue of the last answer, gathered once for each catalogue.
    names: Arc<Mutex<Option<Gathered>>>,
    breaker: Arc<Breaker>,
}

/// A reply that a model did not bring to its end.
pub(super) struct Broken {
    pub(super) failure: Failure,
    /// Somebody may have read the beginning of it.
    spoke: bool,
}

impl Broken {
    /// Not what the model declined to say, and not what was begun: two answers in one are none.
    pub(super) fn can_be_stood_in_for(&self) -> bool {
        !self.spoke && !matches!(self.failure, Failure::Filtered | Failure::Ours(_))
    }
}

/// A catalogue, and its names.
type Gathered = (Arc<Catalogue>, Arc<Names>);

impl Model {
    pub(super) fn new(
        config: OpenAiConfig,
        first_line: String,
        metrics: Upstream,
    ) -> Result<Self, reqwest::Error> {
        Ok(Self {
            client: Client::new(config, metrics)?,
            first_line,
            names: Arc::default(),
            breaker: Arc::default(),
        })
    }

    pub(super) fn name(&self) -> &str {
        self.client.model()
    }

    /// What was wrong with the last call, if anything.
    pub(super) fn trouble(&self) -> Option<Trouble> {
        self.breaker.trouble()
    }

    /// Makes a reply, unless the server is being left alone.
    pub(super) async fn reply(
        &self,
        request: &Request,
        out: &mpsc::Sender<Piece>,
    ) -> Result<Made, Broken> {
        let mut heard = Heard::new(out);
        let made = match self.breaker.enter() {
            Err(failure) => Err(failure),
            Ok(pass) => {
                let made = self.converse(request, &mut heard).await;
                match &made {
                    Ok(_) => pass.succeeded(),
                    Err(failure) => {
                        self.client.failed(failure);
                        pass.failed(failure);
                    }
                }
                made
            }
        };
        made.map_err(|failure| Broken {
            failure,
            spoke: !heard.text.is_empty(),
        })
    }

    /// Rounds of text and tool calls until the answer is whole.
    async fn converse(&self, request: &Request, heard: &mut Heard<'_>) -> Result<Made, Failure> {
        let deadline = Instant::now() + openai::TOTAL;
        let catalogue = &request.catalogue;
        let mut desk = Desk::of(request).await?;
        let first = prompt::system(&self.first_line, catalogue, request.knowledge, &desk.needs);
        let mut messages = vec![first];
        messages.extend(prompt::history(&request.turns));

        let schemas = tools::schemas();
        let mut has_tools = true;
        let mut round = 0;
        loop {
            // The last round has no tools, so it can only answer.
            let tools = (has_tools && round < ROUNDS).then_some(schemas);
            let said = match self.round(&messages, tools, deadline, heard).await {
                // A server that knows no tools gets what a search for the needs finds instead.
                Err(Failure::Status(400 | 422 | 501, _)) if tools.is_some() && round == 0 => {
                    has_tools = false;
                    let result = search_needs(catalogue, &desk.needs);
                    messages.insert(1, prompt::found(&result.json));
                    desk.keep(result).await?;
                    round += 1;
                    continue;
                }
                said => said?,
            };
            if said.calls.is_empty() {
                break;
            }
            messages.push(Message::Assistant {
                content: said.text,
                tool_calls: said.calls.clone(),
            });
            for (at, call) in said.calls.into_iter().enumerate() {
                let content = match at < CALLS {
                    true => desk.call(&call.name, &call.arguments).await?,
                    false => too_many(),
                };
                messages.push(Message::Tool {
                    tool_call_id: call.id,
                    content,
                });
            }
            if round == ROUNDS {
                break;
            }
            round += 1;
        }
        let (text, usage) = (heard.text.clone(), heard.usage);
        if text.trim().is_empty() {
            return Err(Failure::Empty);
        }
        let (unverified, cars) = self
            .audit(catalogue, &text, desk.evidence, desk.found)
            .await?;
        let cars = with_compared(cars, &desk.compared);
        heard.out.send(Piece::Cars(cars.clone())).await.ok();
        let answer = Answer {
            text,
            cars,
            compared: desk.compared.into_iter().map(|car| car.id).collect(),
            needs: desk.needs,
            edits: desk.edits,
        };
        Ok(Made {
            answer,
            unverified,
            usage,
            stands_in: None,
        })
    }

    /// What in the text isn't borne out by what was looked up for it, and the found cars that it names.
    async fn audit(
        &self,
        catalogue: &Arc<Catalogue>,
        text: &str,
        evidence: Evidence,
        found: Vec<Car>,
    ) -> Result<(Vec<audit::Unverified>, Vec<Car>), Failure> {
        let (names, catalogue, text) = (self.names.clone(), catalogue.clone(), text.to_owned());
        aside(text.len(), move || {
            let names = names_of(&names, &catalogue);
            let unverified = audit::audit(&catalogue, &names, &evidence, &text);
            let again = &text[..text.floor_char_boundary(READ_AGAIN)];
            let mut readings = READINGS;
            // As if no other version had been looked up.
            let misses = |others: &[&Car]| {
                let evidence = evidence.without(others);
                audit::audit(&catalogue, &names, &evidence, again).len()
            };
            let cars = named_in(&text, &found).into_iter();
            let cars = cars.map(|car| meant(car, &found, &mut readings, misses));
            (unverified, cars.collect())
        })
        .await
    }

    /// One call upstream.
    async fn round(
        &self,
        messages: &[Message],
        tools: Option<&serde_json::Value>,
        deadline: Instant,
        heard: &mut Heard<'_>,
    ) -> Result<Said, Failure> {
        let span = tracing::debug_span!(
            "upstream",
            otel.kind = "client",
            gen_ai.request.model = self.name(),
            first_token_ms = Empty,
            otel.status_code = Empty,
            "error.type" = Empty,
        );
        let said = self.listen(messages, tools, deadline, heard, &span);
        let said = said.instrument(span.clone()).await;
        if let Err(failure) = &said {
            span.record("otel.status_code", "ERROR");
            span.record("error.type", failure.kind());
        }
        said
    }

    async fn listen(
        &self,
        messages: &[Message],
        tools: Option<&serde_json::Value>,
        deadline: Instant,
        heard: &mut Heard<'_>,
        span: &Span,
    ) -> Result<Said, Failure> {
        let asked = Instant::now();
        let mut answer = self.client.stream(messages, tools, deadline).await?;
        let mut has_begun = false;
        let mut said = String::new();
        let mut calls: BTreeMap<usize, ToolCall> = BTreeMap::new();
        while let Some(delta) = answer.next().await? {
            if !has_begun {
                has_begun = true;
                span.record("first_token_ms", milliseconds(asked.elapsed()));
            }
            match delta {
                Delta::Text(mut part) => {
                    // What is said after a tool call is a paragraph of its own.
                    if said.is_empty() && !heard.text.is_empty() {
                        part.insert_str(0, "\n\n");
                    }
                    said.push_str(&part);
                    heard.text(part).await?;
                }
                Delta::CutOff => heard.text(CUT_OFF.to_owned()).await?,
                Delta::ToolCall { index, part } => {
                    let call = calls.entry(index).or_default();
                    call.id.push_str(&part.id);
                    call.name.push_str(&part.name);
                    call.arguments.push_str(&part.arguments);
                    if calls.len() > MOST_CALLS
                        || calls.values().any(|c| c.arguments.len() > LONGEST)
                    {
                        return Err(Failure::Malformed("tool calls without end".into()));
                    }
                }
            }
        }
        if let Some(usage) = answer.usage() {
            *heard.usage.get_or_insert_default() += usage;
        }
        Ok(Said {
            text: said,
            calls: calls.into_values().collect(),
        })
    }
}

/// The names of a catalogue, gathered if the last answer was made from another.
fn names_of(kept: &Mutex<Option<Gathered>>, catalogue: &Arc<Catalogue>) -> Arc<Names> {
    // Whoever panicked while gathering left nothing half done.
    let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
    match &*kept {
        Some((of, names)) if Arc::ptr_eq(of, catalogue) => names.clone(),
        _ => {
            let names = Arc::new(Names::of(catalogue));
            *kept = Some((catalogue.clone(), names.clone()));
            names
        }
    }
}

/// What came so far, over all rounds.
struct Heard<'a> {
    out: &'a mpsc::Sender<Piece>,
    text: String,
    /// None until a server counts.
    usage: Option<Usage>,
}

impl<'a> Heard<'a> {
    fn new(out: &'a mpsc::Sender<Piece>) -> Self {
        Self {
            out,
            text: String::new(),
            usage: None,
        }
    }

    /// Adds text and sends it on, as long as it is of a bearable length.
    async fn text(&mut self, part: String) -> Result<(), Failure> {
        self.text.push_str(&part);
        if self.text.len() > LONGEST {
            return Err(Failure::Malformed("an answer without end".into()));
        }
        // A reader who has gone away has nothing to hear; the answer is stored all the same.
        self.out.send(Piece::Text(part)).await.ok();
        Ok(())
    }
}

/// What one round brought.
struct Said {
    text: String,
    calls: Vec<ToolCall>,
}
