//! Times as the PBX writes them: local dates and times without offset, and epochs.

use std::ops::Range;

use chrono::{DateTime, LocalResult, NaiveDate, NaiveDateTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

use crate::model::Time;

/// A time from a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// The moment.
    pub time: Time,
    /// Whether it was written with a fraction of the second other than zero. Log files and
    /// `DATETIME(0)` columns have whole seconds only.
    pub fraction: bool,
    /// In an hour that autumn repeats, when nothing decides for the second pass: the moment in
    /// that one.
    pub again: Option<Time>,
}

/// 2200-01-01: nobody has telephoned later. Whatever adds seconds to a time of a row stays far
/// from the last one that can be held.
const LATEST: i64 = 7_258_118_400;

/// Reads a time of a row: `YYYY-MM-DD HH:MM:SS[.ffffff]` in `zone`, the same with an offset,
/// or seconds since 1970.
///
/// None for what means "no time": nothing, `0000-00-00 00:00:00`, the years before 1971.
/// `created`, the second in which the row's channel was created, tells which of the two
/// passes of a repeated autumn hour is meant.
///
/// # Errors
/// A reason, when it is no time at all.
pub fn parse(text: &str, zone: Tz, created: Option<i64>) -> Result<Option<Stamp>, String> {
    let text = text.trim();
    if text.is_empty() || text.starts_with("0000-") || text.eq_ignore_ascii_case("null") {
        return Ok(None);
    }
    let once = |time| (time, None);
    let time = match plain(text) {
        Some(naive) => in_zone(naive, zone, created),
        None => epoch(text)
            .or_else(|| with_offset(text))
            .map(once)
            .or_else(|| local(text, zone, created)),
    };
    let (time, again) = time.ok_or_else(|| format!("{text:?} is no time"))?;
    if time.timestamp() < 365 * 86_400 {
        return Ok(None);
    }
    if time.timestamp() >= LATEST {
        return Err(format!("{text:?} is too late for a call"));
    }
    Ok(Some(Stamp {
        time,
        fraction: time.timestamp_subsec_micros() != 0,
        again,
    }))
}

/// The second in which a channel was created: the epoch in its uniqueid
/// (`[systemname-]epoch.counter`), when it has that form.
pub fn created(uniqueid: &str) -> Option<i64> {
    let (head, counter) = uniqueid.rsplit_once('.')?;
    let epoch = head.rsplit('-').next()?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    (digits(counter) && digits(epoch) && (9..=10).contains(&epoch.len()))
        .then(|| epoch.parse().ok())
        .flatten()
}

/// What orders linkedids by age: their second, then their number within it. Of conversations
/// that become one, Asterisk keeps the oldest's.
pub fn age(linkedid: &str) -> impl Ord + '_ {
    let counter = linkedid
        .rsplit_once('.')
        .map(|(_, counter)| counter.parse::<u64>());
    let counter = counter.and_then(Result::ok).unwrap_or(u64::MAX);
    (created(linkedid).unwrap_or(i64::MAX), counter, linkedid)
}

fn epoch(text: &str) -> Option<Time> {
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if !(1..=11).contains(&seconds.len()) || !digits(seconds) || !digits(fraction) {
        return None;
    }
    let micros: i64 = format!("{fraction:0<6}").get(..6)?.parse().ok()?;
    let seconds: i64 = seconds.parse().ok()?;
    DateTime::from_timestamp_micros(seconds * 1_000_000 + micros)
}

fn with_offset(text: &str) -> Option<Time> {
    ["%Y-%m-%d %H:%M:%S%.f%#z", "%Y-%m-%dT%H:%M:%S%.f%#z"]
        .iter()
        .find_map(|format| DateTime::parse_from_str(text, format).ok())
        .map(|time| time.to_utc())
}

/// `YYYY-MM-DD HH:MM:SS` with at most six digits of a fraction, as nearly all times are
/// written; read here because there are many and formats are slow. None for anything else.
fn plain(text: &str) -> Option<NaiveDateTime> {
    let bytes = text.as_bytes();
    let number = |range: Range<usize>| {
        bytes.get(range)?.iter().try_fold(0_u32, |number, byte| {
            byte.is_ascii_digit()
                .then(|| number * 10 + u32::from(byte - b'0'))
        })
    };
    let mark = |place: usize, mark: u8| bytes.get(place) == Some(&mark);
    if !(mark(4, b'-') && mark(7, b'-') && mark(10, b' ') && mark(13, b':') && mark(16, b':')) {
        return None;
    }
    let micros = match bytes.len() {
        19 => 0,
        21..=26 if mark(19, b'.') => number(20..bytes.len())? * 10_u32.pow(26 - bytes.len() as u32),
        _ => return None,
    };
    let year = i32::try_from(number(0..4)?).ok()?;
    NaiveDate::from_ymd_opt(year, number(5..7)?, number(8..10)?)?.and_hms_micro_opt(
        number(11..13)?,
        number(14..16)?,
        number(17..19)?,
        micros,
    )
}

