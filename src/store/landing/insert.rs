//! Appending rows, each once.

use std::collections::HashSet;

use diesel::prelude::*;
use diesel::sql_types::{Binary, Nullable, Text};

use super::clip;
use super::sql::{Value, sql};
use crate::asterisk::record::{Kind, Record};
use crate::store::{CHUNK, Connection, placeholders, write};

/// How many values one statement binds at most. SQLite takes 32,766 and MySQL 65,535; longer
/// statements than this are no faster.
const BINDS: usize = 8_000;

/// Inserts those records that the source does not have yet, all or none of them. Returns their
/// positions in `records`, in order.
///
/// What tells records apart is their [fingerprint](Record::fingerprint): inserting a file
/// twice inserts nothing, and so does a record that stands twice in `records`.
pub fn insert(conn: &mut Connection, source: &str, records: &[Record]) -> QueryResult<Vec<usize>> {
    let mut fresh = Vec::new();
    for kind in Kind::ALL {
        fresh.extend(missing(conn, source, kind, records)?);
    }
    if fresh.is_empty() {
        return Ok(Vec::new());
    }
    write(conn, |conn| {
        for kind in Kind::ALL {
            let of_kind: Vec<&Fresh> = fresh.iter().filter(|f| f.record.kind() == kind).collect();
            for chunk in of_kind.chunks(BINDS / (kind.columns().len() + 2)) {
                append(conn, source, kind, chunk)?;
            }
        }
        Ok(())
    })?;
    let mut positions: Vec<usize> = fresh.iter().map(|fresh| fresh.position).collect();
    positions.sort_unstable();
    Ok(positions)
}

/// A record that is to be inserted.
struct Fresh<'a> {
    position: usize,
    record: &'a Record,
    hash: [u8; 16],
}

/// The records of a kind that are not there yet, each once.
fn missing<'a>(
    conn: &mut Connection,
    source: &str,
    kind: Kind,
    records: &'a [Record],
) -> QueryResult<Vec<Fresh<'a>>> {
    let mut seen = HashSet::new();
    let mut fresh: Vec<Fresh> = records
        .iter()
        .enumerate()
        .filter(|(_, record)| record.kind() == kind)
        .map(|(position, record)| Fresh {
            position,
            record,
            hash: record.fingerprint(),
        })
        .filter(|fresh| seen.insert(fresh.hash))
        .collect();
    let mut present = HashSet::new();
    for chunk in fresh.chunks(CHUNK) {
        let mut query = sql(format!(
            "SELECT `row_hash` AS `value` FROM `{}` WHERE `source` = ? AND `row_hash` IN ({})",
            kind.table(),
            placeholders(chunk.len())
        ))
        .bind::<Text, _>(source);
        for fresh in chunk {
            query = query.bind::<Binary, _>(&fresh.hash[..]);
        }
        let hashes: Vec<Value> = query.load(conn)?;
        present.extend(hashes.into_iter().map(|hash| hash.0));
    }
    fresh.retain(|fresh| !present.contains(fresh.hash.as_slice()));
    Ok(fresh)
}

/// One statement for many rows. A row that another importer has just inserted is left alone.
fn append(conn: &mut Connection, source: &str, kind: Kind, rows: &[&Fresh]) -> QueryResult<()> {
    let columns = kind.columns();
    let names: Vec<String> = columns.iter().map(|c| format!("`{}`", c.name)).collect();
    let row = format!("({})", placeholders(columns.len() + 2));
    let unless_there = match conn {
        Connection::Mysql(_) => "ON DUPLICATE KEY UPDATE `id` = `id`",
        Connection::Sqlite(_) => "ON CONFLICT (`source`, `row_hash`) DO NOTHING",
    };
    let mut statement = sql(format!(
        "INSERT INTO `{}` (`source`, `row_hash`, {}) VALUES {} {unless_there}",
        kind.table(),
        names.join(", "),
        vec![row; rows.len()].join(","),
    ));
    for fresh in rows {
        statement = statement
            .bind::<Text, _>(source)
            .bind::<Binary, _>(&fresh.hash[..]);
        for (column, value) in columns.iter().zip(fresh.record.values()) {
            let value = value.as_deref().map(|v| clip(column.name, column.width, v));
            statement = statement.bind::<Nullable<Text>, _>(value);
        }
    }
    statement.execute(conn).map(drop)
}
