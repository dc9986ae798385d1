//! The order of one caller's queue events.
//!
//! Times with fractions of a second sort by themselves. Within one and the same second of a
//! log file only the sense of the events and their place in the log tell what came first:
//! while a visit is open its own events come before the next ENTERQUEUE, otherwise
//! ENTERQUEUE comes first. Who is refused at the door of one queue enters the next one then.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use crate::asterisk::{Event, QueueEvent};

/// The events of one callid in their order, each once.
pub(super) fn in_order(events: Vec<&QueueEvent>) -> Vec<&QueueEvent> {
    let events = distinct(events);
    let mut ordered = Vec::with_capacity(events.len());
    let mut at = Whereabouts::default();
    for second in events.chunk_by(|a, b| a.time.timestamp() == b.time.timestamp()) {
        if second.iter().all(|event| event.fraction) {
            second.iter().for_each(|event| at.take(event));
            ordered.extend(second);
        } else {
            let mut rest = Rest::of(second);
            while let Some(event) = rest.next(&at) {
                at.take(event);
                ordered.push(event);
            }
        }
    }
    ordered
}

/// Events that differ only in the fraction of the second are one; the finer time is kept.
fn distinct(mut events: Vec<&QueueEvent>) -> Vec<&QueueEvent> {
    events.sort_by_key(|e| (e.time.timestamp(), !e.fraction, e.time, e.place));
    let mut known = HashSet::with_capacity(events.len());
    events.retain(|e| known.insert((e.time.timestamp(), &e.queue, &e.event, &e.member, &e.data)));
    events.sort_by_key(|event| (event.time, event.place));
    events
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Refused,
    Enter,
    Ring,
    Connect,
    End,
}

fn phase(event: &QueueEvent) -> Phase {
    match event.event {
        Event::Full
        | Event::Closed
        | Event::JoinEmpty
        | Event::DivertCaRatio
        | Event::DivertHoldtime => Phase::Refused,
        Event::EnterQueue => Phase::Enter,
        Event::RingNoAnswer | Event::RingCanceled | Event::AgentDump | Event::Other(_) => {
            Phase::Ring
        }
        Event::Connect => Phase::Connect,
        _ => Phase::End,
    }
}

/// Where the caller is, after the events so far.
#[derive(Default)]
struct Whereabouts<'a> {
    /// The queue that they are in.
    open: Option<&'a str>,
    /// The queue that EXITEMPTY has just ended: LEAVEEMPTY may still follow.
    left_empty: Option<&'a str>,
}

impl<'a> Whereabouts<'a> {
    fn take(&mut self, event: &'a QueueEvent) {
        match phase(event) {
            Phase::Enter => self.open = Some(&event.queue),
            Phase::Refused | Phase::End => self.open = None,
            Phase::Ring | Phase::Connect => return,
        }
        let empty = event.event == Event::ExitEmpty;
        self.left_empty = empty.then_some(event.queue.as_str());
    }
}

/// What is left of the events of one second, and what they say about each queue.
struct Rest<'a> {
    /// Events of one queue that only their time and place put in an order, in that order: so
    /// that a second of thousands of events is not searched again for each of them.
    alike: BTreeMap<(&'a str, Phase, bool), VecDeque<&'a QueueEvent>>,
    /// How many events of a visit within, and how many of its end.
    visits: HashMap<&'a str, (usize, usize)>,
}

impl<'a> Rest<'a> {
    fn of(events: &[&'a QueueEvent]) -> Self {
        let mut rest = Self {
            alike: BTreeMap::new(),
            visits: HashMap::new(),
        };
        let mut events = events.to_vec();
        events.sort_by_key(|event| place(event));
        for event in events {
            let leaves_empty = event.event == Event::LeaveEmpty;
            let alike = (event.queue.as_str(), phase(event), leaves_empty);
            rest.alike.entry(alike).or_default().push_back(event);
            let (within, ends) = rest.visits.entry(&event.queue).or_default();
            *within += usize::from(phase(event) > Phase::Enter);
            *ends += usize::from(phase(event) == Phase::End);
        }
        rest
    }

    fn next(&mut self, at: &Whereabouts<'_>) -> Option<&'a QueueEvent> {
        let first = |alike: &VecDeque<&QueueEvent>| Some(self.rank(alike.front()?, at));
        let ranks = self.alike.iter().map(|(key, alike)| (first(alike), *key));
        let (_, key) = ranks.min_by(|(a, _), (b, _)| a.cmp(b))?;
        let alike = self.alike.get_mut(&key)?;
        let event = alike.pop_front()?;
        if alike.is_empty() {
            self.alike.remove(&key);
        }
        if let Some((within, ends)) = self.visits.get_mut(event.queue.as_str()) {
            *within -= usize::from(phase(event) > Phase::Enter);
            *ends -= usize::from(phase(event) == Phase::End);
        }
        Some(event)
    }

    /// What comes first has the lowest.
    fn rank(&self, event: &QueueEvent, at: &Whereabouts<'_>) -> impl Ord + use<> {
        let phase = phase(event);
        let queue = event.queue.as_str();
        let (within, ends) = self.visits.get(queue).copied().unwrap_or_default();
        let (group, phase) = match at.open {
            Some(open) if phase > Phase::Enter && queue == open => (0, phase),
            Some(_) => (1, phase),
            None if event.event == Event::LeaveEmpty && at.left_empty == Some(queue) => (0, phase),
            // Nobody is in a queue. A visit that goes on after this second was entered last; of
            // refusals and visits that end within it the place in the log tells.
            None => match phase {
                Phase::Refused => (1, Phase::Enter),
                Phase::Enter if ends > 0 => (1, phase),
                Phase::Enter if within > 0 => (2, phase),
                Phase::Enter => (3, phase),
                _ => (4, phase),
            },
        };
        (group, phase, place(event))
    }
}

/// What orders events of one queue and one phase.
fn place(event: &QueueEvent) -> impl Ord + use<> {
    let empty_first = event.event != Event::ExitEmpty;
    (empty_first, event.time, event.place)
}
