//! Made-up traffic of a PBX that could be real: seeded, without end in memory, as rows of
//! `cdr` (FreePBX's columns) and `queue_log` in the form in which Asterisk writes them.
//!
//! The demo shows it and the benchmark measures with it. Each call also tells what happened
//! in it ([`MadeCall::expected`]), so that folding can be held against it.
//!
//! ```text
//! calendar ──► when ──► scenes ──► stage ──► rows ──► records
//!                         ▲          └─────► truth ─► expected entries
//!              people, customers
//! ```

mod calendar;
mod channels;
mod customers;
mod names;
mod people;
mod rows;
mod scenes;
mod shape;
mod stage;
mod truth;

use std::collections::VecDeque;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate};
use chrono_tz::Tz;
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::asterisk::Record;
use crate::model::{Agent, Queue, Time, User};
use channels::Channels;
use people::People;
use rows::Writer;
use stage::{Counters, Stage};
use truth::Truth;

pub use rows::QUEUE_LOG;
pub use shape::Shape;
pub use truth::Expected;

/// Columns of FreePBX's `cdr` table, in its order. `calldate` is a record's `start`.
pub const FREEPBX_CDR: [&str; 26] = [
    "calldate",
    "clid",
    "src",
    "dst",
    "dcontext",
    "channel",
    "dstchannel",
    "lastapp",
    "lastdata",
    "duration",
    "billsec",
    "disposition",
    "amaflags",
    "accountcode",
    "uniqueid",
    "userfield",
    "did",
    "recordingfile",
    "cnum",
    "cnam",
    "outbound_cnum",
    "outbound_cnam",
    "dst_cnam",
    "linkedid",
    "peeraccount",
    "sequence",
];

/// A call that was made up.
pub struct MadeCall {
    /// When it began.
    pub start: Time,
    /// The last moment that its rows tell of.
    pub end: Time,
    /// Its rows of `cdr`. There are none of a call that was abandoned before it was answered.
    pub cdr: Vec<Record>,
    /// Its rows of `queue_log`.
    pub queue_log: Vec<Record>,
    /// Its rows of `cel`, where the shape wants them.
    pub cel: Vec<Record>,
    /// The zone of the times in its rows.
    clock: Tz,
    truths: Vec<Truth>,
    people: Arc<People>,
}

impl MadeCall {
    /// The entries that must come of it.
    pub fn expected(&self) -> Vec<Expected> {
        let expected = |truth: &Truth| truth.expected(&self.people);
        self.truths.iter().flat_map(expected).collect()
    }

    /// The entries that must come of it with channel events: they tell that the conversations
    /// of a transfer are one call, where CDR does not.
    pub fn expected_with_channels(&self) -> Vec<Expected> {
        let Some((first, others)) = self.truths.split_first() else {
            return Vec::new();
        };
        let mut whole = first.clone();
        // Also when nothing but a queue's log tells of a call without them.
        if let Some(caller) = whole.callers.first_mut() {
            caller.since = self.start.timestamp_millis();
        }
        whole
            .rings
            .extend(others.iter().flat_map(|truth| truth.rings.clone()));
        whole.rings.sort_by_key(|ring| ring.since);
        whole.expected(&self.people)
    }

    /// Takes away the rows that are written until then: events as they happen, those of `cdr` and
    /// whatever is left when all has ended.
    pub fn written(&mut self, until: Time) -> Vec<Record> {
        if self.end < until {
            let all = [&mut self.cdr, &mut self.queue_log, &mut self.cel];
            return all.into_iter().flat_map(std::mem::take).collect();
        }
        let until = until.with_timezone(&self.clock);
        let text = until.format("%Y-%m-%d %H:%M:%S%.6f").to_string();
        let events = self
            .queue_log
            .extract_if(.., |row| row.get("time") < &*text);
        let mut rows: Vec<Record> = events.collect();
        rows.extend(self.cel.extract_if(.., |row| row.get("eventtime") < &*text));
        rows
    }

    /// All its rows.
    pub fn into_records(self) -> Vec<Record> {
        let mut records = self.cdr;
        records.extend(self.queue_log);
        records.extend(self.cel);
        records
    }
}

