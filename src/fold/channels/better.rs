//! Which rows are the better ones, where CDR and CEL both tell of a path.
//!
//! CEL's are, where it knows both channels from their beginning to their end: it is exact, and
//! nothing overwrites it. Else CDR's row stays, and what CEL has of the same path is left out.
//! Where CDR tells of talk and CEL of no bridge at all (`events` in `cel.conf` has none), CDR
//! knows better, too. What only one of them tells of is taken from there.

use std::collections::HashSet;

use super::life::Lives;
use crate::asterisk::{Cdr, Channel};

pub(super) fn rows(mut made: Vec<Cdr>, cdr: &[Cdr], lives: &Lives<'_>) -> Vec<Cdr> {
    let kept: Vec<&Cdr> = cdr.iter().filter(|row| stays(row, lives)).collect();
    let paths: HashSet<_> = kept.iter().map(|row| path(row)).collect();
    made.retain(|row| row.dstchannel.is_none() || !paths.contains(&path(row)));
    made.extend(kept.into_iter().cloned());
    made.sort_unstable();
    made
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
