//! The same database, asked without the service over prepared statements: what the best SQL on
//! the PBX's own tables takes, and what the service's own statement takes alone.

use std::marker::PhantomData;

use anyhow::Context;
use diesel::connection::SimpleConnection;
use diesel::mysql::Mysql;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Binary, Bool, Nullable, SmallInt, Text};

use crate::load::Asker;

/// The newest calls of a number: one short scan of an index for each side, merged.
pub(crate) const BEST_ON_CDR: &str = "\
    (SELECT calldate, clid, src, dst, duration, billsec, disposition, dstchannel, linkedid \
     FROM raw.cdr WHERE src = ? ORDER BY calldate DESC LIMIT 20) \
    UNION ALL \
    (SELECT calldate, clid, src, dst, duration, billsec, disposition, dstchannel, linkedid \
     FROM raw.cdr WHERE dst = ? ORDER BY calldate DESC LIMIT 20) \
    ORDER BY calldate DESC LIMIT 20";

/// The service's own statement for the newest page of an owner of one kind.
pub(crate) const OWN: &str = "\
    SELECT owner_id, started_at, call_id, ordinal, status, talk_seconds, wait_seconds, \
     answered_elsewhere, src_number, src_user, src_name, dst_number, dst_user, dst_name, \
     dialed, queue, agent, member_user, direction, also_agent \
    FROM history WHERE owner_id = (SELECT id FROM owners WHERE kind = 1 AND name = ?) \
    AND answered_elsewhere = 0 \
    ORDER BY started_at DESC, call_id DESC, ordinal DESC LIMIT 21";

/// The newest visits of so many queues: one short scan of an index for each queue, merged.
/// With `ends`, also how each visit went on, which is what makes it a visit.
pub(crate) fn best_on_queue_log(queues: usize, ends: bool) -> String {
    let one = "(SELECT time, callid, queuename, data2 FROM raw.queue_log \
          WHERE queuename = ? AND event = 'ENTERQUEUE' ORDER BY time DESC LIMIT 50)";
    let all = vec![one; queues].join(" UNION ALL ");
    let entered = format!("{all} ORDER BY time DESC LIMIT 50");
    if !ends {
        return entered;
    }
    format!(
        "SELECT e.time, e.callid, e.queuename, e.data2, x.time, x.event, x.agent, x.data1, \
         x.data2, x.data3 FROM ({entered}) e LEFT JOIN raw.queue_log x \
         ON x.callid = e.callid AND x.queuename = e.queuename AND x.time >= e.time \
         AND x.event IN ('CONNECT', 'COMPLETECALLER', 'COMPLETEAGENT', 'ABANDON', \
         'EXITWITHTIMEOUT', 'EXITEMPTY', 'EXITWITHKEY', 'BLINDTRANSFER', 'ATTENDEDTRANSFER') \
         ORDER BY e.time DESC"
    )
}

