//! The change tail: what this instance knows of what changed, from the revision log. One look
//! every so often, however many ask; live push and entity tags stand on it.
//!
//! While somebody has [subscribed](ChangeTail::subscribe) it looks more often, and reads the
//! calls that changed, once for all subscribers ([`Batch`]). What each of them sees of it is its
//! `Watch`'s affair.

mod batch;
mod watch;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use actix_web::rt;
use actix_web::web;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{Notify, broadcast};

use super::State;
use super::blocking::with_connection;
use super::error::Error;
use crate::model::Owner;
use crate::store::Connection;
use crate::store::changes::{self, Change};

pub use batch::Batch;
use batch::together;
pub(super) use watch::sight_of;
pub(crate) use watch::{Over, Told, Watch};

/// How often the log is looked at, when nothing else is said.
pub const INTERVAL: Duration = Duration::from_secs(1);

/// How often it is looked at while somebody waits for it.
const LIVE: Duration = Duration::from_millis(25);

/// An event has no more changes than this.
const TOGETHER: usize = 256;

/// A subscriber that is so many events behind is given up.
const BEHIND: usize = 64;

/// So many owners are known by name; of all others it is known that they have not changed since
/// the last time that these were forgotten.
const MOST_OWNERS: usize = 100_000;

/// How much longer than its interval a look may take before what is known counts as old.
const LATE: Duration = Duration::from_secs(2);

/// The directory's revision counts as known for so long after a look: rights hang on it.
const DIRECTORY_KNOWN: Duration = Duration::from_millis(1500);

/// Something that changed.
#[derive(Clone)]
pub enum Event {
    /// Calls.
    Changed(Arc<Batch>),
    /// Anything: what was missed is not known. Whoever shows something reads it anew.
    Reset,
    /// The subscriber is too far behind; what it missed it cannot have any more.
    Behind,
}

/// What this instance knows of what changed.
pub struct ChangeTail {
    interval: Duration,
    events: broadcast::Sender<Event>,
    /// That somebody has subscribed.
    wanted: Notify,
    known: Mutex<Known>,
}

/// Up to where the log is known, and who changed when.
#[derive(Default)]
struct Known {
    /// The last revision, and when that was found; None before the first look.
    seen: Option<(i64, Instant)>,
    owners: HashMap<Owner, i64>,
    /// Whoever is not among the owners has not changed after this revision.
    floor: i64,
    /// The directory's revision, and when that was found.
    directory: Option<(i64, Instant)>,
}

/// A subscriber's end.
pub struct Subscription(broadcast::Receiver<Event>);

impl Subscription {
    /// The next event.
    pub async fn next(&mut self) -> Event {
        match self.0.recv().await {
            Ok(event) => event,
            // The sender lives as long as the service.
            Err(RecvError::Lagged(_) | RecvError::Closed) => Event::Behind,
        }
    }
}

impl ChangeTail {
    /// One that looks this often, once it [runs](Self::run).
    pub fn new(interval: Duration) -> Self {
        Self {
            interval,
            events: broadcast::Sender::new(BEHIND),
            wanted: Notify::new(),
            known: Mutex::default(),
        }
    }

    /// Everything that changes after the revision that is returned with it; 0 while none is
    /// known. (What comes of before is to be passed over.)
    pub fn subscribe(&self) -> (Subscription, i64) {
        let known = self.known();
        let subscription = Subscription(self.events.subscribe());
        let seen = known.seen.map_or(0, |(revision, _)| revision);
        drop(known);
        self.wanted.notify_one();
        (subscription, seen)
    }

