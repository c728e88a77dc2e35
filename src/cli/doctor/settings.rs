//! The settings, as far as one can tell by reading them, and the files that hold secrets.

use std::net::IpAddr;
use std::path::Path;

use super::{Finding, ok, warn};
use crate::config::{Config, DatabaseUrl};

pub fn look(config: &Config) -> Vec<Finding> {
    let mut found = vec![
        ok("settings", "they can be read; `autio config` prints them"),
        public_url(config),
    ];
    for name in &config.unknown {
        found.push(warn(
            "settings",
            format!("{name} is no setting of this version, so it does nothing; see `autio config` for those that there are"),
        ));
    }
    if config.limits.is_off() {
        let says = "AUTIO_RATE_LIMITS is off, so anybody may try passwords and ask as fast as they like; remove it where others can reach this server";
        found.push(warn("limits", says));
    }
    if let DatabaseUrl::Sqlite(path) = &config.database {
        found.push(match config.jwt.is_kept {
            true => key(&config.database.key_file()),
            false => ok(
                "key",
                "there is none yet; the first start of `autio serve` makes one",
            ),
        });
        found.extend(private("file", path));
    }
    if let Some(openai) = &config.openai
        && !config.prices.is_unset()
        && !config.prices.know(&openai.model)
    {
        let says = format!(
            "AUTIO_PRICES has no price of {}, so what it costs is unknown; add a line for it",
            openai.model
        );
        found.push(warn("prices", says));
    }
    found
}

fn public_url(config: &Config) -> Finding {
    const CHECK: &str = "public url";
    let url = &config.public_url;
    if config.is_https() {
        return match config.trusted_proxies.is_empty() && !config.limits.is_off() {
            true => warn(
                CHECK,
                format!(
                    "{url} has a proxy in front that AUTIO_TRUSTED_PROXIES doesn't name, so everybody counts as one address; set it to the proxy's address"
                ),
            ),
            false => ok(CHECK, url),
        };
    }
    match is_local(url) {
        true => ok(CHECK, url),
        false => warn(
            CHECK,
            format!(
                "{url} is neither https nor this machine: passwords go over the network in the clear, and forms work at this very address only; put a proxy with TLS in front and set AUTIO_PUBLIC_URL to its https address"
            ),
        ),
    }
}

fn is_local(url: &str) -> bool {
    let host = url.trim_start_matches("http://");
    let host = match host.strip_prefix('[') {
        Some(v6) => v6.split(']').next(),
        None => host.split(':').next(),
    };
    let host = host.unwrap_or_default();
    host == "localhost" || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

fn key(file: &Path) -> Finding {
    match private("key", file) {
        Some(finding) => finding,
        None if file.exists() => ok("key", format!("{}, for its owner alone", file.display())),
        None => ok("key", "JWT_SECRET is set"),
    }
}

/// A finding if others than its owner can read a file.
fn private(check: &'static str, file: &Path) -> Option<Finding> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = file.metadata().ok()?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            let file = file.display();
            let says = format!("{file} can be read by others (mode {mode:o}); chmod 600 {file}");
            return Some(warn(check, says));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_fine_on_this_machine_alone() {
        for url in [
            "http://127.0.0.1:8000",
            "http://localhost",
            "http://[::1]:8000",
        ] {
            assert!(is_local(url), "{url}");
        }
        for url in [
            "http://0.0.0.0:8000",
            "http://cars.example",
            "http://10.0.0.5",
            "http://[2001:db8::1]",
            "http://localhost.example",
        ] {
            assert!(!is_local(url), "{url}");
        }
    }
}
