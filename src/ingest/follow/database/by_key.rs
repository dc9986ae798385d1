//! Following a table by a key that grows.
//!
//! New rows have higher keys, but not always at once: a transaction that began earlier may commit
//! later. So keys that were passed over are looked for again for an hour. And not for ever: a
//! table that was restored from a backup, or emptied, gives its keys anew. Each look reads the
//! last row that was copied once more; when it is not what it was, everything is compared again.

mod gaps;

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::Utc;
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::clock::Clock;
use super::copy::{CHUNK, Copied, Failure, Landing};
use crate::asterisk::Kind;
use crate::model::Time;
use crate::store::pbx::{Pbx, Range, Row, Table};
use gaps::Gaps;

/// So many keys before the highest may still be missing when a table is first seen.
const LATE: i64 = 1000;

/// How often keys that have been missing for long are looked for.
const SELDOM: Duration = Duration::from_secs(30);

pub(super) struct ByKey {
    table: Arc<Table>,
    clock: Clock,
    every: Duration,
    /// None until it was read from our database.
    position: Option<Position>,
    /// The time of the row up to which the past is copied.
    past: Option<Time>,
    next_seldom: Instant,
}

/// How far the table is copied.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Position {
    /// The highest key that was copied; 0 before the first.
    last: i64,
    /// What the row of that key said of its call.
    mark: String,
    /// Keys below that were not there.
    gaps: Gaps,
    /// Keys of the past that are still to be copied: from, to.
    past: Option<(i64, i64)>,
}

impl ByKey {
    pub(super) fn new(table: Arc<Table>, zone: Tz, every: Duration) -> Self {
        Self {
            table,
            clock: Clock {
                zone,
                is_epoch: false,
            },
            every,
            position: None,
            past: None,
            next_seldom: Instant::now() + SELDOM,
        }
    }

    pub(super) fn table(&self) -> &Table {
        &self.table
    }

    pub(super) fn behind(&self) -> Option<Option<Time>> {
        let position = self.position.as_ref()?;
        position.past.map(|_| self.past)
    }

    pub(super) fn step(
        &mut self,
        pbx: &mut Pbx,
        landing: &mut Landing<'_>,
        may_catch_up: bool,
    ) -> Result<Copied, Failure> {
        let position = match self.position.take() {
            Some(position) => Some(position),
            None => landing.position()?,
        };
        let Some(mut position) = position else {
            return self.begin(pbx, landing);
        };
        // Until all is done, what stands in our database is what counts.
        let (mut rows, mut is_more) = (0, false);
        let after = self.rows(pbx, Range::Ids(position.last, i64::MAX))?;
        let is_same = position.last == 0
            || after
                .first()
                .is_some_and(|row| row.id == Some(position.last) && mark(row) == position.mark);
        if !is_same {
            log::warn!(
                "source {}: {} has gone back (restored or emptied?), everything is compared again",
                landing.source,
                landing.kind.table()
            );
            return self.begin(pbx, landing);
        }
        let fresh: Vec<Row> = after
            .into_iter()
            .filter(|row| row.id > Some(position.last))
            .collect();
        if !fresh.is_empty() {
            is_more |= fresh.len() + 1 >= CHUNK;
            position.advance(&fresh);
            rows += landing.copy(fresh, &position)?;
        }
        rows += self.look_for_late_ones(pbx, landing, &mut position)?;
        if may_catch_up && let Some((from, to)) = position.past {
            let old = self.rows(pbx, Range::Ids(from, to))?;
            let last = old.last().and_then(|row| row.id).unwrap_or(to);
            self.past = old
                .last()
                .and_then(|row| self.clock.read(&row.time))
                .or(self.past);
            position.past = (old.len() == CHUNK && last < to).then_some((last + 1, to));
            rows += landing.copy(old, &position)?;
        }
        is_more |= position.past.is_some();
        self.position = Some(position);
        Ok(Copied {
            rows,
            again: if is_more { Duration::ZERO } else { self.every },
        })
    }

    /// Follows from the highest key on, and copies all below beside it.
    fn begin(&mut self, pbx: &mut Pbx, landing: &mut Landing<'_>) -> Result<Copied, Failure> {
        let table = Arc::clone(&self.table);
        let (highest, row) = pbx.ask(move |session| {
            let highest = table.highest(session)?;
            Ok((
                highest,
                table.rows(session, &Range::Ids(highest, highest), 1)?,
            ))
        })?;
        let mut position = Position {
            last: row.first().and_then(|row| row.id).unwrap_or(0),
            mark: row.first().map(mark).unwrap_or_default(),
            gaps: Gaps::default(),
            past: row.first().map(|_| (i64::MIN, highest)),
        };
        position.gaps.add(
            highest.saturating_sub(LATE).max(1),
            highest - 1,
            Utc::now().timestamp(),
        );
        let rows = landing.copy(row, &position)?;
        self.past = None;
        self.position = Some(position);
        Ok(Copied {
            rows,
            again: Duration::ZERO,
        })
    }

    fn look_for_late_ones(
        &mut self,
        pbx: &mut Pbx,
        landing: &mut Landing<'_>,
        position: &mut Position,
    ) -> Result<usize, Failure> {
        let now = Utc::now().timestamp();
        let seldom = Instant::now() >= self.next_seldom;
        if seldom {
            self.next_seldom = Instant::now() + SELDOM;
            position.gaps.forget(now, position.last);
        }
        let mut copied = 0;
        for (from, to) in position.gaps.due(now, seldom) {
            let late = self.rows(pbx, Range::Ids(from, to))?;
            if late.is_empty() {
                continue;
            }
            position.gaps.found(late.iter().filter_map(|row| row.id));
            copied += landing.copy(late, position)?;
        }
        Ok(copied)
    }

    fn rows(&self, pbx: &mut Pbx, range: Range) -> Result<Vec<Row>, Failure> {
        let table = Arc::clone(&self.table);
        Ok(pbx.ask(move |session| table.rows(session, &range, CHUNK))?)
    }
}

impl Position {
    /// Takes note of rows beyond the last, which are about to be copied.
    fn advance(&mut self, fresh: &[Row]) {
        let now = Utc::now().timestamp();
        for row in fresh {
            let id = row.id.unwrap_or(self.last);
            self.gaps.add(self.last + 1, id - 1, now);
            self.last = id;
        }
        if let Some(row) = fresh.last() {
            self.mark = mark(row);
        }
    }
}

/// What tells a row from one that has its key after a restore, whatever columns the table gains
/// or loses.
fn mark(row: &Row) -> String {
    let id = match row.record.kind() {
        Kind::QueueLog => "callid",
        Kind::Cdr | Kind::Cel => "uniqueid",
    };
    format!("{}|{}", row.time, row.record.get(id))
}
