//! Puts the shopper requests to a live model, with the catalogue's tools and without, and to the catalogue advisor.

use std::collections::HashSet;
use std::sync::Arc;

use futures_util::{StreamExt, stream};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::cases::{Case, Check, SWAPPED, Step};
use super::named::{Named, Names};
use super::oracle::Oracle;
use super::report::{Figures, Outcome, Report};
use crate::advisor::{Advisor, Answer, Knowledge, Piece, Request, Role, StandIn, Turn};
use crate::cars::cost::Assumptions;
use crate::cars::{Car, Catalogue};
use crate::config::{Config, OpenAiConfig};
use crate::metrics::Upstream;
use crate::openai::{self, Client, Delta, Failure, Message};

/// How much is put to the model.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// How often each request is run.
    pub runs: usize,
    /// How many requests at most, spread over all.
    pub limit: Option<usize>,
    /// How many conversations at once.
    pub concurrency: usize,
}

/// Who answers.
enum Contestant {
    /// As in the product: a model with the catalogue's tools, or the catalogue advisor.
    Advisor(Advisor),
    /// The same model, given nothing but the conversation.
    Plain(Client, String),
}

/// What answers are judged by.
struct Court {
    catalogue: Arc<Catalogue>,
    oracle: Oracle,
    names: Names,
}

/// Runs every request as often as asked for with each advisor. `progress` is told a line now and then.
///
/// # Errors
/// When TLS can't be set up on this machine.
pub async fn run(
    config: &Config,
    openai: &OpenAiConfig,
    catalogue: Catalogue,
    cases: Vec<Case>,
    options: Options,
    progress: impl Fn(String),
) -> Result<Report, reqwest::Error> {
    let oracle = Oracle::of(&catalogue);
    let court = Court {
        names: Names::of(oracle.cars()),
        oracle,
        catalogue: Arc::new(catalogue),
    };
    let court = &court;
    let cases = chosen(cases, options.limit);
    let model = &openai.model;
    let contestants = [
        (
            model.clone(),
            Contestant::Advisor(Advisor::new(config, Upstream::default())?),
        ),
        (
            format!("{model} without tools"),
            Contestant::Plain(
                Client::new(openai.clone(), Upstream::default())?,
                config.system_prompt.clone(),
            ),
        ),
        (
            "catalogue advisor".to_owned(),
            Contestant::Advisor(Advisor::catalogue()),
        ),
    ];
    let mut advisors = Vec::new();
    let mut failures: Vec<String> = Vec::new();
    for (name, contestant) in &contestants {
        let all = cases.iter().enumerate();
        let jobs = all.flat_map(|(at, case)| (0..options.runs).map(move |_| (at, case)));
        let mut outcomes: Vec<Vec<Outcome>> = vec![Vec::new(); cases.len()];
        let mut running = stream::iter(jobs)
            .map(|(at, case)| async move { (at, outcome(contestant, court, case).await) })
            .buffer_unordered(options.concurrency.max(1));
        let (mut done, total) = (0, cases.len() * options.runs);
        while let Some((at, outcome)) = running.next().await {
            let failure = outcome.failure.clone();
            failures.extend(failure.filter(|failure| !failures.contains(failure)));
            outcomes[at].push(outcome);
            done += 1;
            if done % 20 == 0 || done == total {
                progress(format!("{name}: {done} of {total} runs"));
            }
        }
        advisors.push(Figures::of(name, options.runs, &outcomes));
    }
    Ok(Report { advisors, failures })
}

/// So many of the cases, spread evenly over the file; each with one make where it leaves the make open.
fn chosen(cases: Vec<Case>, limit: Option<usize>) -> Vec<Case> {
    let all = cases.len();
    let count = limit.unwrap_or(all).min(all);
    let places = (0..count).map(|at| at * all / count.max(1));
    places.map(|at| cases[at].with_make(SWAPPED[0])).collect()
}

/// One conversation from beginning to end, and what came of it.
async fn outcome(contestant: &Contestant, court: &Court, case: &Case) -> Outcome {
    let mut turns: Vec<Turn> = Vec::new();
    let mut outcome = Outcome {
        passed: true,
        ..Outcome::default()
    };
    for (at, step) in case.steps.iter().enumerate() {
        turns.push(turn(turns.len(), Role::User, &step.said));
        let answer = match contestant.answer(court, &turns).await {
            Ok(answer) => answer,
            Err(failure) => {
                outcome.passed = false;
                outcome.failure = Some(failure.to_string());
                return outcome;
            }
        };
        turns.push(Turn {
            edits: answer.edits.clone(),
            ..turn(turns.len(), Role::Assistant, &answer.text)
        });
        let is_last = at + 1 == case.steps.len();
        court.judge(step, &answer, is_last, &mut outcome);
        if let Contestant::Advisor(_) = contestant {
            let (read, meant) = (written(&answer), sorted(&step.needs));
            let is_right = read == meant;
            if !is_right {
                outcome.wrong.push(format!(
                    "\"{}\": understood as {}, meant as {}",
                    step.said,
                    read.join("; "),
                    meant.join("; ")
                ));
            }
            let (right, asked) = outcome.needs.unwrap_or_default();
            outcome.needs = Some((right + usize::from(is_right), asked + 1));
            outcome.passed &= is_right;
        }
    }
    outcome
}

