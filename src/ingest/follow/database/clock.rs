//! Times as a table writes them, and back: local to the PBX, or seconds since 1970.

use std::time::Duration;

use chrono::{TimeDelta, Utc};
use chrono_tz::Tz;

use crate::asterisk::time;
use crate::model::Time;

/// How a table writes its times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Clock {
    pub(super) zone: Tz,
    pub(super) is_epoch: bool,
}

impl Clock {
    /// A moment as the table would write it, to the second. Such texts are in the order of time,
    /// but for the hour that autumn repeats.
    pub(super) fn write(self, time: Time) -> String {
        if self.is_epoch {
            return time.timestamp().to_string();
        }
        let local = time.with_timezone(&self.zone);
        local.format("%Y-%m-%d %H:%M:%S").to_string()
    }

    /// The moment that a text of the table means; in the repeated hour the first.
    pub(super) fn read(self, text: &str) -> Option<Time> {
        let stamp = time::parse(text, self.zone, None).ok()??;
        Some(stamp.time)
    }

    /// So long before now, and so long before the newest row as well where that is older: a clock
    /// or a zone that is behind then hides no row. A row of the future moves nothing.
    pub(super) fn back(self, newest: Option<&str>, by: Duration) -> String {
        let by = TimeDelta::from_std(by).unwrap_or(TimeDelta::zero());
        let before_now = self.write(Utc::now() - by);
        let before_newest = newest
            .and_then(|newest| self.read(newest))
            .map(|newest| self.write(newest - by));
        match before_newest {
            Some(text) if text < before_now => text,
            _ => before_now,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    #[test]
    fn a_row_of_the_future_moves_nothing_and_an_old_one_moves_back() {
        let clock = Clock {
            zone: chrono_tz::Europe::Paris,
            is_epoch: false,
        };
        let now = clock.back(None, HOUR);
        assert!(clock.back(Some("2199-01-01 00:00:00"), HOUR) <= clock.back(None, HOUR));
        assert!(clock.back(Some("2199-01-01 00:00:00"), HOUR) >= now);
        assert_eq!(
            clock.back(Some("2020-06-01 12:00:00"), HOUR),
            "2020-06-01 11:00:00"
        );
        assert!(clock.back(Some("nonsense"), HOUR) >= now);
    }

    #[test]
    fn epochs_are_written_as_such() {
        let clock = Clock {
            zone: chrono_tz::UTC,
            is_epoch: true,
        };
        assert_eq!(clock.back(Some("1795393139.25"), HOUR), "1795389539");
    }
}
