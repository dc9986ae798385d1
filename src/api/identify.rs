//! Gives each request its principal, before anything is done for it.
//!
//! It is middleware and no extractor, because extractors of one handler run concurrently, and
//! nothing may be done for a request before it is known whose it is. What goes wrong is told
//! only by handlers that need a principal: the public paths answer everybody.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, web};
use chrono::Utc;

use super::State;
use super::blocking::with_connection;
use super::error::Error;
use crate::auth::keys::ApiKey;
use crate::auth::{Access, Credential};
use crate::model::Principal;

/// Who asks, or why that is not known.
pub(super) type Identity = Result<Principal, Refusal>;

/// Why it is not known who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// No credential, or one that opens nothing.
    Unauthenticated,
    /// Several credentials.
    Several,
    /// The database that knows the keys is away.
    Unavailable,
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Unauthenticated => Self::Unauthenticated,
            Refusal::Several => Self::BadRequest(
                "The request brings several credentials; send one, in Authorization or in \
                 X-API-Key."
                    .to_owned(),
            ),
            Refusal::Unavailable => Self::Unavailable("the keys cannot be read".to_owned()),
        }
    }
}

/// Middleware that finds out who asks.
pub(super) async fn identify(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    if let Some(state) = request.app_data::<web::Data<State>>().cloned() {
        let credential = Credential::of(request.headers());
        let identity = identity(&state, credential).await;
        request.extensions_mut().insert(identity);
    }
    next.call(request).await
}

async fn identity(state: &web::Data<State>, credential: Credential) -> Identity {
    match credential {
        Credential::Several => Err(Refusal::Several),
        _ if state.access == Access::Open => Ok(Principal::administrator()),
        Credential::Key(key) => of_key(state, key).await,
        Credential::None | Credential::Unknown => Err(Refusal::Unauthenticated),
    }
}

async fn of_key(state: &web::Data<State>, key: ApiKey) -> Identity {
    let now = Utc::now();
    if let Some(principal) = state.keys.recent(&key, now) {
        return Ok(principal);
    }
    let data = web::Data::clone(state);
    let found = with_connection(&state.pool, move |conn| {
        let names = data.names.current(conn)?;
        Ok(data.keys.look_up(conn, names.directory(), &key, now)?)
    });
    match found.await {
        Ok(principal) => principal.ok_or(Refusal::Unauthenticated),
        Err(error) => {
            log::error!("the keys cannot be read: {error}");
            Err(Refusal::Unavailable)
        }
    }
}
