//! An event of the queue log.
//!
//! Source of the events and their data: Asterisk's `app_queue.c` and its documentation; the
//! refusals at the door are XiVO's, written by its dialplan.

use chrono_tz::Tz;

use super::cdr::LONGEST;
use super::record::Record;
use super::time;
use crate::model::Time;

/// Who hung up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names say it")]
pub enum HungUp {
    Caller,
    Member,
}

/// What an event says.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are Asterisk's own words")]
pub enum Event {
    EnterQueue,
    Connect,
    /// COMPLETECALLER and COMPLETEAGENT; None where nothing tells which of the two.
    Complete(Option<HungUp>),
    /// TRANSFER (up to Asterisk 11) and BLINDTRANSFER.
    BlindTransfer,
    AttendedTransfer,
    Abandon,
    ExitEmpty,
    LeaveEmpty,
    ExitWithTimeout,
    ExitWithKey,
    Withdraw,
    RingNoAnswer,
    RingCanceled,
    AgentDump,
    SysCompat,
    Full,
    Closed,
    JoinEmpty,
    DivertCaRatio,
    DivertHoldtime,
    /// Anything else: agents' log-ins and pauses, and what a dialplan logs of its own.
    Other(String),
}

impl Event {
    fn of(word: &str) -> Self {
        match word.trim().to_ascii_uppercase().as_str() {
            "ENTERQUEUE" => Self::EnterQueue,
            "CONNECT" => Self::Connect,
            "COMPLETECALLER" => Self::Complete(Some(HungUp::Caller)),
            "COMPLETEAGENT" => Self::Complete(Some(HungUp::Member)),
            "TRANSFER" | "BLINDTRANSFER" => Self::BlindTransfer,
            "ATTENDEDTRANSFER" => Self::AttendedTransfer,
            "ABANDON" => Self::Abandon,
            "EXITEMPTY" => Self::ExitEmpty,
            "LEAVEEMPTY" => Self::LeaveEmpty,
            "EXITWITHTIMEOUT" => Self::ExitWithTimeout,
            "EXITWITHKEY" => Self::ExitWithKey,
            "WITHDRAW" => Self::Withdraw,
            "RINGNOANSWER" => Self::RingNoAnswer,
            "RINGCANCELED" => Self::RingCanceled,
            "AGENTDUMP" => Self::AgentDump,
            "SYSCOMPAT" => Self::SysCompat,
            "FULL" => Self::Full,
            "CLOSED" => Self::Closed,
            "JOINEMPTY" => Self::JoinEmpty,
            "DIVERT_CA_RATIO" => Self::DivertCaRatio,
            "DIVERT_HOLDTIME" => Self::DivertHoldtime,
            other => Self::Other(other.to_owned()),
        }
    }
}

/// Where `data1` to `data5` begin in a record.
pub const DATA: usize = 5;

/// These values as `data1` to `data5`; what goes beyond stays in the last, as Asterisk does it.
pub fn data_columns<'a>(values: impl Iterator<Item = &'a str>) -> [String; 5] {
    let values: Vec<&str> = values.collect();
    let rest = values.get(4..).unwrap_or_default().join("|");
    let value = |n: usize| values.get(n).copied().unwrap_or_default().to_owned();
    let last = rest.trim_end_matches('|').to_owned();
    [value(0), value(1), value(2), value(3), last]
}

/// A row of the queue log, understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueEvent {
    /// When.
    pub time: Time,
    /// Whether the time is finer than a second; see [`time::Stamp::fraction`].
    pub fraction: bool,
    /// The second pass of a repeated hour, if it may be meant; see [`time::Stamp::again`].
    pub again: Option<Time>,
    /// The place in the log: it tells what came first within one second, and nothing else.
    pub place: i64,
    /// Uniqueid of the caller's channel.
    pub callid: String,
    /// The queue's name.
    pub queue: String,
    /// The member's name; empty when none (`NONE`).
    pub member: String,
    /// What happened.
    pub event: Event,
    /// `data1` to `data5`.
    pub data: [String; 5],
}

impl QueueEvent {
    /// Understands a row whose times, unless they are epochs, are local to `zone`.
    ///
    /// # Errors
    /// The reason why it cannot be understood.
    pub fn read(record: &Record, place: i64, zone: Tz) -> Result<Self, String> {
        let callid = record.get("callid");
        let stamp = time::parse(record.get("time"), zone, time::created(callid))
            .map_err(|reason| format!("time: {reason}"))?
            .ok_or("time: missing")?;
        let member = record.get("agent");
        Ok(Self {
            time: stamp.time,
            fraction: stamp.fraction,
            again: stamp.again,
            place,
            callid: callid.to_owned(),
            queue: record.get("queuename").to_owned(),
            member: if member == "NONE" { "" } else { member }.to_owned(),
            event: Event::of(record.get("event")),
            data: ["data1", "data2", "data3", "data4", "data5"]
                .map(|column| record.get(column).trim().to_owned()),
        })
    }

