//! Spans on their way to a collector: what became of them.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

use super::{Labels, PREFIX};

/// What became of spans.
#[derive(Clone, Debug, Default)]
pub struct Spans(Family<Labels<1>, Counter>);

impl Spans {
    pub(super) fn registry(&self) -> Registry {
        let mut registry = Registry::with_prefix(PREFIX);
        registry.register(
            "trace_spans",
            "Spans for the collector, by what became of them",
            self.0.clone(),
        );
        registry
    }

    /// The collector took them.
    pub fn sent(&self, count: usize) {
        self.count("sent", count);
    }

    /// It didn't.
    pub fn failed(&self, count: usize) {
        self.count("failed", count);
    }

    /// There was no room for one.
    pub fn dropped(&self) {
        self.count("dropped", 1);
    }

    fn count(&self, outcome: &'static str, count: usize) {
        let spans = self.0.get_or_create(&[("outcome", outcome)]);
        spans.inc_by(count as u64);
    }
}
