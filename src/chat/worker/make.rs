//! Makes one reply: claims the row, runs the advisor, and keeps what comes.

use std::time::{Duration, SystemTime};

use tokio::sync::{broadcast, mpsc};
use tokio::time::{Instant, MissedTickBehavior};
use tracing::Instrument;
use tracing::field::Empty;

use super::finish::{done, failed, finish, new_edits};
use crate::advisor::{self, Knowledge, Made, Piece, Request, Role as Speaker, Turn};
use crate::chat::{needs, path, spending};
use crate::db::leases::{self, Claim, LEASE, Part};
use crate::db::messages::{self, Message, Outcome, Role};
use crate::db::{self, Kept, need_edits, users};
use crate::error::Error;
use crate::feed::Feed;
use crate::metrics::{End, Lease};
use crate::openai::Failure;
use crate::queue::Taken;
use crate::state::App;
use crate::trace::{self, milliseconds};

/// How often the text so far is kept and the lease renewed.
const CHECKPOINT: Duration = Duration::from_millis(800);
/// How often a reply is begun before it is given up.
const TRIES: i32 = 3;

const GIVEN_UP: &str =
    "Autio tried three times and could not finish this answer. Your message is kept: try again.";

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
enum Finish {
    Answered(Result<Made, Failure>),
    /// Stopped by the person, taken over by another worker, or never kept.
    LeaseGone,
}

/// A reply as far as this attempt has come.
struct Said {
    text: String,
    began: Instant,
    /// After how long the first text came.
    first: Option<Duration>,
}

/// Makes the reply under the name `owner`, which holds its lease already where it was taken.
pub(super) async fn make(
    app: &App,
    owner: &str,
    id: &str,
    taken: Option<Box<Taken>>,
) -> Result<(), Error> {
    let asked = SystemTime::now();
    let (stops, claim, kept) = match taken {
        Some(taken) => {
            let claim = Claim {
                reply: taken.reply,
                has_expired: false,
            };
            (taken.stops, claim, Kept::already())
        }
        None => {
            // Before the claim: a stop that comes in between is then heard.
            let stops = app.stops.listen();
            let (Some(claim), kept) = claim(app, owner, id).await? else {
                app.feed.abandon(id);
                return Ok(());
            };
            (stops, claim, kept)
        }
    };
    let replies = &app.metrics.replies;
    if claim.has_expired {
        replies.lease(Lease::TakenOver, 1);
    }
    let row = claim.reply;
    if row.attempts == 1 {
        let wait = (db::now() - row.timestamp).to_std();
        replies.waited(wait.unwrap_or_default());
    }
    // Whatever the level: the worst lines need it most.
    let span = tracing::error_span!(
        "reply",
        request_id = row.request_id,
        reply_id = id,
        attempt = row.attempts,
        otel.kind = Empty,
    );
    if app.config.traces.is_some() {
        trace::adopt(&span, "consumer", row.traceparent.as_deref());
        if row.attempts == 1 {
            trace::tell(&span, "queue", row.timestamp.and_utc().into(), asked);
        }
        trace::tell(&span, "claim", asked, SystemTime::now());
    }
    attempt(app, owner, row, stops, kept).instrument(span).await
}

/// One attempt at a reply whose lease `owner` has just got, once that is kept.
async fn attempt(
    app: &App,
    owner: &str,
    row: Message,
    stops: broadcast::Receiver<String>,
    kept: Kept,
) -> Result<(), Error> {
    let id = row.id.clone();
    app.feed.begin(&id, row.attempts);
    let _open = Open {
        feed: &app.feed,
        id: &id,
    };
    let mut said = Said {
        text: String::new(),
        began: Instant::now(),
        first: None,
    };
    let mut is_model = app.advisor.is_model();
    let ended = run(app, owner, row, stops, kept, &mut said, &mut is_model).await;
    let ended = ended.inspect_err(|error| {
        tracing::error!(
            cause = error.causes(),
            "a reply could not be made; the sweep will try again"
        );
    });
    let (Ok(Some(end)), took) = (ended, said.began.elapsed()) else {
        return Ok(());
    };
    if let Some(first) = said.first {
        app.metrics.replies.spoke(is_model, first);
    }
    app.metrics.replies.ended(is_model, end, took);
    tracing::info!(
        outcome = end.as_str(),
        is_model,
        first_text_ms = said.first.map(milliseconds),
        ms = milliseconds(took),
        "a reply has ended"
    );
    Ok(())
}

