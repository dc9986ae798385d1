//! Calls as they were folded, with their entries: writing what changed, and walking them.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use diesel::prelude::*;

use super::changes::{Log, bury};
use super::owners::KnownOwners;
use super::rows::{CallRow, HistoryRow, call_id};
use super::schema::{calls, history};
use super::statement::{Statement, list_length, pieces};
use super::time::{from_micros, to_micros};
use super::{CHUNK, Connection, marks, owners, placeholders, statement, write};
use crate::model::{Call, CallId, OwnerKind, Time};

/// How many calls a batch changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// New, or different from what was stored.
    pub changed: usize,
    /// Were stored and are not calls any more.
    pub removed: usize,
    /// As stored: nothing was written.
    pub unchanged: usize,
}

/// Makes the stored calls and histories say what these calls say, and removes those that are
/// `gone`, all in one transaction (new owners are made before it). What is stored already is
/// not written again; what changes gets a revision each, and the [log](super::changes) tells.
pub fn replace(conn: &mut Connection, calls: &[Call], gone: &[CallId]) -> QueryResult<Changes> {
    replace_knowing(conn, &KnownOwners::default(), calls, gone)
}

/// [`replace`] for who does so again and again, and remembers owners.
pub fn replace_knowing(
    conn: &mut Connection,
    known: &KnownOwners,
    calls: &[Call],
    gone: &[CallId],
) -> QueryResult<Changes> {
    if calls.is_empty() && gone.is_empty() {
        return Ok(Changes::default());
    }
    // In a transaction of their own, as short as can be: whoever else meets a new owner waits.
    let owner_ids = write(conn, |conn| {
        let entries = calls.iter().flat_map(Call::lines);
        owners::ensure(conn, known, entries.map(|entry| &entry.owner))
    })?;
    let ids = owner_ids.iter();
    let kinds: HashMap<i64, OwnerKind> = ids.map(|(owner, id)| (*id, owner.kind)).collect();
    let changes = write(conn, |conn| {
        let mut changes = Changes::default();
        let mut log = Log::begin();
        for chunk in calls.chunks(CHUNK) {
            let wanted = chunk.iter().map(|call| {
                let entries = call.lines().filter_map(|entry| {
                    let owner = owner_ids.get(&entry.owner)?;
                    Some(HistoryRow::of(call.id, *owner, entry))
                });
                (call, CallRow::of(call), entries.collect())
            });
            replace_chunk(conn, wanted.collect(), &kinds, &mut log, &mut changes)?;
        }
        let kept: HashSet<CallId> = calls.iter().map(|call| call.id).collect();
        let gone: BTreeSet<CallId> = gone.iter().copied().collect();
        let gone: Vec<CallId> = gone.into_iter().filter(|id| !kept.contains(id)).collect();
        for chunk in gone.chunks(CHUNK) {
            changes.removed += remove(conn, chunk, &mut log)?;
        }
        log.end(conn)?;
        Ok(changes)
    })?;
    known.add(owner_ids);
    Ok(changes)
}

fn replace_chunk(
    conn: &mut Connection,
    wanted: Vec<(&Call, CallRow, BTreeSet<HistoryRow>)>,
    kinds: &HashMap<i64, OwnerKind>,
    log: &mut Log,
    changes: &mut Changes,
) -> QueryResult<()> {
    let ids: Vec<Vec<u8>> = wanted
        .iter()
        .map(|(_, row, _)| row.call_id.clone())
        .collect();
    let there = present(conn, &ids)?;
    let mut stored = load(conn, &there)?;
    let mut changed = Vec::new();
    let mut replaced = Vec::new();
    let mut lost = BTreeMap::new();
    let mut obsolete = Vec::new();
    let mut new_entries = Vec::new();
    for (call, row, entries) in wanted {
        let (old_row, old_entries) = stored.remove(&row.call_id).unwrap_or_default();
        if old_row.as_ref() == Some(&row) && old_entries == entries {
            changes.unchanged += 1;
            continue;
        }
        changes.changed += 1;
        if old_row.is_some() {
            replaced.push(row.call_id.clone());
        }
        for old in old_entries.difference(&entries) {
            let key = (old.owner_id, old.started_at, &old.call_id, old.ordinal);
            diesel::delete(history::table.find(key)).execute(conn)?;
            obsolete.push(old.clone());
        }
        let owners: HashSet<i64> = entries.iter().map(|entry| entry.owner_id).collect();
        let old_owners = old_entries.iter().map(|entry| entry.owner_id);
        let left: BTreeSet<i64> = old_owners.filter(|id| !owners.contains(id)).collect();
        if !left.is_empty() {
            lost.insert(call.id, left);
        }
        changed.push((call, row));
        let fresh = entries
            .into_iter()
            .filter(|entry| !old_entries.contains(entry));
        new_entries.extend(fresh);
    }
    delete_calls(conn, &replaced)?;
    let losers = owners::with_ids(conn, lost.values().flatten().copied())?;
    let kind = |id: &i64| {
        let known = kinds.get(id).copied();
        known.or_else(|| losers.get(id).map(|owner| owner.kind))
    };
    marks::replace(conn, kind, &obsolete, &new_entries)?;
    let mut new_calls = Vec::with_capacity(changed.len());
    for (call, row) in changed {
        let owners = call.lines().map(|entry| &entry.owner);
        let left = lost.get(&call.id);
        let losers = left.into_iter().flatten().filter_map(|id| losers.get(id));
        let revision = log.changed(conn, call.id, owners.chain(losers))?;
        if let Some(left) = left {
            bury(conn, call.id, left, revision)?;
        }
        new_calls.push((row, revision));
    }
    // In the order in which they will lie.
    new_entries.sort_unstable();
    insert(conn, &new_calls, &new_entries, log.now())
}

