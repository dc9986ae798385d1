//! What is known of a table that is followed by time, and what of it is kept.

use std::collections::BTreeMap;
use std::time::Instant;

use chrono::Utc;
use serde::{Deserialize, Serialize};

use crate::ingest::follow::database::clock::Clock;
use crate::ingest::follow::database::copy::CHUNK;
use crate::store::pbx::{Count, Row};

/// So many times are asked for at once.
const TIMES: usize = 200;

/// What is known since the beginning was found.
pub(super) struct State {
    pub(super) clock: Clock,
    /// How many rows were copied of each time that the longest window has.
    pub(super) known: BTreeMap<String, u64>,
    pub(super) past: Option<Past>,
    /// The latest time of a row that is not in the future.
    pub(super) newest: Option<String>,
    /// The first time of all.
    pub(super) first: Option<String>,
    pub(super) looked: Instant,
}

/// What is left of the past.
pub(super) struct Past {
    /// All rows up to this time, it included, are copied; None: none is.
    pub(super) done: Option<String>,
    pub(super) until: String,
}

/// How far the table is copied.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Position {
    /// All rows up to this time were copied.
    pub(super) read: Option<String>,
    /// When that was, as the table would write it: rows of calls that went on then were not
    /// there yet.
    pub(super) at: String,
    /// The first time of all: where there are earlier ones later, this is another table.
    pub(super) first: Option<String>,
}

impl State {
    /// The times that have another number of rows than were copied, in order.
    pub(super) fn changed(&mut self, from: &str, counts: Vec<Count>) -> Vec<Count> {
        let mut gone: Vec<String> = Vec::new();
        {
            let mut there = counts.iter().map(|count| count.time.as_str()).peekable();
            for known in self.known.range(from.to_owned()..).map(|(time, _)| time) {
                while there.next_if(|time| *time < known.as_str()).is_some() {}
                if there.peek() != Some(&known.as_str()) {
                    gone.push(known.clone());
                }
            }
        }
        for time in gone {
            self.known.remove(&time);
        }
        let mut changed = counts;
        changed.retain(|count| self.known.get(&count.time) != Some(&count.rows));
        changed
    }

    pub(super) fn position(&self) -> Position {
        let read = match &self.past {
            Some(past) => past.done.clone(),
            None => self.newest.clone(),
        };
        Position {
            read,
            at: self.clock.write(Utc::now()),
            first: self.first.clone(),
        }
    }
}

/// Takes the first times that make a chunk off the list.
pub(super) fn chunk(changed: &mut Vec<Count>) -> Vec<Count> {
    let mut rows = 0;
    let fits = |count: &&Count| {
        rows += count.rows;
        rows <= CHUNK as u64
    };
    let some = changed.iter().take(TIMES).take_while(fits).count();
    let some = some.max(1).min(changed.len());
    let rest = changed.split_off(some);
    std::mem::replace(changed, rest)
}

/// How many rows have each time.
pub(super) fn numbers(rows: &[Row]) -> BTreeMap<String, u64> {
    let mut numbers = BTreeMap::new();
    for row in rows {
        *numbers.entry(row.time.clone()).or_insert(0) += 1;
    }
    numbers
}
