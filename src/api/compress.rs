//! Which answers are compressed for a client that takes them so (gzip, deflate, zstd).
//!
//! Whoever can make somebody else ask, put words of their own into the answer and see its length
//! can guess what else stands in it (BREACH). Nobody can make a browser ask us with a credential
//! that it keeps: there is none, each request brings its own in a header. So histories are
//! compressed; answers with tokens and keys are small, and stay as they are.

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue};
use actix_web::middleware::Next;

/// Bodies of fewer bytes are sent as they are: they fit into a packet or two.
const WORTH_IT: u64 = 1024;

/// That nothing is to be done to a body. It is for the compressing middleware, and goes before the
/// answer does.
const AS_IT_IS: HeaderValue = HeaderValue::from_static("identity");

/// Middleware, within the one that compresses: tells it what to leave alone.
pub(super) async fn choose(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let mut response = next.call(request).await?.map_into_boxed_body();
    let is_worth_it = match response.response().body().size() {
        BodySize::Sized(bytes) => bytes >= WORTH_IT,
        BodySize::Stream => !is_live(response.headers()),
        BodySize::None => false,
    };
    if !is_worth_it && !response.headers().contains_key(CONTENT_ENCODING) {
        response.headers_mut().insert(CONTENT_ENCODING, AS_IT_IS);
    }
    Ok(response)
}

/// Takes the mark away.
pub(super) fn forget_mark(headers: &mut HeaderMap) {
    if headers.get(CONTENT_ENCODING) == Some(&AS_IT_IS) {
        headers.remove(CONTENT_ENCODING);
    }
}

/// Whether what is sent must arrive at once, and not when there is enough of it.
fn is_live(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE);
    kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"))
}