impl Contestant {
    async fn answer(&self, court: &Court, turns: &[Turn]) -> Result<Answer, Failure> {
        match self {
            Contestant::Advisor(advisor) => {
                let request = Request {
                    catalogue: court.catalogue.clone(),
                    turns: turns.to_vec(),
                    knowledge: Knowledge::Casual,
                    usual: Assumptions::default(),
                    has_tokens: true,
                };
                let (out, mut pieces) = mpsc::channel::<Piece>(8);
                // Nobody reads along; what is sent must be taken all the same.
                let (made, ()) = tokio::join!(
                    async {
                        let out = out;
                        advisor.reply(&request, &out).await
                    },
                    async { while pieces.recv().await.is_some() {} }
                );
                let made = made?;
                match made.stands_in {
                    // What the catalogue advisor says in its place is none of the model's.
                    Some(StandIn::Failed(failure)) => Err(failure),
                    Some(StandIn::NoTokens) | None => Ok(made.answer),
                }
            }
            Contestant::Plain(client, first_line) => {
                let text = plain(client, first_line, turns).await?;
                Ok(Answer {
                    text,
                    cars: Vec::new(),
                    compared: Vec::new(),
                    needs: Vec::new(),
                    edits: Vec::new(),
                })
            }
        }
    }
}

/// What the model says of itself: no tools, no search results, no rules of the house.
async fn plain(client: &Client, first_line: &str, turns: &[Turn]) -> Result<String, Failure> {
    let mut messages = vec![Message::System {
        content: first_line.to_owned(),
    }];
    messages.extend(turns.iter().map(|turn| match turn.role {
        Role::User => Message::User {
            content: turn.text.clone(),
        },
        Role::Assistant => Message::Assistant {
            content: turn.text.clone(),
            tool_calls: Vec::new(),
        },
    }));
    let deadline = Instant::now() + openai::TOTAL;
    let mut answer = client.stream(&messages, None, deadline).await?;
    let mut text = String::new();
    while let Some(delta) = answer.next().await? {
        if let Delta::Text(part) = delta {
            text += &part;
        }
    }
    Ok(text)
}

impl Court {
    /// Counts the cars of one answer, and takes the pass back when something is wrong with it.
    fn judge(&self, step: &Step, answer: &Answer, is_last: bool, outcome: &mut Outcome) {
        let mut named: HashSet<Named> = self.names.find(&answer.text).into_iter().collect();
        let shown = answer.cars.iter().map(|card| {
            let place = self.oracle.cars().position(|car| car.id == card.id);
            place.map_or_else(
                || Named::Unknown(card.id.clone()),
                |at| Named::Known(vec![at]),
            )
        });
        // A card that the text names is one car.
        let extra: Vec<Named> = shown
            .filter(|card| !named.iter().any(|n| takes_in(n, card)))
            .collect();
        named.extend(extra);
        let (mut known, mut violations) = (0, 0);
        let mut complain = |what: String| outcome.wrong.push(format!("\"{}\": {what}", step.said));
        for one in &named {
            match one {
                Named::Known(places) => {
                    known += 1;
                    if !self.oracle.one_fits(places, &step.needs) {
                        violations += 1;
                        let car = self.oracle.cars().nth(places[0]).map(Car::title);
                        let car = car.unwrap_or_default();
                        complain(format!("{car} breaks what was asked for"));
                    }
                }
                Named::Unknown(name) => complain(format!("{name} isn't in the catalogue")),
            }
        }
        let invented = named.len() - known;
        outcome.cars += named.len();
        outcome.violations += violations;
        outcome.invented += invented;
        let text = answer.text.to_lowercase();
        let mut is_as_checked = true;
        for check in &step.checks {
            let complaint = match check {
                Check::Never(words) if text.contains(&words.to_lowercase()) => {
                    format!("it says \"{words}\"")
                }
                Check::NoCars if !named.is_empty() => "cars, though none were asked for".to_owned(),
                // The rest are about the catalogue advisor's own sentences.
                _ => continue,
            };
            is_as_checked = false;
            complain(complaint);
        }
        let is_owed = is_last
            && !step.needs.is_empty()
            && !step.checks.contains(&Check::NoCars)
            && self.oracle.something_fits(&step.needs);
        let is_missing = known == 0 && is_owed;
        if is_missing {
            complain("no car, though some fit".to_owned());
        }
        outcome.passed &= violations == 0 && invented == 0 && is_as_checked && !is_missing;
    }
}

fn takes_in(named: &Named, card: &Named) -> bool {
    match (named, card) {
        (Named::Known(places), Named::Known(card)) => card.iter().all(|at| places.contains(at)),
        (named, card) => named == card,
    }
}

fn turn(at: usize, role: Role, text: &str) -> Turn {
    Turn {
        message_id: format!("m{at}"),
        role,
        text: text.to_owned(),
        edits: Vec::new(),
    }
}

/// The needs as the cases write them, in order.
fn written(answer: &Answer) -> Vec<String> {
    let needs = answer.needs.iter().map(|need| {
        let word = need.value.as_str().map(str::to_owned);
        let value = word.unwrap_or_else(|| need.value.to_string());
        format!("{}={value}", need.field.as_str())
    });
    sorted(&needs.collect::<Vec<_>>())
}

fn sorted(needs: &[String]) -> Vec<String> {
    let mut needs = needs.to_vec();
    needs.sort();
    needs
}
