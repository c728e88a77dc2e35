//! A process that makes replies and serves no pages: `autio work`.

use std::net::TcpListener;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header;
use actix_web::middleware::{Next, from_fn};
use actix_web::{Error as ActixError, HttpServer, web};

use super::port::listen;
use super::{asked_to_end, assemble, end_if_asked_again, run_beside};
use crate::chat::worker::{self, AT_ONCE};
use crate::config::Config;
use crate::error::Error;
use crate::feed::Relay;
use crate::health;
use crate::queue::{Jobs, Queue};
use crate::state::App;
use crate::web::problem;

/// A worker that is ready to run.
pub struct Work {
    app: App,
    jobs: Jobs,
    relay: Option<Relay>,
    /// Where it answers about its health, if anywhere.
    health: Option<TcpListener>,
}

impl Work {
    /// Opens the database and takes from RabbitMQ, as soon as it can be reached; or else only looks into the table.
    ///
    /// # Errors
    /// With the cause when the database, the catalogue or the address for its health can't be used.
    pub async fn build(config: Config) -> Result<Self, Error> {
        let health = config.work_addr.map(listen).transpose()?;
        let (queue, jobs) = match &config.amqp {
            None => Queue::local(),
            Some(amqp) => {
                let batch = u16::try_from(config.batches.at_once).unwrap_or(u16::MAX);
                (Queue::amqp(amqp), Jobs::amqp(amqp, AT_ONCE, batch))
            }
        };
        let (app, relay) = assemble(config, queue, &jobs).await?;
        Ok(Self {
            app,
            jobs,
            relay,
            health,
        })
    }

    /// What it works with; for tests.
    pub fn app(&self) -> &App {
        &self.app
    }

    /// Works until SIGTERM or SIGINT, then finishes what runs or hands it back.
    ///
    /// # Errors
    /// When it can't go on.
    pub async fn run(self) -> Result<(), Error> {
        let app = self.app;
        if let Some(listener) = self.health {
            tokio::spawn(answer(app.clone(), listener)?);
        }
        let draining = app.draining.subscribe();
        let mut worker = tokio::spawn(worker::run(app.clone(), self.jobs, draining));
        // It ends with this function.
        let _beside = run_beside(&app, self.relay);
        let worked = tokio::select! {
            by_itself = &mut worker => {
                by_itself.map_err(Error::internal)?;
                return Err(Error::internal("the work ended without being asked to"));
            }
            _ = asked_to_end() => {
                tracing::info!("asked to end: finishing what runs");
                app.draining.send_replace(true);
                end_if_asked_again();
                worker.await
            }
        };
        worked.map_err(Error::internal)
    }
}

/// `/healthz`, `/readyz` and `/metrics`, as a server has them.
fn answer(app: App, listener: TcpListener) -> Result<actix_web::dev::Server, Error> {
    let state = web::Data::new(app);
    let make = move || {
        actix_web::App::new()
            .app_data(state.clone())
            .configure(health::routes)
            // The last is the outermost.
            .wrap(from_fn(problem::answer))
            .wrap(from_fn(for_programs))
    };
    let server = HttpServer::new(make).workers(1).disable_signals();
    let server = server.listen(listener).map_err(Error::internal)?;
    Ok(server.run())
}

/// Middleware: there are no pages here, so nobody gets one, not even of an error.
async fn for_programs(
    mut req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, ActixError> {
    let headers = req.headers_mut();
    headers.remove(header::ACCEPT);
    headers.remove("hx-request");
    next.call(req).await
}
