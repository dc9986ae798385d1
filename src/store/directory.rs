//! The directory in the database: users, agents and queues.

mod users;

use std::collections::BTreeMap;

use diesel::prelude::*;

use super::schema::{agents, queues};
use super::{CHUNK, Connection, revisions, settings, write};
use crate::model::{Agent, Directory, Queue, User};

/// Everybody.
pub fn load(conn: &mut Connection) -> QueryResult<Directory> {
    let users = all(|after| users::after(conn, after), |user| &user.username)?;
    let agents = all(|after| agents_after(conn, after), |agent| &agent.number)?;
    let queues = all(|after| queues_after(conn, after), |queue| &queue.name)?;
    let directory = Directory::new(users, agents, queues);
    Ok(directory.with_trunks(settings::trunks(conn)?))
}

/// A number that changes whenever the directory does, or who is known by name from the
/// histories. What was loaded is good for as long as it stays the same.
pub fn revision(conn: &mut Connection) -> QueryResult<i64> {
    revisions::value(conn, revisions::DIRECTORY)
}

/// Adds users or replaces those with the same username, numbers and endpoints included.
/// Returns how many were new or different. Of two with one username, the last counts.
pub fn put_users(conn: &mut Connection, users: &[User]) -> QueryResult<usize> {
    put(conn, users, |_, _| {})
}

/// The same for users whose scopes are not known: who is there already keeps theirs.
pub fn put_users_keeping_scopes(conn: &mut Connection, users: &[User]) -> QueryResult<usize> {
    put(conn, users, |user, stored| {
        user.scopes = stored.map(|user| user.scopes.clone()).unwrap_or_default();
    })
}

/// Adds agents or replaces those with the same number; returns how many were new or different.
pub fn put_agents(conn: &mut Connection, agents: &[Agent]) -> QueryResult<usize> {
    put(conn, agents, |_, _| {})
}

/// Adds queues or replaces those with the same name; returns how many were new or different.
pub fn put_queues(conn: &mut Connection, queues: &[Queue]) -> QueryResult<usize> {
    put(conn, queues, |_, _| {})
}

/// Reads a whole table by its key, chunk by chunk.
fn all<T>(
    mut after: impl FnMut(&str) -> QueryResult<Vec<T>>,
    key: fn(&T) -> &String,
) -> QueryResult<Vec<T>> {
    let mut all: Vec<T> = Vec::new();
    loop {
        let last = all.last().map(key).cloned().unwrap_or_default();
        let chunk = after(&last)?;
        let count = chunk.len();
        all.extend(chunk);
        if count < CHUNK {
            return Ok(all);
        }
    }
}

/// What stands in the directory under a key.
trait Item: Clone + PartialEq {
    fn key(&self) -> &str;

    fn stored(conn: &mut Connection, keys: &[&str]) -> QueryResult<Vec<Self>>;

    /// Writes these in place of those with the same keys.
    fn replace(conn: &mut Connection, items: &[Self]) -> QueryResult<()>;

    /// Whether calls fold the same with either.
    fn folds_like(&self, other: &Self) -> bool {
        self == other
    }
}

/// Writes those items that differ from what is stored under their key. Where there is one, the
/// directory has a new revision, and everything is to be folded again if calls fold otherwise.
/// What an item does not say itself, `complete` takes from the stored one.
fn put<T: Item>(
    conn: &mut Connection,
    items: &[T],
    complete: impl Fn(&mut T, Option<&T>),
) -> QueryResult<usize> {
    let items: BTreeMap<&str, &T> = items.iter().map(|item| (item.key(), item)).collect();
    let items: Vec<(&str, &T)> = items.into_iter().collect();
    write(conn, |conn| {
        // One writer at a time: another could add what this one does not see yet.
        revisions::lock(conn, revisions::DIRECTORY)?;
        let (mut changed, mut fold_otherwise) = (0, false);
        for chunk in items.chunks(CHUNK) {
            let keys: Vec<&str> = chunk.iter().map(|(key, _)| *key).collect();
            let stored = T::stored(conn, &keys)?;
            let stored: BTreeMap<&str, &T> = stored.iter().map(|item| (item.key(), item)).collect();
            let mut different = Vec::new();
            for (key, item) in chunk {
                let stored = stored.get(key).copied();
                let mut item = T::clone(item);
                complete(&mut item, stored);
                if stored != Some(&item) {
                    fold_otherwise |= !stored.is_some_and(|stored| stored.folds_like(&item));
                    different.push(item);
                }
            }
            T::replace(conn, &different)?;
            changed += different.len();
        }
        if changed > 0 {
            revisions::bump(conn, revisions::DIRECTORY)?;
        }
        if fold_otherwise {
            revisions::want_refold(conn)?;
        }
        Ok(changed)
    })
}

