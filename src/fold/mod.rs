//! Folding: all rows of one conversation and the directory → one [`Call`].
//!
//! Pure: no database, no clock, no I/O. The order of rows, rows that come twice and rows that
//! come late do not change what comes out.
//!
//! ```text
//! cdr rows ──► paths ────┐
//!                        ├─► contacts ─► entries
//! queue log ─► visits ───┘      callers ──┘
//! ```

mod attempts;
mod callers;
mod contacts;
mod entries;
mod index;
mod paths;
mod queue_order;
mod sides;
mod talk;
mod trunks;
mod visits;
mod who;

use std::collections::HashMap;

use crate::asterisk::{Cdr, Channel, QueueEvent};
use crate::model::{Call, CallId, Directory, Leg, Side, Status, Time, is_dialable};
use who::Who;

pub use who::DEFAULT_SOURCE;

/// All rows of one conversation, understood.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    /// The PBX that they came from.
    pub source: String,
    /// The conversation's id there.
    pub linkedid: String,
    /// CDR rows.
    pub cdr: Vec<Cdr>,
    /// Queue events of the conversation's channels.
    pub queue_log: Vec<QueueEvent>,
}

/// Folds the rows of one conversation; None when they tell of no call.
///
/// ```
/// use call_history::{fold, model::Directory};
/// assert!(fold::fold(fold::Rows::default(), &Directory::default()).is_none());
/// ```
pub fn fold(rows: Rows, directory: &Directory) -> Option<Call> {
    let cdr = paths::distinct(rows.cdr);
    let paths = paths::paths(&cdr);
    let mut hung_up: HashMap<&str, Time> = HashMap::new();
    for row in &cdr {
        let end = hung_up.entry(&row.uniqueid).or_insert(row.end);
        *end = row.end.max(*end);
    }
    let mut visits = visits::visits(&rows.queue_log, |callid| hung_up.get(callid).copied());
    let who = Who {
        directory,
        source: &rows.source,
    };
    let contacts = contacts::contacts(&who, &paths, &mut visits);
    let callers = callers::callers(&who, &rows.linkedid, &paths, &visits, &contacts);
    let caller = callers.first()?;
    let begins = cdr.iter().map(|row| row.start);
    let start = begins.chain(visits.iter().map(|v| v.entered)).min()?;
    let parts = entries::Parts::new(who, &paths, &visits, &contacts, &callers, start);
    let entries = parts.entries();
    Some(Call {
        id: CallId::of(&rows.source, &rows.linkedid),
        start,
        end: end(&cdr, &visits),
        end_seen: false,
        direction: parts.direction,
        caller: Side::clone(&caller.side),
        did: cdr
            .iter()
            .map(|row| row.did.clone())
            .find(|did| is_dialable(did)),
        legs: paths.iter().map(leg).collect(),
        entries,
        source: rows.source,
        linkedid: rows.linkedid,
        visits,
    })
}

/// When the last leg or visit ended; None while a visit goes on.
fn end(cdr: &[Cdr], visits: &[crate::model::Visit]) -> Option<Time> {
    if visits.iter().any(|visit| visit.status == Status::Ongoing) {
        return None;
    }
    let ends = cdr.iter().map(|row| row.end);
    ends.chain(visits.iter().filter_map(|visit| visit.ended))
        .max()
}

fn leg(path: &paths::Path<'_>) -> Leg {
    let name = |channel: &Channel| channel.name().to_owned();
    Leg {
        from: path.from.map(name).unwrap_or_default(),
        to: path.to.map(name),
        application: path.row.lastapp.clone(),
        start: path.row.start,
        end: path.row.end,
        talk: path.talk(),
    }
}
