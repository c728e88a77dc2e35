//! Makes the replies: claims a row, runs the advisor, keeps what came, and ends it once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, broadcast, mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use super::{needs, path, spending, title, views};
use crate::advisor::needs::{Edit, Need};
use crate::advisor::{
    self, CATALOGUE_MODEL, Knowledge, Made, Piece, Request, Role as Speaker, Turn,
};
use crate::db::messages::{self, Message, Outcome, Part, Role, Status};
use crate::db::need_edits::NewEdit;
use crate::db::{self, budgets, conversations, need_edits, users};
use crate::error::Error;
use crate::feed::Feed;
use crate::openai::Failure;
use crate::queue::Jobs;
use crate::state::App;

/// How many replies one process makes at once.
const AT_ONCE: usize = 256;
/// How often it is asked which of the running replies were stopped through another instance.
const STOPS: Duration = Duration::from_millis(250);
/// How long a worker that says nothing keeps its reply.
const LEASE: chrono::Duration = chrono::Duration::seconds(15);
/// How often the text so far is kept and the lease renewed.
const CHECKPOINT: Duration = Duration::from_millis(800);
/// How often the table is searched for what no queue delivered.
const SWEEP: Duration = Duration::from_secs(3);
const SWEEP_LIMIT: i64 = 500;
/// How often a reply is begun before it is given up.
const TRIES: i32 = 3;
/// How long running replies may go on after SIGTERM.
const DRAIN: Duration = Duration::from_secs(25);

const GIVEN_UP: &str =
    "Autio tried three times and could not finish this answer. Your message is kept: try again.";

const NOT_KEPT: &str = "The answer could not be stored, which is a fault on our side. Your message is kept: try again.";

/// Makes replies until `draining` turns true; then finishes what runs, or hands it back.
pub async fn run(app: App, mut jobs: Jobs, mut draining: watch::Receiver<bool>) {
    let mine = Mine::default();
    let slots = Arc::new(Semaphore::new(AT_ONCE));
    let mut running = JoinSet::new();
    let mut sweep = tokio::time::interval(SWEEP);
    sweep.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // Ends with this function, so not before the last reply.
    let mut watching = JoinSet::new();
    watching.spawn(watch_for_stops(app.clone(), mine.clone()));
    loop {
        let ids = tokio::select! {
            () = told(&mut draining) => break,
            _ = sweep.tick() => unclaimed(&app).await,
            id = jobs.next() => match id {
                Some(id) => vec![id],
                None => break,
            },
            // Nothing to do with the result: `make` has told the row and the log.
            Some(_) = running.join_next() => continue,
        };
        for id in ids {
            let permit = tokio::select! {
                () = told(&mut draining) => break,
                permit = slots.clone().acquire_owned() => permit,
            };
            // The sweep also finds what is being made here by a worker that can't renew its lease.
            let Some(hold) = mine.take(&id) else { continue };
            let app = app.clone();
            running.spawn(async move {
                let _permit = permit;
                if let Err(error) = make(&app, &hold.owner, &id).await {
                    tracing::error!(cause = error.causes(), reply = %id, "a reply could not be made; the sweep will try again");
                }
            });
        }
    }
    let all = async { while running.join_next().await.is_some() {} };
    if tokio::time::timeout(DRAIN, all).await.is_ok() {
        return;
    }
    let owners = mine.owners();
    running.shutdown().await;
    tracing::warn!("replies were still running; they are handed back");
    let released = app
        .db
        .write(move |conn| messages::release(conn, &owners))
        .await;
    if let Err(error) = released {
        tracing::warn!(
            cause = error.causes(),
            "leases could not be handed back; they run out by themselves"
        );
    }
}

/// The replies that this process works at, each with the name under which it holds the lease. A name
/// of its own for each attempt: an earlier one that was thought dead can't write into a later one.
#[derive(Clone, Default)]
struct Mine(Arc<Mutex<HashMap<String, String>>>);

/// Keeps a reply among [`Mine`] until it is dropped.
struct Hold {
    mine: Mine,
    id: String,
    owner: String,
}

impl Mine {
    /// None when it is being worked at already.
    fn take(&self, id: &str) -> Option<Hold> {
        let mut held = self.lock();
        if held.contains_key(id) {
            return None;
        }
        let owner = db::new_id();
        held.insert(id.to_owned(), owner.clone());
        Some(Hold {
            mine: self.clone(),
            id: id.to_owned(),
            owner,
        })
    }

