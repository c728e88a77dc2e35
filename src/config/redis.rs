//! Where Redis is.

use redis::{Client, IntoConnectionInfo};

use super::{ConfigError, bad, hide_password};

/// A Redis that instances share, with its password.
#[derive(Clone)]
pub struct RedisUrl {
    /// Connects to nothing yet.
    pub client: Client,
    printed: String,
}

impl RedisUrl {
    pub(super) fn parse(text: &str) -> Result<Self, ConfigError> {
        // The library's own error may quote the URL, and with it the password.
        let client = text.trim().into_connection_info().and_then(Client::open);
        match client {
            Ok(client) => Ok(Self {
                client,
                printed: hide_password(text.trim()),
            }),
            Err(_) => Err(bad(
                "REDIS_URL",
                "must be redis://user:password@host:port/number, rediss:// for TLS, or unix:///path/to/socket",
            )),
        }
    }
}

/// Without the password.
impl std::fmt::Display for RedisUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.printed)
    }
}

impl std::fmt::Debug for RedisUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RedisUrl({self})")
    }
}
