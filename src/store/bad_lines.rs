//! Lines of imported files that were no rows: they cannot stand in a landing table, and
//! `doctor` shows them all the same.

use diesel::prelude::*;

use super::schema::bad_lines;
use super::{Connection, write};
use crate::asterisk::Kind;
use crate::asterisk::file::BadLine;

/// So many characters of a reason, and of a file's name, are kept.
const WIDEST: usize = 250;

/// A line that was no row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredBadLine {
    /// The source that it was imported into.
    pub source: String,
    /// The table that it was meant for.
    pub kind: String,
    /// The file's name.
    pub file: String,
    /// The number of the line.
    pub line: i64,
    /// What was wrong.
    pub reason: String,
}

/// Keeps these lines of a file, in place of what was kept of it before.
pub fn replace(
    conn: &mut Connection,
    source: &str,
    kind: Kind,
    file: &str,
    lines: &[BadLine],
) -> QueryResult<()> {
    let file: String = file.chars().take(WIDEST / 4).collect();
    write(conn, |conn| {
        diesel::delete(
            bad_lines::table
                .filter(bad_lines::source.eq(source))
                .filter(bad_lines::kind.eq(kind.table()))
                .filter(bad_lines::file.eq(&file)),
        )
        .execute(conn)?;
        for line in lines {
            insert(conn, source, kind, &file, line)?;
        }
        Ok(())
    })
}

/// So many lines of a file that is followed are kept.
const MOST: i64 = 100;

/// Keeps these lines of a file that is followed, beside those that are kept of it already.
pub fn add(
    conn: &mut Connection,
    source: &str,
    kind: Kind,
    file: &str,
    lines: &[BadLine],
) -> QueryResult<()> {
    let file: String = file.chars().take(WIDEST / 4).collect();
    let of_file = bad_lines::table
        .filter(bad_lines::source.eq(source))
        .filter(bad_lines::kind.eq(kind.table()))
        .filter(bad_lines::file.eq(&file));
    write(conn, |conn| {
        let kept: i64 = of_file.count().get_result(conn)?;
        let room = usize::try_from(MOST - kept).unwrap_or(0);
        for line in lines.iter().take(room) {
            let number = i64::try_from(line.line).unwrap_or(i64::MAX);
            // Another part of the log may have had a bad line of this number.
            diesel::delete(of_file.filter(bad_lines::line.eq(number))).execute(conn)?;
            insert(conn, source, kind, &file, line)?;
        }
        Ok(())
    })
}

fn insert(
    conn: &mut Connection,
    source: &str,
    kind: Kind,
    file: &str,
    line: &BadLine,
) -> QueryResult<()> {
    let reason: String = line.reason.chars().take(WIDEST).collect();
    diesel::insert_into(bad_lines::table)
        .values((
            bad_lines::source.eq(source),
            bad_lines::kind.eq(kind.table()),
            bad_lines::file.eq(file),
            bad_lines::line.eq(i64::try_from(line.line).unwrap_or(i64::MAX)),
            bad_lines::reason.eq(reason),
        ))
        .execute(conn)
        .map(drop)
}

/// How many lines are kept, and the first of them.
pub fn list(conn: &mut Connection, limit: i64) -> QueryResult<(i64, Vec<StoredBadLine>)> {
    let count = bad_lines::table.count().get_result(conn)?;
    let rows: Vec<(String, String, String, i64, String)> = bad_lines::table
        .order((
            bad_lines::source,
            bad_lines::kind,
            bad_lines::file,
            bad_lines::line,
        ))
        .limit(limit)
        .load(conn)?;
    let lines = rows
        .into_iter()
        .map(|(source, kind, file, line, reason)| StoredBadLine {
            source,
            kind,
            file,
            line,
            reason,
        });
    Ok((count, lines.collect()))
}
