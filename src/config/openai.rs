//! The model's server, and what it is asked with.

use secrecy::SecretString;

use super::{ConfigError, bad};

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

impl OpenAiConfig {
    /// Reads it through `get`; None without `OPENAI_API_KEY`. What is set beside that is checked all the same.
    pub(super) fn read(
        get: impl Fn(&str) -> Option<String>,
        tells_trace: bool,
    ) -> Result<Option<Self>, ConfigError> {
        let set = |name: &str| get(name).filter(|value| !value.trim().is_empty());
        let base_url = set("OPENAI_BASE_URL").unwrap_or_else(|| "https://api.openai.com/v1".into());
        let base_url = parse_base_url(&base_url)?;
        let temperature = parse_temperature(get("OPENAI_TEMPERATURE"))?;
        let model = set("OPENAI_MODEL").unwrap_or_else(|| "gpt-4o-mini".into());
        let Some(key) = set("OPENAI_API_KEY") else {
            return Ok(None);
        };
        Ok(Some(Self {
            key: parse_key(key)?,
            base_url,
            model,
            temperature,
            tells_trace,
        }))
    }
}

fn parse_base_url(text: &str) -> Result<String, ConfigError> {
    match reqwest::Url::parse(text) {
        Ok(url)
            if matches!(url.scheme(), "http" | "https")
                && url.username().is_empty()
                && url.query().is_none()
                && url.fragment().is_none() =>
        {
            Ok(text.trim_end_matches('/').to_owned())
        }
        _ => Err(bad(
            "OPENAI_BASE_URL",
            "must be an http or https address such as http://127.0.0.1:11434/v1, without a password or a query",
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
