//! What is counted while the process runs, for Prometheus. Every label has a bounded set of values.

mod replies;
mod requests;
mod spans;
mod upstream;

use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use prometheus_client::encoding::prometheus_text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

pub use self::replies::{End, Lease, Replies};
pub use self::requests::Requests;
pub use self::spans::Spans;
pub use self::upstream::Upstream;

/// The content type of [`Metrics::write`].
pub const CONTENT_TYPE: &str = prometheus_client::encoding::prometheus_text::CONTENT_TYPE;
/// What the names of our own metrics begin with.
pub const PREFIX: &str = "autio";

/// From a millisecond to the longest that a caller is kept waiting, in seconds.
const BUCKETS: [f64; 15] = [
    0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0,
];

/// What is counted. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Metrics(Arc<Parts>);

/// The parts of [`Metrics`].
#[derive(Debug)]
pub struct Parts {
    pub requests: Requests,
    pub replies: Replies,
    pub upstream: Upstream,
    limits: Family<Labels<1>, Counter>,
    streams: Gauge,
    registry: Registry,
    started: Duration,
    /// Where there is a collector.
    spans: OnceLock<Spans>,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix(PREFIX);
        let version = [("version", env!("CARGO_PKG_VERSION"))];
        registry.register("build", "The version that runs", Info::new(version));
        let limits = Family::default();
        registry.register(
            "limits_hit",
            "Requests refused over a limit or a budget, by which",
            limits.clone(),
        );
        let streams = Gauge::default();
        registry.register(
            "streams_open",
            "Event streams that are open",
            streams.clone(),
        );
        Self(Arc::new(Parts {
            requests: Requests::register(&mut registry),
            replies: Replies::register(&mut registry),
            upstream: Upstream::register(&mut registry),
            limits,
            streams,
            registry,
            spans: OnceLock::new(),
            started: SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .unwrap_or_default(),
        }))
    }
}

impl Metrics {
    /// A request was refused over that limit or budget.
    pub fn limit_hit(&self, limit: &'static str) {
        self.limits.get_or_create(&[("limit", limit)]).inc();
    }

    /// An event stream is open until this is dropped.
    pub fn open_stream(&self) -> OpenStream {
        self.streams.inc();
        OpenStream(self.streams.clone())
    }

    /// Tells of spans too, from now on.
    pub fn follow(&self, spans: Spans) {
        // There is one collector for a process.
        self.spans.set(spans).ok();
    }

    /// When the process set this up, in seconds since 1970.
    pub fn started(&self) -> f64 {
        self.started.as_secs_f64()
    }

    /// All of it in Prometheus' text format, with what was asked for this once.
    ///
    /// # Errors
    /// None that is known: a `String` takes all.
    pub fn write(&self, more: &[Registry]) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        let spans = self.spans.get().map(Spans::registry);
        for registry in more.iter().chain(&spans) {
            encode(&mut text, registry)?;
        }
        Ok(text)
    }
}

impl std::ops::Deref for Metrics {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// Counts an open stream until it is dropped.
#[derive(Debug)]
pub struct OpenStream(Gauge);

impl Drop for OpenStream {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// Labels that are names of ours. What comes from outside is brought to one of them first.
type Labels<const COUNT: usize> = [(&'static str, &'static str); COUNT];

/// A histogram of seconds.
fn seconds() -> Histogram {
    Histogram::new(BUCKETS)
}
