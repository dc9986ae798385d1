//! The hour that autumn repeats: a local time in it may be of either pass. Where the channel's
//! own beginning does not tell, the order of its rows does, in which time does not run back.

use std::collections::HashMap;

use chrono::TimeDelta;

use crate::asterisk::{Cdr, ChannelEvent, QueueEvent};
use crate::model::Time;

/// Rows come a little out of order without the clock having been put back.
const LITTLE: TimeDelta = TimeDelta::minutes(20);

/// A row with a time.
pub(super) trait Timed {
    /// The channel whose rows are in order.
    fn channel(&self) -> &str;
    /// When, in the first pass.
    fn time(&self) -> Time;
    /// When in the second, if that may be meant.
    fn again(&self) -> Option<Time>;
    /// It was in the second.
    fn put_off(&mut self, by: TimeDelta);
}

/// Decides for the second pass where a channel's rows, in the order in which they came, would
/// else run back.
pub(super) fn decide(rows: &mut [impl Timed]) {
    if rows.iter().all(|row| row.again().is_none()) {
        return;
    }
    let mut last: HashMap<String, Time> = HashMap::new();
    for row in rows {
        let before = last.get(row.channel()).copied();
        if let (Some(again), Some(before)) = (row.again(), before)
            && row.time() + LITTLE < before
        {
            row.put_off(again - row.time());
        }
        let time = row.time().max(before.unwrap_or(row.time()));
        last.insert(row.channel().to_owned(), time);
    }
}

impl Timed for Cdr {
    fn channel(&self) -> &str {
        &self.uniqueid
    }

    fn time(&self) -> Time {
        self.start
    }

    fn again(&self) -> Option<Time> {
        self.again
    }

    fn put_off(&mut self, by: TimeDelta) {
        self.start += by;
        self.answer += by;
        self.end += by;
    }
}

impl Timed for QueueEvent {
    fn channel(&self) -> &str {
        &self.callid
    }

    fn time(&self) -> Time {
        self.time
    }

    fn again(&self) -> Option<Time> {
        self.again
    }

    fn put_off(&mut self, by: TimeDelta) {
        self.time += by;
    }
}

impl Timed for ChannelEvent {
    fn channel(&self) -> &str {
        &self.uniqueid
    }

    fn time(&self) -> Time {
        self.time
    }

    fn again(&self) -> Option<Time> {
        self.again
    }

    fn put_off(&mut self, by: TimeDelta) {
        self.time += by;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asterisk::{Kind, Record};
    use chrono_tz::Europe::Paris;

    fn event(time: &str) -> QueueEvent {
        let mut record = Record::new(Kind::QueueLog);
        record.set(0, format!("2025-10-26 {time}"));
        record.set(1, "1.1");
        QueueEvent::read(&record, 0, Paris).unwrap()
    }

    #[test]
    fn time_that_would_run_back_is_of_the_second_pass() {
        let mut log: Vec<QueueEvent> = ["01:50:00", "02:50:00", "02:49:00", "02:10:00", "02:30:00"]
            .map(event)
            .into();
        decide(&mut log);
        let times: Vec<String> = log
            .iter()
            .map(|event| event.time.format("%H:%M").to_string())
            .collect();
        assert_eq!(times, ["23:50", "00:50", "00:49", "01:10", "01:30"]);
    }
}
