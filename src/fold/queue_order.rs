//! The order of one caller's queue events.
//!
//! Times with fractions of a second sort by themselves. Within one and the same second of a
//! log file only the sense of the events and their place in the log tell what came first:
//! while a visit is open its own events come before the next ENTERQUEUE, otherwise
//! ENTERQUEUE comes first.

use crate::asterisk::{Event, QueueEvent};

/// The events of one callid in their order, each once.
pub(super) fn in_order(events: Vec<&QueueEvent>) -> Vec<&QueueEvent> {
    let mut rest = distinct(events);
    let mut ordered = Vec::with_capacity(rest.len());
    let mut open: Option<&str> = None;
    while let Some(first) = rest.first() {
        let second = first.time.timestamp();
        let length = rest.partition_point(|e| e.time.timestamp() == second);
        let mut same_second: Vec<&QueueEvent> = rest.drain(..length).collect();
        let exact = same_second.iter().all(|event| event.fraction);
        while !same_second.is_empty() {
            let next = if exact {
                0
            } else {
                next_of(&same_second, open)
            };
            let event = same_second.remove(next);
            match kind(event) {
                Phase::Enter => open = Some(&event.queue),
                Phase::End => open = None,
                Phase::Ring | Phase::Connect => {}
            }
            ordered.push(event);
        }
    }
    ordered
}

/// Events that differ only in the fraction of the second are one; the finer time is kept.
fn distinct(mut events: Vec<&QueueEvent>) -> Vec<&QueueEvent> {
    events.sort_by(|a, b| {
        let key = |e: &QueueEvent| (e.time.timestamp(), !e.fraction, e.time);
        key(a).cmp(&key(b)).then_with(|| {
            (&a.queue, &a.event, &a.member, &a.data).cmp(&(&b.queue, &b.event, &b.member, &b.data))
        })
    });
    let mut distinct: Vec<&QueueEvent> = Vec::with_capacity(events.len());
    for event in events {
        let same_second = distinct
            .iter_mut()
            .rev()
            .take_while(|kept| kept.time.timestamp() == event.time.timestamp());
        if !same_second
            .into_iter()
            .any(|kept| kept.is_same_event(event))
        {
            distinct.push(event);
        }
    }
    distinct.sort_by_key(|event| (event.time, event.place));
    distinct
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Enter,
    Ring,
    Connect,
    End,
}

fn kind(event: &QueueEvent) -> Phase {
    match event.event {
        Event::EnterQueue => Phase::Enter,
        Event::RingNoAnswer | Event::RingCanceled | Event::Other(_) => Phase::Ring,
        Event::Connect => Phase::Connect,
        _ => Phase::End,
    }
}

/// Which of the events of one second is next, while the caller is in queue `open`.
fn next_of(events: &[&QueueEvent], open: Option<&str>) -> usize {
    let rank = |event: &QueueEvent| {
        let phase = kind(event);
        let group = match open {
            Some(queue) if phase != Phase::Enter && event.queue == queue => 0,
            Some(_) => 1,
            // Nobody is in a queue: first enters who does something there in this second.
            None if phase == Phase::Enter => {
                let goes_on =
                    |other: &&QueueEvent| other.queue == event.queue && kind(other) != Phase::Enter;
                i32::from(!events.iter().any(goes_on))
            }
            None => 2,
        };
        let empty_first = event.event != Event::ExitEmpty;
        (group, phase, empty_first, event.time, event.place)
    };
    (0..events.len())
        .min_by_key(|&n| rank(events[n]))
        .unwrap_or(0)
}