    fn owners(&self) -> Vec<String> {
        self.lock().values().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, String>> {
        // Whoever panicked left the map whole: every change to it is a single call.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.mine.lock().remove(&self.id);
    }
}

/// Returns once there is to be no new work. A sender that is gone is as good as being told.
async fn told(draining: &mut watch::Receiver<bool>) {
    draining.wait_for(|draining| *draining).await.ok();
}

async fn unclaimed(app: &App) -> Vec<String> {
    let found = app
        .db
        .read(|conn| messages::unclaimed(conn, db::now(), SWEEP_LIMIT))
        .await;
    found.unwrap_or_else(|error| {
        tracing::warn!(
            cause = error.causes(),
            "the sweep could not look for unfinished replies"
        );
        Vec::new()
    })
}

/// Wakes the workers of replies that were stopped through another instance: one read for all of them.
async fn watch_for_stops(app: App, mine: Mine) {
    loop {
        tokio::time::sleep(STOPS).await;
        let owners = mine.owners();
        if owners.is_empty() {
            continue;
        }
        let stopped = app
            .db
            .read(move |conn| messages::stopped_of(conn, &owners))
            .await;
        // A failure is reported by the checkpoints, which find out as well.
        for id in stopped.unwrap_or_default() {
            // Nobody listens where the reply has just ended.
            app.stops.send(id).ok();
        }
    }
}

/// Ends the feed however its reply ends, so that no reader waits for ever.
struct Open<'a> {
    feed: &'a Feed,
    id: &'a str,
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.feed.close(self.id);
    }
}

/// How the work on a reply ended.
enum End {
    Answered(Result<Made, Failure>),
    /// Stopped by the person, or taken over by another worker.
    LeaseGone,
}

async fn make(app: &App, owner: &str, id: &str) -> Result<(), Error> {
    // Before the claim: a stop that comes in between is then heard.
    let mut stops = app.stops.subscribe();
    let Some(row) = claim(app, owner, id).await? else {
        app.feed.abandon(id);
        return Ok(());
    };
    app.feed.open(id);
    let _open = Open {
        feed: &app.feed,
        id,
    };
    if row.tries() > TRIES {
        let outcome = failed(app, row.text, GIVEN_UP);
        let prompt = spending::estimate_prompt(std::iter::empty());
        return finish(app, owner, id, outcome, Vec::new(), prompt).await;
    }
    app.feed.update(id, |progress| {
        progress.attempt = row.attempts;
        progress.text.clear();
        progress.cars = None;
    });
    let request = match read_request(app, &row).await {
        Ok(request) => request,
        // Nothing was tried yet, so no try is used up: the next sweep begins anew.
        Err(error) => {
            let owners = [owner.to_owned()];
            let handed_back = app.db.write(move |conn| messages::release(conn, &owners));
            handed_back.await.ok();
            return Err(error);
        }
    };
    let prompt = spending::estimate_prompt(request.turns.iter().map(|turn| turn.text.as_str()));
    let mut text = String::new();
    match answer(app, owner, id, &request, &mut text, &mut stops).await {
        End::LeaseGone => {
            let part = Part {
                needs: read_needs(&request).await?,
                model: Some(app.advisor.model().to_owned()),
                text,
            };
            let (id, owner) = (id.to_owned(), owner.to_owned());
            app.db
                .write(move |conn| {
                    if messages::keep_part(conn, &id, &owner, &part)? {
                        budgets::settle(conn, &id, spending::of_part(&part.text, prompt))?;
                    }
                    Ok(())
                })
                .await
        }
        End::Answered(Ok(made)) => {
            let edits = new_edits(&row, &made.answer.edits)?;
            let outcome = done(app, &request.catalogue.version, made)?;
            finish(app, owner, id, outcome, edits, prompt).await
        }
        End::Answered(Err(failure)) => {
            tracing::error!(%failure, reply = %id, "the advisor failed");
            let outcome = Outcome {
                needs: read_needs(&request).await?,
                ..failed(app, text, &failure.for_person())
            };
            finish(app, owner, id, outcome, Vec::new(), prompt).await
        }
    }
}

async fn claim(app: &App, owner: &str, id: &str) -> Result<Option<Message>, Error> {
    let (id, owner) = (id.to_owned(), owner.to_owned());
    app.db
        .write(move |conn| {
            let now = db::now();
            let row = messages::claim(conn, &id, &owner, now, now + LEASE)?;
            if row.as_ref().is_some_and(|row| row.tries() <= TRIES) {
                // What an earlier attempt wrote isn't a part of this one.
                messages::checkpoint(conn, &id, &owner, "", now + LEASE)?;
            }
            Ok(row)
        })
        .await
}

