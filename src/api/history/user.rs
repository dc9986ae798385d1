//! `/history/user`

use actix_web::{get, web};
use chrono::Utc;

use super::page::{Page, read};
use crate::api::State;
use crate::api::caller::Caller;
use crate::api::error::Error;
use crate::api::openapi::{HistoryPage, OwnerProblems};
use crate::api::params::{Asked, Common, UserParameters};
use crate::model::Owner;

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
) -> Result<Page, Error> {
    let named = asked.own.user.as_deref().or(caller.0.own_user());
    let username = named
        .ok_or_else(|| Error::parameter("user", "is required: the caller has no user"))?
        .to_owned();
    let request = asked.request(&username, state.zone, Utc::now())?;
    read(&state, request, move |names| {
        let user = names.has_user(&username).then(|| Owner::user(&username));
        caller.0.readable(user)
    })
    .await
}
