//! A PBX's own database, and its log file, followed step by step: what is copied, in every layout
//! and whatever happens to the tables meanwhile. The target is the database that `TEST_MYSQL_URL`
//! chooses; the PBX is a MariaDB in both rounds.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../support/mod.rs"]
mod support;

mod bad;
mod by_key;
mod by_time;
mod layouts;
mod log_file;
mod session;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use call_history::asterisk::{Kind, Record};
use call_history::ingest::follow::settings::{Settings, WINDOWS, ZoneNames};
use call_history::ingest::follow::{Source, Step, Task, Trouble, database, log_file as file};
use call_history::store::lease::{self, Fence, Watch};
use call_history::store::{Connection, inspect};

use support::TestDatabase;

/// Whoever follows, without threads: the test takes the steps.
struct Following {
    database: TestDatabase,
    conn: Connection,
    fence: Fence,
    settings: Settings,
}

impl Following {
    /// Of a PBX's database.
    fn database(url: &str) -> Self {
        Self::new(Settings {
            name: "pbx".to_owned(),
            url: Some(url.parse().unwrap()),
            queue_log_file: None,
            zones: ZoneNames::default(),
            names: BTreeMap::new(),
            windows: WINDOWS.to_vec(),
        })
    }

    /// Of a log file.
    fn file(path: &Path) -> Self {
        let mut following = Self::database("mysql://none/none");
        following.settings.url = None;
        following.settings.queue_log_file = Some(path.to_owned());
        following
    }

    fn new(settings: Settings) -> Self {
        let database = TestDatabase::new();
        let mut conn = database.connect();
        let length = Duration::from_secs(600);
        let fence = lease::try_take(
            &mut conn,
            &mut Watch::default(),
            "test",
            length,
            Instant::now,
        );
        let fence = fence.unwrap().unwrap();
        Self {
            database,
            conn,
            fence,
            settings,
        }
    }

    /// Another name of a column.
    fn column(&mut self, kind: Kind, ours: &str, theirs: &str) {
        let names = self.settings.names.entry(kind).or_default();
        names.columns.insert(ours.to_owned(), theirs.to_owned());
    }

    /// A task that begins as after a start of the program.
    fn task(&self) -> Box<dyn Task> {
        let source: Source = match &self.settings.url {
            Some(_) => database::source(self.settings.clone(), chrono_tz::UTC).unwrap(),
            None => file::source(&self.settings).unwrap(),
        };
        (source.task)()
    }

    fn step(&mut self, task: &mut Box<dyn Task>) -> Result<Step, Trouble> {
        task.step(&mut self.conn, &self.fence)
    }

    /// Steps until there is nothing more to copy. Windows that are due only later are waited for.
    fn settle(&mut self, task: &mut Box<dyn Task>) -> usize {
        let mut rows = 0;
        let mut quiet = 0;
        while quiet < 2 {
            let step = self.step(task).unwrap();
            rows += step.rows;
            if step.rows > 0 || step.again.is_zero() {
                quiet = 0;
            } else {
                quiet += 1;
                std::thread::sleep(step.again.min(Duration::from_secs(2)));
            }
        }
        rows
    }

    /// All rows of a kind that were copied, in the order in which they came.
    fn rows(&mut self, kind: Kind) -> Vec<Record> {
        let mut all: Vec<Record> = Vec::new();
        let mut after = i64::MIN;
        loop {
            let rows = inspect::rows_after(&mut self.conn, kind, after, 1000).unwrap();
            let Some((_, last)) = rows.last() else {
                return all;
            };
            after = last.id;
            for (source, row) in rows {
                assert_eq!(source, "pbx");
                all.push(row.record);
            }
        }
    }

    /// The values of a column of all rows that were copied, in order.
    fn values(&mut self, kind: Kind, column: &str) -> Vec<String> {
        let rows = self.rows(kind);
        let mut values: Vec<String> = rows.iter().map(|row| row.get(column).to_owned()).collect();
        values.sort_unstable();
        values
    }
}

/// So long before now, as a PBX in UTC writes it.
fn ago(seconds: i64) -> String {
    let time = chrono::Utc::now() - chrono::TimeDelta::seconds(seconds);
    time.format("%Y-%m-%d %H:%M:%S").to_string()
}

/// A statement that inserts a row of a call that began then, with this uniqueid.
fn call(start: &str, uniqueid: &str) -> String {
    format!(
        "INSERT INTO `cdr` (`calldate`, `channel`, `disposition`, `duration`, `uniqueid`, `linkedid`) \
         VALUES ('{start}', 'PJSIP/1000-00000001', 'ANSWERED', 30, '{uniqueid}', '{uniqueid}');"
    )
}
