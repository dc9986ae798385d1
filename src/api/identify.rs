//! Gives each request its principal, before anything is done for it.
//!
//! It is middleware and no extractor, because extractors of one handler run concurrently, and
//! nothing may be done for a request before it is known whose it is. What goes wrong is told
//! only by handlers that need a principal: the public paths answer everybody, and are not
//! looked at here at all.

use std::time::Duration;

use actix_web::body::MessageBody;
use actix_web::dev::{RequestHead, ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, HttpRequest, rt, web};
use chrono::Utc;

use super::State;
use super::blocking::with_connection;
use super::error::Error;
use super::limit::Client;
use super::login::have_secret;
use super::routes::{is_login, is_public, is_socket, routed};
use crate::auth::jwt::{Claims, Refused};
use crate::auth::keys::ApiKey;
use crate::auth::login::Session;
use crate::auth::tokens::Verdict;
use crate::auth::{Access, CallerId, Credential};
use crate::model::Principal;
use crate::store::{Connection, keys};

/// Who asks, or why that is not known.
pub(crate) type Identity = Result<Identified, Refusal>;

/// Who asks, and what they may read.
#[derive(Clone, Debug)]
pub(crate) struct Identified {
    pub(crate) id: CallerId,
    pub(crate) principal: Principal,
    /// Their session, when they have logged in here.
    pub(super) session: Option<Session>,
}

impl Identified {
    fn new(id: CallerId, principal: Principal) -> Self {
        Self {
            id,
            principal,
            session: None,
        }
    }

    /// Whoever asks, where there is no access control.
    fn anybody() -> Self {
        Self::new(CallerId::Anybody, Principal::administrator())
    }
}

/// Why it is not known who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// No credential.
    Unauthenticated,
    /// A credential that opens nothing.
    NotBelieved,
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
            Refusal::NotBelieved => Self::NotBelieved,
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

/// A credential and where it came from, for whoever is answered without an end, and so has to
/// be identified again and again.
#[derive(Clone)]
pub(crate) struct Bearer {
    credential: Credential,
    from: Client,
}

impl Bearer {
    /// Who asks with this request.
    pub(crate) fn of(request: &HttpRequest, state: &State) -> Self {
        Self {
            credential: brought(request),
            from: Client::at(state.proxies.client(request.head())),
        }
    }

    /// Who that is.
    async fn identify(&self, state: &web::Data<State>) -> Identity {
        identity(state, self.credential.clone(), self.from.clone()).await
    }

    /// Who that is now: to be asked about each second, by whoever stays for longer.
    pub(crate) async fn again(&self, state: &web::Data<State>) -> Identity {
        if state.access == Access::Closed && !state.freshness.is_certain(state).await {
            return Err(Refusal::Unavailable);
        }
        self.identify(state).await
    }
}

/// Middleware that finds out who asks.
pub(super) async fn identify(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let state = request.app_data::<web::Data<State>>().cloned();
    if let Some(state) = state.filter(|_| !is_public(routed(&request))) {
        let bearer = Bearer::of(request.request(), &state);
        let identity = bearer.identify(&state).await;
        request.extensions_mut().insert(identity);
    }
    next.call(request).await
}

/// What the request brings to show who asks.
fn brought(request: &HttpRequest) -> Credential {
    let path = request.match_info().as_str();
    if is_login(path) {
        // The password is in the body; whatever else comes along counts for nothing.
        Credential::None
    } else if is_socket(path) {
        of_upgrade(request.head())
    } else {
        Credential::of(request.headers())
    }
}

/// What the request for a WebSocket brings, which browsers send without headers of ours.
fn of_upgrade(head: &RequestHead) -> Credential {
    let query = head.uri.query().unwrap_or_default();
    let mut tokens = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == "token");
    match (tokens.next(), tokens.next()) {
        (_, Some(_)) => Credential::Several,
        (token, None) => {
            let token = token.map(|(_, token)| token);
            Credential::of_url(&head.headers, token.as_deref())
        }
    }
}

async fn identity(state: &web::Data<State>, credential: Credential, from: Client) -> Identity {
    let is_open = state.access == Access::Open;
    match credential {
        Credential::Several => Err(Refusal::Several),
        // Who is answered whoever they are may have logged in all the same.
        Credential::Login(token) if is_open => {
            let known = of_login(state, token, from).await.ok();
            Ok(Identified {
                session: known.and_then(|known| known.session),
                ..Identified::anybody()
            })
        }
        _ if is_open => Ok(Identified::anybody()),
        Credential::Key(key) => of_key(state, key, from).await,
        Credential::Login(token) => of_login(state, token, from).await,
        Credential::Token(token) => of_token(state, token, from).await,
        Credential::None => Err(Refusal::Unauthenticated),
        Credential::Unknown => Err(Refusal::NotBelieved),
    }
}

