//! How much the service does for whom: so many requests in progress, and a rate for each client.
//!
//! A client is whom a valid credential names, wherever the requests come from. Requests without
//! one are their address's, with a tenth of the rate: guessing is slow. Health, the document and
//! the pages are not limited.

mod bucket;
mod export;
pub(crate) mod places;
mod share;

use std::hash::Hash;
use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, web};
use tokio::sync::Semaphore;

use super::State;
use super::error::Error;
use super::identify::{Identity, Refusal};
use super::routes::{is_health, is_public, routed};
use crate::auth::CallerId;
use crate::auth::throttle::network;
use bucket::{Buckets, Level, Rate};
use export::Exports;
use share::Shares;

pub(super) use export::ExportPlace;
pub use places::Places;
pub(super) use share::{Share, Turn, turn};

/// Requests in progress in the whole service, most of which wait for the database.
const IN_PROGRESS: usize = 512;

/// Of the rate of a client that is known, what an address without a credential has.
const STRANGERS: u32 = 10;

/// The header that says how much is allowed
/// (draft-ietf-httpapi-ratelimit-headers, as structured fields).
const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
/// The header that says how much of it is left.
const LEFT: HeaderName = HeaderName::from_static("ratelimit");

/// Requests of one client: so many in a second, and so many at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit(Option<Rate>);

impl RateLimit {
    /// No limit.
    pub const OFF: Self = Self(None);
    /// The most that can be configured.
    const MOST: u32 = 1_000_000;
}

impl FromStr for RateLimit {
    type Err = String;

    /// Reads `100` (and 200 at once), `100,500`, or `0` for no limit.
    fn from_str(text: &str) -> Result<Self, String> {
        let number = |word: &str| word.trim().parse().ok().filter(|n| *n <= Self::MOST);
        let (rate, burst) = match text.split_once(',') {
            Some((rate, burst)) => (number(rate), number(burst)),
            None => (number(text), number(text).map(|rate| 2 * rate)),
        };
        match (rate, burst) {
            (Some(0), Some(_)) => Ok(Self::OFF),
            (Some(per_second), Some(burst @ 1..)) => Ok(Self(Some(Rate { per_second, burst }))),
            _ => Err(
                "requests in a second are needed, with or without how many at once: \
                 100 or 100,200; 0 is no limit"
                    .to_owned(),
            ),
        }
    }
}

/// Who is limited together.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Client {
    /// Somebody known.
    Known(CallerId),
    /// Everybody at an address; in IPv6, in the network of one site's machines (/64).
    Address(IpAddr),
}

impl Client {
    pub(crate) fn at(address: IpAddr) -> Self {
        Self::Address(network(address))
    }

    /// Somebody known; None when everybody is the same caller, who is not limited.
    fn of(caller: &CallerId) -> Option<Self> {
        (*caller != CallerId::Anybody).then(|| Self::Known(caller.clone()))
    }
}

/// The limits of a service.
pub struct Limits {
    places: Semaphore,
    exports: Exports,
    shares: Shares<Client>,
    known: Option<Buckets<Client>>,
    strangers: Option<Buckets<Client>>,
}

impl Limits {
    /// Limits with this rate for each client.
    pub fn new(limit: RateLimit) -> Self {
        let tenth = |n: u32| n.div_ceil(STRANGERS);
        let strangers = limit.0.map(|rate| Rate {
            per_second: tenth(rate.per_second),
            burst: tenth(rate.burst),
        });
        Self {
            places: Semaphore::new(IN_PROGRESS),
            exports: Exports::default(),
            shares: Shares::default(),
            known: limit.0.map(Buckets::new),
            strangers: strangers.map(Buckets::new),
        }
    }

    /// The share of this client.
    pub(super) fn share(&self, client: Client) -> Arc<Share> {
        self.shares.of(client)
    }

    /// How long this client has to wait before anything more is done for it.
    pub(super) fn wait(&self, client: &Client) -> Option<Duration> {
        let level = self.buckets(client)?.look(client, Instant::now());
        (!level.allowed).then_some(level.wait)
    }

    /// Does what somebody known asks for on a connection that stays open, as if it were a request
    /// of its own: among the requests in progress, within the caller's rate and share.
    pub(crate) async fn request<T>(
        &self,
        caller: &CallerId,
        work: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let _place = self.places.try_acquire().map_err(|_| Error::Overloaded)?;
        let Some(client) = Client::of(caller) else {
            return work.await;
        };
        let level = self.known.as_ref().map(|b| b.take(&client, Instant::now()));
        if let Some(level) = level.filter(|level| !level.allowed) {
            return Err(Error::TooManyRequests(level.wait));
        }
        let place = self.share(client).place().ok_or(Error::TooManyAtOnce)?;
        place.answer(work).await
    }

    fn buckets(&self, client: &Client) -> Option<&Buckets<Client>> {
        match client {
            Client::Known(_) => self.known.as_ref(),
            Client::Address(_) => self.strangers.as_ref(),
        }
    }
}

