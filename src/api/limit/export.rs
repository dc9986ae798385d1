//! How many histories may be given out whole at the same time.
//!
//! An export goes on long after its request has left its place, so it has one of its own; and
//! however many there are, most of the connections are for everybody else.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};

use super::Limits;
use super::share::Share;
use crate::api::error::Error;

/// Exports in progress in the whole service.
const IN_PROGRESS: usize = 16;

/// Connections to the database that all exports use together. The service has eight.
const CONNECTIONS: usize = 3;

pub(super) struct Exports {
    places: Arc<Semaphore>,
    connections: Semaphore,
}

impl Default for Exports {
    fn default() -> Self {
        Self {
            places: Arc::new(Semaphore::new(IN_PROGRESS)),
            connections: Semaphore::new(CONNECTIONS),
        }
    }
}

impl Limits {
    /// A place for an export of the client whose request this task answers.
    ///
    /// # Errors
    /// All of its places are taken, or all there are.
    pub(in crate::api) fn export(&self) -> Result<ExportPlace, Error> {
        let share = Share::current();
        let of_client = match &share {
            Some(share) => Some(share.export().ok_or(Error::TooManyAtOnce)?),
            None => None,
        };
        let places = Arc::clone(&self.exports.places);
        let of_all = places.try_acquire_owned().map_err(|_| Error::Overloaded)?;
        Ok(ExportPlace {
            share,
            _held: (of_all, of_client),
        })
    }

    /// Waits until an export may use a connection.
    pub(in crate::api) async fn export_turn(&self) -> Option<SemaphorePermit<'_>> {
        // It is never closed.
        self.exports.connections.acquire().await.ok()
    }
}

/// An export in progress.
pub(in crate::api) struct ExportPlace {
    share: Option<Arc<Share>>,
    _held: (OwnedSemaphorePermit, Option<OwnedSemaphorePermit>),
}

impl ExportPlace {
    /// Does the work in this place, and as a part of the client's share.
    pub(in crate::api) async fn carry<F: Future>(self, work: F) -> F::Output {
        match self.share.clone() {
            Some(share) => share.carry(work).await,
            None => work.await,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;
    use crate::api::limit::{Client, RateLimit};

    #[actix_web::test]
    async fn a_client_has_some_of_the_exports_and_all_have_so_many() {
        let limits = Limits::new(RateLimit::OFF);
        let begin = async |client: u8| {
            let share = limits.share(Client::at(IpAddr::from([192, 0, 2, client])));
            let place = share.place().unwrap();
            place.answer(async { limits.export() }).await
        };
        let mut held = Vec::new();
        for _ in 0..4 {
            held.push(begin(1).await.unwrap());
        }
        assert!(matches!(begin(1).await, Err(Error::TooManyAtOnce)));
        for client in 2..=4 {
            for _ in 0..4 {
                held.push(begin(client).await.unwrap());
            }
        }
        assert!(matches!(begin(5).await, Err(Error::Overloaded)));
        held.swap_remove(0);
        held.push(begin(5).await.unwrap());
        assert!(
            matches!(limits.export(), Err(Error::Overloaded)),
            "nobody's"
        );
        drop(held);
        assert!(limits.export().is_ok());
    }
}
