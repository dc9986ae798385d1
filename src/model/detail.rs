//! A call as it went, and why its entries say what they say.

use std::collections::BTreeMap;

use super::{Call, Owner, Rule, Time, Visit};

/// A call with all that folding found out about it. Folding tells it on demand, and nothing of
/// it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detail {
    /// The call, with its entries.
    pub call: Call,
    /// Its stays in queues, in order.
    pub visits: Vec<Visit>,
    /// Which rule gave each entry its status, by owner and [`Entry::ordinal`](super::Entry).
    pub rules: BTreeMap<(Owner, i16), Rule>,
    /// The rows of the call, those that did not count included, in the order of their beginning.
    pub legs: Vec<Leg>,
    /// Each ringing of a phone or of a queue's member, in the order of their beginning.
    pub rings: Vec<Ring>,
    /// Who handed the call on, in order.
    pub transfers: Vec<Transfer>,
    /// For how long at least one phone rang, in whole seconds; None while one does.
    pub ringing_seconds: Option<i64>,
}

/// What a row of CDR, or one made from channel events, was to folding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LegClass {
    /// Two parties were connected, and talked.
    Talked,
    /// A phone was rung, and not connected.
    Rang,
    /// A channel was in a conference room.
    Room,
    /// A channel was in an application only.
    Application,
    /// The phone of who asked for the call was rung for it.
    Originated,
    /// The row only leads into a Local channel.
    Plumbing,
    /// The row is there twice.
    Duplicate,
    /// Channel events tell the same path, exactly.
    Superseded,
    /// CDR tells the path, which channel events know in part only.
    Partial,
    /// A text message.
    Message,
}

impl LegClass {
    /// Every class.
    pub const ALL: [LegClass; 10] = [
        Self::Talked,
        Self::Rang,
        Self::Room,
        Self::Application,
        Self::Originated,
        Self::Plumbing,
        Self::Duplicate,
        Self::Superseded,
        Self::Partial,
        Self::Message,
    ];

    /// The word in the API.
    pub fn as_str(self) -> &'static str {
        self.text().0
    }

    /// Whether the leg counts as ringing or talk.
    pub fn counts(self) -> bool {
        matches!(self, Self::Talked | Self::Rang | Self::Room)
    }

    /// Why it counts or does not.
    pub fn sentence(self) -> &'static str {
        self.text().1
    }

    fn text(self) -> (&'static str, &'static str) {
        match self {
            Self::Talked => (
                "talked",
                "A phone was called, and every row on the way to it was answered.",
            ),
            Self::Rang => ("rang", "A phone was called, and not connected."),
            Self::Room => (
                "room",
                "The channel was in a conference room: nobody there was called by it.",
            ),
            Self::Application => (
                "application",
                "No phone was called: an application that answers is nobody.",
            ),
            Self::Originated => (
                "originated",
                "The PBX rang the phone of who asked for the call: that is the caller, who talked \
                 with nobody by it.",
            ),
            Self::Plumbing => (
                "plumbing",
                "The row leads into a Local channel: the row behind it has the phone.",
            ),
            Self::Duplicate => ("duplicate", "The same row was written twice."),
            Self::Superseded => (
                "superseded",
                "Channel events (CEL) know both channels from beginning to end: theirs counts.",
            ),
            Self::Partial => (
                "partial",
                "Made of channel events (CEL) that do not know both channels from beginning to \
                 end: the row of CDR counts.",
            ),
            Self::Message => ("message", "A text message is no call."),
        }
    }
}

/// One row of the call: a path from a calling party to at most one called party, with Local
/// channels resolved to the phones behind them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leg {
    /// What it was to folding.
    pub class: LegClass,
    /// The calling party's channel, behind any Local channel; None when nobody knows it, or it
    /// is not for whoever looks.
    pub from: Option<String>,
    /// The called party's channel, behind any Local channel; None for an application.
    pub to: Option<String>,
    /// The application that the caller was in, such as `Dial` or `Queue`; None where it is not for
    /// whoever looks.
    pub application: Option<String>,
    /// Creation of the row's path.
    pub start: Time,
    /// Its end; None while it goes on.
    pub end: Option<Time>,
    /// When the two talked; without an end while they do.
    pub talk: Option<(Time, Option<Time>)>,
    /// When the called phone, or the first of them, began to ring for it.
    pub rang: Option<Time>,
    /// Whether the row was made from channel events.
    pub from_events: bool,
    /// The recording's file, as FreePBX notes it.
    pub recording: Option<String>,
    /// What the dialplan left in `userfield`: where there is no recording file, often one.
    pub userfield: Option<String>,
    /// In whose history the calling side is.
    pub caller: Option<Owner>,
    /// In whose histories the called side is.
    pub called: Vec<Owner>,
}

/// What became of a ringing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Outcome {
    /// It was answered.
    Answered,
    /// Nobody answered there.
    Unanswered,
    /// The phone was busy, or refused.
    Busy,
    /// The phone could not be reached.
    Failed,
    /// The caller left, or somebody else answered.
    Cancelled,
    /// A queue's member picked up, and was not put through.
    Dropped,
    /// It rings.
    Ringing,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: [Outcome; 7] = [
        Self::Answered,
        Self::Unanswered,
        Self::Busy,
        Self::Failed,
        Self::Cancelled,
        Self::Dropped,
        Self::Ringing,
    ];

    /// The word in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Unanswered => "unanswered",
            Self::Busy => "busy",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Dropped => "dropped",
            Self::Ringing => "ringing",
        }
    }
}

/// One ringing of a phone, or of a queue's member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ring {
    /// In whose histories it stands.
    pub owners: Vec<Owner>,
    /// The user who was rung.
    pub user: Option<String>,
    /// The number that was rung.
    pub number: Option<String>,
    /// The channel that rang.
    pub channel: Option<String>,
    /// In a queue: the agent, as the queue log names it.
    pub agent: Option<String>,
    /// In a queue: the user who is the member.
    pub member_user: Option<String>,
    /// The place of the visit that it was part of among the call's visits.
    pub visit: Option<usize>,
    /// When it began.
    pub began: Time,
    /// When it ended, in an answer or without; None while it rings.
    pub ended: Option<Time>,
    /// What became of it.
    pub outcome: Outcome,
    /// It was not answered, and somebody answered the call after it began.
    pub answered_elsewhere: bool,
    /// The talk that came of it; without an end while it goes on.
    pub talk: Option<(Time, Option<Time>)>,
}

/// Where a transfer is known from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Witness {
    /// A channel event.
    Cel,
    /// An event of the queue log.
    QueueLog,
    /// The rows: a talk ended, and the same caller went on with another phone.
    Rows,
}

impl Witness {
    /// Every witness.
    pub const ALL: [Witness; 3] = [Self::Cel, Self::QueueLog, Self::Rows];

    /// The word in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cel => "cel",
            Self::QueueLog => "queue_log",
            Self::Rows => "rows",
        }
    }
}

/// Somebody who has to do with a transfer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TransferParty {
    /// The user.
    pub user: Option<String>,
    /// The queue, when the number is a queue's.
    pub queue: Option<String>,
    /// The number.
    pub number: Option<String>,
    /// In whose histories that is.
    pub owners: Vec<Owner>,
}

/// The call was handed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// When.
    pub at: Time,
    /// Whether who handed it on had talked with the other before.
    pub attended: bool,
    /// Who handed it on.
    pub by: Option<TransferParty>,
    /// To whom.
    pub to: Option<TransferParty>,
    /// The visit in which it was, by its place among the call's visits.
    pub visit: Option<usize>,
    /// Where that is known from.
    pub witness: Witness,
}
