//! The directory and the names of all owners, in memory, so that a request for a history asks
//! the database for nothing but its lines.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use diesel::QueryResult;

use crate::auth::login::Session;
use crate::model::{DiallingPlan, Directory, OwnerKind, Principal, Time, lower_case};
use crate::store::{Connection, directory, owners, passwords};

/// How old the look at the directory's revision may be.
const RECHECK: Duration = Duration::from_millis(200);

/// Who exists, and what they are called.
#[derive(Debug, Default)]
pub struct Names {
    directory: Arc<Directory>,
    users: HashSet<String>,
    agents: HashSet<String>,
    queues: Vec<QueueName>,
    /// The stamps of passwords, by username.
    stamps: HashMap<String, String>,
    /// When the validity of a number or phone begins or ends, in order.
    ends: Vec<Time>,
    /// The directory's revision when they were loaded, or an earlier one.
    revision: i64,
    numbers: Arc<DiallingPlan>,
}

#[derive(Debug)]
struct QueueName {
    name: String,
    lower_case: String,
}

impl Names {
    /// The names of this directory, and of the owners that have entries beside it.
    pub fn new(
        directory: Directory,
        mut users: HashSet<String>,
        mut agents: HashSet<String>,
        mut queues: BTreeSet<String>,
    ) -> Self {
        users.extend(directory.users().map(|user| user.username.clone()));
        agents.extend(directory.users().filter_map(|u| u.agent_number.clone()));
        agents.extend(directory.agents().map(|agent| agent.number.clone()));
        queues.extend(directory.queues().map(|queue| queue.name.clone()));
        let queues = queues.into_iter().map(QueueName::new).collect();
        let valued = directory
            .users()
            .flat_map(|user| user.numbers.iter().chain(&user.endpoints));
        let ends = valued.flat_map(|valued| [valued.validity.from, valued.validity.until]);
        let mut ends: Vec<Time> = ends.flatten().collect();
        ends.sort_unstable();
        Self {
            directory: Arc::new(directory),
            users,
            agents,
            queues,
            stamps: HashMap::new(),
            ends,
            revision: 0,
            numbers: Arc::default(),
        }
    }

    /// How often until then a number or a phone has begun or ceased to be somebody's: as long as
    /// that stays, so do all of them.
    pub fn ends_until(&self, now: Time) -> usize {
        self.ends.partition_point(|end| *end <= now)
    }

    /// The directory's revision of which they are, or a later one: as long as it stays, they do.
    pub fn revision(&self) -> i64 {
        self.revision
    }

    /// Which numbers are one.
    pub fn numbers(&self) -> &DiallingPlan {
        &self.numbers
    }

    /// The same with the stamps of passwords.
    #[must_use]
    pub fn with_stamps(mut self, stamps: HashMap<String, String>) -> Self {
        self.stamps = stamps;
        self
    }

    /// Who has logged in; None when the session has ended.
    pub fn principal(&self, session: &Session) -> Option<Principal> {
        let stamp = self.stamps.get(&session.username);
        session.principal(&self.directory, stamp.map(String::as_str))
    }

    /// The directory.
    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    /// The same, for whoever keeps what came of it.
    pub fn shared_directory(&self) -> &Arc<Directory> {
        &self.directory
    }

    /// Whether there is a user with this name.
    pub fn has_user(&self, username: &str) -> bool {
        self.users.contains(username)
    }

    /// Whether there is an agent with this number.
    pub fn has_agent(&self, number: &str) -> bool {
        self.agents.contains(number)
    }

    /// The queues whose name contains this text, whatever its case, in the order of their
    /// names. Every character is an ordinary one.
    pub fn queues_containing(&self, part: &str) -> impl Iterator<Item = &str> {
        let part = lower_case(part);
        self.queues
            .iter()
            .filter(move |queue| queue.lower_case.contains(&part))
            .map(|queue| queue.name.as_str())
    }
}

impl QueueName {
    fn new(name: String) -> Self {
        let lower_case = lower_case(&name);
        Self { name, lower_case }
    }
}

/// The names that this instance holds.
///
/// They are good for as long as the directory's revision stays the same: it changes with the
/// directory, with passwords, and with who is known from the histories alone.
#[derive(Debug, Default)]
pub struct NameCache {
    numbers: Arc<DiallingPlan>,
    held: RwLock<Option<Held>>,
    /// How often this instance has changed the directory. Moves under the lock of `held`.
    changes: AtomicU64,
}

#[derive(Clone, Debug)]
struct Held {
    names: Arc<Names>,
    /// None when the revision is to be looked at again in any case.
    checked: Option<Instant>,
}

impl NameCache {
    /// Nothing yet, where numbers are dialled by this plan.
    pub fn new(numbers: DiallingPlan) -> Self {
        Self {
            numbers: Arc::new(numbers),
            ..Self::default()
        }
    }

    /// The names, at most a moment old.
    pub fn current(&self, connection: &mut Connection) -> QueryResult<Arc<Names>> {
        match self.recent() {
            Some(names) => Ok(names),
            None => self.latest(connection),
        }
    }