impl Item for User {
    fn key(&self) -> &str {
        &self.username
    }

    fn stored(conn: &mut Connection, names: &[&str]) -> QueryResult<Vec<Self>> {
        users::with_names(conn, names)
    }

    fn replace(conn: &mut Connection, users: &[Self]) -> QueryResult<()> {
        users::replace(conn, users)
    }

    fn folds_like(&self, other: &Self) -> bool {
        let scopes = self.scopes.clone();
        *self
            == Self {
                scopes,
                ..other.clone()
            }
    }
}

impl Item for Agent {
    fn key(&self) -> &str {
        &self.number
    }

    fn stored(conn: &mut Connection, numbers: &[&str]) -> QueryResult<Vec<Self>> {
        agents_with_numbers(conn, numbers)
    }

    fn replace(conn: &mut Connection, agents: &[Self]) -> QueryResult<()> {
        replace_agents(conn, agents)
    }
}

impl Item for Queue {
    fn key(&self) -> &str {
        &self.name
    }

    fn stored(conn: &mut Connection, names: &[&str]) -> QueryResult<Vec<Self>> {
        queues_with_names(conn, names)
    }

    fn replace(conn: &mut Connection, queues: &[Self]) -> QueryResult<()> {
        replace_queues(conn, queues)
    }
}

type Names = (String, String, String);

fn agent((number, first_name, last_name): Names) -> Agent {
    Agent {
        number,
        first_name,
        last_name,
    }
}

fn agents_after(conn: &mut Connection, after: &str) -> QueryResult<Vec<Agent>> {
    let rows: Vec<Names> = agents::table
        .filter(agents::number.gt(after))
        .order(agents::number)
        .limit(CHUNK as i64)
        .load(conn)?;
    Ok(rows.into_iter().map(agent).collect())
}

fn agents_with_numbers(conn: &mut Connection, numbers: &[&str]) -> QueryResult<Vec<Agent>> {
    let rows: Vec<Names> = agents::table
        .filter(agents::number.eq_any(numbers.iter().map(ToString::to_string)))
        .load(conn)?;
    Ok(rows.into_iter().map(agent).collect())
}

fn replace_agents(conn: &mut Connection, agents: &[Agent]) -> QueryResult<()> {
    for agent in agents {
        diesel::delete(agents::table.find(&agent.number)).execute(conn)?;
        diesel::insert_into(agents::table)
            .values((
                agents::number.eq(&agent.number),
                agents::first_name.eq(&agent.first_name),
                agents::last_name.eq(&agent.last_name),
            ))
            .execute(conn)?;
    }
    Ok(())
}

fn queue((name, display_name, number): Names) -> Queue {
    Queue {
        name,
        display_name,
        number,
    }
}

fn queues_after(conn: &mut Connection, after: &str) -> QueryResult<Vec<Queue>> {
    let rows: Vec<Names> = queues::table
        .filter(queues::name.gt(after))
        .order(queues::name)
        .limit(CHUNK as i64)
        .load(conn)?;
    Ok(rows.into_iter().map(queue).collect())
}

fn queues_with_names(conn: &mut Connection, names: &[&str]) -> QueryResult<Vec<Queue>> {
    let rows: Vec<Names> = queues::table
        .filter(queues::name.eq_any(names.iter().map(ToString::to_string)))
        .load(conn)?;
    Ok(rows.into_iter().map(queue).collect())
}

fn replace_queues(conn: &mut Connection, queues: &[Queue]) -> QueryResult<()> {
    for queue in queues {
        diesel::delete(queues::table.find(&queue.name)).execute(conn)?;
        diesel::insert_into(queues::table)
            .values((
                queues::name.eq(&queue.name),
                queues::display_name.eq(&queue.display_name),
                queues::number.eq(&queue.number),
            ))
            .execute(conn)?;
    }
    Ok(())
}
