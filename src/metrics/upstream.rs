//! The model's server: how often it was asked, and in which ways it failed.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

use super::Labels;

/// Calls to the model's server.
#[derive(Clone, Debug, Default)]
pub struct Upstream {
    requests: Counter,
    retries: Counter,
    errors: Family<Labels<1>, Counter>,
}

impl Upstream {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let upstream = Self::default();
        registry.register(
            "upstream_requests",
            "Requests to the model's server, each try for itself",
            upstream.requests.clone(),
        );
        registry.register(
            "upstream_retries",
            "Requests to the model's server that were another try",
            upstream.retries.clone(),
        );
        registry.register(
            "upstream_errors",
            "Tries and answers that failed at the model's server, by how",
            upstream.errors.clone(),
        );
        upstream
    }

    /// The server is asked.
    pub fn asked(&self) {
        self.requests.inc();
    }

    /// It failed, and is asked again.
    pub fn retried(&self, kind: &'static str) {
        self.retries.inc();
        self.failed(kind);
    }

    /// It failed for good.
    pub fn failed(&self, kind: &'static str) {
        self.errors.get_or_create(&[("kind", kind)]).inc();
    }
}
