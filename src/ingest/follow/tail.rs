//! The tail over the landing tables: every row that appears in them, whoever wrote it, has its
//! call folded.
//!
//! How far it came is written down after folding, and folding again what was folded changes
//! nothing: so a tail that is killed at any moment loses nothing and doubles nothing.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use diesel::QueryResult;

use super::seen::{Look, Seen};
use super::{Step, Task, Trouble};
use crate::asterisk::Kind;
use crate::ingest::projector::{BATCH, Folder, Totals};
use crate::store::Connection;
use crate::store::landing::Touched;
use crate::store::landing::tail::{self, Key};
use crate::store::lease::{Fence, fenced};

/// How often it looks for rows, and how soon again when there were some.
const POLL: Duration = Duration::from_millis(200);
const POLL_BUSY: Duration = Duration::from_millis(50);

/// So many rows of a table are read at once, at least and at most.
const FEW_ROWS: usize = 100;
const ROWS: usize = 5000;

/// How often, at most, it is written down how far it came.
const SAVE: Duration = Duration::from_secs(1);

/// How often it says what it does, while it does something, and while it is behind.
const SAY: Duration = Duration::from_secs(60);
const SAY_BEHIND: Duration = Duration::from_secs(10);

/// With more sources than this, what is remembered of their owners is forgotten.
const MOST_FOLDERS: usize = 100;

/// The tail.
#[derive(Default)]
pub(super) struct Tail {
    /// None before the first step, and after one that failed: then it is read again.
    tables: Option<Vec<Table>>,
    folders: HashMap<String, Folder>,
    /// How long it has lived, not counting when the database hung.
    lived: Duration,
    looked: Option<Instant>,
    saved: Option<Instant>,
    said: Said,
}

/// How far it came in one table.
struct Table {
    kind: Kind,
    seen: Seen,
    saved: i64,
}

/// What is said now and then.
#[derive(Default)]
struct Said {
    since: Option<Instant>,
    rows: usize,
    totals: Totals,
}

impl Task for Tail {
    fn step(&mut self, target: &mut Connection, fence: &Fence) -> Result<Step, Trouble> {
        let step = self.go_on(target, fence);
        if step.is_err() {
            // What was read and not folded is to be read again.
            self.tables = None;
            self.folders.clear();
            self.looked = None;
        }
        Ok(step?)
    }
}

impl Tail {
    fn go_on(&mut self, conn: &mut Connection, fence: &Fence) -> QueryResult<Step> {
        let mut tables = match self.tables.take() {
            Some(tables) => tables,
            None => load(conn)?,
        };
        let heads = tail::heads(conn)?;
        let now = self.now();
        let mut rows = Vec::new();
        let behind = tables.iter().zip(heads);
        let behind = behind.map(|(table, head)| head - table.seen.high());
        let furthest = behind.max().unwrap_or(0);
        let mut waiting = 0;
        for (table, head) in tables.iter_mut().zip(heads) {
            table.look_for_missing(conn, now, &mut rows)?;
            table.read(conn, head, furthest, now, &mut rows)?;
            waiting += head - table.seen.high();
        }
        let count = rows.len();
        let totals = self.fold(conn, fence, &rows)?;
        self.save(conn, fence, &mut tables, count == 0)?;
        self.tables = Some(tables);
        self.said.say(count, waiting, totals);
        Ok(Step {
            rows: 0,
            again: match (count, waiting) {
                (0, _) => POLL,
                (_, 0) => POLL_BUSY,
                _ => Duration::ZERO,
            },
            complaint: None,
        })
    }

    /// How long it has lived. A pause in which it could not look counts as a second at most.
    fn now(&mut self) -> Duration {
        let now = Instant::now();
        if let Some(looked) = self.looked.replace(now) {
            self.lived += now.duration_since(looked).min(Duration::from_secs(1));
        }
        self.lived
    }

    /// Folds the calls of these rows.
    fn fold(&mut self, conn: &mut Connection, fence: &Fence, rows: &[Key]) -> QueryResult<Totals> {
        let mut totals = Totals::default();
        let mut touched: HashMap<&str, Touched> = HashMap::new();
        for row in rows {
            touched.entry(&row.source).or_default().add_row(row);
        }
        for (source, touched) in touched {
            let conversations = touched.conversations(conn, source)?;
            let conversations: Vec<String> = conversations.into_iter().collect();
            if !self.folders.contains_key(source) {
                if self.folders.len() >= MOST_FOLDERS {
                    self.folders.clear();
                }
                let folder = Folder::new(conn, source, Some(*fence))?;
                self.folders.insert(source.to_owned(), folder);
            }
            if let Some(folder) = self.folders.get(source) {
                for chunk in conversations.chunks(BATCH) {
                    totals.add(folder.fold(conn, chunk)?);
                }
            }
        }
        Ok(totals)
    }

