//! The projection: what stands in the landing tables, folded into `calls` and `history`.
//!
//! Folding again gives the same, and only what differs is written, so that readers never see
//! a hole.

use std::collections::HashSet;

use diesel::QueryResult;

use super::progress::Progress;
use super::understand::{Zones, understand};
use crate::fold::fold;
use crate::model::{Call, CallId, Directory};
use crate::store::{Connection, calls, directory, landing, sources};

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

/// Folds these conversations of a source.
///
/// # Errors
/// The database's.
pub fn fold_conversations(
    conn: &mut Connection,
    source: &str,
    conversations: &[String],
) -> QueryResult<Totals> {
    let folder = Folder::new(conn, source)?;
    let mut totals = Totals::default();
    let mut progress = Progress::new("folding", Some(conversations.len() as u64));
    for chunk in conversations.chunks(BATCH) {
        totals.add(folder.fold(conn, chunk)?);
        progress.advance(chunk.len() as u64);
    }
    Ok(totals)
}

/// Folds everything again.
///
/// # Errors
/// The database's.
pub fn rebuild(conn: &mut Connection) -> QueryResult<Totals> {
    let mut totals = Totals::default();
    for source in sources::names(conn)? {
        let folder = Folder::new(conn, &source)?;
        let mut progress = Progress::new(&format!("folding {source}"), None);
        let mut after = String::new();
        loop {
            let chunk = landing::conversations(conn, &source, &after, BATCH)?;
            let until = chunk.last().cloned();
            // Calls whose rows are gone lie between those that have some.
            let kept: HashSet<&String> = chunk.iter().collect();
            let stored = calls::between(conn, &source, &after, until.as_deref())?;
            let gone: Vec<CallId> = stored
                .into_iter()
                .filter(|(linkedid, _)| !kept.contains(linkedid))
                .map(|(_, id)| id)
                .collect();
            totals.removed += calls::replace(conn, &[], &gone)?.removed;
            totals.add(folder.fold(conn, &chunk)?);
            progress.advance(chunk.len() as u64);
            match until {
                Some(last) => after = last,
                None => break,
            }
        }
    }
    Ok(totals)
}

/// What folding the calls of one source needs to know.
struct Folder {
    source: String,
    zones: Zones,
    directory: Directory,
}

impl Folder {
    fn new(conn: &mut Connection, source: &str) -> QueryResult<Self> {
        Ok(Self {
            source: source.to_owned(),
            zones: sources::zones(conn, source)?.unwrap_or(Zones::all(chrono_tz::UTC)),
            directory: directory::load(conn)?,
        })
    }

    fn fold(&self, conn: &mut Connection, conversations: &[String]) -> QueryResult<Totals> {
        let mut totals = Totals::default();
        let mut calls = Vec::with_capacity(conversations.len());
        let mut gone = Vec::new();
        let mut absorbed = HashSet::new();
        for records in landing::rows(conn, &self.source, conversations)? {
            for stored in records.cdr.iter().chain(&records.cel) {
                let uniqueid = stored.record.get("uniqueid");
                if uniqueid != records.conversation {
                    absorbed.insert(uniqueid.to_owned());
                }
            }
            self.fold_one(records, &mut calls, &mut gone, &mut totals);
        }
        // A call that the queue log alone told of, under the uniqueid of a channel that now
        // turns out to be part of a longer conversation, is none of its own any more.
        let absorbed: Vec<String> = absorbed.into_iter().collect();
        let own: HashSet<&String> = conversations.iter().collect();
        let stored: Vec<String> = calls::with_linkedids(conn, &self.source, &absorbed)?
            .into_iter()
            .map(|(linkedid, _)| linkedid)
            .filter(|linkedid| !own.contains(linkedid))
            .collect();
        for records in landing::rows(conn, &self.source, &stored)? {
            self.fold_one(records, &mut calls, &mut gone, &mut totals);
        }
        let changes = calls::replace(conn, &calls, &gone)?;
        totals.changed = changes.changed;
        totals.unchanged = changes.unchanged;
        totals.removed = changes.removed;
        Ok(totals)
    }

    fn fold_one(
        &self,
        records: landing::CallRecords,
        calls: &mut Vec<Call>,
        gone: &mut Vec<CallId>,
        totals: &mut Totals,
    ) {
        let id = CallId::of(&self.source, &records.conversation);
        let (rows, not_understood) = understand(&self.source, records, self.zones);
        totals.not_understood += not_understood;
        match fold(rows, &self.directory) {
            Some(call) => calls.push(call),
            None => gone.push(id),
        }
    }
}
