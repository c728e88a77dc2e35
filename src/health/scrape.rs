//! `GET /metrics`: what was counted, and what is so now. A scrape waits for nobody.

use std::net::IpAddr;
use std::time::Duration;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};
use secrecy::ExposeSecret;
use sha2::{Digest, Sha256};

use super::{ask, process};
use crate::db::backlog::{self, Backlog};
use crate::error::Error;
use crate::metrics::{CONTENT_TYPE, PREFIX};
use crate::queue::Lane;
use crate::state::App;

/// How long the database has to say what waits.
const PATIENCE: Duration = Duration::from_secs(1);
/// What proxies tell of those for whom they ask, beside `X-Forwarded-…`.
const PASSED_ON: [&str; 6] = [
    "forwarded",
    "via",
    "x-real-ip",
    "x-client-ip",
    "true-client-ip",
    "cf-connecting-ip",
];
const NOT_YOURS: &str = "Metrics are for the operator. They are read from the machine itself or a private network, without a proxy between, or with the token in AUTIO_METRICS_TOKEN.";

/// `GET /metrics`.
#[utoipa::path(
    get,
    path = "/metrics",
    operation_id = "metrics",
    tag = "Service",
    summary = "What the process counts, for Prometheus (text format 0.0.4)",
    description = "For the operator: from the machine itself and from private networks, without a proxy between; or, \
        where `AUTIO_METRICS_TOKEN` is set, with that token as the Bearer token, from anywhere.",
    security(()),
    responses(
        (status = 200, description = "All metrics", body = String, content_type = "text/plain"),
        (status = 401, description = "There is a token for this, and the request doesn't carry it"),
        (status = 403, description = "The request comes from elsewhere, and there is no token"),
    ),
)]
pub async fn metrics(app: web::Data<App>, req: HttpRequest) -> Result<HttpResponse, Error> {
    admit(&app, &req)?;
    let backlog = ask(&app, PATIENCE, backlog::read).await;
    let registries = [
        now(&app, backlog.ok()),
        process::registry(app.metrics.started()),
    ];
    let text = app.metrics.write(&registries).map_err(Error::internal)?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, CONTENT_TYPE))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(text))
}

/// The operator, and nobody from outside.
fn admit(app: &App, req: &HttpRequest) -> Result<(), Error> {
    let Some(token) = &app.config.metrics_token else {
        let peer = req.peer_addr().map(|peer| peer.ip().to_canonical());
        // Whatever a proxy passes on may come from anywhere.
        let is_passed_on = req.headers().keys().any(|name| {
            let name = name.as_str();
            PASSED_ON.contains(&name) || name.starts_with("x-forwarded")
        });
        return match peer.is_some_and(is_private) && !is_passed_on {
            true => Ok(()),
            false => Err(Error::Forbidden(NOT_YOURS)),
        };
    };
    let given = req.headers().get(header::AUTHORIZATION);
    let given = given.and_then(|value| value.as_bytes().strip_prefix(b"Bearer "));
    // Compared as hashes, so that the time it takes tells nothing.
    let is_it = |given: &[u8]| Sha256::digest(given) == Sha256::digest(token.expose_secret());
    match given.is_some_and(is_it) {
        true => Ok(()),
        false => Err(Error::Unauthenticated),
    }
}

fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_loopback() || v4.is_private() || v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}

/// What is so now.
fn now(app: &App, backlog: Option<Backlog>) -> Registry {
    let mut registry = Registry::with_prefix(PREFIX);
    let mut tell = |name: &str, help: &str, value: usize| {
        registry.register(name, help, gauge(value));
    };
    tell(
        "database_up",
        "Whether the database said in time what waits; if it didn't, that is left out",
        backlog.is_some().into(),
    );
    tell(
        "draining",
        "Whether the process is about to end",
        (*app.draining.borrow()).into(),
    );
    let (feeds, readers) = app.feed.load();
    tell("feeds", "Replies whose text is fed to readers here", feeds);
    tell("feed_subscribers", "Readers of those feeds", readers);
    if app.advisor.is_model() {
        let is_open = app.advisor.trouble().is_some_and(|trouble| trouble.is_open);
        tell(
            "upstream_breaker_open",
            "Whether the model's server is left alone because it keeps failing",
            is_open.into(),
        );
    }
    if let Some(redis) = &app.redis {
        let is_up = redis.trouble().is_none();
        tell("redis_up", "Whether Redis can be used", is_up.into());
    }
    if let Some(trouble) = app.queue.broker() {
        let is_up = trouble.is_none();
        tell("broker_up", "Whether RabbitMQ can be used", is_up.into());
    }
    let load = app.db.load();
    tell(
        "database_waiting",
        "Callers that wait for a connection to the database",
        load.waiting,
    );
    let free = |lane| app.room.free(lane) as i64;
    registry.register(
        "reply_room",
        "How many more replies this process has room for, of people who wait and of batches",
        split(
            "lane",
            [
                ("interactive", free(Lane::Interactive)),
                ("batch", free(Lane::Batch)),
            ],
        ),
    );
    registry.register(
        "database_connections",
        "Connections of the pool to the database",
        split(
            "state",
            [("in_use", load.in_use as i64), ("idle", load.idle as i64)],
        ),
    );
    if let Some(written) = load.writer {
        for (name, help, count) in [
            (
                "sqlite_commits",
                "Commits of SQLite's writer, a sync each",
                written.commits,
            ),
            (
                "sqlite_transactions",
                "Transactions in those commits",
                written.transactions,
            ),
        ] {
            let counter: Counter = Counter::default();
            counter.inc_by(count);
            registry.register(name, help, counter);
        }
    }
    if let Some(backlog) = backlog {
        tell_backlog(&mut registry, &backlog);
    }
    registry
}

/// What waits in the database, for all processes together.
fn tell_backlog(registry: &mut Registry, backlog: &Backlog) {
    registry.register(
        "queue_replies",
        "Replies that are not finished, of all processes",
        split(
            "status",
            [("pending", backlog.pending), ("running", backlog.running)],
        ),
    );
    let oldest: Gauge<f64, std::sync::atomic::AtomicU64> = Gauge::default();
    oldest.set(backlog.oldest_pending.as_secs_f64());
    registry.register_with_unit(
        "queue_oldest_pending",
        "How long the oldest reply waits that nobody has begun; 0 where none does",
        Unit::Seconds,
        oldest,
    );
    let batched: Gauge = Gauge::default();
    batched.set(backlog.batched);
    registry.register(
        "batch_requests_waiting",
        "Requests of batches that have not been asked yet, of all processes",
        batched,
    );
}

/// A gauge for each value of a label.
fn split(
    label: &'static str,
    parts: [(&'static str, i64); 2],
) -> Family<[(&'static str, &'static str); 1], Gauge> {
    let family = Family::<_, Gauge>::default();
    for (name, value) in parts {
        family.get_or_create(&[(label, name)]).set(value);
    }
    family
}

fn gauge(value: usize) -> Gauge {
    let gauge = Gauge::default();
    gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
    gauge
}
