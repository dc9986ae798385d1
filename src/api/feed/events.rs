//! `/events`

use std::collections::VecDeque;

use actix_web::http::header::{CACHE_CONTROL, HeaderName};
use actix_web::{HttpMessage, HttpRequest, HttpResponse, get, web};
use futures_util::StreamExt;
use tokio::time::Instant;

use super::cursor::Cursor;
use super::page::{ground, now, place_of};
use super::parameters::{EventsParameters, LastEventId};
use super::record::Record;
use super::stream::{EventStream, Phase};
use crate::api::State;
use crate::api::accept::{EVENT_STREAM, TakesEvents};
use crate::api::blocking::with_connection;
use crate::api::caller::Caller;
use crate::api::changes::Watch;
use crate::api::envelope::HeadOnly;
use crate::api::error::Error;
use crate::api::identify::{Bearer, Identity, Refusal};
use crate::api::intake;
use crate::api::limit::places::Full;
use crate::api::openapi::StreamProblems;
use crate::api::params::Narrowing;

/// Where a client that has lost the stream was.
const LAST_EVENT_ID: &str = "last-event-id";

/// What nginx is told, so that it does not hold events back.
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// Changes as they happen
///
/// Server-sent events (`text/event-stream`), without end:
///
/// * `change`: a call that changed, as in `/changes`. Its `id` is a cursor: as `Last-Event-ID`
///   (which browsers send by themselves) it goes on from there without a gap, and as `since`
///   `/changes` does. An id without an event says how far nothing is missing.
/// * `reset`: it cannot go on from where the client was, `reason` says why. What the client shows
///   it reads anew; the stream goes on from now.
/// * `end`: the last event. `reason` is `shutdown` (the service stops), `rights` (the caller may
///   not read the same any more) or `behind` (the client reads too slowly). Ask again.
///
/// After 15 s without any of these there is a comment. Without `Last-Event-ID` it begins now. Who
/// wants what was before, too, begins with `/changes`, or asks for histories once the stream has
/// begun.
#[utoipa::path(
    tag = "changes",
    operation_id = "events",
    params(
        EventsParameters,
        Narrowing,
        LastEventId
    ),
    responses(
        (status = 200, description = "The events; the data of `change` is a `ChangedCall`.", body = String, content_type = "text/event-stream"),
        StreamProblems
    )
)]
#[get("/events")]
pub(crate) async fn stream_events(
    request: HttpRequest,
    state: web::Data<State>,
    caller: Caller,
    asked: EventsParameters,
    _: TakesEvents,
) -> Result<HttpResponse, Error> {
    let identity = request.extensions().get::<Identity>().cloned();
    let identified = identity.unwrap_or(Err(Refusal::Unauthenticated))?;
    let caller = super::reader(caller)?;
    asked.reading.asked_for("events", asked.narrowing.text());
    let zone = asked.tz.unwrap_or(state.zone);
    let held = state
        .streams
        .take(&identified.id)
        .map_err(|full| match full {
            Full::OfThisCaller => Error::TooManyStreams(state.streams.of_each()),
            Full::OfAll => Error::Overloaded,
        })?;
    let bearer = Bearer::of(&request, &state);
    // Before the place is looked up: what changes in between is told.
    let watch = Watch::begin(&state, bearer, caller, asked.narrowing, zone).await?;
    let sight = watch.sight().clone();
    let last = request.headers().get(LAST_EVENT_ID);
    let last = last.map(|id| Cursor::decode(id.to_str().unwrap_or_default()));
    let (ground, place, reset) = with_connection(&state.pool, move |conn| {
        let ground = ground(conn, &sight)?;
        let from = last
            .map(|cursor| place_of(conn, cursor, ground))
            .transpose()?;
        let (place, reset) = match from {
            Some(Ok(place)) => (place, None),
            Some(Err(reason)) => (now(conn)?, Some(reason)),
            None => (now(conn)?, None),
        };
        Ok((ground, place, reset))
    })
    .await?;
    let stream = EventStream {
        watch,
        zone,
        ground,
        place,
        reset,
        phase: Phase::Beginning,
        waiting: VecDeque::new(),
        until: place.revision,
        alive: Instant::now(),
        _held: held,
        record: Record::of(&request, &state, identified.id, &asked.reading),
        state,
    };
    let gone = intake::gone(&request);
    let mut response = HttpResponse::Ok();
    response
        .content_type(EVENT_STREAM)
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((X_ACCEL_BUFFERING, "no"));
    Ok(match request.extensions().contains::<HeadOnly>() {
        true => response.finish(),
        // A client that leaves would else be noticed when the second heartbeat cannot be sent.
        false => response.streaming(Box::pin(stream.bytes().take_until(gone))),
    })
}
