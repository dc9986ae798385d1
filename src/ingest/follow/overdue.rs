//! Closing calls whose end was lost, and saying up to when all is taken in.

use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;

use super::board::Board;
use super::{Step, Task, Trouble};
use crate::ingest::projector::close_overdue;
use crate::store::lease::Fence;
use crate::store::{Connection, horizon};

/// How often it looks for some.
const POLL: Duration = Duration::from_secs(60);
/// How often it asks until all parts have taken in everything for the first time.
const FIRST: Duration = Duration::from_secs(1);

/// Closes calls that go on for longer than a call may.
pub(super) struct Overdue {
    pub(super) board: Arc<Board>,
    /// The parts of the follower that take in what a PBX writes.
    pub(super) parts: Vec<String>,
}

impl Task for Overdue {
    fn step(&mut self, target: &mut Connection, fence: &Fence) -> Result<Step, Trouble> {
        let totals = close_overdue(target, Utc::now(), Some(*fence))?;
        if totals.changed > 0 {
            log::info!("closed {} calls whose end was lost", totals.changed);
        }
        // What is taken in is told as over only when what never ends is closed.
        let followed = self.board.followed_until(&self.parts);
        if let Some(time) = followed {
            horizon::put_followed_until(target, time, fence)?;
        }
        Ok(Step {
            again: if followed.is_some() { POLL } else { FIRST },
            ..Step::default()
        })
    }
}
