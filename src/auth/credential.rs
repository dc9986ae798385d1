//! The credential that a request brings: `Authorization: Bearer …` or `X-API-Key`.

use actix_web::http::header::{AUTHORIZATION, HeaderMap};

use super::keys::ApiKey;
use super::login::is_login;

/// The longest credential that is looked at, in bytes.
const LONGEST: usize = 8 * 1024;

/// What a request brings.
#[derive(Clone, PartialEq, Eq)]
pub enum Credential {
    /// Nothing.
    None,
    /// An API key.
    Key(ApiKey),
    /// What may be a token of our login.
    Login(String),
    /// What may be a JSON Web Token of somebody else.
    Token(String),
    /// Something that is no credential of ours.
    Unknown,
    /// Several, of which nobody knows which one is meant.
    Several,
}

impl Credential {
    /// Whether this text, which stands where no credential belongs, looks like one: an API key,
    /// or a JSON Web Token.
    pub fn looks_like_one(text: &str) -> bool {
        let text = bearer(text).unwrap_or(text).trim();
        ApiKey::parse(text).is_some()
            // `{"`, as every header of a token begins.
            || text.starts_with("eyJ") && text.split('.').count() >= 3
    }

    /// Reads the headers of a request.
    pub fn of(headers: &HeaderMap) -> Self {
        Self::one_of(headers, None)
    }

    /// Reads the headers of a request that may bring a token in its URL instead. API keys, which
    /// hold for long, are not taken from there.
    pub fn of_url(headers: &HeaderMap, token: Option<&str>) -> Self {
        match Self::one_of(headers, token) {
            Self::Key(_) if token.is_some() => Self::Unknown,
            credential => credential,
        }
    }

    fn one_of(headers: &HeaderMap, token: Option<&str>) -> Self {
        let values: Vec<_> = headers
            .get_all(AUTHORIZATION)
            .map(|value| value.to_str().map(bearer))
            .chain(
                headers
                    .get_all("x-api-key")
                    .map(|value| value.to_str().map(Some)),
            )
            .chain(token.map(|token| Ok(Some(token))))
            .collect();
        match values.as_slice() {
            [] => Self::None,
            [Ok(Some(text))] if text.len() <= LONGEST => {
                let text = text.trim();
                match ApiKey::parse(text) {
                    Some(key) => Self::Key(key),
                    None if text.split('.').count() != 3 => Self::Unknown,
                    None if is_login(text) => Self::Login(text.to_owned()),
                    None => Self::Token(text.to_owned()),
                }
            }
            [_] => Self::Unknown,
            _ => Self::Several,
        }
    }
}

/// The token behind `Bearer`, in any case.
fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::{HeaderName, HeaderValue};

    fn of(headers: &[(&'static str, &[u8])]) -> &'static str {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(
                HeaderName::from_static(name),
                HeaderValue::from_bytes(value).unwrap(),
            );
        }
        match Credential::of(&map) {
            Credential::None => "none",
            Credential::Key(_) => "key",
            Credential::Login(_) => "login",
            Credential::Token(_) => "token",
            Credential::Unknown => "unknown",
            Credential::Several => "several",
        }
    }

    #[test]
    fn a_url_brings_tokens_only_and_nothing_beside_a_header() {
        let key = ApiKey::generate().unwrap().reveal();
        let of = |headers: &HeaderMap, token| Credential::of_url(headers, token);
        let mut headers = HeaderMap::new();
        assert!(of(&headers, None) == Credential::None);
        assert!(of(&headers, Some("a.b.c")) == Credential::Token("a.b.c".to_owned()));
        assert!(of(&headers, Some(&key)) == Credential::Unknown);
        assert!(of(&headers, Some("")) == Credential::Unknown);
        let value = HeaderValue::from_str(&key).unwrap();
        headers.insert(HeaderName::from_static("x-api-key"), value);
        assert!(matches!(of(&headers, None), Credential::Key(_)));
        assert!(of(&headers, Some("a.b.c")) == Credential::Several);
    }

    #[test]
    fn one_key_in_either_header_and_nothing_else() {
        let key = ApiKey::generate().unwrap().reveal();
        let bearer = format!("Bearer {key}").into_bytes();
        let lower = format!("bearer   {key} ").into_bytes();
        let basic = format!("Basic {key}").into_bytes();
        // {"typ":"call-history-login+jwt"}
        let login = "Bearer eyJ0eXAiOiJjYWxsLWhpc3RvcnktbG9naW4rand0In0.b.c";
        let huge = [b"Bearer ".to_vec(), vec![b'x'; 60_000]].concat();
        for (headers, expected) in [
            (vec![], "none"),
            (vec![("authorization", &bearer[..])], "key"),
            (vec![("authorization", &lower[..])], "key"),
            (vec![("x-api-key", key.as_bytes())], "key"),
            (vec![("authorization", b"Bearer a.b.c".as_slice())], "token"),
            (vec![("authorization", login.as_bytes())], "login"),
            (vec![("authorization", b"Bearer ".as_slice())], "unknown"),
            (vec![("authorization", b"Bearer".as_slice())], "unknown"),
            (vec![("authorization", &basic[..])], "unknown"),
            (vec![("authorization", b"\xff\xfe".as_slice())], "unknown"),
            (vec![("authorization", &huge[..])], "unknown"),
            (vec![("x-api-key", b"".as_slice())], "unknown"),
            (
                vec![
                    ("authorization", &bearer[..]),
                    ("x-api-key", key.as_bytes()),
                ],
                "several",
            ),
            (
                vec![
                    ("authorization", &bearer[..]),
                    ("authorization", &bearer[..]),
                ],
                "several",
            ),
        ] {
            assert_eq!(of(&headers), expected);
        }
    }
}