/// The conversation up to the message that is to be answered, and who asks.
async fn read_request(app: &App, reply: &Message) -> Result<Request, Error> {
    // It is never closed.
    let _turn = app.beginnings.acquire().await;
    let has_tokens = reply.reserved_tokens.is_some();
    let reply = reply.clone();
    let (messages, mut edits, user) = app
        .db
        .read(move |conn| {
            let all = messages::of_conversation(conn, &reply.user_id, &reply.conversation_id)?;
            let edits = need_edits::of_conversation(conn, &reply.user_id, &reply.conversation_id)?;
            let path = match &reply.parent_id {
                Some(parent) => path::to_head(all, parent),
                None => Vec::new(),
            };
            Ok((
                path,
                needs::by_message(edits)?,
                users::get(conn, &reply.user_id)?,
            ))
        })
        .await?;
    let turns = messages
        .into_iter()
        .filter(|message| !message.text.is_empty())
        .map(|message| Turn {
            role: match message.role {
                Role::User => Speaker::User,
                Role::Assistant => Speaker::Assistant,
            },
            text: message.text,
            edits: edits.remove(&message.id).unwrap_or_default(),
            message_id: message.id,
        })
        .collect();
    Ok(Request {
        catalogue: app.catalogue(),
        turns,
        knowledge: Knowledge::parse(&user.knowledge).unwrap_or(Knowledge::Casual),
        usual: user.preferences.assumptions(),
        has_tokens,
    })
}

/// What was understood, whether or not an answer came of it: the chips follow the person's words.
async fn read_needs(request: &Request) -> Result<Option<String>, Error> {
    let request = request.clone();
    let read = move || advisor::needs::read(&request.turns, &request.catalogue);
    let needs = tokio::task::spawn_blocking(read).await;
    let needs = needs.map_err(Error::internal)?;
    serde_json::to_string(&needs)
        .map(Some)
        .map_err(Error::internal)
}

/// Runs the advisor; what it says goes to the feed at once and to the row about every second.
async fn answer(
    app: &App,
    owner: &str,
    id: &str,
    request: &Request,
    text: &mut String,
    stops: &mut broadcast::Receiver<String>,
) -> End {
    let (sender, mut pieces) = mpsc::channel(64);
    let reply = app.advisor.reply(request, &sender);
    tokio::pin!(reply);
    let mut checkpoint = tokio::time::interval(CHECKPOINT);
    checkpoint.set_missed_tick_behavior(MissedTickBehavior::Delay);
    checkpoint.reset();
    loop {
        tokio::select! {
            // In this order: a flood of text must not drown a stop, and what was said is published
            // before the advisor's end is looked at.
            biased;
            stopped = stops.recv() => match stopped {
                Ok(stopped) if stopped == id => return End::LeaseGone,
                // Of many stops some may be missed; the next checkpoint finds out.
                _ => {}
            },
            _ = checkpoint.tick() => {
                if !keep(app, owner, id, text).await {
                    return End::LeaseGone;
                }
            }
            Some(piece) = pieces.recv() => publish(app, id, piece, text),
            result = &mut reply => {
                while let Ok(piece) = pieces.try_recv() {
                    publish(app, id, piece, text);
                }
                return End::Answered(result);
            }
        }
    }
}

fn publish(app: &App, id: &str, piece: Piece, text: &mut String) {
    match piece {
        Piece::Text(part) => {
            text.push_str(&part);
            app.feed
                .update(id, |progress| progress.text.push_str(&part));
        }
        Piece::Cars(cars) => app.feed.update(id, |progress| progress.cars = Some(cars)),
    }
}

/// Keeps the text so far and the lease. False when the lease is gone.
async fn keep(app: &App, owner: &str, id: &str, text: &str) -> bool {
    let (owned, owner, text) = (id.to_owned(), owner.to_owned(), text.to_owned());
    let kept = app
        .db
        .write(move |conn| messages::checkpoint(conn, &owned, &owner, &text, db::now() + LEASE));
    kept.await.unwrap_or_else(|error| {
        // The lease lasts through several of these; if it runs out, `finish` finds out.
        tracing::warn!(cause = error.causes(), reply = %id, "a checkpoint was missed");
        true
    })
}

