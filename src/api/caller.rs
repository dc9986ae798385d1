//! The principal of a request, for the handlers that need one.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest};

use super::error::Error;
use super::identify::{Identity, Refusal};
use crate::model::Principal;

/// Who asks. A handler that takes one is never run for nobody: that is a 401.
///
/// It stands before the parameters among a handler's arguments, so that nobody learns from a
/// 400 what they may not ask at all.
#[derive(Clone, Debug)]
pub struct Caller(pub Principal);

impl FromRequest for Caller {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let identity = request.extensions().get::<Identity>().cloned();
        let identity = identity.unwrap_or(Err(Refusal::Unauthenticated));
        ready(
            identity
                .map(|caller| Self(caller.principal))
                .map_err(Error::from),
        )
    }
}
