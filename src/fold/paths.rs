//! CDR rows → paths between two parties, with Local channels resolved.
//!
//! A Local channel is a pair of halves: a row that leads to `…;1` and the rows that start at
//! `…;2` are one path from the caller to the phone behind.

use crate::asterisk::{Cdr, Channel};
use crate::model::Time;

/// Local channels inside Local channels: deeper than this they are a loop.
const DEEPEST: usize = 8;

/// A path from a calling party to at most one called party.
#[derive(Clone, Debug)]
pub(super) struct Path<'a> {
    /// The row that reaches the called party.
    pub(super) row: &'a Cdr,
    /// The row of the calling party's own channel; `row` itself when no Local is between.
    pub(super) outer: &'a Cdr,
    /// The calling party's channel.
    pub(super) from: Option<&'a Channel>,
    /// The called party's channel; None for an application.
    pub(super) to: Option<&'a Channel>,
    /// Whether the two were connected: every row on the way was answered.
    pub(super) answered: bool,
    /// The first half of an originated call: Asterisk rang the phone `to` on behalf of the
    /// one who sits there.
    pub(super) originated: bool,
    /// The queue that rang the called party.
    pub(super) queue: Option<&'a str>,
}

impl Path<'_> {
    /// When the two talked, as the row has it.
    pub(super) fn talk(&self) -> Option<(Time, Time)> {
        let real = self.answered && self.to.is_some() && !self.originated;
        real.then(|| (self.row.answer(), self.row.end))
    }

    /// Whether both ends sit in a conference room, and nobody called the other.
    pub(super) fn is_conference(&self) -> bool {
        self.row.is_conference()
    }
}

/// The rows of one call, each once, in the order of the call.
pub(super) fn distinct(mut rows: Vec<Cdr>) -> Vec<Cdr> {
    rows.sort();
    // Of a row that two modules wrote, the last in the order is kept, whichever came first.
    rows.reverse();
    rows.dedup_by(|a, b| a.is_same_row(b));
    rows.reverse();
    rows
}

/// The paths of these rows, which stand in the order of the call.
pub(super) fn paths(rows: &[Cdr]) -> Vec<Path<'_>> {
    rows.iter()
        .filter(|row| !is_plumbing(rows, row))
        .map(|row| path(rows, row))
        .collect()
}

/// Whether the row only leads into a Local channel whose other half has rows of its own.
fn is_plumbing(rows: &[Cdr], row: &Cdr) -> bool {
    match &row.dstchannel {
        Some(Channel::Local { pair, half, .. }) => starting_at(rows, pair, 3 - half).is_some(),
        _ => false,
    }
}

fn path<'a>(rows: &'a [Cdr], row: &'a Cdr) -> Path<'a> {
    let mut answered = row.answered;
    let mut queue = row.queue();
    let mut outer = row;
    let mut from = None;
    let mut originated = false;
    for _ in 0..DEEPEST {
        match &outer.channel {
            Some(Channel::Local { pair, half, .. }) => {
                if let Some(next) = leading_to(rows, pair, *half) {
                    outer = next;
                    answered &= next.answered;
                    queue = queue.or(next.queue());
                } else {
                    // Nobody leads here: an originated pair. Who sits at the other half's
                    // phone is the caller.
                    from = originator(rows, pair, *half);
                    originated = from.is_none();
                    break;
                }
            }
            channel => {
                from = channel.as_ref();
                break;
            }
        }
    }
    Path {
        row,
        outer,
        from,
        to: phone(row.dstchannel.as_ref()),
        answered,
        originated,
        queue,
    }
}

fn phone(channel: Option<&Channel>) -> Option<&Channel> {
    channel.filter(|channel| matches!(channel, Channel::Phone { .. }))
}

/// The first row that starts at this half of a pair.
fn starting_at<'a>(rows: &'a [Cdr], pair: &str, half: u8) -> Option<&'a Cdr> {
    rows.iter().find(|row| is_half(&row.channel, pair, half))
}

/// The row that leads into this pair: its called party is the other half.
fn leading_to<'a>(rows: &'a [Cdr], pair: &str, half: u8) -> Option<&'a Cdr> {
    rows.iter()
        .find(|row| is_half(&row.dstchannel, pair, 3 - half))
}

/// The phone that was rung first by an originated pair, seen from its second half.
fn originator<'a>(rows: &'a [Cdr], pair: &str, half: u8) -> Option<&'a Channel> {
    if half != 2 {
        return None;
    }
    starting_at(rows, pair, 1).and_then(|row| phone(row.dstchannel.as_ref()))
}

fn is_half(channel: &Option<Channel>, pair: &str, half: u8) -> bool {
    matches!(channel, Some(Channel::Local { pair: p, half: h, .. }) if p == pair && *h == half)
}
