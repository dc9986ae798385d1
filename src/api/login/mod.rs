//! Logging in with username and password: at our own path, and at XiVO's in its shape.

mod enter;
mod hashing;
mod own;
pub mod xivo;

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest};

pub(crate) use enter::have_secret;
pub use hashing::Hashing;
pub(crate) use own::login;

use super::error::Error;
use super::identify::{Identity, Refusal};
use crate::auth::login::Session;

/// Somebody who has logged in, as the token of the login says. Keys and tokens made elsewhere
/// are none: they would have their rights made longer, or other ones.
#[derive(Clone, Debug)]
pub(crate) struct LoggedIn(pub(crate) Session);

impl FromRequest for LoggedIn {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let identity = request.extensions().get::<Identity>().cloned();
        let session = identity
            .unwrap_or(Err(Refusal::Unauthenticated))
            .and_then(|caller| caller.session.ok_or(Refusal::NotBelieved));
        ready(session.map(Self).map_err(Error::from))
    }
}
