//! Sends spans to the collector, many at once and in the background. A collector that hangs or is gone costs nothing but the
//! spans: what doesn't fit into the queue is dropped, and counted.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanExporter as _, SpanProcessor};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::config::Traces;
use crate::metrics::Spans;

/// How many spans wait at most: some MiB of them.
const QUEUE: usize = 4096;
/// How many are sent at once.
const BATCH: usize = 512;
/// How long spans are gathered.
const PAUSE: Duration = Duration::from_secs(1);
/// How long the collector has to take them.
const PATIENCE: Duration = Duration::from_secs(5);
/// And at the end of the process.
const LAST_PATIENCE: Duration = Duration::from_secs(2);

/// Spans on their way to the collector, as soon as somebody runs it.
pub struct Outbox {
    spans: mpsc::Receiver<SpanData>,
    exporter: SpanExporter,
    counts: Spans,
}

/// An outbox that runs.
pub struct Sending {
    task: JoinHandle<()>,
    end: oneshot::Sender<()>,
}

/// Puts spans that are over into the outbox.
#[derive(Debug)]
pub(super) struct Processor {
    spans: mpsc::Sender<SpanData>,
    counts: Spans,
}

impl Outbox {
    pub(super) fn open(traces: &Traces, resource: &Resource) -> Result<(Self, Processor), String> {
        let http = reqwest_client().map_err(|error| error.to_string())?;
        let mut exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(http)
            .with_endpoint(&traces.endpoint)
            .with_timeout(PATIENCE)
            .build()
            .map_err(|error| error.to_string())?;
        exporter.set_resource(resource);
        let (sender, spans) = mpsc::channel(QUEUE);
        let counts = Spans::default();
        let processor = Processor {
            spans: sender,
            counts: counts.clone(),
        };
        let outbox = Self {
            spans,
            exporter,
            counts,
        };
        Ok((outbox, processor))
    }

    /// What becomes of the spans.
    pub fn counts(&self) -> &Spans {
        &self.counts
    }

    /// Sends from now on.
    pub fn start(self) -> Sending {
        let (end, ended) = oneshot::channel();
        Sending {
            task: tokio::spawn(self.run(ended)),
            end,
        }
    }

    async fn run(mut self, mut ended: oneshot::Receiver<()>) {
        let mut was_well = true;
        let mut is_over = false;
        while !is_over {
            tokio::select! {
                () = tokio::time::sleep(PAUSE) => {}
                _ = &mut ended => is_over = true,
            }
            let mut batch = Vec::new();
            while self.take(&mut batch) {
                let count = batch.len();
                let sent = self.exporter.export(std::mem::take(&mut batch));
                let failure = match tokio::time::timeout(PATIENCE, sent).await {
                    Ok(Ok(())) => None,
                    Ok(Err(error)) => Some(error.to_string()),
                    Err(_) => Some("it doesn't answer".to_owned()),
                };
                match &failure {
                    None => self.counts.sent(count),
                    Some(_) => self.counts.failed(count),
                }
                match (was_well, failure.as_deref()) {
                    (true, Some(cause)) => tracing::warn!(
                        cause,
                        "the collector doesn't take spans; they are dropped meanwhile"
                    ),
                    (false, None) => tracing::info!("the collector takes spans again"),
                    _ => {}
                }
                was_well = failure.is_none();
                if !was_well {
                    break;
                }
            }
        }
    }

    /// Fills a batch with what is there. False if that is nothing.
    fn take(&mut self, batch: &mut Vec<SpanData>) -> bool {
        while batch.len() < BATCH
            && let Ok(span) = self.spans.try_recv()
        {
            batch.push(span);
        }
        !batch.is_empty()
    }
}

impl Sending {
    /// Sends what is left, as far as the collector takes it soon.
    pub async fn end(self) {
        // Nobody listens if the task has ended already.
        self.end.send(()).ok();
        let abort = self.task.abort_handle();
        if tokio::time::timeout(LAST_PATIENCE, self.task)
            .await
            .is_err()
        {
            abort.abort();
        }
    }
}

impl SpanProcessor for Processor {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        if span.span_context.is_sampled() && self.spans.try_send(span).is_err() {
            self.counts.dropped();
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

/// Ours, for the exporter.
#[derive(Debug)]
struct Http(reqwest::Client);

fn reqwest_client() -> Result<Http, reqwest::Error> {
    // Fails only if a provider is installed already, and then there is one.
    rustls::crypto::ring::default_provider()
        .install_default()
        .ok();
    let http = reqwest::Client::builder()
        .timeout(PATIENCE)
        .redirect(reqwest::redirect::Policy::none())
        .build()?;
    Ok(Http(http))
}

impl HttpClient for Http {
    fn send_bytes<'a, 'b>(
        &'a self,
        request: Request<Bytes>,
    ) -> Pin<Box<dyn Future<Output = Result<Response<Bytes>, HttpError>> + Send + 'b>>
    where
        'a: 'b,
        Self: 'b,
    {
        Box::pin(async move {
            let request = reqwest::Request::try_from(request)?;
            let response = self.0.execute(request).await?;
            // Its body has nothing to say that matters, and may have no end.
            let status = response.status().as_u16();
            Ok(Response::builder().status(status).body(Bytes::new())?)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Metrics;
    use opentelemetry::trace::{Tracer, TracerProvider};
    use opentelemetry_sdk::trace::SdkTracerProvider;

    #[test]
    fn what_there_is_no_room_for_is_dropped_and_counted() {
        let traces = Traces {
            endpoint: "http://127.0.0.1:1/v1/traces".into(),
            upstream: false,
        };
        let resource = Resource::builder_empty().build();
        let (outbox, processor) = Outbox::open(&traces, &resource).unwrap();
        let provider = SdkTracerProvider::builder();
        let tracer = provider
            .with_span_processor(processor)
            .build()
            .tracer("test");
        for _ in 0..QUEUE + 10 {
            drop(tracer.start("span"));
        }
        let metrics = Metrics::default();
        metrics.follow(outbox.counts().clone());
        let told = metrics.write(&[]).unwrap();
        let dropped = "autio_trace_spans_total{outcome=\"dropped\"} 10\n";
        assert!(told.contains(dropped), "{told}");
    }
}
