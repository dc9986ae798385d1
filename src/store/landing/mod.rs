//! The landing tables: the PBX's rows as they came. They are only ever appended to.
//!
//! A row belongs to a *conversation*, which becomes one call. For `cdr` and `cel` that is the
//! linkedid, else the uniqueid, else the row alone; the database computes it in a generated
//! column. For `queue_log` it depends on the other tables: see [`conversations_of`]. Channel
//! events may show that several conversations are one call; then it has the oldest's name.

mod conversations;
mod insert;
mod merged;
mod rows;
mod sql;
pub mod tail;
mod walk;

pub use conversations::{Conversations, Touched, conversations_of, sources_with_rows, touched};
pub use insert::insert;
pub use rows::{CallRecords, Stored, first_rows, rows};
pub use walk::walk;

use crate::asterisk::record::{Kind, Record};

/// Columns that are compared, and so are as wide in bytes as others are in characters.
const IDS: [&str; 3] = ["uniqueid", "linkedid", "callid"];

/// Words that stand in a queue log's `callid` where there is no call.
const NO_CALL: [&str; 4] = ["NONE", "MANAGER", "REALTIME", "CLI"];

/// Whether a queue log's `callid` names a call.
pub fn is_of_a_call(callid: &str) -> bool {
    !callid.is_empty() && !NO_CALL.iter().any(|word| word.eq_ignore_ascii_case(callid))
}

/// The conversation that a record of `cdr` or `cel` is of, exactly as the database computes
/// it. For one of `queue_log`, the `callid`, which [`conversations_of`] resolves; None where
/// that is no call.
pub fn conversation(record: &Record) -> Option<String> {
    if record.kind() == Kind::QueueLog {
        let callid = id(record, "callid");
        return is_of_a_call(callid).then(|| callid.to_owned());
    }
    let named = [id(record, "linkedid"), id(record, "uniqueid")];
    if let Some(name) = named.into_iter().find(|name| !name.is_empty()) {
        return Some(name.to_owned());
    }
    let hash = record.fingerprint();
    let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    Some(format!("row-{hex}"))
}

/// An id as it is stored.
fn id<'a>(record: &'a Record, column: &str) -> &'a str {
    let width = record.kind().columns().iter().find(|c| c.name == column);
    let width = width.map_or(usize::MAX, |column| column.width);
    clip(column, width, record.get(column))
}

/// As much of a value as its column holds: a value that is too long must not cost the row.
fn clip<'a>(column: &str, width: usize, value: &'a str) -> &'a str {
    // A character has a byte at least.
    if value.len() <= width {
        return value;
    }
    let end = if IDS.contains(&column) {
        (0..=width.min(value.len()))
            .rev()
            .find(|end| value.is_char_boundary(*end))
    } else {
        value.char_indices().nth(width).map(|(end, _)| end)
    };
    end.and_then(|end| value.get(..end)).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_clipped_to_characters_and_an_id_to_bytes() {
        assert_eq!(clip("src", 3, "éééé"), "ééé");
        assert_eq!(clip("uniqueid", 3, "éééé"), "é");
        assert_eq!(clip("uniqueid", 3, "abc"), "abc");
        assert_eq!(clip("src", 3, "ab"), "ab");
    }

    #[test]
    fn some_callids_are_no_calls() {
        for word in ["", "NONE", "none", "Manager", "REALTIME", "CLI"] {
            assert!(!is_of_a_call(word), "{word}");
        }
        assert!(is_of_a_call("1662633170.12"));
    }
}
