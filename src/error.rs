//! The one error that everything above the database returns: a status, and a sentence for the person.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use serde::Serialize;
use utoipa::ToSchema;

/// What went wrong with one field of what was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    pub field: String,
    pub detail: String,
}

/// Everything that can go wrong while a request is answered.
///
/// Its `Display` is the sentence that people read, except for [`Error::Internal`], whose cause is
/// for the log alone.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// 400: the request can't be read at all.
    #[error("{0}")]
    Malformed(String),
    /// 401: no token, or one that is forged, expired or revoked.
    #[error("Log in first: there is no valid session or token with this request.")]
    Unauthenticated,
    /// 401: one sentence for a wrong password and for an unknown email.
    #[error("That email and password don't match an account.")]
    WrongPassword,
    /// 403: the password was right, but the operator has turned the account off.
    #[error("This account is turned off. Ask whoever runs this site.")]
    Inactive,
    /// 403: an unsafe request that another site may have made.
    #[error(
        "This request didn't come from one of our own pages, so it was not carried out. Open the page again and repeat it there."
    )]
    CrossSite,
    /// 403: not with a token like this one.
    #[error("{0}")]
    Forbidden(&'static str),
    /// 404, also for what belongs to somebody else.
    #[error("There is nothing here under that address.")]
    NotFound,
    /// 409: a field's value is already in use.
    #[error("{0}")]
    Conflict(String, FieldError),
    /// 409: the thing is not in a state in which this can be done.
    #[error("{0}")]
    State(&'static str),
    /// 413: the body is over the route's limit, in bytes.
    #[error("That is too long: at most {} KiB can be sent here.", .0 / 1024)]
    TooLarge(usize),
    /// 415: neither JSON nor a form.
    #[error("Send the body as application/json or as a form.")]
    UnsupportedMediaType,
    /// 422: what was sent can be read, but fields are wrong.
    #[error("{}", sentence(.0))]
    Invalid(Vec<FieldError>),
    /// 429: over a limit, or a budget is used up. Worth another try after `retry_after` seconds.
    #[error("{detail}")]
    TooMany {
        /// Which, for metrics.
        limit: &'static str,
        detail: String,
        retry_after: u64,
    },
    /// 400 as RFC 6749 wants it: an error of the OAuth2 password grant.
    #[error("{description}")]
    Grant {
        code: &'static str,
        description: String,
    },
    /// 502: a reply failed for good. The person's message is stored all the same.
    #[error("{detail}")]
    ReplyFailed {
        conversation_id: String,
        message_id: String,
        detail: String,
    },
    /// 503: the database is away or everything is busy, and nothing was kept. Worth another try after some seconds.
    #[error("Autio is busy right now. Nothing was changed; try again in a few seconds.")]
    Unavailable,
    /// 503: the database was asked to keep something, and nobody knows whether it did.
    #[error(
        "The database didn't answer in time, so this may have been kept or not. Look before you send it again; a program that repeats it with the same Idempotency-Key says it once."
    )]
    Unsure,
    /// 503: a change was kept, and what was to be shown after it can't be read.
    #[error(
        "That is done, but the database doesn't answer, so it can't be shown. Look again in a few seconds; there is no need to send it again."
    )]
    Unseen,
    /// 503: this process should get no requests for now, and why.
    #[error("{0}")]
    Unready(&'static str),
    /// 503: this process is about to end, and takes nothing new.
    #[error("This server is being restarted. Nothing was changed; try again in a few seconds.")]
    Ending,
    /// 500: a fault of ours. The cause goes to the log.
    #[error("Something went wrong on our side. It has been logged; please try again.")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

fn sentence(fields: &[FieldError]) -> String {
    let details: Vec<_> = fields.iter().map(|f| f.detail.as_str()).collect();
    details.join(" ")
}

impl Error {
    /// One field is to blame.
    pub fn field(field: &str, detail: impl Into<String>) -> Self {
        Error::Invalid(vec![FieldError {
            field: field.into(),
            detail: detail.into(),
        }])
    }

    /// A fault of ours, with its cause.
    pub fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Error::Internal(cause.into())
    }

    /// The fields to blame, if any.
    pub fn fields(&self) -> &[FieldError] {
        match self {
            Error::Invalid(fields) => fields,
            Error::Conflict(_, field) => std::slice::from_ref(field),
            _ => &[],
        }
    }

    /// What went wrong with all its causes, for the log alone.
    pub fn causes(&self) -> String {
        let first: &(dyn std::error::Error + 'static) = match self {
            Error::Internal(cause) => cause.as_ref(),
            error => error,
        };
        let causes = std::iter::successors(Some(first), |error| error.source());
        causes
            .map(|cause| in_one_line(&cause.to_string()))
            .collect::<Vec<_>>()
            .join(": ")
    }

    /// The error of a read that follows a change that was kept: nobody may be told that nothing was changed.
    pub fn after_a_change(self) -> Self {
        match self {
            Error::Unavailable => Error::Unseen,
            other => other,
        }
    }

    /// Seconds after which another try makes sense.
    pub fn retry_after(&self) -> Option<u64> {
        match self {
            Error::TooMany { retry_after, .. } => Some(*retry_after),
            error => (error.status_code() == StatusCode::SERVICE_UNAVAILABLE).then_some(2),
        }
    }
}

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        match self {
            Error::Malformed(_) | Error::Grant { .. } => StatusCode::BAD_REQUEST,
            Error::Unauthenticated | Error::WrongPassword => StatusCode::UNAUTHORIZED,
            Error::Inactive | Error::CrossSite | Error::Forbidden(_) => StatusCode::FORBIDDEN,
            Error::NotFound => StatusCode::NOT_FOUND,
            Error::Conflict(..) | Error::State(_) => StatusCode::CONFLICT,
            Error::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Error::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Error::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Error::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            Error::ReplyFailed { .. } => StatusCode::BAD_GATEWAY,
            Error::Unavailable
            | Error::Unsure
            | Error::Unseen
            | Error::Unready(_)
            | Error::Ending => StatusCode::SERVICE_UNAVAILABLE,
            Error::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Only the status: `web::problem` makes the page, fragment or problem, because it sees the request.
    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status_code())
    }
}

