//! Static files, embedded in the binary: under hashed names, compressed once, cached for a year.

use std::collections::HashMap;
use std::io::Write;

use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::error::Error;

macro_rules! files {
    ($($name:literal: $kind:literal = [$($part:literal),+]),+ $(,)?) => {
        &[$(($name, $kind, &[$(($part, include_bytes!(concat!("../../static/", $part)) as &[u8])),+])),+]
    };
}

/// A file that a part of it comes from, and its bytes.
type Part = (&'static str, &'static [u8]);

/// Name, content type, and the files that it is made of, one after the other.
///
/// htmx and its extension are one file: htmx starts by itself once it is there, and if the extension
/// came later, a reply that is already on the page would never be followed.
const FILES: &[(&str, &str, &[Part])] = files! {
    "app.css": "text/css; charset=utf-8" = ["app.css"],
    "app.js": "text/javascript; charset=utf-8" = ["app.js"],
    "docs.js": "text/javascript; charset=utf-8" = ["docs.js"],
    "htmx.js": "text/javascript; charset=utf-8" = ["vendor/htmx/htmx.min.js", "vendor/htmx/hx-sse.min.js"],
    "icon.svg": "image/svg+xml" = ["icon.svg"],
    "icon-192.png": "image/png" = ["icon-192.png"],
    "icon-512.png": "image/png" = ["icon-512.png"],
    "share.png": "image/png" = ["share.png"],
    "waiting.css": "text/css; charset=utf-8" = ["waiting.css"],
};

/// All static files, ready to be sent.
pub struct Assets {
    by_address: HashMap<String, Asset>,
    addresses: HashMap<&'static str, String>,
}

struct Asset {
    kind: &'static str,
    plain: web::Bytes,
    gzip: web::Bytes,
}

impl Assets {
    /// Hashes and compresses every file: some milliseconds, once.
    pub fn load() -> Self {
        let mut assets = Self {
            by_address: HashMap::new(),
            addresses: HashMap::new(),
        };
        for &(name, kind, parts) in FILES {
            let bytes: Vec<&[u8]> = parts.iter().map(|(_, bytes)| *bytes).collect();
            let plain = web::Bytes::from(bytes.join(&b"\n"[..]));
            let address = address(name, &plain);
            assets.addresses.insert(name, address.clone());
            assets.by_address.insert(
                address,
                Asset {
                    kind,
                    gzip: compress(&plain),
                    plain,
                },
            );
        }
        assets
    }

    /// Where the file of that name is found. Templates name files that exist; the tests see to it.
    pub fn address(&self, name: &str) -> &str {
        self.addresses
            .get(name)
            .map_or("/static/missing", String::as_str)
    }
}

/// `GET /static/{file}`.
pub async fn get(req: HttpRequest, assets: web::Data<Assets>) -> Result<HttpResponse, Error> {
    let asset = assets.by_address.get(req.path()).ok_or(Error::NotFound)?;
    let mut response = HttpResponse::Ok();
    response
        .content_type(asset.kind)
        .insert_header((header::CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .insert_header((header::VARY, "Accept-Encoding"));
    Ok(if accepts_gzip(req.headers()) {
        response
            .insert_header((header::CONTENT_ENCODING, HeaderValue::from_static("gzip")))
            .body(asset.gzip.clone())
    } else {
        response
            .insert_header((
                header::CONTENT_ENCODING,
                HeaderValue::from_static("identity"),
            ))
            .body(asset.plain.clone())
    })
}

/// `GET /favicon.ico`, which browsers ask for without being told to.
pub async fn get_icon(assets: web::Data<Assets>) -> HttpResponse {
    HttpResponse::Found()
        .insert_header((header::LOCATION, assets.address("icon.svg")))
        .insert_header((header::CACHE_CONTROL, "public, max-age=86400"))
        .finish()
}

/// `GET /manifest.webmanifest`: what a phone puts on its home screen. The large icon fills its square, so it can be masked.
pub async fn get_manifest(assets: web::Data<Assets>) -> HttpResponse {
    let manifest = json!({
        "name": "Autio",
        "description": "A car advisor that you talk to. Every figure in its answers has a source.",
        "start_url": "/chat/",
        "scope": "/",
        "display": "standalone",
        "background_color": "#fffef1",
        "theme_color": "#214538",
        "icons": [
            { "src": assets.address("icon.svg"), "type": "image/svg+xml", "sizes": "any" },
            { "src": assets.address("icon-192.png"), "type": "image/png", "sizes": "192x192" },
            {
                "src": assets.address("icon-512.png"),
                "type": "image/png",
                "sizes": "512x512",
                "purpose": "any maskable",
            },
        ],
    });
    HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "public, max-age=86400"))
        .content_type("application/manifest+json")
        .body(manifest.to_string())
}

fn address(name: &str, bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    let hash: String = digest
        .iter()
        .take(6)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    match name.rsplit_once('.') {
        Some((stem, ending)) => format!("/static/{stem}.{hash}.{ending}"),
        None => format!("/static/{name}.{hash}"),
    }
}

fn compress(bytes: &[u8]) -> web::Bytes {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let written = encoder.write_all(bytes).and_then(|()| encoder.finish());
    // Writing into memory doesn't fail.
    written.unwrap_or_default().into()
}

/// Whether the caller can read gzip.
pub fn accepts_gzip(headers: &HeaderMap) -> bool {
    headers
        .get_all(header::ACCEPT_ENCODING)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|coding| coding.trim().to_ascii_lowercase())
        .any(|coding| {
            let mut parts = coding.split(';').map(str::trim);
            matches!(parts.next(), Some("gzip" | "*"))
                && !parts.any(|part| matches!(part, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vendored_files_are_the_registrys_own() {
        let checksums = include_str!("../../static/vendor/htmx/SHA256SUMS");
        let parts = FILES.iter().flat_map(|(_, _, parts)| *parts);
        let mut vendored = parts
            .filter(|(name, _)| name.starts_with("vendor/htmx/"))
            .peekable();
        assert!(vendored.peek().is_some());
        for (name, bytes) in vendored {
            let digest = Sha256::digest(bytes);
            let hash: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
            let file = name.trim_start_matches("vendor/htmx/");
            assert!(
                checksums.contains(&format!("{hash}  {file}")),
                "{name}: {hash}"
            );
        }
    }
}
