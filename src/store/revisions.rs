//! Counters that writers and readers agree by: what has changed, and what is still to be done
//! about it. A counter that nobody has moved yet is 0.

use diesel::prelude::*;

use super::schema::revisions;
use super::{Connection, write};

/// Moves with the directory, with whose keys are revoked, and with who is known by name from the
/// histories.
pub(super) const DIRECTORY: &str = "directory";
/// Moves with every batch that is folded.
const FOLDING: &str = "folding";
/// Moves with whatever makes it necessary to fold everything again.
const REFOLD_WANTED: &str = "refold-wanted";
/// What [`REFOLD_WANTED`] was when everything was last folded again.
const REFOLD_DONE: &str = "refold-done";

/// Where a counter stands.
pub(super) fn value(conn: &mut Connection, name: &str) -> QueryResult<i64> {
    let value = revisions::table
        .find(name)
        .select(revisions::value)
        .first(conn)
        .optional()?;
    Ok(value.unwrap_or(0))
}

/// Where these counters stand.
pub(super) fn values<const N: usize>(
    conn: &mut Connection,
    names: [&str; N],
) -> QueryResult<[i64; N]> {
    let found: Vec<(String, i64)> = revisions::table
        .filter(revisions::name.eq_any(names))
        .load(conn)?;
    let value = |name: &str| {
        found
            .iter()
            .find(|(of, _)| of == name)
            .map_or(0, |(_, value)| *value)
    };
    Ok(names.map(value))
}

/// Moves a counter on. Until the transaction ends, nobody else can.
pub(super) fn bump(conn: &mut Connection, name: &str) -> QueryResult<()> {
    let first = (revisions::name.eq(name), revisions::value.eq(1));
    let insert = diesel::insert_into(revisions::table).values(first);
    let next = revisions::value.eq(revisions::value + 1);
    match conn {
        Connection::Mysql(conn) => insert
            .on_conflict(diesel::dsl::DuplicatedKeys)
            .do_update()
            .set(next)
            .execute(conn),
        Connection::Sqlite(conn) => insert
            .on_conflict(revisions::name)
            .do_update()
            .set(next)
            .execute(conn),
    }
    .map(drop)
}

/// Sets a counter that this transaction holds.
pub(super) fn set(conn: &mut Connection, name: &str, value: i64) -> QueryResult<()> {
    diesel::update(revisions::table.find(name))
        .set(revisions::value.eq(value))
        .execute(conn)
        .map(drop)
}

/// Keeps others from moving a counter until the transaction ends.
pub(super) fn lock(conn: &mut Connection, name: &str) -> QueryResult<()> {
    diesel::update(revisions::table.find(name))
        .set(revisions::value.eq(revisions::value))
        .execute(conn)
        .map(drop)
}

/// Makes the transaction the only one that writes what was folded: others wait until it ends,
/// and then see what it wrote. Returns the number of this turn.
pub fn fold_alone(conn: &mut Connection) -> QueryResult<i64> {
    bump(conn, FOLDING)?;
    value(conn, FOLDING)
}

/// The number of the last turn that is over.
pub fn last_turn(conn: &mut Connection) -> QueryResult<i64> {
    value(conn, FOLDING)
}

/// Notes that everything is to be folded again: the directory or a zone has changed.
pub(super) fn want_refold(conn: &mut Connection) -> QueryResult<()> {
    bump(conn, REFOLD_WANTED)
}

/// Whether the directory or a zone has changed since everything was last folded.
pub fn refold_is_wanted(conn: &mut Connection) -> QueryResult<bool> {
    Ok(value(conn, REFOLD_WANTED)? != value(conn, REFOLD_DONE)?)
}

/// A state of the directory and the zones, for [`refold_is_done`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refold(i64);

/// What folding everything again, begun now, takes into account.
pub fn refold_begins(conn: &mut Connection) -> QueryResult<Refold> {
    value(conn, REFOLD_WANTED).map(Refold)
}

/// Notes that everything was folded again.
pub fn refold_is_done(conn: &mut Connection, refold: Refold) -> QueryResult<()> {
    write(conn, |conn| {
        if value(conn, REFOLD_DONE)? == refold.0 {
            return Ok(());
        }
        bump(conn, REFOLD_DONE)?;
        set(conn, REFOLD_DONE, refold.0)
    })
}
