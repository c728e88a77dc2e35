//! Bodies as JSON or as a form into the same struct, within a limit, with errors that name the field.

use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use futures_util::StreamExt;
use futures_util::future::LocalBoxFuture;
use serde::de::DeserializeOwned;

use crate::error::Error;

/// What can be sent to `/auth`, in bytes.
pub const AUTH_LIMIT: usize = 4 * 1024;
/// What can be sent to `/chat`, in bytes.
pub const CHAT_LIMIT: usize = 64 * 1024;
/// What can be sent to `/chat/batches`, in bytes: 1,000 prompts of 2 KiB each.
pub const BATCH_LIMIT: usize = 2 * 1024 * 1024;

/// How long a client may take to send a body.
const PATIENCE: Duration = Duration::from_secs(30);

/// A body of at most `LIMIT` bytes.
#[derive(Debug)]
pub struct Input<T, const LIMIT: usize> {
    pub value: T,
    /// It came as a form, not as JSON.
    pub is_form: bool,
}

impl<T: DeserializeOwned + 'static, const LIMIT: usize> FromRequest for Input<T, LIMIT> {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self, Error>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let kind = kind(req.content_type());
        let length = req
            .headers()
            .get(header::CONTENT_LENGTH)
            .and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
        let payload = payload.take();
        Box::pin(async move {
            if length.is_some_and(|length| length > LIMIT) {
                return Err(Error::TooLarge(LIMIT));
            }
            let is_form = kind? == Kind::Form;
            let body = tokio::time::timeout(PATIENCE, read_body(payload, LIMIT))
                .await
                .map_err(|_| Error::Malformed("The body came too slowly.".into()))??;
            let value = if is_form {
                parse_form(&body)?
            } else {
                parse_json(&body)?
            };
            Ok(Self { value, is_form })
        })
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Form,
    Json,
}

fn kind(content_type: &str) -> Result<Kind, Error> {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    match essence.to_ascii_lowercase().as_str() {
        "application/json" => Ok(Kind::Json),
        "application/x-www-form-urlencoded" => Ok(Kind::Form),
        _ => Err(Error::UnsupportedMediaType),
    }
}

async fn read_body(mut payload: Payload, limit: usize) -> Result<Vec<u8>, Error> {
    let mut body = Vec::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| Error::Malformed("The body broke off.".into()))?;
        if body.len() + chunk.len() > limit {
            return Err(Error::TooLarge(limit));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn parse_json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Error> {
    // serde would also take an array for a struct, field by field.
    if !body.trim_ascii_start().starts_with(b"{") {
        return Err(Error::Malformed("Send a JSON object.".into()));
    }
    let mut reader = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let place = error.path().to_string();
        let cause = error.into_inner();
        let is_data = cause.is_data();
        let cause = without_value(cause.to_string());
        if !is_data || place == "." {
            return Error::Malformed(format!(
                "The body is not the JSON object that is wanted here: {cause}."
            ));
        }
        Error::field(&place, format!("{place} can't be used: {cause}."))
    })?;
    reader
        .end()
        .map_err(|_| Error::Malformed("There is something after the JSON object.".into()))?;
    Ok(value)
}

fn parse_form<T: DeserializeOwned>(body: &[u8]) -> Result<T, Error> {
    let text = std::str::from_utf8(body)
        .map_err(|_| Error::Malformed("The form is not in UTF-8.".into()))?;
    let reader = serde_urlencoded::Deserializer::new(form_urlencoded::parse(text.as_bytes()));
    serde_path_to_error::deserialize(reader).map_err(|error| {
        let place = error.path().to_string();
        let cause = without_value(error.into_inner().to_string());
        match place.as_str() {
            "." => Error::Malformed(format!("The form can't be read: {cause}.")),
            field => Error::field(field, format!("{field} can't be used: {cause}.")),
        }
    })
}

/// What serde finds wrong, without the value that it found: that may be a password.
fn without_value(cause: String) -> String {
    match cause.rsplit_once(", expected ") {
        Some((_, wanted)) => format!("expected {wanted}"),
        None => cause,
    }
}

/// Text that both databases can keep: PostgreSQL has no NUL.
pub fn is_storable(text: &str) -> bool {
    !text.contains('\0')
}

/// A line of a person's own that others will see as a name: without blanks around it, of at most so many characters, all
/// of which show. None where it isn't one.
pub fn read_line(text: &str, longest: usize) -> Option<&str> {
    let line = text.trim();
    let is_seen =
        |c: char| shows(c) && !matches!(c, '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}');
    let is_fine = line.chars().all(shows) && line.chars().any(is_seen);
    (is_fine && line.chars().count() <= longest).then_some(line)
}

/// Whether a character shows: it isn't one that can't be seen, nor one that turns the direction in which others are
/// written. Joiners count, which scripts and emoji need (Unicode 17, DerivedCoreProperties: Default_Ignorable_Code_Point).
pub fn shows(c: char) -> bool {
    let is_unseen = matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}'
        | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}');
    !c.is_control() && !is_unseen
}

/// An id from a path or a body, or the answer that ids which never were get.
pub fn parse_id(text: &str) -> Result<String, Error> {
    match uuid::Uuid::try_parse(text) {
        Ok(id) if text.len() == 36 => Ok(id.to_string()),
        _ => Err(Error::NotFound),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    struct Wanted {
        #[allow(dead_code)]
        miles: Option<u32>,
    }

    #[test]
    fn errors_name_the_field() {
        let error = parse_json::<Wanted>(br#"{"miles":"many"}"#).unwrap_err();
        assert_eq!(error.fields()[0].field, "miles");
        assert!(!error.to_string().contains("many"), "{error}");
        let error = parse_form::<Wanted>(b"miles=many").unwrap_err();
        assert!(error.fields().iter().all(|f| f.field == "miles"), "{error}");
        for broken in [&b"{"[..], b"[]", b"", b"{} {}", b"\xff", b"null"] {
            let error = parse_json::<Wanted>(broken).unwrap_err();
            assert!(matches!(error, Error::Malformed(_)), "{error:?}");
        }
    }
}
