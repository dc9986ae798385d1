//! A walk over all rows of a landing table, whatever their source.

use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::Stored;
use super::sql::{Landed, landed_columns, sql};
use crate::asterisk::record::Kind;
use crate::store::Connection;

/// The next rows after an id, at most `limit`, each with its source. The last row's id is the
/// `after` of the next step.
pub fn walk(
    conn: &mut Connection,
    kind: Kind,
    after: i64,
    limit: usize,
) -> QueryResult<Vec<(String, Stored)>> {
    let rows: Vec<Landed> = sql(format!(
        "SELECT {} FROM `{}` WHERE `id` > ? ORDER BY `id` LIMIT {limit}",
        landed_columns(kind, "source"),
        kind.table(),
    ))
    .bind::<BigInt, _>(after)
    .load(conn)?;
    let stored = |row: Landed| {
        let stored = Stored {
            id: row.id,
            record: row.record,
        };
        (row.key, stored)
    };
    Ok(rows.into_iter().map(stored).collect())
}
