//! A FreePBX's database, with two years of calls.

use call_history::asterisk::{Kind, Record};
use call_history::traffic::{FREEPBX_CDR, QUEUE_LOG, Shape, Traffic};
use chrono::Utc;
use diesel::connection::{Connection, SimpleConnection};
use diesel::prelude::*;
use diesel::sql_types::BigInt;

/// So many rows are inserted by one statement.
const AT_ONCE: usize = 500;

pub(crate) const TABLES: &str = "
    CREATE TABLE `cdr` (
        `calldate` datetime NOT NULL DEFAULT '1000-01-01 00:00:00',
        `clid` varchar(80) NOT NULL DEFAULT '', `src` varchar(80) NOT NULL DEFAULT '',
        `dst` varchar(80) NOT NULL DEFAULT '', `dcontext` varchar(80) NOT NULL DEFAULT '',
        `channel` varchar(80) NOT NULL DEFAULT '', `dstchannel` varchar(80) NOT NULL DEFAULT '',
        `lastapp` varchar(80) NOT NULL DEFAULT '', `lastdata` varchar(80) NOT NULL DEFAULT '',
        `duration` int(11) NOT NULL DEFAULT 0, `billsec` int(11) NOT NULL DEFAULT 0,
        `disposition` varchar(45) NOT NULL DEFAULT '', `amaflags` int(11) NOT NULL DEFAULT 0,
        `accountcode` varchar(20) NOT NULL DEFAULT '', `uniqueid` varchar(32) NOT NULL DEFAULT '',
        `userfield` varchar(255) NOT NULL DEFAULT '', `did` varchar(50) NOT NULL DEFAULT '',
        `recordingfile` varchar(255) NOT NULL DEFAULT '', `cnum` varchar(80) NOT NULL DEFAULT '',
        `cnam` varchar(80) NOT NULL DEFAULT '', `outbound_cnum` varchar(80) NOT NULL DEFAULT '',
        `outbound_cnam` varchar(80) NOT NULL DEFAULT '', `dst_cnam` varchar(80) NOT NULL DEFAULT '',
        `linkedid` varchar(32) NOT NULL DEFAULT '', `peeraccount` varchar(80) NOT NULL DEFAULT '',
        `sequence` int(11) NOT NULL DEFAULT 0,
        KEY `calldate` (`calldate`), KEY `dst` (`dst`), KEY `accountcode` (`accountcode`),
        KEY `uniqueid` (`uniqueid`), KEY `did` (`did`), KEY `recordingfile` (`recordingfile`(191))
    ) DEFAULT CHARSET = utf8mb4;
    CREATE TABLE `queue_log` (
        `id` BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, `time` DATETIME(6), `callid` VARCHAR(80),
        `queuename` VARCHAR(256), `agent` VARCHAR(80), `event` VARCHAR(32), `data1` VARCHAR(100),
        `data2` VARCHAR(100), `data3` VARCHAR(100), `data4` VARCHAR(100), `data5` VARCHAR(100))";

pub(crate) struct Pbx {
    url: String,
    conn: MysqlConnection,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

impl Pbx {
    pub(crate) fn create(url: &str) -> anyhow::Result<Self> {
        let mut conn = MysqlConnection::establish(url)?;
        conn.batch_execute(TABLES)?;
        Ok(Self {
            url: url.to_owned(),
            conn,
        })
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Writes so many rows of `cdr`, with their queue log; returns how many rows in all.
    pub(crate) fn write(&mut self, rows: usize) -> anyhow::Result<u64> {
        let mut traffic = Traffic::new(&Shape::large(Utc::now(), rows + rows / 4), 1);
        let (mut cdr, mut queue_log): (Vec<Record>, Vec<Record>) = (Vec::new(), Vec::new());
        let mut left = rows;
        while left > 0
            && let Some(call) = traffic.next()
        {
            cdr.extend(call.cdr.into_iter().take(left));
            queue_log.extend(call.queue_log);
            if cdr.len() >= AT_ONCE {
                left -= cdr.len().min(left);
                self.insert("cdr", &FREEPBX_CDR, &mut cdr)?;
            }
            if queue_log.len() >= AT_ONCE {
                self.insert("queue_log", &QUEUE_LOG, &mut queue_log)?;
            }
        }
        self.insert("cdr", &FREEPBX_CDR, &mut cdr)?;
        self.insert("queue_log", &QUEUE_LOG, &mut queue_log)?;
        self.rows()
    }

    /// How many rows there are.
    pub(crate) fn rows(&mut self) -> anyhow::Result<u64> {
        let question =
            "SELECT (SELECT COUNT(*) FROM `cdr`) + (SELECT COUNT(*) FROM `queue_log`) AS count";
        let count: Count = diesel::sql_query(question).get_result(&mut self.conn)?;
        Ok(count.count.unsigned_abs())
    }

    fn insert(
        &mut self,
        table: &str,
        columns: &[&str],
        rows: &mut Vec<Record>,
    ) -> anyhow::Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        let values: Vec<String> = rows.drain(..).map(|row| values(&row, columns)).collect();
        let names: Vec<String> = columns.iter().map(|name| format!("`{name}`")).collect();
        self.conn.batch_execute(&format!(
            "INSERT INTO `{table}` ({}) VALUES {}",
            names.join(","),
            values.join(",")
        ))?;
        Ok(())
    }
}

fn values(record: &Record, columns: &[&str]) -> String {
    let value = |name: &&str| {
        let place = record.kind().position(name);
        let value = place.and_then(|place| record.values()[place].as_deref());
        let value = value.unwrap_or(match (record.kind(), *name) {
            (Kind::Cdr, "duration" | "billsec" | "amaflags" | "sequence") => "0",
            _ => "",
        });
        format!("'{}'", value.replace('\\', "\\\\").replace('\'', "''"))
    };
    let values: Vec<String> = columns.iter().map(value).collect();
    format!("({})", values.join(","))
}
