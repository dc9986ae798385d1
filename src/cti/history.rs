//! Answers to the commands that ask for a history: from the same function as the answers of
//! `GET /history/…`, for the same principal, within the caller's rate, and noted in the audit.

use std::net::IpAddr;

use actix_web::{ResponseError, web};

use super::answer;
use super::frame::{Command, Extent};
use crate::api::State;
use crate::api::audit::Question;
use crate::api::error::Error;
use crate::api::history::{Page, read};
use crate::api::identify::Identified;
use crate::api::params::{
    AgentParameters, Asked, Common, CustomerParameters, OwnParameters, QueueParameters,
    UserParameters,
};
use crate::api::problem::Problem;
use crate::api::request_id::RequestId;

/// On which connection something is asked, and by whom.
pub(super) struct Asker<'a> {
    pub(super) state: &'a web::Data<State>,
    pub(super) known: &'a Identified,
    pub(super) request_id: &'a RequestId,
    pub(super) client: IpAddr,
}

impl Asker<'_> {
    /// The answer to a command.
    pub(super) async fn answer(&self, command: Command) -> String {
        let answered = match command {
            Command::UserHistory(extent) => self.own_user(extent).await,
            Command::AgentHistory(extent) => self.own_agent(extent).await,
            Command::QueueHistory(name, extent) => self
                .read("getQueueCallHistory", QueueParameters { name }, extent)
                .await
                .map(|page| answer::call_history(&page.entries)),
            Command::CustomerHistory { id, number, extent } => self
                .read(
                    "findCustomerCallHistory",
                    CustomerParameters { number },
                    extent,
                )
                .await
                .map(|page| answer::customer_call_history(id, page.entries.len(), &page.entries)),
        };
        answered.unwrap_or_else(|what| answer::error(&what))
    }

    async fn own_user(&self, extent: Extent) -> Result<String, String> {
        let principal = &self.known.principal;
        principal.own_user().ok_or("the token is no user's")?;
        let command = match extent.days {
            Some(_) => "getUserCallHistoryByDays",
            None => "getUserCallHistory",
        };
        let page = self.read(command, UserParameters { user: None }, extent);
        Ok(answer::call_history(&page.await?.entries))
    }

    async fn own_agent(&self, extent: Extent) -> Result<String, String> {
        let principal = &self.known.principal;
        principal.own_agent().ok_or("the user is no agent")?;
        let own = AgentParameters { agent: None };
        let page = self.read("getAgentCallHistory", own, extent);
        Ok(answer::call_history(&page.await?.entries))
    }

    async fn read<P>(&self, command: &str, own: P, extent: Extent) -> Result<Page, String>
    where
        P: OwnParameters + Clone + Send + 'static,
    {
        let common = Common {
            size: extent.size,
            days: extent.days,
            ..Common::default()
        };
        let asked = Asked::last(own, common);
        let work = read(self.state, &self.known.principal, &asked);
        let page = self.state.limits.request(&self.known.id, work).await;
        let status = match &page {
            Ok(page) => {
                asked.reading().answered(page.entries.len());
                200
            }
            Err(error) => error.status_code().as_u16(),
        };
        let question = Question {
            request_id: self.request_id,
            caller: &self.known.id,
            client: self.client,
            endpoint: format!("CTI {command}"),
            status,
        };
        question.record(self.state, asked.reading());
        page.map_err(|error| self.told(&error))
    }

    /// What the client is told of an error; its cause goes into the log.
    fn told(&self, error: &Error) -> String {
        let problem = Problem::from(error);
        if let Some(cause) = problem.cause() {
            let (status, id) = (problem.status, self.request_id);
            log::error!("a command failed status={status} request_id={id} cause={cause:?}");
        }
        problem.detail
    }
}
