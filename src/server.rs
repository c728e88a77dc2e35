//! The server: state, routes, middleware, and an orderly end.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_session::SessionMiddleware;
use actix_session::config::{CookieContentSecurity, PersistentSession};
use actix_session::storage::CookieSessionStore;
use actix_web::body::MessageBody;
use actix_web::cookie::{Key, SameSite};
use actix_web::dev::{Server as Http, ServiceRequest, ServiceResponse};
use actix_web::http::{ConnectionType, Method};
use actix_web::middleware::{Compress, Next, NormalizePath, from_fn};
use actix_web::{Error as ActixError, HttpServer, web};
use tokio::sync::{Notify, Semaphore, watch};
use tokio::task::JoinSet;

use crate::advisor::Advisor;
use crate::api::{self, Description};
use crate::auth;
use crate::auth::tokens::LOGIN_LIFETIME;
use crate::chat;
use crate::chat::{bin, worker};
use crate::config::Config;
use crate::db::{self, Db, Direction};
use crate::error::Error;
use crate::feed::{Feed, Relay, Stops};
use crate::hashing::Hashing;
use crate::health;
use crate::home;
use crate::limit::Limiter;
use crate::metrics::Metrics;
use crate::queue::{Jobs, Queue};
use crate::redis::Redis;
use crate::showroom;
use crate::state::{App, Parts};
use crate::web::assets::{self, Assets};
use crate::web::{guard, problem};

mod catalogue;
mod port;
mod unread;
pub mod work;

/// How long a client may take to send its head.
const SLOW_CLIENT: Duration = Duration::from_secs(10);
/// How long an idle connection stays open: longer than the minute that proxies keep theirs, so that none sends a request
/// into a connection that is just being closed.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// How long the port stays open after SIGTERM at least, so that load balancers see that the process isn't ready any more
/// before connections are refused. Ctrl-C doesn't wait.
const NOTICE: Duration = Duration::from_secs(2);
/// How long requests that were under way may go on once the replies have ended, in seconds.
const SHUTDOWN: u64 = 5;

/// How many replies read their conversation at once: half of SQLite's readers.
const BEGINNINGS: usize = 2;

/// A server that is bound and ready to run.
pub struct Server {
    http: Http,
    port: TcpListener,
    addr: SocketAddr,
    app: App,
    jobs: Jobs,
    relay: Option<Relay>,
}

impl Server {
    /// Opens the database and its newest schema, and binds the address; port 0 takes a free one.
    ///
    /// # Errors
    /// With the cause when the database, the catalogue or the address can't be used.
    pub async fn build(config: Config) -> Result<Self, Error> {
        let listener = port::listen(config.addr)?;
        let port = listener.try_clone().map_err(Error::internal)?;
        let addr = listener.local_addr().map_err(Error::internal)?;
        let (queue, jobs) = match &config.amqp {
            None => Queue::local(),
            Some(amqp) => (Queue::amqp(amqp), Jobs::Elsewhere),
        };
        let (app, relay) = assemble(config, queue, &jobs).await?;
        let http = serve(app.clone(), listener).map_err(Error::internal)?;
        Ok(Self {
            http,
            port,
            addr,
            app,
            jobs,
            relay,
        })
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// What its handlers have; for tests.
    pub fn app(&self) -> &App {
        &self.app
    }

    /// Runs until SIGTERM or SIGINT, then finishes what runs.
    ///
    /// In this order: not ready and no new replies; running replies finish or are handed back, while pages, streams and
    /// stops are still answered; streams send their readers elsewhere; the port closes.
    ///
    /// # Errors
    /// When the server can't go on.
    pub async fn run(self) -> Result<(), Error> {
        let app = self.app;
        let handle = self.http.handle();
        let mut http = tokio::spawn(self.http);
        let worker = worker::run(app.clone(), self.jobs, app.draining.subscribe());
        let worker = tokio::spawn(worker);
        // They end with this function.
        let mut beside = run_beside(&app, self.relay);
        beside.spawn(bin::keep_empty(app.clone()));
        let mut ended = None;
        let notice = tokio::select! {
            by_itself = &mut http => {
                ended = Some(by_itself);
                Duration::ZERO
            }
            notice = asked_to_end() => {
                tracing::info!("asked to end: finishing what runs");
                notice
            }
        };
        app.draining.send_replace(true);
        end_if_asked_again();
        let (worked, ()) = tokio::join!(worker, tokio::time::sleep(notice));
        app.closing.send_replace(true);
        let ended = match ended {
            Some(ended) => ended,
            None => {
                port::close(self.port).await;
                handle.stop(true).await;
                http.await
            }
        };
        worked.map_err(Error::internal)?;
        ended.map_err(Error::internal)?.map_err(Error::internal)
    }
}

/// Opens the database and its newest schema, and sets up what handlers and workers have, with what listens to the others.
async fn assemble(
    config: Config,
    queue: Queue,
    jobs: &Jobs,
) -> Result<(App, Option<Relay>), Error> {
    let database = config.database.clone();
    let open = move || {
        db::migrate(&database, Direction::Up)?;
        Db::open(&database)
    };
    let db = tokio::task::spawn_blocking(open)
        .await
        .map_err(Error::internal)??;
    let in_use = watch::Sender::new(catalogue::load(&db).await?);
    let redis = match &config.redis {
        Some(url) => Some(Redis::open(url).await),
        None => None,
    };
    let stops = Stops::new(redis.clone());
    let (limiter, feed, relay) = match &redis {
        Some(redis) => {
            let (feed, relay) = Feed::redis(redis.clone(), stops.clone());
            let secret = &config.jwt.current;
            let limiter = Limiter::redis(redis.clone(), &config.limits, secret);
            (limiter, feed, Some(relay))
        }
        None => (Limiter::memory(&config.limits), Feed::local(), None),
    };
    let metrics = Metrics::default();
    let advisor = Advisor::new(&config, metrics.upstream.clone()).map_err(Error::internal)?;
    let app = App::new(Parts {
        room: worker::room(jobs.sweep(), config.batches, advisor.is_model()),
        advisor,
        metrics,
        probing: Arc::default(),
        in_use,
        db,
        queue,
        feed,
        limiter,
        redis,
        hashing: Hashing::new(hashes_at_once()),
        beginnings: Semaphore::new(BEGINNINGS),
        stops,
        turns: Notify::new(),
        draining: watch::Sender::new(false),
        closing: watch::Sender::new(false),
        config,
    });
    Ok((app, relay))
}

/// What goes on beside serving and working, until the set is dropped: the catalogue is followed, and so are the others.
fn run_beside(app: &App, relay: Option<Relay>) -> JoinSet<()> {
    let mut beside = JoinSet::new();
    beside.spawn(catalogue::follow(app.clone()));
    if let Some(redis) = app.redis.clone() {
        beside.spawn(redis.tend());
    }
    if let Some(relay) = relay {
        beside.spawn(relay.run());
    }
    beside
}

/// Who asks twice to end doesn't want to wait: what runs is taken up again by its lease.
fn end_if_asked_again() {
    tokio::spawn(async {
        if tokio::signal::ctrl_c().await.is_ok() {
            tracing::warn!("asked again: ending at once");
            std::process::exit(130);
        }
    });
}

/// Returns when the process is to end, with the time that load balancers get to notice.
#[cfg(unix)]
async fn asked_to_end() -> Duration {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = terminate.recv() => NOTICE,
                _ = tokio::signal::ctrl_c() => Duration::ZERO,
            }
        }
        Err(error) => {
            tracing::error!(%error, "SIGTERM can't be heard");
            std::future::pending().await
        }
    }
}

