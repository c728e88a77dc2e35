//! The proxies whose word on a client's address counts.

use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;

use super::{ConfigError, bad};

/// Networks whose `X-Forwarded-For` is believed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// Reads CIDRs and single addresses with commas between them.
    pub(super) fn parse(text: &str) -> Result<Self, ConfigError> {
        let entries = text.split(',').map(str::trim).filter(|e| !e.is_empty());
        let networks = entries.map(|entry| {
            let network = entry.parse::<IpNet>().ok();
            let network = network.or_else(|| entry.parse::<IpAddr>().ok().map(IpNet::from));
            network.ok_or_else(|| {
                bad(
                    "AUTIO_TRUSTED_PROXIES",
                    format!(
                        "must be addresses or networks such as 10.0.0.0/8,::1 with commas between them, not {entry:?}"
                    ),
                )
            })
        });
        networks.collect::<Result<_, _>>().map(Self)
    }

    /// Whether nobody's word counts.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether what comes from there may say whom it is for.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }
}

impl fmt::Display for TrustedProxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let networks: Vec<_> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&networks.join(","))
    }
}
