//! The report as text. Each line is built with its mark, so that what is wrong on paper and
//! the exit code cannot differ.

use std::fmt::{self, Display};

use super::{AHEAD_SECONDS, Database, Host, Report, Source, Table};
use crate::asterisk::Kind;
use crate::model::Time;

/// The lines of a report; those that tell of something wrong are marked.
#[derive(Default)]
pub(super) struct Lines {
    lines: Vec<(Mark, String)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    /// As it should be, or just so.
    Plain,
    /// Perhaps worth a look.
    Note,
    /// Something is to be done.
    Wrong,
}

impl Lines {
    pub(super) fn plain(&mut self, line: impl Into<String>) {
        self.lines.push((Mark::Plain, line.into()));
    }

    pub(super) fn note(&mut self, line: impl Into<String>) {
        self.lines.push((Mark::Note, line.into()));
    }

    pub(super) fn wrong(&mut self, line: impl Into<String>) {
        self.lines.push((Mark::Wrong, line.into()));
    }

    fn count_wrong(&self) -> usize {
        let wrong = self.lines.iter().filter(|(mark, _)| *mark == Mark::Wrong);
        wrong.count()
    }
}

impl Report {
    /// Whether nothing is wrong.
    pub fn is_well(&self) -> bool {
        self.lines().count_wrong() == 0
    }

    fn lines(&self) -> Lines {
        let mut lines = Lines::default();
        for host in &self.hosts {
            host.lines(&mut lines);
        }
        if let Some(database) = &self.database {
            database.lines(&mut lines, self.at);
        }
        for pbx in &self.pbxs {
            pbx.lines(&mut lines, self.at);
        }
        lines
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = self.lines();
        for (mark, line) in &lines.lines {
            let mark = match mark {
                Mark::Plain => "  ",
                Mark::Note => " ?",
                Mark::Wrong => "!!",
            };
            writeln!(f, "{mark} {line}")?;
        }
        match lines.count_wrong() {
            0 => write!(f, "all is well"),
            count => write!(
                f,
                "{}, marked with !!",
                things(count as u64, "thing is wrong", "things are wrong")
            ),
        }
    }
}

impl Host {
    fn lines(&self, lines: &mut Lines) {
        match &self.fault {
            None => lines.plain(format!("database {}: answers", self.url)),
            Some(fault) => lines.wrong(format!("database {}: {fault}", self.url)),
        }
    }
}

impl Database {
    fn lines(&self, lines: &mut Lines, now: Time) {
        lines.plain(format!("version: {}", self.version));
        if let Some(encryption) = &self.encryption {
            lines.plain(format!("connection: {encryption}"));
        }
        if self.pending {
            lines.wrong("tables: not up to date; run: call-history migrate");
            return;
        }
        lines.plain("tables: up to date");
        for index in &self.missing_indexes {
            lines.wrong(format!("index missing: {index}"));
        }
        for (name, source) in &self.sources {
            source.lines(lines, name, now);
        }
        if self.sources.is_empty() {
            lines.note("no rows at all: import some, see call-history import --help");
        }
        if self.bad_lines > 0 {
            lines.note(format!(
                "{} no row, and left out",
                things(
                    self.bad_lines,
                    "line of an imported file was",
                    "lines of imported files were"
                )
            ));
            for example in &self.bad_line_examples {
                lines.plain(format!("     {example}"));
            }
        }
        lines.plain(format!("calls: {}, entries: {}", self.calls, self.entries));
    }
}

impl Source {
    fn lines(&self, lines: &mut Lines, name: &str, now: Time) {
        lines.plain(format!("source {name}"));
        if let Some(fault) = &self.zones_fault {
            lines.wrong(format!("  zones: {fault}"));
        }
        for (kind, table) in &self.tables {
            table.lines(lines, *kind, now);
        }
        if self.not_folded > 0 {
            lines.wrong(format!(
                "  {} not folded yet; run: call-history rebuild",
                things(self.not_folded, "conversation is", "conversations are")
            ));
        }
        if self.no_call > 0 {
            lines.note(format!(
                "  {} no call: rows that are not understood, or a callid of the queue log, \
                 or rows of cel, without any cdr",
                things(self.no_call, "conversation makes", "conversations make")
            ));
        }
        if !self.examples.is_empty() {
            lines.plain(format!("     such as {}", self.examples.join(", ")));
        }
    }
}

impl Table {
    fn lines(&self, lines: &mut Lines, kind: Kind, now: Time) {
        let table = kind.table();
        if self.rows == 0 {
            lines.plain(format!("  {table}: no rows"));
            return;
        }
        let zone = match self.zone {
            Some(zone) => zone.name().to_owned(),
            None => "none named, UTC assumed".to_owned(),
        };
        lines.plain(format!("  {table}: {} rows, zone {zone}", self.rows));
        match self.newest {
            Some(newest) if (newest - now).num_seconds() > AHEAD_SECONDS => lines.wrong(format!(
                "  {table}: newest row {} lies in the future: a wrong zone or clock?",
                stamp(newest)
            )),
            Some(newest) => lines.plain(format!(
                "  {table}: newest row {}, {} ago",
                stamp(newest),
                age((now - newest).num_seconds())
            )),
            None => {}
        }
        if self.not_understood > 0 {
            let are = things(self.not_understood, "row is", "rows are");
            lines.wrong(format!("  {table}: {are} not understood, and left out"));
            for example in &self.examples {
                lines.plain(format!("     row {}: {}", example.id, example.reason));
            }
        }
        if self.without_conversation > 0 {
            let rows = things(self.without_conversation, "row has", "rows have");
            lines.wrong(format!(
                "  {table}: {rows} neither linkedid nor uniqueid, and can be of no call"
            ));
        }
    }
}

pub(super) fn stamp(time: Time) -> String {
    time.format("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// In the largest unit that fits.
pub(super) fn age(seconds: i64) -> String {
    let seconds = seconds.max(0);
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds / 60),
        7200..172_800 => format!("{} h", seconds / 3600),
        _ => format!("{} days", seconds / 86_400),
    }
}

pub(super) fn things(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
