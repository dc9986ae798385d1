//! `/history/customer`

use actix_web::{get, web};

use super::answer::{Answer, answer};
use crate::api::State;
use crate::api::caller::Caller;
use crate::api::error::Error;
use crate::api::openapi::{HistoryPage, HistoryProblems};
use crate::api::params::{Asked, Common, CustomerParameters};

/// Calls with an outside number
///
/// Calls from the number and to it, newest first. A number without calls is no error: the list
/// is empty. Withheld and anonymous callers are nobody's history.
#[utoipa::path(
    tag = "history",
    operation_id = "customerHistory",
    params(CustomerParameters, Common),
    responses(HistoryPage, HistoryProblems)
)]
#[get("/history/customer")]
pub(crate) async fn customer_history(
    state: web::Data<State>,
    caller: Caller,
    asked: Asked<CustomerParameters>,
) -> Result<Answer, Error> {
    answer(&state, &caller.0, &asked).await
}
