//! The revision log: what changed last, in order.
//!
//! Each change of a call gets the next revision. Who writes holds the counter until the
//! transaction ends, so revisions are committed in order, and whoever has seen one has seen all
//! before it. The log keeps the newest of them with the owners that each concerns, those who
//! lost their entries included; what it does not reach back to is to be read anew.

use std::collections::BTreeSet;

use chrono::Utc;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::schema::{changes, tombstones};
use super::{Connection, revisions};
use crate::model::{CallId, Owner, OwnerKind};

/// The counter of the revisions.
const REVISION: &str = "calls";

/// So many revisions are kept, and some thousand more.
const KEPT: i64 = 100_000;

/// The log is cut when a multiple of this is passed.
const CUT_EVERY: i64 = 1000;

/// What is said of one transaction takes no more bytes than this; else nothing is said, and
/// readers begin anew.
const LONGEST: usize = 1 << 20;

/// So many rows of the log (transactions) are read at once.
const AT_ONCE: i64 = 16;

/// A call that was added, changed or removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The change's place in the order of all changes.
    pub revision: i64,
    /// The call.
    pub call: CallId,
    /// Who has entries of it, or had some until then.
    pub owners: Vec<Owner>,
    /// Whether it is no call any more.
    pub removed: bool,
}

/// The last revision that was given.
///
/// # Errors
/// The database's.
pub fn last(conn: &mut Connection) -> QueryResult<i64> {
    revisions::value(conn, REVISION)
}

/// The last revision that was given, and that of the directory.
///
/// # Errors
/// The database's.
pub fn counters(conn: &mut Connection) -> QueryResult<(i64, i64)> {
    let [last, directory] = revisions::values(conn, [REVISION, revisions::DIRECTORY])?;
    Ok((last, directory))
}

/// The next changes after a revision, in order: some hundred or thousand of them, and none when
/// there is none. None instead of a list when the log does not reach back so far, or when the
/// revision is not of this database: then everything may have changed.
///
/// # Errors
/// The database's.
pub fn after(conn: &mut Connection, revision: i64) -> QueryResult<Option<Vec<Change>>> {
    let last = last(conn)?;
    if last <= revision {
        return Ok((last == revision).then(Vec::new));
    }
    let rows: Vec<(i64, i64, Option<Vec<u8>>)> = changes::table
        .filter(changes::revision.gt(revision))
        .order(changes::revision)
        .limit(AT_ONCE)
        .load(conn)?;
    let mut seen = revision;
    let mut found = Vec::new();
    for (number, (end, first, body)) in rows.into_iter().enumerate() {
        let parts = body.and_then(|body| serde_json::from_slice::<Vec<Said>>(&body).ok());
        let Some(parts) = parts.filter(|_| first <= seen + 1) else {
            // What was found before it is told first.
            return Ok((number > 0).then_some(found));
        };
        let numbered = (first..).zip(parts);
        found.extend(
            numbered
                .filter(|(revision, _)| *revision > seen)
                .filter_map(|(revision, said)| said.read(revision)),
        );
        seen = end;
    }
    Ok((seen > revision).then_some(found))
}

/// A change as the log says it, in few bytes: the call, its owners, whether it was removed.
#[derive(Serialize, Deserialize)]
struct Said(String, Vec<(i16, String)>, bool);

impl Said {
    fn read(self, revision: i64) -> Option<Change> {
        let owner = |(kind, name)| Some(Owner::new(OwnerKind::from_code(kind)?, name));
        Some(Change {
            revision,
            call: CallId::parse(&self.0)?,
            owners: self.1.into_iter().filter_map(owner).collect(),
            removed: self.2,
        })
    }
}

/// Leaves a tombstone for each of these owners, who have no entries of a call any more.
pub(super) fn bury(
    conn: &mut Connection,
    call: CallId,
    owners: &BTreeSet<i64>,
    revision: i64,
) -> QueryResult<()> {
    for owner in owners {
        // There is one of an earlier time when it had entries again in between.
        diesel::delete(tombstones::table.find((call.0.to_vec(), *owner))).execute(conn)?;
        diesel::insert_into(tombstones::table)
            .values((
                tombstones::call_id.eq(call.0.to_vec()),
                tombstones::owner_id.eq(*owner),
                tombstones::revision.eq(revision),
            ))
            .execute(conn)?;
    }
    Ok(())
}

/// The revisions of one transaction.
pub(super) struct Log {
    /// The last revision that was given before; None until there is one to give.
    before: Option<i64>,
    said: Vec<Said>,
    /// When it began: microseconds since 1970.
    now: i64,
}

impl Log {
    /// Begins. From the first revision on, nobody else gives any until the transaction ends.
    pub(super) fn begin() -> Self {
        Self {
            before: None,
            said: Vec::new(),
            now: Utc::now().timestamp_micros(),
        }
    }

    /// When it began: microseconds since 1970.
    pub(super) fn now(&self) -> i64 {
        self.now
    }

    /// The revision of a call that is added or changed.
    pub(super) fn changed<'a>(
        &mut self,
        conn: &mut Connection,
        call: CallId,
        owners: impl Iterator<Item = &'a Owner>,
    ) -> QueryResult<i64> {
        self.say(conn, call, owners, false)
    }

    /// The revision of a call that is removed, and that these owners had entries of.
    pub(super) fn removed<'a>(
        &mut self,
        conn: &mut Connection,
        call: CallId,
        owners: impl Iterator<Item = &'a Owner>,
    ) -> QueryResult<i64> {
        self.say(conn, call, owners, true)
    }

    fn say<'a>(
        &mut self,
        conn: &mut Connection,
        call: CallId,
        owners: impl Iterator<Item = &'a Owner>,
        removed: bool,
    ) -> QueryResult<i64> {
        let before = match self.before {
            Some(before) => before,
            None => {
                revisions::lock(conn, REVISION)?;
                *self.before.insert(last(conn)?)
            }
        };
        let owners: BTreeSet<&Owner> = owners.collect();
        let owners = owners.into_iter();
        let owners = owners.map(|owner| (owner.kind.code(), owner.name.clone()));
        self.said
            .push(Said(call.to_string(), owners.collect(), removed));
        Ok(before + self.count())
    }

    fn count(&self) -> i64 {
        i64::try_from(self.said.len()).unwrap_or(i64::MAX)
    }

    /// Writes down what was given.
    pub(super) fn end(self, conn: &mut Connection) -> QueryResult<()> {
        let Some(before) = self.before else {
            return Ok(());
        };
        let last = before + self.count();
        revisions::set(conn, REVISION, last)?;
        let body = serde_json::to_vec(&self.said).ok();
        diesel::insert_into(changes::table)
            .values((
                changes::revision.eq(last),
                changes::first.eq(before + 1),
                changes::body.eq(body.filter(|body| body.len() <= LONGEST)),
            ))
            .execute(conn)?;
        if before / CUT_EVERY != last / CUT_EVERY {
            diesel::delete(changes::table.filter(changes::revision.lt(last - KEPT)))
                .execute(conn)?;
        }
        Ok(())
    }
}
