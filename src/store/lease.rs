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
use std::time::{Duration, Instant};

use diesel::prelude::*;
use diesel::result::Error;

use super::schema::leases;
use super::statement::Statement;
use super::{Connection, revisions, write};

const NAME: &str = "follow";
/// The counter that moves while the holder lives.
const BEAT: &str = "follow-beat";

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
/// when the database asks for it, as [`write`](fn@super::write) does.
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
            Some(fence) if fence == self.0 => Ok(()),
            _ => Err(Error::QueryBuilderError(Box::new(LeaseLost))),
        }
    }
}

/// What who waits for the lease has seen of it.
#[derive(Clone, Debug, Default)]
pub struct Watch {
    /// The fence and the beat, and since when they are what they are.
    seen: Option<(i64, i64, Instant)>,
}

/// Looks at the lease, and takes it when it is free: nobody holds it, or its holder's beat has
/// stood still for as long as the holder said it might. To be called again and again, a few
/// times within that time.
///
/// `holder` is a name for people, unlike those of all other processes; `length` is how long our own beat may stand still; `now` is
/// the time, which tests make up.
///
/// # Errors
/// The database's.
pub fn try_take(
    conn: &mut Connection,
    watch: &mut Watch,
    holder: &str,
    length: Duration,
    now: impl Fn() -> Instant,
) -> QueryResult<Option<Fence>> {
    let before = now();
    let Some(row) = leases::table.find(NAME).first::<Row>(conn).optional()? else {
        return Err(Error::NotFound);
    };
    let beat = revisions::value(conn, BEAT)?;
    // Our own of a while ago is nobody's: what we did then is fenced off like others'.
    if !row.holder.is_empty() && row.holder != holder {
        let since = match watch.seen {
            Some((fence, seen, since)) if (fence, seen) == (row.fence, beat) => since,
            _ => now(),
        };
        watch.seen = Some((row.fence, beat, since));
        let length = Duration::from_millis(row.length_ms.try_into().unwrap_or(0));
        if before.saturating_duration_since(since) < length {
            return Ok(None);
        }
    }
    take(conn, row.fence, beat, holder, length)
}

/// Takes the lease, unless it is not any more what it was when it was looked at.
fn take(
    conn: &mut Connection,
    fence: i64,
    beat: i64,
    holder: &str,
    length: Duration,
) -> QueryResult<Option<Fence>> {
    let length_ms = i64::try_from(length.as_millis()).unwrap_or(i64::MAX);
    write(conn, |conn| {
        let taken = diesel::update(leases::table)
            .filter(leases::name.eq(NAME))
            .filter(leases::fence.eq(fence))
            .set((
                leases::holder.eq(holder),
                leases::fence.eq(fence + 1),
                leases::length_ms.eq(length_ms),
            ))
            .execute(conn)?;
        // From here on the holder cannot beat. Had it, it would live.
        if taken == 0 {
            return Ok(None);
        }
        if revisions::value(conn, BEAT)? != beat {
            return Err(Error::RollbackTransaction);
        }
        revisions::bump(conn, BEAT)?;
        Ok(Some(Fence(fence + 1)))
    })
    .or_else(|error| match error {
        Error::RollbackTransaction => Ok(None),
        error => Err(error),
    })
}

/// Says that the holder lives.
///
/// # Errors
/// One that [`is_lost`] tells, when somebody else has taken over; else the database's.
pub fn beat(conn: &mut Connection, fence: &Fence) -> QueryResult<()> {
    fenced(conn, fence, |conn| revisions::bump(conn, BEAT))
}

/// Gives the lease up, so that nobody has to wait for it.
///
/// # Errors
/// One that [`is_lost`] tells, when somebody else has taken over; else the database's.
pub fn release(conn: &mut Connection, fence: &Fence) -> QueryResult<()> {
    write(conn, |conn| {
        diesel::update(leases::table)
            .filter(leases::name.eq(NAME))
            .filter(leases::fence.eq(fence.0))
            .set(leases::holder.eq(""))
            .execute(conn)
            .map(drop)
    })
}

/// Who follows, as it was told; none when nobody does. Whether they live is not said.
///
/// # Errors
/// The database's.
pub fn holder(conn: &mut Connection) -> QueryResult<Option<String>> {
    let holder: Option<String> = leases::table
        .find(NAME)
        .select(leases::holder)
        .first(conn)
        .optional()?;
    Ok(holder.filter(|holder| !holder.is_empty()))
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = leases)]
struct Row {
    #[expect(dead_code, reason = "a row is read as a whole")]
    name: String,
    holder: String,
    fence: i64,
    length_ms: i64,
}

#[derive(QueryableByName)]
#[diesel(table_name = leases)]
struct Held {
    fence: i64,
}

/// The number of the holder, whom nobody can follow until the transaction ends. (On SQLite
/// nobody else writes at all meanwhile.)
fn held(conn: &mut Connection) -> QueryResult<Option<i64>> {
    let shared = match conn {
        Connection::Mysql(_) => "LOCK IN SHARE MODE",
        Connection::Sqlite(_) => "",
    };
    let mut query = Statement::kept(format!(
        "SELECT `fence` FROM `leases` WHERE `name` = ? {shared}"
    ));
    query.bind(NAME);
    let rows: Vec<Held> = query.load(conn)?;
    Ok(rows.into_iter().next().map(|row| row.fence))
}
