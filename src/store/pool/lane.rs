//! The way to one host while it answers: its pool of connections, and who may use them.
//!
//! The client library never gives up on a query, so work can hang. It holds its permit all the
//! while: no more work hangs than there are connections, and whoever has no permit yet waits
//! for it without a thread. When the host is parked, its lane is gone, with the connections
//! that hang; a host that answers again gets a new one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock, Weak};
use std::time::Duration;

use diesel::r2d2;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use super::host::Host;
use super::manager::Manager;
use super::{PoolError, Pooled};
use crate::store::DatabaseUrl;

/// How long a thread waits for a connection to open.
const WAIT: Duration = Duration::from_secs(3);

/// The host of a lane is parked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parked;

/// The way to a host while it answers.
pub struct Lane {
    host: Weak<Host>,
    pool: r2d2::Pool<Manager>,
    permits: Arc<Semaphore>,
    gone: watch::Sender<bool>,
    retired: Arc<AtomicBool>,
    reason: RwLock<String>,
}

impl Lane {
    pub(super) fn new(host: Weak<Host>, url: DatabaseUrl, size: u32) -> Arc<Self> {
        let retired = Arc::new(AtomicBool::new(false));
        let pool = r2d2::Pool::builder()
            .max_size(size)
            .min_idle(Some(1))
            .connection_timeout(WAIT)
            .error_handler(Box::new(Suspicion(Weak::clone(&host))))
            .build_unchecked(Manager::new(url, Arc::clone(&retired)));
        Arc::new(Self {
            host,
            pool,
            permits: Arc::new(Semaphore::new(size as usize)),
            gone: watch::Sender::new(false),
            retired,
            reason: RwLock::default(),
        })
    }

    /// Waits until a connection may be used. The permit belongs into the work that uses it.
    ///
    /// # Errors
    /// The host is parked.
    pub async fn permit(&self) -> Result<OwnedSemaphorePermit, Parked> {
        let permits = Arc::clone(&self.permits);
        permits.acquire_owned().await.map_err(|_| Parked)
    }

    /// Waits until the host is parked.
    pub async fn gone(&self) {
        // The sender is ours, so this ends only when it says so.
        let _ = self.gone.subscribe().wait_for(|gone| *gone).await;
    }

    /// A connection that works, within a few seconds. It blocks the thread.
    ///
    /// # Errors
    /// None could be had.
    pub fn get(&self) -> Result<Pooled, PoolError> {
        self.pool
            .get()
            .map_err(|error| PoolError(error.to_string()))
    }

    /// Says that something was wrong, so that the host is looked at.
    pub fn suspect(&self) {
        if let Some(host) = self.host.upgrade() {
            host.suspect();
        }
    }

    /// Why the host was parked, when it was.
    pub fn reason(&self) -> PoolError {
        let reason = self.reason.read().unwrap_or_else(PoisonError::into_inner);
        PoolError(reason.clone())
    }

    /// Ends the lane: nobody gets a permit any more, and nobody waits for work in it.
    pub(super) fn close(&self, reason: &str) {
        *self.reason.write().unwrap_or_else(PoisonError::into_inner) = reason.to_owned();
        self.retired.store(true, Ordering::Relaxed);
        self.permits.close();
        self.gone.send_replace(true);
    }

    /// What is left of a closed lane: the permits, which work that hangs still holds.
    pub(super) fn permits(&self) -> Weak<Semaphore> {
        Arc::downgrade(&self.permits)
    }
}

/// r2d2 tells of connections that fail: when they open, and when they are checked.
#[derive(Debug)]
struct Suspicion(Weak<Host>);

impl<E: std::error::Error> r2d2::HandleError<E> for Suspicion {
    fn handle_error(&self, error: E) {
        log::debug!("connection failed: {error}");
        if let Some(host) = self.0.upgrade() {
            host.suspect();
        }
    }
}
