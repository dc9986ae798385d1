//! What is true of whatever a client of the CTI WebSocket says.

use call_history::cti::answer;
use call_history::cti::frame::{Command, Extent, History, Said, named, read};
use call_history::cti::heads::Heads;
use serde_json::{Map, Value};

/// A text that explains what is wrong has no more bytes than this, whatever is wrong.
const LONGEST_FAULT: usize = 1500;

/// Reads these bytes as frames of WebSocket, and as the text of one.
///
/// # Panics
/// When something is not true that should be.
pub(super) fn check(data: &[u8]) {
    heads_hold(data);
    if let Ok(text) = std::str::from_utf8(data) {
        let said = read(text);
        match &said {
            Ok(said) => said_holds(text, said),
            Err(fault) => fault_holds(text, fault),
        }
        same_in_other_words(text, &said);
    }
}

/// Whether frames are short is the same in whatever pieces they come, and as the RFC has it.
fn heads_hold(data: &[u8]) {
    let Some((piece, bytes)) = data.split_first() else {
        return;
    };
    let piece = usize::from(*piece % 16) + 1;
    let longest = 300;
    let (mut whole, mut pieces) = (Heads::new(longest), Heads::new(longest));
    let are_short = whole.are_short(bytes);
    let are_also = bytes.chunks(piece).all(|piece| pieces.are_short(piece));
    assert_eq!(are_short, are_also, "in pieces of {piece}");
    assert_eq!(are_short, by_the_rfc(bytes, longest as u128));
}

/// RFC 6455, 5.2, as slowly as it is written there.
fn by_the_rfc(bytes: &[u8], longest: u128) -> bool {
    let mut at = 0_u128;
    let byte = |at: u128| usize::try_from(at).ok().and_then(|at| bytes.get(at));
    loop {
        let Some(second) = byte(at + 1) else {
            return true;
        };
        let extended = match second & 0x7f {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        let mut length = u128::from(second & 0x7f);
        if extended > 0 {
            length = 0;
            for n in 0..extended {
                let Some(byte) = byte(at + 2 + n) else {
                    return true;
                };
                length = length * 256 + u128::from(*byte);
            }
        }
        if length > longest {
            return false;
        }
        let mask = if second & 0x80 == 0 { 0 } else { 4 };
        at += 2 + extended + mask + length;
    }
}

fn said_holds(text: &str, said: &Said) {
    let Said::Command(command) = said else {
        return;
    };
    assert!(named(text).is_some(), "{text}");
    match command {
        Command::History(History::User(extent) | History::Agent(extent)) => extent_holds(*extent),
        Command::History(History::Queue(name, extent)) => {
            name_holds(name);
            extent_holds(*extent);
        }
        Command::History(History::Customer { id, number, extent }) => {
            name_holds(number);
            extent_holds(*extent);
            let told = answer_of(&answer::error(number, Some(&id.to_string())));
            assert_eq!(told["Error"], *number);
        }
        Command::Video(status) => {
            let length = status.as_str().chars().count();
            assert!((1..=32).contains(&length), "{status}");
            assert!(
                !status.as_str().contains(['<', '>', '"', '&', '\n']),
                "{status}"
            );
        }
        Command::Subscribe | Command::Unsubscribe => {}
    }
}

fn extent_holds(extent: Extent) {
    assert!(extent.size.is_none_or(|size| (1..=1000).contains(&size)));
    assert!(extent.days.is_none_or(|days| (1..=3660).contains(&days)));
    assert!(extent.size.is_none() || extent.days.is_none());
}

fn name_holds(name: &str) {
    assert!(
        !name.trim().is_empty() && name.chars().count() <= 256,
        "{name}"
    );
}

fn fault_holds(text: &str, fault: &str) {
    assert!(
        !fault.is_empty() && fault.len() <= LONGEST_FAULT,
        "{}: {fault}",
        fault.len()
    );
    let command = named(text);
    assert!(
        command
            .as_ref()
            .is_none_or(|named| named.chars().count() <= 64)
    );
    let told = answer_of(&answer::error(fault, command.as_deref()));
    assert_eq!(told["Error"], fault);
    assert_eq!(
        told.get("command").and_then(Value::as_str),
        command.as_deref()
    );
}

/// The content of an Error frame, which must be one.
fn answer_of(frame: &str) -> Map<String, Value> {
    assert!(frame.len() <= 8 * 1024, "{}", frame.len());
    let frame: Value = serde_json::from_str(frame).unwrap();
    assert_eq!(frame["msgType"], "Error");
    let told = frame["ctiMessage"].as_object();
    told.unwrap().clone()
}

/// Neither blanks nor the order of members nor members that nobody knows change what is said, nor
/// do numbers in digits.
fn same_in_other_words(text: &str, said: &Result<Said, String>) {
    let Ok(mut value) = serde_json::from_str::<Value>(text) else {
        assert!(said.is_err(), "{text}");
        return;
    };
    assert_eq!(read(&value.to_string()), *said, "{text}");
    let Some(members) = value.as_object_mut() else {
        return;
    };
    members.insert("no member \u{0} of any command".to_owned(), Value::Null);
    for name in ["size", "days", "id"] {
        if let Some(Value::Number(number)) = members.get(name)
            && number.is_u64()
        {
            members.insert(name.to_owned(), Value::String(number.to_string()));
        }
    }
    // An id that is no i64 is refused either way.
    assert_eq!(read(&value.to_string()), *said, "{text}");
}
