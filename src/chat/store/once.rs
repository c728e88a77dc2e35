//! Stores once, however often it is sent, and hands what is stored to a worker: at once where there is room for it here.

use tokio::sync::{OwnedSemaphorePermit, broadcast};
use tracing::Instrument;

use super::Posted;
use crate::chat::idempotency::Key;
use crate::chat::worker;
use crate::config::Limits;
use crate::db::leases::NewLease;
use crate::db::messages::Origin;
use crate::db::users::User;
use crate::db::{self, Conn, Kept, users};
use crate::error::Error;
use crate::limit::{Action, Caller};
use crate::queue::Lane;
use crate::room::{Asked, Begun};
use crate::state::App;
use crate::web::quota::Quota;

/// Runs `store` in a transaction, unless something was stored under the same key before: then that is found.
pub(super) async fn once<F>(
    app: &App,
    quota: &Quota,
    user_id: &str,
    key: Option<Key>,
    store: F,
) -> Result<Posted, Error>
where
    F: FnOnce(&mut Conn, &str, Order) -> Result<Posted, Error> + Send + 'static,
{
    let refused = admit(app, quota, user_id, key.is_some()).await?;
    let has_taken = refused.is_none();
    let beginning = Beginning::here(app);
    let owner = beginning.as_ref().map(|beginning| beginning.owner.clone());
    let order = Order::of(app, quota.origin(), owner);
    let owner = user_id.to_owned();
    let query = move |conn: &mut Conn| {
        let before = key.map(|key| key.take(conn, &owner, &order.reply));
        match (before.transpose()?.flatten(), refused) {
            (Some(posted), _) => Ok((posted, None)),
            (None, Some(error)) => Err(error),
            (None, None) => match users::standing(conn, &owner)? {
                Some(user) if user.is_active => Ok((store(conn, &owner, order)?, Some(user))),
                // Turned off or deleted while this was under way: what runs for it was stopped already.
                _ => Err(Error::Unauthenticated),
            },
        }
    };
    // A task of its own: a caller who goes away in the middle must not leave a lease that nobody works under.
    let stored = tokio::spawn({
        let app = app.clone();
        async move {
            let ((mut posted, user), kept) = app.db.write_ahead(query).await?;
            match user {
                Some(user) => hand_over(&app, &mut posted, user, beginning, kept).await?,
                None => kept.wait().await?,
            }
            Ok(posted)
        }
        .instrument(tracing::debug_span!("store"))
    });
    let stored = stored.await.map_err(Error::internal)?;
    let posted = note_refusal(app, has_taken, stored)?;
    if posted.is_repeat && has_taken {
        // What was stored before takes nothing of the limit.
        let caller = Caller::Account(user_id);
        quota.give_back(Action::Chat, caller).await;
    }
    Ok(posted)
}

/// Hands a reply that is being stored to a worker, and returns once it is on disk. One that was taken is begun at once, one
/// that waits its turn when it can be found.
async fn hand_over(
    app: &App,
    posted: &mut Posted,
    user: User,
    beginning: Option<Beginning>,
    kept: Kept,
) -> Result<(), Error> {
    match posted.taken.take().zip(beginning) {
        Some((reply, beginning)) => {
            app.room.begin(Begun {
                owner: beginning.owner,
                asked: Asked {
                    said: posted.message.clone(),
                    user,
                },
                kept: kept.clone(),
                stops: beginning.stops,
                permit: beginning.permit,
                reply,
            });
            announce(app, &posted.reply.id).await;
            kept.wait().await
        }
        None => {
            kept.wait().await?;
            announce(app, &posted.reply.id).await;
            Ok(())
        }
    }
}

/// Puts a reply on the queue, with a feed for those who want to watch where it is made here.
async fn announce(app: &App, reply_id: &str) {
    let is_local = app.queue.is_local();
    if is_local {
        app.feed.open(reply_id);
    }
    if !app.queue.push(reply_id.to_owned(), Lane::Interactive) && is_local {
        app.feed.abandon(reply_id);
        // For the sweep, or the next process.
        let begun = app.room.take(reply_id);
        worker::release(app, begun.map(|begun| begun.owner).into_iter().collect()).await;
    }
}

/// Whether one more reply may be asked for: not while the server ends, and not faster than the person's limit. What was
/// stored before under the same key is found all the same.
pub(in crate::chat) async fn admit(
    app: &App,
    quota: &Quota,
    user_id: &str,
    has_key: bool,
) -> Result<Option<Error>, Error> {
    let admitted = match app.refuse_what_is_too_late() {
        Ok(()) => quota.take(Action::Chat, Caller::Account(user_id)).await,
        Err(error) => Err(error),
    };
    match admitted {
        Err(error) if !has_key => Err(error),
        admitted => Ok(admitted.err()),
    }
}

/// Counts a budget that was used up. Where nothing was taken it was another limit, which is counted already.
pub(in crate::chat) fn note_refusal<T>(
    app: &App,
    has_taken: bool,
    stored: Result<T, Error>,
) -> Result<T, Error> {
    if let Err(Error::TooMany { limit, .. }) = &stored
        && has_taken
    {
        app.metrics.limit_hit(limit);
    }
    stored
}

/// What a reply needs that is to be begun in the transaction that stores it.
struct Beginning {
    /// The name under which its lease is to be held.
    owner: String,
    stops: broadcast::Receiver<String>,
    permit: OwnedSemaphorePermit,
}

impl Beginning {
    /// None where replies are made elsewhere, or there is no room: then it waits its turn.
    fn here(app: &App) -> Option<Self> {
        let permit = app.queue.is_local().then(|| app.room.now()).flatten()?;
        Some(Self {
            owner: db::new_id(),
            stops: app.stops.listen(),
            permit,
        })
    }
}

/// A message and a reply to be stored.
pub(super) struct Order {
    /// Their keys, in the order in which they are read.
    pub said: String,
    pub reply: String,
    pub limits: Limits,
    /// Whether a model answers, which takes tokens.
    pub has_model: bool,
    pub origin: Origin,
    /// Taken where it can begin at once.
    pub lease: Option<NewLease>,
}

impl Order {
    fn of(app: &App, origin: Origin, owner: Option<String>) -> Self {
        Self {
            origin,
            said: db::new_id(),
            reply: db::new_id(),
            limits: app.config.limits,
            has_model: app.advisor.is_model(),
            lease: owner.map(|owner| NewLease {
                owner,
                model: app.advisor.model().to_owned(),
            }),
        }
    }
}
