//! Takes up the catalogue that was imported last, at start and while the server runs.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::MissedTickBehavior;

use crate::cars::Catalogue;
use crate::db::{Db, catalogues};
use crate::error::Error;
use crate::state::{App, InUse};

/// How often the database is asked whether there is another.
const LOOK: Duration = Duration::from_secs(3);

/// The imported catalogue, or the built-in one where there is none or it can't be read.
///
/// # Errors
/// When the database can't be asked, or the built-in table is damaged.
pub async fn load(db: &Db) -> Result<InUse, Error> {
    let id = db.read(catalogues::current).await?;
    load_that(db, id).await
}

async fn load_that(db: &Db, id: Option<String>) -> Result<InUse, Error> {
    let wanted = id.clone();
    let stored = db
        .read(move |conn| match wanted {
            Some(id) => catalogues::get(conn, &id),
            None => Ok(None),
        })
        .await?;
    let read = move || match stored.map(|stored| stored.read()) {
        Some(Ok(catalogue)) => Ok(catalogue),
        // Better the figures that this version of Autio knows than none.
        Some(Err(error)) => {
            tracing::error!(
                cause = error.causes(),
                "the imported catalogue can't be read, so the built-in one is in use; import it again"
            );
            Catalogue::built_in().map_err(Error::internal)
        }
        None => Catalogue::built_in().map_err(Error::internal),
    };
    let catalogue = tokio::task::spawn_blocking(read).await;
    Ok(InUse {
        id,
        catalogue: Arc::new(catalogue.map_err(Error::internal)??),
    })
}

/// Looks for another catalogue as long as the server runs. Answers that are being made keep the one they began with.
pub async fn follow(app: App) {
    let mut ticks = tokio::time::interval(LOOK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = look(&app).await {
            tracing::warn!(
                cause = error.causes(),
                "could not look for another catalogue"
            );
        }
    }
}

async fn look(app: &App) -> Result<(), Error> {
    let id = app.db.read(catalogues::current).await?;
    if id == app.in_use.borrow().id {
        return Ok(());
    }
    let new = load_that(&app.db, id).await?;
    tracing::info!(
        catalogue = %new.catalogue.version,
        cars = new.catalogue.len(),
        "another catalogue is in use"
    );
    app.in_use.send_replace(new);
    Ok(())
}
