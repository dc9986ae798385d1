//! Connections of the service: a pool for each host of the database.
//!
//! A pool is built without connecting, so that the service starts (not ready) without its
//! database. A host that does not answer is parked (`host.rs`): nobody waits for it until it
//! answers again, and the next one is used. `lane.rs` says how work that hangs stays bounded.

mod host;
mod lane;
mod manager;

use std::sync::Arc;

use diesel::r2d2;

pub use lane::{Lane, Parked};
pub use manager::{Checked, Manager};

use super::DatabaseUrls;
use host::Host;

/// No connection within the time allowed: the database is away, or all are in use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct PoolError(String);

/// A connection borrowed from the pool. It goes back when it is dropped.
pub type Pooled = r2d2::PooledConnection<Manager>;

/// Connections to one database, shared by all threads. Cloning it is cheap.
#[derive(Clone)]
pub struct Pool(Arc<[Arc<Host>]>);

impl Pool {
    /// How many connections there are at most to a host, when nothing else is said.
    pub const DEFAULT_SIZE: u32 = 8;

    /// A pool of at most `size` connections to each host. It waits for none of them to open.
    pub fn new(urls: &DatabaseUrls, size: u32) -> Self {
        let hosts = urls.iter().map(|url| Host::new(url.clone(), size.max(1)));
        Self(hosts.collect())
    }

    /// The way to the first host that is not parked.
    ///
    /// # Errors
    /// All are; the reasons.
    pub fn lane(&self) -> Result<Arc<Lane>, PoolError> {
        let mut reasons = Vec::new();
        for host in self.0.iter() {
            match host.lane() {
                Ok(lane) => return Ok(lane),
                Err(reason) => reasons.push(reason),
            }
        }
        Err(PoolError(reasons.join("; ")))
    }

    /// A connection that works, within a few seconds. It blocks the thread.
    ///
    /// # Errors
    /// The database is away, or all connections are in use.
    pub fn get(&self) -> Result<Pooled, PoolError> {
        self.lane()?.get()
    }
}
