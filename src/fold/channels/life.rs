//! The life of each channel of a call: from when till when, what it ran, who is there.

use std::collections::HashMap;
use std::ops::Index;

use super::super::attempts::SLACK;
use super::moves::Moves;
use crate::asterisk::{Cdr, Channel, ChannelEvent, Happening};
use crate::model::{Time, is_dialable};

/// One channel.
#[derive(Debug)]
pub(super) struct Life<'a> {
    pub(super) uniqueid: &'a str,
    /// Its name at first.
    pub(super) channel: &'a Channel,
    /// Its other names since: of a channel that took its place.
    names: Vec<(Time, &'a Channel)>,
    pub(super) began: Time,
    /// Whether its beginning was seen.
    pub(super) has_beginning: bool,
    /// When it ended; None while it goes on.
    pub(super) ended: Option<Time>,
    /// Whether events tell that it ended, and nothing else had to.
    pub(super) has_end: bool,
    /// Nothing tells that it ended, but that it must have.
    pub(super) lost: bool,
    /// Another channel made it ring. Whoever calls has a linkedid of their own at first.
    pub(super) called: bool,
    /// When it came into a bridge first.
    pub(super) bridged: Option<Time>,
    /// Whether it ran an application of its own after it had left a bridge.
    runs_on: bool,
    /// Its comings into bridges and goings.
    pub(super) moves: Moves,
    states: Vec<State<'a>>,
    pub(super) number: &'a str,
    pub(super) name: &'a str,
    pub(super) accountcode: &'a str,
    /// The conversation that it was made for.
    pub(super) first_linkedid: &'a str,
    linkedid: &'a str,
    last: Time,
}

/// What a channel ran from a moment on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct State<'a> {
    pub(super) since: Time,
    pub(super) application: &'a str,
    pub(super) data: &'a str,
    pub(super) exten: &'a str,
}

impl<'a> Life<'a> {
    fn new(event: &'a ChannelEvent, channel: &'a Channel) -> Self {
        Self {
            uniqueid: &event.uniqueid,
            channel,
            names: Vec::new(),
            began: event.time,
            has_beginning: event.happening == Happening::Start,
            ended: None,
            has_end: false,
            lost: false,
            called: event.linkedid != event.uniqueid || event.is_outgoing(),
            bridged: None,
            runs_on: false,
            moves: Moves::default(),
            states: Vec::new(),
            number: "",
            name: "",
            accountcode: "",
            first_linkedid: &event.linkedid,
            linkedid: &event.linkedid,
            last: event.time,
        }
    }

    fn take(&mut self, event: &'a ChannelEvent) {
        self.last = event.time;
        self.linkedid = &event.linkedid;
        if self.number.is_empty() {
            self.number = &event.number;
        }
        if self.name.is_empty() {
            self.name = &event.name;
        }
        if self.accountcode.is_empty() {
            self.accountcode = &event.accountcode;
        }
        match event.happening {
            Happening::End => {
                self.ended = Some(event.time);
                self.has_end = true;
            }
            Happening::Hangup => {
                self.ended.get_or_insert(event.time);
                self.has_end = true;
                return;
            }
            Happening::Enter { .. } => {
                self.bridged.get_or_insert(event.time);
                self.runs_on = false;
                self.moves.entered(event.time);
                if let Some(channel) = &event.channel
                    && channel != self.channel_at(event.time)
                {
                    self.names.push((event.time, channel));
                }
            }
            Happening::Exit { .. } => {
                self.moves.left(event.time);
                // Of one instant nobody knows what came first.
                let state = self.states.last().filter(|state| state.since == event.time);
                self.runs_on = self.called && state.is_some_and(|s| !s.application.is_empty());
            }
            Happening::Other if self.called && self.moves.has_left() => {
                self.runs_on |= !event.application.is_empty() && !event.is_outgoing();
            }
            _ => {}
        }
        let last = self.states.last();
        // What has ended still stands in events that follow, and nothing in others.
        let (application, data) = match last {
            Some(last) if event.application.is_empty() || event.is_outgoing() => {
                (last.application, last.data)
            }
            _ if event.is_outgoing() => ("", ""),
            _ => (event.application.as_str(), event.data.as_str()),
        };
        let exten = match last {
            Some(last) if event.exten.is_empty() => last.exten,
            _ => event.exten.as_str(),
        };
        let since = event.time;
        let same = |last: &State<'_>| {
            (last.application, last.data, last.exten) == (application, data, exten)
        };
        if !last.is_some_and(same) {
            self.states.push(State {
                since,
                application,
                data,
                exten,
            });
        }
    }

    /// Its name at a moment.
    pub(super) fn channel_at(&self, time: Time) -> &'a Channel {
        let since = self.names.partition_point(|(since, _)| *since <= time);
        since
            .checked_sub(1)
            .map_or(self.channel, |n| self.names[n].1)
    }

    /// All its names.
    pub(super) fn channels(&self) -> impl Iterator<Item = &'a Channel> {
        let names = self.names.iter().map(|(_, name)| *name);
        std::iter::once(self.channel).chain(names)
    }

    /// What it ran at a moment; within the last instant all of it, the last first.
    pub(super) fn states_at(&self, time: Time) -> impl Iterator<Item = &State<'a>> {
        let known = self.states.partition_point(|state| state.since <= time);
        let known = &self.states[..known.max(1).min(self.states.len())];
        let instant = known.last().map(|state| state.since);
        let within = move |state: &&State<'a>| Some(state.since) == instant;
        known.iter().rev().take_while(within)
    }

    /// All that it ran, in order.
    pub(super) fn states(&self) -> &[State<'a>] {
        &self.states
    }

    /// The numbers that it ran up to a moment, the last first.
    pub(super) fn numbers_until(&self, time: Time) -> impl Iterator<Item = &'a str> {
        let known = self.states.partition_point(|state| state.since <= time);
        let numbers = self.states[..known].iter().rev().map(|state| state.exten);
        numbers.filter(|exten| is_dialable(exten))
    }

    /// Whether it is there at a moment.
    pub(super) fn lives_at(&self, time: Time) -> bool {
        self.began <= time && self.ended.is_none_or(|ended| ended >= time)
    }

    /// Whether events tell all of it.
    pub(super) fn is_whole(&self) -> bool {
        self.has_beginning && self.has_end
    }

    /// The pair and the half of a Local channel.
    pub(super) fn half(&self) -> Option<(&'a str, u8)> {
        match self.channel {
            Channel::Local { pair, half, .. } => Some((pair, *half)),
            Channel::Phone { .. } => None,
        }
    }
}

