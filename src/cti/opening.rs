//! How a WebSocket begins: what must be right before there is one.

use std::pin::Pin;

use actix_web::dev::{Payload as RawPayload, RequestHead};
use actix_web::error::PayloadError;
use actix_web::http::Uri;
use actix_web::http::header::{HOST, ORIGIN, SEC_WEBSOCKET_VERSION, UPGRADE};
use actix_web::{FromRequest, HttpMessage, HttpRequest, HttpResponse, get, rt, web};

use futures_util::Stream;

use super::incoming::{Bounded, Incoming};
use super::outgoing::Outgoing;
use super::socket::{Opened, Socket};
use crate::api::State;
use crate::api::cors::Origins;
use crate::api::error::Error;
use crate::api::identify::{Bearer, Identity, Refusal};
use crate::api::limit::places::Full;
use crate::api::request_id::RequestId;

/// Opens a WebSocket.
///
/// A token that is refused is told on the WebSocket, since a browser does not tell its page with
/// what status an opening failed.
#[get("/xuc/api/2.0/cti")]
pub(crate) async fn connect(
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<State>,
) -> Result<HttpResponse, Error> {
    let head = request.head();
    if !is_websocket(head) {
        return Err(Error::NoWebSocket);
    }
    if !may_ask(head, &state.origins) {
        return Err(Error::Origin);
    }
    let identity = request.extensions().get::<Identity>().cloned();
    let opened = match identity.unwrap_or(Err(Refusal::Unauthenticated)) {
        Ok(known) => match state.sockets.places.take(&known.id) {
            Ok(place) => Opened::Known(Box::new(known), place),
            Err(Full::OfThisCaller) => Opened::Full,
            Err(Full::OfAll) => return Err(Error::Overloaded),
        },
        Err(Refusal::Unauthenticated | Refusal::NotBelieved) => Opened::Refused,
        Err(refusal) => return Err(refusal.into()),
    };
    let ping = state.sockets.ping;
    let address = state.proxies.client(head);
    let request_id = request.extensions().get::<RequestId>().cloned();
    let socket = Socket {
        bearer: Bearer::of(&request, &state),
        address,
        request_id: request_id.unwrap_or_else(|| RequestId::of(request.headers())),
        state,
    };
    let bounded: Pin<Box<dyn Stream<Item = Result<web::Bytes, PayloadError>>>> =
        Box::pin(Bounded::new(payload));
    let mut bounded = RawPayload::Stream { payload: bounded };
    let bounded = web::Payload::from_request(&request, &mut bounded).into_inner();
    let bounded = bounded.map_err(|error| Error::Internal(error.to_string()))?;
    let (response, session, messages) = actix_ws::handle(&request, bounded).map_err(|_| {
        Error::BadRequest("The request for a WebSocket is not complete.".to_owned())
    })?;
    let (incoming, outgoing) = (Incoming::new(messages), Outgoing::new(session, ping));
    rt::spawn(socket.run(opened, incoming, outgoing));
    Ok(response)
}

/// Whether this is the request for a WebSocket of the version that there is.
fn is_websocket(head: &RequestHead) -> bool {
    let upgrade = head.headers.get(UPGRADE).and_then(|v| v.to_str().ok());
    let version = head.headers.get(SEC_WEBSOCKET_VERSION);
    upgrade.is_some_and(|upgrade| upgrade.eq_ignore_ascii_case("websocket"))
        && version.is_some_and(|version| version == "13")
}

/// Whether a page of this origin may ask: browsers let any page open any WebSocket, and say which
/// page it was. It is one of ours when it came from the host that the request names.
fn may_ask(head: &RequestHead, origins: &Origins) -> bool {
    let mut given = head.headers.get_all(ORIGIN);
    let origin = match (given.next(), given.next()) {
        // No browser.
        (None, _) => return true,
        (Some(origin), None) => origin.to_str().unwrap_or_default(),
        _ => return false,
    };
    let host = head.headers.get(HOST).and_then(|host| host.to_str().ok());
    origins.contain(origin) || host.is_some_and(|host| is_same(origin, host))
}

/// Whether the page of an origin came from this host. A proxy may speak TLS for us, so the scheme
/// tells no more than the port.
fn is_same(origin: &str, host: &str) -> bool {
    let Ok(origin) = origin.parse::<Uri>() else {
        return false;
    };
    let (usual, authority) = match (origin.scheme_str(), origin.authority()) {
        (Some("http"), Some(authority)) => (":80", authority.as_str()),
        (Some("https"), Some(authority)) => (":443", authority.as_str()),
        _ => return false,
    };
    let bare = |name: &str| {
        let name = name.to_ascii_lowercase();
        name.strip_suffix(usual).map(str::to_owned).unwrap_or(name)
    };
    bare(authority) == bare(host)
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    #[test]
    fn a_page_may_ask_the_host_that_it_came_from_and_where_it_is_allowed() {
        let origins: Origins = "https://crm.example.org".parse().unwrap();
        let asks = |origin: &str, host: &'static str| {
            let request = TestRequest::default()
                .insert_header((HOST, host))
                .insert_header((ORIGIN, origin));
            may_ask(request.to_http_request().head(), &origins)
        };
        for (origin, host) in [
            ("https://calls.example.org", "calls.example.org"),
            ("https://calls.example.org", "Calls.example.org:443"),
            ("http://127.0.0.1:8080", "127.0.0.1:8080"),
            ("http://[::1]:8080", "[::1]:8080"),
            ("https://crm.example.org", "calls.example.org"),
        ] {
            assert!(asks(origin, host), "{origin} {host}");
        }
        for (origin, host) in [
            ("https://evil.example.org", "calls.example.org"),
            ("https://calls.example.org:8443", "calls.example.org"),
            ("http://crm.example.org", "calls.example.org"),
            ("https://crm.example.org.evil.org", "calls.example.org"),
            ("null", "calls.example.org"),
            ("file://", "calls.example.org"),
            ("", "calls.example.org"),
            ("calls.example.org", "calls.example.org"),
            ("https://", ""),
        ] {
            assert!(!asks(origin, host), "{origin} {host}");
        }
        let no_browser = TestRequest::default().insert_header((HOST, "calls.example.org"));
        assert!(may_ask(no_browser.to_http_request().head(), &origins));
    }
}
