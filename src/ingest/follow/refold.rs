//! Folding everything again when the directory, the trunks or a zone have changed, beside the
//! rows that come meanwhile.

use std::time::{Duration, Instant};

use super::{Step, Task, Trouble};
use crate::ingest::projector::{Rebuild, Totals};
use crate::store::lease::Fence;
use crate::store::{Connection, revisions};

/// How often it looks whether it is wanted.
const POLL: Duration = Duration::from_secs(1);

/// Folds everything again when that is wanted.
#[derive(Default)]
pub(super) struct Refold {
    going_on: Option<(Rebuild, Totals, Instant)>,
}

impl Task for Refold {
    fn step(&mut self, target: &mut Connection, fence: &Fence) -> Result<Step, Trouble> {
        // Taken out: one that failed begins anew.
        let (mut rebuild, mut totals, begun) = match self.going_on.take() {
            Some(going_on) => going_on,
            None if !revisions::refold_is_wanted(target)? => {
                return Ok(Step {
                    again: POLL,
                    ..Step::default()
                });
            }
            None => {
                log::info!(
                    "the directory, the trunks or a zone have changed: folding all calls again"
                );
                let rebuild = Rebuild::begin(target, Some(*fence))?;
                (rebuild, Totals::default(), Instant::now())
            }
        };
        match rebuild.step(target)? {
            Some(step) => {
                totals.add(step);
                self.going_on = Some((rebuild, totals, begun));
            }
            None => log::info!(
                "folded {} calls again in {:.0} s: {} changed, {} removed",
                totals.total(),
                begun.elapsed().as_secs_f32(),
                totals.changed,
                totals.removed
            ),
        }
        Ok(Step::default())
    }
}
