//! What really happened in a call, and which entries must come of it.
//!
//! This knows nothing of rows: it is what folding the rows has to find out, so it serves as
//! an oracle. Where Asterisk's rows cannot tell the whole truth (an answered caller's row
//! holds the ringing of the next phone in its `billsec`), an expectation is a range.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Arc;

use chrono::DateTime;

use super::people::People;
use crate::model::{Owner, Status, Time, customer_key};

/// Rows have whole seconds.
const SLACK: i64 = 2_000;

/// Whom a call concerns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Party {
    /// Position among the people.
    User(usize),
    /// An outside number, or a word instead of one.
    Outside(String),
}

/// One ringing of somebody, on however many phones. Times are milliseconds.
#[derive(Clone, Debug)]
pub(super) struct Ring {
    pub(super) who: Party,
    /// As a member of the queue of this visit.
    pub(super) visit: Option<usize>,
    /// From when the row is that tells of it.
    pub(super) since: i64,
    pub(super) from: i64,
    pub(super) talk: Option<(i64, i64)>,
}

/// One stay in a queue, or a refusal.
#[derive(Clone, Debug)]
pub(super) struct Stay {
    /// Position among the queues.
    pub(super) queue: usize,
    pub(super) status: Status,
    pub(super) entered: i64,
    pub(super) wait: i64,
    pub(super) talk: i64,
}

/// Somebody's own call: the caller's, and those of others who come into a conference.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    pub(super) who: Party,
    pub(super) since: i64,
    /// Talk in conference rooms.
    pub(super) talk: Vec<(i64, i64)>,
}

/// What happened in one conversation.
#[derive(Clone, Debug, Default)]
pub(super) struct Truth {
    pub(super) linkedid: String,
    pub(super) callers: Vec<Caller>,
    pub(super) rings: Vec<Ring>,
    pub(super) stays: Vec<Stay>,
}

/// An entry that has to come of a call, as far as it is foretold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// The conversation. A call is mostly one; a transfer by a phone may be two.
    pub linkedid: String,
    /// Whose history.
    pub owner: Owner,
    /// Which of the call's visits; 0 for other owners than queues.
    pub ordinal: i16,
    /// When it began.
    pub start: RangeInclusive<Time>,
    /// What became of it.
    pub status: Status,
    /// Whole seconds of talk.
    pub talk_seconds: RangeInclusive<i64>,
    /// Whole seconds of waiting in a queue's own entry.
    pub wait_seconds: Option<RangeInclusive<i64>>,
    /// Somebody else answered.
    pub answered_elsewhere: bool,
}

impl Truth {
    /// The entries of this conversation, one for each owner and visit, in their order.
    pub(super) fn expected(&self, people: &Arc<People>) -> Vec<Expected> {
        let mut entries: BTreeMap<(Owner, i16), Expected> = BTreeMap::new();
        let mut add = |expected: Option<Expected>| {
            if let Some(expected) = expected {
                let key = (expected.owner.clone(), expected.ordinal);
                entries.entry(key).or_insert(expected);
            }
        };
        for (n, stay) in self.stays.iter().enumerate() {
            add(Some(self.of_stay(n, stay, people)));
        }
        for (n, caller) in self.callers.iter().enumerate() {
            add(self.of_caller(n, caller, people));
        }
        for ring in &self.rings {
            let own = |other: &&Ring| other.who == ring.who;
            let rings: Vec<&Ring> = self.rings.iter().filter(own).collect();
            add(self.of_rings(owner(&ring.who, people), &rings));
            if let Party::User(user) = ring.who {
                let agent = people.users[user].agent.as_ref().map(Owner::agent);
                let rings: Vec<&Ring> = rings.into_iter().filter(|r| r.visit.is_some()).collect();
                if !rings.is_empty() {
                    add(self.of_rings(agent, &rings));
                }
            }
        }
        entries.into_values().collect()
    }