/// Copies the imported rows into tables as the PBX has them, with the indexes that the
/// statements above want.
pub(crate) fn copy_to_raw(url: &str) -> anyhow::Result<()> {
    let mut connection = MysqlConnection::establish(url)?;
    connection.batch_execute(
        "CREATE DATABASE IF NOT EXISTS raw;
         DROP TABLE IF EXISTS raw.cdr, raw.queue_log;
         CREATE TABLE raw.cdr (
           calldate datetime NOT NULL, clid varchar(80) NOT NULL, src varchar(80) NOT NULL,
           dst varchar(80) NOT NULL, dcontext varchar(80) NOT NULL,
           channel varchar(80) NOT NULL, dstchannel varchar(80) NOT NULL,
           lastapp varchar(80) NOT NULL, lastdata varchar(80) NOT NULL,
           duration int NOT NULL, billsec int NOT NULL, disposition varchar(45) NOT NULL,
           amaflags int NOT NULL DEFAULT 0, accountcode varchar(20) NOT NULL DEFAULT '',
           uniqueid varchar(32) NOT NULL, userfield varchar(255) NOT NULL DEFAULT '',
           did varchar(50) NOT NULL, recordingfile varchar(255) NOT NULL DEFAULT '',
           cnum varchar(80) NOT NULL, cnam varchar(80) NOT NULL,
           outbound_cnum varchar(80) NOT NULL DEFAULT '',
           outbound_cnam varchar(80) NOT NULL DEFAULT '',
           dst_cnam varchar(80) NOT NULL DEFAULT '', linkedid varchar(32) NOT NULL,
           peeraccount varchar(80) NOT NULL DEFAULT '', sequence int NOT NULL DEFAULT 0,
           KEY calldate (calldate), KEY dst (dst, calldate), KEY src (src, calldate),
           KEY uniqueid (uniqueid), KEY linkedid (linkedid), KEY did (did)
         ) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4;
         CREATE TABLE raw.queue_log (
           id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, time datetime(6), callid varchar(80),
           queuename varchar(256), agent varchar(80), event varchar(32), data1 varchar(100),
           data2 varchar(100), data3 varchar(100), data4 varchar(100), data5 varchar(100),
           KEY callid (callid, time), KEY queuename (queuename, event, time)
         ) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4;
         INSERT INTO raw.cdr (calldate, clid, src, dst, dcontext, channel, dstchannel, lastapp,
           lastdata, duration, billsec, disposition, uniqueid, did, cnum, cnam, linkedid)
         SELECT `start`, COALESCE(clid, ''), COALESCE(src, ''), COALESCE(dst, ''),
           COALESCE(dcontext, ''), COALESCE(channel, ''), COALESCE(dstchannel, ''),
           COALESCE(lastapp, ''), COALESCE(lastdata, ''), duration, billsec,
           COALESCE(disposition, ''), uniqueid, COALESCE(did, ''), COALESCE(cnum, ''),
           COALESCE(cnam, ''), linkedid FROM cdr ORDER BY id;
         INSERT INTO raw.queue_log (time, callid, queuename, agent, event, data1, data2, data3,
           data4, data5)
         SELECT time, callid, queuename, agent, event, data1, data2, data3, data4, data5
         FROM queue_log ORDER BY id;
         ANALYZE TABLE raw.cdr, raw.queue_log, history, owners;",
    )?;
    Ok(())
}

/// What is bound to a `?`.
pub(crate) type Value = String;

/// A statement, prepared once for each connection, whose rows have the columns `S`.
struct Prepared<'a, S> {
    sql: &'a str,
    values: &'a [Value],
    columns: PhantomData<S>,
}

impl<'a, S> Prepared<'a, S> {
    fn of(sql: &'a str, values: &'a [Value]) -> Self {
        Self {
            sql,
            values,
            columns: PhantomData,
        }
    }
}

impl<S> QueryFragment<Mysql> for Prepared<'_, S> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Mysql>) -> QueryResult<()> {
        let mut parts = self.sql.split('?');
        out.push_sql(parts.next().unwrap_or_default());
        for (value, part) in self.values.iter().zip(parts) {
            out.push_bind_param::<Text, _>(value)?;
            out.push_sql(part);
        }
        Ok(())
    }
}

impl<S> QueryId for Prepared<'_, S> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<S> Query for Prepared<'_, S> {
    type SqlType = S;
}

impl<S> RunQueryDsl<MysqlConnection> for Prepared<'_, S> {}

type Words = Nullable<Text>;

type Number = Nullable<BigInt>;

/// The columns of [`OWN`].
#[rustfmt::skip]
type OwnColumns = (
    BigInt, BigInt, Binary, SmallInt, Text, Number, Number, Bool,
    Words, Words, Words, Words, Words, Words, Words, Words, Words, Words,
    Text, Bool,
);

