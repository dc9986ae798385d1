//! `/history/agent`

use actix_web::{get, web};
use chrono::Utc;

use super::page::{Page, read};
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
) -> Result<Page, Error> {
    let named = asked.own.agent.as_deref().or(caller.0.own_agent());
    let agent = named
        .ok_or_else(|| Error::parameter("agent", "is required: the caller has no agent"))?
        .to_owned();
    let now = Utc::now();
    let request = asked.request(&agent, state.zone, now)?;
    read(&state, request, move |names| {
        if !names.has_agent(&agent) {
            return caller.0.readable([]);
        }
        let linked = names.directory().user_of_agent(&agent, now);
        let username = linked.map(|user| user.username.as_str());
        caller.0.readable_agent(&agent, username)
    })
    .await
}
