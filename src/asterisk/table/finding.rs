//! What is to be said about a table's layout.

use std::fmt;

use super::Layout;
use crate::asterisk::record::Kind;

/// What `doctor` says of a source's table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// The table is not there, or must not be read.
    NoTable(Kind),
    /// Columns are missing without which rows say nothing.
    Unreadable(Kind, Vec<String>),
    /// The configuration names a column of ours that does not exist.
    NoSuchColumnOfOurs(Kind, String),
    /// The configuration names a column that is not there.
    ConfiguredColumnMissing(Kind, String),
    /// Without this column something cannot be known.
    NoColumn(Kind, &'static str),
    /// Neither a growing key nor an index on the time: each look for new rows reads the whole
    /// table. The statement creates what is missing.
    NoIndex(Kind, String),
    /// No growing key: rows are found by their time.
    NoKey(Kind),
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Just so.
    Note,
    /// Something is to be done.
    Wrong,
}

/// Columns that a table may lack, and what is then not known.
const WORTH_HAVING: [(Kind, &str, &str); 7] = [
    (
        Kind::Cdr,
        "linkedid",
        "the parts of a transferred or forwarded call cannot be told to be one call, each makes \
         one of its own",
    ),
    (
        Kind::Cdr,
        "uniqueid",
        "rows cannot be joined to calls, nor queue events to rows (cdr_odbc: loguniqueid=yes)",
    ),
    (
        Kind::Cdr,
        "sequence",
        "rows of one call within one second have no order (cdr_odbc: newcdrcolumns=yes)",
    ),
    (
        Kind::Cdr,
        "dstchannel",
        "nobody can be told to have been called",
    ),
    (
        Kind::Cdr,
        "billsec",
        "it is not known how long anybody talked",
    ),
    (
        Kind::QueueLog,
        "data1",
        "neither waiting nor talk of queue calls is known, only what the times tell",
    ),
    (
        Kind::Cel,
        "linkedid",
        "channel events cannot be told to be of one call",
    ),
];

/// Adds what a layout that can be read leaves to be said.
pub(super) fn of_layout(layout: &Layout, findings: &mut Vec<Finding>) {
    for (kind, column, _) in WORTH_HAVING {
        let is_there = layout.has(column) || column == "data1" && layout.data.is_some();
        if kind == layout.kind && !is_there {
            findings.push(Finding::NoColumn(kind, column));
        }
    }
    match (&layout.key, layout.time_is_indexed) {
        (Some(_), _) => {}
        (None, true) => findings.push(Finding::NoKey(layout.kind)),
        (None, false) => {
            let (table, time) = (quoted(&layout.table), quoted(&layout.time.name));
            findings.push(Finding::NoIndex(
                layout.kind,
                format!("CREATE INDEX {time} ON {table} ({time});"),
            ));
        }
    }
}

/// A name between backticks.
pub(super) fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

impl Finding {
    /// How bad it is.
    pub fn severity(&self) -> Severity {
        match self {
            Self::NoTable(Kind::Cdr)
            | Self::Unreadable(..)
            | Self::NoSuchColumnOfOurs(..)
            | Self::ConfiguredColumnMissing(..)
            | Self::NoIndex(..) => Severity::Wrong,
            Self::NoColumn(_, column) if *column != "sequence" => Severity::Wrong,
            Self::NoTable(_) | Self::NoColumn(..) | Self::NoKey(_) => Severity::Note,
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoTable(Kind::Cdr) => write!(
                f,
                "no table cdr that this user may read: no histories but those of queues \
                 (GRANT SELECT ON `…`.`cdr`)"
            ),
            Self::NoTable(Kind::QueueLog) => write!(
                f,
                "no table queue_log that this user may read: no histories of queues, unless the \
                 log file is followed (queue_log_file; FreePBX: /var/log/asterisk/queue_log)"
            ),
            Self::NoTable(Kind::Cel) => {
                write!(
                    f,
                    "no table cel that this user may read: nothing is lost yet"
                )
            }
            Self::Unreadable(kind, columns) => write!(
                f,
                "{}: no column {}; if it has another name: [source.{}] columns = {{ {} = \"…\" }}",
                kind.table(),
                columns.join(", "),
                kind.table(),
                columns.first().map_or("…", String::as_str),
            ),
            Self::NoSuchColumnOfOurs(kind, column) => {
                write!(
                    f,
                    "{}: {column} is configured, and no column of ours",
                    kind.table()
                )
            }
            Self::ConfiguredColumnMissing(kind, column) => {
                write!(
                    f,
                    "{}: column {column} is configured, and not there",
                    kind.table()
                )
            }
            Self::NoColumn(kind, column) => {
                let known = WORTH_HAVING
                    .iter()
                    .find(|(k, c, _)| k == kind && c == column);
                let lost = known.map_or("", |(_, _, lost)| lost);
                write!(f, "{}: no column {column}: {lost}", kind.table())
            }
            Self::NoIndex(kind, statement) => write!(
                f,
                "{}: neither a growing key nor an index on its time, so each look for new rows \
                 reads the whole table; once: {statement}",
                kind.table()
            ),
            Self::NoKey(kind) => write!(
                f,
                "{}: no growing key; new rows are found by their time, those of calls longer \
                 than ten minutes within a minute",
                kind.table()
            ),
        }
    }
}
