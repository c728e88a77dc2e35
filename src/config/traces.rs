//! Where traces go: OpenTelemetry's own variables, as far as they matter before its library reads them.

use super::{ConfigError, bad};

/// A collector that takes OTLP over HTTP. Its headers, the service's name and the sampler are read by OpenTelemetry's library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Traces {
    /// The address that spans are posted to.
    pub endpoint: String,
    /// Whether the model's server hears of the trace too.
    pub upstream: bool,
}

impl Traces {
    /// Reads it through `set`; None where no collector is named.
    pub(super) fn read(set: impl Fn(&str) -> Option<String>) -> Result<Option<Self>, ConfigError> {
        let own = set("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
        let of_all = set("OTEL_EXPORTER_OTLP_ENDPOINT");
        let upstream = match set("AUTIO_TRACE_UPSTREAM").as_deref() {
            None | Some("off") => false,
            Some("on") => true,
            Some(_) => return Err(bad("AUTIO_TRACE_UPSTREAM", "must be on or off")),
        };
        let endpoint = match (own, of_all) {
            (Some(endpoint), _) => check("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", endpoint)?,
            (None, Some(base)) => {
                let base = check("OTEL_EXPORTER_OTLP_ENDPOINT", base)?;
                format!("{}/v1/traces", base.trim_end_matches('/'))
            }
            (None, None) => return Ok(None),
        };
        for variable in [
            "OTEL_EXPORTER_OTLP_PROTOCOL",
            "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
        ] {
            if set(variable).is_some_and(|protocol| protocol != "http/protobuf") {
                return Err(bad(
                    variable,
                    "must be http/protobuf, which is the only one here",
                ));
            }
        }
        Ok(Some(Self { endpoint, upstream }))
    }

    /// As `autio config` prints it.
    pub(super) fn printed(&self) -> [(&'static str, String); 2] {
        let upstream = if self.upstream { "on" } else { "off" };
        [
            ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", self.endpoint.clone()),
            ("AUTIO_TRACE_UPSTREAM", upstream.into()),
        ]
    }
}

fn check(variable: &'static str, text: String) -> Result<String, ConfigError> {
    match reqwest::Url::parse(&text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.username().is_empty() => {
            Ok(text)
        }
        _ => Err(bad(
            variable,
            "must be an http or https address such as http://127.0.0.1:4318, without a password",
        )),
    }
}
