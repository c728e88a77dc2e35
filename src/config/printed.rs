//! The settings in force, as `autio config` prints them: without a secret.

use secrecy::ExposeSecret;

use super::{Config, DatabaseUrl, LogFormat, Printed, hide_password};

const HIDDEN: &str = "(hidden)";

impl Config {
    /// The settings as `autio config` prints them, secrets hidden.
    pub fn printed(&self) -> Vec<Printed> {
        let or_none = |value: Option<String>| value.unwrap_or_default();
        let database = match &self.database {
            DatabaseUrl::Sqlite(path) => path.display().to_string(),
            DatabaseUrl::Postgres(postgres) => hide_password(postgres.url.expose_secret()),
        };
        let mut all = vec![
            ("AUTIO_ADDR", self.addr.to_string()),
            ("AUTIO_PUBLIC_URL", self.public_url.clone()),
            ("DATABASE_URL", database),
        ];
        if let DatabaseUrl::Postgres(postgres) = &self.database {
            let connections = postgres.connections.to_string();
            all.push(("AUTIO_POSTGRES_CONNECTIONS", connections));
        }
        let redis = self.redis.as_ref().map(ToString::to_string);
        all.push(("REDIS_URL", or_none(redis)));
        all.push(("JWT_SECRET", HIDDEN.into()));
        if self.jwt.previous.is_some() {
            all.push(("JWT_SECRET_PREVIOUS", HIDDEN.into()));
        }
        match &self.openai {
            None => all.push(("OPENAI_API_KEY", String::new())),
            Some(openai) => all.extend([
                ("OPENAI_API_KEY", HIDDEN.into()),
                ("OPENAI_BASE_URL", openai.base_url.clone()),
                ("OPENAI_MODEL", openai.model.clone()),
                (
                    "OPENAI_TEMPERATURE",
                    or_none(openai.temperature.map(|t| t.to_string())),
                ),
            ]),
        }
        all.push(("AUTIO_SYSTEM_PROMPT", self.system_prompt.clone()));
        all.push(("AUTIO_SIGNUP", self.signup.as_str().into()));
        match &self.amqp {
            None => all.push(("AMQP_URL", String::new())),
            Some(amqp) => all.extend(amqp.printed()),
        }
        let work_addr = self.work_addr.map(|addr| addr.to_string());
        all.push(("AUTIO_WORK_ADDR", or_none(work_addr)));
        all.extend(self.batches.printed());
        let token = self.metrics_token.as_ref().map(|_| HIDDEN.to_owned());
        all.push(("AUTIO_METRICS_TOKEN", or_none(token)));
        all.push(("AUTIO_TRUSTED_PROXIES", self.trusted_proxies.to_string()));
        all.extend(self.limits.printed());
        let days = self.retention_days.map(|days| days.to_string());
        all.push(("AUTIO_RETENTION_DAYS", days.unwrap_or("off".into())));
        all.push(("AUTIO_PRICES", self.prices.to_string()));
        all.push(("AUTIO_LOG", self.log.clone()));
        let format = match self.log_format {
            LogFormat::Text => "text",
            LogFormat::Json => "json",
        };
        all.push(("AUTIO_LOG_FORMAT", format.into()));
        match &self.traces {
            None => all.push(("OTEL_EXPORTER_OTLP_ENDPOINT", String::new())),
            Some(traces) => all.extend(traces.printed()),
        }
        all
    }
}