    /// The last revision in which one of these owners changed, or a later one: as long as it
    /// stays, their histories do. None while that is not known, such as when the database is
    /// away.
    pub fn newest<'a>(&self, owners: impl IntoIterator<Item = &'a Owner>) -> Option<i64> {
        let known = self.known();
        let (_, looked) = known.seen?;
        if looked.elapsed() > self.interval + LATE {
            return None;
        }
        let each = owners.into_iter().map(|owner| known.owners.get(owner));
        each.map(|revision| *revision.unwrap_or(&known.floor)).max()
    }

    /// The directory's revision, a moment ago; None when that is longer ago.
    pub fn directory(&self) -> Option<i64> {
        let (revision, looked) = self.known().directory?;
        (looked.elapsed() < DIRECTORY_KNOWN).then_some(revision)
    }

    /// Looks at the log for as long as the service lives.
    pub async fn run(&self, state: &web::Data<State>) {
        loop {
            let seen = self.known().seen.map(|(revision, _)| revision);
            let is_wanted = self.events.receiver_count() > 0;
            let asked = Instant::now();
            let data = web::Data::clone(state);
            let looked = with_connection(&state.pool, move |conn| {
                let (found, directory) = look(conn, seen)?;
                let batches = match &found {
                    Found::Changes(changes) if is_wanted => read(&data, conn, changes)?,
                    _ => Vec::new(),
                };
                Ok((found, batches, directory))
            });
            match looked.await {
                Ok((found, batches, directory)) => {
                    self.known().directory = Some((directory, asked));
                    let is_all = !matches!(&found, Found::Changes(changes) if !changes.is_empty());
                    self.learn(&found, asked);
                    self.tell(&found, batches, is_wanted);
                    if is_all {
                        self.pause().await;
                    }
                }
                Err(error) => {
                    // The pool says so once; the log keeps what is missed meanwhile.
                    log::debug!("the revision log cannot be read: {error}");
                    rt::time::sleep(self.interval).await;
                }
            }
        }
    }

    /// Waits until the next look is due. Who subscribes does not wait for a slow one.
    async fn pause(&self) {
        if self.events.receiver_count() > 0 {
            return rt::time::sleep(self.interval.min(LIVE)).await;
        }
        tokio::select! {
            () = rt::time::sleep(self.interval) => {}
            () = self.wanted.notified() => {}
        }
    }

    fn learn(&self, found: &Found, asked: Instant) {
        let mut known = self.known();
        match found {
            Found::Changes(changes) => {
                let last = changes.last().map(|change| change.revision);
                let Some(last) = last.or(known.seen.map(|(revision, _)| revision)) else {
                    return;
                };
                for change in changes {
                    for owner in &change.owners {
                        known.owners.insert(owner.clone(), change.revision);
                    }
                }
                if known.owners.len() > MOST_OWNERS {
                    known.owners.clear();
                    known.floor = last;
                }
                known.seen = Some((last, asked));
            }
            Found::Anything(last) => {
                if known.seen.is_some() {
                    log::info!("the revision log does not reach back to what was seen last");
                }
                known.owners.clear();
                known.floor = *last;
                known.seen = Some((*last, asked));
            }
        }
    }

    /// Tells subscribers. An error says that there is none.
    fn tell(&self, found: &Found, batches: Vec<Batch>, are_read: bool) {
        match found {
            Found::Changes(changes) if are_read || changes.is_empty() => {
                for batch in batches {
                    let _ = self.events.send(Event::Changed(Arc::new(batch)));
                }
            }
            // Who has subscribed since cannot know what these were.
            Found::Changes(_) | Found::Anything(_) => drop(self.events.send(Event::Reset)),
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a look found.
enum Found {
    /// The next changes, or none.
    Changes(Vec<Change>),
    /// Anything may have changed up to this revision.
    Anything(i64),
}

/// What changed after a revision, and the directory's revision.
fn look(conn: &mut Connection, seen: Option<i64>) -> Result<(Found, i64), Error> {
    // The counters first: what comes after them is found by the next look.
    let (last, directory) = changes::counters(conn)?;
    let found = match seen {
        Some(seen) if seen == last => Found::Changes(Vec::new()),
        Some(seen) => match changes::after(conn, seen)? {
            Some(changes) => Found::Changes(changes),
            None => Found::Anything(last),
        },
        None => Found::Anything(last),
    };
    Ok((found, directory))
}

fn read(state: &State, conn: &mut Connection, changes: &[Change]) -> Result<Vec<Batch>, Error> {
    if changes.is_empty() {
        return Ok(Vec::new());
    }
    // Not older than the directory that these were folded with.
    let names = state.names.latest(conn)?;
    let batches = changes.chunks(TOGETHER).map(|changes| {
        let (names, presence) = (Arc::clone(&names), &state.presence);
        Batch::read(conn, together(changes), names, presence)
    });
    Ok(batches.collect::<Result<_, _>>()?)
}

#[cfg(test)]
mod tests;
