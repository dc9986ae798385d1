//! `/directory/agents`

use actix_web::{HttpRequest, HttpResponse, delete, get, put, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::bodies::Faults;
use crate::api::State;
use crate::api::body::{Body, given};
use crate::api::caller::DirectoryWriter;
use crate::api::error::Error;
use crate::api::list::{ListPage, ListParameters};
use crate::api::openapi::{BodyProblems, ForbiddenProblems, ListProblems, NotThereProblems};
use crate::api::segment::Segment;
use crate::model::{Agent, check};

const UNKNOWN: Error = Error::NotThere("There is no such agent in the directory.");

/// An agent of the directory.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DirectoryAgent {
    /// The agent's number.
    #[schema(example = "2501")]
    pub number: String,
    /// First name; empty when unknown.
    #[schema(example = "User")]
    pub first_name: String,
    /// Last name; empty when unknown.
    #[schema(example = "B")]
    pub last_name: String,
}

/// What an agent is to be. What is left out is empty.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AgentBody {
    /// As in the path; it can be left out.
    #[serde(default, deserialize_with = "given")]
    #[schema(required = false, read_only, example = "2501")]
    number: Option<String>,
    /// First name.
    #[serde(default)]
    #[schema(required = false, example = "User", max_length = 255)]
    first_name: String,
    /// Last name.
    #[serde(default)]
    #[schema(required = false, example = "B", max_length = 255)]
    last_name: String,
}

/// List the agents
///
/// The agents of the directory in the order of their numbers, without deleted ones. Agents
/// who are known by their calls alone, or as a user's `agentNumber`, are not among them.
#[utoipa::path(
    tag = "directory",
    operation_id = "listAgents",
    params(ListParameters),
    responses(
        (status = 200, description = "The agents of the page.", body = [DirectoryAgent],
         headers(("Link" = String, description = "While there is more: the reference to the next page, `</directory/agents?…>; rel=\"next\"` (RFC 8288)."))),
        ListProblems,
        ForbiddenProblems,
    )
)]
#[get("/directory/agents")]
pub(crate) async fn list_agents(
    state: web::Data<State>,
    _: DirectoryWriter,
    asked: ListParameters,
) -> Result<ListPage<DirectoryAgent>, Error> {
    super::page::<Agent, _>(&state, asked, |agent: &DirectoryAgent| &agent.number).await
}

/// Describe an agent
///
/// As in the list.
#[utoipa::path(
    tag = "directory",
    operation_id = "getAgent",
    params(("number" = String, Path, description = "The agent's number.", example = "2501")),
    responses(
        (status = 200, description = "The agent.", body = DirectoryAgent),
        NotThereProblems,
        ForbiddenProblems,
    )
)]
#[get("/directory/agents/{number}")]
pub(crate) async fn get_agent(
    state: web::Data<State>,
    _: DirectoryWriter,
    number: Segment,
) -> Result<web::Json<DirectoryAgent>, Error> {
    super::one::<Agent, _>(&state, number.0, UNKNOWN).await
}

/// Add or replace an agent
///
/// The agent is what the body says. The same body twice changes nothing.
#[utoipa::path(
    tag = "directory",
    operation_id = "putAgent",
    params(("number" = String, Path, description = "The agent's number.", example = "2501")),
    request_body(content = AgentBody, example = json!({"firstName": "User", "lastName": "B"})),
    responses(
        (status = 200, description = "The agent, replaced or the same as before.", body = DirectoryAgent),
        (status = 201, description = "The agent, which is new.", body = DirectoryAgent,
         headers(("Location" = String, description = "Where the agent is."))),
        BodyProblems,
        ForbiddenProblems,
    )
)]
#[put("/directory/agents/{number}")]
pub(crate) async fn put_agent(
    request: HttpRequest,
    state: web::Data<State>,
    _: DirectoryWriter,
    number: Segment,
    body: Body<AgentBody>,
) -> Result<HttpResponse, Error> {
    let wanted = body.0.checked(&number.0)?;
    let make = move |_: Option<&Agent>| Ok(wanted.clone());
    super::put::<Agent, DirectoryAgent>(&state, &request, number.0, make).await
}

/// Delete an agent
///
/// The agent is not listed any more, and keys of that agent alone are revoked. The agent's calls
/// stay as they are, with the name. Deleting again is no error.
#[utoipa::path(
    tag = "directory",
    operation_id = "deleteAgent",
    params(("number" = String, Path, description = "The agent's number.", example = "2501")),
    responses(
        (status = 204, description = "The agent is deleted."),
        NotThereProblems,
        ForbiddenProblems,
    )
)]
#[delete("/directory/agents/{number}")]
pub(crate) async fn delete_agent(
    state: web::Data<State>,
    _: DirectoryWriter,
    number: Segment,
) -> Result<HttpResponse, Error> {
    super::delete::<Agent>(&state, number.0, UNKNOWN).await
}

impl AgentBody {
    fn checked(self, number: &str) -> Result<Agent, Error> {
        let mut faults = Faults::default();
        faults.same_key("number", self.number.as_deref(), number);
        faults.note("firstName", check::text(&self.first_name));
        faults.note("lastName", check::text(&self.last_name));
        faults.finish(Agent {
            number: number.to_owned(),
            first_name: self.first_name,
            last_name: self.last_name,
        })
    }
}

impl From<Agent> for DirectoryAgent {
    fn from(agent: Agent) -> Self {
        Self {
            number: agent.number,
            first_name: agent.first_name,
            last_name: agent.last_name,
        }
    }
}
