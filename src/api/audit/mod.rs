//! Who read whose history: one line of JSON for each request that asked for one.
//!
//! The lines hold names and numbers, so they go where `AUDIT_LOG` says and nowhere else. What
//! was asked is noted where a request becomes a [`HistoryRequest`], the one way to a history, and
//! where one call is asked for.
//!
//! [`HistoryRequest`]: super::params::HistoryRequest

mod journal;

use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::Next;
use actix_web::{HttpMessage, web};
use chrono::{SecondsFormat, Utc};
use serde::Serialize;

use super::State;
use super::format::Format;
use super::held::Held;
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
    /// What kind of thing was asked for, and of whom.
    owner: OnceLock<(&'static str, String)>,
    entries: OnceLock<usize>,
    export: OnceLock<Format>,
    given: AtomicUsize,
}

impl Reading {
    /// Notes whose history was asked for: the name as asked.
    pub fn asked(&self, kind: OwnerKind, name: &str) {
        self.asked_for(kind.as_str(), name.to_owned());
    }

    /// Notes that something else than a history was asked for: what, and of whom.
    pub fn asked_for(&self, what: &'static str, of: String) {
        let _ = self.0.owner.set((what, of));
    }

    /// Another reading of the same.
    pub fn again(&self) -> Self {
        let again = Self::default();
        if let Some((what, of)) = self.0.owner.get() {
            again.asked_for(what, of.clone());
        }
        again
    }

    /// Notes how many entries the answer has.
    pub fn answered(&self, entries: usize) {
        let _ = self.0.entries.set(entries);
    }

    /// Notes that the answer is an export, whose entries are counted as they are given out.
    pub fn exports(&self, format: Format) {
        let _ = self.0.export.set(format);
    }

    /// Notes that so many more entries of an export were given out.
    pub fn gave(&self, entries: usize) {
        self.0.given.fetch_add(entries, Ordering::Relaxed);
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    time: String,
    request_id: String,
    caller: CallerId,
    client: IpAddr,
    endpoint: String,
    owner: AskedFor,
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    entries: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    export: Option<&'static str>,
}

impl Line {
    fn write(&mut self, journal: &Journal) {
        self.time = Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true);
        if let Ok(text) = serde_json::to_string(self) {
            journal.write(text);
        }
    }
}

#[derive(Serialize)]
struct AskedFor {
    kind: &'static str,
    name: String,
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
            && let Some(mut line) = self.line(reading)
        {
            line.write(journal);
        }
    }

    fn line(self, reading: &Reading) -> Option<Line> {
        let (kind, name) = reading.0.owner.get()?;
        Some(Line {
            time: String::new(),
            request_id: self.request_id.as_str().to_owned(),
            caller: self.caller.clone(),
            client: self.client,
            endpoint: self.endpoint,
            owner: AskedFor {
                kind,
                name: name.clone(),
            },
            status: self.status,
            entries: reading.0.entries.get().copied(),
            export: reading.0.export.get().map(|format| format.as_str()),
        })
    }
}

/// Middleware that writes the line, where that is configured.
pub(super) async fn record(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let state = request.app_data::<web::Data<State>>().cloned();
    let method = request.method().clone();
    let response = next.call(request).await?.map_into_boxed_body();
    let Some(state) = state.filter(|state| state.audit.is_some()) else {
        return Ok(response);
    };
    let Some(line) = Unwritten::of(state, &method, &response) else {
        return Ok(response);
    };
    match line.reading.0.export.get() {
        // What was given out is known when its body is gone, wherever that has come to.
        Some(_) => Ok(response.map_body(|_, body| Held::with(line, body))),
        None => Ok(response),
    }
}

/// A line, which is written when this value goes.
struct Unwritten {
    state: web::Data<State>,
    reading: Reading,
    line: Line,
}

impl Unwritten {
    /// The line of a request; None when it asked for no history, or of nobody.
    fn of<B>(
        state: web::Data<State>,
        method: &Method,
        response: &ServiceResponse<B>,
    ) -> Option<Self> {
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
        let line = question.line(reading)?;
        Some(Self {
            reading: reading.clone(),
            state,
            line,
        })
    }
}

impl Drop for Unwritten {
    fn drop(&mut self) {
        if self.line.export.is_some() {
            self.line.entries = Some(self.reading.0.given.load(Ordering::Relaxed));
        }
        if let Some(journal) = &self.state.audit {
            self.line.write(journal);
        }
    }
}
