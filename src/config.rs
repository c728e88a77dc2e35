//! The only reader of the environment: every setting, its default, and what is wrong with a bad one.

mod batches;
mod broker;
mod limits;
mod prices;
mod proxies;
mod redis;
mod secret;
mod signup;
mod traces;

use std::cell::RefCell;
use std::collections::HashSet;
use std::net::SocketAddr;
use std::path::PathBuf;

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha512};

pub use self::batches::Batches;
pub use self::broker::Amqp;
pub use self::limits::{BATCH, Limits, RESERVED_TOKENS, Rate};
pub use self::prices::Prices;
pub use self::proxies::TrustedProxies;
pub use self::redis::RedisUrl;
pub use self::signup::Signup;
pub use self::traces::Traces;

/// The name under which the built-in advisor's replies are stored.
pub const CATALOGUE_MODEL: &str = "catalogue";
/// More than a century.
const MOST_DAYS: u32 = 36_500;

/// A setting that can't be used: names the variable and says what it wants.
#[derive(Debug, thiserror::Error)]
#[error("{variable}: {problem}")]
pub struct ConfigError {
    pub variable: &'static str,
    pub problem: String,
}

/// Where the data is kept.
#[derive(Clone, Debug)]
pub enum DatabaseUrl {
    Sqlite(PathBuf),
    Postgres(PostgresConfig),
}

impl DatabaseUrl {
    /// Where the secret is kept that is made at the first start.
    pub fn key_file(&self) -> PathBuf {
        match self {
            DatabaseUrl::Sqlite(file) => file.with_file_name(secret::KEY_FILE),
            DatabaseUrl::Postgres(_) => PathBuf::from(secret::KEY_FILE),
        }
    }
}

/// Where PostgreSQL is.
#[derive(Clone, Debug)]
pub struct PostgresConfig {
    /// As libpq has it, with its password.
    pub url: SecretString,
    /// How many connections a process opens at most.
    pub connections: u32,
}

/// How the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    Text,
    Json,
}

/// The model's server. There is one when a key is set.
#[derive(Clone, Debug)]
pub struct OpenAiConfig {
    pub key: SecretString,
    /// Without a trailing slash, `…/v1`.
    pub base_url: String,
    pub model: String,
    /// None sends no temperature: some models refuse it.
    pub temperature: Option<f64>,
    /// Whether its server is told of the trace that a call belongs to.
    pub tells_trace: bool,
}

/// The secrets that sign tokens and cookies.
#[derive(Clone, Debug)]
pub struct JwtSecrets {
    pub current: SecretString,
    /// Still accepted, never used to sign.
    pub previous: Option<SecretString>,
}

impl JwtSecrets {
    /// A key for one purpose, so that the secret itself signs nothing but tokens.
    pub fn derive(&self, purpose: &str) -> [u8; 64] {
        let mut hash = Sha512::new();
        hash.update(format!("autio {purpose}\0"));
        hash.update(self.current.expose_secret().as_bytes());
        hash.finalize().into()
    }
}

/// All settings in force.
#[derive(Clone, Debug)]
pub struct Config {
    pub addr: SocketAddr,
    /// The origin that browsers see, without a trailing slash.
    pub public_url: String,
    pub database: DatabaseUrl,
    /// What instances share; without it each has its own.
    pub redis: Option<RedisUrl>,
    pub jwt: JwtSecrets,
    pub openai: Option<OpenAiConfig>,
    /// The first line of the system prompt.
    pub system_prompt: String,
    pub signup: Signup,
    /// RabbitMQ, which carries replies to the processes that make them. None makes them where they were asked for.
    pub amqp: Option<Amqp>,
    pub batches: Batches,
    /// Where `autio work` answers about its health.
    pub work_addr: Option<SocketAddr>,
    /// What whoever reads `/metrics` has to know; None for everybody on the machine itself and in private networks.
    pub metrics_token: Option<SecretString>,
    pub trusted_proxies: TrustedProxies,
    pub limits: Limits,
    /// Conversations are removed so many days after their last message; `None` keeps them.
    pub retention_days: Option<u32>,
    pub prices: Prices,
    pub log: String,
    pub log_format: LogFormat,
    /// Names of the environment that look like settings of ours and are none: mistyped, or of another version.
    pub unknown: Vec<String>,
    /// Where traces go; None makes none.
    pub traces: Option<Traces>,
}

const SYSTEM_PROMPT: &str = "You are Autio, recommending cars.";