    /// Writes down how far it came: now and then, and when there is time.
    fn save(
        &mut self,
        conn: &mut Connection,
        fence: &Fence,
        tables: &mut [Table],
        is_idle: bool,
    ) -> QueryResult<()> {
        let is_due = self.saved.is_none_or(|saved| saved.elapsed() >= SAVE);
        let moved = tables
            .iter()
            .any(|table| table.seen.position() != table.saved);
        if !moved || !(is_due || is_idle) {
            return Ok(());
        }
        fenced(conn, fence, |conn| {
            for table in &*tables {
                tail::set_position(conn, table.kind, table.seen.position())?;
            }
            Ok(())
        })?;
        for table in tables {
            table.saved = table.seen.position();
        }
        self.saved = Some(Instant::now());
        Ok(())
    }
}

fn load(conn: &mut Connection) -> QueryResult<Vec<Table>> {
    let table = |kind| {
        let position = tail::position(conn, kind)?;
        Ok(Table {
            kind,
            seen: Seen::up_to(position),
            saved: position,
        })
    };
    Kind::ALL.into_iter().map(table).collect()
}

impl Table {
    /// Reads the next rows. The tables come to their ends together, however many rows each has
    /// in which to say the same: so the rows of a call are nearly always read at once.
    fn read(
        &mut self,
        conn: &mut Connection,
        head: i64,
        furthest: i64,
        now: Duration,
        rows: &mut Vec<Key>,
    ) -> QueryResult<()> {
        if head < self.seen.high() {
            let table = self.kind.table();
            log::warn!("the newest rows of {table} are gone: reading it from its beginning");
            self.seen = Seen::up_to(0);
        }
        if head == self.seen.high() || self.seen.is_full() {
            return Ok(());
        }
        let behind = head - self.seen.high();
        let share = ROWS as f64 * behind as f64 / furthest.max(behind) as f64;
        let limit = (share as usize).clamp(FEW_ROWS, ROWS);
        let found = tail::keys(conn, self.kind, (self.seen.high() + 1, i64::MAX), limit)?;
        self.seen.advance(found.iter().map(|row| row.id), now);
        rows.extend(found);
        Ok(())
    }

    /// Looks for rows whose ids were missing.
    fn look_for_missing(
        &mut self,
        conn: &mut Connection,
        now: Duration,
        rows: &mut Vec<Key>,
    ) -> QueryResult<()> {
        // The last first: what is found may remove a part of the list.
        for look in self.seen.due(now).into_iter().rev() {
            let mut found = Vec::new();
            let mut written = Vec::new();
            for span in &look.spans {
                // Before looking: what is committed in between is then found.
                if look.is_last {
                    written.extend(self.written(conn, &look, *span)?);
                }
                self.find(conn, &look, *span, &mut found)?;
            }
            let ids = found.iter().map(|row| row.id);
            self.seen.found(&look, ids, &written, now);
            rows.append(&mut found);
        }
        Ok(())
    }

    /// Missing ids that are there already, in transactions that are not committed yet.
    fn written(
        &self,
        conn: &mut Connection,
        look: &Look,
        span: (i64, i64),
    ) -> QueryResult<Vec<(i64, i64)>> {
        let mut written = tail::written(conn, self.kind, span, ROWS)?;
        let rest = match written.last() {
            // Too many to look at: all that follow are taken for such.
            Some(last) if written.len() == ROWS => Some((*last, span.1)),
            _ => None,
        };
        written.retain(|id| self.seen.is_missing(look, *id));
        Ok(written.into_iter().map(|id| (id, id)).chain(rest).collect())
    }

    fn find(
        &self,
        conn: &mut Connection,
        look: &Look,
        (mut first, last): (i64, i64),
        found: &mut Vec<Key>,
    ) -> QueryResult<()> {
        loop {
            let there = tail::keys(conn, self.kind, (first, last), ROWS)?;
            let count = there.len();
            first = there.last().map_or(first, |row| row.id + 1);
            let missing = there.into_iter();
            found.extend(missing.filter(|row| self.seen.is_missing(look, row.id)));
            if count < ROWS {
                return Ok(());
            }
        }
    }
}

impl Said {
    fn say(&mut self, rows: usize, waiting: i64, totals: Totals) {
        self.rows += rows;
        self.totals.add(totals);
        if self.rows == 0 {
            self.since = None;
            return;
        }
        let is_behind = waiting > ROWS as i64;
        if self.since.is_none() && is_behind {
            log::info!("following: {waiting} rows are still to be read");
        }
        let since = *self.since.get_or_insert_with(Instant::now);
        if since.elapsed() < if is_behind { SAY_BEHIND } else { SAY } {
            return;
        }
        log::info!(
            "following: {} rows in the last {} s, calls: {} new or changed, {} removed; \
             {waiting} rows are still to be read",
            self.rows,
            since.elapsed().as_secs(),
            self.totals.changed,
            self.totals.removed,
        );
        *self = Self::default();
    }
}
