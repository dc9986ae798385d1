//! `/history/user`

use actix_web::{get, web};

use super::answer::{Answer, answer};
use crate::api::State;
use crate::api::caller::Caller;
use crate::api::error::Error;
use crate::api::openapi::{HistoryPage, OwnerProblems};
use crate::api::params::{Asked, Common, UserParameters};

/// Calls of a user
///
/// What the user emitted, answered and missed, newest first. Calls that somebody else answered
/// after the user's phone rang are left out unless asked for with `answeredElsewhere`.
#[utoipa::path(
    tag = "history",
    operation_id = "userHistory",
    params(UserParameters, Common),
    responses(HistoryPage, OwnerProblems)
)]
#[get("/history/user")]
pub(crate) async fn user_history(
    state: web::Data<State>,
    caller: Caller,
    asked: Asked<UserParameters>,
) -> Result<Answer, Error> {
    answer(&state, &caller.0, &asked).await
}
