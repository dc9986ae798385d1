//! A call as it is stored, for somebody who asks for it by its id.

use diesel::prelude::*;

use super::feed::CallState;
use super::rows::HistoryRow;
use super::schema::{calls, history};
use super::time::from_micros;
use super::{Connection, owners};
use crate::model::{CallId, Line, Principal};

/// A stored call, as far as somebody may read it.
#[derive(Clone, Debug)]
pub struct StoredCall {
    /// The PBX.
    pub source: String,
    /// The conversation's id there.
    pub linkedid: String,
    /// The revision of its last change.
    pub revision: i64,
    /// What else is known of it.
    pub state: CallState,
    /// Its entries that may be read, in the order of their owners: at least one.
    pub lines: Vec<Line>,
}

/// A call, when there is one with this id and `principal` may read an entry of it.
///
/// # Errors
/// The database's.
pub fn call(
    conn: &mut Connection,
    id: CallId,
    principal: &Principal,
) -> QueryResult<Option<StoredCall>> {
    type Row = (String, String, i64, i64, Option<i64>, bool);
    let row: Option<Row> = calls::table
        .find(id.0.to_vec())
        .select((
            calls::source,
            calls::linkedid,
            calls::revision,
            calls::changed_at,
            calls::ended_at,
            calls::end_seen,
        ))
        .first(conn)
        .optional()?;
    let Some((source, linkedid, revision, changed_at, ended_at, end_seen)) = row else {
        return Ok(None);
    };
    let rows: Vec<HistoryRow> = history::table
        .filter(history::call_id.eq(id.0.to_vec()))
        .load(conn)?;
    let known = owners::with_ids(conn, rows.iter().map(|row| row.owner_id))?;
    let mut lines: Vec<Line> = rows
        .into_iter()
        .filter_map(|row| {
            let owner = known.get(&row.owner_id)?;
            let readable = principal.may_read(owner);
            readable.then(|| row.into_line(owner.clone()))
        })
        .collect();
    lines.sort_by(|a, b| {
        let place = |line: &Line| (line.entry.owner.clone(), line.entry.ordinal);
        place(a).cmp(&place(b))
    });
    Ok((!lines.is_empty()).then_some(StoredCall {
        source,
        linkedid,
        revision,
        state: CallState {
            changed_at: from_micros(changed_at),
            is_over: ended_at.is_some(),
            end_seen,
        },
        lines,
    }))
}
