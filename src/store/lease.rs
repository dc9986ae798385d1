//! The lease: which process follows, one at a time.
//!
//! The holder moves a counter, its *beat*. Whoever waits takes over when the beat has stood
//! still for as long as the holder said it might. That is measured by the clock of the one who
//! waits, which never jumps: neither the database's clock nor that of another machine counts.
//!
//! Each holder has a number, its [`Fence`], which is higher than all before. Every transaction
//! of a follower checks it first, and holds the row until it ends: so a holder that was stopped
//! and wakes up can write nothing, and nobody takes over in the middle of a transaction.

use std::error::Error as StdError;
use std::fmt;

use diesel::prelude::*;
use diesel::result::Error;
use diesel::sql_types::{BigInt, Binary};

use super::{Connection, write};

const NAME: &str = "follow";

/// The right to write as a follower, until somebody else takes over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fence(i64);

/// Somebody else follows now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeaseLost;

impl fmt::Display for LeaseLost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("another process follows now")
    }
}

impl StdError for LeaseLost {}

/// Whether this error is that the lease was lost.
pub fn is_lost(error: &Error) -> bool {
    matches!(error, Error::QueryBuilderError(cause) if cause.is::<LeaseLost>())
}

/// Runs `work` in a transaction that writes, while nobody else can take over; again as a whole
/// when the database asks for it, as [`write`] does.
///
/// # Errors
/// One that [`is_lost`] tells, when somebody else has taken over; else the work's.
pub fn fenced<T>(
    conn: &mut Connection,
    fence: &Fence,
    mut work: impl FnMut(&mut Connection) -> QueryResult<T>,
) -> QueryResult<T> {
    write(conn, |conn| {
        fence.check(conn)?;
        work(conn)
    })
}

impl Fence {
    /// Makes sure that nobody else follows, until the transaction ends. To be called first in
    /// it, before anything else is locked.
    ///
    /// # Errors
    /// One that [`is_lost`] tells, when somebody does; else the database's.
    pub fn check(&self, conn: &mut Connection) -> QueryResult<()> {
        match held(conn)? {
            Some(row) if row.fence == self.0 => Ok(()),
            _ => Err(Error::QueryBuilderError(Box::new(LeaseLost))),
        }
    }
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Binary)]
    holder: Vec<u8>,
    #[diesel(sql_type = BigInt)]
    fence: i64,
    #[diesel(sql_type = BigInt)]
    length_ms: i64,
}

/// The row, which nobody can change until the transaction ends. (On SQLite nobody else writes
/// at all meanwhile.)
fn held(conn: &mut Connection) -> QueryResult<Option<Row>> {
    let shared = match conn {
        Connection::Mysql(_) => "LOCK IN SHARE MODE",
        Connection::Sqlite(_) => "",
    };
    let mut row = super::statement::Statement::kept(format!(
        "SELECT `holder`, `fence`, `length_ms` FROM `leases` WHERE `name` = ? {shared}"
    ));
    row.bind(NAME);
    let rows: Vec<Row> = row.load(conn)?;
    Ok(rows.into_iter().next())
}
