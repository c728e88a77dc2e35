//! Requests: how many there were of each route, and how long their answers took to begin.

use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use super::seconds;

/// The label of addresses that no route has, and of methods that nobody knows.
const OTHER: &str = "other";

/// Requests by route.
#[derive(Clone, Debug)]
pub struct Requests {
    answered: Family<Answered, Counter>,
    took: Family<Route, Histogram>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    method: &'static str,
    route: String,
}

impl Requests {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let requests = Self {
            answered: Family::default(),
            took: Family::new_with_constructor(seconds),
        };
        registry.register(
            "http_requests",
            "Requests answered, by the pattern of their route",
            requests.answered.clone(),
        );
        registry.register_with_unit(
            "http_request_duration",
            "From the head of a request to the head of its answer",
            Unit::Seconds,
            requests.took.clone(),
        );
        requests
    }

    /// A request was answered. `pattern` is the route's, never the path itself; None where there is no such route.
    pub fn answered(&self, method: &str, pattern: Option<&str>, status: u16, took: Duration) {
        let method = known(method);
        let route = pattern.unwrap_or(OTHER).to_owned();
        let took_by = Route {
            method,
            route: route.clone(),
        };
        self.took
            .get_or_create(&took_by)
            .observe(took.as_secs_f64());
        let answered = Answered {
            method,
            route,
            status,
        };
        self.answered.get_or_create(&answered).inc();
    }
}

/// Anybody can make up a method.
fn known(method: &str) -> &'static str {
    const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    let known = METHODS.into_iter().find(|known| *known == method);
    known.unwrap_or(OTHER)
}