fn local(text: &str, zone: Tz, created: Option<i64>) -> Option<(Time, Option<Time>)> {
    let naive = ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f"]
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())?;
    in_zone(truncate_to_micros(naive), zone, created)
}

/// The moment, and the one in the second pass of a repeated hour where it may be meant.
fn in_zone(naive: NaiveDateTime, zone: Tz, created: Option<i64>) -> Option<(Time, Option<Time>)> {
    match zone.from_local_datetime(&naive) {
        LocalResult::Single(time) => Some((time.to_utc(), None)),
        LocalResult::Ambiguous(first, second) => {
            // A row is not older than its channel.
            let too_early = created.is_some_and(|created| first.timestamp() < created);
            Some(if too_early {
                (second.to_utc(), None)
            } else {
                (first.to_utc(), Some(second.to_utc()))
            })
        }
        // The hour that spring leaves out: the clock had not been put forward yet.
        LocalResult::None => {
            let before = naive.checked_sub_signed(TimeDelta::hours(3))?;
            let time = zone.from_local_datetime(&before).latest()?;
            Some((time.to_utc() + TimeDelta::hours(3), None))
        }
    }
}

fn truncate_to_micros(naive: NaiveDateTime) -> NaiveDateTime {
    let utc = naive.and_utc();
    DateTime::<Utc>::from_timestamp_micros(utc.timestamp_micros())
        .unwrap_or(utc)
        .naive_utc()
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono_tz::Europe::Paris;

    fn utc(text: &str, zone: Tz, created: Option<i64>) -> String {
        match parse(text, zone, created) {
            Ok(Some(stamp)) => stamp.time.format("%Y-%m-%dT%H:%M:%S%.fZ").to_string(),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn times_are_read_in_every_form_in_which_asterisk_writes_them() {
        for (text, expected) in [
            ("2026-07-01 12:00:00", "2026-07-01T10:00:00Z"),
            ("2026-07-01T12:00:00.250000", "2026-07-01T10:00:00.250Z"),
            ("2026-07-01 12:00:00.5+00", "2026-07-01T12:00:00.500Z"),
            ("1795393139", "2026-11-23T00:18:59Z"),
            ("1795393139.069337", "2026-11-23T00:18:59.069337Z"),
            (" 2026-01-01 00:30:00 ", "2025-12-31T23:30:00Z"),
        ] {
            assert_eq!(utc(text, Paris, None), expected, "{text}");
        }
    }

    #[test]
    fn no_time_is_none_and_nonsense_is_a_reason() {
        for text in [
            "",
            "0000-00-00 00:00:00",
            "1970-01-01 00:00:00",
            "NULL",
            "0",
        ] {
            assert_eq!(parse(text, Tz::UTC, None), Ok(None), "{text}");
        }
        for text in [
            "yesterday",
            "2026-13-01 00:00:00",
            "12:00",
            "-5",
            "999999999999",
            "99999999999",
            "2200-01-01 02:00:00",
            "+262142-12-31 23:59:59",
            "+262142-12-31 23:59:59.9-23:59",
        ] {
            assert!(parse(text, Tz::UTC, None).is_err(), "{text}");
        }
    }

    #[test]
    fn the_repeated_hour_is_decided_by_the_channels_epoch() {
        // 2025-10-26 02:30 in Paris is 00:30 and again 01:30 UTC.
        let first = "2025-10-26T00:30:00Z";
        let second = "2025-10-26T01:30:00Z";
        let text = "2025-10-26 02:30:00";
        assert_eq!(utc(text, Paris, None), first);
        assert_eq!(utc(text, Paris, Some(1_761_438_590)), first);
        assert_eq!(utc(text, Paris, Some(1_761_442_190)), second);
    }

    #[test]
    fn an_hour_that_does_not_exist_is_read_as_if_the_clock_had_not_changed() {
        assert_eq!(
            utc("2026-03-29 02:30:00", Paris, None),
            "2026-03-29T01:30:00Z"
        );
    }

    #[test]
    fn the_creation_is_read_from_the_uniqueid() {
        assert_eq!(created("1795393139.28"), Some(1_795_393_139));
        assert_eq!(created("pbx-1-1795393139.28"), Some(1_795_393_139));
        assert_eq!(created("whatever"), None);
        assert_eq!(created("received_4.x"), None);
    }
}
