//! What was configured or made once, and must hold from then on.

use chrono::TimeDelta;
use diesel::prelude::*;
use diesel::result::Error;

use super::schema::settings;
use super::{Connection, revisions, write};
use crate::model::Trunks;

const TRUNKS: &str = "trunks";
const LOGIN_SECRET: &str = "login-secret";
const LONGEST_CALL: &str = "max-call-hours";
const DATABASE: &str = "database-id";

/// So many hours a call goes on at most, where nothing else is configured: XiVO holds calls of
/// more than 4 hours to be unterminated, too.
const MAX_CALL_HOURS: u16 = 4;

/// The patterns of the endpoints that are trunks; none when nothing was configured.
pub fn trunks(conn: &mut Connection) -> QueryResult<Trunks> {
    Ok(Trunks::parse(&get(conn, TRUNKS)?.unwrap_or_default()))
}

/// The secret that signs tokens of the login: the one that is kept, else `fresh`, which is kept
/// from now on. Whoever asks at the same time gets the same.
pub fn login_secret(conn: &mut Connection, fresh: &str) -> QueryResult<String> {
    kept_or(conn, LOGIN_SECRET, fresh)
}

/// A number that tells this database from others, made when it is first asked for.
pub fn database_id(conn: &mut Connection) -> QueryResult<u64> {
    let fresh: u64 = rand::random();
    let kept = kept_or(conn, DATABASE, &fresh.to_string())?;
    kept.parse()
        .map_err(|error| Error::DeserializationError(Box::new(error)))
}

/// What is kept under this name, else `fresh`, which is kept from now on.
fn kept_or(conn: &mut Connection, name: &str, fresh: &str) -> QueryResult<String> {
    if let Some(kept) = get(conn, name)? {
        return Ok(kept);
    }
    // Of two that insert it one fails, and finds the other's when it is tried again.
    write(conn, |conn| match get(conn, name)? {
        Some(kept) => Ok(kept),
        None => {
            diesel::insert_into(settings::table)
                .values((settings::name.eq(name), settings::value.eq(fresh)))
                .execute(conn)?;
            Ok(fresh.to_owned())
        }
    })
}

/// Keeps the patterns. Where they are others than before, all is to be folded again.
pub fn put_trunks(conn: &mut Connection, trunks: &Trunks) -> QueryResult<()> {
    write(conn, |conn| {
        if self::trunks(conn)? == *trunks {
            return Ok(());
        }
        put(conn, TRUNKS, &trunks.to_string())?;
        revisions::bump(conn, revisions::DIRECTORY)?;
        revisions::want_refold(conn)
    })
}

/// How long a call may go on.
pub fn longest_call(conn: &mut Connection) -> QueryResult<TimeDelta> {
    let hours = get(conn, LONGEST_CALL)?.and_then(|hours| hours.parse().ok());
    Ok(TimeDelta::hours(hours.unwrap_or(MAX_CALL_HOURS).into()))
}

/// Keeps how many hours a call may go on. It counts for what is still to be closed.
pub fn put_longest_call(conn: &mut Connection, hours: u16) -> QueryResult<()> {
    write(conn, |conn| put(conn, LONGEST_CALL, &hours.to_string()))
}

/// What is kept under this name.
pub(super) fn get(conn: &mut Connection, name: &str) -> QueryResult<Option<String>> {
    settings::table
        .find(name)
        .select(settings::value)
        .first(conn)
        .optional()
}

/// Keeps a value under this name, within the caller's transaction.
pub(super) fn put(conn: &mut Connection, name: &str, value: &str) -> QueryResult<()> {
    diesel::delete(settings::table.find(name)).execute(conn)?;
    diesel::insert_into(settings::table)
        .values((settings::name.eq(name), settings::value.eq(value)))
        .execute(conn)
        .map(drop)
}