    fn of_stay(&self, n: usize, stay: &Stay, people: &Arc<People>) -> Expected {
        let near = |seconds: i64| (seconds - 1).max(0)..=seconds + 1;
        Expected {
            linkedid: self.linkedid.clone(),
            owner: Owner::queue(&people.queues[stay.queue].name),
            ordinal: i16::try_from(n).unwrap_or(i16::MAX),
            start: moments(stay.entered, stay.entered),
            status: stay.status,
            talk_seconds: near(stay.talk),
            wait_seconds: Some(near(stay.wait)),
            answered_elsewhere: false,
        }
    }

    fn of_caller(&self, n: usize, caller: &Caller, people: &Arc<People>) -> Option<Expected> {
        let owner = owner(&caller.who, people)?;
        let rings: Vec<&Ring> = self.rings.iter().filter(|_| n == 0).collect();
        let mut talk_seconds = talk(&rings);
        if !caller.talk.is_empty() {
            talk_seconds = around(union(&caller.talk), union(&caller.talk));
        }
        let talked = rings.iter().any(|ring| ring.talk.is_some()) || !caller.talk.is_empty();
        let status = match (&caller.who, self.stays.last()) {
            (Party::User(_), _) => Status::Emitted,
            (Party::Outside(_), _) if talked => Status::Answered,
            (Party::Outside(_), Some(stay)) => stay.status,
            (Party::Outside(_), None) => Status::Missed,
        };
        Some(Expected {
            linkedid: self.linkedid.clone(),
            owner,
            ordinal: 0,
            start: moments(caller.since, caller.since),
            status,
            talk_seconds,
            wait_seconds: None,
            answered_elsewhere: false,
        })
    }

    fn of_rings(&self, owner: Option<Owner>, rings: &[&Ring]) -> Option<Expected> {
        let owner = owner?;
        let since = rings.iter().map(|ring| ring.since).min()?;
        let from = rings.iter().map(|ring| ring.from).min()?;
        let last = rings.iter().map(|ring| ring.from).max()?;
        let outside = matches!(rings.first()?.who, Party::Outside(_));
        let talked = rings.iter().any(|ring| ring.talk.is_some());
        let answered_since = self
            .rings
            .iter()
            .any(|ring| ring.talk.is_some_and(|(from, _)| from >= last));
        let began = self.callers.first().map_or(since, |caller| caller.since);
        Some(Expected {
            linkedid: self.linkedid.clone(),
            owner,
            ordinal: 0,
            start: if outside {
                moments(began, began)
            } else {
                moments(since, from)
            },
            status: match (outside, talked) {
                (true, _) => Status::Emitted,
                (false, true) => Status::Answered,
                (false, false) => Status::Missed,
            },
            talk_seconds: talk(rings),
            wait_seconds: None,
            answered_elsewhere: !outside && !talked && answered_since,
        })
    }
}

fn owner(party: &Party, people: &Arc<People>) -> Option<Owner> {
    match party {
        Party::User(user) => Some(Owner::user(&people.users[*user].username)),
        Party::Outside(number) => customer_key(number).map(Owner::customer),
    }
}

/// The talk of these rings: at least what was said, at most what a row bills for it.
fn talk(rings: &[&Ring]) -> RangeInclusive<i64> {
    let said: Vec<(i64, i64)> = rings.iter().filter_map(|ring| ring.talk).collect();
    let billed = rings
        .iter()
        .filter_map(|ring| Some((ring.since.min(ring.talk?.0), ring.talk?.1)));
    let billed: Vec<(i64, i64)> = billed.collect();
    if said.is_empty() {
        return 0..=0;
    }
    around(union(&said), union(&billed))
}

fn around(least: i64, most: i64) -> RangeInclusive<i64> {
    ((least - SLACK) / 1000).max(0)..=(most + SLACK) / 1000
}

fn moments(from: i64, until: i64) -> RangeInclusive<Time> {
    let time = |millis: i64| DateTime::from_timestamp_millis(millis).unwrap_or_default();
    time(from - SLACK)..=time(until + SLACK)
}

/// The length of the union of these spans.
fn union(spans: &[(i64, i64)]) -> i64 {
    let mut spans = spans.to_vec();
    spans.sort_unstable();
    let mut reached = i64::MIN;
    let mut total = 0;
    for (from, until) in spans {
        total += (until - from.max(reached)).max(0);
        reached = reached.max(until);
    }
    total
}
