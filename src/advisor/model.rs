//! The advisor behind OpenAI's protocol: rounds of text and tool calls until the answer is whole.

use std::collections::BTreeMap;

use tokio::sync::mpsc;

use super::{Answer, Made, Piece, Request, needs, prompt, tools};
use crate::cars::{Car, Catalogue};
use crate::config::OpenAiConfig;
use crate::openai::{Client, Delta, Failure, Message, ToolCall, Usage};

/// How often the model may call tools before it has to answer.
const ROUNDS: usize = 6;
/// How many calls of one round are carried out.
const CALLS: usize = 8;
/// The longest reply that is kept, in bytes: a model that never stops is stopped.
const LONGEST: usize = 64 * 1024;
/// How many cars a reply shows.
const CARDS: usize = 6;

/// A model, and what it is told first.
#[derive(Clone, Debug)]
pub struct Model {
    client: Client,
    first_line: String,
}

impl Model {
    pub(super) fn new(config: OpenAiConfig, first_line: String) -> Result<Self, reqwest::Error> {
        Ok(Self {
            client: Client::new(config)?,
            first_line,
        })
    }

    pub(super) fn name(&self) -> &str {
        self.client.model()
    }

    pub(super) async fn reply(
        &self,
        catalogue: &Catalogue,
        request: &Request,
        out: &mpsc::Sender<Piece>,
    ) -> Result<Made, Failure> {
        let needs = needs::read(&request.turns, catalogue);
        let first = prompt::system(&self.first_line, catalogue, request.knowledge, &needs);
        let mut messages = vec![first];
        messages.extend(prompt::history(&request.turns));

        let schemas = tools::schemas();
        let mut text = String::new();
        let mut found: Vec<Car> = Vec::new();
        let mut usage = Usage::default();
        for round in 0..=ROUNDS {
            // The last round has no tools, so it can only answer.
            let tools = (round < ROUNDS).then_some(&schemas);
            let said = self
                .round(&messages, tools, &mut text, &mut usage, out)
                .await?;
            if said.calls.is_empty() {
                break;
            }
            messages.push(Message::Assistant {
                content: said.text,
                tool_calls: said.calls.clone(),
            });
            for call in said.calls {
                let content = match tools::call(catalogue, &call.name, &call.arguments) {
                    Ok(result) => {
                        found.extend(result.cars);
                        result.json.to_string()
                    }
                    Err(error) => serde_json::json!({ "error": error.to_string() }).to_string(),
                };
                messages.push(Message::Tool {
                    tool_call_id: call.id,
                    content,
                });
            }
        }
        if text.trim().is_empty() {
            return Err(Failure::Truncated);
        }
        let cars = named_in(&text, found);
        out.send(Piece::Cars(cars.clone())).await.ok();
        Ok(Made {
            answer: Answer { text, cars, needs },
            usage: Some(usage),
        })
    }

    /// One call upstream. Text goes to `out` and to the end of `text`.
    async fn round(
        &self,
        messages: &[Message],
        tools: Option<&serde_json::Value>,
        text: &mut String,
        usage: &mut Usage,
        out: &mpsc::Sender<Piece>,
    ) -> Result<Said, Failure> {
        let mut answer = self.client.stream(messages, tools).await?;
        let mut said = String::new();
        let mut calls: BTreeMap<usize, ToolCall> = BTreeMap::new();
        while let Some(delta) = answer.next().await? {
            match delta {
                Delta::Text(mut part) => {
                    // What is said after a tool call is a paragraph of its own.
                    if said.is_empty() && !text.is_empty() {
                        part.insert_str(0, "\n\n");
                    }
                    said.push_str(&part);
                    text.push_str(&part);
                    out.send(Piece::Text(part)).await.ok();
                    if text.len() > LONGEST {
                        return Err(Failure::Malformed("an answer without end".into()));
                    }
                }
                Delta::ToolCall { index, part } => {
                    let call = calls.entry(index).or_default();
                    call.id.push_str(&part.id);
                    call.name.push_str(&part.name);
                    call.arguments.push_str(&part.arguments);
                    if calls.len() > CALLS || calls.values().any(|c| c.arguments.len() > LONGEST) {
                        return Err(Failure::Malformed("tool calls without end".into()));
                    }
                }
                Delta::Usage(more) => *usage += more,
            }
        }
        Ok(Said {
            text: said,
            calls: calls.into_values().collect(),
        })
    }
}

/// What one round brought.
struct Said {
    text: String,
    calls: Vec<ToolCall>,
}

/// The found cars that the text names, each once, in the order in which it names them.
///
/// The longest names are looked for first and taken out, so that "RAV4 Hybrid AWD" isn't also "RAV4".
fn named_in(text: &str, mut found: Vec<Car>) -> Vec<Car> {
    let mut text = text.to_lowercase();
    found.sort_by_key(|car| std::cmp::Reverse(car.title().len()));
    let mut named: Vec<(usize, Car)> = Vec::new();
    for car in found {
        let title = car.title().to_lowercase();
        let is_known = named.iter().any(|(_, other)| other.title() == car.title());
        if let Some(place) = text.find(&title)
            && !is_known
        {
            text = text.replace(&title, &" ".repeat(title.len()));
            named.push((place, car));
        }
    }
    named.sort_by_key(|(place, _)| *place);
    named.into_iter().map(|(_, car)| car).take(CARDS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cards_are_the_cars_that_the_text_names() {
        let catalogue = Catalogue::built_in().unwrap();
        let of = |model: &str| {
            let mut cars = catalogue.iter();
            cars.find(|car| car.year == 2024 && car.model == model)
                .unwrap()
        };
        let found = vec![
            of("RAV4"),
            of("RAV4 Hybrid AWD"),
            of("CR-V AWD"),
            of("RAV4"),
        ];
        let text = "Take the **2024 Honda CR-V AWD** or the 2024 Toyota RAV4 Hybrid AWD, not a 2019 Toyota RAV4.";
        let named = named_in(text, found);
        let models: Vec<_> = named.iter().map(|car| car.model.as_str()).collect();
        assert_eq!(models, ["CR-V AWD", "RAV4 Hybrid AWD"]);
    }
}
