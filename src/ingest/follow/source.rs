//! What follows one PBX: anything that copies its new rows into the landing tables. Folding them
//! is not its affair: the landing tail finds what was copied.

use std::fmt;
use std::time::Duration;

use diesel::result::Error;

use crate::store::Connection;
use crate::store::lease::Fence;

/// A PBX's database, or its log file.
///
/// Each source has a thread and a connection to our database of its own, so it may block: it
/// holds up no other. It is asked for one [step](Source::step) after another, for as long as
/// this process holds the lease.
pub trait Source: Send {
    /// How logs and `/health/ready` call it.
    fn name(&self) -> &str;

    /// This process has begun to follow, perhaps after another did. What was remembered of the
    /// positions is old: read them again from our database.
    fn begin(&mut self);

    /// Copies the next rows, a bounded number (some thousands), each exactly once: rows and
    /// position are written in one transaction of [`fenced`](crate::store::lease::fenced). A
    /// step should take no longer than a few seconds, since a stop waits for it.
    ///
    /// # Errors
    /// Why it could not. It is asked again later, after waits that grow with each failure; the
    /// connections are then new ones on our side, and on the PBX's side the source's affair.
    fn step(&mut self, target: &mut Connection, fence: &Fence) -> Result<Step, Trouble>;
}

/// What came of a step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// Rows that were copied. With any, they are folded at once.
    pub rows: usize,
    /// When to ask again: zero when there is more already.
    pub again: Duration,
    /// What is wrong although it works, in a few words without secrets, such as `the table cel
    /// is not there`; shown in `/health/ready`, and logged when it changes.
    pub complaint: Option<String>,
}

/// Why something could not be done now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// In a few words that everybody may read (`/health/ready` is open to all): no names of
    /// hosts, users or tables, no SQL.
    pub summary: String,
    /// For the log, in one line: which host, which user, which table, what it said.
    pub detail: String,
}

impl Trouble {
    /// A trouble in words for everybody and in words for the log.
    pub fn new(summary: impl Into<String>, detail: impl fmt::Display) -> Self {
        let detail = detail.to_string();
        Self {
            summary: summary.into(),
            detail: detail.split_whitespace().collect::<Vec<_>>().join(" "),
        }
    }
}

/// An error of our own database.
impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::new("our own database failed", error)
    }
}
