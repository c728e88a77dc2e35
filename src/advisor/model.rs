//! The advisor behind OpenAI's protocol: rounds of text and tool calls until the answer is whole.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc;
use tokio::time::Instant;

use super::audit::{self, Evidence, Names};
use super::needs::{Edit, Need};
use super::{
    Answer, Made, Piece, Request, Role, Turn, needs, off_the_async_threads, prompt, tools,
};
use crate::cars::{Car, Catalogue};
use crate::config::OpenAiConfig;
use crate::openai::breaker::{Breaker, Trouble};
use crate::openai::{self, Client, Delta, Failure, Message, ToolCall, Usage};

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
/// How many cars a reply shows.
const CARDS: usize = 6;

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
    pub(super) fn new(config: OpenAiConfig, first_line: String) -> Result<Self, reqwest::Error> {
        Ok(Self {
            client: Client::new(config)?,
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
                    Err(failure) => pass.failed(failure),
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
            let tools = (has_tools && round < ROUNDS).then_some(&schemas);
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
            return Err(Failure::Truncated);
        }
        let (unverified, cars) = self
            .audit(catalogue, &text, desk.evidence, desk.found)
            .await?;
        heard.out.send(Piece::Cars(cars.clone())).await.ok();
        let answer = Answer {
            text,
            cars,
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
        off_the_async_threads(move || {
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
        let mut answer = self.client.stream(messages, tools, deadline).await?;
        let mut said = String::new();
        let mut calls: BTreeMap<usize, ToolCall> = BTreeMap::new();
        while let Some(delta) = answer.next().await? {
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

/// What the calls of one reply work on, and what they brought.
struct Desk {
    catalogue: Arc<Catalogue>,
    /// With what was remembered in this reply among the last one's edits.
    turns: Vec<Turn>,
    needs: Vec<Need>,
    edits: Vec<Edit>,
    found: Vec<Car>,
    evidence: Evidence,
}

impl Desk {
    async fn of(request: &Request) -> Result<Self, Failure> {
        let mut evidence = Evidence::default();
        for turn in request.turns.iter().filter(|turn| turn.role == Role::User) {
            evidence.hear(&turn.text);
        }
        let mut desk = Self {
            catalogue: request.catalogue.clone(),
            turns: request.turns.clone(),
            needs: Vec::new(),
            edits: Vec::new(),
            found: Vec::new(),
            evidence,
        };
        desk.read_needs().await?;
        // What a model remembers, now or in an earlier turn, bears nothing out.
        let (catalogue, turns) = (desk.catalogue.clone(), without_remembered(&desk.turns));
        let own = off_the_async_threads(move || needs::read(&turns, &catalogue)).await?;
        for need in &own {
            desk.evidence.need(need);
        }
        Ok(desk)
    }

    async fn read_needs(&mut self) -> Result<(), Failure> {
        let (catalogue, turns) = (self.catalogue.clone(), self.turns.clone());
        self.needs = off_the_async_threads(move || needs::read(&turns, &catalogue)).await?;
        Ok(())
    }

    /// Makes one call; the result or what was wrong, as the model gets to read it.
    async fn call(&mut self, name: &str, arguments: &str) -> Result<String, Failure> {
        let desk = tools::Desk {
            catalogue: &self.catalogue,
            turns: &self.turns,
            needs: &self.needs,
        };
        match tools::call(&desk, name, arguments) {
            Ok(result) => {
                let content = result.json.to_string();
                self.keep(result).await?;
                Ok(content)
            }
            Err(error) => Ok(serde_json::json!({ "error": error.to_string() }).to_string()),
        }
    }

    async fn keep(&mut self, result: tools::ToolResult) -> Result<(), Failure> {
        self.evidence.add(&result.cars, &result.json);
        self.found.extend(result.cars);
        let Some(last) = self.turns.last_mut().filter(|_| !result.edits.is_empty()) else {
            return Ok(());
        };
        last.edits.extend(result.edits.clone());
        self.edits.extend(result.edits);
        self.read_needs().await
    }
}

/// The conversation without what a model took down in it. What was set by hand has no words.
fn without_remembered(turns: &[Turn]) -> Vec<Turn> {
    let is_own = |edit: &Edit| {
        let need = edit.need.as_ref();
        need.is_none_or(|need| need.words.is_empty())
    };
    let mut turns = turns.to_vec();
    for turn in &mut turns {
        turn.edits.retain(is_own);
    }
    turns
}

/// What a search for the needs finds, in the form of a tool's result.
fn search_needs(catalogue: &Catalogue, needs: &[Need]) -> tools::ToolResult {
    tools::search_cars(catalogue, &needs::filter(needs), tools::MOST_CARS)
}

/// What the model gets to read instead of the result of a call too many.
fn too_many() -> String {
    let error = format!("only the first {CALLS} calls of one turn are made; make this one again");
    serde_json::json!({ "error": error }).to_string()
}

/// Of the found versions of a named car, the one that the fewest of the text's figures speak against.
fn meant(car: Car, found: &[Car], readings: &mut usize, misses: impl Fn(&[&Car]) -> usize) -> Car {
    let mut versions: Vec<&Car> = Vec::new();
    for other in found.iter().filter(|other| other.title() == car.title()) {
        if !versions.iter().any(|known| known.id == other.id) {
            versions.push(other);
        }
    }
    versions.truncate(*readings);
    if versions.len() < 2 {
        return car;
    }
    *readings -= versions.len();
    let best = versions.iter().min_by_key(|version| {
        let others = versions.iter().filter(|other| other.id != version.id);
        misses(&others.copied().collect::<Vec<_>>())
    });
    best.map_or(car, |best| (*best).clone())
}

/// What one round brought.
struct Said {
    text: String,
    calls: Vec<ToolCall>,
}

/// The found cars that the text names, each once, in the order in which it names them.
///
/// The longest names are looked for first and taken out, so that "RAV4 Hybrid AWD" isn't also "RAV4".
fn named_in(text: &str, found: &[Car]) -> Vec<Car> {
    let mut text = text.to_lowercase();
    let mut found = found.to_vec();
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
        let named = named_in(text, &found);
        let models: Vec<_> = named.iter().map(|car| car.model.as_str()).collect();
        assert_eq!(models, ["CR-V AWD", "RAV4 Hybrid AWD"]);
    }

    #[test]
    fn of_two_versions_the_card_shows_the_one_whose_figures_are_given() {
        let catalogue = Catalogue::built_in().unwrap();
        let names = Names::of(&catalogue);
        let all = catalogue.iter();
        let found: Vec<Car> = all
            .filter(|car| car.title() == "2025 Honda CR-V FWD")
            .collect();
        let mut evidence = Evidence::default();
        evidence.add(&found, &serde_json::json!({}));
        let shown = |text: &str| {
            let misses = |others: &[&Car]| {
                audit::audit(&catalogue, &names, &evidence.without(others), text).len()
            };
            let named = named_in(text, &found).remove(0);
            let car = meant(named, &found, &mut 12, misses);
            car.mpg.unwrap().combined
        };
        assert_eq!(shown("The 2025 Honda CR-V FWD gets 30 mpg."), 30);
        assert_eq!(shown("The 2025 Honda CR-V FWD gets 40 mpg."), 40);
    }

    #[test]
    fn what_a_model_took_down_is_not_what_the_person_said() {
        let edit = |words: &str| {
            let need = Need::new(needs::Field::MpgMin, 60.into(), words, "m1");
            Edit {
                id: need.id.clone(),
                need: Some(need),
            }
        };
        let turn = |edits: Vec<Edit>| Turn {
            message_id: "m1".into(),
            role: Role::Assistant,
            text: "Noted.".into(),
            edits,
        };
        let own = without_remembered(&[turn(vec![edit("at least 60")]), turn(vec![edit("")])]);
        let counts: Vec<usize> = own.iter().map(|turn| turn.edits.len()).collect();
        assert_eq!(counts, [0, 1]);
    }
}
