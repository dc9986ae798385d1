//! What is asked of one call.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use chrono_tz::Tz;
use utoipa::{IntoParams, ToSchema};

use crate::api::audit::Reading;
use crate::api::error::Error;
use crate::api::params::{Reader, parse_zone};
use crate::api::segment::Segment;
use crate::model::CallId;

/// What is wanted of a call.
#[derive(Clone, Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DetailParameters {
    /// `rows`: the rows of `cdr`, `queue_log` and `cel` as well, as the PBX wrote them; for
    /// `history:all`.
    #[param(value_type = Vec<Include>, inline, required = false)]
    pub include: Vec<Include>,
    /// IANA zone of the times, such as `Europe/Paris`. When absent: the service's zone.
    #[param(value_type = String, required = false)]
    pub tz: Option<Tz>,
}

/// What can be told beside the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ToSchema)]
#[schema(rename_all = "camelCase")]
pub enum Include {
    /// The PBX's rows.
    Rows,
}

impl Include {
    /// The words in the API.
    pub const WORDS: [&str; 1] = ["rows"];

    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "rows" => Ok(Self::Rows),
            _ => Err(format!("must be {}", Self::WORDS.join(" or "))),
        }
    }
}

/// A request for a call, read and checked.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The call.
    pub id: CallId,
    /// What is wanted of it.
    pub parameters: DetailParameters,
    pub(super) reading: Reading,
}

impl Asked {
    fn read(segment: &str, query: &str) -> Result<Self, Error> {
        let mut reader = Reader::new(query);
        let parameters = DetailParameters {
            include: reader.repeated("include", Include::parse),
            tz: reader.optional("tz", parse_zone),
        };
        let id = CallId::parse(segment);
        if id.is_none() {
            reader.fault(
                "callId",
                "must be 32 hexadecimal digits, as histories have it",
            );
        }
        reader.finish().map_err(Error::Parameters)?;
        let id = id.ok_or_else(|| Error::Internal("an id without a fault".to_owned()))?;
        Ok(Self {
            id,
            parameters,
            reading: Reading::default(),
        })
    }
}

impl FromRequest for Asked {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let segment = Segment::from_request(request, payload).into_inner();
        let asked = segment.and_then(|id| Self::read(&id.0, request.query_string()));
        if let Ok(asked) = &asked {
            asked.reading.asked_for("call", asked.id.to_string());
            request.extensions_mut().insert(asked.reading.clone());
        }
        ready(asked)
    }
}
