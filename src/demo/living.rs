//! The demo's made-up company: calls of many days until now, and then one every few seconds.
//!
//! The rows of a call come as Asterisk writes them: events as they happen, `cdr` at its end.

use chrono::TimeDelta;
use chrono_tz::Tz;

use crate::asterisk::Record;
use crate::model::{Agent, Queue, Time, User};
use crate::traffic::{MadeCall, Shape, Traffic};

/// How long before now the calendar ends and calls begin to come every few seconds: long enough
/// that they end as often from the first second on.
const LEAD: TimeDelta = TimeDelta::minutes(10);

/// How often a call begins.
const EVERY: TimeDelta = TimeDelta::seconds(6);

/// How long people talk then, against the usual: else all of them would always be busy.
const TALKS: f64 = 0.3;

/// A company that telephones.
pub struct Living {
    traffic: Traffic,
    /// When the next call begins.
    next: Time,
    /// Calls that go on.
    going_on: Vec<MadeCall>,
}

impl Living {
    /// A company that has telephoned for so many days, whose people live in `zone` and whose PBX writes its times in UTC, as that of
    /// the capture did.
    pub fn new(now: Time, zone: Tz, days: u32, seed: u64) -> Self {
        let next = now - LEAD;
        let shape = Shape {
            zone,
            days,
            ..Shape::company(next)
        };
        Self {
            traffic: Traffic::new(&shape, seed),
            next,
            going_on: Vec::new(),
        }
    }

    /// Who is who.
    pub fn directory(&self) -> (Vec<User>, Vec<Agent>, Vec<Queue>) {
        self.traffic.directory()
    }

    /// A user, an agent and a customer with many calls.
    pub fn busiest(&self) -> (String, String, String) {
        self.traffic.busiest()
    }

    /// Rows of the next calls of the days before, some hundred at a time; none at their end.
    pub fn past(&mut self) -> Vec<Record> {
        const ENOUGH: usize = 500;
        let mut records = Vec::with_capacity(2 * ENOUGH);
        while records.len() < ENOUGH {
            let Some(call) = self.traffic.next() else {
                break;
            };
            records.extend(call.into_records());
        }
        records
    }

    /// Rows of the calls that have ended since the last time. Ask for them after the past.
    pub fn ended(&mut self, now: Time) -> Vec<Record> {
        self.begin(now);
        let ended = self.going_on.extract_if(.., |call| call.end < now);
        ended.flat_map(MadeCall::into_records).collect()
    }

    /// Rows that were written since the last time, also those of calls that go on.
    pub fn written(&mut self, now: Time) -> Vec<Record> {
        self.begin(now);
        let calls = self.going_on.iter_mut();
        let written = calls.flat_map(|call| call.written(now)).collect();
        self.going_on.retain(|call| call.end >= now);
        written
    }

    fn begin(&mut self, now: Time) {
        while self.next <= now {
            let call = self.traffic.call_at(self.next, TALKS);
            self.going_on.push(call);
            self.next += EVERY;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::asterisk::Kind;
    use chrono::DateTime;

    #[test]
    fn no_row_is_of_the_future_and_calls_begin_and_end_all_the_time() {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let mut living = Living::new(now, Tz::Europe__Paris, 30, 1);
        while !living.past().is_empty() {}
        let mut at_the_beginning = living.ended(now);
        assert!(at_the_beginning.len() > 50, "the last minutes are empty");
        let (mut writing, mut ends) = (0, 0);
        for second in 1..120 {
            let now = now + TimeDelta::seconds(second);
            let mut written = living.written(now);
            let text = now.format("%Y-%m-%d %H:%M:%S").to_string();
            let late = |row: &Record| {
                ["time", "start", "eventtime"]
                    .iter()
                    .any(|c| row.kind().position(c).is_some() && row.get(c) >= text.as_str())
            };
            writing += usize::from(!written.is_empty());
            ends += written.iter().filter(|row| is_end(row)).count();
            at_the_beginning.append(&mut written);
            assert!(!at_the_beginning.drain(..).any(|row| late(&row)));
        }
        assert!(
            writing > 20,
            "{writing} seconds of 119 in which rows are written"
        );
        assert!(ends > 8, "{ends} calls have ended");
        assert!(!living.going_on.is_empty());
    }

    #[test]
    fn bit_by_bit_calls_come_to_the_rows_that_they_have_at_once() {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let living = || Living::new(now, Tz::Europe__Paris, 1, 7);
        let (mut at_once, mut bit_by_bit) = (living(), living());
        let mut written = HashMap::new();
        for tenth in 0..=6000 {
            for row in bit_by_bit.written(now + TimeDelta::milliseconds(100 * tenth)) {
                *written.entry(row.fingerprint()).or_insert(0) += 1;
            }
        }
        let at_once = at_once.ended(now + TimeDelta::minutes(10));
        assert!(at_once.len() > 1000);
        for row in at_once {
            assert_eq!(written.get(&row.fingerprint()), Some(&1), "{row:?}");
        }
    }

    fn is_end(row: &Record) -> bool {
        row.kind() == Kind::Cel && row.get("eventtype") == "LINKEDID_END"
    }
}
