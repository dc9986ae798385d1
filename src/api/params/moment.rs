//! Times as people and programs write them in a query: RFC 3339, or local.

use chrono::{DateTime, FixedOffset, NaiveDateTime, Offset, SubsecRound, TimeDelta, TimeZone};
use chrono_tz::Tz;

use crate::model::Time;

/// What is taken, for problems.
pub(super) const TAKEN: &str = "must be an RFC 3339 time such as 2026-11-23T10:00:00+01:00, or a \
                         local date or date-time such as 2026-11-23 or 2026-11-23T10:00";

/// A time in a query: a moment, or one that needs a zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moment {
    /// With an offset.
    Absolute(Time),
    /// Without one.
    Local(NaiveDateTime),
}

impl Moment {
    /// The time that this text means.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        local(text)
            .map(Self::Local)
            .or_else(|| absolute(text).map(Self::Absolute))
            .ok_or_else(|| TAKEN.to_owned())
    }

    /// The moment, where local times are those of `zone`.
    ///
    /// Entries have whole microseconds, so a bound between two of them is the next one.
    pub(super) fn resolve(self, zone: Tz) -> Time {
        let time = match self {
            Self::Absolute(time) => time,
            Self::Local(local) => resolve_local(local, zone),
        };
        let truncated = time.trunc_subsecs(6);
        if truncated < time {
            truncated + TimeDelta::microseconds(1)
        } else {
            truncated
        }
    }
}

/// A local time that occurs twice is the first of the two; one that clocks skip goes forward
/// by as much as they do.
fn resolve_local(local: NaiveDateTime, zone: Tz) -> Time {
    match zone.from_local_datetime(&local).earliest() {
        Some(time) => time.to_utc(),
        None => {
            let before = zone.offset_from_utc_datetime(&(local - TimeDelta::days(1)));
            (local - before.fix()).and_utc()
        }
    }
}

fn local(text: &str) -> Option<NaiveDateTime> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let has_digits = (1..=9).contains(&fraction.len()) && is_digits(fraction);
    let format = match shape(whole).as_str() {
        "0000-00-00" if whole == text => {
            return format!("{whole}T00:00:00").parse().ok();
        }
        "0000-00-00T00:00" | "0000-00-00 00:00" if whole == text => "%Y-%m-%d %H:%M",
        "0000-00-00T00:00:00" | "0000-00-00 00:00:00" if has_digits => "%Y-%m-%d %H:%M:%S%.f",
        _ => return None,
    };
    NaiveDateTime::parse_from_str(&text.replacen('T', " ", 1), format).ok()
}

fn absolute(text: &str) -> Option<Time> {
    // The plus of an offset that was not percent-encoded arrives as a blank.
    let repaired = match text.rsplit_once(' ') {
        Some((time, offset)) if shape(offset) == "00:00" => format!("{time}+{offset}"),
        _ => text.to_owned(),
    };
    let time: DateTime<FixedOffset> = DateTime::parse_from_rfc3339(&repaired).ok()?;
    Some(time.to_utc())
}

fn shape(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_ascii_digit() { '0' } else { c })
        .collect()
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use chrono::SecondsFormat;
    use chrono_tz::Europe::Paris;

    use super::*;

    fn resolved(text: &str, zone: Tz) -> String {
        let moment = Moment::parse(text).unwrap_or_else(|_| panic!("{text}"));
        let format = SecondsFormat::AutoSi;
        moment.resolve(zone).to_rfc3339_opts(format, true)
    }

    #[test]
    fn every_way_to_write_a_time_is_understood() {
        for (text, expected) in [
            ("2026-11-23", "2026-11-22T23:00:00Z"),
            ("2026-11-23T10:00", "2026-11-23T09:00:00Z"),
            ("2026-11-23 10:00", "2026-11-23T09:00:00Z"),
            ("2026-11-23T10:00:05", "2026-11-23T09:00:05Z"),
            ("2026-11-23 10:00:05.25", "2026-11-23T09:00:05.250Z"),
            ("2026-11-23T10:00:00Z", "2026-11-23T10:00:00Z"),
            ("2026-11-23t10:00:00z", "2026-11-23T10:00:00Z"),
            ("2026-11-23T10:00:00.5-05:00", "2026-11-23T15:00:00.500Z"),
            ("2026-11-23T10:00:00+01:00", "2026-11-23T09:00:00Z"),
            ("2026-11-23T10:00:00 01:00", "2026-11-23T09:00:00Z"),
            ("2026-11-23T10:00:00.25 01:00", "2026-11-23T09:00:00.250Z"),
            ("2026-11-23 10:00:00 01:00", "2026-11-23T09:00:00Z"),
        ] {
            assert_eq!(resolved(text, Paris), expected, "{text}");
        }
    }

    #[test]
    fn local_times_that_clocks_skip_or_repeat_are_decided() {
        assert_eq!(resolved("2026-03-29T02:30", Paris), "2026-03-29T01:30:00Z");
        assert_eq!(resolved("2026-10-25T02:30", Paris), "2026-10-25T00:30:00Z");
        let apia = chrono_tz::Pacific::Apia;
        assert_eq!(resolved("2011-12-30", apia), "2011-12-30T10:00:00Z");
    }

    #[test]
    fn a_bound_between_two_microseconds_is_the_next_one() {
        let time = "2026-11-23T10:00:00.0000001Z";
        assert_eq!(resolved(time, Paris), "2026-11-23T10:00:00.000001Z");
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            " ",
            "yesterday",
            "2026",
            "2026-11",
            "2026-13-01",
            "2026-02-30",
            "2026-1-2",
            "26-11-23",
            "+2026-11-23",
            "2026-11-23T",
            "2026-11-23T25:00",
            "2026-11-23T10",
            "2026-11-23T10:00.5",
            "2026-11-23.5",
            "2026-11-23T10:00:00.",
            "2026-11-23T10:00:00.1234567890",
            "2026-11-23T10:00:00+25:00",
            "2026-11-23  10:00",
            " 2026-11-23",
            "2026-11-23 ",
            "1795392000",
            "2026-11-23T10:00:00\0",
            "２０２６-11-23",
        ] {
            assert!(Moment::parse(text).is_err(), "{text:?}");
        }
    }
}
