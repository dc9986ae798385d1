//! The directory: who is who. Users with their names, numbers and phones, agents, queues.

use std::collections::{BTreeSet, HashMap, HashSet};

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
}

impl User {
    /// First and last name, with a blank between.
    pub fn full_name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name)
            .trim()
            .to_owned()
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
    queue_numbers: HashSet<String>,
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
            queue_numbers: queues.values().map(|q| q.number.clone()).collect(),
            queues,
            ..Self::default()
        };
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
        !number.is_empty() && self.queue_numbers.contains(number)
    }

    /// The one user who has this number in this source at this time.
    pub fn user_of_number(&self, source: &str, number: &str, at: Time) -> Option<&User> {
        only(
            self.candidates(&self.by_number, number)
                .filter(|user| user.has_number(source, number, at)),
        )
    }

    /// The one user with this first and last name.
    pub fn user_of_full_name(&self, name: &str) -> Option<&User> {
        only(self.candidates(&self.by_full_name, name))
    }

    /// The one user who works under this agent number.
    pub fn user_of_agent(&self, number: &str) -> Option<&User> {
        only(self.candidates(&self.by_agent, number))
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

/// The only item: two users with one endpoint are nobody's proof.
fn only<'a>(mut users: impl Iterator<Item = &'a User>) -> Option<&'a User> {
    let first = users.next()?;
    users.next().is_none().then_some(first)
}
