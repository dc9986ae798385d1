//! How far each table, or log file, of a source was copied. Whoever copies writes the position in
//! the transaction of the rows, so that both are there or neither.

use diesel::prelude::*;

use super::Connection;
use super::schema::source_positions;

/// The position of a part of a source, as it was [put]; None when there is none yet.
pub fn get(conn: &mut Connection, source: &str, part: &str) -> QueryResult<Option<String>> {
    source_positions::table
        .find((source, part))
        .select(source_positions::position)
        .first(conn)
        .optional()
}

/// Keeps the position of a part of a source.
pub fn put(conn: &mut Connection, source: &str, part: &str, position: &str) -> QueryResult<()> {
    let values = (
        source_positions::source.eq(source),
        source_positions::part.eq(part),
        source_positions::position.eq(position),
    );
    let insert = diesel::insert_into(source_positions::table).values(values);
    let moved = source_positions::position.eq(position);
    match conn {
        Connection::Mysql(conn) => insert
            .on_conflict(diesel::dsl::DuplicatedKeys)
            .do_update()
            .set(moved)
            .execute(conn),
        Connection::Sqlite(conn) => insert
            .on_conflict((source_positions::source, source_positions::part))
            .do_update()
            .set(moved)
            .execute(conn),
    }
    .map(drop)
}
