//! Who read whose history: one line of JSON for each request that asked for one.
//!
//! The lines hold names and numbers, so they go where `AUDIT_LOG` says and nowhere else. What
//! was asked is noted where a request becomes a [`HistoryRequest`], the one way to a history.
//!
//! [`HistoryRequest`]: super::params::HistoryRequest

mod journal;

use std::net::IpAddr;
use std::sync::{Arc, OnceLock};

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::Next;
use actix_web::{HttpMessage, web};
use chrono::{SecondsFormat, Utc};
use serde::Serialize;

use super::State;
use super::identify::Identity;
use super::request_id::RequestId;
use crate::auth::CallerId;
use crate::model::OwnerKind;

pub use journal::{Journal, Target};

/// What a request read, filled in on its way. All clones are of one request.
#[derive(Clone, Debug, Default)]
pub struct Reading(Arc<Noted>);

#[derive(Debug, Default)]
struct Noted {
    owner: OnceLock<(OwnerKind, String)>,
    entries: OnceLock<usize>,
}

impl Reading {
    /// Notes whose history was asked for: the name as asked.
    pub fn asked(&self, kind: OwnerKind, name: &str) {
        let _ = self.0.owner.set((kind, name.to_owned()));
    }

    /// Notes how many entries the answer has.
    pub fn answered(&self, entries: usize) {
        let _ = self.0.entries.set(entries);
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
    time: String,
    request_id: &'a str,
    caller: &'a CallerId,
    client: IpAddr,
    endpoint: String,
    owner: AskedFor<'a>,
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    entries: Option<usize>,
}

#[derive(Serialize)]
struct AskedFor<'a> {
    kind: &'static str,
    name: &'a str,
}

/// A question that came on a connection which stays open.
pub(crate) struct Question<'a> {
    /// The id of the request that opened the connection.
    pub(crate) request_id: &'a RequestId,
    pub(crate) caller: &'a CallerId,
    pub(crate) client: IpAddr,
    /// What was asked, such as `CTI getUserCallHistory`.
    pub(crate) endpoint: String,
    /// The status that the answer would have as a response.
    pub(crate) status: u16,
}

impl Question<'_> {
    /// Writes the line of a question that asked for a history, where that is configured.
    pub(crate) fn record(self, state: &State, reading: &Reading) {
        if let Some(journal) = &state.audit
            && let Some(line) = self.line(reading)
        {
            journal.write(line);
        }
    }

    fn line(self, reading: &Reading) -> Option<String> {
        let (kind, name) = reading.0.owner.get()?;
        let line = Line {
            time: Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true),
            request_id: self.request_id.as_str(),
            caller: self.caller,
            client: self.client,
            endpoint: self.endpoint,
            owner: AskedFor {
                kind: kind.as_str(),
                name,
            },
            status: self.status,
            entries: reading.0.entries.get().copied(),
        };
        serde_json::to_string(&line).ok()
    }
}

/// Middleware that writes the line, where that is configured.
pub(super) async fn record(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let state = request.app_data::<web::Data<State>>().cloned();
    let method = request.method().clone();
    let response = next.call(request).await?;
    if let Some(state) = state
        && let Some(journal) = &state.audit
        && let Some(line) = line(&state, &method, &response)
    {
        journal.write(line);
    }
    Ok(response)
}

/// The line; None for a request that asked for no history, or of nobody.
fn line<B>(state: &State, method: &Method, response: &ServiceResponse<B>) -> Option<String> {
    let request = response.request();
    let known = request.extensions();
    let reading = known.get::<Reading>()?;
    let caller = known.get::<Identity>()?.as_ref().ok()?;
    let question = Question {
        request_id: known.get::<RequestId>()?,
        caller: &caller.id,
        client: state.proxies.client(request.head()),
        endpoint: format!("{method} {}", request.match_pattern().unwrap_or_default()),
        status: response.status().as_u16(),
    };
    question.line(reading)
}
