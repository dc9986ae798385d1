//! A call and its parts.

use std::fmt;

use sha2::{Digest, Sha256};

use super::{Direction, Entry, Outcome, Rule, Side, Status, Time};

/// The stable id of a call: a hash of its source and linkedid.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CallId(pub [u8; 16]);

impl CallId {
    /// The id of the call with this linkedid in this source.
    pub fn of(source: &str, linkedid: &str) -> Self {
        let mut hash = Sha256::new();
        // The length keeps ("a", "bc") and ("ab", "c") apart.
        hash.update((source.len() as u64).to_be_bytes());
        hash.update(source);
        hash.update(linkedid);
        let mut id = [0; 16];
        id.copy_from_slice(&hash.finalize()[..16]);
        Self(id)
    }

    /// The id of this text, as it is displayed; None when it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let is_hex = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = is_hex.then(|| u128::from_str_radix(text, 16).ok())??;
        Some(Self(number.to_be_bytes()))
    }
}

impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CallId({self})")
    }
}

/// One conversation: all rows with one linkedid of one source, folded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The stable id.
    pub id: CallId,
    /// The PBX that the rows came from.
    pub source: String,
    /// The conversation's id there.
    pub linkedid: String,
    /// When it began for its caller.
    pub start: Time,
    /// When its last leg or visit ended; None while it goes on.
    pub end: Option<Time>,
    /// Whether the PBX has said that all its channels are gone: no more rows are to be expected.
    pub end_seen: bool,
    /// Which way it went.
    pub direction: Direction,
    /// Who called.
    pub caller: Side,
    /// The outside number that an inbound caller dialled (`did`).
    pub did: Option<String>,
    /// Its lines in the histories of its owners.
    pub entries: Vec<Entry>,
    /// Its line in the list of all calls ([`Owner::all`](super::Owner::all)).
    pub summary: Entry,
}

impl Call {
    /// All its lines, in whatever history.
    pub fn lines(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().chain([&self.summary])
    }
}

/// One stay of a call in one queue, or a refusal at its door.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visit {
    /// The uniqueid of the caller's channel (the queue log's `callid`).
    pub callid: String,
    /// The queue's name.
    pub queue: String,
    /// When the caller entered, or was refused.
    pub entered: Time,
    /// When the visit ended; None while it goes on, or when the end was lost.
    pub ended: Option<Time>,
    /// How it ended.
    pub status: Status,
    /// By which rule.
    pub rule: Rule,
    /// Whom the member handed the caller to, where that is how it ended.
    pub handed_on: Option<HandedOn>,
    /// Hold time in whole seconds; None while the caller waits.
    pub wait_seconds: Option<i64>,
    /// Talk time in whole seconds; None while the talk goes on.
    pub talk_seconds: Option<i64>,
    /// When a member answered.
    pub connected: Option<Time>,
    /// The caller's number as the queue log has it.
    pub caller_number: Option<String>,
    /// The caller's name as the queue log has it.
    pub caller_name: Option<String>,
    /// Who rang and who answered, in order.
    pub attempts: Vec<Attempt>,
}

impl Visit {
    /// The attempt that was answered.
    pub fn answered_by(&self) -> Option<&Attempt> {
        self.attempts.iter().find(|attempt| attempt.answered())
    }
}

/// A queue's member handed the caller on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandedOn {
    /// Whether the member had talked with the other before.
    pub attended: bool,
    /// The number, where the queue log tells it.
    pub to: Option<String>,
}

/// One ringing of one queue member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The member's name, as the queue log has it.
    pub member: String,
    /// When the ringing began.
    pub began: Time,
    /// When it ended, in an answer or without.
    pub ended: Time,
    /// What became of it.
    pub outcome: Outcome,
}

impl Attempt {
    /// Whether the member answered, and was put through.
    pub fn answered(&self) -> bool {
        self.outcome == Outcome::Answered
    }
}
