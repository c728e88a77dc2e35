//! Makes one reply: claims the row, runs the advisor, and keeps what comes.

use std::time::{Duration, SystemTime};

use tokio::sync::{broadcast, mpsc};
use tokio::time::{Instant, MissedTickBehavior};
use tracing::Instrument;
use tracing::field::Empty;

use super::finish::{done, failed, finish, new_edits};
use super::read::{read_needs, read_request};
use super::release;
use crate::advisor::{Made, Piece, Request};
use crate::chat::spending;
use crate::db::leases::{self, Claim, LEASE, Part};
use crate::db::messages::{Message, Outcome};
use crate::db::{self, Kept};
use crate::error::Error;
use crate::feed::Feed;
use crate::metrics::{End, Lease};
use crate::openai::Failure;
use crate::room::{Asked, Begun};
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
    /// Stopped by the person, or taken over by another worker.
    LeaseGone,
    /// The lease never came to the disk, nor did the message that was stored with it.
    NeverKept,
}

/// A reply as far as this attempt has come.
struct Said {
    text: String,
    began: Instant,
    /// After how long the first text came.
    first: Option<Duration>,
}

/// A reply under a lease of ours.
struct Leased {
    row: Message,
    /// None where that is to be read.
    asked: Option<Asked>,
    stops: broadcast::Receiver<String>,
    kept: Kept,
}

/// Makes the reply under the name `owner`, which holds its lease already where it was begun.
pub(super) async fn make(
    app: &App,
    owner: &str,
    id: &str,
    begun: Option<Begun>,
) -> Result<(), Error> {
    let asked = SystemTime::now();
    let (leased, _permit) = match begun {
        Some(begun) => {
            let leased = Leased {
                row: begun.reply,
                asked: Some(begun.asked),
                stops: begun.stops,
                kept: begun.kept,
            };
            (leased, Some(begun.permit))
        }
        None => {
            // Before the claim: a stop that comes in between is then heard.
            let stops = app.stops.listen();
            let (Some(claim), kept) = claim(app, owner, id).await? else {
                app.feed.abandon(id);
                return Ok(());
            };
            if claim.has_expired {
                app.metrics.replies.lease(Lease::TakenOver, 1);
            }
            let leased = Leased {
                row: claim.reply,
                asked: None,
                stops,
                kept,
            };
            (leased, None)
        }
    };
    let row = &leased.row;
    if row.attempts == 1 {
        let wait = (db::now() - row.timestamp).to_std();
        app.metrics.replies.waited(wait.unwrap_or_default());
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
    attempt(app, owner, leased).instrument(span).await
}

/// One attempt at a reply whose lease `owner` has just got, once that is kept.
async fn attempt(app: &App, owner: &str, leased: Leased) -> Result<(), Error> {
    let id = leased.row.id.clone();
    app.feed.begin(&id, leased.row.attempts);
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
    let ended = run(app, owner, leased, &mut said, &mut is_model).await;
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
    leased: Leased,
    said: &mut Said,
    is_model: &mut bool,
) -> Result<Option<End>, Error> {
    let Leased {
        row,
        asked,
        mut stops,
        kept,
    } = leased;
    let id = row.id.as_str();
    if row.tries() > TRIES {
        let outcome = failed(app, row.text.clone(), GIVEN_UP);
        let prompt = spending::estimate_prompt(std::iter::empty());
        let ended = finish(app, owner, id, outcome, Vec::new(), prompt).await?;
        return Ok(ended.map(|_| End::GivenUp));
    }
    let request = match read_request(app, &row, asked, &kept).await {
        Ok(Some(request)) => request,
        // Whoever asked was told so.
        Ok(None) => return Ok(None),
        // Nothing was tried yet, so no try is used up: the next sweep begins anew.
        Err(error) => {
            release(app, vec![owner.to_owned()]).await;
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
        // Whoever asked was told so.
        Finish::NeverKept => Ok(None),
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
                Err(_) => return Finish::NeverKept,
            },
            Some(piece) = pieces.recv(), if is_kept => publish(app, id, piece, said),
            result = &mut reply => {
                if !is_kept && kept.as_mut().await.is_err() {
                    return Finish::NeverKept;
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
