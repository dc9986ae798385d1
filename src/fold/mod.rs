//! Folding: all rows of one conversation and the directory → one [`Call`].
//!
//! Pure: no database, no clock, no I/O. The order of rows, rows that come twice and rows that
//! come late do not change what comes out.
//!
//! ```text
//! cel ─► channels ─┐
//! cdr rows ────────┴─► paths ─┐
//!                             ├─► contacts ─► entries
//! queue log ─────────► visits ┘      callers ──┘
//! ```

mod attempts;
mod callers;
mod channels;
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

use crate::asterisk::{Cdr, Channel, ChannelEvent, QueueEvent};
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
    /// Channel events.
    pub cel: Vec<ChannelEvent>,
    /// Calls that began before this go on no longer, whatever their rows say: their end was
    /// lost. None when nobody has said so.
    pub overdue_before: Option<Time>,
}

/// Folds the rows of one conversation; None when they tell of no call.
///
/// ```
/// use call_history::{fold, model::Directory};
/// assert!(fold::fold(fold::Rows::default(), &Directory::default()).is_none());
/// ```
pub fn fold(mut rows: Rows, directory: &Directory) -> Option<Call> {
    rows.cdr = paths::distinct(std::mem::take(&mut rows.cdr));
    rows.cel.sort_unstable();
    rows.cel.dedup();
    let call = folded(&rows, directory, false)?;
    let begun_before = |time| call.start < time;
    if call.end.is_none() && rows.overdue_before.is_some_and(begun_before) {
        return folded(&rows, directory, true);
    }
    Some(call)
}

/// Folds rows that are each there once. `over`: whatever has no end had it when the last was
/// heard of it.
fn folded(rows: &Rows, directory: &Directory, over: bool) -> Option<Call> {
    let who = Who {
        directory,
        source: &rows.source,
    };
    let told = channels::told(&who, rows, over);
    let paths = paths::paths(&told.rows);
    let mut visits = visits::visits(&rows.queue_log, |callid| {
        let hung_up = told.hung_up.get(callid).copied();
        // Not before the last event, which is all that is known.
        hung_up.or(over.then_some(Time::MIN_UTC))
    });
    let contacts = contacts::contacts(&who, &paths, &mut visits);
    let callers = callers::callers(&who, &rows.linkedid, &paths, &visits, &contacts);
    let caller = callers.first()?;
    let begins = told.rows.iter().map(|row| row.start);
    let begins = begins.chain(told.began);
    let start = begins.chain(visits.iter().map(|v| v.entered)).min()?;
    let end = end(&told.rows, &visits);
    let goes_on = end.is_none();
    let parts = entries::Parts::new(who, &paths, &visits, &contacts, &callers, start, goes_on);
    let accountcode = caller.row.map(|row| &row.accountcode);
    let accountcode = accountcode.filter(|code| !code.is_empty());
    let has_recording = rows.cdr.iter().any(|row| !row.recordingfile.is_empty());
    let mut entries = parts.entries();
    let mut summary = parts.summary(caller);
    for entry in entries.iter_mut().chain([&mut summary]) {
        entry.account_code = accountcode.cloned();
        entry.has_recording = has_recording;
    }
    let mut dids = told.rows.iter().map(|row| row.did.clone());
    Some(Call {
        id: CallId::of(&rows.source, &rows.linkedid),
        start,
        end,
        end_seen: false,
        direction: parts.direction,
        caller: Side::clone(&caller.side),
        did: dids.find(|did| is_dialable(did)),
        legs: paths.iter().map(leg).collect(),
        entries,
        summary,
        source: rows.source.clone(),
        linkedid: rows.linkedid.clone(),
        visits,
    })
}

/// When the last leg or visit ended; None while one goes on.
fn end(rows: &[Cdr], visits: &[crate::model::Visit]) -> Option<Time> {
    let goes_on = |visit: &crate::model::Visit| visit.status == Status::Ongoing;
    if visits.iter().any(goes_on) || rows.iter().any(|row| row.open) {
        return None;
    }
    let ends = rows.iter().map(|row| row.end);
    ends.chain(visits.iter().filter_map(|visit| visit.ended))
        .max()
}

fn leg(path: &paths::Path<'_>) -> Leg {
    let name = |channel: &Channel| channel.name().to_owned();
    Leg {
        from: path.from.map(name).unwrap_or_default(),
        // A row of a room may name nobody else.
        to: path.to.filter(|to| path.from != Some(to)).map(name),
        application: path.row.lastapp.clone(),
        start: path.row.start,
        end: (!path.row.open).then_some(path.row.end),
        talk: path.talk().map(|talk| (talk.from, talk.until)),
    }
}
