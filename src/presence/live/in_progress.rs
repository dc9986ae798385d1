//! A call that goes on: what is kept of it, in bounded memory however long it does.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Instant;

use super::version::Version;
use crate::asterisk::time::age;
use crate::asterisk::{ChannelEvent, Happening, QueueEvent};
use crate::model::Time;

/// Of one call no more events are kept, except those that end its channels: of a channel whose
/// beginning was left out everything is. So there are never more than twice as many.
pub(super) const MOST_EVENTS: usize = 2_000;

/// A call that goes on.
#[derive(Debug)]
pub(super) struct InProgress {
    /// The linkedids of its channels that have not ended, and of how many.
    linkedids: HashMap<String, usize>,
    /// Those of these channels of which events are kept.
    kept: HashSet<String>,
    /// Events are kept of channels that have ended.
    has_ended: bool,
    /// When something was last told of it.
    pub(super) heard: Instant,
    /// What was told.
    pub(super) version: Arc<Version>,
}

impl InProgress {
    pub(super) fn new(source: &str) -> Self {
        Self {
            linkedids: HashMap::new(),
            kept: HashSet::new(),
            has_ended: false,
            heard: Instant::now(),
            version: Arc::new(Version::new(source)),
        }
    }

    /// Its name. As in the records: conversations that became one have that of the oldest.
    pub(super) fn name(&self) -> &str {
        &self.version.rows.linkedid
    }

    /// By what channels are known to be of it: its name, and what its channels have.
    pub(super) fn linkedids(&self) -> impl Iterator<Item = &String> {
        let name = std::iter::once(&self.version.rows.linkedid);
        name.chain(self.linkedids.keys())
    }

    pub(super) fn is_known_by(&self, linkedid: &str) -> bool {
        self.name() == linkedid || self.linkedids.contains_key(linkedid)
    }

    /// Whether all its channels have ended.
    pub(super) fn is_over(&self) -> bool {
        self.linkedids.is_empty()
    }

    /// Notes that one more channel has this linkedid.
    pub(super) fn hold(&mut self, linkedid: &str) {
        *self.linkedids.entry(linkedid.to_owned()).or_default() += 1;
        self.rename(linkedid);
    }

    /// Notes that one channel has this linkedid no more.
    pub(super) fn release(&mut self, linkedid: &str) {
        if let Some(channels) = self.linkedids.get_mut(linkedid) {
            *channels -= 1;
            if *channels == 0 {
                self.linkedids.remove(linkedid);
            }
        }
    }

    fn rename(&mut self, linkedid: &str) {
        let name = self.name();
        if name.is_empty() || age(linkedid) < age(name) {
            linkedid.clone_into(&mut Version::next(&mut self.version).rows.linkedid);
        }
    }

    /// Takes over another, which has become one with it.
    pub(super) fn join(&mut self, other: Self) {
        self.rename(other.name());
        for (linkedid, channels) in other.linkedids {
            *self.linkedids.entry(linkedid).or_default() += channels;
        }
        let other = Arc::unwrap_or_clone(other.version);
        if other.is_cut {
            self.cut();
        }
        other.rows.cel.into_iter().for_each(|event| self.add(event));
        let queue = other.rows.queue_log;
        queue.into_iter().for_each(|event| self.add_queue(event));
    }

    /// Keeps an event, if there is room.
    pub(super) fn add(&mut self, event: ChannelEvent) {
        let is_kept = match event.happening {
            Happening::Start => {
                let has_room = self.has_room();
                if has_room {
                    self.kept.insert(event.uniqueid.clone());
                }
                has_room
            }
            Happening::End => {
                let was_kept = self.kept.remove(&event.uniqueid);
                self.has_ended |= was_kept;
                was_kept
            }
            _ => self.kept.contains(&event.uniqueid) && self.has_room(),
        };
        match is_kept {
            true => Version::next(&mut self.version).rows.cel.push(event),
            false => self.cut(),
        }
    }

    /// Keeps an event of a queue, if there is room.
    pub(super) fn add_queue(&mut self, event: QueueEvent) {
        if self.version.rows.queue_log.len() >= MOST_EVENTS {
            self.leave_out_ended();
        }
        match self.version.rows.queue_log.len() < MOST_EVENTS {
            true => Version::next(&mut self.version).rows.queue_log.push(event),
            false => self.cut(),
        }
    }

    /// Notes that something was left out.
    fn cut(&mut self) {
        if !self.version.is_cut {
            Version::next(&mut self.version).is_cut = true;
        }
    }

    /// Whether there is room for an event. What has ended makes it.
    fn has_room(&mut self) -> bool {
        if self.version.rows.cel.len() >= MOST_EVENTS {
            self.leave_out_ended();
        }
        self.version.rows.cel.len() < MOST_EVENTS
    }

    fn leave_out_ended(&mut self) {
        if std::mem::take(&mut self.has_ended) {
            self.cut();
            let rows = &mut Version::next(&mut self.version).rows;
            rows.cel.retain(|event| self.kept.contains(&event.uniqueid));
            let kept = |event: &QueueEvent| self.kept.contains(&event.callid);
            rows.queue_log.retain(kept);
        }
    }

    /// The last event of a channel.
    pub(super) fn last(&self, uniqueid: &str) -> Option<&ChannelEvent> {
        let mut events = self.version.rows.cel.iter().rev();
        events.find(|event| event.uniqueid == uniqueid)
    }

    /// Notes that a channel runs this application from now on.
    pub(super) fn runs(&mut self, uniqueid: &str, time: Time, application: &str, data: &str) {
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
}
