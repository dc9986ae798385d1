//! What people are doing now: the state of their phones, as the PBX tells it, and of their
//! video, as their own clients do. All of it is kept in memory and ends with the process; it is
//! shown beside entries at the moment of an answer, and never stored with them.

pub mod ami;
pub mod live;
mod phones;
mod video;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant};

use crate::model::{Directory, Time};
use phones::Phones;
use video::Videos;

pub use phones::{Hint, MOST_HINTS};
pub use video::{InvalidVideoStatus, VideoStatus};

/// What is known of everybody.
#[derive(Debug)]
pub struct Presence {
    known: RwLock<Known>,
    revision: AtomicU64,
}

#[derive(Debug, Default)]
struct Known {
    phones: Phones,
    videos: Videos,
}

impl Default for Presence {
    fn default() -> Self {
        Self {
            known: RwLock::default(),
            // Not zero: what another process has shown, or this one before it was started
            // again, is another state under whatever revision.
            revision: AtomicU64::new(rand::random()),
        }
    }
}

impl Presence {
    /// A number that moves with each change that can be seen: while it stays, so do the states
    /// of all. It says nothing about another process.
    pub fn revision(&self) -> u64 {
        drop(self.read());
        self.revision.load(Ordering::SeqCst)
    }

    /// What is known at this moment, which stays so until the look ends. To be held shortly:
    /// changes wait.
    pub fn look(&self) -> Look<'_> {
        let known = self.read();
        let is_silent = known.phones.is_empty() && known.videos.is_empty();
        Look {
            revision: match is_silent {
                true => 0,
                // No change while the look lasts.
                false => self.revision.load(Ordering::SeqCst),
            },
            known,
        }
    }

    /// Takes over all hints of a source, as it has told them from the first to the last.
    pub fn set_hints(&self, source: &str, hints: Vec<Hint>) {
        self.change(|known| known.phones.replace(source, hints));
    }

    /// Takes over a hint that changed.
    pub fn set_hint(&self, source: &str, hint: Hint) {
        self.change(|known| known.phones.set(source, hint));
    }

    /// Forgets all hints of a source: it is not heard any more.
    pub fn forget_hints(&self, source: &str) {
        self.change(|known| known.phones.forget(source));
    }

    /// Sets a user's video status for some time, or until [`clear_video`](Self::clear_video),
    /// or until the user's last socket closes, whichever comes first.
    pub fn set_video(&self, username: &str, status: VideoStatus, lifetime: Duration) {
        let until = Instant::now().checked_add(lifetime);
        self.change(|known| known.videos.set(username, status, until));
    }

    /// Ends a user's video status.
    pub fn clear_video(&self, username: &str) {
        self.change(|known| known.videos.clear(username));
    }

    /// Notes that a user's client has connected. Its end is the value's.
    pub fn connect(self: &Arc<Self>, username: &str) -> Client {
        self.write().videos.connect(username);
        Client {
            presence: Arc::clone(self),
            username: username.to_owned(),
        }
    }

    fn change(&self, change: impl FnOnce(&mut Known) -> bool) {
        let mut known = self.write();
        if change(&mut known) {
            self.revision.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// Everything that still holds.
    fn read(&self) -> RwLockReadGuard<'_, Known> {
        let lock = || self.known.read().unwrap_or_else(PoisonError::into_inner);
        let known = lock();
        let now = Instant::now();
        if !known.videos.has_ended(now) {
            return known;
        }
        drop(known);
        self.change(|known| known.videos.end(now));
        lock()
    }

    fn write(&self) -> RwLockWriteGuard<'_, Known> {
        self.known.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is known at one moment.
pub struct Look<'a> {
    known: RwLockReadGuard<'a, Known>,
    revision: u64,
}

impl Look<'_> {
    /// The [revision](Presence::revision) of what is seen; 0 when nothing is, which is the same in
    /// all processes.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// The state of a user's phone, as a number of Asterisk's hints; None when the PBX tells
    /// none, or none that is certainly this user's.
    pub fn phone(&self, username: &str, directory: &Directory, now: Time) -> Option<i32> {
        self.known.phones.of(username, directory, now)
    }

    /// The state of a user's video, as the user's client has said it last.
    pub fn video(&self, username: &str) -> Option<&VideoStatus> {
        self.known.videos.of(username)
    }
}

/// A client of a user that is connected. When the last of them is dropped, the user's video
/// status ends, whoever has set it.
#[derive(Debug)]
pub struct Client {
    presence: Arc<Presence>,
    username: String,
}

impl Client {
    /// Takes over the status that the client tells. It holds until another is told or set.
    pub fn set_video(&self, status: VideoStatus) {
        let set = |known: &mut Known| known.videos.set(&self.username, status, None);
        self.presence.change(set);
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let leave = |known: &mut Known| known.videos.disconnect(&self.username);
        self.presence.change(leave);
    }
}

#[cfg(test)]
mod tests;
