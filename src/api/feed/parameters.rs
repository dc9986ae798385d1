//! The parameters of `/changes` and `/events`.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use chrono_tz::Tz;
use utoipa::IntoParams;

use super::cursor::{Cursor, NoCursor};
use crate::api::audit::Reading;
use crate::api::error::Error;
use crate::api::params::{LONGEST_PAGE, Narrowing, Reader, parse_zone, whole_number};

/// Which changes.
#[derive(Clone, Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ChangesParameters {
    /// The `cursor` of the page before, with the same `user`, `agent` and `queue`. When absent:
    /// all calls, from the one that changed longest ago.
    #[param(value_type = String, required = false)]
    pub(super) since: Option<Cursor>,
    /// At most so many changes, 1 to 1000. When absent: 1000.
    #[param(value_type = u16, required = false, minimum = 1, maximum = 1000, example = 100)]
    pub(super) size: Option<u16>,
    /// IANA zone of `start`, such as `Europe/Paris`. When absent: the service's zone.
    #[param(value_type = String, required = false)]
    pub(super) tz: Option<Tz>,
    #[param(ignore)]
    pub(super) narrowing: Narrowing,
    #[param(ignore)]
    pub(super) reading: Reading,
}

impl ChangesParameters {
    fn parse(query: &str) -> Result<Self, Error> {
        let mut reader = Reader::new(query);
        // A cursor of another version is told of below, with the others that do not hold.
        let mut is_of_other_version = false;
        let since = reader.optional("since", |text| match Cursor::decode(text) {
            Ok(cursor) => Ok(Some(cursor)),
            Err(NoCursor::OtherVersion) => {
                is_of_other_version = true;
                Ok(None)
            }
            Err(NoCursor::Broken) => Err(
                "is not a cursor of this service, or was altered: use the one of the page \
                 before as it stands"
                    .to_owned(),
            ),
        });
        let asked = Self {
            since: since.flatten(),
            size: reader.optional("size", |text| whole_number(text, LONGEST_PAGE)),
            tz: reader.optional("tz", parse_zone),
            narrowing: Narrowing::read(&mut reader),
            reading: Reading::default(),
        };
        reader.finish().map_err(Error::Parameters)?;
        match is_of_other_version {
            true => Err(Error::BeginAnew(
                "was made by another version of this service",
            )),
            false => Ok(asked),
        }
    }
}

impl FromRequest for ChangesParameters {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let asked = Self::parse(request.query_string());
        if let Ok(asked) = &asked {
            request.extensions_mut().insert(asked.reading.clone());
        }
        ready(asked)
    }
}

/// Which events.
#[derive(Clone, Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct EventsParameters {
    /// IANA zone of `start`, such as `Europe/Paris`. When absent: the service's zone.
    #[param(value_type = String, required = false)]
    pub(super) tz: Option<Tz>,
    #[param(ignore)]
    pub(super) narrowing: Narrowing,
    #[param(ignore)]
    pub(super) reading: Reading,
}

impl EventsParameters {
    fn parse(query: &str) -> Result<Self, Error> {
        let mut reader = Reader::new(query);
        let asked = Self {
            tz: reader.optional("tz", parse_zone),
            narrowing: Narrowing::read(&mut reader),
            reading: Reading::default(),
        };
        reader.finish().map_err(Error::Parameters)?;
        Ok(asked)
    }
}

impl FromRequest for EventsParameters {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let asked = Self::parse(request.query_string());
        if let Ok(asked) = &asked {
            request.extensions_mut().insert(asked.reading.clone());
        }
        ready(asked)
    }
}

/// Where a client was.
#[derive(Clone, Debug, IntoParams)]
#[into_params(parameter_in = Header)]
pub struct LastEventId {
    /// The last id that was received, or the `cursor` of a page of `/changes`.
    #[param(value_type = String, required = false, rename = "Last-Event-ID")]
    pub last_event_id: Option<String>,
}
