//! How much of the service one client may have at the same time.
//!
//! A client has a [`Share`]: so many requests in progress, and so many of the database's
//! connections, of which some are left for everybody else. Work that hangs keeps its place.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Requests of one client that may be in progress; most of them wait for their turn.
const IN_PROGRESS: usize = 128;

/// Connections to the database that one client may use. The service has eight.
const CONNECTIONS: usize = 6;

/// Exports of one client that may be in progress.
const EXPORTS: usize = 4;

/// The share of one client.
pub(in crate::api) struct Share {
    places: Arc<Semaphore>,
    connections: Arc<Semaphore>,
    exports: Arc<Semaphore>,
}

tokio::task_local! {
    /// The share of the client whose request this task answers.
    static CURRENT: Arc<Share>;
}

impl Share {
    fn new() -> Self {
        Self {
            places: Arc::new(Semaphore::new(IN_PROGRESS)),
            connections: Arc::new(Semaphore::new(CONNECTIONS)),
            exports: Arc::new(Semaphore::new(EXPORTS)),
        }
    }

    /// The share of the client whose request this task answers; None where nobody is limited.
    pub(super) fn current() -> Option<Arc<Self>> {
        CURRENT.try_with(Arc::clone).ok()
    }

    /// A place for an export of this client; None when all are taken.
    pub(super) fn export(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.exports).try_acquire_owned().ok()
    }

    /// Does the work as a part of this share.
    pub(super) async fn carry<F: Future>(self: Arc<Self>, work: F) -> F::Output {
        CURRENT.scope(self, work).await
    }

    /// A place for a request of this client; None when all are taken.
    pub(in crate::api) fn place(self: &Arc<Self>) -> Option<Place> {
        let held = Arc::clone(&self.places).try_acquire_owned().ok()?;
        Some(Place {
            share: Arc::clone(self),
            _held: held,
        })
    }
}

/// A request in progress.
pub(in crate::api) struct Place {
    share: Arc<Share>,
    _held: OwnedSemaphorePermit,
}

impl Place {
    /// Answers the request.
    pub(in crate::api) async fn answer<F: Future>(self, answer: F) -> F::Output {
        Arc::clone(&self.share).carry(answer).await
    }
}

/// Waits until this task's client may use one more connection. The turn belongs into the work
/// that uses it. Work that is nobody's (readiness) has none and needs none.
pub(in crate::api) async fn turn() -> Option<Turn> {
    let share = Share::current()?;
    // It is never closed.
    let held = Arc::clone(&share.connections).acquire_owned().await.ok()?;
    Some(Turn {
        _share: share,
        _held: held,
    })
}

/// That one of the client's connections is used. The share lives as long as that, even when
/// nobody waits for the work any more.
pub(in crate::api) struct Turn {
    _share: Arc<Share>,
    _held: OwnedSemaphorePermit,
}

/// The shares of those who have one now.
pub(super) struct Shares<K>(Mutex<HashMap<K, Weak<Share>>>);

impl<K> Default for Shares<K> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Hash + Eq> Shares<K> {
    /// The share of this client.
    pub(super) fn of(&self, key: K) -> Arc<Share> {
        let mut shares = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(share) = shares.get(&key).and_then(Weak::upgrade) {
            return share;
        }
        // Room for one more: before the map grows, those that nobody holds any more go.
        if shares.len() == shares.capacity() {
            shares.retain(|_, share| share.strong_count() > 0);
        }
        let share = Arc::new(Share::new());
        shares.insert(key, Arc::downgrade(&share));
        share
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(shares: &Shares<&'static str>, client: &'static str) -> Place {
        shares.of(client).place().unwrap()
    }

    #[actix_web::test]
    async fn a_client_has_some_of_the_connections_and_others_have_theirs() {
        let shares = Shares::default();
        let turns = async |count: usize| {
            let mut turns = Vec::new();
            for _ in 0..count {
                turns.push(turn().await);
            }
            turns
        };
        let held = place(&shares, "a").answer(turns(CONNECTIONS)).await;
        assert!(held.iter().all(Option::is_some));
        // A further turn of the same client waits; another client's does not.
        let mut waiting = Box::pin(place(&shares, "a").answer(turn()));
        assert!(at_once(&mut waiting).is_none());
        assert!(place(&shares, "b").answer(turn()).await.is_some());
        drop(held);
        assert!(waiting.await.is_some());
        assert!(turn().await.is_none(), "nobody's");
    }

    #[test]
    fn too_many_requests_of_one_client_are_turned_away() {
        let shares = Shares::default();
        let all: Vec<_> = (0..IN_PROGRESS).map(|_| place(&shares, "a")).collect();
        assert!(shares.of("a").place().is_none());
        assert!(shares.of("b").place().is_some());
        drop(all);
        assert!(shares.of("a").place().is_some());
    }

    #[test]
    fn shares_that_nobody_holds_are_forgotten() {
        let shares = Shares::default();
        for key in 0..100_000 {
            drop(shares.of(key));
        }
        assert!(shares.0.lock().unwrap().capacity() < 100);
    }

    /// The output when the future is done at its first look.
    fn at_once<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        match std::pin::Pin::new(future).poll(&mut context) {
            std::task::Poll::Ready(output) => Some(output),
            std::task::Poll::Pending => None,
        }
    }
}
