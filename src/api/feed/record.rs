//! What the audit is told of a stream: that it began, as of any request, and at its end how many
//! entries were sent.

use std::net::IpAddr;

use actix_web::{HttpMessage, HttpRequest, web};

use crate::api::State;
use crate::api::audit::{Question, Reading};
use crate::api::request_id::RequestId;
use crate::auth::CallerId;

/// What a stream has sent to whom. Written when it is dropped.
pub(super) struct Record {
    state: web::Data<State>,
    request_id: RequestId,
    pub(super) caller: CallerId,
    client: IpAddr,
    what: Reading,
    entries: usize,
}

impl Record {
    /// The record of the stream that this request asks for.
    pub(super) fn of(
        request: &HttpRequest,
        state: &web::Data<State>,
        caller: CallerId,
        asked: &Reading,
    ) -> Self {
        let id = request.extensions().get::<RequestId>().cloned();
        Self {
            state: web::Data::clone(state),
            request_id: id.unwrap_or_else(|| RequestId::of(request.headers())),
            caller,
            client: state.proxies.client(request.head()),
            what: asked.again(),
            entries: 0,
        }
    }

    /// Counts entries that are sent.
    pub(super) fn count(&mut self, entries: usize) {
        self.entries += entries;
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        self.what.answered(self.entries);
        let question = Question {
            request_id: &self.request_id,
            caller: &self.caller,
            client: self.client,
            endpoint: "end of GET /events".to_owned(),
            status: 200,
        };
        question.record(&self.state, &self.what);
    }
}
