//! The one error type of the HTTP layer: what went wrong, and the response that says so.
//!
//! Causes (texts of the database, panics) go to the log and never into a response.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{
    ALLOW, CONNECTION, RETRY_AFTER, SEC_WEBSOCKET_VERSION, UPGRADE, WWW_AUTHENTICATE,
};
use actix_web::{HttpResponse, ResponseError};
use diesel::result::{DatabaseErrorKind, Error as DieselError};

use super::limit::seconds;
use super::problem::{Fault, Problem};
use crate::model::Scope;
use crate::store::in_time;

/// Seconds after which a client may try again when the database is away.
pub const RETRY_AFTER_SECONDS: u32 = 2;

/// Why a request is not answered.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// Parameters that are wrong, all of them.
    #[error("invalid parameters")]
    Parameters(Vec<Fault>),
    /// What HTTP itself asks of a request is not there.
    #[error("bad request: {0}")]
    BadRequest(String),
    /// Who wants to log in gave a wrong username or password; nobody learns which.
    #[error("wrong username or password")]
    WrongPassword,
    /// The request brought nothing that says who asks.
    #[error("not authenticated")]
    Unauthenticated,
    /// The request brought a credential, and it opens nothing; nobody learns why.
    #[error("the credential does not hold")]
    NotBelieved,
    /// The URL is longer than so many bytes.
    #[error("the URL is too long")]
    UriTooLong(usize),
    /// The headers have more than so many bytes.
    #[error("the headers are too large")]
    HeadersTooLarge(usize),
    /// A credential stands in the URL, in these parameters.
    #[error("a credential in the URL")]
    CredentialInUrl(Vec<Fault>),
    /// The client has to wait so long.
    #[error("too many requests")]
    TooManyRequests(Duration),
    /// Too many requests of the client are in progress.
    #[error("too many requests at the same time")]
    TooManyAtOnce,
    /// The caller has as many streams or connections as one may have.
    #[error("too many streams")]
    TooManyStreams(usize),
    /// A cursor of changes does not hold any more, or not here: why.
    #[error("the cursor does not hold: {0}")]
    BeginAnew(&'static str),
    /// Too many requests are in progress.
    #[error("overloaded")]
    Overloaded,
    /// Without access control, only a loopback name is answered.
    #[error("host not allowed")]
    Host,
    /// The user or agent does not exist, or is not for this caller; nobody learns which.
    #[error("unknown owner")]
    UnknownOwner,
    /// The caller is known, and may not do this.
    #[error("forbidden: {0}")]
    Forbidden(String),
    /// The caller may do this, but not with these values.
    #[error("forbidden values")]
    ForbiddenValues(Vec<Fault>),
    /// What is named in the path is not there.
    #[error("not there: {0}")]
    NotThere(&'static str),
    /// The body is too large.
    #[error("the body is too large")]
    TooLarge,
    /// The body has a type that is not taken.
    #[error("unsupported media type")]
    MediaType,
    /// What should be the request for a WebSocket is none.
    #[error("no WebSocket")]
    NoWebSocket,
    /// A web page asks that may not.
    #[error("origin not allowed")]
    Origin,
    /// The request takes no form in which the answer is made.
    #[error("not acceptable")]
    NotAcceptable,
    /// The request does not take the one media type that the answer has.
    #[error("not acceptable, being {0}")]
    OnlyMadeAs(&'static str),
    /// No route has this path.
    #[error("unknown path")]
    UnknownPath,
    /// The path exists, but not for this method.
    #[error("method not allowed")]
    Method {
        /// The methods that the path has, as the `Allow` header lists them.
        allow: String,
    },
    /// The database is away or too slow.
    #[error("database unavailable: {0}")]
    Unavailable(String),
    /// The service is up but cannot serve yet.
    #[error("not ready: {0}")]
    NotReady(String),
    /// A fault of our own.
    #[error("internal error: {0}")]
    Internal(String),
}

impl Error {
    /// The caller lacks this scope.
    pub fn needs(scope: &Scope) -> Self {
        Self::Forbidden(format!("This needs the scope {scope}."))
    }

    /// One wrong parameter.
    pub fn parameter(parameter: &str, reason: impl Into<String>) -> Self {
        Self::Parameters(vec![Fault::new(parameter, reason)])
    }
}

impl From<DieselError> for Error {
    fn from(error: DieselError) -> Self {
        if connection_is_lost(&error) {
            Self::Unavailable(error.to_string())
        } else {
            Self::Internal(error.to_string())
        }
    }
}

fn connection_is_lost(error: &DieselError) -> bool {
    match error {
        DieselError::BrokenTransactionManager => true,
        DieselError::DatabaseError(DatabaseErrorKind::ClosedConnection, _) => true,
        // The client libraries tell most of it in words only. WSREP: a Galera node that lost
        // its quorum (1047).
        DieselError::DatabaseError(_, information) => {
            let message = information.message();
            [
                "gone away",
                "Lost connection",
                "WSREP",
                "Can't connect",
                in_time::TOO_LATE,
                "database is locked",
                "unable to open database file",
                "disk I/O error",
                "file is not a database",
                "Server shutdown in progress",
                "Connection was killed",
                "Query execution was interrupted",
                "maximum statement execution time exceeded",
                "Too many connections",
            ]
            .iter()
            .any(|words| message.contains(words))
        }
        _ => false,
    }
}

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Parameters(_) | Self::BadRequest(_) | Self::CredentialInUrl(_) => {
                StatusCode::BAD_REQUEST
            }
            Self::UriTooLong(_) => StatusCode::URI_TOO_LONG,
            Self::HeadersTooLarge(_) => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::TooManyRequests(_) | Self::TooManyAtOnce | Self::TooManyStreams(_) => {
                StatusCode::TOO_MANY_REQUESTS
            }
            Self::BeginAnew(_) => StatusCode::GONE,
            Self::Unauthenticated | Self::NotBelieved | Self::WrongPassword => {
                StatusCode::UNAUTHORIZED
            }
            Self::NoWebSocket => StatusCode::UPGRADE_REQUIRED,
            Self::Host | Self::Origin | Self::Forbidden(_) | Self::ForbiddenValues(_) => {
                StatusCode::FORBIDDEN
            }
            Self::UnknownOwner | Self::UnknownPath | Self::NotThere(_) => StatusCode::NOT_FOUND,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::MediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::NotAcceptable | Self::OnlyMadeAs(_) => StatusCode::NOT_ACCEPTABLE,
            Self::Method { .. } => StatusCode::METHOD_NOT_ALLOWED,
            Self::Overloaded | Self::Unavailable(_) | Self::NotReady(_) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The status and headers. The body is written by the outermost middleware, which knows
    /// the request's id, from the [`Problem`] that lies in the extensions.
    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        match self {
            Self::Unauthenticated | Self::WrongPassword => {
                response.insert_header((WWW_AUTHENTICATE, "Bearer"))
            }
            Self::NotBelieved => {
                response.insert_header((WWW_AUTHENTICATE, r#"Bearer error="invalid_token""#))
            }
            Self::NoWebSocket => response
                .insert_header((UPGRADE, "websocket"))
                .insert_header((CONNECTION, "upgrade"))
                .insert_header((SEC_WEBSOCKET_VERSION, "13")),
            Self::Method { allow } => response.insert_header((ALLOW, allow.as_str())),
            Self::Unavailable(_) | Self::NotReady(_) => {
                response.insert_header((RETRY_AFTER, RETRY_AFTER_SECONDS))
            }
            Self::TooManyRequests(wait) => response.insert_header((RETRY_AFTER, seconds(*wait))),
            Self::TooManyAtOnce | Self::TooManyStreams(_) | Self::Overloaded => {
                response.insert_header((RETRY_AFTER, 1))
            }
            _ => &mut response,
        };
        let mut response = response.finish();
        response.extensions_mut().insert(Problem::from(self));
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_connection_is_unavailable_and_any_other_fault_is_internal() {
        let lost = |kind, text: &str| {
            Error::from(DieselError::DatabaseError(kind, Box::new(text.to_owned())))
        };
        let unknown = || DatabaseErrorKind::Unknown;
        for error in [
            lost(DatabaseErrorKind::ClosedConnection, ""),
            lost(unknown(), "Lost connection to server during query"),
            lost(
                unknown(),
                "WSREP has not yet prepared node for application use",
            ),
        ] {
            assert_eq!(error.status_code(), 503, "{error}");
        }
        assert_eq!(lost(unknown(), "no such table: history").status_code(), 500);
        assert_eq!(Error::from(DieselError::NotFound).status_code(), 500);
    }

    #[test]
    fn a_cause_never_reaches_the_problem() {
        let secret = "SELECT secret FROM history";
        for error in [
            Error::Internal(secret.to_owned()),
            Error::Unavailable(secret.to_owned()),
            Error::NotReady(secret.to_owned()),
        ] {
            let body = serde_json::to_string(&Problem::from(&error)).unwrap();
            assert!(!body.contains("SELECT"), "{body}");
        }
    }
}
