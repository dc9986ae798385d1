//! The directory: who is who. Users with their names, numbers and phones, agents, queues.

use std::collections::{BTreeSet, HashMap};

use super::{Scope, Time, Trunks};

/// The time within which a number or an endpoint belongs to somebody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Validity {
    /// From when on (inclusive); None: since ever.
    pub from: Option<Time>,
    /// Until when (exclusive); None: for ever.
    pub until: Option<Time>,
}

impl Validity {
    /// Whether it holds at this moment.
    pub fn holds(&self, at: Time) -> bool {
        self.from.is_none_or(|from| from <= at) && self.until.is_none_or(|until| at < until)
    }
}

/// A number or an endpoint that somebody has, in one source, for some time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Valued {
    /// The PBX that it belongs to: PJSIP/1000 of two PBXs are two phones.
    pub source: String,
    /// The number (`1000`) or the endpoint (`PJSIP/1000`).
    pub value: String,
    /// When it belongs to its owner.
    pub validity: Validity,
}

/// A person with phones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct User {
    /// The name that identifies the user.
    pub username: String,
    /// First name; empty when unknown.
    pub first_name: String,
    /// Last name; empty when unknown.
    pub last_name: String,
    /// Internal numbers, the main one first.
    pub numbers: Vec<Valued>,
    /// Phones, such as `PJSIP/1000`.
    pub endpoints: Vec<Valued>,
    /// The number under which the user works as an agent.
    pub agent_number: Option<String>,
    /// What the user may read after logging in, beside their own history.
    pub scopes: BTreeSet<Scope>,
    /// When the user was deleted from the directory. Whoever was keeps the calls until then, and
    /// is nobody's login, key or new call any more.
    pub deleted_at: Option<Time>,
}

impl User {
    /// First and last name, with a blank between.
    pub fn full_name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name)
            .trim()
            .to_owned()
    }

    /// Whether the user was not yet deleted at this time.
    pub fn was_there(&self, at: Time) -> bool {
        self.deleted_at.is_none_or(|deleted| at < deleted)
    }

    /// Deletes the user at this moment: what they have ends, and what they may do is taken away.
    pub fn delete(&mut self, now: Time) {
        for owned in [&mut self.numbers, &mut self.endpoints] {
            owned.retain(|one| one.validity.from.is_none_or(|from| from < now));
            for one in owned {
                let until = one.validity.until.map_or(now, |until| until.min(now));
                one.validity.until = Some(until);
            }
        }
        self.scopes.clear();
        self.deleted_at = Some(now);
    }

    /// The user's main number in this source at this time.
    pub fn main_number(&self, source: &str, at: Time) -> Option<&str> {
        self.numbers
            .iter()
            .find(|number| number.source == source && number.validity.holds(at))
            .map(|number| number.value.as_str())
    }

    /// Whether the user has this number in this source at this time.
    pub fn has_number(&self, source: &str, number: &str, at: Time) -> bool {
        self.numbers
            .iter()
            .any(|n| n.value == number && n.source == source && n.validity.holds(at))
    }
}

/// A call-centre agent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Agent {
    /// The agent's number.
    pub number: String,
    /// First name; empty when unknown.
    pub first_name: String,
    /// Last name; empty when unknown.
    pub last_name: String,
}

/// A queue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Queue {
    /// The name in Asterisk, by which it is identified and searched.
    pub name: String,
    /// The name that people see.
    pub display_name: String,
    /// The number that callers dial; empty when unknown.
    pub number: String,
}

/// Everybody, with the look-ups that folding and the API need.
#[derive(Clone, Debug, Default)]
pub struct Directory {
    users: HashMap<String, User>,
    agents: HashMap<String, Agent>,
    queues: HashMap<String, Queue>,
    by_endpoint: HashMap<String, Vec<String>>,
    by_number: HashMap<String, Vec<String>>,
    by_full_name: HashMap<String, Vec<String>>,
    by_agent: HashMap<String, Vec<String>>,
    trunks: Trunks,
    by_queue_number: HashMap<String, Vec<String>>,
}

