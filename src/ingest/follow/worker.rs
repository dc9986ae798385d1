//! A thread that does one task, step by step, and tries again when it fails.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use chrono::Utc;

use super::board::Board;
use super::term::Term;
use super::{Step, Task, Trouble};
use crate::store::lease::Fence;
use crate::store::{Connection, DatabaseUrls, connect_to_work};

/// The wait after the first failure; it doubles each time.
const FIRST_WAIT: Duration = Duration::from_millis(500);
/// The longest wait after a failure.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// Waits that grow, so that what is in trouble is not asked too often.
pub(super) struct Backoff(Duration);

impl Backoff {
    pub(super) fn new() -> Self {
        Self(FIRST_WAIT)
    }

    /// The next wait. Many that failed together do not come back together.
    pub(super) fn next(&mut self) -> Duration {
        let wait = self.0.mul_f64(rand::random_range(0.75..1.25));
        self.0 = (self.0 * 2).min(LONGEST_WAIT);
        wait
    }
}

/// Does a task until the term is over. `wakes` says that rows which were copied wake it.
pub(super) fn work(
    name: &str,
    task: &mut dyn Task,
    wakes: bool,
    urls: &DatabaseUrls,
    fence: &Fence,
    term: &Term,
    board: &Board,
) {
    let mut backoff = Backoff::new();
    let mut target = None;
    let mut heard = 0;
    while !term.is_over() {
        let began = Utc::now();
        match step(task, &mut target, urls, fence) {
            Ok(step) => {
                backoff = Backoff::new();
                board.works(name, step.complaint.as_deref());
                if step.rows == 0 && !step.again.is_zero() && step.complaint.is_none() {
                    board.is_up_to_date(name, began);
                }
                if step.rows > 0 {
                    term.ring();
                }
                if wakes {
                    term.sleep_until_rung(step.again, &mut heard);
                } else {
                    term.sleep(step.again);
                }
            }
            Err(trouble) if trouble.is_lost_lease() => term.end(),
            Err(_) if term.is_over() => {}
            Err(trouble) => {
                board.failed(name, &trouble);
                target = None;
                term.sleep(backoff.next());
            }
        }
    }
}

fn step(
    task: &mut dyn Task,
    target: &mut Option<Connection>,
    urls: &DatabaseUrls,
    fence: &Fence,
) -> Result<Step, Trouble> {
    let target = match target {
        Some(target) => target,
        None => target.insert(connect_to_work(urls).map_err(away)?),
    };
    catch_unwind(AssertUnwindSafe(|| task.step(target, fence))).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
        Err(Trouble::new(
            "an error of call-history",
            text.unwrap_or("panic"),
        ))
    })
}

pub(super) fn away(error: diesel::ConnectionError) -> Trouble {
    Trouble::new("our own database cannot be reached", error)
}
