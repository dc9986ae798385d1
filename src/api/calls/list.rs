//! `/calls`

use actix_web::{get, web};

use crate::api::State;
use crate::api::caller::Caller;
use crate::api::error::Error;
use crate::api::history::{Answer, answer};
use crate::api::openapi::{AllCallsProblems, HistoryPage};
use crate::api::params::{AllParameters, Asked, Common};

/// All calls
///
/// Every call once, newest first, for `history:all`: a call that was transferred, or that rang
/// at many phones, is one call. `status` is `answered` when somebody talked, else how the last
/// visit of a queue ended, else `missed`. The two sides are the caller and who answered first,
/// else what was dialled.
#[utoipa::path(
    tag = "calls",
    operation_id = "listCalls",
    params(Common),
    responses(HistoryPage, AllCallsProblems)
)]
#[get("/calls")]
pub(crate) async fn list_calls(
    state: web::Data<State>,
    caller: Caller,
    asked: Asked<AllParameters>,
) -> Result<Answer, Error> {
    answer(&state, &caller.0, &asked).await
}
