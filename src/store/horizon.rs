//! Up to when nothing can change any more by what a PBX writes.
//!
//! A follower says up to when it has taken in everything that its PBXs had written. A row may
//! belong to a call that began as long before as a call may last; rows of calls that began long
//! ago are looked for more rarely than others. And a call that goes on will change.

use chrono::TimeDelta;
use diesel::prelude::*;

use super::lease::{Fence, fenced};
use super::schema::calls;
use super::time::{from_micros, to_micros};
use super::{Connection, settings};
use crate::model::Time;

const FOLLOWED: &str = "followed-until";

/// How late a row may be found at most.
const FOUND_LATE: TimeDelta = TimeDelta::hours(1);

/// Says that everything is taken in that was written until this time.
///
/// # Errors
/// The database's, or that the lease is lost.
pub fn put_followed_until(conn: &mut Connection, time: Time, fence: &Fence) -> QueryResult<()> {
    let micros = to_micros(time).to_string();
    fenced(conn, fence, |conn| settings::put(conn, FOLLOWED, &micros))
}

/// Calls that began before this will not change any more; None when nobody has ever followed.
///
/// # Errors
/// The database's.
pub fn available_until(conn: &mut Connection) -> QueryResult<Option<Time>> {
    let followed = settings::get(conn, FOLLOWED)?.and_then(|micros| micros.parse().ok());
    let Some(followed) = followed.map(from_micros) else {
        return Ok(None);
    };
    let oldest: Option<i64> = calls::table
        .filter(calls::ended_at.is_null())
        .select(calls::started_at)
        .order(calls::started_at)
        .first(conn)
        .optional()?;
    let complete = followed - settings::longest_call(conn)? - FOUND_LATE;
    Ok(Some(match oldest.map(from_micros) {
        Some(oldest) => oldest.min(complete),
        None => complete,
    }))
}
