//! What a client reads: entries of a history, with the names of today's directory.

mod changed;
mod convert;

use serde::Serialize;
use utoipa::ToSchema;

pub(super) use changed::shared;
pub use changed::{ChangedCall, OwnedEntry, OwnerName};
pub(in crate::api) use convert::member_name;
pub use convert::{View, call_history};

/// One entry of a history. Whatever is unknown or does not apply is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CallHistory {
    /// When the entry starts, in the zone of `tz`, else the service's: for caller and customer
    /// the call's start, for a called user or agent the first ringing, for a queue the
    /// entering.
    #[schema(example = "2022-09-08 10:32:50")]
    pub start: String,
    /// Talk as `HH:MM:SS`; hours go beyond 99 if they must. For a called user or agent their
    /// own, else all talk of the call. Zero when nobody talked.
    #[schema(example = "00:00:25")]
    pub duration: String,
    /// What became of the call for this owner. A user or agent: `emitted`, `answered`,
    /// `missed`, `ongoing`. A queue: `answered`, `ongoing`, `full`, `closed`, `joinempty`,
    /// `leaveempty`, `divert_ca_ratio`, `divert_waittime`, `abandoned`, `timeout`,
    /// `exitwithkey`, `withdrawn`, `unknown`. A customer: any of them. A call in the list of
    /// all calls: any but `emitted`.
    #[schema(example = "answered")]
    pub status: String,
    /// Stable id of the call. All entries of one call share it.
    #[schema(example = "506388d2064b35a4817732f31e53e006")]
    pub call_id: String,
    /// Number of the caller.
    #[schema(example = "1000")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub src_num: Option<String>,
    /// Number of the called side; in the history of a queue the queue's number.
    #[schema(example = "1001")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dst_num: Option<String>,
    /// Username of the caller.
    #[schema(example = "usera")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub src_username: Option<String>,
    /// Username of the called side.
    #[schema(example = "userb")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dst_username: Option<String>,
    /// First name of the caller.
    #[schema(example = "User")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub src_first_name: Option<String>,
    /// Last name of the caller; of an outside caller the name in the caller id.
    #[schema(example = "A")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub src_last_name: Option<String>,
    /// First name of the called side.
    #[schema(example = "User")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dst_first_name: Option<String>,
    /// Last name of the called side.
    #[schema(example = "B")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dst_last_name: Option<String>,
    /// State of the caller's phone now: 0 idle, 1 in use, 2 busy, 4 unavailable, 8 ringing,
    /// 9 in use and ringing, 16 on hold, −1 deactivated, −2 removed.
    #[schema(example = 0)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub src_phone_status: Option<i32>,
    /// State of the called phone now, with the same numbers.
    #[schema(example = 1)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dst_phone_status: Option<i32>,
    /// Video state of the caller, as the user's client last said.
    #[schema(example = "Available")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub src_video_status: Option<String>,
    /// Video state of the called user, as that user's client last said.
    #[schema(example = "Busy")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dst_video_status: Option<String>,
    /// `start` as RFC 3339 with offset.
    #[schema(format = "date-time", example = "2022-09-08T10:32:50+02:00")]
    pub started_at: String,
    /// What the caller dialled, when it is not `dstNum`.
    #[schema(example = "4002")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dialed_num: Option<String>,
    /// Waiting in the queue as `HH:MM:SS`.
    #[schema(example = "00:00:07")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wait_time: Option<String>,
    /// Name of the queue, as `/history/queue` searches it.
    #[schema(example = "blue")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue_name: Option<String>,
    /// Name of the queue for people.
    #[schema(example = "Customer care")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue_display_name: Option<String>,
    /// Number of the agent, where the queue log names one: who answered in the queue; in an entry
    /// of a user who was called as the queue's member and did not talk, that user's own; in the
    /// history of an agent, this agent's.
    #[schema(example = "2501")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_num: Option<String>,
    /// Name of that agent, or of the user who is the member where the queue log names no agent.
    #[schema(example = "User B")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_name: Option<String>,
    /// Number of the queue.
    #[schema(example = "3000")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue_num: Option<String>,
    /// Which way the call went: `internal`, `inbound` or `outbound`.
    #[schema(example = "internal")]
    pub direction: String,
    /// `duration` in seconds.
    #[schema(example = 25, minimum = 0)]
    pub duration_seconds: i64,
    /// `waitTime` in seconds.
    #[schema(example = 7, minimum = 0)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wait_seconds: Option<i64>,
    /// Only when true: `status` is `missed`, but somebody else answered.
    #[schema(example = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answered_elsewhere: Option<bool>,
    /// Only when true: the call was recorded, in part at least.
    #[schema(example = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub has_recording: Option<bool>,
    /// The account that the call is counted for.
    #[schema(example = "sales")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_code: Option<String>,
    /// With `distinct=peer`: how many entries of this party there are in the window.
    #[schema(example = 3, minimum = 1)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calls: Option<u32>,
}

#[cfg(test)]
mod tests;
