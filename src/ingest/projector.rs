//! The projection: what stands in the landing tables, folded into `calls` and `history`.
//!
//! Folding again gives the same, and only what differs is written, so that readers never see
//! a hole. Commands may fold at the same time: they take turns, batch by batch (`turns.rs`).

mod turns;

use std::collections::BTreeSet;
use std::panic::resume_unwind;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use diesel::QueryResult;

use self::turns::Folder;
use super::progress::Progress;
use crate::store::{Connection, calls, landing, revisions};

/// How many conversations are folded at once. Calls that are written together share pages: on
/// SQLite half of all writing is saved in comparison with 200.
const BATCH: usize = 1000;

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
    fn add(&mut self, other: Self) {
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
    let folder = Folder::new(conn, source)?;
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
    rebuild_with(conn, |source| {
        Progress::new(&format!("folding {source}"), None)
    })
}

/// The same where nobody watches.
///
/// # Errors
/// The database's.
pub fn rebuild_in_background(conn: &mut Connection) -> QueryResult<Totals> {
    rebuild_with(conn, |_| Progress::hidden())
}

fn rebuild_with(conn: &mut Connection, progress: fn(&str) -> Progress) -> QueryResult<Totals> {
    let refold = revisions::refold_begins(conn)?;
    let mut totals = Totals::default();
    let mut sources: BTreeSet<String> = landing::sources_with_rows(conn)?.into_iter().collect();
    sources.extend(calls::sources_with_calls(conn)?);
    for source in sources {
        totals.add(rebuild_source(conn, &source, progress(&source))?);
    }
    revisions::refold_is_done(conn, refold)?;
    Ok(totals)
}

fn rebuild_source(
    conn: &mut Connection,
    source: &str,
    mut progress: Progress,
) -> QueryResult<Totals> {
    let folder = Folder::new(conn, source)?;
    let mut totals = Totals::default();
    let mut conversations = landing::Conversations::of(source);
    let mut stored = StoredCalls::of(source);
    loop {
        let chunk = conversations.next_chunk(conn, BATCH)?;
        // Calls whose rows are gone stand between those that have some. Folding them finds no
        // row; should one have come since, then it finds that one.
        let mut all: BTreeSet<String> = stored.until(conn, chunk.last())?.into_iter().collect();
        all.extend(chunk.iter().cloned());
        let all: Vec<String> = all.into_iter().collect();
        for part in all.chunks(BATCH) {
            totals.add(folder.fold(conn, part)?);
            progress.advance(part.len() as u64);
        }
        if chunk.is_empty() {
            return Ok(totals);
        }
    }
}

/// A walk over the stored calls of a source, in step with another walk in the same order.
struct StoredCalls<'a> {
    source: &'a str,
    after: Option<String>,
}

impl<'a> StoredCalls<'a> {
    fn of(source: &'a str) -> Self {
        Self {
            source,
            after: None,
        }
    }

    /// The linkedids of the next calls, up to and with this one; all that are left, without
    /// one. The walk then goes on after it, whatever is stored before it in the meantime.
    fn until(&mut self, conn: &mut Connection, last: Option<&String>) -> QueryResult<Vec<String>> {
        let mut found = Vec::new();
        loop {
            let chunk = calls::calls_after(conn, self.source, self.after.as_deref(), BATCH)?;
            let count = chunk.len();
            let linkedids = chunk.into_iter().map(|(linkedid, _)| linkedid);
            let before = found.len();
            found.extend(linkedids.take_while(|id| last.is_none_or(|last| id <= last)));
            if count == BATCH && found.len() == before + BATCH {
                self.after = found.last().cloned();
                continue;
            }
            self.after = last.or(found.last()).cloned();
            return Ok(found);
        }
    }
}
