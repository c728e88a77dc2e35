//! The only reader of the environment: every setting, its default, and what is wrong with a bad one.

mod batches;
mod broker;
mod limits;
mod openai;
mod parse;
mod prices;
mod printed;
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

use self::parse::{
    hide_password, parse_addr, parse_connections, parse_database, parse_days, parse_log,
    parse_metrics_token, parse_origin,
};

pub use self::batches::Batches;
pub use self::broker::Amqp;
pub use self::limits::{BATCH, Limits, RESERVED_TOKENS, Rate};
pub use self::openai::OpenAiConfig;
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

    /// What the operator looks at when it can't be used.
    pub fn remedy(&self) -> &'static str {
        match self {
            DatabaseUrl::Sqlite(_) => {
                "see that there is room on its disk, and that the file and its folder may be written"
            }
            DatabaseUrl::Postgres(_) => "check DATABASE_URL, and that it runs",
        }
    }
}

/// For people: without user and password.
impl std::fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            DatabaseUrl::Sqlite(path) => write!(f, "SQLite at {}", path.display()),
            DatabaseUrl::Postgres(_) => f.write_str("PostgreSQL"),
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

/// The secrets that sign tokens and cookies.
#[derive(Clone, Debug)]
pub struct JwtSecrets {
    pub current: SecretString,
    /// It is set or in its file; else it was made for this process, and goes with it.
    pub is_kept: bool,
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
        let garbled = RefCell::new(None);
        let read = Self::read(|name| {
            asked.borrow_mut().insert(name.to_owned());
            let value = std::env::var_os(name)?.into_string();
            value
                .inspect_err(|_| *garbled.borrow_mut() = Some(name.to_owned()))
                .ok()
        });
        // What can't be read isn't unset: it may be what closes the signup.
        if let Some(name) = garbled.take() {
            return Err(bad("environment", format!("{name} isn't UTF-8")));
        }
        let mut config = read?;
        let set = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
        let ours =
            set.filter(|name| name.starts_with("AUTIO_") && !name.starts_with("AUTIO_TEST_"));
        config.unknown = ours.filter(|name| !asked.borrow().contains(name)).collect();
        config.unknown.sort_unstable();
        Ok(config)
    }

    /// Keeps the secret that a first start signs with, beside the database. What only looks at things keeps none.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn keep_secret(mut self) -> Result<Self, ConfigError> {
        if !self.jwt.is_kept {
            self.jwt.current = secret::keep(&self.jwt.current, &self.database.key_file())?;
            self.jwt.is_kept = true;
        }
        Ok(self)
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
        let secret = match set("JWT_SECRET") {
            Some(secret) => Some(secret::check("JWT_SECRET", secret)?),
            None => secret::find(&database)?,
        };
        let jwt = JwtSecrets {
            is_kept: secret.is_some(),
            current: match secret {
                Some(secret) => secret,
                None => secret::new()?,
            },
            previous: set("JWT_SECRET_PREVIOUS")
                .map(|secret| secret::check("JWT_SECRET_PREVIOUS", secret))
                .transpose()?,
        };
        let traces = Traces::read(set)?;
        let tells_trace = traces.as_ref().is_some_and(|traces| traces.upstream);
        let openai = OpenAiConfig::read(&get, tells_trace)?;

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

fn bad(variable: &'static str, problem: impl Into<String>) -> ConfigError {
    ConfigError {
        variable,
        problem: problem.into(),
    }
}

#[cfg(test)]
mod tests;
