//! Token buckets, one for each key, in bounded memory.
//!
//! A bucket is the moment at which it is full again (the generic cell rate algorithm). One that
//! is full is like one that was never touched, so it can be forgotten. Time is monotonic: a
//! clock that is set changes nothing.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};
use std::marker::PhantomData;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// So many buckets are kept. Whoever comes while all of them are in use shares one.
const KEPT: usize = 10_000;

/// How often at most the full ones are looked for.
const CLEANED: Duration = Duration::from_secs(1);

/// How fast a bucket fills, and how much it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rate {
    /// Requests in a second, at least 1.
    pub(super) per_second: u32,
    /// Requests at once, at least 1.
    pub(super) burst: u32,
}

impl Rate {
    /// The time for one more request.
    fn step(self) -> Duration {
        Duration::from_secs(1) / self.per_second
    }

    /// The time in which an empty bucket fills.
    pub(super) fn window(self) -> Duration {
        self.step() * self.burst
    }
}

/// What a bucket holds after a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Level {
    /// Whether there was something left for the request.
    pub(super) allowed: bool,
    /// Requests that may follow at once.
    pub(super) remaining: u32,
    /// Until the bucket is full, or, for a request that was not allowed, until it would be.
    pub(super) wait: Duration,
}

/// The buckets of one rate.
pub(super) struct Buckets<K> {
    rate: Rate,
    hasher: RandomState,
    inner: Mutex<Inner>,
    keys: PhantomData<fn(&K)>,
}

#[derive(Default)]
struct Inner {
    /// When each is full, by its key's hash, which has a seed that nobody knows.
    full_at: HashMap<u64, Instant>,
    /// When the shared one is full.
    shared: Option<Instant>,
    cleaned: Option<Instant>,
}

impl<K: Hash> Buckets<K> {
    pub(super) fn new(rate: Rate) -> Self {
        Self {
            rate,
            hasher: RandomState::new(),
            inner: Mutex::default(),
            keys: PhantomData,
        }
    }

    pub(super) fn rate(&self) -> Rate {
        self.rate
    }

    /// Takes one request out of the key's bucket, if there is one left.
    pub(super) fn take(&self, key: &K, now: Instant) -> Level {
        let hash = self.hasher.hash_one(key);
        let mut inner = self.lock();
        let full_at = inner.bucket(hash, now);
        let level = self.level(*full_at, now);
        if level.allowed {
            *full_at = now + level.wait;
        }
        level
    }

    /// What [`take`](Self::take) would say; takes nothing.
    pub(super) fn look(&self, key: &K, now: Instant) -> Level {
        let hash = self.hasher.hash_one(key);
        let full_at = self.lock().full_at.get(&hash).copied();
        self.level(full_at.unwrap_or(now), now)
    }

    fn level(&self, full_at: Instant, now: Instant) -> Level {
        let (step, window) = (self.rate.step(), self.rate.window());
        let after = full_at.saturating_duration_since(now) + step;
        let left = window.saturating_sub(after).as_nanos() / step.as_nanos();
        Level {
            allowed: after <= window,
            remaining: u32::try_from(left).unwrap_or(u32::MAX),
            wait: after
                .checked_sub(window)
                .filter(|w| !w.is_zero())
                .unwrap_or(after),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// The bucket of a key; the shared one when there is no room.
    fn bucket(&mut self, hash: u64, now: Instant) -> &mut Instant {
        if self.full_at.len() >= KEPT && !self.full_at.contains_key(&hash) {
            let is_due = |at| now.saturating_duration_since(at) >= CLEANED;
            if self.cleaned.is_none_or(is_due) {
                self.cleaned = Some(now);
                self.full_at.retain(|_, full_at| *full_at > now);
            }
            if self.full_at.len() >= KEPT {
                return self.shared.get_or_insert(now);
            }
        }
        self.full_at.entry(hash).or_insert(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate {
        per_second: 10,
        burst: 3,
    };

    fn after(start: Instant, ms: u64) -> Instant {
        start + Duration::from_millis(ms)
    }

    #[test]
    fn a_burst_then_the_rate_for_each_key_by_itself() {
        let (buckets, start) = (Buckets::new(RATE), Instant::now());
        let take = |key: &str, ms| {
            let level = buckets.take(&key.to_owned(), after(start, ms));
            (level.allowed, level.remaining, level.wait.as_millis())
        };
        assert_eq!(take("a", 0), (true, 2, 100));
        assert_eq!(take("a", 0), (true, 1, 200));
        assert_eq!(take("a", 0), (true, 0, 300));
        assert_eq!(take("a", 0), (false, 0, 100));
        // Who is refused does not wait longer for asking.
        assert_eq!(take("a", 99), (false, 0, 1));
        assert_eq!(take("b", 99), (true, 2, 100));
        assert_eq!(take("a", 100), (true, 0, 300));
        assert_eq!(take("a", 100), (false, 0, 100));
        assert_eq!(take("a", 60_000), (true, 2, 100));
    }

    #[test]
    fn looking_takes_nothing() {
        let (buckets, now) = (Buckets::new(RATE), Instant::now());
        for _ in 0..10 {
            assert!(buckets.look(&"a", now).allowed);
        }
        for _ in 0..3 {
            buckets.take(&"a", now);
        }
        assert!(!buckets.look(&"a", now).allowed);
    }

    #[test]
    fn however_many_keys_there_are_memory_is_bounded_and_the_limit_holds() {
        let (buckets, start) = (Buckets::new(RATE), Instant::now());
        let allowed = (0..3 * KEPT).filter(|key| buckets.take(key, start).allowed);
        // Those that found no room of their own had one bucket together.
        assert_eq!(allowed.count(), KEPT + RATE.burst as usize);
        assert_eq!(buckets.lock().full_at.len(), KEPT);
        // A moment later all are full, and forgotten for those who come.
        assert!(buckets.take(&(4 * KEPT), after(start, 1_000)).allowed);
        assert_eq!(buckets.lock().full_at.len(), 1);
    }

    #[test]
    fn a_clock_that_goes_backward_is_no_harm() {
        let (buckets, start) = (Buckets::new(RATE), Instant::now());
        assert!(buckets.take(&"a", after(start, 100)).allowed);
        let level = buckets.take(&"a", start);
        assert!(level.allowed && level.remaining <= RATE.burst, "{level:?}");
    }
}
