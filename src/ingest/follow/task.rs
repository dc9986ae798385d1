//! What a follower does, step by step: copying the new rows of one PBX is a task, and so is
//! folding what was copied.

use std::fmt;
use std::time::Duration;

use diesel::result::Error;

use crate::store::Connection;
use crate::store::lease::{self, Fence};

/// Work that goes on for as long as this process follows, one step after another.
///
/// Each task has a thread and a connection to our database of its own, so a step may block: it
/// holds up no other task. A new task is made each time this process begins to follow, since
/// another may have followed in between: whatever it remembers is read anew.
pub trait Task: Send {
    /// Does a bounded piece (some thousands of rows, a few seconds), in transactions of
    /// [`fenced`](crate::store::lease::fenced).
    ///
    /// A source's step copies rows into the landing tables, each exactly once: the rows and how
    /// far it came are written in one transaction. It does not fold them.
    ///
    /// # Errors
    /// Why it could not. The same task is asked again, after waits that grow with each failure
    /// and with a new `target`; what it has open elsewhere is its own affair.
    fn step(&mut self, target: &mut Connection, fence: &Fence) -> Result<Step, Trouble>;
}

/// A PBX's database, or its log file, that is to be followed.
pub struct Source {
    /// How logs and `/health/ready` call it.
    pub name: String,
    /// Makes the task that copies its rows.
    pub task: Box<dyn Fn() -> Box<dyn Task> + Send + Sync>,
}

/// What came of a step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// Rows that were copied, if any: they are folded at once.
    pub rows: usize,
    /// When to ask again: zero when there is more already.
    pub again: Duration,
    /// What is wrong although it works, in a few words for everybody, such as `the table cel
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
    lost: bool,
}

impl Trouble {
    /// A trouble in words for everybody and in words for the log.
    pub fn new(summary: impl Into<String>, detail: impl fmt::Display) -> Self {
        let detail = detail.to_string();
        Self {
            summary: summary.into(),
            detail: detail.split_whitespace().collect::<Vec<_>>().join(" "),
            lost: false,
        }
    }

    /// Whether somebody else follows now.
    pub(super) fn is_lost_lease(&self) -> bool {
        self.lost
    }
}

/// An error of our own database.
impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        let lost = lease::is_lost(&error);
        Self {
            lost,
            ..Self::new("our own database failed", error)
        }
    }
}