fn delete_calls(conn: &mut Connection, ids: &[Vec<u8>]) -> QueryResult<()> {
    match ids {
        [] => Ok(()),
        _ => diesel::delete(calls::table.filter(calls::call_id.eq_any(ids)))
            .execute(conn)
            .map(drop),
    }
}

type Stored = HashMap<Vec<u8>, (Option<CallRow>, BTreeSet<HistoryRow>)>;

/// Those of these calls that are stored. Entries stand in the same transactions as their call.
fn present(conn: &mut Connection, ids: &[Vec<u8>]) -> QueryResult<Vec<Vec<u8>>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut query = Statement::kept(format!(
        "SELECT `call_id` FROM `calls` WHERE `call_id` IN ({})",
        placeholders(list_length(ids.len()))
    ));
    query.bind_bytes_list(&ids.iter().map(Vec::as_slice).collect::<Vec<_>>());
    let found: Vec<Found> = query.load(conn)?;
    Ok(found.into_iter().map(|found| found.call_id).collect())
}

#[derive(QueryableByName)]
#[diesel(table_name = calls)]
struct Found {
    call_id: Vec<u8>,
}

fn load(conn: &mut Connection, ids: &[Vec<u8>]) -> QueryResult<Stored> {
    let mut stored = Stored::new();
    if ids.is_empty() {
        return Ok(stored);
    }
    let rows: Vec<CallRow> = calls::table
        .filter(calls::call_id.eq_any(ids))
        .select(CallRow::as_select())
        .load(conn)?;
    for row in rows {
        let id = row.call_id.clone();
        stored.entry(id).or_default().0 = Some(row);
    }
    let rows: Vec<HistoryRow> = history::table
        .filter(history::call_id.eq_any(ids))
        .load(conn)?;
    for row in rows {
        stored.entry(row.call_id.clone()).or_default().1.insert(row);
    }
    Ok(stored)
}

fn insert(
    conn: &mut Connection,
    calls: &[(CallRow, i64)],
    entries: &[HistoryRow],
    now: i64,
) -> QueryResult<()> {
    for piece in pieces(calls) {
        let (into, columns) = (CallRow::INTO, CallRow::COLUMNS);
        statement::insert(conn, into, columns, "", piece, |s, (row, revision)| {
            row.bind(s);
            s.bind_number(*revision);
            s.bind_number(now);
        })?;
    }
    for piece in pieces(entries) {
        let (into, columns) = (HistoryRow::INTO, HistoryRow::COLUMNS);
        statement::insert(conn, into, columns, "", piece, |s, row| row.bind(s))?;
    }
    Ok(())
}

/// Removes calls with their entries; returns how many were there.
fn remove(conn: &mut Connection, gone: &[CallId], log: &mut Log) -> QueryResult<usize> {
    let ids: Vec<Vec<u8>> = gone.iter().map(|id| id.0.to_vec()).collect();
    let present = present(conn, &ids)?;
    if present.is_empty() {
        return Ok(0);
    }
    let rows: Vec<HistoryRow> = history::table
        .filter(history::call_id.eq_any(&present))
        .load(conn)?;
    let names = owners::with_ids(conn, rows.iter().map(|row| row.owner_id))?;
    let kind = |id: &i64| names.get(id).map(|owner| owner.kind);
    marks::replace(conn, kind, &rows, &[])?;
    for id in &present {
        let had = rows.iter().filter(|row| row.call_id == *id);
        let had: BTreeSet<i64> = had.map(|row| row.owner_id).collect();
        diesel::delete(history::table.filter(history::call_id.eq(id))).execute(conn)?;
        let owners = had.iter().filter_map(|owner| names.get(owner));
        let revision = log.removed(conn, call_id(id), owners)?;
        bury(conn, call_id(id), &had, revision)?;
    }
    delete_calls(conn, &present)?;
    Ok(present.len())
}