impl Config {
    /// Reads the process's environment and a `.env` file, which never overrides what is set.
    ///
    /// # Errors
    /// The first setting that can't be used.
    pub fn from_env() -> Result<Self, ConfigError> {
        if let Err(error) = dotenvy::dotenv()
            && !error.not_found()
        {
            // The error's own text may quote the line, and with it a secret.
            return Err(bad(".env", "there is a line that isn't NAME=value"));
        }
        let asked = RefCell::new(HashSet::new());
        let mut config = Self::read(|name| {
            asked.borrow_mut().insert(name.to_owned());
            std::env::var(name).ok()
        })?;
        let set = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
        let ours =
            set.filter(|name| name.starts_with("AUTIO_") && !name.starts_with("AUTIO_TEST_"));
        config.unknown = ours.filter(|name| !asked.borrow().contains(name)).collect();
        config.unknown.sort_unstable();
        Ok(config)
    }

    /// Reads settings through `get`; an empty value counts as not set, except for the temperature.
    ///
    /// # Errors
    /// The first setting that can't be used.
    pub fn read(get: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let set = |name: &str| get(name).filter(|value| !value.trim().is_empty());

        let addr = set("AUTIO_ADDR").unwrap_or_else(|| "127.0.0.1:8000".into());
        let addr = parse_addr("AUTIO_ADDR", &addr)?;
        let public_url = match set("AUTIO_PUBLIC_URL") {
            Some(url) => parse_origin("AUTIO_PUBLIC_URL", &url)?,
            // As a browser has it: without port 80.
            None => parse_origin("AUTIO_ADDR", &format!("http://{addr}"))?,
        };
        let database = parse_database(
            &set("DATABASE_URL").unwrap_or_else(|| "autio.db".into()),
            parse_connections(set("AUTIO_POSTGRES_CONNECTIONS"))?,
        )?;
        let jwt = JwtSecrets {
            current: match set("JWT_SECRET") {
                Some(secret) => secret::check("JWT_SECRET", secret)?,
                None => secret::keep(&database)?,
            },
            previous: set("JWT_SECRET_PREVIOUS")
                .map(|secret| secret::check("JWT_SECRET_PREVIOUS", secret))
                .transpose()?,
        };
        let traces = Traces::read(set)?;
        let openai = match set("OPENAI_API_KEY") {
            None => None,
            Some(key) => Some(OpenAiConfig {
                key: parse_key(key)?,
                base_url: parse_base_url(
                    &set("OPENAI_BASE_URL").unwrap_or_else(|| "https://api.openai.com/v1".into()),
                )?,
                model: set("OPENAI_MODEL").unwrap_or_else(|| "gpt-4o-mini".into()),
                temperature: parse_temperature(get("OPENAI_TEMPERATURE"))?,
                tells_trace: traces.as_ref().is_some_and(|traces| traces.upstream),
            }),
        };

        Ok(Self {
            addr,
            public_url,
            database,
            redis: set("REDIS_URL")
                .map(|url| RedisUrl::parse(&url))
                .transpose()?,
            jwt,
            openai,
            system_prompt: set("AUTIO_SYSTEM_PROMPT").unwrap_or_else(|| SYSTEM_PROMPT.into()),
            signup: Signup::parse(set("AUTIO_SIGNUP").as_deref())?,
            amqp: Amqp::read(set)?,
            batches: Batches::read(set)?,
            work_addr: set("AUTIO_WORK_ADDR")
                .map(|text| parse_addr("AUTIO_WORK_ADDR", &text))
                .transpose()?,
            metrics_token: set("AUTIO_METRICS_TOKEN")
                .map(parse_metrics_token)
                .transpose()?,
            trusted_proxies: TrustedProxies::parse(
                &set("AUTIO_TRUSTED_PROXIES").unwrap_or_default(),
            )?,
            limits: Limits::read(set)?,
            retention_days: parse_days(set("AUTIO_RETENTION_DAYS"))?,
            prices: Prices::read(set("AUTIO_PRICES"))?,
            log: parse_log(set("AUTIO_LOG").unwrap_or_else(|| "info".into()))?,
            unknown: Vec::new(),
            log_format: match set("AUTIO_LOG_FORMAT").as_deref() {
                None | Some("text") => LogFormat::Text,
                Some("json") => LogFormat::Json,
                Some(_) => return Err(bad("AUTIO_LOG_FORMAT", "must be text or json")),
            },
            traces,
        })
    }

    /// Whether browsers come by https: Secure cookies, the `__Host-` name and HSTS.
    pub fn is_https(&self) -> bool {
        self.public_url.starts_with("https://")
    }
}

