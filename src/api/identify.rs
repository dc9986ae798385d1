//! Gives each request its principal, before anything is done for it.
//!
//! It is middleware and no extractor, because extractors of one handler run concurrently, and
//! nothing may be done for a request before it is known whose it is. What goes wrong is told
//! only by handlers that need a principal: the public paths answer everybody, and are not
//! looked at here at all.

use std::time::Duration;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, web};
use chrono::Utc;

use super::State;
use super::blocking::with_connection;
use super::error::Error;
use super::limit::Client;
use super::routes::is_public;
use crate::auth::jwt::{Claims, Refused};
use crate::auth::keys::ApiKey;
use crate::auth::tokens::Verdict;
use crate::auth::{Access, CallerId, Credential};
use crate::model::Principal;

/// Who asks, or why that is not known.
pub(super) type Identity = Result<Identified, Refusal>;

/// Who asks, and what they may read.
#[derive(Clone, Debug)]
pub(super) struct Identified {
    pub(super) id: CallerId,
    pub(super) principal: Principal,
}

/// Why it is not known who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// No credential, or one that opens nothing.
    Unauthenticated,
    /// Several credentials.
    Several,
    /// Too many false ones came from there: this one is not looked at before so much time.
    TooMany(Duration),
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
            Refusal::TooMany(wait) => Self::TooManyRequests(wait),
            Refusal::Unavailable => Self::Unavailable("the keys cannot be read".to_owned()),
        }
    }
}

/// Middleware that finds out who asks.
pub(super) async fn identify(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let state = request.app_data::<web::Data<State>>().cloned();
    if let Some(state) = state.filter(|_| !is_public(request.path())) {
        let credential = Credential::of(request.headers());
        let address = Client::at(state.proxies.client(request.head()));
        let identity = identity(&state, credential, address).await;
        request.extensions_mut().insert(identity);
    }
    next.call(request).await
}

async fn identity(state: &web::Data<State>, credential: Credential, from: Client) -> Identity {
    match credential {
        Credential::Several => Err(Refusal::Several),
        _ if state.access == Access::Open => Ok(Identified {
            id: CallerId::Anybody,
            principal: Principal::administrator(),
        }),
        Credential::Key(key) => of_key(state, key, from).await,
        Credential::Token(token) => of_token(state, token).await,
        Credential::None | Credential::Unknown => Err(Refusal::Unauthenticated),
    }
}

async fn of_key(state: &web::Data<State>, key: ApiKey, from: Client) -> Identity {
    let now = Utc::now();
    let id = CallerId::Key(key.id().to_owned());
    if let Some(principal) = state.keys.recent(&key, now) {
        return Ok(Identified { id, principal });
    }
    // Keys that nobody has seen yet cost a look into the database. Who has sent too many false
    // ones waits; a key that has opened something is looked up, whoever else is at its address.
    if !state.keys.has_opened(&key)
        && let Some(wait) = state.limits.wait(&from)
    {
        return Err(Refusal::TooMany(wait));
    }
    let place = state.limits.share(from).place();
    let place = place.ok_or(Refusal::TooMany(Duration::from_secs(1)))?;
    let data = web::Data::clone(state);
    let found = with_connection(&state.pool, move |conn| {
        let names = data.names.current(conn)?;
        Ok(data.keys.look_up(conn, names.directory(), &key, now)?)
    });
    match place.answer(found).await {
        Ok(Some(principal)) => Ok(Identified { id, principal }),
        Ok(None) => Err(Refusal::Unauthenticated),
        Err(error) => {
            log::error!("the keys cannot be read: {error}");
            Err(Refusal::Unavailable)
        }
    }
}

async fn of_token(state: &web::Data<State>, token: String) -> Identity {
    let tokens = state.tokens.as_ref().ok_or(Refusal::Unauthenticated)?;
    let claims = match tokens.judge(&token) {
        Verdict::Believed(claims) => Ok(claims),
        Verdict::Refused(refused) => Err(refused),
        Verdict::NeedsKeys => with_new_keys(state, token).await?,
    };
    let claims = claims.map_err(|refused| {
        log::debug!("a token is refused: {refused}");
        Refusal::Unauthenticated
    })?;
    let id = CallerId::Token {
        issuer: claims.issuer,
        user: claims.user.clone(),
    };
    let names = match state.names.recent() {
        Some(names) => names,
        None => {
            let place = state.limits.share(Client::Known(id.clone())).place();
            let place = place.ok_or(Refusal::TooMany(Duration::from_secs(1)))?;
            let data = web::Data::clone(state);
            let names = with_connection(&state.pool, move |conn| Ok(data.names.current(conn)?));
            place
                .answer(names)
                .await
                .map_err(|_| Refusal::Unavailable)?
        }
    };
    let user = names.directory().user(&claims.user);
    if user.is_some_and(|user| user.deleted_at.is_some()) {
        return Err(Refusal::Unauthenticated);
    }
    let agent = user.and_then(|user| user.agent_number.clone());
    let principal = Principal::new(Some(claims.user), agent, &claims.scopes);
    Ok(Identified { id, principal })
}

/// The other side may take its time, so that is waited for elsewhere.
async fn with_new_keys(
    state: &web::Data<State>,
    token: String,
) -> Result<Result<Claims, Refused>, Refusal> {
    let data = web::Data::clone(state);
    let judged = web::block(move || match &data.tokens {
        Some(tokens) => tokens.refresh(&token),
        None => Err(Refused::UnknownKey),
    });
    judged.await.map_err(|_| Refusal::Unavailable)
}