    /// The number in `data<n>`, `n` from 1 to 5; what stands behind a `|` is another value.
    /// None when there is none, or none that a call could have.
    pub fn number(&self, n: usize) -> Option<i64> {
        let text = self.data.get(n.checked_sub(1)?)?.split('|').next()?;
        let value: f64 = text.trim().parse().ok()?;
        (0.0..=1e9).contains(&value).then_some(value as i64)
    }

    /// The seconds in `data<n>`, where a call could have so many.
    fn seconds(&self, n: usize) -> Option<i64> {
        self.number(n).filter(|seconds| *seconds <= LONGEST)
    }

    /// The hold time in whole seconds that an event of a visit's end carries, if it does.
    pub fn hold(&self) -> Option<i64> {
        match self.event {
            Event::Connect | Event::Complete(_) => self.seconds(1),
            Event::BlindTransfer => self.seconds(3),
            Event::AttendedTransfer if self.is_link() => self.seconds(4),
            Event::AttendedTransfer => self.seconds(3),
            Event::Abandon | Event::ExitEmpty | Event::ExitWithTimeout | Event::Withdraw => {
                self.seconds(3)
            }
            Event::ExitWithKey => self.seconds(4),
            _ => None,
        }
    }

    /// The talk time in whole seconds that an event of an answered visit's end carries.
    pub fn talk(&self) -> Option<i64> {
        match self.event {
            Event::Complete(_) => self.seconds(2),
            Event::BlindTransfer => self.seconds(4),
            Event::AttendedTransfer if self.is_link() => self.seconds(5),
            Event::AttendedTransfer => self.seconds(4),
            _ => None,
        }
    }

    fn is_link(&self) -> bool {
        self.data[0].eq_ignore_ascii_case("LINK")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asterisk::record::Kind;

    fn event(word: &str, data: &[&str]) -> QueueEvent {
        let mut record = Record::new(Kind::QueueLog);
        record.set(0, "2026-11-23 00:19:00");
        record.set(4, word);
        for (n, value) in data.iter().enumerate() {
            record.set(5 + n, *value);
        }
        QueueEvent::read(&record, 0, Tz::UTC).unwrap()
    }

    #[test]
    fn hold_and_talk_stand_where_each_event_has_them() {
        for (word, data, hold, talk) in [
            ("CONNECT", vec!["4", "1.2", "1"], Some(4), None),
            ("COMPLETEAGENT", vec!["4", "10", "1"], Some(4), Some(10)),
            (
                "BLINDTRANSFER",
                vec!["1001", "default", "3", "10", "1"],
                Some(3),
                Some(10),
            ),
            (
                "TRANSFER",
                vec!["s", "user", "1", "9", "1"],
                Some(1),
                Some(9),
            ),
            (
                "ATTENDEDTRANSFER",
                vec!["BRIDGE", "id", "3", "9", "1"],
                Some(3),
                Some(9),
            ),
            (
                "ATTENDEDTRANSFER",
                vec!["LINK", "a", "b", "0", "10|1"],
                Some(0),
                Some(10),
            ),
            ("ABANDON", vec!["4", "3", "8"], Some(8), None),
            ("ABANDON", vec!["4", "3", ""], None, None),
            ("EXITWITHKEY", vec!["1", "1", "1", "12"], Some(12), None),
            ("RINGNOANSWER", vec!["15000"], None, None),
        ] {
            let event = event(word, &data);
            assert_eq!(
                (event.hold(), event.talk()),
                (hold, talk),
                "{word} {data:?}"
            );
        }
    }

    #[test]
    fn absurd_numbers_are_none() {
        assert_eq!(event("COMPLETEAGENT", &["-4", "1e300"]).hold(), None);
        assert_eq!(event("COMPLETEAGENT", &["-4", "1e300"]).talk(), None);
        assert_eq!(event("COMPLETEAGENT", &["x", "NaN"]).talk(), None);
        let month = event("COMPLETEAGENT", &["2678400", "2678401"]);
        assert_eq!((month.hold(), month.talk()), (Some(2_678_400), None));
    }
}
