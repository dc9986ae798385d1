//! Problem details (RFC 9457): the one shape of every error response.

use actix_web::ResponseError;
use actix_web::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::body::MAX_BODY;
use super::error::Error;
use super::format::Format;
use super::limit::seconds;

/// The media type of a problem.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// What went wrong. Every response with a status of 400 or more has this body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// Stable name of the kind of problem, for programs: `urn:call-history:problem:` and one of
    /// `invalid-parameter`, `bad-request`, `credential-in-url`, `unauthenticated`, `wrong-password`,
    /// `forbidden`, `origin-not-allowed`, `host-not-allowed`, `not-found`, `unknown-owner`,
    /// `method-not-allowed`, `not-acceptable`, `cursor-expired`, `payload-too-large`, `uri-too-long`,
    /// `unsupported-media-type`, `websocket-required`, `too-many-requests`, `headers-too-large`,
    /// `internal`, `unavailable`, `overloaded`, `not-ready`. New ones may come.
    #[serde(rename = "type")]
    #[schema(format = "uri", example = "urn:call-history:problem:invalid-parameter")]
    pub kind: String,
    /// The kind of problem in words.
    #[schema(example = "Invalid parameter")]
    pub title: String,
    /// The status of the response.
    #[schema(example = 400, minimum = 400, maximum = 599)]
    pub status: u16,
    /// What is wrong with this request, for people.
    #[schema(example = "size: must be a whole number from 1 to 1000")]
    pub detail: String,
    /// The request's id, as in the header `X-Request-Id` and in the service's log.
    #[schema(example = "3f0c7f0e-6f0b-4a55-9d0c-0a4a3a1b9b52")]
    pub request_id: String,
    /// Every parameter or field that is wrong (in a 400), or that the caller may not set so (in
    /// a 403).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub errors: Vec<Fault>,
    /// The cause, for the log.
    #[serde(skip)]
    pub(super) cause: Option<String>,
}

/// A parameter, or a field of the body, that is wrong, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Fault {
    /// The parameter's name, or the field's place in the body, such as `numbers[0].number`.
    #[schema(example = "size")]
    pub parameter: String,
    /// What is wrong with it.
    #[schema(example = "must be a whole number from 1 to 1000")]
    pub reason: String,
}

/// How many faults are told at most: nobody reads more, and a long request must not make a
/// longer answer.
pub const MOST_FAULTS: usize = 20;

impl Fault {
    /// A fault of this parameter.
    pub fn new(parameter: impl Into<String>, reason: impl Into<String>) -> Self {
        Self {
            parameter: parameter.into(),
            reason: reason.into(),
        }
    }
}

impl Problem {
    fn new(kind: &str, title: &str, status: StatusCode, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("urn:call-history:problem:{kind}"),
            title: title.to_owned(),
            status: status.as_u16(),
            detail: detail.into(),
            request_id: String::new(),
            errors: Vec::new(),
            cause: None,
        }
    }

    /// The cause, for the log.
    pub(crate) fn cause(&self) -> Option<&str> {
        self.cause.as_deref()
    }

    /// The problem of a response that something else made, of which the status is all we know.
    pub fn of_status(status: StatusCode) -> Self {
        let title = status.canonical_reason().unwrap_or("Error");
        let (kind, detail) = match status {
            StatusCode::BAD_REQUEST => ("bad-request", "The request cannot be understood."),
            StatusCode::NOT_FOUND => ("not-found", "There is nothing at this path."),
            // Of the middleware that compresses.
            StatusCode::NOT_ACCEPTABLE => (
                "not-acceptable",
                "The header Accept-Encoding takes none of identity, gzip, deflate, zstd.",
            ),
            StatusCode::PAYLOAD_TOO_LARGE => ("payload-too-large", "The body is too large."),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => (
                "unsupported-media-type",
                "The body has a type that is not taken.",
            ),
            _ if status.is_server_error() => ("internal", "The service failed."),
            _ => ("bad-request", "The request cannot be answered."),
        };
        Self::new(kind, title, status, detail)
    }
}

