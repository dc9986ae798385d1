//! Appending rows, each once.

use std::collections::HashSet;

use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error};

use super::clip;
use super::sql::Value;
use crate::asterisk::record::{Kind, Record};
use crate::store::statement::{Statement, list_length, pieces};
use crate::store::{CHUNK, Connection, placeholders, statement, write};

/// Inserts those records that the source does not have yet, all or none of them. Returns their
/// positions in `records`, in order.
///
/// What tells records apart is their [fingerprint](Record::fingerprint): inserting a file
/// twice inserts nothing, and so does a record that stands twice in `records`.
pub fn insert(conn: &mut Connection, source: &str, records: &[Record]) -> QueryResult<Vec<usize>> {
    if records.is_empty() {
        return Ok(Vec::new());
    }
    let distinct = distinct(records);
    let mut positions = write(conn, |conn| {
        let mut inserted = Vec::with_capacity(distinct.len());
        for kind in Kind::ALL {
            let of_kind: Vec<&Fresh> = distinct
                .iter()
                .filter(|fresh| fresh.record.kind() == kind)
                .collect();
            // Nearly always none of them is there, or all are: the first one tells, and an insert
            // that is refused after all.
            let mut none_there = true;
            for chunk in pieces(&of_kind) {
                none_there = none_there
                    && missing(conn, source, kind, &chunk[..1])?.len() == 1
                    && append_new(conn, source, kind, chunk)?;
                if none_there {
                    inserted.extend(chunk.iter().map(|fresh| fresh.position));
                    continue;
                }
                let missing = missing(conn, source, kind, chunk)?;
                for chunk in pieces(&missing) {
                    append_missing(conn, source, kind, chunk)?;
                }
                inserted.extend(missing.iter().map(|fresh| fresh.position));
            }
        }
        Ok(inserted)
    })?;
    positions.sort_unstable();
    Ok(positions)
}

/// A record that is to be inserted.
struct Fresh<'a> {
    position: usize,
    record: &'a Record,
    hash: [u8; 16],
}

/// The records, each once.
fn distinct(records: &[Record]) -> Vec<Fresh<'_>> {
    let mut seen = HashSet::with_capacity(records.len());
    let all = records.iter().enumerate().map(|(position, record)| Fresh {
        position,
        record,
        hash: record.fingerprint(),
    });
    all.filter(|fresh| seen.insert((fresh.record.kind(), fresh.hash)))
        .collect()
}

/// Those of the records that are not there yet.
fn missing<'a>(
    conn: &mut Connection,
    source: &str,
    kind: Kind,
    rows: &[&'a Fresh<'a>],
) -> QueryResult<Vec<&'a Fresh<'a>>> {
    let mut present = HashSet::new();
    for chunk in rows.chunks(CHUNK) {
        let mut query = Statement::kept(format!(
            "SELECT `row_hash` AS `value` FROM `{}` WHERE `source` = ? AND `row_hash` IN ({})",
            kind.table(),
            placeholders(list_length(chunk.len()))
        ));
        query.bind(source);
        let hashes: Vec<&[u8]> = chunk.iter().map(|fresh| &fresh.hash[..]).collect();
        query.bind_bytes_list(&hashes);
        let hashes: Vec<Value> = query.load(conn)?;
        present.extend(hashes.into_iter().map(|hash| hash.0));
    }
    let missing = rows.iter().copied();
    Ok(missing
        .filter(|fresh| !present.contains(fresh.hash.as_slice()))
        .collect())
}

/// Inserts the rows, or none of them and returns false when one of them is there already.
fn append_new(
    conn: &mut Connection,
    source: &str,
    kind: Kind,
    rows: &[&Fresh<'_>],
) -> QueryResult<bool> {
    match append(conn, source, kind, rows, "") {
        Ok(()) => Ok(true),
        Err(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Inserts the rows. One that another importer has just inserted is left alone.
fn append_missing(
    conn: &mut Connection,
    source: &str,
    kind: Kind,
    rows: &[&Fresh<'_>],
) -> QueryResult<()> {
    let unless_there = match conn {
        Connection::Mysql(_) => "ON DUPLICATE KEY UPDATE `id` = `id`",
        Connection::Sqlite(_) => "ON CONFLICT (`source`, `row_hash`) DO NOTHING",
    };
    append(conn, source, kind, rows, unless_there)
}

/// One statement for a piece of the rows.
fn append<'a>(
    conn: &mut Connection,
    source: &'a str,
    kind: Kind,
    rows: &'a [&'a Fresh<'a>],
    unless_there: &str,
) -> QueryResult<()> {
    let columns = kind.columns();
    let names: Vec<String> = columns.iter().map(|c| format!("`{}`", c.name)).collect();
    let into = format!(
        "`{}` (`source`, `row_hash`, {})",
        kind.table(),
        names.join(", ")
    );
    let append = statement::insert(
        conn,
        &into,
        columns.len() + 2,
        unless_there,
        rows,
        |statement, fresh| {
            statement.bind(source);
            statement.bind_bytes(&fresh.hash);
            for (column, value) in columns.iter().zip(fresh.record.values()) {
                let value = value.as_deref();
                statement.bind(value.map(|value| clip(column.name, column.width, value)));
            }
        },
    );
    append.map(drop)
}