/// A setting as it is printed: its name, and its value if that may be seen.
pub type Printed = (&'static str, String);

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

fn bad(variable: &'static str, problem: impl Into<String>) -> ConfigError {
    ConfigError {
        variable,
        problem: problem.into(),
    }
}

fn parse_addr(variable: &'static str, text: &str) -> Result<SocketAddr, ConfigError> {
    text.parse().map_err(|_| {
        bad(
            variable,
            format!("must be an address and a port such as 127.0.0.1:8000, not {text:?}"),
        )
    })
}

/// Scheme, host and port only: a browser's `Origin` is compared with it.
fn parse_origin(variable: &'static str, text: &str) -> Result<String, ConfigError> {
    let url = reqwest::Url::parse(text)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.path() == "/")
        .filter(|url| url.query().is_none() && url.username().is_empty());
    match url {
        Some(url) => Ok(url.origin().ascii_serialization()),
        None => Err(bad(
            variable,
            format!("must be an origin such as https://cars.example, without a path, not {text:?}"),
        )),
    }
}

fn parse_base_url(text: &str) -> Result<String, ConfigError> {
    match reqwest::Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.username().is_empty() => {
            Ok(text.trim_end_matches('/').to_owned())
        }
        _ => Err(bad(
            "OPENAI_BASE_URL",
            "must be an http or https address such as http://127.0.0.1:11434/v1, without a password",
        )),
    }
}

/// The key goes into a header, so it must be one that a header can carry.
fn parse_key(key: String) -> Result<SecretString, ConfigError> {
    let key = key.trim();
    if key.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(key.into())
    } else {
        Err(bad(
            "OPENAI_API_KEY",
            "must be printable ASCII without spaces",
        ))
    }
}

fn parse_metrics_token(token: String) -> Result<SecretString, ConfigError> {
    let token = token.trim();
    if token.len() >= 16 && token.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(token.into())
    } else {
        Err(bad(
            "AUTIO_METRICS_TOKEN",
            "must be at least 16 characters of printable ASCII without spaces",
        ))
    }
}

fn parse_temperature(text: Option<String>) -> Result<Option<f64>, ConfigError> {
    let Some(text) = text else {
        return Ok(Some(0.7));
    };
    if text.trim().is_empty() {
        return Ok(None);
    }
    match text.trim().parse() {
        Ok(value) if (0.0..=2.0).contains(&value) => Ok(Some(value)),
        _ => Err(bad(
            "OPENAI_TEMPERATURE",
            "must be a number from 0 to 2, or empty to send none",
        )),
    }
}

fn parse_log(directives: String) -> Result<String, ConfigError> {
    match directives.parse::<tracing_subscriber::filter::Targets>() {
        Ok(_) => Ok(directives),
        Err(_) => Err(bad(
            "AUTIO_LOG",
            "must be a level (error, warn, info, debug, trace) or directives such as info,autio=debug",
        )),
    }
}

fn parse_connections(text: Option<String>) -> Result<u32, ConfigError> {
    let Some(text) = text else { return Ok(16) };
    match text.trim().parse() {
        Ok(number) if (2..=1000).contains(&number) => Ok(number),
        _ => Err(bad(
            "AUTIO_POSTGRES_CONNECTIONS",
            format!("must be a whole number from 2 to 1000, not {text:?}"),
        )),
    }
}

fn parse_days(text: Option<String>) -> Result<Option<u32>, ConfigError> {
    let Some(text) = text.filter(|text| text.trim() != "off") else {
        return Ok(None);
    };
    match text.trim().parse() {
        Ok(days) if (1..=MOST_DAYS).contains(&days) => Ok(Some(days)),
        _ => Err(bad(
            "AUTIO_RETENTION_DAYS",
            format!("must be a whole number of days from 1 to {MOST_DAYS}, or off, not {text:?}"),
        )),
    }
}

fn parse_database(text: &str, connections: u32) -> Result<DatabaseUrl, ConfigError> {
    if text.starts_with("postgres://") || text.starts_with("postgresql://") {
        let url = text.into();
        return Ok(DatabaseUrl::Postgres(PostgresConfig { url, connections }));
    }
    let path = text.strip_prefix("sqlite://").unwrap_or(text);
    if path.contains("://") || path.contains(":memory:") || path.is_empty() {
        return Err(bad(
            "DATABASE_URL",
            "must be a path, sqlite://path, or postgres://user:password@host/name",
        ));
    }
    Ok(DatabaseUrl::Sqlite(path.into()))
}