async fn of_key(state: &web::Data<State>, key: ApiKey, from: Client) -> Identity {
    let now = Utc::now();
    let id = CallerId::Key(key.id().to_owned());
    if let Some(principal) = state.keys.recent(&key, now, state.changes.directory()) {
        return Ok(Identified::new(id, principal));
    }
    // Keys that nobody has seen yet cost a look into the database. Who has sent too many false
    // ones waits; a key that has opened something is looked up, whoever else is at its address.
    let asking = match (state.keys.has_opened(&key), state.limits.wait(&from)) {
        (true, _) => Client::Known(id.clone()),
        (false, None) => from,
        (false, Some(wait)) => return Err(Refusal::TooMany(wait)),
    };
    let found = look(state, asking, move |state, conn| {
        let names = state.names.current(conn)?;
        let directory = (names.directory(), names.revision());
        Ok(state.keys.look_up(conn, directory, &key, now)?)
    });
    let found = found.await?;
    write_uses(state);
    match found {
        Some(principal) => Ok(Identified::new(id, principal)),
        None => Err(Refusal::NotBelieved),
    }
}

/// Writes down when keys were last used, now and then. Nobody waits for it.
fn write_uses(state: &web::Data<State>) {
    let uses = state.keys.take_uses();
    if uses.is_empty() {
        return;
    }
    let data = web::Data::clone(state);
    rt::spawn(async move {
        let written = with_connection(&data.pool, move |conn| Ok(keys::used(conn, &uses)?));
        if let Err(error) = written.await {
            log::warn!("the last uses of keys are not written down: {error}");
        }
    });
}

/// What somebody who has logged in may read is said by the directory, as it is now.
async fn of_login(state: &web::Data<State>, token: String, from: Client) -> Identity {
    if !state.logins.has_secret() {
        look(state, from.clone(), have_secret).await?;
    }
    let session = state.logins.session(&token).map_err(refused)?;
    let id = CallerId::Login(session.username.clone());
    let at_hand = state.names_at_hand();
    let mut principal = at_hand.as_ref().and_then(|names| names.principal(&session));
    if principal.is_none() {
        let asking = match (at_hand, state.limits.wait(&from)) {
            (None, _) => Client::Known(id.clone()),
            // Perhaps the password is newer than the names at hand. Sessions that have ended
            // cost a look into the database, so who sends too many of them waits.
            (Some(_), None) => from,
            (Some(_), Some(wait)) => return Err(Refusal::TooMany(wait)),
        };
        let names = look(state, asking, |state, conn| Ok(state.names.latest(conn)?));
        principal = names.await?.principal(&session);
    }
    let principal = principal.ok_or(Refusal::NotBelieved)?;
    Ok(Identified {
        session: Some(session),
        ..Identified::new(id, principal)
    })
}

async fn of_token(state: &web::Data<State>, token: String, from: Client) -> Identity {
    let tokens = state.tokens.as_ref().ok_or(Refusal::NotBelieved)?;
    // Checking a signature costs something. Who has sent too many false ones waits; a token that
    // was believed before is believed, whoever else is at its address.
    if !tokens.has_believed(&token)
        && let Some(wait) = state.limits.wait(&from)
    {
        return Err(Refusal::TooMany(wait));
    }
    let claims = match tokens.judge(&token) {
        Verdict::Believed(claims) => Ok(claims),
        Verdict::Refused(refused) => Err(refused),
        Verdict::NeedsKeys => with_new_keys(state, token).await?,
    };
    let claims = claims.map_err(refused)?;
    let id = CallerId::Token {
        issuer: claims.issuer,
        user: claims.user.clone(),
    };
    let names = match state.names_at_hand() {
        Some(names) => names,
        None => {
            let asking = Client::Known(id.clone());
            look(state, asking, |state, conn| {
                Ok(state.names.current(conn)?)
            })
            .await?
        }
    };
    let user = names.directory().user(&claims.user);
    if user.is_some_and(|user| user.deleted_at.is_some()) {
        return Err(Refusal::NotBelieved);
    }
    let agent = user.and_then(|user| user.agent_number.clone());
    let principal = Principal::new(Some(claims.user), agent, &claims.scopes);
    Ok(Identified::new(id, principal))
}

fn refused(why: Refused) -> Refusal {
    log::debug!("a token is refused: {why}");
    Refusal::NotBelieved
}

/// Looks into the database to find out who asks, within the share of whoever that is.
async fn look<T, F>(state: &web::Data<State>, asking: Client, work: F) -> Result<T, Refusal>
where
    F: FnOnce(&State, &mut Connection) -> Result<T, Error> + Send + 'static,
    T: Send + 'static,
{
    let place = state.limits.share(asking).place();
    let place = place.ok_or(Refusal::TooMany(Duration::from_secs(1)))?;
    let data = web::Data::clone(state);
    let found = with_connection(&state.pool, move |conn| work(&data, conn));
    place.answer(found).await.map_err(|error| {
        log::error!("it cannot be found out who asks: {error}");
        Refusal::Unavailable
    })
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
