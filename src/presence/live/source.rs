//! Which channels of a PBX are one call, and what happened to them.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::asterisk::time::age;
use crate::asterisk::{ChannelEvent, Event, Happening, QueueEvent};
use crate::fold::{Rows, fold};
use crate::model::{Call, CallId, Directory, Time};

/// More channels of one PBX than these are not followed.
const MOST_CHANNELS: usize = 20_000;

/// Of one call no more events are kept, except those that end it.
const MOST_EVENTS: usize = 2_000;

/// The application of whoever waits in a queue.
const QUEUE: &str = "Queue";

/// What goes on in one PBX.
#[derive(Debug, Default)]
pub(super) struct Source {
    calls: HashMap<usize, InProgress>,
    channels: HashMap<String, Channel>,
    of_linkedid: HashMap<String, usize>,
    next: usize,
}

/// A channel that has not ended.
#[derive(Debug)]
struct Channel {
    /// Which call it is in.
    call: usize,
    /// When it began.
    began: Time,
    /// The queue that it waits in.
    queue: Option<String>,
}

/// A call that goes on.
#[derive(Debug, Default)]
struct InProgress {
    linkedids: HashSet<String>,
    /// Its channels that have not ended.
    channels: usize,
    events: Vec<ChannelEvent>,
    queue: Vec<QueueEvent>,
    /// What came of it with this directory; None after something has happened.
    folded: Option<(Arc<Directory>, Option<Call>)>,
}

impl Source {
    pub(super) fn knows(&self, uniqueid: &str) -> bool {
        self.channels.contains_key(uniqueid)
    }

    /// Takes over an event. A channel of which the beginning was not told is not followed: it
    /// is told by the list of all channels.
    pub(super) fn channel(&mut self, event: ChannelEvent) {
        let call = match self.channels.get(&event.uniqueid) {
            Some(channel) => channel.call,
            None if event.happening == Happening::Start && self.has_room() => self.begin(&event),
            None => return,
        };
        let call = self.join(call, &event.linkedid);
        let has_ended = event.happening == Happening::End;
        if has_ended {
            self.channels.remove(&event.uniqueid);
        }
        let Some(in_progress) = self.calls.get_mut(&call) else {
            return;
        };
        in_progress.add(event);
        if has_ended {
            in_progress.channels -= 1;
            if in_progress.channels == 0 {
                self.end(call);
            }
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
        let Some(channel) = self.channels.get_mut(&event.callid) else {
            return;
        };
        let Some(call) = self.calls.get_mut(&channel.call) else {
            return;
        };
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
        if call.queue.len() < MOST_EVENTS {
            event.place = call.queue.len() as i64;
            call.queue.push(event);
            call.folded = None;
        }
    }

    /// Ends the channels that began before this time and are not among these.
    pub(super) fn end_others(&mut self, listed: &HashSet<String>, before: Time) {
        let is_gone = |(uniqueid, channel): &(&String, &Channel)| {
            channel.began < before && !listed.contains(*uniqueid)
        };
        let gone = self.channels.iter().filter(is_gone);
        let gone: Vec<String> = gone.map(|(uniqueid, _)| uniqueid.clone()).collect();
        for uniqueid in gone {
            let Some(channel) = self.channels.remove(&uniqueid) else {
                continue;
            };
            let Some(call) = self.calls.get_mut(&channel.call) else {
                continue;
            };
            if let Some(last) = call.last(&uniqueid) {
                let end = ChannelEvent {
                    time: before.max(last.time),
                    happening: Happening::End,
                    ..last.clone()
                };
                call.add(end);
            }
            call.channels -= 1;
            if call.channels == 0 {
                self.end(channel.call);
            }
        }
    }

    /// The calls, folded with this directory.
    pub(super) fn calls(
        &mut self,
        source: &str,
        directory: &Arc<Directory>,
    ) -> impl Iterator<Item = &Call> {
        self.calls
            .values_mut()
            .filter_map(move |call| call.folded(source, directory))
    }

    /// What is known of the call with this id.
    pub(super) fn rows(&self, source: &str, id: CallId) -> Option<Rows> {
        let mut calls = self.calls.values();
        let call = calls.find(|call| CallId::of(source, call.linkedid()) == id)?;
        Some(call.rows(source))
    }

    fn has_room(&self) -> bool {
        self.channels.len() < MOST_CHANNELS
    }

    fn begin(&mut self, event: &ChannelEvent) -> usize {
        let call = match self.of_linkedid.get(&event.linkedid) {
            Some(call) => *call,
            None => {
                let call = self.next;
                self.next += 1;
                self.calls.insert(call, InProgress::default());
                call
            }
        };
        let channel = Channel {
            call,
            began: event.time,
            queue: None,
        };
        self.channels.insert(event.uniqueid.clone(), channel);
        if let Some(in_progress) = self.calls.get_mut(&call) {
            in_progress.channels += 1;
        }
        call
    }

    /// Notes that a call has this linkedid. When another has it, the two have become one.
    fn join(&mut self, call: usize, linkedid: &str) -> usize {
        let other = match self.of_linkedid.get(linkedid) {
            Some(other) if *other == call => return call,
            Some(other) => *other,
            None => {
                self.of_linkedid.insert(linkedid.to_owned(), call);
                if let Some(in_progress) = self.calls.get_mut(&call) {
                    in_progress.linkedids.insert(linkedid.to_owned());
                }
                return call;
            }
        };
        let Some(joined) = self.calls.remove(&call) else {
            return other;
        };
        for linkedid in &joined.linkedids {
            self.of_linkedid.insert(linkedid.clone(), other);
        }
        for channel in self.channels.values_mut().filter(|c| c.call == call) {
            channel.call = other;
        }
        if let Some(in_progress) = self.calls.get_mut(&other) {
            in_progress.linkedids.extend(joined.linkedids);
            in_progress.channels += joined.channels;
            in_progress.events.extend(joined.events);
            in_progress.queue.extend(joined.queue);
            in_progress.folded = None;
        }
        other
    }

    fn end(&mut self, call: usize) {
        let ended = self.calls.remove(&call);
        for linkedid in ended.iter().flat_map(|ended| &ended.linkedids) {
            self.of_linkedid.remove(linkedid);
        }
    }
}

impl InProgress {
    fn add(&mut self, event: ChannelEvent) {
        if self.events.len() < MOST_EVENTS || event.happening == Happening::End {
            self.events.push(event);
            self.folded = None;
        }
    }