impl Directory {
    /// The directory of these users, agents and queues.
    pub fn new(
        users: impl IntoIterator<Item = User>,
        agents: impl IntoIterator<Item = Agent>,
        queues: impl IntoIterator<Item = Queue>,
    ) -> Self {
        let queues: HashMap<String, Queue> =
            queues.into_iter().map(|q| (q.name.clone(), q)).collect();
        let mut directory = Self {
            agents: agents.into_iter().map(|a| (a.number.clone(), a)).collect(),
            ..Self::default()
        };
        for queue in queues.values().filter(|queue| !queue.number.is_empty()) {
            let names = &mut directory.by_queue_number;
            push(names, &queue.number, queue.name.clone());
        }
        directory.queues = queues;
        for user in users {
            directory.add(user);
        }
        directory
    }

    /// The same with these trunks, instead of guessing which endpoints are.
    #[must_use]
    pub fn with_trunks(mut self, trunks: Trunks) -> Self {
        self.trunks = trunks;
        self
    }

    /// The configured trunks.
    pub fn trunks(&self) -> &Trunks {
        &self.trunks
    }

    fn add(&mut self, user: User) {
        let name = || user.username.clone();
        for endpoint in &user.endpoints {
            push(&mut self.by_endpoint, &endpoint.value, name());
        }
        for number in &user.numbers {
            push(&mut self.by_number, &number.value, name());
        }
        if !user.full_name().is_empty() {
            push(&mut self.by_full_name, &user.full_name(), name());
        }
        if let Some(agent) = &user.agent_number {
            push(&mut self.by_agent, agent, name());
        }
        self.users.insert(name(), user);
    }

    /// The user with this username.
    pub fn user(&self, username: &str) -> Option<&User> {
        self.users.get(username)
    }

    /// The agent with this number.
    pub fn agent(&self, number: &str) -> Option<&Agent> {
        self.agents.get(number)
    }

    /// The queue with this name.
    pub fn queue(&self, name: &str) -> Option<&Queue> {
        self.queues.get(name)
    }

    /// All users, in no order.
    pub fn users(&self) -> impl Iterator<Item = &User> {
        self.users.values()
    }

    /// All agents, in no order.
    pub fn agents(&self) -> impl Iterator<Item = &Agent> {
        self.agents.values()
    }

    /// All queues, in no order.
    pub fn queues(&self) -> impl Iterator<Item = &Queue> {
        self.queues.values()
    }

    /// All users who have this endpoint (`PJSIP/1000`) in this source at this time.
    pub fn users_of_endpoint<'a>(
        &'a self,
        source: &'a str,
        endpoint: &'a str,
        at: Time,
    ) -> impl Iterator<Item = &'a User> {
        let is_it = move |e: &Valued| e.value == endpoint && e.source == source;
        self.candidates(&self.by_endpoint, endpoint)
            .filter(move |user| {
                let mut own = user.endpoints.iter();
                own.any(|e| is_it(e) && e.validity.holds(at))
            })
    }

    /// Whether this endpoint is or was anybody's in this source.
    pub fn has_endpoint(&self, source: &str, endpoint: &str) -> bool {
        self.candidates(&self.by_endpoint, endpoint)
            .flat_map(|user| &user.endpoints)
            .any(|e| e.value == endpoint && e.source == source)
    }

    /// Whether a queue has this number.
    pub fn is_queue_number(&self, number: &str) -> bool {
        self.by_queue_number.contains_key(number)
    }

    /// The one queue that has this number.
    pub fn queue_of_number(&self, number: &str) -> Option<&Queue> {
        let names = self.by_queue_number.get(number).into_iter().flatten();
        only(names.filter_map(|name| self.queues.get(name)))
    }

    /// The one user who has this number in this source at this time.
    pub fn user_of_number(&self, source: &str, number: &str, at: Time) -> Option<&User> {
        only(
            self.candidates(&self.by_number, number)
                .filter(|user| user.has_number(source, number, at)),
        )
    }

    /// The one user with this first and last name at this time.
    pub fn user_of_full_name(&self, name: &str, at: Time) -> Option<&User> {
        holder(self.candidates(&self.by_full_name, name), at)
    }

    /// The one user who works under this agent number at this time.
    pub fn user_of_agent(&self, number: &str, at: Time) -> Option<&User> {
        holder(self.candidates(&self.by_agent, number), at)
    }

    fn candidates<'a>(
        &'a self,
        index: &'a HashMap<String, Vec<String>>,
        key: &str,
    ) -> impl Iterator<Item = &'a User> {
        index
            .get(key)
            .into_iter()
            .flatten()
            .filter_map(|name| self.users.get(name))
    }
}

