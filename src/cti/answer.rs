//! What a client is told: frames of JSON with a `msgType` and a `ctiMessage`.

use serde::Serialize;
use serde_json::json;

use crate::api::wire::{CallHistory, ChangedCall};
use crate::model::OwnerKind;

/// The answer to a ping, in the client's own words.
pub const PING: &str = r#"{"claz":"ping"}"#;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Frame<T> {
    msg_type: &'static str,
    cti_message: T,
}

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

/// The token is believed.
pub fn logged_on() -> String {
    frame("LoggedOn", json!({}))
}

/// The token is not believed, or not any more.
pub fn logged_on_error() -> String {
    frame("LoggedOnError", json!({"Error": "loggedOnFailed"}))
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

/// Something was missed that changed: whoever shows a history asks for it anew.
pub(crate) fn reset() -> String {
    frame("CallHistoryReset", json!({}))
}

/// Something cannot be done, and why. Answers have no number of their question: `command` tells
/// which one this is, where it is one.
pub fn error(what: &str, command: Option<&str>) -> String {
    match command {
        Some(command) => frame("Error", json!({"Error": what, "command": command})),
        None => frame("Error", json!({"Error": what})),
    }
}

fn frame(msg_type: &'static str, cti_message: impl Serialize) -> String {
    let frame = Frame {
        msg_type,
        cti_message,
    };
    // Text and numbers can always be written.
    serde_json::to_string(&frame).unwrap_or_default()
}