/// Those of these calls that are stored.
pub fn stored(conn: &mut Connection, ids: &BTreeSet<CallId>) -> QueryResult<BTreeSet<CallId>> {
    let ids: Vec<Vec<u8>> = ids.iter().map(|id| id.0.to_vec()).collect();
    let mut found = BTreeSet::new();
    for chunk in ids.chunks(CHUNK) {
        let rows: Vec<Vec<u8>> = calls::table
            .filter(calls::call_id.eq_any(chunk))
            .select(calls::call_id)
            .load(conn)?;
        found.extend(rows.iter().map(|id| call_id(id)));
    }
    Ok(found)
}

/// The stored calls with these linkedids in a source.
pub fn calls_with_linkedids(
    conn: &mut Connection,
    source: &str,
    linkedids: &[String],
) -> QueryResult<Vec<(String, CallId)>> {
    let mut found = Vec::new();
    for chunk in linkedids.chunks(CHUNK) {
        let rows: Vec<(String, Vec<u8>)> = calls::table
            .filter(calls::source.eq(source))
            .filter(calls::linkedid.eq_any(chunk))
            .select((calls::linkedid, calls::call_id))
            .load(conn)?;
        found.extend(
            rows.into_iter()
                .map(|(linkedid, id)| (linkedid, call_id(&id))),
        );
    }
    Ok(found)
}

/// The stored calls of a source in the order of their linkedids: at most `limit` of those
/// after `after`. The last linkedid of one chunk is the `after` of the next.
pub fn calls_after(
    conn: &mut Connection,
    source: &str,
    after: Option<&str>,
    limit: usize,
) -> QueryResult<Vec<(String, CallId)>> {
    let mut query = calls::table
        .filter(calls::source.eq(source))
        .select((calls::linkedid, calls::call_id))
        .order(calls::linkedid)
        .limit(i64::try_from(limit).unwrap_or(i64::MAX))
        .into_boxed();
    if let Some(after) = after {
        query = query.filter(calls::linkedid.gt(after));
    }
    let rows: Vec<(String, Vec<u8>)> = query.load(conn)?;
    let calls = rows
        .into_iter()
        .map(|(linkedid, id)| (linkedid, call_id(&id)));
    Ok(calls.collect())
}

/// A call that goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ongoing {
    /// The PBX.
    pub source: String,
    /// The conversation's id there.
    pub linkedid: String,
    /// When it began.
    pub start: Time,
    /// When it was last changed here.
    pub changed_at: Time,
    id: Vec<u8>,
}

/// Calls that go on and began before a time, the oldest first: at most `limit` of those after
/// `after`.
pub fn ongoing_before(
    conn: &mut Connection,
    time: Time,
    after: Option<&Ongoing>,
    limit: usize,
) -> QueryResult<Vec<Ongoing>> {
    let mut query = calls::table
        .filter(calls::ended_at.is_null())
        .filter(calls::started_at.lt(to_micros(time)))
        .select((
            calls::source,
            calls::linkedid,
            calls::started_at,
            calls::changed_at,
            calls::call_id,
        ))
        .order((calls::started_at, calls::call_id))
        .limit(i64::try_from(limit).unwrap_or(i64::MAX))
        .into_boxed();
    if let Some(after) = after {
        let start = to_micros(after.start);
        let later = calls::started_at
            .eq(start)
            .and(calls::call_id.gt(after.id.clone()));
        query = query.filter(calls::started_at.gt(start).or(later));
    }
    let rows: Vec<(String, String, i64, i64, Vec<u8>)> = query.load(conn)?;
    let calls = rows
        .into_iter()
        .map(|(source, linkedid, start, changed_at, id)| Ongoing {
            source,
            linkedid,
            start: from_micros(start),
            changed_at: from_micros(changed_at),
            id,
        });
    Ok(calls.collect())
}

/// When the newest call of a source began.
pub fn newest_start(conn: &mut Connection, source: &str) -> QueryResult<Option<Time>> {
    let newest: Option<i64> = calls::table
        .filter(calls::source.eq(source))
        .select(calls::started_at)
        .order(calls::started_at.desc())
        .first(conn)
        .optional()?;
    Ok(newest.map(from_micros))
}

/// The sources that calls are stored of.
pub fn sources_with_calls(conn: &mut Connection) -> QueryResult<Vec<String>> {
    let mut sources: Vec<String> = Vec::new();
    loop {
        let mut query = calls::table
            .select(calls::source)
            .order(calls::source)
            .limit(1)
            .into_boxed();
        if let Some(last) = sources.last() {
            query = query.filter(calls::source.gt(last.clone()));
        }
        match query.first(conn).optional()? {
            Some(source) => sources.push(source),
            None => return Ok(sources),
        }
    }
}
