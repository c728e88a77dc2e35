//! Reads one value each, and says what is wrong with a bad one.

use std::net::SocketAddr;

use secrecy::SecretString;

use super::{ConfigError, DatabaseUrl, MOST_DAYS, PostgresConfig, bad};

pub(super) fn parse_addr(variable: &'static str, text: &str) -> Result<SocketAddr, ConfigError> {
    text.parse().map_err(|_| {
        bad(
            variable,
            format!("must be an address and a port such as 127.0.0.1:8000, not {text:?}"),
        )
    })
}

/// Scheme, host and port only: a browser's `Origin` is compared with it.
pub(super) fn parse_origin(variable: &'static str, text: &str) -> Result<String, ConfigError> {
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

pub(super) fn parse_metrics_token(token: String) -> Result<SecretString, ConfigError> {
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

pub(super) fn parse_log(directives: String) -> Result<String, ConfigError> {
    // A word alone would count as the name of a part, and all others would fall silent.
    let is_plain = |directive: &str| {
        let directive = directive.trim();
        directive.contains('=')
            || directive.starts_with("autio")
            || directive
                .parse::<tracing_subscriber::filter::LevelFilter>()
                .is_ok()
    };
    match directives.parse::<tracing_subscriber::filter::Targets>() {
        Ok(_) if directives.split(',').all(is_plain) => Ok(directives),
        _ => Err(bad(
            "AUTIO_LOG",
            "must be a level (error, warn, info, debug, trace) or directives such as info,autio=debug",
        )),
    }
}

pub(super) fn parse_connections(text: Option<String>) -> Result<u32, ConfigError> {
    let Some(text) = text else { return Ok(16) };
    match text.trim().parse() {
        Ok(number) if (2..=1000).contains(&number) => Ok(number),
        _ => Err(bad(
            "AUTIO_POSTGRES_CONNECTIONS",
            format!("must be a whole number from 2 to 1000, not {text:?}"),
        )),
    }
}

pub(super) fn parse_days(text: Option<String>) -> Result<Option<u32>, ConfigError> {
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

pub(super) fn parse_database(text: &str, connections: u32) -> Result<DatabaseUrl, ConfigError> {
    if text.starts_with("postgres://") || text.starts_with("postgresql://") {
        let url = text.into();
        return Ok(DatabaseUrl::Postgres(PostgresConfig { url, connections }));
    }
    let path = text.strip_prefix("sqlite://").unwrap_or(text);
    // `host=db password=…`, as libpq also has it, is no path, and not to be printed as one.
    let is_pairs = ["host=", "dbname=", "password="]
        .iter()
        .any(|key| path.contains(key));
    if path.contains("://") || path.contains(":memory:") || path.is_empty() || is_pairs {
        return Err(bad(
            "DATABASE_URL",
            "must be a path, sqlite://path, or postgres://user:password@host/name",
        ));
    }
    Ok(DatabaseUrl::Sqlite(path.into()))
}

/// A URL that can be printed.
pub(super) fn hide_password(url: &str) -> String {
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
