//! What the demo shows: a real capture of an Asterisk, moved in time so that it ends now, and
//! a made-up company that keeps telephoning ([`living`]); and who may look at it ([`guests`]).

pub mod guests;
pub mod living;

use chrono::{NaiveDateTime, TimeDelta};

use crate::asterisk::file::{BadLine, Rows};
use crate::asterisk::{Kind, Record, time};
use crate::model::Time;

const CDR: &str = include_str!("../tests/fixtures/asterisk/cdr.csv");
const QUEUE_LOG: &str = include_str!("../tests/fixtures/asterisk/queue_log.csv");
const CEL: &str = include_str!("../tests/fixtures/asterisk/cel.csv");

/// Users of the capture, as `directory import --users` takes them.
pub const USERS: &str = include_str!("../tests/fixtures/asterisk/directory-users.csv");
/// Queues of the capture, as `directory import --queues` takes them.
pub const QUEUES: &str = include_str!("../tests/fixtures/asterisk/directory-queues.csv");

/// The last moment of the capture, in UTC.
const ENDS: &str = "2026-11-23 00:22:31";

/// The rows of the capture, by kind, moved so that the last of them is at `end`.
///
/// # Errors
/// The capture is damaged.
pub fn capture(end: Time) -> Result<Vec<Vec<Record>>, BadLine> {
    let ends = NaiveDateTime::parse_from_str(ENDS, FORMAT)
        .map(|naive| naive.and_utc())
        .unwrap_or(end);
    let shift = TimeDelta::seconds((end - ends).num_seconds());
    [
        (Kind::Cdr, CDR),
        (Kind::QueueLog, QUEUE_LOG),
        (Kind::Cel, CEL),
    ]
    .into_iter()
    .map(|(kind, file)| {
        Rows::new(kind, file.as_bytes())?
            .map(|row| row.map(|(_, record)| moved(&record, shift)))
            .collect()
    })
    .collect()
}

const FORMAT: &str = "%Y-%m-%d %H:%M:%S%.f";

/// The same row at another time: dates and times, and the epochs in ids.
fn moved(record: &Record, shift: TimeDelta) -> Record {
    let mut moved = record.clone();
    for (place, value) in record.values().iter().enumerate() {
        if let Some(value) = value.as_deref().and_then(|value| later(value, shift)) {
            moved.set(place, value);
        }
    }
    moved
}

fn later(value: &str, shift: TimeDelta) -> Option<String> {
    if let Ok(local) = NaiveDateTime::parse_from_str(value, FORMAT) {
        return Some((local + shift).format(FORMAT).to_string());
    }
    let created = time::created(value)?;
    let (_, counter) = value.rsplit_once('.')?;
    Some(format!("{}.{counter}", created + shift.num_seconds()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_capture_ends_when_it_is_told_to() {
        let end = chrono::DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let rows = capture(end).unwrap();
        let latest = rows[1].iter().map(|event| event.get("time")).max().unwrap();
        assert_eq!(latest, "2027-01-15 07:59:57.391418");
        let first = &rows[0][0];
        assert_eq!(time::created(first.get("uniqueid")), Some(1_799_999_736));
        assert_eq!(first.get("start"), "2027-01-15 07:55:36");
    }
}
