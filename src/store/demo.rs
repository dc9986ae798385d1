//! Whether a database may be filled with the demo's calls, and how far that has come.
//!
//! Only an empty one may. When it was begun is kept, so that a filling that was cut off goes on
//! with the same calls, whose rows are known.

use diesel::QueryResult;

use super::time::{from_micros, to_micros};
use super::{Connection, directory, keys, landing, settings, write};
use crate::model::Time;

/// The setting: the microseconds since 1970 when it was begun, and [`DONE`] at its end.
const DEMO: &str = "demo";
const DONE: &str = "done";

/// How far a database has been filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filling {
    /// It was begun at this time, a moment ago or by somebody who was cut off.
    Begun(Time),
    /// All is there.
    Done,
    /// The database has calls, a directory or keys of its own.
    Refused,
}

/// Begins to fill an empty database, or says how far that has come.
pub fn begin(conn: &mut Connection, now: Time) -> QueryResult<Filling> {
    write(conn, |conn| {
        if let Some(value) = settings::get(conn, DEMO)? {
            let begun = value.parse().map(from_micros);
            return Ok(begun.map_or(Filling::Done, Filling::Begun));
        }
        if !is_empty(conn)? {
            return Ok(Filling::Refused);
        }
        let begun = to_micros(now);
        settings::put(conn, DEMO, &begun.to_string())?;
        Ok(Filling::Begun(from_micros(begun)))
    })
}

/// Notes that all is there.
pub fn done(conn: &mut Connection) -> QueryResult<()> {
    write(conn, |conn| settings::put(conn, DEMO, DONE))
}

fn is_empty(conn: &mut Connection) -> QueryResult<bool> {
    let known = directory::load(conn)?;
    let nobody = known.users().next().is_none()
        && known.agents().next().is_none()
        && known.queues().next().is_none();
    Ok(nobody && landing::sources_with_rows(conn)?.is_empty() && keys::list(conn)?.is_empty())
}
