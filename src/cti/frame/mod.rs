//! What a client says: a text frame of JSON, read and checked. Members that a command does not
//! know are ignored, and numbers may be written as text, as XiVO's clients do.

use serde_json::{Map, Value};

use crate::api::params::{self, LONGEST_PAGE, MOST_DAYS, text};
use crate::presence::VideoStatus;

/// How much of an unknown word is repeated in an error, in characters.
const ECHOED: usize = 64;

/// The commands that are understood.
const COMMANDS: [&str; 8] = [
    "getUserCallHistory",
    "getUserCallHistoryByDays",
    "getAgentCallHistory",
    "getQueueCallHistory",
    "findCustomerCallHistory",
    "videoEvent",
    "subscribeToCallHistory",
    "unsubscribeFromCallHistory",
];

/// What a client says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// That it is there.
    Ping,
    /// That it wants something.
    Command(Command),
}

/// What a client wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// A history.
    History(History),
    /// That the state of the user's video is taken over.
    Video(VideoStatus),
    /// The user's own new and changed entries, from now on.
    Subscribe,
    /// No more of them.
    Unsubscribe,
}

/// A history that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum History {
    /// The user's own.
    User(Extent),
    /// The user's own as an agent.
    Agent(Extent),
    /// That of all queues whose name contains this text.
    Queue(String, Extent),
    /// A customer's.
    Customer {
        /// What the answer is to carry.
        id: i64,
        /// The customer's number.
        number: String,
        /// How much of it.
        extent: Extent,
    },
}

/// How much of a history: as `size` and `days` of the HTTP interface. With neither, the last
/// 10 days.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    /// The newest entries, at most so many; 1 to 1000.
    pub size: Option<u16>,
    /// Only the last days; 1 to 3660.
    pub days: Option<u16>,
}

/// Reads a frame.
///
/// # Errors
/// What is wrong with it, for people.
pub fn read(frame: &str) -> Result<Said, String> {
    let value: Value = serde_json::from_str(frame)
        .map_err(|error| format!("the frame is no JSON that is understood: {error}"))?;
    let Value::Object(members) = value else {
        return Err("the frame must be a JSON object, such as {\"claz\":\"ping\"}".to_owned());
    };
    match word(&members, "claz")? {
        "ping" => Ok(Said::Ping),
        "web" => command(&members).map(Said::Command),
        other => Err(format!(
            "claz: {:?} is unknown; known are web, ping",
            cut(other)
        )),
    }
}

/// The command that a frame names, as far as it is repeated in an error; None where it names none.
pub fn named(frame: &str) -> Option<String> {
    let value: Value = serde_json::from_str(frame).ok()?;
    value.get("command")?.as_str().map(cut)
}

fn command(members: &Map<String, Value>) -> Result<Command, String> {
    let size = || size(members);
    Ok(match word(members, "command")? {
        "getUserCallHistory" => Command::History(History::User(size()?)),
        "getUserCallHistoryByDays" => Command::History(History::User(days(members)?)),
        "getAgentCallHistory" => Command::History(History::Agent(size()?)),
        "getQueueCallHistory" => {
            let queue = name("queue", word(members, "queue")?)?;
            Command::History(History::Queue(queue, size()?))
        }
        "findCustomerCallHistory" => Command::History(customer(members)?),
        "videoEvent" => Command::Video(video(members)?),
        "subscribeToCallHistory" => Command::Subscribe,
        "unsubscribeFromCallHistory" => Command::Unsubscribe,
        other => {
            let known = COMMANDS.join(", ");
            let other = cut(other);
            return Err(format!("command: {other:?} is unknown; known are {known}"));
        }
    })
}

fn customer(members: &Map<String, Value>) -> Result<History, String> {
    let id = members.get("id").and_then(integer);
    let id = id.ok_or("id: must be a whole number, which the answer will carry")?;
    let Some(Value::Object(request)) = members.get("request") else {
        return Err("request: must be an object with filters and size".to_owned());
    };
    let filters = request.get("filters").and_then(Value::as_array);
    let [filter] = filters.map(Vec::as_slice).unwrap_or_default() else {
        return Err(format!("request.filters: must be one filter, {FILTER}"));
    };
    let part = |name| filter.get(name).and_then(Value::as_str);
    if (part("field"), part("operator")) != (Some("customer.phone"), Some("=")) {
        return Err(format!(
            "request.filters: only this is understood: {FILTER}"
        ));
    }
    let number = match filter.get("value") {
        Some(Value::String(number)) => number.clone(),
        Some(Value::Number(number)) if number.is_u64() => number.to_string(),
        _ => return Err("request.filters: value must be a telephone number".to_owned()),
    };
    let number = params::customer(&number);
    Ok(History::Customer {
        id,
        number: number.map_err(|fault| format!("request.filters: value: {fault}"))?,
        extent: size(request).map_err(|fault| format!("request.{fault}"))?,
    })
}

fn video(members: &Map<String, Value>) -> Result<VideoStatus, String> {
    let status = word(members, "status")?.parse::<VideoStatus>();
    status.map_err(|fault| format!("status: {fault}"))
}

/// The filter that is understood.
const FILTER: &str = r#"{"field":"customer.phone","operator":"=","value":"0611223344"}"#;

/// A member that must be text.
fn word<'a>(members: &'a Map<String, Value>, name: &str) -> Result<&'a str, String> {
    let value = members.get(name).ok_or(format!("{name}: is required"))?;
    value.as_str().ok_or(format!("{name}: must be text"))
}

fn name(member: &str, name: &str) -> Result<String, String> {
    text(name).map_err(|fault| format!("{member}: {fault}"))
}

fn size(members: &Map<String, Value>) -> Result<Extent, String> {
    let size = match members.get("size") {
        // Browsers leave out members that are undefined.
        None | Some(Value::Null) => None,
        Some(value) => Some(at_most(LONGEST_PAGE, value).ok_or(
            "size: must be a whole number from 1 (over 1000 gives 1000), or null for the last \
             10 days",
        )?),
    };
    Ok(Extent { size, days: None })
}

fn days(members: &Map<String, Value>) -> Result<Extent, String> {
    let days = members.get("days");
    let days = days.and_then(|value| at_most(MOST_DAYS, value));
    let days = days.ok_or("days: must be a whole number from 1 (over 3660 gives 3660)")?;
    Ok(Extent {
        size: None,
        days: Some(days),
    })
}

/// A whole number from 1, in digits or not; a larger one is `most`.
fn at_most(most: u16, value: &Value) -> Option<u16> {
    let limit = u64::from(most);
    let number = match value {
        Value::Number(number) => match number.as_u64() {
            Some(number) => number,
            // What has no fraction, however it is written; a cast of what is too large is the
            // largest.
            None => number.as_f64().filter(|n| n.fract() == 0.0 && *n >= 1.0)? as u64,
        },
        Value::String(digits) if is_digits(digits) => digits.parse().unwrap_or(limit),
        _ => return None,
    };
    let number = u16::try_from(number.min(limit)).ok()?;
    (number > 0).then_some(number)
}

/// A whole number, in digits or not.
fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(digits) if is_digits(digits) => digits.parse().ok(),
        _ => None,
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn cut(word: &str) -> String {
    word.chars().take(ECHOED).collect()
}

#[cfg(test)]
mod tests;
