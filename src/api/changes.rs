//! The change tail: what this instance knows of what changed, from the revision log. One look
//! every so often, whatever many ask; live push, entity tags and the change feed stand on it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use actix_web::rt;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use super::blocking::with_connection;
use super::error::Error;
use crate::model::Owner;
use crate::store::changes::{self, Change};
use crate::store::{Connection, Pool};

/// How often the log is looked at, when nothing else is said.
pub const INTERVAL: Duration = Duration::from_secs(1);

/// An event has no more changes than this.
const TOGETHER: usize = 256;

/// A subscriber that is so many events behind is told to begin anew.
const BEHIND: usize = 64;

/// So many owners are known by name; of all others it is known that they have not changed since
/// the last time that these were forgotten.
const MOST_OWNERS: usize = 100_000;

/// How much longer than its interval a look may take before what is known counts as old.
const LATE: Duration = Duration::from_secs(2);

/// Something that changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Calls, in the order of their revisions.
    Changed(Arc<[Change]>),
    /// Anything: what was missed is not known. Whoever shows something reads it anew.
    Reset,
}

/// What this instance knows of what changed.
pub struct ChangeTail {
    interval: Duration,
    events: broadcast::Sender<Event>,
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
}

/// A subscriber's end.
pub struct Subscription(broadcast::Receiver<Event>);

impl Subscription {
    /// The next event.
    pub async fn next(&mut self) -> Event {
        match self.0.recv().await {
            Ok(event) => event,
            // The sender lives as long as the service.
            Err(RecvError::Lagged(_) | RecvError::Closed) => Event::Reset,
        }
    }
}

impl ChangeTail {
    /// One that looks this often, once it [runs](Self::run).
    pub fn new(interval: Duration) -> Self {
        Self {
            interval,
            events: broadcast::Sender::new(BEHIND),
            known: Mutex::default(),
        }
    }

    /// Everything that changes from now on.
    pub fn subscribe(&self) -> Subscription {
        Subscription(self.events.subscribe())
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

    /// Looks at the log for as long as the service lives.
    pub async fn run(&self, pool: &Pool) {
        loop {
            let seen = self.known().seen.map(|(revision, _)| revision);
            let asked = Instant::now();
            match with_connection(pool, move |conn| look(conn, seen)).await {
                Ok(found) => {
                    let is_all = !matches!(&found, Found::Changes(changes) if !changes.is_empty());
                    self.learn(found, asked);
                    if is_all {
                        rt::time::sleep(self.interval).await;
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

    fn learn(&self, found: Found, asked: Instant) {
        let mut known = self.known();
        match found {
            Found::Changes(changes) => {
                let last = changes.last().map(|change| change.revision);
                let Some(last) = last.or(known.seen.map(|(revision, _)| revision)) else {
                    return;
                };
                for change in &changes {
                    for owner in &change.owners {
                        known.owners.insert(owner.clone(), change.revision);
                    }
                }
                if known.owners.len() > MOST_OWNERS {
                    known.owners.clear();
                    known.floor = last;
                }
                known.seen = Some((last, asked));
                drop(known);
                for together in changes.chunks(TOGETHER) {
                    // An error says that nobody has subscribed.
                    let _ = self.events.send(Event::Changed(together.into()));
                }
            }
            Found::Anything(last) => {
                let is_first = known.seen.is_none();
                known.owners.clear();
                known.floor = last;
                known.seen = Some((last, asked));
                drop(known);
                if !is_first {
                    log::info!("the revision log does not reach back to what was seen last");
                }
                let _ = self.events.send(Event::Reset);
            }
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

fn look(conn: &mut Connection, seen: Option<i64>) -> Result<Found, Error> {
    // The counter first: what comes after it is found by the next look.
    let last = changes::last(conn)?;
    Ok(match seen {
        Some(seen) if seen == last => Found::Changes(Vec::new()),
        Some(seen) => match changes::after(conn, seen)? {
            Some(changes) => Found::Changes(changes),
            None => Found::Anything(last),
        },
        None => Found::Anything(last),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{CallId, OwnerKind};

    fn user(name: &str) -> Owner {
        Owner::new(OwnerKind::User, name)
    }

    fn change(revision: i64, owners: &[&str]) -> Change {
        Change {
            revision,
            call: CallId([7; 16]),
            owners: owners.iter().map(|name| user(name)).collect(),
            removed: false,
        }
    }

    #[test]
    fn an_owner_has_the_revision_of_its_last_change() {
        let tail = ChangeTail::new(INTERVAL);
        assert_eq!(tail.newest([&user("a")]), None);
        tail.learn(Found::Anything(10), Instant::now());
        assert_eq!(tail.newest([&user("a")]), Some(10));
        let changes = vec![
            change(11, &["a"]),
            change(12, &["a", "b"]),
            change(13, &["c"]),
        ];
        tail.learn(Found::Changes(changes), Instant::now());
        let newest = |name| tail.newest([&user(name)]);
        assert_eq!(
            [newest("a"), newest("c"), newest("d")].map(Option::unwrap),
            [12, 13, 10]
        );
        assert_eq!(tail.newest([&user("b"), &user("c")]), Some(13));
        tail.learn(Found::Anything(5), Instant::now());
        assert_eq!(
            tail.newest([&user("a")]),
            Some(5),
            "an older database was put in place"
        );
    }

    #[test]
    fn what_was_found_long_ago_is_not_known_any_more() {
        let tail = ChangeTail::new(Duration::ZERO);
        let Some(long_ago) = Instant::now().checked_sub(2 * LATE) else {
            return;
        };
        tail.learn(Found::Anything(10), long_ago);
        assert_eq!(tail.newest([&user("a")]), None);
    }

    #[actix_web::test]
    async fn who_is_too_far_behind_begins_anew() {
        let tail = ChangeTail::new(INTERVAL);
        tail.learn(Found::Anything(0), Instant::now());
        let (mut quick, mut slow) = (tail.subscribe(), tail.subscribe());
        for revision in 1..=i64::try_from(BEHIND).unwrap() + 1 {
            tail.learn(
                Found::Changes(vec![change(revision, &["a"])]),
                Instant::now(),
            );
            let Event::Changed(changes) = quick.next().await else {
                panic!("nothing was missed");
            };
            assert_eq!(changes[0].revision, revision);
        }
        assert_eq!(slow.next().await, Event::Reset);
    }
}
