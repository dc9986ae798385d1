//! `/history/queue`

use actix_web::{get, web};

use super::answer::{Answer, answer};
use crate::api::State;
use crate::api::caller::Caller;
use crate::api::error::Error;
use crate::api::openapi::{HistoryPage, HistoryProblems};
use crate::api::params::{Asked, Common, QueueParameters};

/// Visits of queues
///
/// Every visit of every queue whose name contains `name`, as one list, newest first. No queue
/// with such a name is no error: the list is empty.
#[utoipa::path(
    tag = "history",
    operation_id = "queueHistory",
    params(QueueParameters, Common),
    responses(HistoryPage, HistoryProblems)
)]
#[get("/history/queue")]
pub(crate) async fn queue_history(
    state: web::Data<State>,
    caller: Caller,
    asked: Asked<QueueParameters>,
) -> Result<Answer, Error> {
    answer(&state, &caller.0, &asked).await
}