    /// The names at hand, if they are at most a moment old.
    pub fn recent(&self) -> Option<Arc<Names>> {
        let held = self.held()?;
        let is_recent = held.checked?.elapsed() < RECHECK;
        is_recent.then_some(held.names)
    }

    /// The names at hand, if they are those of this revision of the directory, and this instance
    /// has not changed it since.
    pub fn of_revision(&self, revision: i64) -> Option<Arc<Names>> {
        let held = self.held()?;
        let is_same = held.checked.is_some() && held.names.revision == revision;
        is_same.then_some(held.names)
    }

    /// The names as they are now, for whoever was not found among those at hand.
    pub fn latest(&self, connection: &mut Connection) -> QueryResult<Arc<Names>> {
        let checked = Instant::now();
        let changes = self.changes.load(Ordering::SeqCst);
        // The revision first: a change while loading is noticed by the next look at it.
        let revision = directory::revision(connection)?;
        let names = match self.held() {
            Some(held) if held.names.revision == revision => held.names,
            _ => Arc::new(Names {
                revision,
                numbers: Arc::clone(&self.numbers),
                ..load(connection)?
            }),
        };
        let held = Held {
            names: Arc::clone(&names),
            checked: Some(checked),
        };
        self.hold(held, changes);
        Ok(names)
    }

    /// Holds what was looked at when there had been so many changes. Where there are more by
    /// now, it may be from before them, and the next request looks again.
    fn hold(&self, mut new: Held, changes: u64) {
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        if self.changes.load(Ordering::SeqCst) != changes {
            new.checked = None;
        }
        *held = Some(new);
    }

    /// Has the next request look at the directory: this instance has changed it.
    pub fn recheck(&self) {
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        self.changes.fetch_add(1, Ordering::SeqCst);
        if let Some(held) = held.as_mut() {
            held.checked = None;
        }
    }

    fn held(&self) -> Option<Held> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        held.clone()
    }
}

fn load(connection: &mut Connection) -> QueryResult<Names> {
    let names = Names::new(
        directory::load(connection)?,
        names_of(OwnerKind::User, connection)?,
        names_of(OwnerKind::Agent, connection)?,
        names_of(OwnerKind::Queue, connection)?,
    );
    Ok(names.with_stamps(passwords::stamps(connection)?))
}

fn names_of<C: FromIterator<String>>(
    kind: OwnerKind,
    connection: &mut Connection,
) -> QueryResult<C> {
    Ok(owners::names(connection, kind)?.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Queue, User};

    fn names() -> Names {
        let user = User {
            username: "usera".to_owned(),
            agent_number: Some("2501".to_owned()),
            ..User::default()
        };
        let queue = |name: &str| Queue {
            name: name.to_owned(),
            display_name: "black and blue".to_owned(),
            ..Queue::default()
        };
        let queues = [
            "Blue",
            "black",
            "blow",
            "tiny",
            "100%",
            "a_b",
            "ÉTÉ",
            "ΟΔΟΣ1",
        ]
        .map(queue);
        Names::new(
            Directory::new([user], [], queues),
            HashSet::from(["1004".to_owned()]),
            HashSet::from(["2502".to_owned()]),
            BTreeSet::from(["learned".to_owned()]),
        )
    }

    #[test]
    fn what_was_looked_at_before_a_change_is_looked_at_again() {
        let cache = NameCache::default();
        let held = || Held {
            names: Arc::new(names()),
            checked: Some(Instant::now() + Duration::from_secs(3600)),
        };
        cache.hold(held(), 0);
        assert!(cache.recent().is_some());
        cache.recheck();
        assert!(cache.recent().is_none());
        cache.hold(held(), 0);
        assert!(cache.recent().is_none(), "begun before the change");
        cache.hold(held(), 1);
        assert!(cache.recent().is_some());
    }

    #[test]
    fn owners_come_from_the_directory_and_from_entries() {
        let names = names();
        assert!(names.has_user("usera") && names.has_user("1004"));
        assert!(!names.has_user("USERA") && !names.has_user("2501"));
        assert!(names.has_agent("2501") && names.has_agent("2502"));
        assert!(!names.has_agent("2503"));
    }

    #[test]
    fn queue_names_are_searched_literally_whatever_the_case() {
        let names = names();
        for (part, expected) in [
            ("bl", vec!["Blue", "black", "blow"]),
            ("BLU", vec!["Blue"]),
            ("%", vec!["100%"]),
            ("_", vec!["a_b"]),
            ("été", vec!["ÉTÉ"]),
            ("ete", vec![]),
            ("ΟΔΟΣ", vec!["ΟΔΟΣ1"]),
            ("οδοσ", vec!["ΟΔΟΣ1"]),
            ("'", vec![]),
            ("\0", vec![]),
            ("learn", vec!["learned"]),
            ("and", vec![]),
        ] {
            let found: Vec<&str> = names.queues_containing(part).collect();
            assert_eq!(found, expected, "{part}");
        }
    }
}
