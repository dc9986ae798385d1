//! The demo's made-up company: calls of many days until now, and then one every few seconds.
//!
//! A call's rows are there when it has ended, as with Asterisk: calls that go on wait here.

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
        while self.next <= now {
            let call = self.traffic.call_at(self.next, TALKS);
            self.going_on.push(call);
            self.next += EVERY;
        }
        let ended = self.going_on.extract_if(.., |call| call.end < now);
        ended.flat_map(MadeCall::into_records).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;

    #[test]
    fn no_row_is_of_the_future_and_calls_keep_ending() {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let mut living = Living::new(now, Tz::Europe__Paris, 30, 1);
        while !living.past().is_empty() {}
        let mut rows = Vec::new();
        for second in 0..120 {
            let now = now + TimeDelta::seconds(second);
            let ended = living.ended(now);
            let text = now.format("%Y-%m-%d %H:%M:%S").to_string();
            let late = |row: &Record| {
                ["time", "start"]
                    .iter()
                    .any(|c| row.kind().position(c).is_some() && row.get(c) >= text.as_str())
            };
            assert!(!ended.iter().any(late));
            rows.push(ended.len());
        }
        assert!(rows[0] > 50, "the last minutes are not empty: {rows:?}");
        assert!(
            rows[1..].iter().filter(|rows| **rows > 0).count() > 8,
            "{rows:?}"
        );
    }
}