#[cfg(not(unix))]
async fn asked_to_end() -> Duration {
    if let Err(error) = tokio::signal::ctrl_c().await {
        tracing::error!(%error, "Ctrl-C can't be heard");
        std::future::pending::<()>().await;
    }
    Duration::ZERO
}

/// Middleware: whatever can be read can be asked about. A stream of events has nothing to tell but its events.
async fn answer_head(
    mut req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, ActixError> {
    if req.method() == Method::HEAD && !req.path().ends_with("/events") {
        // The connection knows that no body is to be sent.
        req.head_mut().method = Method::GET;
    }
    next.call(req).await
}

/// Middleware: while the process drains, whoever keeps a connection open is to make its next request elsewhere.
async fn let_go(
    req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, ActixError> {
    let app = req.app_data::<web::Data<App>>().cloned();
    let mut response = next.call(req).await?;
    if app.is_some_and(|app| *app.draining.borrow()) {
        let head = response.response_mut().head_mut();
        head.set_connection_type(ConnectionType::Close);
    }
    Ok(response)
}

fn serve(app: App, listener: TcpListener) -> std::io::Result<Http> {
    let assets = web::Data::new(Assets::load());
    let state = web::Data::new(app.clone());
    let description = web::Data::new(Description::build().map_err(std::io::Error::other)?);
    let server = HttpServer::new(move || {
        actix_web::App::new()
            .app_data(state.clone())
            .app_data(assets.clone())
            .app_data(description.clone())
            .configure(home::routes)
            .configure(api::routes)
            .configure(auth::routes)
            .configure(chat::routes)
            .configure(showroom::routes)
            .configure(health::routes)
            .default_service(web::to(home::nowhere))
            .route("/static/{file:.*}", web::get().to(assets::get))
            .route("/manifest.webmanifest", web::get().to(assets::get_manifest))
            .route("/favicon.ico", web::get().to(assets::get_icon))
            // The last is the outermost.
            .wrap(session(&app))
            .wrap(from_fn(guard::refuse_cross_site))
            .wrap(from_fn(api::allow))
            .wrap(NormalizePath::trim())
            .wrap(Compress::default())
            .wrap(from_fn(problem::answer))
            .wrap(from_fn(answer_head))
            .wrap(from_fn(let_go))
            .wrap(from_fn(unread::close))
    })
    .keep_alive(KEEP_ALIVE)
    .client_request_timeout(SLOW_CLIENT)
    // Else a reader who has left is never noticed.
    .h1_allow_half_closed(false)
    .tcp_nodelay(true)
    .shutdown_timeout(SHUTDOWN)
    // Ours are handled in `run`, which lets the workers finish first.
    .disable_signals()
    .listen(listener)?
    .run();
    Ok(server)
}

/// The browser's cookie: encrypted, and gone from JavaScript's and other sites' sight.
fn session(app: &App) -> SessionMiddleware<CookieSessionStore> {
    let config = &app.config;
    let name = if config.is_https() {
        "__Host-autio"
    } else {
        "autio"
    };
    let lifetime = actix_web::cookie::time::Duration::seconds(LOGIN_LIFETIME);
    let key = Key::from(&config.jwt.derive("session cookie"));
    SessionMiddleware::builder(CookieSessionStore::default(), key)
        .cookie_name(name.into())
        .cookie_secure(config.is_https())
        .cookie_http_only(true)
        .cookie_same_site(SameSite::Lax)
        .cookie_path("/".into())
        .cookie_content_security(CookieContentSecurity::Private)
        .session_lifecycle(PersistentSession::default().session_ttl(lifetime))
        .build()
}

/// Half the cores, so that a rush of logins leaves the others to everybody else.
fn hashes_at_once() -> usize {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    (cores / 2).max(1)
}
