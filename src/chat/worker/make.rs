//! Makes one reply: claims the row, runs the advisor, and keeps what comes.

use std::time::Duration;

use tokio::sync::{broadcast, mpsc};
use tokio::time::MissedTickBehavior;

use super::finish::{done, failed, finish, new_edits};
use crate::advisor::{self, Knowledge, Made, Piece, Request, Role as Speaker, Turn};
use crate::chat::{needs, path, spending};
use crate::db::messages::{self, Message, Outcome, Part, Role};
use crate::db::{self, Kept, need_edits, users};
use crate::error::Error;
use crate::feed::Feed;
use crate::openai::Failure;
use crate::state::App;

/// How long a worker that says nothing keeps its reply.
const LEASE: chrono::Duration = chrono::Duration::seconds(15);
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
enum End {
    Answered(Result<Made, Failure>),
    /// Stopped by the person, taken over by another worker, or never kept.
    LeaseGone,
}

pub(super) async fn make(app: &App, owner: &str, id: &str) -> Result<(), Error> {
    // Before the claim: a stop that comes in between is then heard.
    let mut stops = app.stops.listen();
    let (Some(row), kept) = claim(app, owner, id).await? else {
        app.feed.abandon(id);
        return Ok(());
    };
    app.feed.begin(id, row.attempts);
    let _open = Open {
        feed: &app.feed,
        id,
    };
    if row.tries() > TRIES {
        let outcome = failed(app, row.text, GIVEN_UP);
        let prompt = spending::estimate_prompt(std::iter::empty());
        return finish(app, owner, id, outcome, Vec::new(), prompt).await;
    }
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
    match answer(app, owner, id, &request, &mut text, &mut stops, kept).await {
        End::LeaseGone => {
            let part = Part {
                needs: read_needs(&request).await?,
                model: Some(app.advisor.model().to_owned()),
                text,
            };
            let (id, owner) = (id.to_owned(), owner.to_owned());
            app.db
                .write(move |conn| spending::keep_part(conn, &id, &owner, &part, prompt))
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

/// Takes the lease. The advisor can begin before that is on disk, as long as nobody hears of what it says.
async fn claim(app: &App, owner: &str, id: &str) -> Result<(Option<Message>, Kept), Error> {
    let (id, owner) = (id.to_owned(), owner.to_owned());
    let model = app.advisor.model().to_owned();
    app.db
        .write_ahead(move |conn| {
            let now = db::now();
            let row = messages::claim(conn, &id, &owner, &model, now, now + LEASE)?;
            let begins_anew = |row: &Message| row.tries() <= TRIES && !row.text.is_empty();
            if row.as_ref().is_some_and(begins_anew) {
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

/// Runs the advisor; what it says goes to the feed at once, when the lease is kept, and to the row about every second.
async fn answer(
    app: &App,
    owner: &str,
    id: &str,
    request: &Request,
    text: &mut String,
    stops: &mut broadcast::Receiver<String>,
    kept: Kept,
) -> End {
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
                Ok(stopped) if stopped == id => return End::LeaseGone,
                // Of many stops some may be missed; the next checkpoint finds out.
                _ => {}
            },
            _ = checkpoint.tick() => {
                if !keep(app, owner, id, text).await {
                    return End::LeaseGone;
                }
            }
            on_disk = &mut kept, if !is_kept => match on_disk {
                Ok(()) => is_kept = true,
                Err(_) => return End::LeaseGone,
            },
            Some(piece) = pieces.recv(), if is_kept => publish(app, id, piece, text),
            result = &mut reply => {
                if !is_kept && kept.as_mut().await.is_err() {
                    return End::LeaseGone;
                }
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
