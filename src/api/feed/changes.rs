//! `/changes`

use std::sync::Arc;

use actix_web::body::BoxBody;
use actix_web::{HttpMessage, HttpRequest, HttpResponse, Responder, get, web};
use chrono::SecondsFormat;
use serde::Serialize;
use utoipa::ToSchema;

use super::cursor::Cursor;
use super::page::{beginning, ground, page, place_of};
use super::parameters::ChangesParameters;
use crate::api::State;
use crate::api::accept::TakesJson;
use crate::api::audit::Reading;
use crate::api::blocking::with_connection;
use crate::api::caller::Caller;
use crate::api::changes::sight_of;
use crate::api::error::Error;
use crate::api::openapi::FeedProblems;
use crate::api::params::{LONGEST_PAGE, Narrowing};
use crate::api::wire::{ChangedCall, shared};
use crate::store::horizon;

/// The calls that changed next, in the order of their last changes.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChangePage {
    /// The calls, each whole.
    #[schema(value_type = Vec<ChangedCall>)]
    #[serde(serialize_with = "shared")]
    pub changes: Vec<Arc<ChangedCall>>,
    /// The `since` of the next page, at once or whenever.
    #[schema(example = "AQAAAAAAAAQSAAAAAAAAABEHBwcHBwcHB2Q")]
    pub cursor: String,
    /// Whether the next page has more already. A page may be empty and have more behind it.
    pub more: bool,
    /// Whatever began before this will not change any more by records of the PBX, and all of it
    /// that changed stands in the pages up to one without `more`. Absent where no follower has
    /// said how far it is.
    #[schema(format = "date-time", example = "2022-09-08T06:30:00Z")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_available_until: Option<String>,
}

impl Responder for ChangePage {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        if let Some(reading) = request.extensions().get::<Reading>() {
            reading.answered(entries_of(&self.changes));
        }
        HttpResponse::Ok().json(self)
    }
}

/// How many entries these calls have.
pub(super) fn entries_of(changes: &[Arc<ChangedCall>]) -> usize {
    let entries = changes.iter().filter_map(|change| change.entries.as_ref());
    entries.map(Vec::len).sum()
}

/// What changed
///
/// Calls that changed, each whole and at its last change, in the order of these. Without
/// `since`: all calls that the caller may read. From then on each page's `cursor` is the `since`
/// of the next, without end: nothing is lost, and nothing comes before what changed earlier. What
/// is told of a call takes the place of all that was told of it before; `removed` is that nothing
/// of it is left for the caller.
///
/// A cursor holds for the rights and the owners that it was made with, and for one database. When
/// it does not hold any more that is a 410: begin anew without `since`, and forget what is not in
/// what comes then.
#[utoipa::path(
    tag = "changes",
    operation_id = "changes",
    params(ChangesParameters, Narrowing),
    responses(
        (status = 200, description = "The next changes; none: an empty list.", body = ChangePage),
        FeedProblems
    )
)]
#[get("/changes")]
pub(crate) async fn list_changes(
    state: web::Data<State>,
    caller: Caller,
    asked: ChangesParameters,
    _: TakesJson,
) -> Result<ChangePage, Error> {
    let caller = super::reader(caller)?;
    asked.reading.asked_for("changes", asked.narrowing.text());
    let size = asked.size.unwrap_or(LONGEST_PAGE).into();
    let zone = asked.tz.unwrap_or(state.zone);
    let sight = sight_of(&state, &caller, &asked.narrowing).await?;
    let sight = sight.ok_or(Error::UnknownOwner)?;
    let data = web::Data::clone(&state);
    with_connection(&state.pool, move |conn| {
        let ground = ground(conn, &sight)?;
        let from = match asked.since {
            Some(cursor) => place_of(conn, Ok(cursor), ground)?.map_err(Error::BeginAnew)?,
            None => beginning(conn)?,
        };
        // Before the page: what is final then is in it, or in an earlier one.
        let horizon = horizon::available_until(conn)?;
        let page = page(conn, &data, &sight, from, size, zone)?;
        let place = page.place;
        Ok(ChangePage {
            changes: page.changes,
            cursor: Cursor { ground, place }.encode(),
            more: page.has_more,
            data_available_until: horizon
                .map(|time| time.to_rfc3339_opts(SecondsFormat::Secs, true)),
        })
    })
    .await
}
