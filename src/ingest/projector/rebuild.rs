//! Folding everything again, step by step, so that it can go on beside other work.

use std::collections::BTreeSet;

use diesel::QueryResult;

use super::{BATCH, Folder, Totals};
use crate::store::lease::Fence;
use crate::store::revisions::Refold;
use crate::store::{Connection, calls, landing, revisions};

/// Everything, being folded again.
pub struct Rebuild {
    /// The state of directory and zones that it began with.
    refold: Refold,
    fence: Option<Fence>,
    /// Sources that are still to come; the last is the next.
    sources: Vec<String>,
    walk: Option<Walk>,
}

impl Rebuild {
    /// Begins; a follower's goes on only while the fence lets it.
    ///
    /// # Errors
    /// The database's.
    pub fn begin(conn: &mut Connection, fence: Option<Fence>) -> QueryResult<Self> {
        let refold = revisions::refold_begins(conn)?;
        let mut sources: BTreeSet<String> = landing::sources_with_rows(conn)?.into_iter().collect();
        sources.extend(calls::sources_with_calls(conn)?);
        Ok(Self {
            refold,
            fence,
            sources: sources.into_iter().rev().collect(),
            walk: None,
        })
    }

    /// Folds the next calls, some hundred or thousand. None when everything was folded; that is
    /// then noted.
    ///
    /// # Errors
    /// The database's, or that the lease is lost.
    pub fn step(&mut self, conn: &mut Connection) -> QueryResult<Option<Totals>> {
        loop {
            let Some(walk) = &mut self.walk else {
                let Some(source) = self.sources.pop() else {
                    revisions::refold_is_done(conn, self.refold)?;
                    return Ok(None);
                };
                self.walk = Some(Walk::of(conn, source, self.fence)?);
                continue;
            };
            match walk.step(conn)? {
                Some(totals) => return Ok(Some(totals)),
                None => self.walk = None,
            }
        }
    }
}

/// A walk over the conversations of one source, those of calls whose rows are gone included.
struct Walk {
    folder: Folder,
    conversations: landing::Conversations,
    stored: StoredCalls,
    is_over: bool,
}

impl Walk {
    fn of(conn: &mut Connection, source: String, fence: Option<Fence>) -> QueryResult<Self> {
        Ok(Self {
            folder: Folder::new(conn, &source, fence)?,
            conversations: landing::Conversations::of(&source),
            stored: StoredCalls {
                source,
                after: None,
            },
            is_over: false,
        })
    }

    fn step(&mut self, conn: &mut Connection) -> QueryResult<Option<Totals>> {
        if self.is_over {
            return Ok(None);
        }
        let chunk = self.conversations.next_chunk(conn, BATCH)?;
        // Calls whose rows are gone stand between those that have some. Folding them finds no
        // row; should one have come since, then it finds that one.
        let stored = self.stored.until(conn, chunk.last())?;
        let mut all: BTreeSet<String> = stored.into_iter().collect();
        all.extend(chunk.iter().cloned());
        let all: Vec<String> = all.into_iter().collect();
        let mut totals = Totals::default();
        for part in all.chunks(BATCH) {
            totals.add(self.folder.fold(conn, part)?);
        }
        self.is_over = chunk.is_empty();
        Ok(Some(totals))
    }
}

/// A walk over the stored calls of a source, in step with another walk in the same order.
struct StoredCalls {
    source: String,
    after: Option<String>,
}

impl StoredCalls {
    /// The linkedids of the next calls, up to and with this one; all that are left, without
    /// one. The walk then goes on after it, whatever is stored before it in the meantime.
    fn until(&mut self, conn: &mut Connection, last: Option<&String>) -> QueryResult<Vec<String>> {
        let mut found = Vec::new();
        loop {
            let chunk = calls::calls_after(conn, &self.source, self.after.as_deref(), BATCH)?;
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
