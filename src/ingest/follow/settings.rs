//! What is known of a source before it is asked: where it is, and what cannot be found out.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use chrono_tz::Tz;

use crate::asterisk::Kind;
use crate::asterisk::table::Names;
use crate::store::DatabaseUrl;
use crate::store::sources::Zones;

/// A PBX that is followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The source's name, under which its rows are kept.
    pub name: String,
    /// Its database, if it has one.
    pub url: Option<DatabaseUrl>,
    /// Its queue log as a file, if there is one.
    pub queue_log_file: Option<PathBuf>,
    /// The zones of its tables.
    pub zones: ZoneNames,
    /// Tables and columns with names of their own.
    pub names: BTreeMap<Kind, Names>,
    /// How new rows are looked for where no key grows: the shortest window first.
    pub windows: Vec<Window>,
}

/// The zones that somebody has named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ZoneNames {
    /// Of all tables.
    pub all: Option<Tz>,
    /// Of `cdr`.
    pub cdr: Option<Tz>,
    /// Of `queue_log`.
    pub queue_log: Option<Tz>,
    /// Of `cel`.
    pub cel: Option<Tz>,
}

impl ZoneNames {
    /// The zones: the named ones, else those that the source has already, else the default.
    pub fn or(&self, kept: Option<Zones>, default: Tz) -> Zones {
        let base = kept.unwrap_or(Zones::all(default));
        Zones {
            cdr: self.cdr.or(self.all).unwrap_or(base.cdr),
            queue_log: self.queue_log.or(self.all).unwrap_or(base.queue_log),
            cel: self.cel.or(self.all).unwrap_or(base.cel),
        }
    }
}

/// A window back from now, and how often it is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// How far back calls may have begun.
    pub last: Duration,
    /// How often it is looked at. The shortest window's is also how often new keys are.
    pub every: Duration,
}

const fn window(last_seconds: u64, every_ms: u64) -> Window {
    Window {
        last: Duration::from_secs(last_seconds),
        every: Duration::from_millis(every_ms),
    }
}

/// Calls of up to 10 minutes within a third of a second, of up to 5 hours within a minute, of up
/// to 48 hours within an hour.
pub const WINDOWS: [Window; 3] = [
    window(600, 300),
    window(5 * 3600, 60_000),
    window(48 * 3600, 3_600_000),
];
