//! Following a table that has no growing key, by the time of its rows.
//!
//! A row of `cdr` has the time at which its call began, and appears when it ends. So a window back
//! from now is looked at: a short one often, longer ones seldom. A look asks how many rows each
//! second has, which an index on the time answers alone, and then reads the rows of those seconds
//! that have another number of them than before.
//!
//! The past is copied beside that, from the first time to the last, in chunks that end between two
//! times.

mod state;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::Utc;
use chrono_tz::Tz;

use super::clock::Clock;
use super::copy::{CHUNK, Copied, Failure, Landing};
use crate::asterisk::table::Form;
use crate::ingest::follow::settings::Window;
use crate::model::Time;
use crate::store::pbx::{Count, Pbx, Range, Row, Table};
use state::{Past, Position, State, chunk, numbers};

/// A look that took long is not repeated before this many times as long.
const SHARE: u32 = 20;

/// So many chunks are copied in one step.
const CHUNKS: usize = 10;

/// After so long without a look the past is copied again from where it was.
const LOST: Duration = Duration::from_secs(3600);

pub(super) struct ByTime {
    table: Arc<Table>,
    zone: Tz,
    windows: Vec<Look>,
    state: Option<State>,
}

/// A window that is looked at now and then.
struct Look {
    window: Window,
    due: Instant,
}

impl ByTime {
    pub(super) fn new(table: Arc<Table>, zone: Tz, windows: &[Window]) -> Self {
        let look = |window: &Window| Look {
            window: *window,
            due: Instant::now(),
        };
        Self {
            table,
            zone,
            windows: windows.iter().map(look).collect(),
            state: None,
        }
    }

    pub(super) fn table(&self) -> &Table {
        &self.table
    }

    pub(super) fn behind(&self) -> Option<Option<Time>> {
        let state = self.state.as_ref()?;
        let past = state.past.as_ref()?;
        Some(past.done.as_deref().and_then(|done| state.clock.read(done)))
    }

    pub(super) fn step(
        &mut self,
        pbx: &mut Pbx,
        landing: &mut Landing<'_>,
        may_catch_up: bool,
    ) -> Result<Copied, Failure> {
        let mut state = match self.state.take() {
            Some(state) if state.looked.elapsed() < LOST => state,
            _ => self.begin(pbx, landing)?,
        };
        let mut copied = Copied {
            rows: 0,
            again: Duration::ZERO,
        };
        if let Some(place) = self.due(&state) {
            copied.rows += self.look(place, &mut state, pbx, landing)?;
        }
        if may_catch_up && state.past.is_some() {
            copied.rows += self.catch_up(&mut state, pbx, landing)?;
        } else if state.past.is_none() {
            let next = self.windows.iter().map(|look| look.due).min();
            copied.again = next.map_or(Duration::ZERO, |due| {
                due.saturating_duration_since(Instant::now())
            });
        }
        self.state = Some(state);
        Ok(copied)
    }

    /// Reads how far the table was copied, and goes back from there by the longest window.
    fn begin(&mut self, pbx: &mut Pbx, landing: &mut Landing<'_>) -> Result<State, Failure> {
        let clock = Clock {
            zone: self.zone,
            is_epoch: self.has_epochs(pbx)?,
        };
        let stored: Option<Position> = landing.position()?;
        let longest = self
            .windows
            .last()
            .map_or(Duration::ZERO, |look| look.window.last);
        let table = Arc::clone(&self.table);
        let first = pbx.ask(move |session| table.oldest(session))?;
        let is_same = |stored: &Position| stored.first.is_some() && stored.first <= first;
        let done = stored.filter(is_same).and_then(|stored| {
            let before = |text: &str, by: Duration| Some(clock.write(clock.read(text)? - by));
            let read = before(stored.read.as_deref()?, Duration::from_secs(1))?;
            Some(read.min(before(&stored.at, longest)?))
        });
        for look in &mut self.windows {
            look.due = Instant::now();
        }
        Ok(State {
            clock,
            known: BTreeMap::new(),
            past: Some(Past {
                done,
                until: clock.write(Utc::now()),
            }),
            newest: None,
            first,
            looked: Instant::now(),
        })
    }

    fn has_epochs(&self, pbx: &mut Pbx) -> Result<bool, Failure> {
        Ok(match self.table.layout().form {
            Form::DateTime => false,
            Form::Number => true,
            Form::Text => {
                let table = Arc::clone(&self.table);
                let newest = pbx.ask(move |session| table.newest(session, None))?;
                newest.is_some_and(|text| text.bytes().all(|b| b.is_ascii_digit() || b == b'.'))
            }
        })
    }

    /// The longest window that is due; while the past is copied only the shortest is looked at.
    fn due(&self, state: &State) -> Option<usize> {
        let now = Instant::now();
        let looks = match state.past {
            Some(_) => &self.windows[..1],
            None => &self.windows[..],
        };
        looks.iter().rposition(|look| look.due <= now)
    }