/// Middleware that turns requests away when there are too many of all clients together.
pub(super) async fn admit(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let state = request.app_data::<web::Data<State>>().cloned();
    let place = match &state {
        Some(state) if !is_health(routed(&request)) => match state.limits.places.try_acquire() {
            Ok(place) => Some(place),
            Err(_) => return Ok(request.error_response(Error::Overloaded)),
        },
        _ => None,
    };
    let response = next.call(request).await;
    drop(place);
    Ok(response?.map_into_boxed_body())
}

/// Middleware that holds each client to its rate and its share. It stands where it is known who
/// asks.
pub(super) async fn hold(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let state = request.app_data::<web::Data<State>>().cloned();
    let client = state.as_ref().and_then(|state| client(state, &request));
    let (Some(state), Some(client)) = (state, client) else {
        return Ok(next.call(request).await?.map_into_boxed_body());
    };
    let buckets = state.limits.buckets(&client);
    let level = buckets.map(|buckets| (buckets.rate(), buckets.take(&client, Instant::now())));
    let place = state.limits.share(client.clone()).place();
    let mut response = match (level, place) {
        (Some((_, level)), _) if !level.allowed => {
            request.error_response(Error::TooManyRequests(level.wait))
        }
        (_, None) => request.error_response(Error::TooManyAtOnce),
        (_, Some(place)) => place
            .answer(next.call(request))
            .await?
            .map_into_boxed_body(),
    };
    if let Some((rate, level)) = level {
        tell(&mut response, &client, rate, level);
    }
    Ok(response)
}

/// Whose request it is; None when it is not limited.
fn client(state: &State, request: &ServiceRequest) -> Option<Client> {
    if is_public(routed(request)) {
        return None;
    }
    match request.extensions().get::<Identity>()? {
        Ok(caller) => Client::of(&caller.id),
        // Nobody is to blame, and nobody learns anything.
        Err(Refusal::Unavailable) => None,
        Err(_) => Some(Client::at(state.proxies.client(request.head()))),
    }
}

/// Tells the client what it may do, and what of that is left.
fn tell(response: &mut ServiceResponse<BoxBody>, client: &Client, rate: Rate, level: Level) {
    let name = match client {
        Client::Known(_) => "client",
        Client::Address(_) => "address",
    };
    let window = seconds(rate.window());
    let policy = format!("\"{name}\";q={};w={window}", rate.burst);
    let left = format!("\"{name}\";r={};t={}", level.remaining, seconds(level.wait));
    for (header, value) in [(POLICY, policy), (LEFT, left)] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(header, value);
        }
    }
}

/// Whole seconds, rounded up: who waits so long does not come too early.
pub(super) fn seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use actix_web::middleware::from_fn;
    use actix_web::test::{TestRequest, init_service};
    use actix_web::{App, dev::Service};
    use chrono_tz::Tz;

    use super::*;
    use crate::auth::Access;
    use crate::store::Pool;

    #[test]
    fn a_limit_is_a_rate_with_or_without_a_burst() {
        let limit = |text: &str| text.parse::<RateLimit>();
        let of = |per_second, burst| Ok(RateLimit(Some(Rate { per_second, burst })));
        assert_eq!(limit("100"), of(100, 200));
        assert_eq!(limit(" 5 , 5 "), of(5, 5));
        assert_eq!(limit("0"), Ok(RateLimit::OFF));
        for bad in [
            "",
            "-1",
            "1.5",
            "5,",
            "5,0",
            "5,5,5",
            "many",
            "1000001",
            "99999999999",
        ] {
            assert!(
                limit(bad).is_err_and(|why| why.contains("100,200")),
                "{bad}"
            );
        }
    }

    #[test]
    fn an_address_of_ipv6_counts_with_its_network() {
        let client = |text: &str| Client::at(text.parse().unwrap());
        assert_eq!(client("2001:db8:1:2::1"), client("2001:db8:1:2:ffff::9"));
        assert_ne!(client("2001:db8:1:2::1"), client("2001:db8:1:3::1"));
        assert_ne!(client("192.0.2.1"), client("192.0.2.2"));
    }

    #[actix_web::test]
    async fn a_service_that_is_full_says_so_and_is_alive() {
        let url = "sqlite:///no/such/directory/history.db".parse().unwrap();
        let state = State::new(Pool::new(&url, 1), Tz::UTC, Access::Closed);
        let state = web::Data::new(state);
        let app = App::new()
            .app_data(state.clone())
            .wrap(from_fn(admit))
            .default_service(web::to(async || "fine"));
        let app = init_service(app).await;
        let status = async |path: &str| {
            let request = TestRequest::get().uri(path).to_request();
            let response = app.call(request).await.unwrap();
            let retry = response.headers().contains_key("retry-after");
            (response.status().as_u16(), retry)
        };
        assert_eq!(status("/history/user").await, (200, false));
        let all = u32::try_from(IN_PROGRESS).unwrap();
        let places = state.limits.places.acquire_many(all).await.unwrap();
        assert_eq!(status("/history/user").await, (503, true));
        assert_eq!(status("/health/live").await, (200, false));
        drop(places);
        assert_eq!(status("/history/user").await, (200, false));
    }
}
