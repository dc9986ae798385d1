//! A call as clients read it. Whatever is unknown, does not apply or is not for the caller is
//! absent. Times are RFC 3339 with milliseconds.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use crate::api::wire::{CallHistory, OwnerName};

/// A call as it went.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CallDetail {
    /// Stable id of the call.
    #[schema(example = "506388d2064b35a4817732f31e53e006")]
    pub call_id: String,
    /// Moves with each change of the call; absent while only the PBX's Manager Interface tells of
    /// it.
    #[schema(example = 4711, minimum = 1)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<i64>,
    /// Whether no further row can change the call.
    pub settled: bool,
    /// Whether this is all of the call. Else it is the caller's side: the entries that the caller
    /// may read, and what belongs to their owners.
    pub whole: bool,
    /// The call's line in `/calls`. Only of a whole call, like all up to `phases`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub summary: Option<DetailEntry>,
    /// The PBX that the call was on.
    #[schema(example = "default")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The call's id there.
    #[schema(example = "1795393087.28")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub linkedid: Option<String>,
    /// When it began for its caller.
    #[schema(format = "date-time", example = "2026-11-23T00:18:07.000+00:00")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<String>,
    /// When its last leg or visit ended; absent while it goes on.
    #[schema(format = "date-time", example = "2026-11-23T00:18:32.000+00:00")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<String>,
    /// The outside number that an inbound caller dialled.
    #[schema(example = "0145000000")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub did: Option<String>,
    /// How long the parts of the call took.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub phases: Option<DetailPhases>,
    /// The entries of the call, as they stand in the histories of their owners.
    pub entries: Vec<DetailEntry>,
    /// The stays in queues, in order.
    pub visits: Vec<DetailVisit>,
    /// Each ringing of a phone or of a queue's member, in order.
    pub rings: Vec<DetailRing>,
    /// Who handed the call on, in order.
    pub transfers: Vec<DetailTransfer>,
    /// The rows behind it, in order: those of CDR, and those made of channel events (CEL).
    pub legs: Vec<DetailLeg>,
    /// The PBX's rows as they came, with `include=rows`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub rows: Option<DetailRows>,
    /// What is missing here, in words.
    pub notes: Vec<String>,
}

/// Why something is as it is said to be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct DetailWhy {
    /// The rule, by a stable word.
    #[schema(example = "answered-elsewhere")]
    pub code: String,
    /// The rule in a sentence, which may change.
    #[schema(
        example = "The owner's phone rang, and somebody else answered the call after its last ringing began."
    )]
    pub text: String,
}

/// An entry of a history, and why it has its status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DetailEntry {
    /// In whose history it stands.
    pub owner: OwnerName,
    /// The entry, as that history shows it.
    pub entry: CallHistory,
    /// By which rule it has its status; absent when rows have come that its history does not
    /// know yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub why: Option<DetailWhy>,
}

/// How long the parts of a call took, in whole seconds. What goes on is counted until now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DetailPhases {
    /// From the beginning to the first talk; absent when nobody talked.
    #[schema(example = 4, minimum = 0)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until_answer_seconds: Option<i64>,
    /// For how long at least one phone rang; absent while one does.
    #[schema(example = 4, minimum = 0)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ringing_seconds: Option<i64>,
    /// In queues, all visits together; absent when there was none.
    #[schema(example = 7, minimum = 0)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting_seconds: Option<i64>,
    /// For how long at least two talked.
    #[schema(example = 25, minimum = 0)]
    pub talk_seconds: i64,
    /// From beginning to end.
    #[schema(example = 36, minimum = 0)]
    pub total_seconds: i64,
}

/// A stay in a queue, or a refusal at its door.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DetailVisit {
    /// The queue's name.
    #[schema(example = "blue")]
    pub queue_name: String,
    /// When the caller entered, or was refused.
    #[schema(format = "date-time", example = "2026-11-23T00:18:07.000+00:00")]
    pub entered_at: String,
    /// When a member answered.
    #[schema(format = "date-time", example = "2026-11-23T00:18:14.000+00:00")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answered_at: Option<String>,
    /// When it ended; absent while it goes on.
    #[schema(format = "date-time", example = "2026-11-23T00:18:32.000+00:00")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<String>,
    /// How it ended, as in the queue's history.
    #[schema(example = "answered")]
    pub status: String,
    /// By which rule.
    pub why: DetailWhy,
    /// Waiting; what goes on is counted until now.
    #[schema(example = 7, minimum = 0)]
    pub wait_seconds: i64,
    /// Talk; what goes on is counted until now.
    #[schema(example = 25, minimum = 0)]
    pub talk_seconds: i64,
}