fn done(app: &App, version: &str, made: Made) -> Result<Outcome, Error> {
    let model = match &made.stands_in {
        None => app.advisor.model(),
        Some(reason) => {
            tracing::warn!(
                ?reason,
                "the catalogue advisor answered in the model's place"
            );
            CATALOGUE_MODEL
        }
    };
    Ok(Outcome {
        status: Status::Done.as_str(),
        error: made.stands_in.map(|reason| reason.for_person()),
        model: Some(model.to_owned()),
        cars: Some(serde_json::to_string(&made.answer.cars).map_err(Error::internal)?),
        needs: Some(serde_json::to_string(&made.answer.needs).map_err(Error::internal)?),
        catalogue: Some(version.to_owned()),
        prompt_tokens: made.usage.map(|usage| usage.prompt_tokens),
        completion_tokens: made.usage.map(|usage| usage.completion_tokens),
        unverified: Some(serde_json::to_string(&made.unverified).map_err(Error::internal)?),
        text: made.answer.text,
    })
}

fn failed(app: &App, text: String, error: &str) -> Outcome {
    Outcome {
        text,
        status: Status::Failed.as_str(),
        error: Some(error.to_owned()),
        model: Some(app.advisor.model().to_owned()),
        cars: None,
        needs: None,
        catalogue: None,
        prompt_tokens: None,
        completion_tokens: None,
        unverified: None,
    }
}

/// What the reply changed in the needs, as rows that follow it.
fn new_edits(reply: &Message, edits: &[Edit]) -> Result<Vec<NewEdit>, Error> {
    let row = |edit: &Edit| {
        let need = edit.need.as_ref().map(serde_json::to_string);
        Ok(NewEdit {
            id: db::new_id(),
            user_id: reply.user_id.clone(),
            conversation_id: reply.conversation_id.clone(),
            message_id: reply.id.clone(),
            need_id: edit.id.clone(),
            need: need.transpose().map_err(Error::internal)?,
            created_at: db::now(),
        })
    };
    edits.iter().map(row).collect()
}

/// Ends the row, together with what the reply changed in the needs and took of the budgets (it was made from a prompt of
/// about so many tokens), with some patience for a database that is away for a moment.
async fn finish(
    app: &App,
    owner: &str,
    id: &str,
    mut outcome: Outcome,
    mut edits: Vec<NewEdit>,
    prompt: i64,
) -> Result<(), Error> {
    let mut tries = 0;
    loop {
        let (owned, owner, row) = (id.to_owned(), owner.to_owned(), outcome.clone());
        let new = edits.clone();
        let needs: Vec<Need> = views::read_json(row.needs.as_deref());
        let title = title::from_needs(&needs);
        let ended = app.db.write(move |conn| {
            // First the conversation and then the message, as everybody does who holds both.
            if let Some(title) = title {
                conversations::title_once(conn, &owned, &title)?;
            }
            let ended = messages::finish(conn, &owned, &owner, &row)?;
            for edit in new.iter().filter(|_| ended) {
                need_edits::insert(conn, edit)?;
            }
            if ended {
                budgets::settle(conn, &owned, spending::of_outcome(&row, prompt))?;
            } else if messages::keep_part(conn, &owned, &owner, &Part::of(&row))? {
                // It was stopped in this very moment.
                budgets::settle(conn, &owned, spending::of_part(&row.text, prompt))?;
            }
            Ok(ended)
        });
        match ended.await {
            Ok(true) => return Ok(()),
            Ok(false) => {
                tracing::warn!(reply = %id, "the lease was gone before the reply was whole");
                return Ok(());
            }
            Err(Error::Unavailable) if tries < 5 => {
                tries += 1;
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            // What the database can't keep it won't keep at a second try either.
            Err(error) if outcome.status == Status::Done.as_str() => {
                tracing::error!(cause = error.causes(), reply = %id, "a reply could not be kept");
                outcome = failed(app, String::new(), NOT_KEPT);
                edits.clear();
            }
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_is_worked_at_once_at_a_time_and_each_time_under_another_name() {
        let mine = Mine::default();
        let first = mine.take("r").unwrap();
        assert!(mine.take("r").is_none());
        assert_eq!(mine.owners(), std::slice::from_ref(&first.owner));
        let name = first.owner.clone();
        drop(first);
        assert_ne!(mine.take("r").unwrap().owner, name);
    }
}
