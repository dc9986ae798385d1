//! What `doctor` finds in the PBXs that are followed.

use std::collections::BTreeMap;

use super::AHEAD_SECONDS;
use super::text::{Lines, age, stamp, things};
use crate::asterisk::table::{Finding, Severity};
use crate::asterisk::{Cdr, Kind, Record};
use crate::model::Time;

/// With so many rows of `cdr` one of a call that nobody was rung for is to be expected.
const TELLING: usize = 500;

/// A PBX that is followed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pbx {
    /// The source's name.
    pub name: String,
    /// Its database, if it has one.
    pub database: Option<PbxDatabase>,
    /// Its log file, if it has one: its name, and what is wrong with it.
    pub log_file: Option<(String, Option<String>)>,
}

/// A PBX's database.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PbxDatabase {
    /// Its URL, without the password.
    pub url: String,
    /// Why it cannot be asked, when it cannot. Then nothing else is known.
    pub fault: Option<String>,
    /// Kind and version.
    pub version: String,
    /// Whether the user may do more than read.
    pub may_write: bool,
    /// Its tables, with what is to be said of each.
    pub tables: BTreeMap<Kind, PbxTable>,
}

/// A table of a PBX.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PbxTable {
    /// Its name; None when it is not there.
    pub name: Option<String>,
    /// What is to be said about its layout.
    pub findings: Vec<Finding>,
    /// The newest row that can be read at all.
    pub newest: Option<Time>,
    /// Why its rows cannot be read, when they cannot.
    pub fault: Option<String>,
    /// Whether it looks as if Asterisk left calls out that nobody was rung for.
    pub lacks_unanswered: bool,
}

impl Pbx {
    pub(super) fn lines(&self, lines: &mut Lines, now: Time) {
        lines.plain(format!("PBX {}", self.name));
        if let Some(database) = &self.database {
            database.lines(lines, now, self.log_file.is_some());
        }
        match &self.log_file {
            Some((file, Some(fault))) => lines.wrong(format!("  log file {file}: {fault}")),
            Some((file, None)) => lines.plain(format!("  log file {file}: can be read")),
            None => {}
        }
    }
}

impl PbxDatabase {
    fn lines(&self, lines: &mut Lines, now: Time, has_log_file: bool) {
        if let Some(fault) = &self.fault {
            lines.wrong(format!("  database {}: {fault}", self.url));
            return;
        }
        lines.plain(format!(
            "  database {}: answers, {}",
            self.url, self.version
        ));
        if self.may_write {
            lines.note(
                "  its user may do more than read; SELECT is enough (we never write, but others \
                 may learn the password)",
            );
        }
        for (kind, table) in &self.tables {
            table.lines(lines, *kind, now, has_log_file);
        }
    }
}

impl PbxTable {
    fn lines(&self, lines: &mut Lines, kind: Kind, now: Time, has_log_file: bool) {
        let table = kind.table();
        for finding in &self.findings {
            if matches!(finding, Finding::NoTable(Kind::QueueLog)) && has_log_file {
                lines.plain(format!("  {table}: no table, the log file is followed"));
                continue;
            }
            match finding.severity() {
                Severity::Wrong => lines.wrong(format!("  {finding}")),
                Severity::Note => lines.note(format!("  {finding}")),
            }
        }
        if let Some(fault) = &self.fault {
            lines.wrong(format!("  {table}: {fault}"));
        }
        let Some(name) = &self.name else {
            return;
        };
        match self.newest {
            Some(newest) if (newest - now).num_seconds() > AHEAD_SECONDS => lines.wrong(format!(
                "  {table}: newest row {} lies in the future: a wrong zone or clock?",
                stamp(newest)
            )),
            Some(newest) => lines.plain(format!(
                "  {table}: table {name}, newest row {}, {} ago",
                stamp(newest),
                age((now - newest).num_seconds())
            )),
            None => lines.plain(format!("  {table}: table {name}, no rows")),
        }
        if self.lacks_unanswered {
            lines.note(format!(
                "  {table}: none of {} has a caller for whom nobody was rung: callers who give up \
                 early are left out (cdr.conf: unanswered=yes)",
                things(TELLING as u64, "row", "rows")
            ));
        }
    }
}

/// Whether rows look as if Asterisk left calls out that nobody was rung for: with
/// `unanswered=no`, its default, an unanswered row without a called channel is never written.
pub fn lacks_unanswered<'a>(rows: impl Iterator<Item = &'a Record>) -> bool {
    let mut count = 0;
    for row in rows {
        count += 1;
        let cdr = Cdr::read(row, chrono_tz::UTC);
        if cdr.is_ok_and(|cdr| !cdr.answered && cdr.dstchannel.is_none()) {
            return false;
        }
    }
    count >= TELLING
}
