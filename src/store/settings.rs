//! What was configured once and must hold for every folding after.

use diesel::prelude::*;

use super::schema::settings;
use super::{Connection, revisions, write};
use crate::model::Trunks;

const TRUNKS: &str = "trunks";

/// The patterns of the endpoints that are trunks; none when nothing was configured.
pub fn trunks(conn: &mut Connection) -> QueryResult<Trunks> {
    let value: Option<String> = settings::table
        .find(TRUNKS)
        .select(settings::value)
        .first(conn)
        .optional()?;
    Ok(Trunks::parse(&value.unwrap_or_default()))
}

/// Keeps the patterns. Where they are others than before, all is to be folded again.
pub fn put_trunks(conn: &mut Connection, trunks: &Trunks) -> QueryResult<()> {
    write(conn, |conn| {
        if self::trunks(conn)? == *trunks {
            return Ok(());
        }
        diesel::delete(settings::table.find(TRUNKS)).execute(conn)?;
        diesel::insert_into(settings::table)
            .values((
                settings::name.eq(TRUNKS),
                settings::value.eq(trunks.to_string()),
            ))
            .execute(conn)?;
        revisions::bump(conn, revisions::DIRECTORY)?;
        revisions::want_refold(conn)
    })
}
