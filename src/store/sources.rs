//! The sources (PBXs) and their time zones.

use chrono_tz::Tz;
use diesel::prelude::*;
use diesel::result::Error;

use super::schema::sources;
use super::{CHUNK, Connection, calls, revisions, write};

/// The zones in which a source writes the times of its tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Zones {
    /// Of `cdr`.
    pub cdr: Tz,
    /// Of `queue_log`, where its times are no epochs.
    pub queue_log: Tz,
    /// Of `cel`.
    pub cel: Tz,
}

impl Zones {
    /// Those of a source that nobody has named zones for.
    pub const UNKNOWN: Self = Self {
        cdr: Tz::UTC,
        queue_log: Tz::UTC,
        cel: Tz::UTC,
    };

    /// One zone for all three tables.
    pub fn all(zone: Tz) -> Self {
        Self {
            cdr: zone,
            queue_log: zone,
            cel: zone,
        }
    }
}

type Row = (String, String, String, String);

/// The zones of a source; None when it is not known yet.
pub fn zones(conn: &mut Connection, name: &str) -> QueryResult<Option<Zones>> {
    let row = sources::table.find(name).first::<Row>(conn).optional()?;
    row.map(|row| source(row).map(|(_, zones)| zones))
        .transpose()
}

/// Sets the zones of a source; returns whether that changed anything. Where calls of the source
/// were folded with other zones, everything is to be folded again.
pub fn put_zones(conn: &mut Connection, name: &str, zones: Zones) -> QueryResult<bool> {
    write(conn, |conn| {
        let stored = sources::table.find(name).first::<Row>(conn).optional()?;
        // A zone that is not understood any more is overwritten.
        let stored = stored.map(|row| source(row).map(|(_, stored)| stored));
        if matches!(stored, Some(Ok(stored)) if stored == zones) {
            return Ok(false);
        }
        put(conn, name, zones)?;
        let folded_with = stored.unwrap_or(Ok(Zones::UNKNOWN)).ok();
        if folded_with != Some(zones) && !calls::calls_after(conn, name, None, 1)?.is_empty() {
            revisions::want_refold(conn)?;
        }
        Ok(true)
    })
}

/// Another writer may have added the source since we looked.
fn put(conn: &mut Connection, name: &str, zones: Zones) -> QueryResult<()> {
    let words = (
        sources::cdr_zone.eq(zones.cdr.name()),
        sources::queue_log_zone.eq(zones.queue_log.name()),
        sources::cel_zone.eq(zones.cel.name()),
    );
    let insert = diesel::insert_into(sources::table).values((sources::name.eq(name), words));
    match conn {
        Connection::Mysql(conn) => insert
            .on_conflict(diesel::dsl::DuplicatedKeys)
            .do_update()
            .set(words)
            .execute(conn),
        Connection::Sqlite(conn) => insert
            .on_conflict(sources::name)
            .do_update()
            .set(words)
            .execute(conn),
    }
    .map(drop)
}

/// All sources with their zones, by name.
pub fn list(conn: &mut Connection) -> QueryResult<Vec<(String, Zones)>> {
    let mut all = Vec::new();
    loop {
        let after = all.last().map(|(name, _): &(String, Zones)| name.clone());
        let rows: Vec<Row> = sources::table
            .filter(sources::name.gt(after.unwrap_or_default()))
            .order(sources::name)
            .limit(CHUNK as i64)
            .load(conn)?;
        let count = rows.len();
        for row in rows {
            all.push(source(row)?);
        }
        if count < CHUNK {
            return Ok(all);
        }
    }
}

fn source((name, cdr, queue_log, cel): Row) -> QueryResult<(String, Zones)> {
    let zone = |word: &str| {
        word.parse::<Tz>().map_err(|_| {
            Error::DeserializationError(format!("source {name}: no zone is named {word}").into())
        })
    };
    let zones = Zones {
        cdr: zone(&cdr)?,
        queue_log: zone(&queue_log)?,
        cel: zone(&cel)?,
    };
    Ok((name, zones))
}