/// All channels of a call, in the order in which they began.
#[derive(Debug)]
pub(super) struct Lives<'a> {
    lives: Vec<Life<'a>>,
    by_uniqueid: HashMap<&'a str, usize>,
    by_name: HashMap<&'a str, usize>,
    /// The two halves of each Local channel.
    halves: HashMap<&'a str, [Option<usize>; 2]>,
    last: Option<Time>,
}

impl<'a> Lives<'a> {
    /// The channels of these events, which stand in their order. Where events do not tell that
    /// a channel ended, the rows of CDR do, which are written at the end of their first channel.
    pub(super) fn of(
        events: &'a [ChannelEvent],
        cdr: &[Cdr],
        hung_up: &HashMap<&str, Time>,
        over: bool,
    ) -> Self {
        let mut all = Self {
            lives: Vec::new(),
            by_uniqueid: HashMap::new(),
            by_name: HashMap::new(),
            halves: HashMap::new(),
            last: None,
        };
        let mut linkedids_end: HashMap<&str, Time> = HashMap::new();
        for event in events {
            let Some(channel) = event.channel.as_ref().filter(|c| !c.is_message()) else {
                continue;
            };
            if event.happening == Happening::LinkedidEnd {
                linkedids_end.insert(&event.linkedid, event.time);
                continue;
            }
            let next = all.lives.len();
            let n = *all.by_uniqueid.entry(&event.uniqueid).or_insert(next);
            if n == next {
                all.lives.push(Life::new(event, channel));
                all.by_name.entry(channel.name()).or_insert(n);
                if let Channel::Local { pair, half, .. } = channel {
                    let halves = all.halves.entry(pair.as_str()).or_default();
                    halves[usize::from(*half == 2)].get_or_insert(n);
                }
            }
            all.lives[n].take(event);
        }
        all.end(&linkedids_end, cdr, hung_up, over);
        all
    }

    fn end(
        &mut self,
        linkedids_end: &HashMap<&str, Time>,
        cdr: &[Cdr],
        hung_up: &HashMap<&str, Time>,
        over: bool,
    ) {
        self.last = self.lives.iter().map(|life| life.last).max();
        let Some(last) = self.last else { return };
        for life in self.lives.iter_mut().filter(|life| life.ended.is_none()) {
            let of_linkedid = linkedids_end.get(life.linkedid).copied();
            life.has_end = of_linkedid.is_some_and(|ended| ended >= life.last);
            life.ended = of_linkedid.filter(|_| life.has_end);
            if life.ended.is_none() {
                let hung_up = hung_up.get(life.uniqueid).copied();
                life.ended = hung_up.map(|ended| ended.max(life.last));
            }
        }
        // Whom a channel had rung is gone with it, unless something was heard of them since:
        // whoever calls may have transferred them.
        for row in cdr {
            let called = row.dstchannel.as_ref().and_then(|to| self.named(to));
            if let Some(life) = called.map(|n| &mut self.lives[n])
                && life.ended.is_none()
                && !life.runs_on
                && life.last <= row.end + SLACK
            {
                life.ended = Some(row.end.max(life.last));
            }
        }
        if over {
            for life in &mut self.lives {
                life.lost = life.ended.is_none();
                life.ended.get_or_insert(last);
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lives.is_empty()
    }

    /// When the last was heard of any of them.
    pub(super) fn last(&self) -> Option<Time> {
        self.last
    }

    pub(super) fn len(&self) -> usize {
        self.lives.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Life<'a>> {
        self.lives.iter()
    }

    pub(super) fn with_uniqueid(&self, uniqueid: &str) -> Option<usize> {
        self.by_uniqueid.get(uniqueid).copied()
    }

    pub(super) fn named(&self, channel: &Channel) -> Option<usize> {
        self.by_name.get(channel.name()).copied()
    }

    /// The other half of a Local channel.
    pub(super) fn other_half(&self, n: usize) -> Option<usize> {
        let (pair, half) = self.lives[n].half()?;
        self.halves.get(pair)?[usize::from(half == 1)]
    }
}

impl<'a> Index<usize> for Lives<'a> {
    type Output = Life<'a>;

    fn index(&self, n: usize) -> &Life<'a> {
        &self.lives[n]
    }
}
