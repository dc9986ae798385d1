//! What there is to be told of a call: from its records, or, while it has none, from what the PBX
//! says of it.

use chrono::Utc;
use diesel::QueryResult;

use crate::api::State;
use crate::api::names::Names;
use crate::ingest::retell::retell;
use crate::model::{CallId, Line, Principal, SeenDetail};
use crate::store::landing::CallRecords;
use crate::store::{Connection, detail, settings};

/// A call, as far as somebody may read it.
pub(super) struct Told {
    /// The call.
    pub(super) id: CallId,
    /// The revision of its last change; None while it is not stored.
    pub(super) revision: Option<i64>,
    /// Whether no further row can change it.
    pub(super) settled: bool,
    /// Its entries: at least one.
    pub(super) lines: Vec<Line>,
    /// How it went; None when its rows tell of no call any more.
    pub(super) seen: Option<SeenDetail>,
    /// The PBX, and the conversation's id there.
    pub(super) place: (String, String),
    /// The PBX's rows.
    pub(super) records: Option<CallRecords>,
    /// There are more rows than were looked at.
    pub(super) is_cut: bool,
    /// So many of them were not understood.
    pub(super) not_understood: usize,
}

impl Told {
    /// The call with this id; None when there is none, or nothing of it for the caller.
    pub(super) fn of(
        state: &State,
        connection: &mut Connection,
        caller: &Principal,
        names: &Names,
        id: CallId,
    ) -> QueryResult<Option<Self>> {
        if let Some(stored) = Self::stored(connection, caller, names, id)? {
            return Ok(Some(stored));
        }
        match Self::live(state, connection, caller, names, id)? {
            Some(live) => Ok(Some(live)),
            // Its records may have come in between, and then nothing else tells of it any more.
            None => Self::stored(connection, caller, names, id),
        }
    }

    fn stored(
        connection: &mut Connection,
        caller: &Principal,
        names: &Names,
        id: CallId,
    ) -> QueryResult<Option<Self>> {
        let Some(call) = detail::call(connection, id, caller)? else {
            return Ok(None);
        };
        let longest = settings::longest_call(connection)?;
        let (source, linkedid) = (call.source, call.linkedid);
        let (directory, is_over) = (names.directory(), call.state.is_over);
        let mut told = Self {
            id,
            revision: Some(call.revision),
            settled: call.state.is_settled(Utc::now(), longest),
            lines: call.lines,
            seen: None,
            records: None,
            is_cut: false,
            not_understood: 0,
            place: (source.clone(), linkedid.clone()),
        };
        if let Some(retold) = retell(connection, directory, &source, &linkedid, is_over)? {
            told.seen = retold.detail.map(|detail| caller.seen(detail));
            told.records = Some(retold.records);
            told.is_cut = retold.is_cut;
            told.not_understood = retold.not_understood;
        }
        Ok(Some(told))
    }

    fn live(
        state: &State,
        connection: &mut Connection,
        caller: &Principal,
        names: &Names,
        id: CallId,
    ) -> QueryResult<Option<Self>> {
        state.end_silent_calls(connection)?;
        let Some(live) = state.live.detail(id, names.directory()) else {
            return Ok(None);
        };
        let detail = live.detail;
        let lines = detail.call.lines();
        let readable = lines.filter(|entry| caller.may_read(&entry.owner));
        let line = |entry| Line { call: id, entry };
        let lines: Vec<Line> = readable.cloned().map(line).collect();
        Ok((!lines.is_empty()).then(|| Self {
            id,
            revision: None,
            settled: false,
            lines,
            place: (detail.call.source.clone(), detail.call.linkedid.clone()),
            seen: Some(caller.seen(detail)),
            records: None,
            is_cut: live.is_cut,
            not_understood: 0,
        }))
    }
}
