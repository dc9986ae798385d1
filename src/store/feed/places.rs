//! What changed, in the order of the changes: where the calls stand, and who lost some.

use std::collections::{BTreeMap, HashMap};

use diesel::prelude::*;

use super::bytes;
use crate::model::{CallId, Owner, OwnerKind};
use crate::store::rows::call_id;
use crate::store::schema::{calls, history, owners, tombstones};
use crate::store::{CHUNK, Connection};

/// A change that still counts: the last of a call, or the one with which somebody lost it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its place in the order of all changes.
    pub revision: i64,
    /// The call.
    pub call: CallId,
    /// Whether this is the last change of a call that is stored.
    pub is_stored: bool,
    /// Whose entries were all lost with it.
    pub lost_by: Vec<Owner>,
}

/// From where to where changes are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Those after this revision,
    pub after: i64,
    /// up to this one.
    pub until: i64,
    /// Of what was lost until this revision nothing is wanted.
    pub began: i64,
}

/// The first changes of a span, in order, and the revision up to which these are all: that is its
/// end, unless there are more than `limit` (at least 1) of a sort.
///
/// # Errors
/// The database's.
pub fn places(conn: &mut Connection, span: Span, limit: usize) -> QueryResult<(Vec<Place>, i64)> {
    let stored: Vec<(i64, Vec<u8>)> = calls::table
        .filter(calls::revision.gt(span.after))
        .filter(calls::revision.le(span.until))
        .select((calls::revision, calls::call_id))
        .order(calls::revision)
        .limit(rows(limit))
        .load(conn)?;
    let mut until = match stored.last() {
        Some((last, _)) if stored.len() == limit => *last,
        _ => span.until,
    };
    let mut places: BTreeMap<i64, Place> = BTreeMap::new();
    let after = span.after.max(span.began);
    if after < until {
        let (lost, all_until) = lost(conn, after, until, limit)?;
        until = all_until;
        for (revision, call, owner) in lost {
            let place = places.entry(revision);
            let place = place.or_insert_with(|| Place::at(revision, &call));
            place.lost_by.extend(owner);
        }
    }
    let stored = stored.into_iter();
    for (revision, call) in stored.take_while(|(revision, _)| *revision <= until) {
        let place = places.entry(revision);
        place
            .or_insert_with(|| Place::at(revision, &call))
            .is_stored = true;
    }
    Ok((places.into_values().collect(), until))
}

/// A tombstone: revision, call, and whose it is.
type Lost = (i64, Vec<u8>, Option<Owner>);

/// The tombstones of the next revisions, and up to which revision these are all.
fn lost(
    conn: &mut Connection,
    after: i64,
    until: i64,
    limit: usize,
) -> QueryResult<(Vec<Lost>, i64)> {
    // All of a revision, or none: first which revisions there are.
    let revisions: Vec<i64> = tombstones::table
        .filter(tombstones::revision.gt(after))
        .filter(tombstones::revision.le(until))
        .select(tombstones::revision)
        .distinct()
        .order(tombstones::revision)
        .limit(rows(limit))
        .load(conn)?;
    let Some(last) = revisions.last().copied() else {
        return Ok((Vec::new(), until));
    };
    let until = match revisions.len() == limit {
        true => last,
        false => until,
    };
    let rows: Vec<(i64, Vec<u8>, i16, String)> = tombstones::table
        .inner_join(owners::table.on(owners::id.eq(tombstones::owner_id)))
        .filter(tombstones::revision.gt(after))
        .filter(tombstones::revision.le(last))
        .select((
            tombstones::revision,
            tombstones::call_id,
            owners::kind,
            owners::name,
        ))
        .load(conn)?;
    let lost = rows.into_iter().map(|(revision, call, kind, name)| {
        let owner = OwnerKind::from_code(kind).map(|kind| Owner::new(kind, name));
        (revision, call, owner)
    });
    Ok((lost.collect(), until))
}

/// Who has entries of these calls.
///
/// # Errors
/// The database's.
pub fn owners_of(
    conn: &mut Connection,
    ids: &[CallId],
) -> QueryResult<HashMap<CallId, Vec<Owner>>> {
    let mut found: HashMap<CallId, Vec<Owner>> = HashMap::new();
    for chunk in ids.chunks(CHUNK) {
        let rows: Vec<(Vec<u8>, i16, String)> = history::table
            .inner_join(owners::table.on(owners::id.eq(history::owner_id)))
            .filter(history::call_id.eq_any(bytes(chunk)))
            .select((history::call_id, owners::kind, owners::name))
            .load(conn)?;
        for (call, kind, name) in rows {
            if let Some(kind) = OwnerKind::from_code(kind) {
                let owners = found.entry(call_id(&call)).or_default();
                owners.push(Owner::new(kind, name));
            }
        }
    }
    Ok(found)
}

fn rows(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

impl Place {
    fn at(revision: i64, call: &[u8]) -> Self {
        Self {
            revision,
            call: call_id(call),
            is_stored: false,
            lost_by: Vec::new(),
        }
    }
}
