//! A pool of connections.
//!
//! It is built without connecting, so that the service starts (not ready) without its
//! database, and it gives up after a short wait, so that an outage shows.

use std::ops::{Deref, DerefMut};
use std::time::{Duration, Instant};

use diesel::connection::TransactionManager;
use diesel::r2d2;
use diesel::{QueryResult, RunQueryDsl};

use super::{Connection, DatabaseUrl, connect};

/// How long [`Pool::get`] waits for a connection.
const WAIT: Duration = Duration::from_secs(3);

/// A connection that answered as recently as this is not asked again before it is used.
const TRUSTED_FOR: Duration = Duration::from_secs(1);

/// No connection within the time allowed: the database is away, or all are in use.
pub type PoolError = r2d2::PoolError;

/// A connection borrowed from the pool. It goes back when it is dropped.
pub type Pooled = r2d2::PooledConnection<Manager>;

/// Connections to one database, shared by all threads. Cloning it is cheap.
#[derive(Clone)]
pub struct Pool(r2d2::Pool<Manager>);

impl Pool {
    /// How many connections there are at most, when nothing else is said.
    pub const DEFAULT_SIZE: u32 = 8;

    /// A pool of at most `size` connections. It waits for none of them to open.
    pub fn new(url: DatabaseUrl, size: u32) -> Self {
        let pool = r2d2::Pool::builder()
            .max_size(size.max(1))
            .min_idle(Some(1))
            .connection_timeout(WAIT)
            .build_unchecked(Manager(url));
        Self(pool)
    }

    /// A connection that works, within three seconds. It blocks the thread.
    pub fn get(&self) -> Result<Pooled, PoolError> {
        self.0.get()
    }
}

/// Opens and checks the pool's connections.
#[derive(Debug)]
pub struct Manager(DatabaseUrl);

/// A pool's connection. It dereferences to [`Connection`].
pub struct Checked {
    connection: Connection,
    answered: Instant,
}

impl Deref for Checked {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.connection
    }
}

impl DerefMut for Checked {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.connection
    }
}

impl r2d2::ManageConnection for Manager {
    type Connection = Checked;
    type Error = r2d2::Error;

    fn connect(&self) -> Result<Checked, r2d2::Error> {
        let connection = connect(&self.0).map_err(r2d2::Error::ConnectionError)?;
        Ok(Checked {
            connection,
            answered: Instant::now(),
        })
    }

    fn is_valid(&self, checked: &mut Checked) -> Result<(), r2d2::Error> {
        if checked.answered.elapsed() < TRUSTED_FOR {
            return Ok(());
        }
        ping(&mut checked.connection).map_err(r2d2::Error::QueryError)?;
        checked.answered = Instant::now();
        Ok(())
    }

    fn has_broken(&self, checked: &mut Checked) -> bool {
        // A transaction that is still open was left by a panic.
        let connection = &mut checked.connection;
        let depth = Connection::transaction_manager_status_mut(connection).transaction_depth();
        !matches!(depth, Ok(None))
    }
}

fn ping(connection: &mut Connection) -> QueryResult<()> {
    diesel::sql_query("SELECT 1").execute(connection).map(drop)
}
