//! In which queue a channel was when, as the queue log has it: of `Queue` after `Queue` the
//! events of a channel show only the first, and no `Queue` at all where `apps` in `cel.conf`
//! does not name it.

use std::collections::HashMap;

use chrono::TimeDelta;

use super::super::queue_order::in_order;
use crate::asterisk::{Event, QueueEvent};
use crate::model::Time;

/// A channel's time in a queue, until somebody answered or it left.
struct Wait<'a> {
    queue: &'a str,
    since: Time,
    until: Option<Time>,
}

/// The waits of all channels, each in order.
pub(super) struct Queues<'a>(HashMap<&'a str, Vec<Wait<'a>>>);

impl<'a> Queues<'a> {
    pub(super) fn of(queue_log: &'a [QueueEvent]) -> Self {
        let mut callids: HashMap<&str, Vec<&QueueEvent>> = HashMap::new();
        for event in queue_log {
            callids.entry(&event.callid).or_default().push(event);
        }
        let waits = |events| {
            let mut waits: Vec<Wait<'_>> = Vec::new();
            in_order(events)
                .into_iter()
                .for_each(|e| take(&mut waits, e));
            waits.sort_by_key(|wait| wait.since);
            waits
        };
        let callids = callids.into_iter();
        Self(callids.map(|(id, events)| (id, waits(events))).collect())
    }

    /// The queue that a channel entered last.
    pub(super) fn entered(&self, channel: &str, at: Time) -> Option<&'a str> {
        self.last(channel, at).map(|wait| wait.queue)
    }

    /// The queue that a channel waits in.
    pub(super) fn waiting(&self, channel: &str, at: Time) -> Option<&'a str> {
        let wait = self.last(channel, at)?;
        let until = wait.until.map(|until| until.timestamp());
        let waits = until.is_none_or(|until| until >= at.timestamp());
        waits.then_some(wait.queue)
    }

    /// The queue that a channel entered first.
    pub(super) fn first(&self, channel: &str) -> Option<&'a str> {
        self.0.get(channel)?.first().map(|wait| wait.queue)
    }

    fn last(&self, channel: &str, at: Time) -> Option<&Wait<'a>> {
        let waits = self.0.get(channel)?;
        let known = waits.partition_point(|wait| wait.since < after(at));
        waits.get(known.checked_sub(1)?)
    }
}

fn take<'a>(waits: &mut Vec<Wait<'a>>, event: &'a QueueEvent) {
    let queue = event.queue.as_str();
    let (since, until) = match event.event {
        Event::EnterQueue => (event.time, None),
        Event::RingNoAnswer | Event::RingCanceled | Event::AgentDump | Event::Other(_) => return,
        _ => match waits.last_mut() {
            Some(wait) if wait.queue == queue && wait.until.is_none() => {
                wait.until = Some(event.time);
                return;
            }
            // Its ENTERQUEUE was lost.
            _ if event.event == Event::Connect => {
                let hold = TimeDelta::seconds(event.hold().unwrap_or(0));
                (event.time - hold, Some(event.time))
            }
            _ => return,
        },
    };
    waits.push(Wait {
        queue,
        since,
        until,
    });
}

/// The first moment that is after this one for sure. FreePBX keeps events in whole seconds: what
/// the queue log says of that second came before.
fn after(time: Time) -> Time {
    let step = match time.timestamp_subsec_nanos() {
        0 => TimeDelta::seconds(1),
        _ => TimeDelta::nanoseconds(1),
    };
    time.checked_add_signed(step).unwrap_or(time)
}
