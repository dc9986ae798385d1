//! The projection: what stands in the landing tables, folded into `calls` and `history`.
//!
//! Folding again gives the same, and only what differs is written, so that readers never see
//! a hole. Commands may fold at the same time: they take turns, batch by batch (`turns.rs`).

mod overdue;
mod rebuild;
mod turns;

use std::panic::resume_unwind;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use diesel::QueryResult;

pub use self::rebuild::Rebuild;
pub use self::turns::Folder;
use super::progress::Progress;
use crate::store::Connection;

pub use overdue::close_overdue;

/// How many conversations are folded at once. Calls that are written together share pages: on
/// SQLite half of all writing is saved in comparison with 200.
pub const BATCH: usize = 1000;

/// What came of folding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Calls that are new or that changed.
    pub changed: usize,
    /// Calls that were what they are.
    pub unchanged: usize,
    /// Calls that are none any more.
    pub removed: usize,
    /// Rows that could not be understood and were left out.
    pub not_understood: usize,
}

impl Totals {
    /// How many calls were looked at.
    pub fn total(&self) -> usize {
        self.changed + self.unchanged + self.removed
    }

    /// Adds what came of folding more.
    pub fn add(&mut self, other: Self) {
        self.changed += other.changed;
        self.unchanged += other.unchanged;
        self.removed += other.removed;
        self.not_understood += other.not_understood;
    }
}

/// Folds these conversations of a source, with all these connections at once.
///
/// # Errors
/// The database's.
pub fn fold_conversations(
    conn: &mut Connection,
    more: &mut [Connection],
    source: &str,
    conversations: &[String],
) -> QueryResult<Totals> {
    let folder = Folder::new(conn, source, None)?;
    let chunks = Mutex::new(conversations.chunks(BATCH));
    let progress = Mutex::new(Progress::new("folding", Some(conversations.len() as u64)));
    let work = |conn: &mut Connection| -> QueryResult<Totals> {
        let mut totals = Totals::default();
        while let Some(chunk) = lock(&chunks).next() {
            let folded = folder.fold(conn, chunk).inspect_err(|_| {
                // The others need not go on either.
                *lock(&chunks) = [].chunks(BATCH);
            })?;
            totals.add(folded);
            lock(&progress).advance(chunk.len() as u64);
        }
        Ok(totals)
    };
    let results: Vec<QueryResult<Totals>> = thread::scope(|scope| {
        let others: Vec<_> = more
            .iter_mut()
            .map(|conn| scope.spawn(|| work(conn)))
            .collect();
        let own = work(conn);
        let joined = others
            .into_iter()
            .map(|other| other.join().unwrap_or_else(|panic| resume_unwind(panic)));
        std::iter::once(own).chain(joined).collect()
    });
    let mut totals = Totals::default();
    for result in results {
        totals.add(result?);
    }
    Ok(totals)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Folds everything again.
///
/// # Errors
/// The database's.
pub fn rebuild(conn: &mut Connection) -> QueryResult<Totals> {
    rebuild_showing(conn, Progress::new("folding", None))
}

/// The same where nobody watches.
///
/// # Errors
/// The database's.
pub fn rebuild_in_background(conn: &mut Connection) -> QueryResult<Totals> {
    rebuild_showing(conn, Progress::hidden())
}

fn rebuild_showing(conn: &mut Connection, mut progress: Progress) -> QueryResult<Totals> {
    let mut totals = Totals::default();
    let mut rebuild = Rebuild::begin(conn, None)?;
    while let Some(step) = rebuild.step(conn)? {
        progress.advance(step.total() as u64);
        totals.add(step);
    }
    Ok(totals)
}
