//! What was configured once and must hold for every folding after.

use diesel::prelude::*;

use super::schema::settings;
use super::{Connection, revisions, write};
use crate::model::Trunks;

const TRUNKS: &str = "trunks";

/// The patterns of the endpoints that are trunks; none when nothing was configured.
pub fn trunks(conn: &mut Connection) -> QueryResult<Trunks> {
    Ok(Trunks::parse(&get(conn, TRUNKS)?.unwrap_or_default()))
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
