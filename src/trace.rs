//! Traces for OpenTelemetry, where a collector is set: which span belongs to which, across processes and servers.
//!
//! Without a collector nothing here does anything: no layer listens to the spans.

mod outbox;

use std::time::{Duration, SystemTime};

use opentelemetry::trace::{
    SpanContext, SpanId, SpanKind, TraceContextExt, TraceFlags, TraceId, TraceState, Tracer,
    TracerProvider,
};
use opentelemetry::{Context, KeyValue, global};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::level_filters::LevelFilter;
use tracing::{Span, Subscriber};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::registry::LookupSpan;

pub use self::outbox::{Outbox, Sending};
use crate::config::Traces;

/// The name of the service and of the library, where the operator sets no other.
const NAME: &str = "autio";

/// A listener to all spans of ours, and what sends them to the collector.
///
/// # Errors
/// In words for the operator when the address, or one of OpenTelemetry's own variables, can't be used.
pub fn open<S>(traces: &Traces) -> Result<(impl Layer<S> + use<S>, Outbox), String>
where
    S: Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
{
    let mut resource = Resource::builder();
    if std::env::var_os("OTEL_SERVICE_NAME").is_none() {
        resource = resource.with_service_name(NAME);
    }
    let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
    let resource = resource.with_attribute(version).build();
    let (outbox, processor) = Outbox::open(traces, &resource)?;
    let provider = SdkTracerProvider::builder()
        .with_resource(resource)
        .with_span_processor(processor)
        .build();
    // For spans that are over when they are told of.
    global::set_tracer_provider(provider.clone());
    let layer = tracing_opentelemetry::layer()
        .with_tracer(provider.tracer(NAME))
        .with_location(false)
        .with_threads(false)
        .with_target(false)
        .with_tracked_inactivity(false)
        .with_filter(Targets::new().with_target(NAME, LevelFilter::DEBUG));
    Ok((layer, outbox))
}

/// Makes a span that hasn't begun a part of the trace that `traceparent` names. `kind` is OpenTelemetry's.
pub fn adopt(span: &Span, kind: &'static str, traceparent: Option<&str>) {
    span.record("otel.kind", kind);
    if let Some(parent) = traceparent.and_then(parse) {
        // Fails only for a span that has begun.
        span.set_parent(Context::new().with_remote_span_context(parent))
            .ok();
    }
}

/// The current span as W3C's `traceparent`; None where nothing is traced.
pub fn current() -> Option<String> {
    let context = Span::current().context();
    let span = context.span();
    let span = span.span_context();
    span.is_valid().then(|| {
        let (trace, id) = (span.trace_id(), span.span_id());
        format!("00-{trace}-{id}-{:02x}", span.trace_flags().to_u8())
    })
}

/// A time as logs and traces have it: in JSON a greater type would be text.
pub fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Says what came of a request.
pub fn answered(span: &Span, method: &str, route: &str, status: u16) {
    let context = span.context();
    let span = context.span();
    span.update_name(format!("{method} {route}"));
    span.set_attributes([
        KeyValue::new("http.request.method", method.to_owned()),
        KeyValue::new("http.route", route.to_owned()),
        KeyValue::new("http.response.status_code", i64::from(status)),
    ]);
    if status >= 500 {
        span.set_status(opentelemetry::trace::Status::error(""));
    }
}

/// Tells of something in that span's trace that was over before anybody could name it.
pub fn tell(parent: &Span, name: &'static str, from: SystemTime, until: SystemTime) {
    let tracer = global::tracer(NAME);
    let span = tracer
        .span_builder(name)
        .with_kind(SpanKind::Internal)
        .with_start_time(from);
    let mut span = tracer.build_with_context(span, &parent.context());
    opentelemetry::trace::Span::end_with_timestamp(&mut span, until);
}

/// As `web::origin` lets it through, or as [`current`] wrote it.
fn parse(traceparent: &str) -> Option<SpanContext> {
    let mut parts = traceparent.split('-').skip(1);
    let trace = TraceId::from_hex(parts.next()?).ok()?;
    let span = SpanId::from_hex(parts.next()?).ok()?;
    let flags = u8::from_str_radix(parts.next()?, 16).ok()?;
    let flags = TraceFlags::new(flags) & TraceFlags::SAMPLED;
    let context = SpanContext::new(trace, span, flags, true, TraceState::NONE);
    context.is_valid().then_some(context)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parent_is_read_as_it_was_written() {
        let parent = parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01").unwrap();
        assert_eq!(
            parent.trace_id().to_string(),
            "4bf92f3577b34da6a3ce929d0e0e4736"
        );
        assert_eq!(parent.span_id().to_string(), "00f067aa0ba902b7");
        assert!(parent.is_sampled() && parent.is_remote());
        assert!(parse("00-0-0-01").is_none() && parse("").is_none());
        assert_eq!(current(), None);
    }
}
