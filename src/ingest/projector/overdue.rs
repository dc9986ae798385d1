//! Calls that never end: a PBX that crashed writes no end, and none will come.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use diesel::QueryResult;

use super::{BATCH, Folder, Totals};
use crate::model::Time;
use crate::store::calls::{self, Ongoing};
use crate::store::lease::Fence;
use crate::store::{Connection, overdue, settings};

/// Closes calls without an end that are older than a call may be: those that began so long
/// before the newest call of their source, and those of which nothing was heard for so long.
/// (The second clock is ours, the first the PBX's: rows of last year may come today.)
///
/// They ended when the last was heard of them, and talk without an end is none. What comes later
/// is believed, and whoever folds them again (`rebuild`, an import) closes them, too. A
/// follower's goes on only while the fence lets it.
///
/// # Errors
/// The database's, or that the lease is lost.
pub fn close_overdue(
    conn: &mut Connection,
    now: Time,
    fence: Option<Fence>,
) -> QueryResult<Totals> {
    let longest = settings::longest_call(conn)?;
    let mut totals = Totals::default();
    let mut after = None;
    loop {
        let found = calls::ongoing_before(conn, now - longest, after.as_ref(), BATCH)?;
        if found.is_empty() {
            return Ok(totals);
        }
        after = found.last().cloned();
        let mut sources: BTreeMap<String, Vec<Ongoing>> = BTreeMap::new();
        for call in found {
            sources.entry(call.source.clone()).or_default().push(call);
        }
        for (source, calls) in sources {
            totals.add(close(conn, &source, &calls, now, longest, fence)?);
        }
    }
}

fn close(
    conn: &mut Connection,
    source: &str,
    calls: &[Ongoing],
    now: Time,
    longest: TimeDelta,
    fence: Option<Fence>,
) -> QueryResult<Totals> {
    let newest = calls::newest_start(conn, source)?;
    // A row of the future closes nothing.
    let by_their_clock = newest.map(|newest| newest.min(now) - longest);
    let silent = calls.iter().filter(|call| call.changed_at < now - longest);
    let by_ours = silent.map(|call| call.start + TimeDelta::microseconds(1));
    let Some(before) = by_ours.chain(by_their_clock).max() else {
        return Ok(Totals::default());
    };
    let old = calls.iter().filter(|call| call.start < before);
    let old: Vec<String> = old.map(|call| call.linkedid.clone()).collect();
    if old.is_empty() {
        return Ok(Totals::default());
    }
    overdue::put(conn, source, before, fence.as_ref())?;
    Folder::new(conn, source, fence)?.fold(conn, &old)
}