/// Runs the advisor and ends the row. None where another worker has it by then. `is_model` becomes false where the built-in
/// advisor speaks in the model's place.
async fn run(
    app: &App,
    owner: &str,
    row: Message,
    mut stops: broadcast::Receiver<String>,
    kept: Kept,
    said: &mut Said,
    is_model: &mut bool,
) -> Result<Option<End>, Error> {
    let id = row.id.as_str();
    if row.tries() > TRIES {
        let outcome = failed(app, row.text.clone(), GIVEN_UP);
        let prompt = spending::estimate_prompt(std::iter::empty());
        let ended = finish(app, owner, id, outcome, Vec::new(), prompt).await?;
        return Ok(ended.map(|_| End::GivenUp));
    }
    let request = match read_request(app, &row).await {
        Ok(request) => request,
        // Nothing was tried yet, so no try is used up: the next sweep begins anew.
        Err(error) => {
            let owners = [owner.to_owned()];
            let handed_back = app.db.write(move |conn| leases::release(conn, &owners));
            handed_back.await.ok();
            return Err(error);
        }
    };
    *is_model &= request.has_tokens;
    let prompt = spending::estimate_prompt(request.turns.iter().map(|turn| turn.text.as_str()));
    match answer(app, owner, id, &request, said, &mut stops, kept).await {
        Finish::LeaseGone => {
            let part = Part {
                needs: read_needs(&request).await?,
                model: Some(app.advisor.model().to_owned()),
                text: said.text.clone(),
            };
            let (id, owner) = (id.to_owned(), owner.to_owned());
            let kept = app
                .db
                .write(move |conn| spending::keep_part(conn, &id, &owner, &part, prompt));
            let was_stopped = kept.await?;
            if !was_stopped {
                app.metrics.replies.lease(Lease::Lost, 1);
            }
            Ok(was_stopped.then_some(End::Stopped))
        }
        Finish::Answered(Ok(made)) => {
            *is_model &= made.stands_in.is_none();
            let edits = new_edits(&row, &made.answer.edits)?;
            let outcome = done(app, &request.catalogue.version, made)?;
            finish(app, owner, id, outcome, edits, prompt).await
        }
        Finish::Answered(Err(failure)) => {
            tracing::error!(%failure, "the advisor failed");
            let outcome = Outcome {
                needs: read_needs(&request).await?,
                ..failed(app, said.text.clone(), &failure.for_person())
            };
            finish(app, owner, id, outcome, Vec::new(), prompt).await
        }
    }
}

/// Takes the lease. The advisor can begin before that is on disk, as long as nobody hears of what it says.
async fn claim(app: &App, owner: &str, id: &str) -> Result<(Option<Claim>, Kept), Error> {
    let (id, owner) = (id.to_owned(), owner.to_owned());
    let model = app.advisor.model().to_owned();
    app.db
        .write_ahead(move |conn| {
            let now = db::now();
            let claim = leases::claim(conn, &id, &owner, &model, now)?;
            let begins_anew =
                |claim: &Claim| claim.reply.tries() <= TRIES && !claim.reply.text.is_empty();
            if claim.as_ref().is_some_and(begins_anew) {
                // What an earlier attempt wrote isn't a part of this one.
                leases::checkpoint(conn, &id, &owner, "", now + LEASE)?;
            }
            Ok(claim)
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

/// Runs the advisor; what it says goes to the feed at once, when the lease is kept, and to the row about every second.
async fn answer(
    app: &App,
    owner: &str,
    id: &str,
    request: &Request,
    said: &mut Said,
    stops: &mut broadcast::Receiver<String>,
    kept: Kept,
) -> Finish {
    let kept = kept.wait();
    tokio::pin!(kept);
    let mut is_kept = false;
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
                Ok(stopped) if stopped == id => return Finish::LeaseGone,
                // Of many stops some may be missed; the next checkpoint finds out.
                _ => {}
            },
            _ = checkpoint.tick() => {
                if !keep(app, owner, id, &said.text).await {
                    return Finish::LeaseGone;
                }
            }
            on_disk = &mut kept, if !is_kept => match on_disk {
                Ok(()) => is_kept = true,
                Err(_) => return Finish::LeaseGone,
            },
            Some(piece) = pieces.recv(), if is_kept => publish(app, id, piece, said),
            result = &mut reply => {
                if !is_kept && kept.as_mut().await.is_err() {
                    return Finish::LeaseGone;
                }
                while let Ok(piece) = pieces.try_recv() {
                    publish(app, id, piece, said);
                }
                return Finish::Answered(result);
            }
        }
    }
}

fn publish(app: &App, id: &str, piece: Piece, said: &mut Said) {
    match piece {
        Piece::Text(part) => {
            said.first.get_or_insert_with(|| said.began.elapsed());
            said.text.push_str(&part);
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
        .write(move |conn| leases::checkpoint(conn, &owned, &owner, &text, db::now() + LEASE));
    kept.await.unwrap_or_else(|error| {
        // The lease lasts through several of these; if it runs out, `finish` finds out.
        tracing::warn!(cause = error.causes(), "a checkpoint was missed");
        true
    })
}
