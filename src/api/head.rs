//! What is refused by the head of a request alone: one that is too long, a query that is no
//! text, and a credential in the URL, which browsers, proxies and logs keep.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{RequestHead, ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use percent_encoding::percent_decode_str;

use super::error::Error;
use super::problem::Fault;
use super::routes::is_socket;
use crate::auth::Credential;

/// The longest URL, in bytes. It is more than any request needs that could be answered.
pub(super) const LONGEST_URL: usize = 16 * 1024;

/// The most bytes of all headers together. The server itself takes twice that, and 96 headers.
const LONGEST_HEADERS: usize = 32 * 1024;

/// What the parameters are called in which people put credentials; compared in lower case and
/// without `-` and `_`.
const SECRETS: [&str; 18] = [
    "accesstoken",
    "apikey",
    "apitoken",
    "auth",
    "authorization",
    "authtoken",
    "bearer",
    "clientsecret",
    "credential",
    "idtoken",
    "jwt",
    "key",
    "password",
    "passwd",
    "refreshtoken",
    "secret",
    "token",
    "xapikey",
];

/// Middleware that refuses heads which nothing good comes of.
pub(super) async fn check(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    if let Err(error) = allowed(request.head()) {
        return Ok(request.error_response(error));
    }
    Ok(next.call(request).await?.map_into_boxed_body())
}

fn allowed(head: &RequestHead) -> Result<(), Error> {
    let url = head.uri.path_and_query().map_or("", |url| url.as_str());
    if url.len() > LONGEST_URL {
        return Err(Error::UriTooLong(LONGEST_URL));
    }
    let headers = head.headers.iter();
    let size: usize = headers
        .map(|(name, value)| name.as_str().len() + value.len())
        .sum();
    if size > LONGEST_HEADERS {
        return Err(Error::HeadersTooLarge(LONGEST_HEADERS));
    }
    match head.uri.query() {
        Some(query) => query_allowed(head.uri.path(), query),
        None => Ok(()),
    }
}

fn query_allowed(path: &str, query: &str) -> Result<(), Error> {
    if let Some(fault) = query.split('&').find_map(not_text) {
        return Err(Error::Parameters(vec![fault]));
    }
    // WebSockets of browsers can send no header.
    if is_socket(path) {
        return Ok(());
    }
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        // A name that is a credential itself is not repeated.
        if Credential::looks_like_one(&name) {
            return Err(Error::CredentialInUrl(Vec::new()));
        }
        if is_secret(&name) || Credential::looks_like_one(&value) {
            let name: String = name.chars().take(64).collect();
            let fault = Fault::new(name, "is a credential, which does not belong into a URL");
            return Err(Error::CredentialInUrl(vec![fault]));
        }
    }
    Ok(())
}

/// Whether a parameter is no text. The parser of forms would put other characters in its place.
fn not_text(parameter: &str) -> Option<Fault> {
    percent_decode_str(parameter).decode_utf8().err()?;
    let name = parameter.split('=').next().unwrap_or_default();
    let name = percent_decode_str(name).decode_utf8_lossy();
    let name: String = name.chars().take(64).collect();
    Some(Fault::new(name, "is not UTF-8"))
}

fn is_secret(name: &str) -> bool {
    let bare = |c: char| !matches!(c, '-' | '_' | ' ');

    let name = name.chars().filter(|c| bare(*c));
    let name: String = name.map(|c| c.to_ascii_lowercase()).collect();
    SECRETS.contains(&name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::keys::ApiKey;

    #[test]
    fn a_credential_is_recognised_by_its_name_or_its_form() {
        let key = ApiKey::generate().unwrap().reveal();
        let token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1c2VyYSJ9.c2lnbmF0dXJl";
        for query in [
            "token=x",
            "user=usera&access_token=x",
            "API-KEY=",
            "X_Api_Key=1",
            "%74oken=x",
            "Authorization=Bearer+x",
            &format!("user={key}"),
            &format!("user=Bearer%20{key}"),
            &format!("{key}=1"),
            &format!("q={token}"),
            token,
        ] {
            let refused = query_allowed("/history/user", query);
            assert!(matches!(refused, Err(Error::CredentialInUrl(_))), "{query}");
            let Err(error) = refused else { unreachable!() };
            let said = format!("{error:?}");
            assert!(!said.contains(&key) && !said.contains(token), "{said}");
            assert!(query_allowed("/xuc/api/2.0/cti", query).is_ok());
        }
        for query in [
            "",
            "user=usera",
            "name=token",
            "keys=1",
            "user=a.b.c",
            "user=chk_1",
            "=",
            "&",
        ] {
            assert!(query_allowed("/history/user", query).is_ok(), "{query}");
        }
        let not_text = query_allowed("/xuc/api/2.0/cti", "a=%C3%A9&token=%ff");
        let Err(Error::Parameters(faults)) = not_text else {
            panic!("{not_text:?}")
        };
        assert_eq!(faults, [Fault::new("token", "is not UTF-8")]);
    }
}
