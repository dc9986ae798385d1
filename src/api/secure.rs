//! The headers that tell browsers to be careful and caches what they hold, on every response.

use actix_web::HttpResponse;
use actix_web::http::header::{
    self, CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderMap, HeaderName, HeaderValue, VARY,
};

use super::routes::{has_formats, is_login, is_page, is_public};

/// Answers for programs show nothing and load nothing.
const DATA_POLICY: &str = "default-src 'none'; frame-ancestors 'none'";

/// The pages load what the service itself serves. Swagger UI sets styles of single elements, and
/// its icons are `data:` URLs.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; \
     style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Answers about people stay with who asked, who asks again before showing one a second time.
const PERSONAL: &str = "private, no-cache";

/// Says by which headers of the request the answer may differ, beside those that are named
/// already.
pub(super) fn vary(headers: &mut HeaderMap, path: &str) {
    let ours = match path {
        _ if has_formats(path) => "Accept, Accept-Encoding, Authorization, X-API-Key",
        _ if is_public(path) || is_login(path) => "Accept-Encoding",
        _ => "Accept-Encoding, Authorization, X-API-Key",
    };
    let mut all = ours.to_owned();
    let named = headers.get_all(VARY).filter_map(|line| line.to_str().ok());
    for name in named.flat_map(|line| line.split(',')).map(str::trim) {
        if !all.split(", ").any(|one| one.eq_ignore_ascii_case(name)) {
            all.push_str(", ");
            all.push_str(name);
        }
    }
    if let Ok(all) = HeaderValue::from_str(&all) {
        headers.insert(VARY, all);
    }
}

/// Adds the headers to a response, except where it has its own.
pub(super) fn secure(response: &mut HttpResponse, path: &str) {
    let policy = if is_page(path) {
        PAGE_POLICY
    } else {
        DATA_POLICY
    };
    let mut add = |name: HeaderName, value: &'static str| {
        let headers = response.headers_mut();
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    };
    add(CONTENT_SECURITY_POLICY, policy);
    add(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    add(header::REFERRER_POLICY, "no-referrer");
    add(header::CROSS_ORIGIN_RESOURCE_POLICY, "same-origin");
    if !is_public(path) {
        add(CACHE_CONTROL, PERSONAL);
    }
}