impl From<DieselError> for Error {
    fn from(error: DieselError) -> Self {
        match error {
            DieselError::NotFound => Error::NotFound,
            // What it was to belong to was deleted in the meantime.
            DieselError::DatabaseError(DatabaseErrorKind::ForeignKeyViolation, _) => {
                Error::NotFound
            }
            error if is_outage(&error) => {
                tracing::warn!(%error, "the database can't be used right now");
                Error::Unavailable
            }
            error => Error::internal(error),
        }
    }
}

/// Whether the database itself is in trouble, rather than the statement.
fn is_outage(error: &DieselError) -> bool {
    match error {
        DieselError::DatabaseError(
            DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand,
            _,
        )
        | DieselError::BrokenTransactionManager => true,
        DieselError::DatabaseError(_, info) => {
            // SQLite gives these as plain text, PostgreSQL when it is being stopped.
            [
                "disk is full",
                "disk I/O error",
                "database is locked",
                "readonly database",
                "terminating connection",
                // A lock or a statement that took too long, or two that waited for each other.
                "canceling statement due to",
                "deadlock detected",
                "the database system is",
                "server closed the connection",
                "could not connect",
                "connection to server",
                "no connection to the server",
            ]
            .iter()
            .any(|known| info.message().contains(known))
        }
        _ => false,
    }
}

/// Whether a statement failed because the row would break a UNIQUE constraint.
pub fn is_unique_violation(error: &DieselError) -> bool {
    matches!(
        error,
        DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, _)
    )
}

/// What a library says in several lines, as PostgreSQL's does, for a log or a terminal that has one for it.
pub fn in_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A time as people say it, never shorter than it is.
pub fn in_words(seconds: u64) -> String {
    let (number, unit) = match seconds {
        0..=90 => (seconds, "second"),
        91..=5_400 => (seconds.div_ceil(60), "minute"),
        _ => (seconds.div_ceil(3_600), "hour"),
    };
    format!("{number} {unit}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_never_said_shorter_than_it_is() {
        for (seconds, words) in [
            (1, "1 second"),
            (90, "90 seconds"),
            (91, "2 minutes"),
            (3_601, "61 minutes"),
            (5_401, "2 hours"),
        ] {
            assert_eq!(in_words(seconds), words);
        }
    }
}
