//! How an account is deleted or turned off: what runs for it is stopped, and then all is done at once.

use std::time::Duration;

use crate::db::account_events::{self, Actor, By, EventKind};
use crate::db::{self, Conn, Db, invitations, messages, sessions, spending, users};
use crate::error::Error;

/// How often it is tried again when others are in the way, and after which pause.
const TRIES: u8 = 3;
const PAUSE: Duration = Duration::from_millis(300);

/// Deletes an account with every row of it. `stopped` hears of each reply that was being made. Of the log of events one
/// stays: that the account with that id was deleted, when, and whether by the person or the operator. False if it is gone
/// already.
///
/// # Errors
/// When the database fails.
pub async fn delete(
    db: &Db,
    user_id: &str,
    actor: Actor,
    stopped: impl Fn(String),
) -> Result<bool, Error> {
    end(db, user_id, &stopped, move |conn, id| {
        let user = match users::get(conn, id) {
            Err(Error::NotFound) => return Ok(false),
            found => found?,
        };
        // Others that were sent to the same person, and that nobody needs any more.
        invitations::forget_email(conn, &user.email)?;
        users::delete(conn, id)?;
        let (kind, by) = (EventKind::AccountDeleted, By::from_nowhere(actor));
        account_events::record(conn, None, kind, &by, Some(id))?;
        Ok(true)
    })
    .await
}

/// Turns an account off: its sessions and tokens end for good. False if it is off already.
///
/// # Errors
/// When the database fails.
pub async fn deactivate(db: &Db, user_id: &str) -> Result<bool, Error> {
    // Its workers ask for their stops by themselves.
    end(db, user_id, &drop, |conn, id| {
        let changed = users::set_active(conn, id, false)?;
        if changed {
            sessions::revoke_all(conn, id, db::now())?;
            let (kind, by) = (
                EventKind::AccountDeactivated,
                By::from_nowhere(Actor::Operator),
            );
            account_events::record(conn, Some(id), kind, &by, None)?;
        }
        Ok(changed)
    })
    .await
}

/// Stops what runs, then does `last` while nobody can add to the account.
async fn end<T: Send + 'static>(
    db: &Db,
    user_id: &str,
    stopped: &impl Fn(String),
    last: impl Fn(&mut Conn, &str) -> Result<T, Error> + Clone + Send + 'static,
) -> Result<T, Error> {
    let mut tries = 0;
    loop {
        match try_to_end(db, user_id, stopped, last.clone()).await {
            // What was under way for the person held rows of theirs; it ends by itself.
            Err(Error::Unavailable | Error::Unsure) if tries < TRIES => tries += 1,
            ended => return ended,
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn try_to_end<T: Send + 'static>(
    db: &Db,
    user_id: &str,
    stopped: &impl Fn(String),
    last: impl FnOnce(&mut Conn, &str) -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let id = user_id.to_owned();
    let unfinished = db
        .read(move |conn| messages::unfinished_of(conn, &id))
        .await?;
    // Each by itself and before anything is locked: on PostgreSQL the workers hold rows that the end waits for.
    for reply in unfinished {
        let id = reply.id.clone();
        db.write(move |conn| spending::stop(conn, &reply)).await?;
        stopped(id);
    }
    let id = user_id.to_owned();
    let (late, done) = db
        .write(move |conn| {
            users::hold(conn, &id)?;
            // What was begun in between.
            let late = spending::stop_all_of(conn, &id)?;
            Ok((late, last(conn, &id)?))
        })
        .await?;
    late.into_iter().for_each(stopped);
    Ok(done)
}
