//! CDR rows → paths between two parties, with Local channels resolved.
//!
//! A Local channel is a pair of halves: a row that leads to `…;1` and the rows that start at
//! `…;2` are one path from the caller to the phone behind.

use std::collections::HashMap;

use super::talk::Talk;
use crate::asterisk::{Cdr, Channel};
use crate::model::LegClass;

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
    /// The rows on the way whose channel was in a queue, the one nearest to the called party
    /// first: a queue may be a member of another. Their uniqueid is the queue log's `callid`.
    pub(super) queues: Vec<&'a Cdr>,
}

impl Path<'_> {
    /// When the two talked, as the row has it.
    pub(super) fn talk(&self) -> Option<Talk> {
        let connected = self.answered && self.to.is_some() && !self.originated;
        connected.then(|| Talk {
            from: self.row.answer,
            until: (!self.row.open).then_some(self.row.end),
        })
    }

    /// What the path was: only the first two are calls to somebody.
    pub(super) fn class(&self) -> LegClass {
        if self.is_conference() {
            LegClass::Room
        } else if self.originated {
            LegClass::Originated
        } else if self.to.is_none() {
            LegClass::Application
        } else if self.talk().is_some() {
            LegClass::Talked
        } else {
            LegClass::Rang
        }
    }

    /// Whether both ends sit in a conference room, and nobody called the other.
    pub(super) fn is_conference(&self) -> bool {
        self.row.is_conference()
    }
}

/// The rows of one call, each once, in the order of the call, and those that were left out for
/// that. Text messages are no calls.
pub(super) fn distinct(mut rows: Vec<Cdr>) -> (Vec<Cdr>, Vec<(LegClass, Cdr)>) {
    let mut left = Vec::new();
    // Of a row that two modules wrote, the last in the order is kept, whichever came first: one
    // with a sequence rather than one without.
    rows.sort_by(|a, b| b.identity().cmp(&a.identity()).then_with(|| b.cmp(a)));
    rows.dedup_by(|a, b| {
        let is_double = a.is_same_row(b);
        if is_double {
            left.push((LegClass::Duplicate, a.clone()));
        }
        is_double
    });
    let is_message = |row: &mut Cdr| row.channel.as_ref().is_some_and(Channel::is_message);
    let messages = rows.extract_if(.., is_message);
    left.extend(messages.map(|row| (LegClass::Message, row)));
    rows.sort();
    (rows, left)
}

/// The paths of these rows, which stand in the order of the call, and the rows that only lead
/// to the others.
pub(super) fn paths(rows: &[Cdr]) -> (Vec<Path<'_>>, Vec<&Cdr>) {
    let halves = Halves::of(rows);
    let (plumbing, ends): (Vec<&Cdr>, Vec<&Cdr>) =
        rows.iter().partition(|row| halves.are_plumbing(row));
    let paths = ends.into_iter().map(|row| path(&halves, row));
    (paths.collect(), plumbing)
}

/// One half of a Local channel: its pair, and 1 or 2.
type Half<'a> = (&'a str, u8);

/// Where Local channels begin and where they are led to: for each half the first such row, of
/// those that begin there rather one that was answered.
struct Halves<'a> {
    starting: HashMap<Half<'a>, &'a Cdr>,
    leading: HashMap<Half<'a>, &'a Cdr>,
}

impl<'a> Halves<'a> {
    fn of(rows: &'a [Cdr]) -> Self {
        let mut halves = Self {
            starting: HashMap::new(),
            leading: HashMap::new(),
        };
        for row in rows {
            if let Some(half) = half(row.channel.as_ref()) {
                let first = halves.starting.entry(half).or_insert(row);
                if row.answered && !first.answered {
                    *first = row;
                }
            }
            if let Some(half) = half(row.dstchannel.as_ref()) {
                halves.leading.entry(half).or_insert(row);
            }
        }
        halves
    }

    /// Whether the row only leads into a Local channel whose other half has rows of its own.
    fn are_plumbing(&self, row: &Cdr) -> bool {
        half(row.dstchannel.as_ref())
            .is_some_and(|(pair, half)| self.starting.contains_key(&(pair, 3 - half)))
    }

    /// The row that leads into this half's pair: its called party is the other half.
    fn leading_to(&self, (pair, half): Half<'_>) -> Option<&'a Cdr> {
        self.leading.get(&(pair, 3 - half)).copied()
    }

    /// Which half of an originated pair rang its phone first: on behalf of the one who sits there.
    /// The other half calls when that phone is up. A PBX starts both at once, the second half
    /// with the first phone and the first half in the dialplan, once that phone is up.
    fn first_to_ring(&self, pair: &str) -> u8 {
        let (one, two) = (self.starting.get(&(pair, 1)), self.starting.get(&(pair, 2)));
        let waits = |one: &Cdr, two: &Cdr| two.start > one.start && two.start >= one.answer;
        match (one, two) {
            (Some(one), Some(two)) if !waits(one, two) => {
                let rang = phone(two.dstchannel.as_ref());
                rang.map_or(1, |_| 2)
            }
            _ => 1,
        }
    }

    /// The phone that an originated pair rang first, for the half that called then.
    fn originator(&self, (pair, half): Half<'_>, first: u8) -> Option<&'a Channel> {
        let first = self
            .starting
            .get(&(pair, first))
            .filter(|_| half != first)?;
        phone(first.dstchannel.as_ref())
    }
}

fn path<'a>(halves: &Halves<'a>, row: &'a Cdr) -> Path<'a> {
    let mut answered = row.answered;
    let mut queues: Vec<&Cdr> = row.queue().map(|_| row).into_iter().collect();
    let mut outer = row;
    let mut from = None;
    let mut originated = false;
    for _ in 0..DEEPEST {
        let Some(half) = half(outer.channel.as_ref()) else {
            from = outer.channel.as_ref();
            break;
        };
        let Some(next) = halves.leading_to(half) else {
            // Nobody leads here: an originated pair, and who sits at the first half's phone is
            // the caller. Or the row that leads here is not written yet, since its channel is
            // up still: then nobody can tell who calls.
            let first = halves.first_to_ring(half.0);
            from = halves.originator(half, first);
            originated = half.1 == first;
            break;
        };
        outer = next;
        answered &= next.answered;
        queues.extend(next.queue().map(|_| next));
    }
    Path {
        row,
        outer,
        from,
        to: phone(row.dstchannel.as_ref()),
        answered,
        originated,
        queues,
    }
}

fn phone(channel: Option<&Channel>) -> Option<&Channel> {
    channel.filter(|channel| matches!(channel, Channel::Phone { .. }))
}

fn half(channel: Option<&Channel>) -> Option<Half<'_>> {
    match channel {
        Some(Channel::Local { pair, half, .. }) => Some((pair, *half)),
        _ => None,
    }
}
