//! Where a request comes from: the peer's address, or the one that a trusted proxy gives for it.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use actix_web::HttpRequest;
use actix_web::http::header::HeaderMap;

use crate::config::TrustedProxies;

/// A client's address, as limits count it: of IPv6 the /64, since whoever has one of its addresses has all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Client(pub IpAddr);

impl Client {
    /// Whoever sends that request.
    pub fn of_request(req: &HttpRequest, trusted: &TrustedProxies) -> Self {
        // Without a peer (no socket of ours has none) all share one bucket.
        let peer = req.peer_addr().map(|peer| peer.ip());
        let peer = peer.unwrap_or(Ipv6Addr::UNSPECIFIED.into());
        Self::of(peer, req.headers(), trusted)
    }

    /// The peer, unless it is a trusted proxy: then the rightmost address in `X-Forwarded-For` that isn't one. What stands
    /// left of that, and every other header, is whatever the client wrote.
    fn of(peer: IpAddr, headers: &HeaderMap, trusted: &TrustedProxies) -> Self {
        let mut address = peer.to_canonical();
        let lines: Vec<_> = headers.get_all("x-forwarded-for").collect();
        // Several lines are one list.
        let hops = lines.iter().rev().flat_map(|line| {
            let text = line.to_str().unwrap_or_default();
            text.rsplit(',').map(str::trim)
        });
        for hop in hops {
            if !trusted.contains(address) {
                break;
            }
            match parse_hop(hop) {
                Some(from) => address = from.to_canonical(),
                // Nothing that a proxy of ours writes: the last one that is known stands for what is behind it.
                None => break,
            }
        }
        Self(match address {
            IpAddr::V4(_) => address,
            IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & (!0 << 64))),
        })
    }
}

/// An address, with a port where the proxy adds one.
fn parse_hop(text: &str) -> Option<IpAddr> {
    let with_port = || text.parse::<SocketAddr>().ok().map(|hop| hop.ip());
    text.parse().ok().or_else(with_port)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use actix_web::http::header::{HeaderName, HeaderValue};

    fn of(peer: &str, trusted: &str, lines: &[&str]) -> String {
        let config = Config::read(|name| match name {
            "JWT_SECRET" => Some("a secret of the tests, longer than 32 bytes".into()),
            "AUTIO_TRUSTED_PROXIES" => Some(trusted.into()),
            _ => None,
        });
        let mut headers = HeaderMap::new();
        for line in lines {
            let name = HeaderName::from_static("x-forwarded-for");
            headers.append(name, HeaderValue::from_str(line).unwrap());
        }
        // RFC 7239's header is not believed from anybody.
        let name = HeaderName::from_static("forwarded");
        headers.append(name, HeaderValue::from_static("for=6.6.6.6"));
        let trusted = config.unwrap().trusted_proxies;
        Client::of(peer.parse().unwrap(), &headers, &trusted)
            .0
            .to_string()
    }

    #[test]
    fn the_header_counts_only_from_a_trusted_proxy() {
        assert_eq!(of("9.9.9.9", "", &["1.1.1.1"]), "9.9.9.9");
        assert_eq!(of("9.9.9.9", "10.0.0.0/8", &["1.1.1.1"]), "9.9.9.9");
        assert_eq!(of("10.0.0.1", "10.0.0.0/8", &["1.1.1.1"]), "1.1.1.1");
        assert_eq!(of("10.0.0.1", "10.0.0.0/8", &[]), "10.0.0.1");
    }

    #[test]
    fn of_several_the_rightmost_that_is_no_proxy_counts() {
        let trusted = "10.0.0.0/8, 192.168.1.1, fd00::/8";
        let far = |lines: &[&str]| of("10.0.0.1", trusted, lines);
        assert_eq!(far(&["6.6.6.6, 1.1.1.1, 192.168.1.1"]), "1.1.1.1");
        assert_eq!(far(&["6.6.6.6", "1.1.1.1,10.0.0.2"]), "1.1.1.1");
        assert_eq!(far(&["1.1.1.1:4711"]), "1.1.1.1");
        // All of them ours: the farthest.
        assert_eq!(far(&["10.0.0.3, 10.0.0.2"]), "10.0.0.3");
        // What isn't an address ends the chain, and nothing behind it is believed.
        assert_eq!(far(&["6.6.6.6, unknown, 10.0.0.2"]), "10.0.0.2");
        assert_eq!(far(&["6.6.6.6,"]), "10.0.0.1");
    }

    #[test]
    fn ipv6_counts_by_its_64_and_a_mapped_address_as_what_it_is() {
        assert_eq!(of("2001:db8:1:2:3:4:5:6", "", &[]), "2001:db8:1:2::");
        assert_eq!(of("::ffff:9.9.9.9", "", &[]), "9.9.9.9");
        assert_eq!(
            of("::ffff:10.0.0.1", "10.0.0.0/8", &["[2001:db8::7]:80"]),
            "2001:db8::"
        );
    }
}
