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
mod detail;
mod entries;
mod index;
mod members;
mod paths;
mod queue_order;
mod sides;
mod talk;
mod transfers;
mod trunks;
mod visits;
mod who;

use std::borrow::Cow;

use crate::asterisk::{Cdr, ChannelEvent, QueueEvent};
use crate::model::{
    Call, CallId, Detail, Directory, Entry, LegClass, Rule, Side, Status, Time, is_dialable,
};
use entries::Parts;
use paths::Path;
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

/// A row that was left out, and as what.
type LeftOut<'a> = (LegClass, Cow<'a, Cdr>);

/// Folds the rows of one conversation; None when they tell of no call.
///
/// ```
/// use call_history::{fold, model::Directory};
/// assert!(fold::fold(fold::Rows::default(), &Directory::default()).is_none());
/// ```
pub fn fold(rows: Rows, directory: &Directory) -> Option<Call> {
    folded(rows, directory, |call, _| call)
}

/// Folds the rows of one conversation, and tells how it went and why its entries say what they
/// say; None when they tell of no call. The call is the one that [`fold`] makes.
pub fn explain(rows: Rows, directory: &Directory) -> Option<Detail> {
    folded(rows, directory, |call, way| way.detail(call))
}

/// All that is known when a call was folded, and what was left out on the way.
struct Way<'a> {
    rows: &'a Rows,
    paths: &'a [Path<'a>],
    parts: &'a Parts<'a>,
    /// Of each line of the call.
    rules: Vec<Rule>,
    left_out: Vec<LeftOut<'a>>,
}

/// Folds, and makes something of the call and of the way to it.
fn folded<T>(
    mut rows: Rows,
    directory: &Directory,
    finish: impl Fn(Call, Way<'_>) -> T,
) -> Option<T> {
    let (cdr, left_out) = paths::distinct(std::mem::take(&mut rows.cdr));
    rows.cdr = cdr;
    rows.cel.sort_unstable();
    rows.cel.dedup();
    let finish = |call: Call, way: Way<'_>| {
        let (begun, goes_on) = (call.start, call.end.is_none());
        let is_overdue = goes_on && rows.overdue_before.is_some_and(|before| begun < before);
        (finish(call, way), is_overdue)
    };
    let (made, is_overdue) = once(&rows, directory, &left_out, false, finish)?;
    if is_overdue {
        return once(&rows, directory, &left_out, true, finish).map(|(made, _)| made);
    }
    Some(made)
}

/// Folds rows that are each there once. `over`: whatever has no end had it when the last was
/// heard of it.
fn once<T>(
    rows: &Rows,
    directory: &Directory,
    left_out: &[(LegClass, Cdr)],
    over: bool,
    finish: impl Fn(Call, Way<'_>) -> T,
) -> Option<T> {
    let who = Who {
        directory,
        source: &rows.source,
    };
    let told = channels::told(&who, rows, over);
    let (paths, plumbing) = paths::paths(&told.rows);
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
    let end = end(&told.rows, &visits).filter(|_| told.there.is_empty());
    let there = end.is_none().then_some(&told.there);
    let parts = Parts::new(who, &paths, &visits, &contacts, &callers, start, there);
    let accountcode = caller.row.map(|row| &row.accountcode);
    let accountcode = accountcode.filter(|code| !code.is_empty());
    let has_recording = rows.cdr.iter().any(|row| !row.recordingfile.is_empty());
    let mut decided = parts.entries();
    decided.push(parts.summary(caller));
    for (entry, _) in &mut decided {
        entry.account_code = accountcode.cloned();
        entry.has_recording = has_recording;
    }
    let mut dids = told.rows.iter().map(|row| row.did.clone());
    let (mut entries, rules): (Vec<Entry>, Vec<Rule>) = decided.into_iter().unzip();
    let call = Call {
        id: CallId::of(&rows.source, &rows.linkedid),
        start,
        end,
        end_seen: false,
        direction: parts.direction,
        caller: Side::clone(&caller.side),
        did: dids.find(|did| is_dialable(did)),
        summary: entries.pop()?,
        entries,
        source: rows.source.clone(),
        linkedid: rows.linkedid.clone(),
    };
    let plumbing = plumbing.into_iter().map(|row| (LegClass::Plumbing, row));
    let others = left_out.iter().map(|(class, row)| (*class, row));
    let others = others.chain(plumbing);
    let others = others.map(|(class, row)| (class, Cow::Borrowed(row)));
    let way = Way {
        rows,
        paths: &paths,
        parts: &parts,
        left_out: others.chain(told.left_out).collect(),
        rules,
    };
    Some(finish(call, way))
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
