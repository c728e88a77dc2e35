//! Where RabbitMQ is, and what its queues are called.

use lapin::uri::AMQPUri;
use secrecy::{ExposeSecret, SecretString};

use super::{ConfigError, Printed, bad, hide_password};

/// How often each side says that it is alive, in seconds: a broker that hangs is given up after twice that.
const HEARTBEAT: u16 = 10;
/// RabbitMQ's names are at most 255 bytes long, and ours get an ending.
const LONGEST: usize = 200;

/// A broker, and the queues that this installation has there.
#[derive(Clone, Debug)]
pub struct Amqp {
    url: SecretString,
    /// What the names of the queues begin with, so that several installations can share a broker.
    pub prefix: String,
}

impl Amqp {
    /// Reads it through `set`; None without `AMQP_URL`.
    pub(super) fn read(set: impl Fn(&str) -> Option<String>) -> Result<Option<Self>, ConfigError> {
        let Some(url) = set("AMQP_URL") else {
            return Ok(None);
        };
        if parse(url.trim()).is_none() {
            // The address itself stays unsaid: it has a password.
            return Err(bad(
                "AMQP_URL",
                "must be an address such as amqp://user:password@host:5672/vhost, or amqps:// for TLS; / in the vhost's name is written %2f",
            ));
        }
        let prefix = set("AUTIO_AMQP_QUEUE").unwrap_or_else(|| "autio".into());
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
        if prefix.len() > LONGEST || !prefix.bytes().all(is_name) {
            return Err(bad(
                "AUTIO_AMQP_QUEUE",
                format!("must be 1 to {LONGEST} letters, digits, and - _ . :"),
            ));
        }
        Ok(Some(Self {
            url: url.trim().into(),
            prefix,
        }))
    }

    /// The address as the client wants it.
    pub fn uri(&self) -> AMQPUri {
        // It was checked when it was read.
        parse(self.url.expose_secret()).unwrap_or_default()
    }
}

fn parse(text: &str) -> Option<AMQPUri> {
    let url = reqwest::Url::parse(text).ok()?;
    let mut uri: AMQPUri = text.parse().ok()?;
    // The client's own reading takes an IPv6 address for none at all, and then for localhost.
    let host = url.host_str().filter(|host| !host.is_empty())?;
    uri.authority.host = host.trim_matches(['[', ']']).to_owned();
    uri.query.heartbeat.get_or_insert(HEARTBEAT);
    (!uri.vhost.contains('/') || uri.vhost == "/").then_some(uri)
}

impl Amqp {
    /// As `autio config` prints it, without the password.
    pub(super) fn printed(&self) -> [Printed; 2] {
        [
            ("AMQP_URL", hide_password(self.url.expose_secret())),
            ("AUTIO_AMQP_QUEUE", self.prefix.clone()),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_as_it_was_meant() {
        let of = |text| parse(text).unwrap();
        let plain = of("amqp://ann:p%40ss@10.0.0.5");
        assert_eq!(plain.authority.host, "10.0.0.5");
        assert_eq!(plain.authority.port, 5672);
        assert_eq!(plain.authority.userinfo.password, "p@ss");
        assert_eq!(
            (plain.vhost.as_str(), plain.query.heartbeat),
            ("/", Some(10))
        );
        let other = of("amqps://[2001:db8::1]/cars?heartbeat=30");
        assert_eq!(other.authority.host, "2001:db8::1");
        assert_eq!((other.authority.port, other.vhost.as_str()), (5671, "cars"));
        assert_eq!(other.query.heartbeat, Some(30));
        assert!(parse("amqp://").is_none() && parse("amqp:broker").is_none());
    }
}
