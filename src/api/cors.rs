//! Which web pages of other origins may ask from a browser (CORS): those that are configured.
//!
//! No credential of a browser's own (cookies, passwords it keeps) is ever asked for, so a page
//! can do no more than who holds a key.

use std::str::FromStr;

use actix_cors::Cors;
use actix_web::http::header::{self, HeaderName};
use actix_web::http::{Method, Uri};

/// How long a browser may remember what a page may ask, in seconds.
const REMEMBERED: usize = 3600;

/// The origins whose pages may ask; none by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origins(Vec<String>);

impl Origins {
    /// Whether there is one.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether pages of this origin, as browsers write it, may ask.
    pub(crate) fn contain(&self, origin: &str) -> bool {
        self.0.iter().any(|allowed| allowed == origin)
    }

    /// What answers preflights, and tells browsers who may read an answer.
    pub(super) fn middleware(&self) -> Cors {
        let methods = [
            Method::GET,
            Method::HEAD,
            Method::POST,
            Method::PUT,
            Method::DELETE,
        ];
        let own = HeaderName::from_static;
        let cors = Cors::default()
            .allowed_methods(methods)
            .allowed_headers([
                header::AUTHORIZATION,
                header::CONTENT_TYPE,
                header::IF_NONE_MATCH,
                own("last-event-id"),
                own("x-api-key"),
                own("x-request-id"),
            ])
            .expose_headers([
                header::ALLOW,
                header::CONTENT_DISPOSITION,
                header::ETAG,
                header::LINK,
                header::RETRY_AFTER,
                header::WWW_AUTHENTICATE,
                own("ratelimit"),
                own("x-total-count"),
                own("ratelimit-policy"),
                own("x-request-id"),
            ])
            .max_age(REMEMBERED);
        self.0
            .iter()
            .fold(cors, |cors, origin| cors.allowed_origin(origin))
    }
}

impl FromStr for Origins {
    type Err = String;

    /// Reads origins, separated by commas.
    fn from_str(list: &str) -> Result<Self, String> {
        let words = list.split(',').map(str::trim);
        words
            .filter(|word| !word.is_empty())
            .map(origin)
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

/// An origin as browsers write it.
fn origin(word: &str) -> Result<String, String> {
    if word == "*" {
        return Err(
            "* would let every web page ask; list the origins, such as https://crm.example.org"
                .to_owned(),
        );
    }
    let bad = || {
        format!(
            "{word:?} is no origin: scheme and host, a port if it is not the usual one, and \
             nothing behind it, such as https://crm.example.org"
        )
    };
    let word_in_lower_case = word.to_ascii_lowercase();
    let uri: Uri = word_in_lower_case.parse().map_err(|_| bad())?;
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
        return Err(bad());
    };
    let default_port = match scheme {
        "http" => 80,
        "https" => 443,
        _ => return Err(bad()),
    };
    if authority.host().is_empty() || word_in_lower_case != format!("{scheme}://{authority}") {
        return Err(bad());
    }
    let port = uri.port().map(|port| port.as_u16());
    let host = authority.host();
    let plain = match port.filter(|port| *port != default_port) {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    };
    if !host
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || ".-_[]:".contains(c))
    {
        return Err(bad());
    }
    // What is left is a name and password, or a port that is none.
    if authority.as_str() != plain && authority.as_str() != format!("{host}:{default_port}") {
        return Err(bad());
    }
    Ok(format!("{scheme}://{plain}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_what_browsers_send() {
        let origins = |list: &str| list.parse::<Origins>().map(|origins| origins.0.join(" "));
        for (list, expected) in [
            ("", ""),
            ("https://crm.example.org", "https://crm.example.org"),
            (
                "http://localhost:3000, HTTPS://CRM.example.org:443,",
                "http://localhost:3000 https://crm.example.org",
            ),
            ("http://[::1]:8080", "http://[::1]:8080"),
        ] {
            assert_eq!(origins(list).as_deref(), Ok(expected), "{list}");
        }
        for bad in [
            "*",
            "null",
            "crm.example.org",
            "https://crm.example.org/",
            "https://crm.example.org/app",
            "https://crm.example.org?x",
            "https://me@crm.example.org",
            "https://*.example.org",
            "ftp://crm.example.org",
            "https://",
            "https://crm.example.org https://other.example.org",
        ] {
            assert!(
                origins(bad).is_err_and(|why| why.contains("https://crm.example.org")),
                "{bad}"
            );
        }
    }
}
