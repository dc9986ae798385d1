//! The findings of `call-history doctor`: what they are, and how they read.
//!
//! Nothing here asks the database: [`crate::cli`] does, and fills in a [`Report`]. The text is
//! for a person at three in the morning: what is wrong stands marked with `!!`, and says what
//! to do. It holds no telephone numbers.

mod pbx;
mod safe;
mod text;

use std::collections::BTreeMap;

use chrono_tz::Tz;

pub use pbx::{Pbx, PbxDatabase, PbxTable, lacks_unanswered};
pub use safe::safe;

use crate::asterisk::{Cdr, Kind, QueueEvent, Record, time};
use crate::model::Time;

/// So many examples are kept of each kind of finding.
const EXAMPLES: usize = 5;

/// A row whose time is so much later than now shows a wrong zone or a wrong clock.
const AHEAD_SECONDS: i64 = 600;

/// All findings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// When it was made.
    pub at: Time,
    /// The database's hosts (for SQLite its file), in the order of the URLs.
    pub hosts: Vec<Host>,
    /// What the first host that answers holds.
    pub database: Option<Database>,
    /// The PBXs that are followed.
    pub pbxs: Vec<Pbx>,
}

/// A host of the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// Its URL, without the password.
    pub url: String,
    /// Why it cannot be reached, when it cannot.
    pub fault: Option<String>,
}

/// What stands in the database.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Database {
    /// Kind and version.
    pub version: String,
    /// For MySQL, what is known of the connection's encryption.
    pub encryption: Option<String>,
    /// Whether migrations are not applied yet. Then nothing below was looked at.
    pub pending: bool,
    /// Indexes that are not there.
    pub missing_indexes: Vec<String>,
    /// The sources, by name.
    pub sources: BTreeMap<String, Source>,
    /// How many lines of imported files were no rows.
    pub bad_lines: u64,
    /// Some of them: the file, the line, and the reason without telephone numbers.
    pub bad_line_examples: Vec<String>,
    /// How many calls there are.
    pub calls: u64,
    /// How many entries.
    pub entries: u64,
}

/// What is known of a source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Source {
    /// Why its zones cannot be read, when they cannot; UTC is assumed.
    pub zones_fault: Option<String>,
    /// Its landing tables.
    pub tables: BTreeMap<Kind, Table>,
    /// Conversations without a call although they have rows of `cdr` that are understood.
    pub not_folded: u64,
    /// Other conversations without a call, such as those of a callid of the queue log alone.
    pub no_call: u64,
    /// Some of both.
    pub examples: Vec<String>,
}

/// What stands in one landing table, of one source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// The zone of its times; None when the source has named none, and UTC is assumed.
    pub zone: Option<Tz>,
    /// How many rows.
    pub rows: u64,
    /// The time of the newest row.
    pub newest: Option<Time>,
    /// How many rows are not understood.
    pub not_understood: u64,
    /// Some of them.
    pub examples: Vec<Example>,
    /// How many rows name no call.
    pub without_conversation: u64,
}

/// A row that is not understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// Its id in the table.
    pub id: i64,
    /// Why, without telephone numbers.
    pub reason: String,
}

impl Table {
    /// Takes a row into account.
    pub fn add(&mut self, id: i64, record: &Record) {
        self.rows += 1;
        match moment(record, self.zone.unwrap_or(Tz::UTC)) {
            Ok(time) => self.newest = self.newest.max(time),
            Err(reason) => {
                self.not_understood += 1;
                if self.examples.len() < EXAMPLES {
                    let reason = safe(&reason);
                    self.examples.push(Example { id, reason });
                }
            }
        }
    }
}

impl Source {
    /// Takes a conversation without a call into account, by its rows of `cdr`.
    pub fn add_without_call<'a>(
        &mut self,
        conversation: &str,
        mut cdr: impl Iterator<Item = &'a Record>,
    ) {
        let table = self.tables.get(&Kind::Cdr);
        let zone = table.and_then(|table| table.zone).unwrap_or(Tz::UTC);
        if cdr.any(|record| moment(record, zone).is_ok()) {
            self.not_folded += 1;
        } else {
            self.no_call += 1;
        }
        if self.examples.len() < EXAMPLES {
            self.examples.push(safe(conversation));
        }
    }
}

/// When a row is from, if it is understood.
fn moment(record: &Record, zone: Tz) -> Result<Option<Time>, String> {
    match record.kind() {
        Kind::Cdr => Cdr::read(record, zone).map(|cdr| Some(cdr.start)),
        Kind::QueueLog => QueueEvent::read(record, 0, zone).map(|event| Some(event.time)),
        Kind::Cel => {
            let created = time::created(record.get("uniqueid"));
            let stamp = time::parse(record.get("eventtime"), zone, created)
                .map_err(|reason| format!("eventtime: {reason}"))?;
            Ok(stamp.map(|stamp| stamp.time))
        }
    }
}

#[cfg(test)]
mod tests;
