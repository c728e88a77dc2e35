//! Replies: how they ended, how long people waited, and what they took.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use super::{Labels, seconds};

/// Replies by who made them.
#[derive(Clone, Debug)]
pub struct Replies {
    ended: Family<Labels<2>, Counter>,
    stood_in: Family<Labels<1>, Counter>,
    waited: Histogram,
    first_token: Family<Labels<1>, Histogram>,
    took: Family<Labels<1>, Histogram>,
    leases: Family<Labels<1>, Counter>,
    tokens: Family<Tokens, Counter>,
    cost: Family<Model, Counter<f64, AtomicU64>>,
}

/// How the work on a reply ended in this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Done,
    Failed,
    Stopped,
    /// Begun three times and never finished.
    GivenUp,
}

/// What became of a lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lease {
    /// It had run out, and this process took the reply over.
    TakenOver,
    /// It ran out here, and another process may have the reply now.
    Lost,
    /// It was handed back because the process ends.
    HandedBack,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Model {
    model: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Tokens {
    model: String,
    direction: &'static str,
}

impl End {
    /// Its name in metrics and in the log.
    pub fn as_str(self) -> &'static str {
        match self {
            End::Done => "done",
            End::Failed => "failed",
            End::Stopped => "stopped",
            End::GivenUp => "given_up",
        }
    }
}

impl Lease {
    fn as_str(self) -> &'static str {
        match self {
            Lease::TakenOver => "taken_over",
            Lease::Lost => "lost",
            Lease::HandedBack => "handed_back",
        }
    }
}

impl Replies {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let replies = Self {
            ended: Family::default(),
            stood_in: Family::default(),
            waited: seconds(),
            first_token: Family::new_with_constructor(seconds),
            took: Family::new_with_constructor(seconds),
            leases: Family::default(),
            tokens: Family::default(),
            cost: Family::default(),
        };
        // There from the start: a rate needs a beginning.
        for event in [Lease::TakenOver, Lease::Lost, Lease::HandedBack] {
            replies.lease(event, 0);
        }
        registry.register(
            "replies",
            "Replies that ended in this process, by how and by who made them",
            replies.ended.clone(),
        );
        registry.register(
            "stand_ins",
            "Replies that the built-in advisor made in the model's place, by why",
            replies.stood_in.clone(),
        );
        registry.register_with_unit(
            "reply_wait",
            "From storing a message to the first attempt at its reply",
            Unit::Seconds,
            replies.waited.clone(),
        );
        registry.register_with_unit(
            "reply_first_token",
            "From the beginning of an attempt to its first text",
            Unit::Seconds,
            replies.first_token.clone(),
        );
        registry.register_with_unit(
            "reply_duration",
            "From the beginning of an attempt to the stored reply",
            Unit::Seconds,
            replies.took.clone(),
        );
        registry.register(
            "leases",
            "Leases on replies that did not last to the end, by what became of them",
            replies.leases.clone(),
        );
        registry.register(
            "tokens",
            "Tokens as the model's server counts them",
            replies.tokens.clone(),
        );
        registry.register(
            "cost_usd",
            "What those tokens cost, of models with a price in AUTIO_PRICES",
            replies.cost.clone(),
        );
        replies
    }

    /// The first attempt at a reply began so long after it was stored.
    pub fn waited(&self, wait: Duration) {
        self.waited.observe(wait.as_secs_f64());
    }

    /// The first text came.
    pub fn spoke(&self, is_model: bool, after: Duration) {
        let first = self.first_token.get_or_create(&[advisor(is_model)]);
        first.observe(after.as_secs_f64());
    }

    /// A reply ended, `took` after its attempt began.
    pub fn ended(&self, is_model: bool, end: End, took: Duration) {
        let labels = [advisor(is_model), ("outcome", end.as_str())];
        self.ended.get_or_create(&labels).inc();
        let durations = self.took.get_or_create(&[advisor(is_model)]);
        durations.observe(took.as_secs_f64());
    }

    /// The built-in advisor answered in the model's place.
    pub fn stood_in(&self, reason: &'static str) {
        self.stood_in.get_or_create(&[("reason", reason)]).inc();
    }

    /// A lease did not last to the end.
    pub fn lease(&self, lease: Lease, count: usize) {
        let leases = self.leases.get_or_create(&[("event", lease.as_str())]);
        leases.inc_by(count as u64);
    }

    /// A reply took so many tokens of that model, whose name is the operator's setting; with what they cost in US dollars,
    /// where that is known.
    pub fn took_tokens(&self, model: &str, prompt: i64, completion: i64, cost: Option<f64>) {
        if let Some(cost) = cost {
            let model = model.to_owned();
            self.cost.get_or_create(&Model { model }).inc_by(cost);
        }
        for (direction, count) in [("prompt", prompt), ("completion", completion)] {
            let labels = Tokens {
                model: model.to_owned(),
                direction,
            };
            let count = u64::try_from(count).unwrap_or(0);
            self.tokens.get_or_create(&labels).inc_by(count);
        }
    }
}

fn advisor(is_model: bool) -> (&'static str, &'static str) {
    ("advisor", if is_model { "model" } else { "built-in" })
}
