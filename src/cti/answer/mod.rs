//! What a client is told: frames of JSON with a `msgType` and a `ctiMessage`. Those with entries
//! are here, and the others in `plain`.

mod plain;

use serde::Serialize;
use serde_json::json;

use crate::api::wire::{CallHistory, ChangedCall};
use crate::model::OwnerKind;

use plain::frame;
pub(crate) use plain::reset;
pub use plain::{PING, error, logged_on, logged_on_error};

#[derive(Serialize)]
struct CustomerHistory<'a> {
    id: i64,
    response: Response<'a>,
}

#[derive(Serialize)]
struct Response<'a> {
    total: usize,
    list: &'a [CallHistory],
}

/// A history, newest entries first.
pub fn call_history(entries: &[CallHistory]) -> String {
    frame("CallHistory", entries)
}

/// A customer's history, newest entries first, with the client's own number for its question.
/// There are `total` entries, of which these are the newest.
pub fn customer_call_history(id: i64, total: usize, entries: &[CallHistory]) -> String {
    let response = Response {
        total,
        list: entries,
    };
    frame(
        "CustomerCallHistoryResponseWithId",
        CustomerHistory { id, response },
    )
}

/// A call of the caller's own was added or changed: the entry of the caller as a user, else as an
/// agent. Where the histories do not show it, not any more or since somebody else answered, it
/// is said to be gone.
pub(crate) fn update(call: &ChangedCall) -> String {
    let entries = call.entries.iter().flatten();
    let shown = entries.filter(|shown| shown.entry.answered_elsewhere.is_none());
    match shown.min_by_key(|shown| shown.owner.kind != OwnerKind::User) {
        Some(shown) => frame("CallHistoryUpdate", &shown.entry),
        None => frame("CallHistoryGone", json!({"callId": call.call_id})),
    }
}
