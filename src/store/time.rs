//! Times in the database: microseconds since 1970, UTC. An integer sorts and compares the
//! same on both databases.

use chrono::DateTime;

use crate::model::Time;

/// The number that is stored for this time.
pub(super) fn to_micros(time: Time) -> i64 {
    time.timestamp_micros()
}

/// The time of a stored number. What no calendar reaches becomes the nearest time that one
/// does: a strange number must not stop a page.
pub(super) fn from_micros(micros: i64) -> Time {
    DateTime::from_timestamp_micros(micros).unwrap_or(if micros < 0 {
        Time::MIN_UTC
    } else {
        Time::MAX_UTC
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn microseconds_survive_and_no_number_panics() {
        for micros in [0, 1, -1, 1_662_633_170_123_456] {
            assert_eq!(to_micros(from_micros(micros)), micros);
        }
        assert_eq!(from_micros(i64::MIN), Time::MIN_UTC);
        assert_eq!(from_micros(i64::MAX), Time::MAX_UTC);
    }
}
