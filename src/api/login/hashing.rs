//! Passwords are hashed by few at once: each takes 19 MiB and all of a processor, and histories
//! come first.

use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use actix_web::rt::time::timeout;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::api::error::Error;

/// The most that are hashed at once, however many processors there are.
const MOST: usize = 4;
/// How many may wait for their turn.
const WAITING: usize = 64;
/// How long they wait at most.
const PATIENCE: Duration = Duration::from_secs(3);

/// The places of those whose passwords are being hashed.
#[derive(Debug)]
pub struct Hashing {
    places: Arc<Semaphore>,
    waiting: Semaphore,
}

impl Default for Hashing {
    fn default() -> Self {
        let processors = available_parallelism().map_or(1, usize::from);
        Self::with_places((processors / 2).clamp(1, MOST))
    }
}

impl Hashing {
    fn with_places(places: usize) -> Self {
        Self {
            places: Arc::new(Semaphore::new(places)),
            waiting: Semaphore::new(WAITING),
        }
    }

    /// A place, perhaps after a wait.
    ///
    /// # Errors
    /// There are too many others.
    pub(super) async fn place(&self) -> Result<OwnedSemaphorePermit, Error> {
        let _waiting = self.waiting.try_acquire().map_err(|_| Error::Overloaded)?;
        let place = timeout(PATIENCE, Arc::clone(&self.places).acquire_owned()).await;
        place.ok().and_then(Result::ok).ok_or(Error::Overloaded)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[actix_web::test]
    async fn who_finds_too_many_others_is_sent_away() {
        let hashing = Hashing::with_places(1);
        let place = hashing.place().await.unwrap();
        let waiting = hashing.waiting.try_acquire_many(64).unwrap();
        assert!(matches!(hashing.place().await, Err(Error::Overloaded)));
        drop(waiting);
        drop(place);
        assert!(hashing.place().await.is_ok());
    }
}