/// One ringing of a phone, or of a queue's member.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DetailRing {
    /// The user who was rung.
    #[schema(example = "userb")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// The number that was rung.
    #[schema(example = "1001")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// The channel that rang.
    #[schema(example = "PJSIP/1001-00000002")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// In a queue: the number of the agent, where the queue log names one.
    #[schema(example = "2501")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_num: Option<String>,
    /// In a queue: the name of the agent, or of the user who is the member.
    #[schema(example = "User B")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_name: Option<String>,
    /// In a queue: the place of the visit in `visits`, from 0.
    #[schema(example = 0, minimum = 0)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visit: Option<usize>,
    /// When it began.
    #[schema(format = "date-time", example = "2026-11-23T00:18:10.000+00:00")]
    pub began_at: String,
    /// For how long it rang; what goes on is counted until now.
    #[schema(example = 4, minimum = 0)]
    pub ring_seconds: i64,
    /// What became of it: `answered`, `unanswered`, `busy` (or refused), `failed` (not reachable),
    /// `cancelled` (the caller left, as far as the PBX tells, or somebody else was quicker), `dropped` (picked up and not
    /// put through), `ringing`.
    #[schema(example = "answered")]
    pub outcome: String,
    /// Only when true: not answered, and somebody answered the call after it began.
    #[schema(example = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answered_elsewhere: Option<bool>,
    /// The talk that came of it; what goes on is counted until now.
    #[schema(example = 25, minimum = 0)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub talk_seconds: Option<i64>,
}

/// The call was handed on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DetailTransfer {
    /// When.
    #[schema(format = "date-time", example = "2026-11-23T00:18:20.000+00:00")]
    pub at: String,
    /// `blind`, or `attended`: who handed it on had talked with the other before.
    #[schema(example = "blind")]
    pub kind: String,
    /// The user who handed it on.
    #[schema(example = "userb")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by_username: Option<String>,
    /// That one's number.
    #[schema(example = "1001")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by_number: Option<String>,
    /// The user who got it.
    #[schema(example = "userc")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_username: Option<String>,
    /// The name of the queue that got it; then there is no `toUsername`.
    #[schema(example = "black")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_queue: Option<String>,
    /// The number of who got it.
    #[schema(example = "1002")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_number: Option<String>,
    /// Where that is known from: `cel`, `queue_log`, or `rows` (a talk ended, and the same caller
    /// went on with another phone).
    #[schema(example = "queue_log")]
    pub witness: String,
}

/// A row: a path from a calling party to at most one called party. Local channels are resolved to
/// the phones behind them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DetailLeg {
    /// What it was: `talked`, `rang`, `room`, `application`, `originated`, `plumbing`,
    /// `duplicate`, `superseded`, `partial`, `message`.
    #[schema(example = "talked")]
    pub class: String,
    /// Whether it counts as ringing or talk.
    #[schema(example = true)]
    pub counted: bool,
    /// Why it counts or does not, in a sentence, which may change.
    #[schema(example = "A phone was called, and every row on the way to it was answered.")]
    pub why: String,
    /// Where the row is from: `cdr`, or `cel` when it was made of channel events.
    #[schema(example = "cdr")]
    pub table: String,
    /// The calling party's channel.
    #[schema(example = "PJSIP/1000-00000001")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_channel: Option<String>,
    /// The called party's channel.
    #[schema(example = "PJSIP/1001-00000002")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_channel: Option<String>,
    /// The application that the calling party was in; for who may read that side.
    #[schema(example = "Dial")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub application: Option<String>,
    /// Creation of the path; for who may read the called side only, when the phone began to ring.
    #[schema(format = "date-time", example = "2026-11-23T00:18:07.000+00:00")]
    pub started_at: String,
    /// When the talk began.
    #[schema(format = "date-time", example = "2026-11-23T00:18:11.000+00:00")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answered_at: Option<String>,
    /// End of the path; absent while it goes on.
    #[schema(format = "date-time", example = "2026-11-23T00:18:32.000+00:00")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<String>,
    /// Talk; what goes on is counted until now.
    #[schema(example = 21, minimum = 0)]
    pub talk_seconds: i64,
    /// The reference of the recording (FreePBX's `recordingfile`), as it stands: with the numbers
    /// of both sides, and so of a whole call only.
    #[schema(example = "internal-1001-1000-20261123-001807-1795393087.28.wav")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recording: Option<String>,
    /// What the dialplan left in `userfield`; often the reference of the recording. Of a whole call
    /// only.
    #[schema(example = "audio:1795393087.28.wav")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub userfield: Option<String>,
}

/// The PBX's rows as they came: of each, the columns that are not empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DetailRows {
    /// Rows of `cdr`.
    pub cdr: Vec<BTreeMap<String, String>>,
    /// Rows of `queue_log`.
    pub queue_log: Vec<BTreeMap<String, String>>,
    /// Rows of `cel`.
    pub cel: Vec<BTreeMap<String, String>>,
}
