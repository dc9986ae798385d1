//! One host of the database: whether it answers, and what is done while it does not.
//!
//! Whoever meets a fault says so ([`Host::suspect`]); a thread then asks the host, and parks it
//! when it refuses or stays silent. The same thread goes on asking until it answers again.
//! There is one such thread for a host, and none while all is well.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;

use super::lane::Lane;
use crate::store::DatabaseUrl;
use crate::store::reach::{ask, silent};

/// A host that has not answered after this long is parked; the question stays open.
const VERDICT: Duration = Duration::from_millis(1500);

/// How long an open question is waited for before another is asked.
const OPEN: Duration = Duration::from_secs(10);

/// The wait before a host that refused is asked again.
const AGAIN: Duration = Duration::from_millis(500);

/// How many questions may be open: each is a thread that hangs in the client library.
const OPEN_QUESTIONS: usize = 4;

/// How many generations of connections may hang. With more, the host stays parked until some
/// of them end, as those of a host that was frozen do.
const HANGING: usize = 3;

/// A host, and the way to it while it answers.
pub(super) struct Host {
    itself: Weak<Host>,
    url: DatabaseUrl,
    size: u32,
    state: Mutex<State>,
    /// Whether the thread that asks is running.
    asking: AtomicBool,
    open_questions: Arc<AtomicUsize>,
}

struct State {
    way: Way,
    /// The permits of lanes that are gone, while work holds some.
    hanging: Vec<Weak<Semaphore>>,
}

enum Way {
    Open(Arc<Lane>),
    Parked { since: Instant, reason: String },
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Host({})", self.url)
    }
}

impl Host {
    pub(super) fn new(url: DatabaseUrl, size: u32) -> Arc<Self> {
        Arc::new_cyclic(|itself| Self {
            itself: Weak::clone(itself),
            state: Mutex::new(State {
                way: Way::Open(Lane::new(Weak::clone(itself), url.clone(), size)),
                hanging: Vec::new(),
            }),
            url,
            size,
            asking: AtomicBool::new(false),
            open_questions: Arc::default(),
        })
    }

    /// The way to the host, or why there is none.
    pub(super) fn lane(&self) -> Result<Arc<Lane>, String> {
        match &self.state().way {
            Way::Open(lane) => Ok(Arc::clone(lane)),
            Way::Parked { reason, .. } => Err(reason.clone()),
        }
    }

    /// Looks at the host, in a thread, unless that is being done.
    pub(super) fn suspect(&self) {
        if self.asking.swap(true, Ordering::AcqRel) {
            return;
        }
        let host = Weak::clone(&self.itself);
        let thread = thread::Builder::new().name("database-check".into());
        if let Err(error) = thread.spawn(move || watch(&host)) {
            self.asking.store(false, Ordering::Release);
            log::error!("no thread to look at the database: {error}");
        }
    }

    /// Asks once, and does what the answer says. Returns whether the host is well.
    fn look(&self) -> bool {
        let answer = self.question();
        let result = match answer.recv_timeout(VERDICT) {
            Err(RecvTimeoutError::Timeout) => {
                self.park(&silent(VERDICT));
                answer.recv_timeout(OPEN)
            }
            answered => answered,
        };
        match result {
            Ok(Ok(())) => self.revive(),
            Ok(Err(reason)) => {
                self.park(&reason);
                thread::sleep(AGAIN);
                false
            }
            Err(RecvTimeoutError::Disconnected) => {
                thread::sleep(AGAIN);
                false
            }
            Err(RecvTimeoutError::Timeout) => {
                self.leave_open(answer);
                false
            }
        }
    }

    fn question(&self) -> Receiver<Result<(), String>> {
        ask(&self.url)
    }

    /// Waits for this question no longer, unless too many are open already.
    fn leave_open(&self, answer: Receiver<Result<(), String>>) {
        let open = Arc::clone(&self.open_questions);
        if open.fetch_add(1, Ordering::AcqRel) + 1 < OPEN_QUESTIONS {
            let wait = move || {
                let _ = answer.recv();
                open.fetch_sub(1, Ordering::AcqRel);
            };
            // Counted for good when there is no thread to wait for it.
            let _ = thread::Builder::new().spawn(wait);
        } else {
            let _ = answer.recv();
            open.fetch_sub(1, Ordering::AcqRel);
        }
    }

    fn park(&self, reason: &str) {
        let mut state = self.state();
        let now = Instant::now();
        let parked = |since| Way::Parked {
            since,
            reason: format!("{}: {reason}", self.url),
        };
        match &state.way {
            Way::Parked { since, .. } => {
                let since = *since;
                state.way = parked(since);
            }
            Way::Open(lane) => {
                let lane = Arc::clone(lane);
                state.hanging.push(lane.permits());
                state.way = parked(now);
                drop(state);
                lane.close(reason);
                log::warn!("database {}: away: {reason}", self.url);
            }
        }
    }

    /// Opens a new way to a host that answers. Returns whether there is one.
    fn revive(&self) -> bool {
        let mut state = self.state();
        let Way::Parked { since, .. } = state.way else {
            return true;
        };
        let hanging = hanging(&mut state.hanging, self.size);
        if hanging >= HANGING * self.size as usize {
            drop(state);
            self.park(&format!("{hanging} earlier requests still wait for it"));
            thread::sleep(AGAIN);
            return false;
        }
        let lane = Lane::new(Weak::clone(&self.itself), self.url.clone(), self.size);
        state.way = Way::Open(lane);
        drop(state);
        let seconds = since.elapsed().as_secs_f32();
        log::info!("database {}: back after {seconds:.1} s", self.url);
        true
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How much work of earlier lanes hangs; forgets the lanes that have none left.
fn hanging(lanes: &mut Vec<Weak<Semaphore>>, size: u32) -> usize {
    let mut count = 0;
    lanes.retain(|permits| {
        let held = permits
            .upgrade()
            .map_or(0, |permits| size as usize - permits.available_permits());
        count += held;
        held > 0
    });
    count
}

/// Asks until the host is well or nobody needs it any more.
fn watch(host: &Weak<Host>) {
    while let Some(host) = host.upgrade() {
        if host.look() {
            host.asking.store(false, Ordering::Release);
            return;
        }
    }
}
