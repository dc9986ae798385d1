//! Owners: a short id for each kind and name, so that a history is clustered by an integer.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

use diesel::prelude::*;
use diesel::result::Error;

use super::schema::{history, owners};
use super::{CHUNK, Connection, revisions};
use crate::model::{Owner, OwnerKind};

/// The names of all owners of a kind that have entries, in order. Meant for users, agents and
/// queues; customers are too many to want them all.
pub fn names(conn: &mut Connection, kind: OwnerKind) -> QueryResult<Vec<String>> {
    const AT_ONCE: usize = 1000;
    let mut names: Vec<String> = Vec::new();
    loop {
        let after = names.last().cloned().unwrap_or_default();
        // Who was learned, and is known by another name since, has no entries left.
        let entries = history::table.filter(history::owner_id.eq(owners::id));
        let chunk: Vec<String> = owners::table
            .select(owners::name)
            .filter(owners::kind.eq(kind.code()))
            .filter(owners::name.gt(after))
            .filter(diesel::dsl::exists(entries))
            .order(owners::name)
            .limit(AT_ONCE as i64)
            .load(conn)?;
        let count = chunk.len();
        names.extend(chunk);
        if count < AT_ONCE {
            return Ok(names);
        }
    }
}

/// Ids of owners that a writer has met, so that it need not ask for them again. An owner once
/// made keeps its id.
#[derive(Debug, Default)]
pub struct KnownOwners(Mutex<HashMap<Owner, i64>>);

impl KnownOwners {
    /// More than this are not held: there are many customers.
    const MOST: usize = 100_000;

    fn of(&self, wanted: &BTreeSet<&Owner>) -> HashMap<Owner, i64> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let ids = wanted.iter();
        ids.filter_map(|owner| Some((Owner::clone(owner), *known.get(*owner)?)))
            .collect()
    }

    /// Remembers ids, of a transaction that is committed.
    pub(super) fn add(&self, ids: HashMap<Owner, i64>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() > Self::MOST {
            known.clear();
        }
        known.extend(ids);
    }
}

/// The ids of these owners. Those that are new get one; a new user, agent or queue changes
/// what the directory is taken to know, and so its revision.
pub(super) fn ensure<'a>(
    conn: &mut Connection,
    known: &KnownOwners,
    wanted: impl IntoIterator<Item = &'a Owner>,
) -> QueryResult<HashMap<Owner, i64>> {
    // In one order everywhere, so that two writers do not lock crosswise.
    let wanted: BTreeSet<&Owner> = wanted.into_iter().collect();
    let mut ids = known.of(&wanted);
    let unknown = wanted.iter().copied();
    let unknown: Vec<&Owner> = unknown.filter(|owner| !ids.contains_key(*owner)).collect();
    ids.extend(self::ids(conn, unknown.into_iter())?);
    let missing: Vec<&Owner> = wanted
        .iter()
        .copied()
        .filter(|owner| !ids.contains_key(*owner))
        .collect();
    if missing.is_empty() {
        return Ok(ids);
    }
    for chunk in missing.chunks(CHUNK) {
        insert(conn, chunk)?;
    }
    let is_known_by_name =
        |owner: &&Owner| !matches!(owner.kind, OwnerKind::Customer | OwnerKind::All);
    if missing.iter().any(is_known_by_name) {
        revisions::bump(conn, revisions::DIRECTORY)?;
    }
    ids.extend(self::ids(conn, missing.iter().copied())?);
    // An owner that cannot be found under its own name would lose its history in silence.
    match missing.iter().find(|owner| !ids.contains_key(**owner)) {
        Some(_) => Err(Error::NotFound),
        None => Ok(ids),
    }
}

fn ids<'a>(
    conn: &mut Connection,
    wanted: impl Iterator<Item = &'a Owner>,
) -> QueryResult<HashMap<Owner, i64>> {
    let mut by_kind: HashMap<OwnerKind, Vec<&str>> = HashMap::new();
    for owner in wanted {
        by_kind.entry(owner.kind).or_default().push(&owner.name);
    }
    let mut found = HashMap::new();
    for (kind, names) in by_kind {
        for chunk in names.chunks(CHUNK) {
            let rows: Vec<(i64, String)> = owners::table
                .filter(owners::kind.eq(kind.code()))
                .filter(owners::name.eq_any(chunk.iter().map(|name| name.to_string())))
                .select((owners::id, owners::name))
                .load(conn)?;
            found.extend(
                rows.into_iter()
                    .map(|(id, name)| (Owner::new(kind, name), id)),
            );
        }
    }
    Ok(found)
}

/// The owners with these ids.
pub(super) fn with_ids(
    conn: &mut Connection,
    ids: impl Iterator<Item = i64>,
) -> QueryResult<HashMap<i64, Owner>> {
    let ids: BTreeSet<i64> = ids.collect();
    let ids: Vec<i64> = ids.into_iter().collect();
    let mut found = HashMap::new();
    for chunk in ids.chunks(CHUNK) {
        let rows: Vec<(i64, i16, String)> =
            owners::table.filter(owners::id.eq_any(chunk)).load(conn)?;
        found.extend(rows.into_iter().filter_map(|(id, kind, name)| {
            Some((id, Owner::new(OwnerKind::from_code(kind)?, name)))
        }));
    }
    Ok(found)
}

/// Inserts owners; one that somebody else has just inserted is left as it is.
fn insert(conn: &mut Connection, missing: &[&Owner]) -> QueryResult<()> {
    let rows: Vec<_> = missing
        .iter()
        .map(|owner| {
            (
                owners::kind.eq(owner.kind.code()),
                owners::name.eq(&owner.name),
            )
        })
        .collect();
    let insert = diesel::insert_into(owners::table).values(rows);
    match conn {
        Connection::Mysql(conn) => insert
            .on_conflict(diesel::dsl::DuplicatedKeys)
            .do_nothing()
            .execute(conn),
        Connection::Sqlite(conn) => insert
            .on_conflict((owners::kind, owners::name))
            .do_nothing()
            .execute(conn),
    }
    .map(drop)
}
