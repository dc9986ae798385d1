//! Who works here: people with phones, agents, queues and their members, groups that ring
//! together.

use std::collections::HashSet;

use super::names::{FIRST, LAST, QUEUES, plain};
use super::shape::Shape;
use crate::fold::DEFAULT_SOURCE;
use crate::model::{Agent, Queue, User, Validity, Valued};

/// The first user's number. PJSIP/1000 to 1007 are the real capture's.
const FIRST_NUMBER: usize = 1100;
/// The first agent's number. 2501 to 2507 are the real capture's.
const FIRST_AGENT: usize = 2510;
/// The first of the ring groups' numbers.
const FIRST_GROUP: usize = 4100;

/// Somebody with a phone.
pub(super) struct Person {
    pub(super) username: String,
    pub(super) first_name: &'static str,
    pub(super) last_name: &'static str,
    pub(super) full_name: String,
    pub(super) number: String,
    /// One phone, or two that ring together.
    pub(super) phones: Vec<String>,
    pub(super) agent: Option<String>,
    /// The outside number that leads here.
    pub(super) did: String,
}

/// A queue.
pub(super) struct Line {
    pub(super) name: String,
    pub(super) display_name: String,
    pub(super) number: String,
    pub(super) did: String,
    /// Positions of its members among the people.
    pub(super) members: Vec<usize>,
    /// Whether its members are Local channels, named by people's names.
    pub(super) local: bool,
    /// Whether all members ring at once.
    pub(super) rings_all: bool,
}

/// People whose phones ring together when its number is called.
pub(super) struct Group {
    pub(super) number: String,
    pub(super) did: String,
    pub(super) members: Vec<usize>,
}

/// Everybody.
pub(super) struct People {
    pub(super) users: Vec<Person>,
    pub(super) agents: usize,
    pub(super) queues: Vec<Line>,
    pub(super) groups: Vec<Group>,
}

/// An outside number of the company. 03 53 01 and the other blocks here are kept free for
/// films and books by the French regulator: nobody has them.
fn did(number: &str) -> String {
    format!("035301{number}")
}

impl People {
    pub(super) fn new(shape: &Shape) -> Self {
        let count = shape.users.clamp(8, 1_800);
        let agents = shape.agents.clamp(3, count);
        let mut usernames = HashSet::new();
        let users: Vec<Person> = (0..count)
            .map(|n| person(n, agents, &mut usernames))
            .collect();
        let queues = (0..shape.queues.max(3)).map(|n| line(n, agents)).collect();
        let groups = (0..(count / 8).max(2))
            .map(|n| {
                let number = (FIRST_GROUP + n).to_string();
                let members = (0..3 + n % 3).map(|k| (n * 7 + k * 3 + 1) % count);
                let mut members: Vec<usize> = members.collect();
                members.sort_unstable();
                members.dedup();
                Group {
                    did: did(&number),
                    number,
                    members,
                }
            })
            .collect();
        Self {
            users,
            agents,
            queues,
            groups,
        }
    }

    /// As the directory has them.
    pub(super) fn directory(&self) -> (Vec<User>, Vec<Agent>, Vec<Queue>) {
        let users = self.users.iter().map(|person| User {
            username: person.username.clone(),
            first_name: person.first_name.to_owned(),
            last_name: person.last_name.to_owned(),
            numbers: vec![valued(&person.number)],
            endpoints: person.phones.iter().map(|phone| valued(phone)).collect(),
            agent_number: person.agent.clone(),
            ..User::default()
        });
        let agents = self.users.iter().filter_map(|person| {
            Some(Agent {
                number: person.agent.clone()?,
                first_name: person.first_name.to_owned(),
                last_name: person.last_name.to_owned(),
            })
        });
        let queues = self.queues.iter().map(|line| Queue {
            name: line.name.clone(),
            display_name: line.display_name.clone(),
            number: line.number.clone(),
        });
        (users.collect(), agents.collect(), queues.collect())
    }
}

fn valued(value: &str) -> Valued {
    Valued {
        source: DEFAULT_SOURCE.to_owned(),
        value: value.to_owned(),
        validity: Validity::default(),
    }
}

fn person(n: usize, agents: usize, usernames: &mut HashSet<String>) -> Person {
    let first_name = FIRST[n % FIRST.len()];
    let last_name = LAST[(n + n / FIRST.len()) % LAST.len()];
    let initial = plain(first_name).chars().next().unwrap_or('x');
    let base = format!("{initial}{}", plain(last_name));
    let mut username = base.clone();
    let mut more = 2;
    while !usernames.insert(username.clone()) {
        username = format!("{base}{more}");
        more += 1;
    }
    // 2000 to 9999 belong to agents, queues and groups.
    let number = match FIRST_NUMBER + n {
        number @ ..2000 => number,
        number => number + 10_000,
    }
    .to_string();
    let mut phones = vec![format!("PJSIP/{number}")];
    if n % 9 == 4 {
        phones.push(format!("PJSIP/{number}-mobile"));
    }
    Person {
        username,
        first_name,
        last_name,
        full_name: format!("{first_name} {last_name}"),
        did: did(&number[number.len() - 4..]),
        number,
        phones,
        agent: (n < agents).then(|| (FIRST_AGENT + n).to_string()),
    }
}

fn line(n: usize, agents: usize) -> Line {
    let (name, display_name) = match QUEUES.get(n) {
        Some((name, display_name)) => ((*name).to_owned(), (*display_name).to_owned()),
        None => (format!("desk{n}"), format!("Desk {n}")),
    };
    let number = match n {
        0..3 => 3000 + n,
        _ => 3007 + n,
    }
    .to_string();
    let mut members: Vec<usize> = (0..4 + n % 4).map(|k| (n * 3 + k * 2) % agents).collect();
    members.sort_unstable();
    members.dedup();
    Line {
        name,
        display_name,
        did: did(&number),
        number,
        members,
        local: n % 8 == 6,
        rings_all: n % 4 == 1,
    }
}