impl From<&Error> for Problem {
    fn from(error: &Error) -> Self {
        let (kind, title, detail) = match error {
            Error::Parameters(faults) => ("invalid-parameter", "Invalid parameter", list(faults)),
            Error::BadRequest(detail) => ("bad-request", "Bad request", detail.clone()),
            Error::Unauthenticated => (
                "unauthenticated",
                "Not authenticated",
                "Send an API key or a token in the header Authorization: Bearer …, or a key in \
                 X-API-Key."
                    .to_owned(),
            ),
            Error::NotBelieved => (
                "unauthenticated",
                "Not authenticated",
                "The key or token that was sent opens nothing here: it is unknown, has ended or was \
                 revoked. Send another, in Authorization: Bearer …, or a key in X-API-Key."
                    .to_owned(),
            ),
            Error::UriTooLong(most) => (
                "uri-too-long",
                "URI too long",
                format!("The URL has more than {most} bytes."),
            ),
            Error::HeadersTooLarge(most) => (
                "headers-too-large",
                "Headers too large",
                format!("The headers have more than {most} bytes."),
            ),
            Error::CredentialInUrl(_) => (
                "credential-in-url",
                "Credential in the URL",
                "A credential belongs into the header Authorization: Bearer …, an API key also \
                 into X-API-Key. URLs are kept by browsers, proxies and logs: what was sent in \
                 this one should be replaced."
                    .to_owned(),
            ),
            Error::WrongPassword => (
                "wrong-password",
                "Wrong username or password",
                "The username or the password is wrong.".to_owned(),
            ),
            Error::TooManyRequests(wait) => (
                "too-many-requests",
                "Too many requests",
                format!(
                    "There were too many requests. Try again in {} s.",
                    seconds(*wait)
                ),
            ),
            Error::TooManyAtOnce => (
                "too-many-requests",
                "Too many requests",
                "There are too many requests at the same time. Wait for their answers.".to_owned(),
            ),
            Error::TooManyStreams(most) => (
                "too-many-requests",
                "Too many requests",
                format!("A caller has at most {most} streams at the same time. Close one."),
            ),
            Error::BeginAnew(why) => (
                "cursor-expired",
                "Cursor expired",
                format!("The cursor {why}. Begin anew, without since."),
            ),
            Error::Overloaded => (
                "overloaded",
                "Overloaded",
                "The service has too much to do. Try again soon.".to_owned(),
            ),
            Error::Host => (
                "host-not-allowed",
                "Host not allowed",
                "Without access control, only loopback names are answered, such as localhost."
                    .to_owned(),
            ),
            Error::UnknownOwner => (
                "unknown-owner",
                "Unknown owner",
                "There is no such user or agent, or not for this caller.".to_owned(),
            ),
            Error::Forbidden(detail) => ("forbidden", "Forbidden", detail.clone()),
            Error::ForbiddenValues(faults) => ("forbidden", "Forbidden", list(faults)),
            Error::NotThere(detail) => ("not-found", "Not found", (*detail).to_owned()),
            Error::TooLarge => (
                "payload-too-large",
                "Payload too large",
                format!("The body has more than {MAX_BODY} bytes."),
            ),
            Error::MediaType => (
                "unsupported-media-type",
                "Unsupported media type",
                "The body must be JSON, not compressed, with Content-Type: application/json."
                    .to_owned(),
            ),
            Error::NoWebSocket => (
                "websocket-required",
                "WebSocket required",
                "This path takes WebSockets (RFC 6455), version 13, only.".to_owned(),
            ),
            Error::Origin => (
                "origin-not-allowed",
                "Origin not allowed",
                "Web pages of this origin may not ask. CORS_ORIGINS lists those that may."
                    .to_owned(),
            ),
            Error::NotAcceptable => (
                "not-acceptable",
                "Not acceptable",
                format!(
                    "The header Accept takes none of {}. The parameter format goes before it.",
                    Format::ALL.map(Format::media_type).join(", ")
                ),
            ),
            Error::OnlyMadeAs(media_type) => (
                "not-acceptable",
                "Not acceptable",
                format!(
                    "The header Accept does not take {media_type}, which is all that is made here."
                ),
            ),
            Error::UnknownPath => (
                "not-found",
                "Not found",
                "There is nothing at this path; /openapi.json describes all.".to_owned(),
            ),
            Error::Method { allow } => (
                "method-not-allowed",
                "Method not allowed",
                format!("This path takes {allow}."),
            ),
            Error::Unavailable(_) => (
                "unavailable",
                "Unavailable",
                "The database does not answer. Try again soon.".to_owned(),
            ),
            Error::NotReady(_) => (
                "not-ready",
                "Not ready",
                "The database does not answer, or its tables are not up to date (run: call-history \
                 migrate)."
                    .to_owned(),
            ),
            Error::Internal(_) => (
                "internal",
                "Internal error",
                "The service failed. The request's id finds the cause in its log.".to_owned(),
            ),
        };
        let mut problem = Self::new(kind, title, error.status_code(), detail);
        match error {
            Error::Parameters(faults)
            | Error::CredentialInUrl(faults)
            | Error::ForbiddenValues(faults) => {
                problem.errors = faults.clone();
            }
            Error::Unavailable(cause) | Error::NotReady(cause) | Error::Internal(cause) => {
                problem.cause = Some(cause.clone());
            }
            Error::Overloaded => problem.cause = Some("too many requests in progress".to_owned()),
            _ => {}
        }
        problem
    }
}

fn list(faults: &[Fault]) -> String {
    let all: Vec<String> = faults
        .iter()
        .map(|fault| format!("{}: {}", fault.parameter, fault.reason))
        .collect();
    all.join("; ")
}

#[cfg(test)]
mod tests;
