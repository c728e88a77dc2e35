//! An error as programs get it: RFC 9457's problem, and RFC 6749's for the password grant.

use serde::Serialize;
use utoipa::ToSchema;

use crate::error::FieldError;

/// What went wrong (RFC 9457).
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(
    as = Problem,
    example = json!({
        "type": "about:blank", "title": "Not Found", "status": 404,
        "detail": "There is nothing here under that address.", "request_id": "0197f0a2c4d87b3e9a11c0ffee000000",
    })
)]
pub struct Body<'a> {
    /// `about:blank`: the status says which kind of problem it is.
    #[serde(rename = "type")]
    pub kind: Blank,
    pub title: &'a str,
    pub status: u16,
    /// One sentence for people, which says what to do.
    pub detail: &'a str,
    /// The same as in `X-Request-Id` and in the log; not in streams.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub request_id: Option<&'a str>,
    /// The fields that are to blame.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schema(required = false)]
    pub errors: &'a [FieldError],
    /// Of a reply that failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = Uuid)]
    pub conversation_id: Option<&'a str>,
    /// The reply that failed, to retry.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = Uuid)]
    pub message_id: Option<&'a str>,
}

/// The type of every problem.
#[derive(Debug, Default, Serialize, ToSchema)]
pub enum Blank {
    #[default]
    #[serde(rename = "about:blank")]
    Blank,
}

/// What went wrong with an OAuth2 password grant (RFC 6749, section 5.2).
#[derive(Debug, Serialize, ToSchema)]
pub struct GrantError<'a> {
    /// `invalid_request`, `invalid_grant` or `unsupported_grant_type`.
    pub error: &'a str,
    pub error_description: &'a str,
}