/// A URL that can be printed.
fn hide_password(url: &str) -> String {
    match reqwest::Url::parse(url) {
        Ok(mut parsed) => {
            if parsed.password().is_some() {
                // Fails only for URLs that can't have a password, and this one has.
                parsed.set_password(Some("hidden")).ok();
            }
            // libpq's `password`, and `pass` of Redis on a socket.
            if parsed.query().is_some_and(|q| q.contains("pass")) {
                parsed.set_query(Some("(hidden)"));
            }
            parsed.to_string()
        }
        Err(_) => "(hidden)".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let secret = ("JWT_SECRET", "0123456789abcdef0123456789abcdef");
        Config::read(|name| {
            let mut all = pairs.iter().chain(std::iter::once(&secret));
            all.find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        })
    }

    fn lines(config: &Config) -> String {
        let all = config.printed();
        let lines = all.iter().map(|(name, value)| format!("{name}={value}\n"));
        lines.collect()
    }

    #[test]
    fn nothing_needs_to_be_set() {
        let config = read(&[]).unwrap();
        assert_eq!(config.addr.to_string(), "127.0.0.1:8000");
        assert_eq!(config.public_url, "http://127.0.0.1:8000");
        assert!(config.openai.is_none() && !config.is_https());
    }

    #[test]
    fn a_bad_value_is_one_line_that_names_the_variable() {
        for (name, value) in [
            ("AUTIO_ADDR", "here"),
            ("AUTIO_PUBLIC_URL", "https://cars.example/autio"),
            ("DATABASE_URL", "mysql://x"),
            ("DATABASE_URL", ":memory:"),
            ("AUTIO_POSTGRES_CONNECTIONS", "1"),
            ("REDIS_URL", "localhost:6379"),
            ("REDIS_URL", "redis://:hunter2@cache/one"),
            ("JWT_SECRET", "short"),
            ("JWT_SECRET_PREVIOUS", "short"),
            ("AUTIO_SIGNUP", "invite"),
            ("AUTIO_TRUSTED_PROXIES", "10.0.0.0/8, proxy.example"),
            ("AUTIO_BUDGET_MESSAGES", "0"),
            ("AMQP_URL", "http://broker.example"),
            ("AMQP_URL", "amqp://broker.example/a/b"),
            ("AMQP_URL", "amqp://broker.example?heartbeat=often"),
            ("AUTIO_WORK_ADDR", "here"),
            ("AUTIO_METRICS_TOKEN", "hunter2"),
            ("AUTIO_BATCH_RATE", "60"),
            ("AUTIO_BATCH_RATE", "0/min"),
            ("AUTIO_BATCH_AT_ONCE", "0"),
            ("AUTIO_RETENTION_DAYS", "0"),
            ("AUTIO_RETENTION_DAYS", "a year"),
            ("AUTIO_PRICES", "/nowhere/prices.csv"),
            ("AUTIO_LOG", "info,=="),
            ("AUTIO_LOG_FORMAT", "xml"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "localhost:4318"),
            ("AUTIO_TRACE_UPSTREAM", "yes"),
        ] {
            let line = read(&[(name, value)]).unwrap_err().to_string();
            assert!(line.starts_with(name) && !line.contains('\n'), "{line}");
            assert!(!line.contains("hunter2"), "{line}");
        }
        let url = ("AMQP_URL", "amqp://broker.example");
        let error = read(&[url, ("AUTIO_AMQP_QUEUE", "two words")]).unwrap_err();
        assert_eq!(error.variable, "AUTIO_AMQP_QUEUE");
        for (name, value) in [
            ("OPENAI_API_KEY", "two words"),
            ("OPENAI_TEMPERATURE", "hot"),
            ("OPENAI_BASE_URL", "ftp://x"),
        ] {
            let error = read(&[(name, value), ("OPENAI_API_KEY", "k")]).unwrap_err();
            assert_eq!(error.variable, name);
        }
    }

    #[test]
    fn postgres_needs_a_secret_and_an_empty_temperature_sends_none() {
        let error = Config::read(|name| {
            (name == "DATABASE_URL").then(|| "postgres://a:b@localhost/autio".to_owned())
        });
        assert_eq!(error.unwrap_err().variable, "JWT_SECRET");
        let config = read(&[("OPENAI_API_KEY", "k"), ("OPENAI_TEMPERATURE", "")]).unwrap();
        assert_eq!(config.openai.unwrap().temperature, None);
    }

    #[test]
    fn printed_settings_hold_no_secret() {
        let config = read(&[
            ("DATABASE_URL", "postgres://autio:hunter2@db/autio"),
            ("OPENAI_API_KEY", "sk-hunter2"),
            ("REDIS_URL", "rediss://:hunter2@cache:6380/1"),
            ("AMQP_URL", "amqps://autio:hunter2@broker/%2f"),
            ("AUTIO_METRICS_TOKEN", "hunter2hunter2hunter2"),
        ]);
        let printed = lines(&config.unwrap());
        assert!(printed.contains("REDIS_URL=rediss://:hidden@cache:6380/1"));
        let socket = read(&[("REDIS_URL", "unix:///run/redis.sock?db=1&pass=hunter2")]);
        let socket = socket.unwrap();
        assert!(!format!("{}{socket:?}", lines(&socket)).contains("hunter2"));
        assert!(!printed.contains("hunter2") && printed.contains("postgres://autio:hidden@db"));
    }
}