    /// The last event of a channel.
    fn last(&self, uniqueid: &str) -> Option<&ChannelEvent> {
        let mut events = self.events.iter().rev();
        events.find(|event| event.uniqueid == uniqueid)
    }

    /// Notes that a channel runs this application from now on.
    fn runs(&mut self, uniqueid: &str, time: Time, application: &str, data: &str) {
        if let Some(last) = self.last(uniqueid) {
            let event = ChannelEvent {
                time,
                happening: Happening::Other,
                application: application.to_owned(),
                data: data.to_owned(),
                ..last.clone()
            };
            self.add(event);
        }
    }

    /// Its name. As in the records: conversations that became one have that of the oldest.
    fn linkedid(&self) -> &str {
        let linkedid = self.linkedids.iter().min_by_key(|name| age(name));
        linkedid.map(String::as_str).unwrap_or_default()
    }

    fn rows(&self, source: &str) -> Rows {
        Rows {
            source: source.to_owned(),
            linkedid: self.linkedid().to_owned(),
            cel: self.events.clone(),
            queue_log: self.queue.clone(),
            ..Rows::default()
        }
    }

    fn folded(&mut self, source: &str, directory: &Arc<Directory>) -> Option<&Call> {
        let is_current =
            |folded: &(Arc<Directory>, Option<Call>)| Arc::ptr_eq(&folded.0, directory);
        if !self.folded.as_ref().is_some_and(is_current) {
            let call = fold(self.rows(source), directory);
            self.folded = Some((Arc::clone(directory), call));
        }
        self.folded.as_ref().and_then(|(_, call)| call.as_ref())
    }
}
