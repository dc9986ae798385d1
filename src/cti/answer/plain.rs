//! How frames are written, and those that hold no entries.

use serde::Serialize;
use serde_json::json;

/// The answer to a ping, in the client's own words.
pub const PING: &str = r#"{"claz":"ping"}"#;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Frame<T> {
    msg_type: &'static str,
    cti_message: T,
}

/// The token is believed.
pub fn logged_on() -> String {
    frame("LoggedOn", json!({}))
}

/// The token is not believed, or not any more.
pub fn logged_on_error() -> String {
    frame("LoggedOnError", json!({"Error": "loggedOnFailed"}))
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

/// A frame of this type.
pub(super) fn frame(msg_type: &'static str, cti_message: impl Serialize) -> String {
    let frame = Frame {
        msg_type,
        cti_message,
    };
    // Text and numbers can always be written.
    serde_json::to_string(&frame).unwrap_or_default()
}
