//! Which rows are the better ones, where CDR and CEL both tell of a path.
//!
//! CEL's are, where it knows both channels from their beginning to their end: it is exact, and
//! nothing overwrites it. Else CDR's row stays, and what CEL has of the same path is left out.
//! Where CDR tells of talk and CEL of no bridge at all (`events` in `cel.conf` has none), CDR
//! knows better, too. What only one of them tells of is taken from there.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use super::super::LeftOut;
use super::life::Lives;
use crate::asterisk::{Cdr, Channel};
use crate::model::LegClass;

/// The better rows, in order, and those that they are better than.
pub(super) fn rows<'a>(
    made: Vec<Cdr>,
    cdr: &'a [Cdr],
    lives: &Lives<'_>,
) -> (Vec<Cdr>, Vec<LeftOut<'a>>) {
    let (kept, left): (Vec<&Cdr>, Vec<&Cdr>) = cdr.iter().partition(|row| stays(row, lives));
    let paths: HashSet<_> = kept.iter().map(|row| path(row)).collect();
    let is_better = |row: &Cdr| row.dstchannel.is_none() || !paths.contains(&path(row));
    let (mut rows, partial): (Vec<Cdr>, Vec<Cdr>) = made.into_iter().partition(is_better);
    // Whether a phone was busy, no event tells; nor what was run, where `apps` in `cel.conf`
    // leaves it out.
    let told: HashMap<_, _> = left.iter().map(|row| (path(row), *row)).collect();
    for row in rows.iter_mut().filter(|row| row.dstchannel.is_some()) {
        let Some(told) = told.get(&path(row)).copied() else {
            continue;
        };
        if !row.answered {
            row.outcome = told.outcome;
        }
        if row.lastapp.is_empty() && !told.is_conference() {
            row.lastapp.clone_from(&told.lastapp);
            row.lastdata.clone_from(&told.lastdata);
        }
    }
    rows.extend(kept.into_iter().cloned());
    rows.sort_unstable();
    let superseded = left
        .into_iter()
        .map(|row| (LegClass::Superseded, Cow::Borrowed(row)));
    let partial = partial.into_iter();
    let partial = partial.map(|row| (LegClass::Partial, Cow::Owned(row)));
    (rows, superseded.chain(partial).collect())
}

fn path(row: &Cdr) -> (Option<&Channel>, Option<&Channel>) {
    (row.channel.as_ref(), row.dstchannel.as_ref())
}

/// Whether a row of CDR stays.
fn stays(row: &Cdr, lives: &Lives<'_>) -> bool {
    let named = |channel: Option<&Channel>| channel.and_then(|channel| lives.named(channel));
    let known = |n: Option<usize>| n.is_some_and(|n| lives[n].is_whole());
    let from = lives
        .with_uniqueid(&row.uniqueid)
        .or(named(row.channel.as_ref()));
    let to = named(row.dstchannel.as_ref());
    let bridged = |n: Option<usize>| n.is_some_and(|n| lives[n].bridged.is_some());
    let talked = row.answered && matches!(row.dstchannel, Some(Channel::Phone { .. }));
    !known(from)
        || (row.dstchannel.is_some() && !known(to))
        || (talked && !bridged(from) && !bridged(to))
}
