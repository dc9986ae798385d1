//! The projection: what stands in the landing tables, folded into `calls` and `history`.
//!
//! Folding again gives the same, and only what differs is written, so that readers never see
//! a hole.

use std::collections::{BTreeSet, HashSet};
use std::panic::resume_unwind;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use diesel::QueryResult;

use super::progress::Progress;
use super::understand::understand;
use crate::fold::fold;
use crate::model::{CallId, Directory};
use crate::store::owners::KnownOwners;
use crate::store::sources::{self, Zones};
use crate::store::{Connection, calls, directory, landing};

/// How many conversations are folded at once.
const BATCH: usize = 200;

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
    let mut totals = Totals::default();
    let mut sources: BTreeSet<String> = landing::sources_with_rows(conn)?.into_iter().collect();
    sources.extend(calls::sources_with_calls(conn)?);
    for source in sources {
        totals.add(rebuild_source(conn, &source)?);
    }
    Ok(totals)
}

fn rebuild_source(conn: &mut Connection, source: &str) -> QueryResult<Totals> {
    let folder = Folder::new(conn, source)?;
    let mut totals = Totals::default();
    let mut progress = Progress::new(&format!("folding {source}"), None);
    let mut conversations = landing::Conversations::of(source);
    let mut stored = StoredCalls::of(source);
    loop {
        let chunk = conversations.next_chunk(conn, BATCH)?;
        // Calls whose rows are gone stand between those that have some.
        let calls = stored.until(conn, chunk.last())?;
        let kept: HashSet<&String> = chunk.iter().collect();
        let gone: Vec<CallId> = calls
            .into_iter()
            .filter(|(linkedid, _)| !kept.contains(linkedid))
            .map(|(_, id)| id)
            .collect();
        totals.removed += calls::replace(conn, &[], &gone)?.removed;
        if chunk.is_empty() {
            return Ok(totals);
        }
        totals.add(folder.fold(conn, &chunk)?);
        progress.advance(chunk.len() as u64);
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

    /// The next calls, up to and with this linkedid; all that are left, without one.
    fn until(
        &mut self,
        conn: &mut Connection,
        last: Option<&String>,
    ) -> QueryResult<Vec<(String, CallId)>> {
        let mut found = Vec::new();
        loop {
            let chunk = calls::calls_after(conn, self.source, self.after.as_deref(), BATCH)?;
            let full = chunk.len() == BATCH;
            let within = chunk
                .into_iter()
                .take_while(|(linkedid, _)| last.is_none_or(|last| linkedid <= last));
            let before = found.len();
            found.extend(within);
            if let Some((linkedid, _)) = found.last() {
                self.after = Some(linkedid.clone());
            }
            if !full || found.len() < before + BATCH {
                return Ok(found);
            }
        }
    }
}

/// What folding the calls of one source needs to know.
struct Folder {
    source: String,
    zones: Zones,
    directory: Directory,
    owners: KnownOwners,
    /// SQLite has one writer at a time, and who waits for it here is not late.
    writing: Mutex<()>,
}

impl Folder {
    fn new(conn: &mut Connection, source: &str) -> QueryResult<Self> {
        Ok(Self {
            source: source.to_owned(),
            zones: sources::zones(conn, source)?.unwrap_or(Zones::all(chrono_tz::UTC)),
            directory: directory::load(conn)?,
            owners: KnownOwners::default(),
            writing: Mutex::new(()),
        })
    }

    fn fold(&self, conn: &mut Connection, conversations: &[String]) -> QueryResult<Totals> {
        let mut totals = Totals::default();
        let mut calls = Vec::with_capacity(conversations.len());
        let mut gone = Vec::new();
        for records in landing::rows(conn, &self.source, conversations)? {
            let id = CallId::of(&self.source, &records.conversation);
            let (rows, not_understood) = understand(&self.source, records, self.zones);
            totals.not_understood += not_understood;
            match fold(rows, &self.directory) {
                Some(call) => calls.push(call),
                None => gone.push(id),
            }
        }
        let _alone = matches!(conn, Connection::Sqlite(_)).then(|| lock(&self.writing));
        let changes = calls::replace_knowing(conn, &self.owners, &calls, &gone)?;
        totals.changed = changes.changed;
        totals.unchanged = changes.unchanged;
        totals.removed = changes.removed;
        Ok(totals)
    }
}
