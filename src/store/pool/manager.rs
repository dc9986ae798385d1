//! Opening and checking the connections of one pool.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use diesel::connection::TransactionManager;
use diesel::{ConnectionError, r2d2};

use crate::store::connection::{FileId, connect_for_service, ping};
use crate::store::{Connection, DatabaseUrl};

/// A connection that answered as recently as this is not asked again before it is used.
const TRUSTED_FOR: Duration = Duration::from_secs(1);

/// Opens and checks the pool's connections.
#[derive(Debug)]
pub struct Manager {
    url: DatabaseUrl,
    /// Set when the pool is not used any more: r2d2 goes on trying to connect while somebody
    /// holds one of its connections.
    retired: Arc<AtomicBool>,
}

impl Manager {
    pub(super) fn new(url: DatabaseUrl, retired: Arc<AtomicBool>) -> Self {
        Self { url, retired }
    }

    fn file(&self) -> Option<FileId> {
        FileId::of(&self.url)
    }
}

/// A pool's connection. It dereferences to [`Connection`].
pub struct Checked {
    connection: Connection,
    answered: Instant,
    file: Option<FileId>,
    broken: bool,
}

impl Checked {
    /// Says that the connection failed, so that it is not lent again.
    pub fn distrust(&mut self) {
        self.broken = true;
    }
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
        if self.retired.load(Ordering::Relaxed) {
            let reason = ConnectionError::BadConnection("the host is parked".to_owned());
            return Err(r2d2::Error::ConnectionError(reason));
        }
        // Before connecting: a file that is replaced meanwhile is noticed later.
        let file = self.file();
        let connection = connect_for_service(&self.url).map_err(r2d2::Error::ConnectionError)?;
        Ok(Checked {
            connection,
            answered: Instant::now(),
            file,
            broken: false,
        })
    }

    fn is_valid(&self, checked: &mut Checked) -> Result<(), r2d2::Error> {
        if checked.answered.elapsed() < TRUSTED_FOR {
            return Ok(());
        }
        if checked.file != self.file() {
            let reason = "the SQLite file was deleted or replaced".to_owned();
            let reason = ConnectionError::BadConnection(reason);
            return Err(r2d2::Error::ConnectionError(reason));
        }
        if let Connection::Mysql(_) = checked.connection {
            ping(&mut checked.connection).map_err(r2d2::Error::QueryError)?;
        }
        checked.answered = Instant::now();
        Ok(())
    }

    fn has_broken(&self, checked: &mut Checked) -> bool {
        // A transaction that is still open was left by a panic.
        let connection = &mut checked.connection;
        let depth = Connection::transaction_manager_status_mut(connection).transaction_depth();
        checked.broken || !matches!(depth, Ok(None))
    }
}
