//! The id of a request, which joins a response, its problem and the lines of the log.

use std::fmt;

use actix_web::http::header::{HeaderMap, HeaderName};

/// The header that carries it, in requests and responses.
pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

const LONGEST: usize = 64;

/// The id of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(String);

impl RequestId {
    /// The id that the request brought, when it is one that can safely stand in a log; else a
    /// new one.
    pub fn of(headers: &HeaderMap) -> Self {
        let brought = headers.get(X_REQUEST_ID).and_then(|v| v.to_str().ok());
        match brought {
            Some(id) if is_sane(id) => Self(id.to_owned()),
            _ => Self(uuid::Uuid::new_v4().to_string()),
        }
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_sane(id: &str) -> bool {
    (1..=LONGEST).contains(&id.len())
        && id
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_short_plain_id_is_taken_over() {
        for good in ["a", "3f0c7f0e-6f0b-4a55", "A.b_c-9", &"x".repeat(64)] {
            assert!(is_sane(good), "{good}");
        }
        for bad in ["", "a b", "a\"", "é", "a;b", "a/b", &"x".repeat(65)] {
            assert!(!is_sane(bad), "{bad}");
        }
    }
}