    /// Looks at a window, and copies what has changed in it.
    fn look(
        &mut self,
        place: usize,
        state: &mut State,
        pbx: &mut Pbx,
        landing: &mut Landing<'_>,
    ) -> Result<usize, Failure> {
        let (clock, window) = (state.clock, self.windows[place].window);
        let table = Arc::clone(&self.table);
        let (newest, from, counts, asked) = pbx.ask(move |session| {
            let begun = Instant::now();
            let newest = table.newest(session, Some(&clock.write(Utc::now())))?;
            let from = clock.back(newest.as_deref(), window.last);
            let counts = table.counts(session, &from)?;
            Ok((newest, from, counts, begun.elapsed()))
        })?;
        state.newest = newest;
        // The latest first: whoever waits, waits for them.
        let mut changed = state.changed(&from, counts);
        changed.reverse();
        if place + 1 == self.windows.len() {
            state.known = state.known.split_off(&from);
        }
        let mut rows = 0;
        for _ in 0..CHUNKS {
            let some = chunk(&mut changed);
            if some.is_empty() {
                break;
            }
            rows += self.copy_times(some, state, pbx, landing)?;
        }
        let is_done = changed.is_empty();
        let now = Instant::now();
        if is_done {
            // The longer window has shown what the shorter ones would have.
            for look in &mut self.windows[..=place] {
                look.due = now + look.window.every;
            }
            let look = &mut self.windows[place];
            look.due = now + look.window.every.max(asked * SHARE);
        }
        if is_done {
            state.looked = now;
        }
        // So that a start after a long quiet time has little to compare.
        if is_done && place > 0 && rows == 0 {
            landing.copy(Vec::new(), &state.position())?;
        }
        Ok(rows)
    }

    /// Copies all rows of these times.
    fn copy_times(
        &self,
        counts: Vec<Count>,
        state: &mut State,
        pbx: &mut Pbx,
        landing: &mut Landing<'_>,
    ) -> Result<usize, Failure> {
        if let [only] = counts.as_slice()
            && only.rows > CHUNK as u64
        {
            return self.copy_parts(&only.time, state, pbx, landing);
        }
        let times: Vec<String> = counts.into_iter().map(|count| count.time).collect();
        // Some may have come meanwhile; the next look finds those that do not fit.
        let rows = self.rows(pbx, Range::At(times), 4 * CHUNK)?;
        let read = numbers(&rows);
        let new = landing.copy(rows, &state.position())?;
        state.known.extend(read);
        Ok(new)
    }

    /// Copies all rows of one time that has very many, in parts.
    fn copy_parts(
        &self,
        time: &str,
        state: &mut State,
        pbx: &mut Pbx,
        landing: &mut Landing<'_>,
    ) -> Result<usize, Failure> {
        let (table, at) = (Arc::clone(&self.table), time.to_owned());
        let all = pbx.ask(move |session| table.count_at(session, &at))?;
        let parts = all / (CHUNK as u64) + 1;
        let (mut new, mut read) = (0, 0);
        for part in 0..parts {
            // Equal rows are in one part: it may be as large as all.
            let rows = self.rows(
                pbx,
                Range::Part(time.to_owned(), part, parts),
                usize::MAX >> 1,
            )?;
            read += rows.len() as u64;
            new += landing.copy(rows, &state.position())?;
        }
        state.known.insert(time.to_owned(), read);
        Ok(new)
    }

    /// Copies the next chunk of the past.
    fn catch_up(
        &self,
        state: &mut State,
        pbx: &mut Pbx,
        landing: &mut Landing<'_>,
    ) -> Result<usize, Failure> {
        let Some(past) = &mut state.past else {
            return Ok(0);
        };
        // The last time of a full chunk may have more rows than are in it: it is read again.
        let range = Range::Times(past.done.clone(), past.until.clone());
        let mut rows = self.rows(pbx, range, CHUNK)?;
        let is_full = rows.len() == CHUNK;
        let last = rows.last().map(|row| row.time.clone());
        if let (true, Some(last)) = (is_full, &last) {
            rows.retain(|row| row.time != *last);
        }
        let done = match (rows.last(), last) {
            (Some(row), _) => Some(row.time.clone()),
            // A time with more rows than a chunk has.
            (None, Some(last)) => {
                let new = self.copy_parts(&last, state, pbx, landing)?;
                if let Some(past) = &mut state.past {
                    past.done = Some(last);
                }
                landing.copy(Vec::new(), &state.position())?;
                return Ok(new);
            }
            (None, None) => None,
        };
        if is_full {
            past.done = done;
        } else {
            state.newest = done.or(past.done.take());
            state.past = None;
        }
        let read = numbers(&rows);
        let new = landing.copy(rows, &state.position())?;
        let longest = self
            .windows
            .last()
            .map_or(Duration::ZERO, |look| look.window.last);
        let from = state.clock.back(None, longest);
        state
            .known
            .extend(read.into_iter().filter(|(time, _)| *time >= from));
        Ok(new)
    }

    fn rows(&self, pbx: &mut Pbx, range: Range, limit: usize) -> Result<Vec<Row>, Failure> {
        let table = Arc::clone(&self.table);
        Ok(pbx.ask(move |session| table.rows(session, &range, limit))?)
    }
}