fn push(index: &mut HashMap<String, Vec<String>>, key: &str, username: String) {
    let names = index.entry(key.to_owned()).or_default();
    if !names.contains(&username) {
        names.push(username);
    }
}

/// Who had at this time what has no times of its own (a name, an agent number). Who has it since
/// somebody was deleted took it over then: it was that somebody's until then. Two who have it
/// at the same time are nobody's proof.
fn holder<'a>(users: impl Iterator<Item = &'a User>, at: Time) -> Option<&'a User> {
    let there: Vec<&User> = users.filter(|user| user.was_there(at)).collect();
    let deleted = there.iter().filter(|user| user.deleted_at.is_some());
    let first = deleted.min_by_key(|user| user.deleted_at);
    first.copied().or_else(|| only(there.into_iter()))
}

/// The only item: two users with one endpoint are nobody's proof.
fn only<'a, T>(mut items: impl Iterator<Item = &'a T>) -> Option<&'a T> {
    let first = items.next()?;
    items.next().is_none().then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Time {
        Time::from_timestamp(seconds, 0).unwrap()
    }

    fn valued(from: Option<i64>, until: Option<i64>) -> Valued {
        Valued {
            source: "default".to_owned(),
            value: "1000".to_owned(),
            validity: Validity {
                from: from.map(at),
                until: until.map(at),
            },
        }
    }

    fn user(name: &str, numbers: Vec<Valued>) -> User {
        User {
            username: name.to_owned(),
            first_name: "Ann".to_owned(),
            agent_number: Some("2501".to_owned()),
            numbers,
            ..User::default()
        }
    }

    #[test]
    fn who_is_deleted_keeps_the_past_and_nothing_else() {
        let numbers = [(None, None), (Some(5), Some(7)), (Some(20), None)];
        let mut ann = user("ann", numbers.map(|(f, u)| valued(f, u)).to_vec());
        ann.scopes.insert(Scope::Admin);
        ann.delete(at(10));
        assert_eq!(
            ann.numbers,
            [valued(None, Some(10)), valued(Some(5), Some(7))]
        );
        assert!(ann.scopes.is_empty());
        assert!(ann.was_there(at(9)) && !ann.was_there(at(10)));
    }

    #[test]
    fn a_name_and_an_agent_number_are_taken_over_at_the_deletion() {
        let mut ann = user("ann", vec![]);
        ann.delete(at(10));
        let mut ben = user("ben", vec![]);
        ben.delete(at(20));
        let directory = Directory::new([user("kim", vec![]), ben, ann], [], []);
        for (time, expected) in [(9, "ann"), (10, "ben"), (19, "ben"), (20, "kim")] {
            let by_agent = directory.user_of_agent("2501", at(time)).unwrap();
            let by_name = directory.user_of_full_name("Ann", at(time)).unwrap();
            assert_eq!([&by_agent.username, &by_name.username], [expected; 2]);
        }
        let both = Directory::new([user("kim", vec![]), user("tom", vec![])], [], []);
        assert_eq!(both.user_of_agent("2501", at(0)), None);
    }
}