#[rustfmt::skip]
type OwnRow = (
    i64, i64, Vec<u8>, i16, String, Option<i64>, Option<i64>, bool,
    Word, Word, Word, Word, Word, Word, Word, Word, Word, Word,
    String, bool,
);

type Word = Option<String>;

/// The columns of [`BEST_ON_CDR`].
type CdrColumns = (
    Words,
    Words,
    Words,
    Words,
    Words,
    Words,
    Words,
    Words,
    Words,
);
type CdrRow = (Word, Word, Word, Word, Word, Word, Word, Word, Word);

/// The columns of [`best_on_queue_log`].
type EnteredColumns = (Words, Words, Words, Words);
type EnteredRow = (Word, Word, Word, Word);
type VisitColumns = (
    Words,
    Words,
    Words,
    Words,
    Words,
    Words,
    Words,
    Words,
    Words,
    Words,
);
type VisitRow = (Word, Word, Word, Word, Word, Word, Word, Word, Word, Word);

/// Asks [`OWN`] about each of these users in turn.
pub(crate) fn own<'a>(url: &str, users: &'a [Vec<Value>]) -> anyhow::Result<Asker<'a>> {
    asker(url, users, |connection, values| {
        let rows: Vec<OwnRow> = Prepared::<OwnColumns>::of(OWN, values).load(connection)?;
        Ok(rows.len())
    })
}

/// Asks [`BEST_ON_CDR`] about each of these numbers in turn.
pub(crate) fn cdr<'a>(url: &str, numbers: &'a [Vec<Value>]) -> anyhow::Result<Asker<'a>> {
    asker(url, numbers, |connection, values| {
        let rows: Vec<CdrRow> = Prepared::<CdrColumns>::of(BEST_ON_CDR, values).load(connection)?;
        Ok(rows.len())
    })
}

/// Asks the statement of [`best_on_queue_log`] about these queues.
pub(crate) fn visits<'a>(
    url: &str,
    sql: &'a str,
    ends: bool,
    queues: &'a [Vec<Value>],
) -> anyhow::Result<Asker<'a>> {
    if ends {
        asker(url, queues, move |connection, values| {
            let rows: Vec<VisitRow> = Prepared::<VisitColumns>::of(sql, values).load(connection)?;
            Ok(rows.len())
        })
    } else {
        asker(url, queues, move |connection, values| {
            let rows: Vec<EnteredRow> =
                Prepared::<EnteredColumns>::of(sql, values).load(connection)?;
            Ok(rows.len())
        })
    }
}

fn asker<'a>(
    url: &str,
    questions: &'a [Vec<Value>],
    ask: impl Fn(&mut MysqlConnection, &[Value]) -> QueryResult<usize> + Send + 'a,
) -> anyhow::Result<Asker<'a>> {
    let mut connection = MysqlConnection::establish(url).context("cannot connect")?;
    connection.batch_execute("SET NAMES utf8mb4")?;
    Ok(Box::new(move |nr| {
        let rows = ask(&mut connection, &questions[nr % questions.len()])?;
        anyhow::ensure!(rows > 0, "no rows");
        Ok(())
    }))
}

/// A word about the server: its version, and the settings that matter here.
pub(crate) fn server(url: &str) -> anyhow::Result<String> {
    let mut connection = MysqlConnection::establish(url)?;
    let settings = "SELECT CONCAT('MariaDB ', VERSION(), ', innodb_buffer_pool_size ', \
         @@innodb_buffer_pool_size DIV 1048576, ' MiB, innodb_log_file_size ', \
         @@innodb_log_file_size DIV 1048576, ' MiB, innodb_flush_log_at_trx_commit ', \
         @@innodb_flush_log_at_trx_commit, ', innodb_doublewrite ', @@innodb_doublewrite, \
         ', no binary log')";
    let lines: Vec<String> = Prepared::<Text>::of(settings, &[]).load(&mut connection)?;
    lines.into_iter().next().context("no answer")
}
