//! Slows down whoever guesses passwords.
//!
//! Failures are counted for a user at an address, for an address, and for a user. Each has some
//! for free; then the next attempt has to wait, longer with each failure up to a bound, and what
//! is counted fades. The user alone counts little: anybody can fail in somebody else's name, so
//! that wait is short, and who has logged in from an address before is asked only about the two
//! together. Users that do not exist are counted as well.
//!
//! An attempt counts as a failure from when it is let through until it is known to be none:
//! guesses that come at the same time wait like those that come one after another.
//!
//! Time is monotonic: a clock that is set changes nothing. Memory is bounded; of names and
//! addresses only a hash is held.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How many failures and how many known addresses are remembered.
const REMEMBERED: usize = 10_000;
/// Each such time takes one failure off.
const FADES: Duration = Duration::from_secs(120);
/// How long it counts that somebody has logged in from an address.
const KNOWN_FOR: Duration = Duration::from_secs(30 * 24 * 3600);

/// How many failures are for free, and how long the wait becomes.
#[derive(Clone, Copy)]
struct Patience {
    free: u32,
    longest: Duration,
}

/// A user at an address: somebody who mistypes.
const PAIR: Patience = Patience {
    free: 5,
    longest: Duration::from_secs(60),
};
/// An address: perhaps a whole office.
const ADDRESS: Patience = Patience {
    free: 30,
    longest: Duration::from_secs(60),
};
/// A user, from wherever.
const USER: Patience = Patience {
    free: 30,
    longest: Duration::from_secs(5),
};

/// Remembers who failed.
#[derive(Default)]
pub struct Throttle {
    hasher: RandomState,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    failures: HashMap<u64, Failures>,
    /// Users at addresses from which they have logged in, and when they did last.
    known: HashMap<u64, Instant>,
}

#[derive(Clone, Copy)]
struct Failures {
    count: u32,
    /// Since when the count fades.
    since: Instant,
    /// Before this, no further attempt.
    until: Instant,
}

/// An attempt that was let through. It is a failure unless something else is told of it.
#[derive(Debug, PartialEq, Eq)]
pub struct Attempt {
    pair: u64,
    /// Where it is counted. What already was at its most has not grown with it, and shall not
    /// shrink with it either.
    counted: Vec<u64>,
}

impl Throttle {
    /// Lets an attempt through.
    ///
    /// # Errors
    /// The time to wait before the next attempt.
    pub fn admit(&self, user: &str, from: IpAddr, now: Instant) -> Result<Attempt, Duration> {
        let from = network(from);
        let pair = self.hash(("pair", user, from));
        let all = [
            (pair, PAIR),
            (self.hash(("address", from)), ADDRESS),
            (self.hash(("user", user)), USER),
        ];
        let mut inner = self.lock();
        let asked = if inner.is_known(pair, now) {
            &all[..1]
        } else {
            &all[..]
        };
        let wait = asked.iter().map(|(key, _)| inner.wait(*key, now)).max();
        if let Some(wait) = wait.filter(|wait| !wait.is_zero()) {
            return Err(wait);
        }
        for (key, patience) in asked {
            inner.hold(*key, *patience, now);
        }
        let counts = all.iter();
        let counted = counts.filter(|(key, patience)| inner.count(*key, *patience, now));
        Ok(Attempt {
            pair,
            counted: counted.map(|(key, _)| *key).collect(),
        })
    }

    /// The password was right.
    pub fn succeeded(&self, attempt: Attempt, now: Instant) {
        let mut inner = self.lock();
        // Of the others its own count only: who may log in somewhere shall not wash away
        // failures in others' names.
        inner.take_back(&attempt, now);
        inner.failures.remove(&attempt.pair);
        inner.know(attempt.pair, now);
    }

    /// Whether it was right was not found out, through no fault of whoever tried.
    pub fn undecided(&self, attempt: &Attempt, now: Instant) {
        self.lock().take_back(attempt, now);
    }

    fn hash(&self, key: impl Hash) -> u64 {
        self.hasher.hash_one(key)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn wait(&self, key: u64, now: Instant) -> Duration {
        let failures = self.failures.get(&key);
        failures.map_or(Duration::ZERO, |f| f.until.saturating_duration_since(now))
    }

    /// Where no failure is free any more, attempts come one by one.
    fn hold(&mut self, key: u64, patience: Patience, now: Instant) {
        if let Some(failures) = self.failures.get_mut(&key) {
            failures.fade(now);
            failures.until = now + failures.delay(patience);
        }
    }

    /// Counts a failure; returns whether there are more than before.
    fn count(&mut self, key: u64, patience: Patience, now: Instant) -> bool {
        if !self.failures.contains_key(&key) {
            self.make_room(now);
        }
        let failures = self.failures.entry(key).or_insert(Failures {
            count: 0,
            since: now,
            until: now,
        });
        failures.fade(now);
        // More would only take longer to fade.
        let most = patience.free + Failures::STEPS;
        let grows = failures.count < most;
        failures.count += u32::from(grows);
        grows
    }

    fn take_back(&mut self, attempt: &Attempt, now: Instant) {
        for key in &attempt.counted {
            if let Some(failures) = self.failures.get_mut(key) {
                failures.count = failures.count.saturating_sub(1);
                if failures.count == 0 && failures.until <= now {
                    self.failures.remove(key);
                }
            }
        }
    }

    fn make_room(&mut self, now: Instant) {
        if self.failures.len() < REMEMBERED {
            return;
        }
        self.failures.retain(|_, failures| {
            failures.fade(now);
            failures.count > 0
        });
        if self.failures.len() >= REMEMBERED {
            // Those who failed once or twice: who guesses on is not forgotten for them.
            let mut counts: Vec<u32> = self.failures.values().map(|f| f.count).collect();
            let (_, median, _) = counts.select_nth_unstable(REMEMBERED / 2);
            let (median, mut left) = (*median, REMEMBERED / 2);
            self.failures.retain(|_, failures| {
                let goes = failures.count <= median && left > 0;
                left -= usize::from(goes);
                !goes
            });
        }
    }

    fn is_known(&self, pair: u64, now: Instant) -> bool {
        let last = self.known.get(&pair);
        last.is_some_and(|last| now.saturating_duration_since(*last) < KNOWN_FOR)
    }

    fn know(&mut self, pair: u64, now: Instant) {
        if self.known.len() >= REMEMBERED && !self.known.contains_key(&pair) {
            let mut times: Vec<Instant> = self.known.values().copied().collect();
            let (_, median, _) = times.select_nth_unstable(REMEMBERED / 2);
            let median = *median;
            self.known.retain(|_, last| *last > median);
        }
        self.known.insert(pair, now);
    }
}

impl Failures {
    /// After so many that are not free the wait is at its longest.
    const STEPS: u32 = 7;

    fn fade(&mut self, now: Instant) {
        let gone = now.saturating_duration_since(self.since).as_secs() / FADES.as_secs();
        let gone = u32::try_from(gone).unwrap_or(u32::MAX).min(self.count);
        self.count -= gone;
        self.since = if self.count == 0 {
            now
        } else {
            self.since + FADES * gone
        };
    }

    fn delay(&self, patience: Patience) -> Duration {
        match self.count.checked_sub(patience.free) {
            Some(more) => Duration::from_secs(1 << more.min(Self::STEPS)).min(patience.longest),
            None => Duration::ZERO,
        }
    }
}

/// What one client has: an IPv4 address, or the 64 bits of IPv6 within which it may choose.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests;
