//! `/history/agent`

use actix_web::{get, web};

use super::answer::{Answer, answer};
use crate::api::State;
use crate::api::caller::Caller;
use crate::api::error::Error;
use crate::api::openapi::{HistoryPage, OwnerProblems};
use crate::api::params::{AgentParameters, Asked, Common};

/// Calls of an agent
///
/// The queue calls that the agent answered and missed, newest first, and, when the agent is
/// linked to a user whom the caller may read too, that user's other calls.
#[utoipa::path(
    tag = "history",
    operation_id = "agentHistory",
    params(AgentParameters, Common),
    responses(HistoryPage, OwnerProblems)
)]
#[get("/history/agent")]
pub(crate) async fn agent_history(
    state: web::Data<State>,
    caller: Caller,
    asked: Asked<AgentParameters>,
) -> Result<Answer, Error> {
    answer(&state, &caller.0, &asked).await
}
