//! From when on calls that have no end may still go on, for each source.

use diesel::prelude::*;

use super::lease::Fence;
use super::schema::overdue;
use super::time::{from_micros, to_micros};
use super::{Connection, revisions, write};
use crate::model::Time;

/// Calls of this source that began before this, and have no end, have lost it. None until
/// somebody has said so with [`put`].
pub fn before(conn: &mut Connection, source: &str) -> QueryResult<Option<Time>> {
    let micros: Option<i64> = overdue::table
        .find(source)
        .select(overdue::before)
        .first(conn)
        .optional()?;
    Ok(micros.map(from_micros))
}

/// Says that calls of this source which began before this, and have no end, have lost it. It
/// never goes back. A follower's counts only while the fence lets it.
pub fn put(
    conn: &mut Connection,
    source: &str,
    time: Time,
    fence: Option<&Fence>,
) -> QueryResult<()> {
    write(conn, |conn| {
        if let Some(fence) = fence {
            fence.check(conn)?;
        }
        // Whoever has read rows with what was said before reads them again.
        revisions::fold_alone(conn)?;
        if before(conn, source)?.is_some_and(|stands| stands >= time) {
            return Ok(());
        }
        diesel::delete(overdue::table.find(source)).execute(conn)?;
        diesel::insert_into(overdue::table)
            .values((
                overdue::source.eq(source),
                overdue::before.eq(to_micros(time)),
            ))
            .execute(conn)
            .map(drop)
    })
}
