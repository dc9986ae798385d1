//! Folding batches beside others who fold: threads of this program, and other programs.
//!
//! Reading rows and folding them goes on at the same time; writing goes by turns, one batch a
//! transaction. Of two who fold one call, the later would else write what it had read before
//! the earlier one's rows came. So a batch that was read before somebody else's turn, or with
//! another directory, is read and folded once more when its own turn has come.

use std::sync::{Arc, Mutex};

use diesel::QueryResult;

use super::super::understand::understand;
use super::{Totals, lock};
use crate::fold::fold;
use crate::model::{Call, CallId, Directory, Time};
use crate::store::lease::Fence;
use crate::store::owners::KnownOwners;
use crate::store::sources::{self, Zones};
use crate::store::{Connection, calls, directory, landing, overdue, revisions, write};

/// Folds calls of one source. Its threads fold different calls.
pub struct Folder {
    source: String,
    fence: Option<Fence>,
    basis: Mutex<Arc<Basis>>,
    turns: Mutex<Turns>,
    owners: KnownOwners,
}

/// What folding depends on besides the rows.
struct Basis {
    /// The directory's.
    revision: i64,
    directory: Directory,
    zones: Zones,
    /// See [`overdue::before`].
    overdue_before: Option<Time>,
}

/// Whose turn it was.
struct Turns {
    /// The last turn that is known.
    last: i64,
    /// How often others than this folder had theirs.
    others: u64,
}

/// A batch, ready to be written.
struct Folded {
    calls: Vec<Call>,
    gone: Vec<CallId>,
    not_understood: usize,
}

impl Folder {
    /// One that folds calls of this source; a follower's only while the fence lets it.
    ///
    /// # Errors
    /// The database's.
    pub fn new(conn: &mut Connection, source: &str, fence: Option<Fence>) -> QueryResult<Self> {
        let last = revisions::last_turn(conn)?;
        Ok(Self {
            source: source.to_owned(),
            fence,
            basis: Mutex::new(Arc::new(Basis::load(conn, source)?)),
            turns: Mutex::new(Turns { last, others: 0 }),
            owners: KnownOwners::default(),
        })
    }

    /// Folds some hundred conversations.
    ///
    /// # Errors
    /// The database's, or that the lease is lost.
    pub fn fold(&self, conn: &mut Connection, conversations: &[String]) -> QueryResult<Totals> {
        let others = lock(&self.turns).others;
        let basis = self.basis(conn)?;
        let folded = self.read_and_fold(conn, conversations, &basis)?;
        let mut turns = lock(&self.turns);
        let (turn, totals) = write(conn, |conn| {
            if let Some(fence) = &self.fence {
                fence.check(conn)?;
            }
            let turn = revisions::fold_alone(conn)?;
            let is_fresh = turn == turns.last + 1
                && turns.others == others
                && basis.holds(conn, &self.source)?;
            let again = if is_fresh {
                None
            } else {
                let basis = self.basis(conn)?;
                Some(self.read_and_fold(conn, conversations, &basis)?)
            };
            let folded = again.as_ref().unwrap_or(&folded);
            let changes = calls::replace_knowing(conn, &self.owners, &folded.calls, &folded.gone)?;
            let totals = Totals {
                changed: changes.changed,
                unchanged: changes.unchanged,
                removed: changes.removed,
                not_understood: folded.not_understood,
            };
            Ok((turn, totals))
        })?;
        if turn != turns.last + 1 {
            turns.others += 1;
        }
        turns.last = turn;
        Ok(totals)
    }

    /// What folding depends on, as it is now.
    fn basis(&self, conn: &mut Connection) -> QueryResult<Arc<Basis>> {
        let held = Arc::clone(&lock(&self.basis));
        if held.holds(conn, &self.source)? {
            return Ok(held);
        }
        let basis = Arc::new(Basis::load(conn, &self.source)?);
        *lock(&self.basis) = Arc::clone(&basis);
        Ok(basis)
    }

    fn read_and_fold(
        &self,
        conn: &mut Connection,
        conversations: &[String],
        basis: &Basis,
    ) -> QueryResult<Folded> {
        let mut folded = Folded {
            calls: Vec::with_capacity(conversations.len()),
            gone: Vec::new(),
            not_understood: 0,
        };
        for records in landing::rows(conn, &self.source, conversations)? {
            let id = CallId::of(&self.source, &records.conversation);
            let end_seen = records.end_is_seen();
            let (mut rows, not_understood) = understand(&self.source, records, basis.zones);
            rows.overdue_before = basis.overdue_before;
            folded.not_understood += not_understood;
            match fold(rows, &basis.directory) {
                Some(call) => folded.calls.push(Call { end_seen, ..call }),
                None => folded.gone.push(id),
            }
        }
        Ok(folded)
    }
}

impl Basis {
    fn load(conn: &mut Connection, source: &str) -> QueryResult<Self> {
        Ok(Self {
            // First, so that a change while loading is noticed.
            revision: directory::revision(conn)?,
            directory: directory::load(conn)?,
            zones: zones(conn, source)?,
            overdue_before: overdue::before(conn, source)?,
        })
    }

    fn holds(&self, conn: &mut Connection, source: &str) -> QueryResult<bool> {
        Ok(directory::revision(conn)? == self.revision
            && zones(conn, source)? == self.zones
            && overdue::before(conn, source)? == self.overdue_before)
    }
}

fn zones(conn: &mut Connection, source: &str) -> QueryResult<Zones> {
    Ok(sources::zones(conn, source)?.unwrap_or(Zones::UNKNOWN))
}
