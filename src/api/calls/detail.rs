//! `/calls/{callId}`
//!
//! The entries are those of the histories. How the call went is not stored: its rows are folded
//! anew for whoever asks.

use actix_web::{get, web};
use chrono::Utc;

use super::asked::{Asked, DetailParameters, Include};
use super::convert::Showing;
use super::told::Told;
use super::wire::CallDetail;
use crate::api::State;
use crate::api::accept::TakesJson;
use crate::api::blocking::with_connection;
use crate::api::caller::Caller;
use crate::api::error::Error;
use crate::api::openapi::CallProblems;
use crate::api::wire::View;
use crate::model::{Principal, Scope};
use crate::store::Connection;

const UNKNOWN: Error = Error::NotThere("There is no such call, or none of it is for the caller.");

/// A call as it went
///
/// The call's entries with the rule that gave each its status, its visits of queues, each ringing
/// with its outcome, transfers, and the rows behind it, each with what it counted for. Who may
/// read everything sees all of it; others see the entries that they may read and what belongs to
/// these owners: a user's own legs and ringing, a queue's visits with the members that were tried,
/// and nothing that tells who else there was.
#[utoipa::path(
    tag = "calls",
    operation_id = "getCall",
    params(
        DetailParameters,
        ("callId" = String, Path, description = "The call's id, as histories have it.", example = "506388d2064b35a4817732f31e53e006", min_length = 32, max_length = 32)
    ),
    responses(
        (status = 200, description = "The call, as far as the caller may read it.", body = CallDetail),
        CallProblems
    )
)]
#[get("/calls/{callId}")]
pub(crate) async fn get_call(
    state: web::Data<State>,
    caller: Caller,
    asked: Asked,
    _: TakesJson,
) -> Result<web::Json<CallDetail>, Error> {
    let wants_rows = asked.parameters.include.contains(&Include::Rows);
    if wants_rows && !caller.0.may_read_everything() {
        return Err(Error::needs(&Scope::All));
    }
    let data = web::Data::clone(&state);
    let reading = asked.reading.clone();
    let detail = with_connection(&state.pool, move |connection| {
        tell(&data, connection, &caller.0, &asked)
    })
    .await?;
    reading.answered(detail.entries.len());
    Ok(web::Json(detail))
}

fn tell(
    state: &State,
    connection: &mut Connection,
    caller: &Principal,
    asked: &Asked,
) -> Result<CallDetail, Error> {
    let names = state.names.current(connection)?;
    let told = Told::of(state, connection, caller, &names, asked.id)?.ok_or(UNKNOWN)?;
    let view = View {
        names: &names,
        presence: &state.presence.look(),
        zone: asked.parameters.tz.unwrap_or(state.zone),
        now: Utc::now(),
    };
    let showing = Showing {
        view: &view,
        told: &told,
        whole: caller.may_read_everything(),
    };
    let mut detail = showing.call();
    if asked.parameters.include.contains(&Include::Rows) {
        showing.add_rows(&mut detail);
    }
    Ok(detail)
}
