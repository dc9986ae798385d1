//! When a channel came into bridges, and when it left them.

use super::bridges::MOMENT;
use crate::model::Time;

/// Comings and goings, each in the order of time.
#[derive(Debug, Default)]
pub(super) struct Moves {
    entered: Vec<Time>,
    left: Vec<Time>,
}

impl Moves {
    pub(super) fn entered(&mut self, time: Time) {
        self.entered.push(time);
    }

    pub(super) fn left(&mut self, time: Time) {
        self.left.push(time);
    }

    /// Whether somebody has answered what the channel ran from `since` on, and is with it at
    /// `time`: then that rings nobody any more.
    pub(super) fn talks(&self, since: Time, time: Time) -> bool {
        let before = |times: &[Time]| times.partition_point(|at| *at < time);
        let entered = &self.entered[..before(&self.entered)];
        entered.len() > before(&self.left) && entered.last().is_some_and(|at| *at > since)
    }

    /// Whether it left a bridge once.
    pub(super) fn has_left(&self) -> bool {
        !self.left.is_empty()
    }

    /// Whether it left a bridge at this moment.
    pub(super) fn left_at(&self, time: Time) -> bool {
        let first = self.left.partition_point(|at| *at < time - MOMENT);
        self.left.get(first).is_some_and(|at| *at <= time + MOMENT)
    }
}
