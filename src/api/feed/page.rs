//! Reading what changed after a place, page by page, as a sight sees it.

use std::sync::Arc;

use chrono_tz::Tz;

use super::cursor::{Cursor, Ground, NoCursor, Place};
use crate::api::State;
use crate::api::changes::Batch;
use crate::api::cursor::Binding;
use crate::api::error::Error;
use crate::api::names::Names;
use crate::api::wire::ChangedCall;
use crate::model::Sight;
use crate::presence::Presence;
use crate::store::changes::{self, Change};
use crate::store::feed::{self, Span};
use crate::store::{Connection, settings};

/// So many changes are looked at for one page, whoever may read them: then it ends, full or not.
const LOOKED_AT: usize = 5000;

/// So many are looked at together.
const AT_ONCE: usize = 200;

/// The next changes.
pub(super) struct Page {
    /// In order.
    pub(super) changes: Vec<Arc<ChangedCall>>,
    /// How far that is.
    pub(super) place: Place,
    /// Whether there are more already.
    pub(super) has_more: bool,
}

/// What this sight's cursors hold for, in this database.
pub(super) fn ground(conn: &mut Connection, sight: &Sight) -> Result<Ground, Error> {
    let texts = sight.texts();
    let database = settings::database_id(conn)?;
    Ok(Ground {
        database: database.to_be_bytes(),
        sight: Binding::of(texts.iter().map(String::as_str)),
    })
}

/// Where somebody begins who knows nothing and wants all.
pub(super) fn beginning(conn: &mut Connection) -> Result<Place, Error> {
    Ok(Place {
        revision: 0,
        began: changes::last(conn)?,
    })
}

/// Where somebody begins who wants what changes from now on.
pub(super) fn now(conn: &mut Connection) -> Result<Place, Error> {
    let last = changes::last(conn)?;
    Ok(Place {
        revision: last,
        began: last,
    })
}

/// The place of a cursor, where it holds.
///
/// # Errors
/// Why its holder has to begin anew.
pub(super) fn place_of(
    conn: &mut Connection,
    cursor: Result<Cursor, NoCursor>,
    ground: Ground,
) -> Result<Result<Place, &'static str>, Error> {
    let cursor = match cursor {
        Ok(cursor) => cursor,
        Err(NoCursor::Broken) => return Ok(Err("is no cursor of this service, or was altered")),
        Err(NoCursor::OtherVersion) => {
            return Ok(Err("was made by another version of this service"));
        }
    };
    Ok(if cursor.ground.database != ground.database {
        Err("belongs to another database")
    } else if cursor.ground.sight != ground.sight {
        Err("was made with other rights, or for other owners")
    } else if cursor.place.revision.max(cursor.place.began) > changes::last(conn)? {
        Err("is newer than the database, of which an older state was put in place")
    } else {
        Ok(cursor.place)
    })
}

/// The next changes after a place: at most `size`, and fewer, perhaps none, where many were to
/// be looked at of which this sight sees nothing.
pub(super) fn page(
    conn: &mut Connection,
    state: &State,
    sight: &Sight,
    from: Place,
    size: usize,
    zone: Tz,
) -> Result<Page, Error> {
    // All up to here are there to be read, and whatever changes later comes later.
    let until = changes::last(conn)?;
    // Not older than the directory that these were folded with: who keeps a copy keeps the names.
    let names = state.names.latest(conn)?;
    let mut reached = from.revision;
    let mut looked_at = 0;
    let mut found: Vec<Arc<ChangedCall>> = Vec::new();
    while reached < until && found.len() < size && looked_at < LOOKED_AT {
        let room = size - found.len();
        let at_once = match sight.reads_everything() {
            true => room.min(AT_ONCE),
            false => AT_ONCE,
        };
        let span = Span {
            after: reached,
            until,
            began: from.began,
        };
        let (places, all_until) = feed::places(conn, span, at_once)?;
        looked_at += places.len();
        let mut seen = seen(conn, (&names, &state.presence), sight, places, zone)?;
        reached = all_until;
        if seen.len() > room {
            seen.truncate(room);
            reached = seen.last().map_or(all_until, |last| last.revision);
        }
        found.append(&mut seen);
    }
    Ok(Page {
        changes: found,
        place: Place {
            revision: reached,
            began: from.began,
        },
        has_more: reached < until,
    })
}

/// What the sight sees of these.
fn seen(
    conn: &mut Connection,
    (names, presence): (&Arc<Names>, &Arc<Presence>),
    sight: &Sight,
    mut places: Vec<feed::Place>,
    zone: Tz,
) -> Result<Vec<Arc<ChangedCall>>, Error> {
    if !sight.reads_everything() {
        // Of most calls it may see nothing: the entries of those are not even read.
        let calls: Vec<_> = places.iter().map(|place| place.call).collect();
        let owners = feed::owners_of(conn, &calls)?;
        places.retain(|place| {
            let have = owners.get(&place.call).into_iter().flatten();
            have.chain(&place.lost_by).any(|owner| sight.reads(owner))
        });
    }
    if places.is_empty() {
        return Ok(Vec::new());
    }
    let changes = places.into_iter().map(|place| Change {
        revision: place.revision,
        call: place.call,
        owners: place.lost_by,
        removed: !place.is_stored,
    });
    let batch = Batch::read(conn, changes.collect(), Arc::clone(names), presence)?;
    Ok(batch.seen(sight, zone, 0))
}
