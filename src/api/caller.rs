//! The principal of a request, for the handlers that need one, or one with certain rights.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest};

use super::error::Error;
use super::identify::{Identity, Refusal};
use crate::model::{Principal, Scope};

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

/// Somebody who may administer the service; for others a handler that takes one is a 403.
#[derive(Clone, Debug)]
pub struct Administrator;

impl FromRequest for Administrator {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let caller = Caller::from_request(request, payload).into_inner();
        ready(match caller {
            Ok(caller) if caller.0.may_administer() => Ok(Self),
            Ok(_) => Err(Error::needs(&Scope::Admin)),
            Err(error) => Err(error),
        })
    }
}

/// Somebody who may change the directory; for others a handler that takes one is a 403.
#[derive(Clone, Debug)]
pub struct DirectoryWriter(pub Principal);

impl FromRequest for DirectoryWriter {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let caller = Caller::from_request(request, payload).into_inner();
        ready(match caller {
            Ok(caller) if caller.0.may_write_directory() => Ok(Self(caller.0)),
            Ok(_) => Err(Error::needs(&Scope::DirectoryWrite)),
            Err(error) => Err(error),
        })
    }
}