/// The calls of a PBX, in the order in which they begin. The same shape and seed give the
/// same calls.
///
/// ```
/// use call_history::traffic::{Shape, Traffic};
/// let end = chrono::DateTime::from_timestamp(1_800_000_000, 0).unwrap();
/// let mut traffic = Traffic::new(&Shape::company(end), 1);
/// let (users, agents, queues) = traffic.directory();
/// assert_eq!((users.len(), agents.len(), queues.len()), (40, 15, 8));
/// let first = traffic.next().unwrap();
/// assert!(first.start < first.end && first.end < end);
/// ```
pub struct Traffic {
    shape: Shape,
    people: Arc<People>,
    random: StdRng,
    counters: Counters,
    busy: Vec<i64>,
    writer: Writer,
    days: VecDeque<NaiveDate>,
    /// The rest of the day.
    starts: std::vec::IntoIter<i64>,
}

impl Traffic {
    /// The traffic of this shape and seed.
    pub fn new(shape: &Shape, seed: u64) -> Self {
        let people = Arc::new(People::new(shape));
        Self {
            busy: vec![i64::MIN; people.users.len()],
            people,
            random: StdRng::seed_from_u64(seed),
            counters: Counters::default(),
            writer: Writer::new(shape.clock),
            days: calendar::days(shape).collect(),
            starts: Vec::new().into_iter(),
            shape: shape.clone(),
        }
    }

    /// Who is who: users, agents and queues.
    pub fn directory(&self) -> (Vec<User>, Vec<Agent>, Vec<Queue>) {
        self.people.directory()
    }

    /// One more call, that begins now, whatever the calendar says, with its channel events. `talks`
    /// is how long people talk, against the usual: less than 1 where calls come faster than phones
    /// get free.
    pub fn call_at(&mut self, start: Time, talks: f64) -> MadeCall {
        self.call(start.timestamp_millis(), talks, true)
    }

    /// Somebody who telephones a lot, an agent, and the customer with the most calls: the
    /// username, the agent's number, and the customer's.
    pub fn busiest(&self) -> (String, String, String) {
        let people = &self.people;
        let user = &people.users[people.agents % people.users.len()];
        let queues_of = |member: usize| {
            let queues = people.queues.iter().zip(1..);
            // The first queues have the most calls.
            let of_member = queues.filter(|(queue, _)| queue.members.contains(&member));
            of_member.map(|(_, place)| 1_000 / place).sum::<usize>()
        };
        let member = (0..people.agents).max_by_key(|member| queues_of(*member));
        let agent = member.and_then(|member| people.users[member].agent.clone());
        (
            user.username.clone(),
            agent.unwrap_or_default(),
            customers::best().number,
        )
    }

    fn call(&mut self, at: i64, talks: f64, channels: bool) -> MadeCall {
        let mut stage = Stage {
            random: &mut self.random,
            people: &self.people,
            counters: &mut self.counters,
            busy: &mut self.busy,
            writer: &self.writer,
            talks,
            cdr: Vec::new(),
            queue_log: Vec::new(),
            channels: channels.then(Channels::default),
            truth: Truth::default(),
            aside: Vec::new(),
            end: at,
        };
        scenes::play(&mut stage, at);
        let Stage {
            cdr,
            queue_log,
            channels,
            truth,
            aside,
            end,
            ..
        } = stage;
        let cel = channels.map(|all| all.records(&self.writer, &truth.linkedid, end));
        let time = |millis| DateTime::from_timestamp_millis(millis).unwrap_or_default();
        MadeCall {
            start: time(at),
            end: time(end),
            cdr,
            queue_log,
            cel: cel.unwrap_or_default(),
            clock: self.shape.clock,
            truths: std::iter::once(truth).chain(aside).collect(),
            people: Arc::clone(&self.people),
        }
    }
}

impl Iterator for Traffic {
    type Item = MadeCall;

    fn next(&mut self) -> Option<MadeCall> {
        loop {
            let Some(at) = self.starts.next() else {
                let day = self.days.pop_front()?;
                self.starts = calendar::starts(&self.shape, day, &mut self.random).into_iter();
                continue;
            };
            let call = self.call(at, 1.0, self.shape.channels);
            if call.end <= self.shape.end {
                return Some(call);
            }
        }
    }
}
