//! Following rows that appear in our own landing tables, as Asterisk's ODBC modules write them.

mod capture;
mod feed;
mod ids;
mod pbx;
mod processes;
mod setup;

use std::fs::File;
use std::process::{Child, Stdio};
use std::time::Duration;

use call_history::asterisk::file::Rows;
use call_history::asterisk::{Kind, Record};
use call_history::store::Connection;
use call_history::store::landing::tail::{heads, position};
use chrono::{NaiveDateTime, TimeDelta};
use diesel::connection::SimpleConnection;
use tempfile::NamedTempFile;

use crate::channels::moment_of_ongoing;
use crate::support::TestDatabase;
use crate::support::mariadb::until;
use crate::support::service::{capture, program};

/// Far longer than anything here takes, on a machine that is busy.
const SOON: Duration = Duration::from_secs(40);

/// Inserts a row the way Asterisk does: it names the columns that it knows, and no others.
fn insert(conn: &mut Connection, record: &Record) {
    conn.batch_execute(&statement(conn, record, None)).unwrap();
}

/// The same with an id.
fn statement(conn: &Connection, record: &Record, id: Option<i64>) -> String {
    let columns = record.kind().columns().iter().zip(record.values());
    let filled = columns.filter_map(|(column, value)| Some((column.name, value.as_deref()?)));
    let quote = |value: &str| {
        let value = match conn {
            Connection::Mysql(_) => value.replace('\\', "\\\\"),
            Connection::Sqlite(_) => value.to_owned(),
        };
        format!("'{}'", value.replace('\'', "''"))
    };
    let mut names: Vec<String> = Vec::new();
    let mut values: Vec<String> = Vec::new();
    for (name, value) in filled {
        names.push(format!("`{name}`"));
        values.push(quote(value));
    }
    if let Some(id) = id {
        names.push("`id`".to_owned());
        values.push(id.to_string());
    }
    format!(
        "INSERT INTO `{}` ({}) VALUES ({})",
        record.kind().table(),
        names.join(", "),
        values.join(", ")
    )
}

/// The capture's rows of `cdr` and `queue_log` in the order in which Asterisk wrote them.
fn rows_of_capture() -> Vec<Record> {
    let rows = rows_with_times(&[Kind::Cdr, Kind::QueueLog]);
    rows.into_iter().map(|(_, record)| record).collect()
}

/// The capture's rows of these kinds, in the order in which Asterisk wrote them, and when that
/// was: a CDR at its end, those that ended together by their sequence; an event at its time.
fn rows_with_times(kinds: &[Kind]) -> Vec<(NaiveDateTime, Record)> {
    let mut all: Vec<(NaiveDateTime, i64, Record)> = Vec::new();
    for kind in kinds.iter().copied() {
        let file = format!("{}.csv", kind.table());
        let rows = Rows::new(kind, File::open(capture(&file)).unwrap()).unwrap();
        for row in rows {
            let (_, record) = row.unwrap();
            let time = |column: &str| {
                NaiveDateTime::parse_from_str(record.get(column), "%Y-%m-%d %H:%M:%S%.f").unwrap()
            };
            let number = |column: &str| record.get(column).parse::<i64>().unwrap();
            let (at, then) = match kind {
                Kind::Cdr => {
                    let started = match record.get("calldate") {
                        "" => time("start"),
                        _ => time("calldate"),
                    };
                    (
                        started + TimeDelta::seconds(number("duration")),
                        number("sequence"),
                    )
                }
                Kind::QueueLog => (time("time"), 0),
                Kind::Cel => (time("eventtime"), 0),
            };
            all.push((at, then, record));
        }
    }
    all.sort_by_key(|(at, then, _)| (*at, *then));
    let rows = all.into_iter();
    rows.map(|(at, _, record)| (at, record)).collect()
}

/// The moment at which something of the capture is in progress.
fn moment() -> NaiveDateTime {
    NaiveDateTime::parse_from_str(&moment_of_ongoing(), "%Y-%m-%d %H:%M:%S").unwrap()
}

/// Whether all rows that are there were read and folded.
fn is_caught_up(conn: &mut Connection) -> bool {
    let heads = heads(conn).unwrap();
    let mut positions = Kind::ALL.iter().map(|kind| position(conn, *kind).unwrap());
    heads.iter().all(|head| positions.next() == Some(*head))
}

fn catch_up(database: &TestDatabase) {
    let mut conn = database.connect();
    until("caught up", SOON, || is_caught_up(&mut conn));
}

/// `call-history follow` as a process; killed when it is dropped.
struct Follow {
    child: Child,
    log: NamedTempFile,
}

impl Follow {
    /// Follows, with a lease of this many milliseconds.
    fn start(database: &TestDatabase, lease: u32) -> Self {
        let log = NamedTempFile::new().unwrap();
        let child = program()
            .args(["follow", "--lease", &format!("{lease}ms")])
            .env("DATABASE_URL", database.url_text())
            .stdout(Stdio::null())
            .stderr(log.reopen().unwrap())
            .spawn()
            .unwrap();
        Self { child, log }
    }

    fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Ends it without a word.
    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// What it has logged.
    fn said(&self) -> String {
        std::fs::read_to_string(self.log.path()).unwrap()
    }

    fn until_said(&self, words: &str) {
        until(words, SOON, || {
            assert!(!self.said().contains("panicked"), "{}", self.said());
            self.said().contains(words)
        });
    }
}

impl Drop for Follow {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("a follower said:\n{}", self.said());
        }
    }
}
