//! Answers to the commands that ask for a history: from the same function as the answers of
//! `GET /history/…`, for the same principal, within the caller's rate, and noted in the audit.

use std::net::IpAddr;

use actix_web::{ResponseError, web};

use super::answer;
use super::frame::{Extent, History};
use crate::api::State;
use crate::api::audit::Question;
use crate::api::error::Error;
use crate::api::history::{Page, count, read};
use crate::api::identify::Identified;
use crate::api::params::{
    AgentParameters, Asked, Common, CustomerParameters, OwnParameters, QueueParameters,
    UserParameters,
};
use crate::api::problem::Problem;
use crate::api::request_id::RequestId;

/// What somebody is told who is no user, but has a credential of another kind.
pub(super) const NO_USER: &str = "the token is no user's";

/// On which connection something is asked, and by whom.
pub(super) struct Asker<'a> {
    pub(super) state: &'a web::Data<State>,
    pub(super) known: &'a Identified,
    pub(super) request_id: &'a RequestId,
    pub(super) client: IpAddr,
}

impl Asker<'_> {
    /// The frame that answers the question for a history.
    ///
    /// # Errors
    /// Why there is no answer, for people.
    pub(super) async fn answer(&self, asked: History) -> Result<String, String> {
        match asked {
            History::User(extent) => self.own_user(extent).await,
            History::Agent(extent) => self.own_agent(extent).await,
            History::Queue(name, extent) => {
                let asked = last(QueueParameters { name }, extent);
                let page = self.read("getQueueCallHistory", &asked).await?;
                Ok(answer::call_history(&page.entries))
            }
            History::Customer { id, number, extent } => {
                let asked = last(CustomerParameters { number }, extent);
                let page = self.read("findCustomerCallHistory", &asked).await?;
                let total = match page.next {
                    Some(_) => self.count(&asked).await?,
                    None => page.entries.len(),
                };
                Ok(answer::customer_call_history(id, total, &page.entries))
            }
        }
    }

    async fn own_user(&self, extent: Extent) -> Result<String, String> {
        let principal = &self.known.principal;
        principal.own_user().ok_or(NO_USER)?;
        let command = match extent.days {
            Some(_) => "getUserCallHistoryByDays",
            None => "getUserCallHistory",
        };
        let asked = last(UserParameters { user: None }, extent);
        let page = self.read(command, &asked).await?;
        Ok(answer::call_history(&page.entries))
    }

    async fn own_agent(&self, extent: Extent) -> Result<String, String> {
        let principal = &self.known.principal;
        principal.own_agent().ok_or("the user is no agent")?;
        let asked = last(AgentParameters { agent: None }, extent);
        let page = self.read("getAgentCallHistory", &asked).await?;
        Ok(answer::call_history(&page.entries))
    }

    async fn read<P>(&self, command: &str, asked: &Asked<P>) -> Result<Page, String>
    where
        P: OwnParameters + Clone + Send + 'static,
    {
        let work = read(self.state, &self.known.principal, asked);
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
        page.map_err(|error| told(&error, self.request_id))
    }

    /// How many entries there are, where a page has not all of them.
    async fn count<P>(&self, asked: &Asked<P>) -> Result<usize, String>
    where
        P: OwnParameters + Clone + Send + 'static,
    {
        let work = count(self.state, &self.known.principal, asked);
        let counted = self.state.limits.request(&self.known.id, work).await;
        counted.map_err(|error| told(&error, self.request_id))
    }
}

/// What the client is told of an error; its cause goes into the log.
pub(super) fn told(error: &Error, id: &RequestId) -> String {
    let problem = Problem::from(error);
    if let Some(cause) = problem.cause() {
        let status = problem.status;
        log::error!("a command failed status={status} request_id={id} cause={cause:?}");
    }
    problem.detail
}

fn last<P: OwnParameters>(own: P, extent: Extent) -> Asked<P> {
    let common = Common {
        size: extent.size,
        days: extent.days,
        ..Common::default()
    };
    Asked::last(own, common)
}
