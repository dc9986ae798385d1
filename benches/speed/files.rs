//! The files to import: two years of a PBX with 500 users, 60 agents and 25 queues, and its
//! directory. The same number of rows gives the same files.

use std::path::Path;

use anyhow::{Context, ensure};
use call_history::asterisk::{Kind, Record};
use call_history::model::{Queue, User};
use call_history::traffic::{FREEPBX_CDR, QUEUE_LOG, Shape, Traffic};
use chrono::{DateTime, Utc};

/// The end of the two years.
const END: i64 = 1_767_225_600;
const SEED: u64 = 1;

/// Where they are, and who is in them.
pub(crate) struct Files {
    /// Rows of `cdr`.
    pub(crate) rows: usize,
    /// Rows of `cdr` and `queue_log`.
    pub(crate) all_rows: usize,
    pub(crate) cdr: String,
    pub(crate) queue_log: String,
    pub(crate) users: String,
    pub(crate) queues: String,
    /// Username and number of each user.
    pub(crate) user_numbers: Vec<(String, String)>,
    pub(crate) queue_names: Vec<String>,
    /// The number of an agent with many calls.
    pub(crate) agent: String,
    /// The number of the customer with the most calls.
    pub(crate) customer: String,
    /// When the last call began.
    pub(crate) last: DateTime<Utc>,
}

impl Files {
    /// Writes the files of a PBX with so many rows of `cdr`.
    pub(crate) fn write(folder: &Path, rows: usize) -> anyhow::Result<Self> {
        let path = |name: &str| {
            folder
                .join(format!("{name}-{rows}.csv"))
                .display()
                .to_string()
        };
        let end = DateTime::from_timestamp(END, 0).context("no time")?;
        // Some more, so that there are enough.
        let mut traffic = Traffic::new(&Shape::large(end, rows + rows / 4), SEED);
        let (users, _, queues) = traffic.directory();
        let (_, agent, customer) = traffic.busiest();
        let mut files = Self {
            rows,
            all_rows: 0,
            cdr: path("cdr"),
            queue_log: path("queue_log"),
            users: path("users"),
            queues: path("queues"),
            user_numbers: users.iter().map(name_and_number).collect(),
            queue_names: queues.iter().map(|queue| queue.name.clone()).collect(),
            agent,
            customer,
            last: end,
        };
        files.write_directory(&users, &queues)?;
        files.all_rows = files.write_rows(&mut traffic)?;
        Ok(files)
    }

    /// The rows, in the order in which the calls begin, up to the wanted number of `cdr`.
    fn write_rows(&mut self, traffic: &mut Traffic) -> anyhow::Result<usize> {
        let mut cdr = csv::Writer::from_path(&self.cdr)?;
        let mut queue_log = csv::Writer::from_path(&self.queue_log)?;
        cdr.write_record(FREEPBX_CDR)?;
        queue_log.write_record(QUEUE_LOG)?;
        let cdr_places = places(Kind::Cdr, &FREEPBX_CDR)?;
        let queue_log_places = places(Kind::QueueLog, &QUEUE_LOG)?;
        let (mut rows, mut events) = (0, 0);
        for call in traffic.by_ref() {
            self.last = call.start;
            for record in call.cdr.iter().take(self.rows - rows) {
                cdr.write_record(fields(record, &cdr_places))?;
                rows += 1;
            }
            for record in &call.queue_log {
                queue_log.write_record(fields(record, &queue_log_places))?;
                events += 1;
            }
            if rows == self.rows {
                break;
            }
        }
        ensure!(rows == self.rows, "the traffic has {rows} rows of cdr only");
        cdr.flush()?;
        queue_log.flush()?;
        Ok(rows + events)
    }

    fn write_directory(&self, users: &[User], queues: &[Queue]) -> anyhow::Result<()> {
        let mut file = csv::Writer::from_path(&self.users)?;
        file.write_record([
            "username",
            "first_name",
            "last_name",
            "numbers",
            "endpoints",
            "agent_number",
        ])?;
        for user in users {
            let list = |values: &[call_history::model::Valued]| {
                let values: Vec<&str> = values.iter().map(|v| v.value.as_str()).collect();
                values.join(";")
            };
            file.write_record([
                &user.username,
                &user.first_name,
                &user.last_name,
                &list(&user.numbers),
                &list(&user.endpoints),
                user.agent_number.as_deref().unwrap_or_default(),
            ])?;
        }
        file.flush()?;
        let mut file = csv::Writer::from_path(&self.queues)?;
        file.write_record(["name", "display_name", "number"])?;
        for queue in queues {
            file.write_record([&queue.name, &queue.display_name, &queue.number])?;
        }
        file.flush()?;
        Ok(())
    }
}

fn name_and_number(user: &User) -> (String, String) {
    let number = user.numbers.first().map(|number| number.value.clone());
    (user.username.clone(), number.unwrap_or_default())
}

fn places(kind: Kind, columns: &[&str]) -> anyhow::Result<Vec<usize>> {
    let place = |name: &&str| {
        kind.position(name)
            .with_context(|| format!("no column {name}"))
    };
    columns.iter().map(place).collect()
}

fn fields<'a>(record: &'a Record, places: &'a [usize]) -> impl Iterator<Item = &'a str> {
    let values = record.values();
    places
        .iter()
        .map(|place| values[*place].as_deref().unwrap_or_default())
}
