//! Checking the bodies of the directory, field by field.

use chrono::{DateTime, Utc};

use crate::api::error::Error;
use crate::api::problem::{Fault, MOST_FAULTS};
use crate::model::Time;

/// Collects what is wrong with a body.
#[derive(Default)]
pub(super) struct Faults(Vec<Fault>);

impl Faults {
    /// Notes what is wrong with a field, if anything.
    pub(super) fn note(&mut self, field: impl Into<String>, checked: Result<(), String>) {
        if let Err(reason) = checked {
            self.0.push(Fault::new(field, reason));
        }
    }

    /// The body may repeat the key that stands in the path, and no other.
    pub(super) fn same_key(&mut self, field: &str, given: Option<&str>, key: &str) {
        let is_other = given.is_some_and(|given| given != key);
        let checked = match is_other {
            true => Err("is another than in the path; it can be left out".to_owned()),
            false => Ok(()),
        };
        self.note(field, checked);
    }

    /// Reads a time with an offset. The database keeps microseconds.
    pub(super) fn time(&mut self, field: String, text: Option<&str>) -> Option<Time> {
        let parsed = DateTime::parse_from_rfc3339(text?).ok();
        let micros = parsed.map(|time| time.timestamp_micros());
        let time = micros.and_then(DateTime::<Utc>::from_timestamp_micros);
        if time.is_none() {
            let reason = "is no RFC 3339 time, such as 2026-07-01T00:00:00+02:00";
            self.note(field, Err(reason.to_owned()));
        }
        time
    }

    /// What was checked, when nothing is wrong with it.
    pub(super) fn finish<T>(mut self, checked: T) -> Result<T, Error> {
        self.0.truncate(MOST_FAULTS);
        if self.0.is_empty() {
            Ok(checked)
        } else {
            Err(Error::Parameters(self.0))
        }
    }
}
