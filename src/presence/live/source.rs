//! Which channels of a PBX are one call.

use std::collections::{HashMap, HashSet};
use std::mem;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::in_progress::InProgress;
use super::version::Version;
use crate::asterisk::{ChannelEvent, Event, Happening, QueueEvent};
use crate::model::Time;

/// More channels of one PBX than these are not followed.
pub(super) const MOST_CHANNELS: usize = 20_000;

/// The application of whoever waits in a queue.
const QUEUE: &str = "Queue";

/// What goes on in one PBX.
#[derive(Debug, Default)]
pub(super) struct Source {
    name: String,
    calls: HashMap<usize, InProgress>,
    channels: HashMap<String, Channel>,
    /// The calls by their linkedids.
    pub(super) of_linkedid: HashMap<String, usize>,
    /// The next number of whatever is numbered: what came later has a greater one, whatever
    /// clocks say.
    next: usize,
    /// It was said that there are too many channels.
    is_full: bool,
}

/// A channel that has not ended.
#[derive(Debug)]
struct Channel {
    /// Which call it is in.
    call: usize,
    /// The conversation's id, as it was last told.
    linkedid: String,
    /// Its place among all that was told.
    number: usize,
    /// When it began.
    began: Time,
    /// The queue that it waits in.
    queue: Option<String>,
}

/// A moment, by what was known then.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    /// The next number then.
    number: usize,
    time: Time,
}

