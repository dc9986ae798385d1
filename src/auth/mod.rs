//! Who asks: turns what a request brought into a [`Principal`].
//!
//! Closed by default: a request that nothing here gave a principal has none, and the handlers
//! of histories, which cannot run without one, answer 401.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, web};

use crate::model::Principal;

/// How the service finds out who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Everybody is an administrator (`--no-auth`, on loopback only).
    Open,
    /// Nobody is known yet, so nobody reads anything.
    Closed,
}

/// Middleware that gives the request its principal.
///
/// It is middleware and no extractor, because extractors of one handler run concurrently, and
/// nothing may be done for a request before it is known whose it is.
pub async fn identify(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let access = request
        .app_data::<web::Data<Access>>()
        .map(|a| *a.get_ref());
    if access == Some(Access::Open) {
        request.extensions_mut().insert(Principal::administrator());
    }
    next.call(request).await
}
