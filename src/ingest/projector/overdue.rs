//! Calls that never end: a PBX that crashed writes no end, and none will come.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use diesel::QueryResult;

use super::{BATCH, Totals, fold_conversations};
use crate::model::Time;
use crate::store::{Connection, calls, revisions};

/// So many hours a call goes on, where nothing else is configured.
pub const MAX_CALL_HOURS: i64 = 4;

/// Closes calls that began longer ago than `longest` before `now` and have no end. They ended
/// when the last was heard of them, and talk without an end is none. What comes later is
/// believed, and whoever folds them again (`rebuild`, an import) closes them, too.
///
/// # Errors
/// The database's.
pub fn close_overdue(conn: &mut Connection, now: Time, longest: TimeDelta) -> QueryResult<Totals> {
    let before = now - longest;
    revisions::overdue_before(conn, before)?;
    let mut totals = Totals::default();
    let mut after = None;
    loop {
        let found = calls::ongoing_before(conn, before, after.as_ref(), BATCH)?;
        if found.is_empty() {
            return Ok(totals);
        }
        after = found.last().cloned();
        let mut sources: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for call in found {
            sources.entry(call.source).or_default().push(call.linkedid);
        }
        for (source, linkedids) in sources {
            totals.add(fold_conversations(conn, &mut [], &source, &linkedids)?);
        }
    }
}
