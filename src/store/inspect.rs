//! What `doctor` asks the database: all of it in small steps, so that memory stays bounded.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::Connection;
use crate::asterisk::Kind;
use crate::model::OwnerKind;

pub use super::landing::walk as rows_after;

/// The indexes without which reading the landing tables takes as long as they are large.
const INDEXES: [(&str, &[&str]); 8] = [
    ("cdr", &["source", "row_hash"]),
    ("cdr", &["source", "conversation"]),
    ("cdr", &["source", "uniqueid"]),
    ("queue_log", &["source", "row_hash"]),
    ("queue_log", &["source", "callid"]),
    ("cel", &["source", "row_hash"]),
    ("cel", &["source", "conversation"]),
    ("cel", &["source", "uniqueid"]),
];

#[derive(QueryableByName)]
struct Word {
    #[diesel(sql_type = Text)]
    value: String,
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    value: i64,
}

#[derive(QueryableByName)]
struct IndexColumn {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    index_name: String,
    #[diesel(sql_type = Text)]
    column_name: String,
}

/// Kind and version of the database, such as `MariaDB 10.11.6` or `SQLite 3.50.2`.
pub fn version(conn: &mut Connection) -> QueryResult<String> {
    let (kind, question) = match conn {
        Connection::Mysql(_) => ("MySQL", "SELECT VERSION() AS `value`"),
        Connection::Sqlite(_) => ("SQLite", "SELECT sqlite_version() AS `value`"),
    };
    let version: Word = diesel::sql_query(question).get_result(conn)?;
    let kind = if version.value.contains("MariaDB") {
        "MariaDB"
    } else {
        kind
    };
    Ok(format!("{kind} {}", version.value))
}

/// About how many rows a landing table has, without counting them: for a progress.
pub fn about_rows(conn: &mut Connection, kind: Kind) -> QueryResult<u64> {
    number(
        conn,
        &format!(
            "SELECT COALESCE(MAX(`id`), 0) - COALESCE(MIN(`id`), 0) AS `value` FROM `{}`",
            kind.table()
        ),
    )
}

/// How many calls are stored.
pub fn calls(conn: &mut Connection) -> QueryResult<u64> {
    number(conn, "SELECT COUNT(*) AS `value` FROM `calls`")
}

/// How many entries all histories have together, without the list of all calls.
pub fn entries(conn: &mut Connection) -> QueryResult<u64> {
    number(
        conn,
        &format!(
            "SELECT (SELECT COUNT(*) FROM `history`) - (SELECT COUNT(*) FROM `history` \
             WHERE `owner_id` IN (SELECT `id` FROM `owners` WHERE `kind` = {})) AS `value`",
            OwnerKind::All.code()
        ),
    )
}

/// How many rows of a source name no call: written by Asterisk itself, without any id.
pub fn without_conversation(conn: &mut Connection, kind: Kind, source: &str) -> QueryResult<u64> {
    if kind == Kind::QueueLog {
        return Ok(0);
    }
    let count: Number = diesel::sql_query(format!(
        "SELECT COUNT(*) AS `value` FROM `{}` WHERE `source` = ? AND `conversation` IS NULL",
        kind.table()
    ))
    .bind::<Text, _>(source)
    .get_result(conn)?;
    Ok(count.value.unsigned_abs())
}

/// The indexes of the landing tables that are not there, as `table (columns)`.
pub fn missing_indexes(conn: &mut Connection) -> QueryResult<Vec<String>> {
    let question = match conn {
        Connection::Mysql(_) => {
            "SELECT CAST(`table_name` AS CHAR) AS `table_name`, \
             CAST(`index_name` AS CHAR) AS `index_name`, \
             CAST(`column_name` AS CHAR) AS `column_name` \
             FROM `information_schema`.`statistics` WHERE `table_schema` = DATABASE() \
             AND `table_name` IN ('cdr', 'queue_log', 'cel') ORDER BY 1, 2, `seq_in_index`"
        }
        Connection::Sqlite(_) => {
            "SELECT t.`name` AS `table_name`, i.`name` AS `index_name`, \
             c.`name` AS `column_name` \
             FROM `sqlite_master` t, pragma_index_list(t.`name`) i, pragma_index_info(i.`name`) c \
             WHERE t.`name` IN ('cdr', 'queue_log', 'cel') ORDER BY 1, 2, c.`seqno`"
        }
    };
    let columns: Vec<IndexColumn> = diesel::sql_query(question).load(conn)?;
    let mut indexes: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for column in columns {
        let index = (column.table_name, column.index_name);
        indexes.entry(index).or_default().push(column.column_name);
    }
    let is_there = |table: &str, wanted: &[&str]| {
        indexes.iter().any(|((of, _), columns)| {
            of == table
                && columns.len() >= wanted.len()
                && columns.iter().zip(wanted).all(|(a, b)| a == b)
        })
    };
    let missing = INDEXES
        .iter()
        .filter(|(table, wanted)| !is_there(table, wanted));
    Ok(missing
        .map(|(table, wanted)| format!("{table} ({})", wanted.join(", ")))
        .collect())
}

fn number(conn: &mut Connection, question: &str) -> QueryResult<u64> {
    let number: Number = diesel::sql_query(question).get_result(conn)?;
    Ok(number.value.unsigned_abs())
}
