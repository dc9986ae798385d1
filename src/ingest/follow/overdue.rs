//! Closing calls whose end was lost.

use std::time::Duration;

use chrono::Utc;

use super::{Step, Task, Trouble};
use crate::ingest::projector::close_overdue;
use crate::store::Connection;
use crate::store::lease::Fence;

/// How often it looks for some.
const POLL: Duration = Duration::from_secs(60);

/// Closes calls that go on for longer than a call may.
pub(super) struct Overdue;

impl Task for Overdue {
    fn step(&mut self, target: &mut Connection, fence: &Fence) -> Result<Step, Trouble> {
        let totals = close_overdue(target, Utc::now(), Some(*fence))?;
        if totals.changed > 0 {
            log::info!("closed {} calls whose end was lost", totals.changed);
        }
        Ok(Step {
            again: POLL,
            ..Step::default()
        })
    }
}