impl Source {
    pub(super) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            ..Self::default()
        }
    }

    /// This moment, at this time.
    pub(super) fn mark(&self, time: Time) -> Mark {
        Mark {
            number: self.next,
            time,
        }
    }

    /// Whether a channel is known: then its call goes on.
    pub(super) fn hears_of(&mut self, uniqueid: &str) -> bool {
        let Some(channel) = self.channels.get(uniqueid) else {
            return false;
        };
        if let Some(call) = self.calls.get_mut(&channel.call) {
            call.heard = Instant::now();
        }
        true
    }

    /// Takes over an event. A channel of which the beginning was not told is not followed: it
    /// is told by the list of all channels.
    pub(super) fn channel(&mut self, event: ChannelEvent) {
        if !self.hears_of(&event.uniqueid) {
            if event.happening != Happening::Start || !self.has_room() {
                return;
            }
            self.begin(&event);
        }
        let Some(in_progress) = self.moved(&event.uniqueid, &event.linkedid) else {
            return;
        };
        let ended = (event.happening == Happening::End).then(|| event.uniqueid.clone());
        in_progress.add(event);
        if let Some(uniqueid) = ended {
            self.ended(&uniqueid);
        }
    }

    /// Takes over that a channel makes another ring: it does so since that one began, which is
    /// told before.
    pub(super) fn dials(&mut self, mut event: ChannelEvent, rings: &str) {
        if let Some(rung) = self.channels.get(rings) {
            event.time = rung.began;
        }
        let dialling = self.channels.get(&event.uniqueid);
        if let Some(queue) = dialling.and_then(|channel| channel.queue.as_ref()) {
            event.application = QUEUE.to_owned();
            event.data.clone_from(queue);
        }
        self.channel(event);
    }

    pub(super) fn queue(&mut self, mut event: QueueEvent) {
        event.place = self.number() as i64;
        let Some(channel) = self.channels.get_mut(&event.callid) else {
            return;
        };
        let Some(call) = self.calls.get_mut(&channel.call) else {
            return;
        };
        call.heard = Instant::now();
        match event.event {
            Event::EnterQueue => {
                channel.queue = Some(event.queue.clone());
                call.runs(&event.callid, event.time, QUEUE, &event.queue);
            }
            Event::Other(_) => {
                channel.queue = None;
                return;
            }
            _ => {}
        }
        call.add_queue(event);
    }

    /// Ends the channels that were known at this moment and are not among these.
    pub(super) fn end_others(&mut self, listed: &HashSet<String>, asked: Mark) {
        let is_gone = |(uniqueid, channel): &(&String, &Channel)| {
            channel.number < asked.number && !listed.contains(*uniqueid)
        };
        let gone = self.channels.iter().filter(is_gone);
        let gone: Vec<String> = gone.map(|(uniqueid, _)| uniqueid.clone()).collect();
        for uniqueid in gone {
            let channel = self.channels.get(&uniqueid);
            let call = channel.and_then(|channel| self.calls.get_mut(&channel.call));
            if let Some(call) = call
                && let Some(last) = call.last(&uniqueid)
            {
                let end = ChannelEvent {
                    time: asked.time.max(last.time),
                    happening: Happening::End,
                    ..last.clone()
                };
                call.add(end);
            }
            self.ended(&uniqueid);
        }
    }

    /// Ends the calls of which nothing was told for longer than this. Whether there were any.
    pub(super) fn end_silent(&mut self, longest: Duration, now: Instant) -> bool {
        let known = self.calls.len();
        self.calls
            .retain(|_, call| now.saturating_duration_since(call.heard) <= longest);
        let calls = &self.calls;
        if calls.len() == known {
            return false;
        }
        self.channels
            .retain(|_, channel| calls.contains_key(&channel.call));
        self.of_linkedid.retain(|_, call| calls.contains_key(call));
        true
    }

    /// What is known of the calls.
    pub(super) fn versions(&self) -> impl Iterator<Item = Arc<Version>> {
        self.calls.values().map(|call| Arc::clone(&call.version))
    }

    fn number(&mut self) -> usize {
        self.next += 1;
        self.next - 1
    }

    fn has_room(&mut self) -> bool {
        let has_room = self.channels.len() < MOST_CHANNELS;
        if !has_room && !mem::replace(&mut self.is_full, true) {
            log::warn!(
                "AMI of {}: more than {MOST_CHANNELS} channels at once; further ones are not \
                 followed, and calls in progress are incomplete",
                self.name
            );
        }
        has_room
    }

    /// Begins a channel, in the call that has its linkedid or in one of its own.
    fn begin(&mut self, event: &ChannelEvent) {
        let number = self.number();
        let known = self.of_linkedid.get(&event.linkedid);
        let call = known.copied().unwrap_or(number);
        let channel = Channel {
            call,
            linkedid: event.linkedid.clone(),
            number,
            began: event.time,
            queue: None,
        };
        self.channels.insert(event.uniqueid.clone(), channel);
        let new = || InProgress::new(&self.name);
        self.calls.entry(call).or_insert_with(new);
        self.hold(call, &event.linkedid);
    }

    /// The call of a channel that has this linkedid now. When another call has it, the two have
    /// become one.
    fn moved(&mut self, uniqueid: &str, linkedid: &str) -> Option<&mut InProgress> {
        let channel = self.channels.get_mut(uniqueid)?;
        let mut call = channel.call;
        if channel.linkedid != linkedid {
            let was = mem::replace(&mut channel.linkedid, linkedid.to_owned());
            let other = self.of_linkedid.get(linkedid).copied();
            if let Some(other) = other.filter(|other| *other != call) {
                self.join(call, other);
                call = other;
            }
            self.hold(call, linkedid);
            self.release(call, &was);
        }
        self.calls.get_mut(&call)
    }

    fn join(&mut self, call: usize, other: usize) {
        let Some(joined) = self.calls.remove(&call) else {
            return;
        };
        for channel in self.channels.values_mut().filter(|c| c.call == call) {
            channel.call = other;
        }
        for linkedid in joined.linkedids() {
            self.of_linkedid.insert(linkedid.clone(), other);
        }
        let Some(in_progress) = self.calls.get_mut(&other) else {
            return;
        };
        let names = [joined.name().to_owned(), in_progress.name().to_owned()];
        in_progress.join(joined);
        for name in &names {
            self.forget_unused(other, name);
        }
    }

    fn hold(&mut self, call: usize, linkedid: &str) {
        if let Some(in_progress) = self.calls.get_mut(&call) {
            let name = in_progress.name().to_owned();
            in_progress.hold(linkedid);
            self.of_linkedid.insert(linkedid.to_owned(), call);
            self.forget_unused(call, &name);
        }
    }

    fn release(&mut self, call: usize, linkedid: &str) {
        if let Some(in_progress) = self.calls.get_mut(&call) {
            in_progress.release(linkedid);
            self.forget_unused(call, linkedid);
        }
    }

    /// Forgets a linkedid that a call is not known by any more.
    fn forget_unused(&mut self, call: usize, linkedid: &str) {
        let call = self.calls.get(&call);
        if !call.is_some_and(|call| call.is_known_by(linkedid)) {
            self.of_linkedid.remove(linkedid);
        }
    }

    /// Notes that a channel has ended, and with the last its call.
    fn ended(&mut self, uniqueid: &str) {
        let Some(channel) = self.channels.remove(uniqueid) else {
            return;
        };
        self.release(channel.call, &channel.linkedid);
        if self
            .calls
            .get(&channel.call)
            .is_some_and(InProgress::is_over)
            && let Some(over) = self.calls.remove(&channel.call)
        {
            self.of_linkedid.remove(over.name());
        }
    }
}
