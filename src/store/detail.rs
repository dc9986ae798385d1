//! A call as it is stored, for somebody who asks for it by its id.

use diesel::prelude::*;

use super::Connection;
use super::feed::CallState;
use super::rows::HistoryRow;
use super::schema::{calls, history, owners};
use super::time::from_micros;
use crate::model::{CallId, Line, Owner, OwnerKind, Principal};

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
/// One statement tells, which finds nothing of calls that may not be read: how long it takes does
/// not tell whether there is such a call.
///
/// # Errors
/// The database's.
pub fn call(
    conn: &mut Connection,
    id: CallId,
    principal: &Principal,
) -> QueryResult<Option<StoredCall>> {
    let mut lines = lines(conn, id, principal)?;
    if lines.is_empty() {
        return Ok(None);
    }
    lines.sort_by(|a, b| {
        let place = |line: &Line| (line.entry.owner.clone(), line.entry.ordinal);
        place(a).cmp(&place(b))
    });
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
    Ok(row.map(
        |(source, linkedid, revision, changed_at, ended_at, end_seen)| StoredCall {
            source,
            linkedid,
            revision,
            state: CallState {
                changed_at: from_micros(changed_at),
                is_over: ended_at.is_some(),
                end_seen,
            },
            lines,
        },
    ))
}

/// The entries of a call that may be read.
fn lines(conn: &mut Connection, id: CallId, principal: &Principal) -> QueryResult<Vec<Line>> {
    let (whole, [(user, users), (agent, agents), (queue, queues)]) = principal.readable_names();
    let whole = whole.into_iter().map(OwnerKind::code);
    let readable = owners::kind
        .eq_any(whole.collect::<Vec<_>>())
        .or(owners::kind.eq(user.code()).and(owners::name.eq_any(users)))
        .or(owners::kind
            .eq(agent.code())
            .and(owners::name.eq_any(agents)))
        .or(owners::kind
            .eq(queue.code())
            .and(owners::name.eq_any(queues)));
    let rows: Vec<(HistoryRow, i16, String)> = history::table
        .inner_join(owners::table.on(owners::id.eq(history::owner_id)))
        .filter(history::call_id.eq(id.0.to_vec()))
        .filter(readable)
        .select((history::all_columns, owners::kind, owners::name))
        .load(conn)?;
    let lines = rows.into_iter().filter_map(|(row, kind, name)| {
        let kind = OwnerKind::from_code(kind)?;
        let owner = Owner { kind, name };
        principal.may_read(&owner).then(|| row.into_line(owner))
    });
    Ok(lines.collect())
}
