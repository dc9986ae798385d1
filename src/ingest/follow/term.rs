//! One time for which this process follows, or waits to: from the look for the lease until it
//! is lost or given up. Its threads end with it; one that hangs in the database is left behind,
//! and the lease's fence keeps it from writing should it ever wake up.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// What the threads of one term share.
pub(super) struct Term {
    state: Mutex<State>,
    woken: Condvar,
}

struct State {
    is_over: bool,
    /// How often it was rung.
    rung: u64,
    /// When the keeper of the lease last heard from the database.
    heard: Instant,
    holds_lease: bool,
    threads: usize,
}

impl Term {
    pub(super) fn new() -> Self {
        Self {
            state: Mutex::new(State {
                is_over: false,
                rung: 0,
                heard: Instant::now(),
                holds_lease: false,
                threads: 0,
            }),
            woken: Condvar::new(),
        }
    }

    pub(super) fn end(&self) {
        self.state().is_over = true;
        self.woken.notify_all();
    }

    pub(super) fn is_over(&self) -> bool {
        self.state().is_over
    }

    /// Says that rows were copied.
    pub(super) fn ring(&self) {
        self.state().rung += 1;
        self.woken.notify_all();
    }

    /// Sleeps; returns whether the term is over, and then at once.
    pub(super) fn sleep(&self, duration: Duration) -> bool {
        self.wait(duration, |state| state.is_over).is_over
    }

    /// Sleeps, but no longer than until it is rung; `heard` is how often that was noticed.
    /// Returns whether the term is over.
    pub(super) fn sleep_until_rung(&self, duration: Duration, heard: &mut u64) -> bool {
        let state = self.wait(duration, |state| state.is_over || state.rung != *heard);
        *heard = state.rung;
        state.is_over
    }

    /// The keeper of the lease has heard from the database.
    pub(super) fn hear(&self, holds_lease: bool) {
        let mut state = self.state();
        state.heard = Instant::now();
        state.holds_lease = holds_lease;
    }

    /// Since when nothing was heard from the database, and whether the lease was held then.
    pub(super) fn heard(&self) -> (Instant, bool) {
        let state = self.state();
        (state.heard, state.holds_lease)
    }

    /// Counts a thread; it ends when what is returned is dropped.
    pub(super) fn thread(self: &Arc<Self>) -> Thread {
        self.state().threads += 1;
        Thread(Arc::clone(self))
    }

    /// Waits until no more than so many threads are left; returns how many are.
    pub(super) fn wait_for_threads(&self, left: usize, limit: Duration) -> usize {
        self.wait(limit, |state| state.threads <= left).threads
    }

    fn wait(&self, limit: Duration, until: impl Fn(&State) -> bool) -> MutexGuard<'_, State> {
        let waited = self
            .woken
            .wait_timeout_while(self.state(), limit, |state| !until(state));
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A thread of a term.
pub(super) struct Thread(Arc<Term>);

impl Drop for Thread {
    fn drop(&mut self) {
        self.0.state().threads -= 1;
        self.0.woken.notify_all();
    }
}
