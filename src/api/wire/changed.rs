//! A call that changed, as a reader of the changes sees it.

use std::sync::{Arc, OnceLock};

use chrono::SecondsFormat;
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use super::{CallHistory, View, call_history};
use crate::model::{CallId, Line, Owner, OwnerKind, Time};

/// A call that changed, whole: what is here takes the place of all that was known of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChangedCall {
    /// Stable id of the call.
    #[schema(example = "506388d2064b35a4817732f31e53e006")]
    pub call_id: String,
    /// The change's place in the order of all changes.
    #[schema(example = 1042, minimum = 1)]
    pub revision: i64,
    /// Only when true: none of the call's entries is there any more for this reader.
    #[schema(example = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub removed: Option<bool>,
    /// When it changed. Absent when it is removed.
    #[schema(format = "date-time", example = "2022-09-08T08:33:20.123456Z")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changed_at: Option<String>,
    /// Whether no further record of the PBX can change it. Absent when it is removed.
    #[schema(example = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settled: Option<bool>,
    /// All its entries that this reader may see, those included that somebody else answered.
    /// Absent when it is removed.
    #[schema(value_type = Vec<OwnedEntry>, required = false)]
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "shared_if_any"
    )]
    pub entries: Option<Vec<Arc<OwnedEntry>>>,
    /// This as JSON, once somebody has asked for it.
    #[serde(skip)]
    json: OnceLock<Box<str>>,
}

/// An entry, and in whose history it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct OwnedEntry {
    /// Whose history.
    pub owner: OwnerName,
    /// The entry, as that history shows it.
    pub entry: CallHistory,
}

/// An owner of entries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct OwnerName {
    /// `user`, `agent`, `queue`, `customer`, or `all` (the call as `/calls` lists it).
    #[schema(value_type = String, example = "user")]
    #[serde(serialize_with = "word")]
    pub kind: OwnerKind,
    /// Username, number of the agent, name of the queue, or the digits of the outside number; `all`.
    #[schema(example = "usera")]
    pub name: String,
}

impl ChangedCall {
    /// A call with these entries.
    pub fn of(
        call: CallId,
        revision: i64,
        changed_at: Time,
        settled: bool,
        entries: Vec<Arc<OwnedEntry>>,
    ) -> Self {
        Self {
            call_id: call.to_string(),
            revision,
            removed: None,
            changed_at: Some(changed_at.to_rfc3339_opts(SecondsFormat::Micros, true)),
            settled: Some(settled),
            entries: Some(entries),
            json: OnceLock::new(),
        }
    }

    /// A call of which nothing is left.
    pub fn removed(call: CallId, revision: i64) -> Self {
        Self {
            call_id: call.to_string(),
            revision,
            removed: Some(true),
            changed_at: None,
            settled: None,
            entries: None,
            json: OnceLock::new(),
        }
    }

    /// This as JSON: written once for all who are told the same.
    pub fn json(&self) -> &str {
        // Text and numbers can always be written.
        let write = || serde_json::to_string(self).unwrap_or_default().into();
        self.json.get_or_init(write)
    }
}

impl OwnedEntry {
    /// The entry of this line.
    pub fn of(line: &Line, view: &View<'_>) -> Self {
        Self {
            owner: OwnerName::from(&line.entry.owner),
            entry: call_history(line, view),
        }
    }
}

impl From<&Owner> for OwnerName {
    fn from(owner: &Owner) -> Self {
        Self {
            kind: owner.kind,
            name: owner.name.clone(),
        }
    }
}

/// Writes a list of what others show as well.
pub(in crate::api) fn shared<T: Serialize, S: Serializer>(
    list: &[Arc<T>],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(list.iter().map(Arc::as_ref))
}

fn shared_if_any<T: Serialize, S: Serializer>(
    list: &Option<Vec<Arc<T>>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    shared(list.as_deref().unwrap_or_default(), serializer)
}

fn word<S: Serializer>(kind: &OwnerKind, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(kind.as_str())
}
